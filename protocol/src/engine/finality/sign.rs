//! Signing: the votes and commits of this node (SPEC F-5, F-6, F-7).

use alloc::boxed::Box;

use super::super::Engine;
use super::super::effect::{Effect, Publication};
use crate::chain::{Batch, ChainReader, Tip};
use crate::finality::{Ballot, Candidate, CheckedBallot, Phase, VotingMemory, window};
use crate::hash::BlockHash;
use crate::keys::SecretKey;
use crate::units::Slot;

/// Blocks of a slot that are remembered as candidates: of more, none is better for anybody.
pub(super) const CANDIDATES_MAX: usize = 2;
/// Divisor of a slot for the time after an own vote in which commits are signed.
const COMMIT_PART: u64 = 2;

impl<R: ChainReader> Engine<R> {
    /// Votes, if there is something to vote for.
    pub(super) fn vote(&mut self) -> bool {
        let Some(key) = self.ballot_key() else { return false };
        // What is better and here is executed first.
        if self.chain.has_work() || self.chain.is_off_final() {
            return false;
        }
        let Some(tip) = self.candidate().filter(|tip| self.is_member_at(&tip.hash)) else {
            return false;
        };
        let is_candidate = self.finality.arrived.contains(&tip);
        if self.chain.is_visiting() && !is_candidate {
            return false;
        }
        let window = window(self.authorities().len());
        let too_old = self.slot_now().since(tip.slot) > window;
        if too_old || tip.slot <= self.start_slot() || !self.is_in_reach(tip.slot, window) {
            return false;
        }
        let justified = self.chain.marks_of(&tip).justified;
        let candidate = Candidate { slot: tip.slot, block: tip.hash, justified };
        let descends =
            |block: &BlockHash, from: &BlockHash| self.chain.descends(block, from, &self.reader);
        let memory = self.finality.memory;
        if !memory.may_vote(candidate, descends) {
            return false;
        }
        let memory = memory.after_vote(candidate, descends);
        self.finality.voted_at = Some(self.now.uptime);
        self.cast(memory, Phase::Vote, tip, &key);
        true
    }

    /// Commits the highest block that a quorum has voted for, if that may be.
    pub(super) fn commit(&mut self) -> bool {
        if self.chain.is_off_final() {
            return false;
        }
        let Some(key) = self.ballot_key() else { return false };
        let within = self.slots_ms(1).checked_div(COMMIT_PART).unwrap_or(0);
        let soon = |at: u64| self.now.uptime.saturating_sub(at) <= within;
        if !self.finality.voted_at.is_some_and(soon) {
            return false;
        }
        let descends =
            |block: &BlockHash, from: &BlockHash| self.chain.descends(block, from, &self.reader);
        let memory = self.finality.memory;
        let places = self.finality.certified.keys().rev();
        let may_commit = |place: &(Slot, BlockHash)| {
            memory.may_commit(*place, descends) && self.is_member_at(&place.1)
        };
        let place = places.copied().find(|place| may_commit(place));
        let tip = place.and_then(|(_, hash)| self.chain.place_of(&hash, &self.reader));
        let Some(tip) = tip.filter(|_| self.chain.may_persist()) else { return false };
        let memory = memory.after_commit((tip.slot, tip.hash), descends);
        self.keep_votes(tip);
        self.cast(memory, Phase::Commit, tip, &key);
        true
    }

    /// Keeps the votes behind a commit, durably before it leaves: after a start they say where the
    /// lock is, and they convict whoever breaks the commit later (SPEC F-12).
    fn keep_votes(&mut self, tip: Tip) {
        let votes = self.finality.certified.get(&(tip.slot, tip.hash)).cloned();
        let head = self.chain.head();
        let number = self.chain.number_batch(head);
        let batch = Box::new(Batch { votes, ..Batch::at(head) });
        self.out.push(Effect::Persist { number, batch });
    }

    /// Checks whether a vote for this slot would not bind the key to a time that only its own clock
    /// shows: until then it could vote for nothing.
    fn is_in_reach(&self, slot: Slot, window: u64) -> bool {
        let reached = self.finality.memory.last_vote.slot.max(self.chain.finalized().slot);
        let is_alone = self.authorities().len() == 1;
        // On a quiet network the next slot that has a block may be that much later.
        let window = window.saturating_add(self.heartbeat_slots_max());
        is_alone || self.trust.is_confirmed() || slot <= reached.saturating_add(window)
    }

    /// The block to vote for: the first one of this slot that came in time, or else the head.
    fn candidate(&self) -> Option<Tip> {
        match self.first_arrived() {
            Some(first) => {
                Some(first).filter(|tip| self.chain.is_executed(&tip.hash, &self.reader))
            }
            None => Some(self.chain.head()),
        }
    }

    /// The first block of this slot that came in time and still stands on the final block.
    ///
    /// What that has overtaken, by a clock that is behind, needs no vote, and its marks are
    /// forgotten.
    pub(super) fn first_arrived(&self) -> Option<Tip> {
        let finalized = self.chain.finalized().hash;
        let is_there = |tip: &&Tip| {
            let stands = self.chain.descends(&tip.hash, &finalized, &self.reader);
            stands && !self.chain.is_invalid(&tip.hash)
        };
        self.finality.arrived.iter().find(is_there).copied()
    }

    /// Checks whether this process may sign ballots now.
    pub(super) fn may_vote_now(&self) -> bool {
        self.ballot_key().is_some()
    }

    /// The key to sign ballots with, if this process may now (SPEC F-7). A wrong clock stops
    /// blocks, never votes: safety needs no clock.
    fn ballot_key(&self) -> Option<SecretKey> {
        let authority = self.settings.signer()?;
        if self.finality.invalid.is_some() {
            return None;
        }
        // Of an authority alone the clock is the only one there is: nothing is made final by one
        // that may be set right again.
        let clock = self.authorities().len() > 1 || self.trust.is_certain();
        (clock && self.has_listened() && !self.awaits_own_ballots()).then(|| authority.key.clone())
    }

    /// Checks whether this node's key is an authority's at a block, which its ballots count for.
    fn is_member_at(&self, hash: &BlockHash) -> bool {
        let set = self.chain.set_of(hash, &self.reader);
        self.own_key.is_some_and(|key| set.is_some_and(|set| set.contains(&key)))
    }

    /// Signs a ballot: remembered durably before anybody sees it.
    fn cast(&mut self, memory: VotingMemory, phase: Phase, tip: Tip, key: &SecretKey) {
        self.finality.memory = memory;
        self.out.push(Effect::RememberVoting(memory));
        let ballot = Ballot::new(phase, (tip.slot, tip.hash), self.spec.chain(), key);
        self.finality.tally.add(&CheckedBallot::own(ballot));
        self.hear_ballot(&ballot);
        self.out.push(Effect::Publish(Publication::Ballot(ballot)));
    }
}
