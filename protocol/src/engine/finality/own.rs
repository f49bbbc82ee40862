//! Own ballots: what this node's key signed, as others show it (SPEC F-7).

use alloc::boxed::Box;

use super::super::Engine;
use super::super::exchange::{PeerRef, Question};
use super::super::peers::Asked;
use crate::blame::Offence;
use crate::chain::ChainReader;
use crate::finality::{Ballot, CheckedBallot, NamedCertificate, Phase};
use crate::hash::BlockHash;
use crate::units::Slot;
use crate::wire::{Answer, Request};

impl<R: ChainReader> Engine<R> {
    /// A ballot of this node's own key came from elsewhere: one that it did not sign stops it
    /// (SPEC F-7).
    pub(super) fn on_own_ballot(&mut self, phase: Phase, (slot, block): (Slot, BlockHash)) {
        let memory = &self.finality.memory;
        let pledge = match phase {
            Phase::Vote => memory.last_vote,
            Phase::Commit => memory.lock,
        };
        let differs = pledge.block.is_some_and(|own| own != block);
        // A lock that was let go with a new memory may have been of any slot before that.
        let forgotten = self.slots.was_signed_before(slot);
        let foreign = (slot > pledge.slot && !forgotten) || (slot == pledge.slot && differs);
        if foreign {
            self.stop_for_twin(slot, block);
        }
    }

    /// Looks for a ballot of this node's own key in what a peer shows: on a quiet network that may
    /// be the first sign of another process with the key.
    pub(super) fn find_own_ballot(
        &mut self,
        NamedCertificate { authorities, certificate }: &NamedCertificate,
    ) {
        let set = self.known_authorities().named(authorities);
        let key = |turn: u8| set.and_then(|set| set.keys().get(usize::from(turn)).copied());
        let is_own = |(turn, _): &(u8, _)| key(*turn) == self.own_key;
        if self.own_key.is_some() && certificate.signatures.iter().any(is_own) {
            self.on_own_ballot(certificate.phase, (certificate.slot, certificate.block));
        }
    }

    /// Asks a peer, once, for the newest ballots of this node's key that it has: a memory that was
    /// restored from a copy knows less than they do.
    pub(in super::super) fn ask_for_own_ballots(&mut self, peer: PeerRef) {
        let Some(key) = self.own_key.filter(|_| self.settings.signer().is_some()) else { return };
        let Some(known) = self.peers.get_mut(peer) else { return };
        if !core::mem::replace(&mut known.was_asked_for_ballots, true) {
            let signer = *key.as_bytes();
            self.ask(peer, Question::Request(Request::Ballots { signer }), Asked::Ballots);
        }
    }

    /// A peer showed the newest ballots of this node's key.
    pub(in super::super) fn on_own_ballots(&mut self, peer: PeerRef, shown: &[CheckedBallot]) {
        for Ballot { phase, slot, block, signer, .. } in shown.iter().map(CheckedBallot::ballot) {
            if self.own_key != Some(*signer) {
                return self.charge(peer, Offence::WrongAnswer, "ballots of another key");
            }
            self.on_own_ballot(*phase, (*slot, *block));
        }
    }

    /// The newest ballots of a key that this node has.
    pub(in super::super) fn newest_ballots(&self, signer: &[u8; 32]) -> Answer {
        let newest = |phase| self.finality.tally.newest(signer, phase).map(Box::new);
        Answer::Ballots { vote: newest(Phase::Vote), commit: newest(Phase::Commit) }
    }

    /// Number of newest ballots that are kept.
    pub(in super::super) fn newest_ballots_len(&self) -> usize {
        self.finality.tally.newest_len()
    }

    /// The most newest ballots that may be kept: of those in force, and one who is on its way in.
    pub(in super::super) fn newest_ballots_max(&self) -> usize {
        self.authorities().len().saturating_add(1).saturating_mul(Phase::ALL.len())
    }

    /// Checks whether a peer may still show what this node's key signed: its answer is waited for,
    /// at most until every authority has had a turn since the start.
    pub(super) fn awaits_own_ballots(&self) -> bool {
        let is_new = self.slot_now().since(self.start_slot()) <= self.round();
        let mut open = self.peers.open_questions();
        is_new && open.any(|(_, asked)| matches!(asked, Asked::Ballots))
    }
}
