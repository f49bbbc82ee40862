//! Finality in a node: what it has heard of votes and commits, and what it signs itself (SPEC F).
//!
//! The other families of the engine know nothing of this. It looks at the chain after each input,
//! and tells the chain which block is final.

mod broken;
mod conflict;
mod ground;
mod learn;
mod messages;
mod own;
mod recover;
mod sign;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::Engine;
use crate::authority::quorum;
use crate::chain::{ChainReader, Finalized, Ranked, Tip};
use crate::finality::{
    Certificate, Conflict, NamedCertificate, Phase, Tally, VotingMemory, window,
};
use crate::hash::BlockHash;
use crate::keys::PublicKey;
use crate::limits::FUTURE_SLOTS_MAX;
use crate::units::{Height, Slot};

/// Divisor for the part of a slot before it begins at which its voters note their heads (SPEC F-5).
const NOTE_PART: u64 = 4;

/// Votes, commits and certificates of the present, and this node's own part in them.
#[derive(Debug)]
pub(super) struct Finality {
    memory: VotingMemory,
    tally: Tally,
    /// Certificates of known blocks above the final one, by slot.
    certified: BTreeMap<(Slot, BlockHash), Certificate>,
    /// The newest certificate of each phase whose block is not known here.
    held: BTreeMap<Phase, NamedCertificate>,
    /// The final block's certificate, once there is one.
    commits: Option<Certificate>,
    /// Commits of two quorums that contradict each other, once they were seen.
    conflict: Option<Conflict>,
    /// A final block that cannot be executed here, once there is one.
    invalid: Option<Unexecutable>,
    /// True while a conflict is still to be written and told.
    unsettled: bool,
    /// The last final block that was told.
    told: Tip,
    /// Heads that were noted for the present slot and the next one.
    noted: BTreeMap<Slot, Ranked>,
    /// Blocks of the present slot that came while it lasts and are better than the noted head, the
    /// first one first.
    arrived: Vec<Tip>,
    /// Uptime of the last own vote, in milliseconds.
    voted_at: Option<u64>,
    /// The newest ballots of each authority, by their slots.
    heard: BTreeMap<PublicKey, Heard>,
}

/// The newest ballots of an authority that came, by themselves or in certificates.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    /// Slot of the newest.
    newest: Slot,
    /// Slot and height of the newest whose block is known here.
    placed: (Slot, Height),
}

/// Finality as a node sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FinalityView {
    /// The final block: nothing undoes it.
    pub finalized: Tip,
    /// The highest block that a quorum has voted for or committed, as far as this node knows.
    pub certified: Tip,
    /// Number of authorities that must agree.
    pub quorum: usize,
    /// Turns of the authorities, in order, of which no vote has come lately (SPEC C-7).
    pub silent: Vec<usize>,
    /// Commits of two quorums that contradict each other, if they were seen.
    pub conflict: Option<Conflict>,
    /// A final block that cannot be executed here, if there is one.
    pub invalid: Option<Unexecutable>,
}

/// A block that a quorum made final, with what stands on it, and that breaks the rules as this node
/// executes them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unexecutable {
    /// The block.
    pub hash: BlockHash,
    /// Rule that it breaks.
    pub reason: String,
}

impl Finality {
    pub(super) fn new(
        memory: VotingMemory,
        finalized: Option<Finalized>,
        genesis: Tip,
        conflict: Option<Conflict>,
    ) -> Self {
        Self {
            conflict,
            invalid: None,
            unsettled: false,
            memory,
            tally: Tally::default(),
            certified: BTreeMap::new(),
            held: BTreeMap::new(),
            told: finalized.as_ref().map_or(genesis, |one| one.tip),
            commits: finalized.map(|one| one.certificate),
            noted: BTreeMap::new(),
            arrived: Vec::new(),
            voted_at: None,
            heard: BTreeMap::new(),
        }
    }
}

impl<R: ChainReader> Engine<R> {
    /// Takes in what the last input brought, signs what may be signed, and finds what is final.
    pub(super) fn advance_finality(&mut self) {
        let oldest = self.slot_now().saturating_sub(window(self.authorities().len()));
        self.finality.tally.forget_before(oldest);
        self.forget_certified(oldest);
        self.note_head();
        self.take_news();
        self.certify();
        if self.vote() {
            self.certify();
        }
        if self.commit() {
            self.certify();
        }
        self.tell_final();
    }

    /// The next time of day at which finality has something to do.
    pub(super) fn notes_at(&self) -> crate::units::UnixMillis {
        let next = self.slot_now().saturating_add(1);
        let before = self.slots_ms(1).checked_div(NOTE_PART).unwrap_or(0);
        self.spec.slot_time(next).saturating_sub(before)
    }

    /// Finality as this node sees it.
    pub(super) fn finality_view(&self) -> FinalityView {
        let finalized = self.finality.told;
        let highest = self.finality.certified.keys().next_back();
        let certified = highest.and_then(|(_, hash)| self.chain.place_of(hash, &self.reader));
        let since = self.heard_since();
        let keys = self.authorities().keys().iter().enumerate();
        FinalityView {
            finalized,
            certified: certified.unwrap_or(finalized),
            quorum: quorum(self.authorities().len()),
            silent: keys
                .filter(|(_, key)| !self.has_signed_since(key, since))
                .map(|(turn, _)| turn)
                .collect(),
            conflict: self.finality.conflict.clone(),
            invalid: self.finality.invalid.clone(),
        }
    }

    /// Checks whether a ballot of an authority for a slot after this one has come.
    pub(super) fn has_signed_since(&self, key: &PublicKey, since: Slot) -> bool {
        self.finality.heard.get(key).is_some_and(|heard| heard.newest > since)
    }

    /// Slot and height of the newest known block for which a ballot of an authority has come.
    pub(super) fn last_signed(&self, key: &PublicKey) -> Option<(Slot, Height)> {
        self.finality.heard.get(key).map(|heard| heard.placed)
    }

    /// Takes in who signed for the stored final block.
    pub(super) fn hear_stored_ballots(&mut self) {
        if let Some(certificate) = self.finality.commits.clone()
            && let Some(set) = self.chain.set_of(&certificate.block, &self.reader).cloned()
        {
            self.hear_signers(&certificate, &set);
        }
    }

    /// Checks whether anything of votes came, or is final.
    pub(super) fn knows_of_votes(&self) -> bool {
        let Finality { heard, held, commits, .. } = &self.finality;
        !heard.is_empty() || !held.is_empty() || commits.is_some()
    }

    /// Number of ballots that are kept.
    pub(super) fn ballots(&self) -> usize {
        self.finality.tally.len()
    }

    /// The most ballots that may be kept.
    pub(super) fn ballots_max(&self) -> usize {
        let authorities = self.authorities().len();
        let slots = window(authorities).saturating_add(1).saturating_add(FUTURE_SLOTS_MAX);
        let slots = usize::try_from(slots).unwrap_or(usize::MAX);
        // One may be on its way in, and a change takes two slots: so many have left meanwhile.
        let signers = authorities.saturating_add(1).saturating_add(slots.div_ceil(2));
        slots.saturating_mul(signers).saturating_mul(Phase::ALL.len())
    }

    /// The certificate for the header of a block on this one, if there is news (SPEC B-5).
    pub(super) fn certificate_on(&self, parent: Tip) -> Option<Certificate> {
        let marks = self.chain.marks_of(&parent);
        let is_below = |certificate: &&Certificate| {
            marks.are_below(certificate)
                && self.chain.descends(&parent.hash, &certificate.block, &self.reader)
        };
        let votes = || self.finality.certified.values().rev().find(is_below);
        self.finality.commits.as_ref().filter(is_below).or_else(votes).cloned()
    }
}
