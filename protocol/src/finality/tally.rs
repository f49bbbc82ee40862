//! The tally: who signed what lately, within bounds (SPEC F-4).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::{Ballot, Certificate, CheckedBallot, Phase};
use crate::authority::{AuthoritySet, quorum};
use crate::bounded::Bounded;
use crate::hash::BlockHash;
use crate::keys::PublicKey;
use crate::units::Slot;

/// Ballots of the last slots, one for each signer, phase and slot.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    ballots: BTreeMap<(Phase, Slot), BTreeMap<PublicKey, Ballot>>,
    /// Signers that were caught signing twice, and for what: that is shown once.
    twice: BTreeSet<(Phase, Slot, PublicKey)>,
    /// The newest ballot of each signer and phase, whatever its age.
    newest: BTreeMap<(PublicKey, Phase), Ballot>,
}

/// The outcome of adding a ballot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Counted {
    /// The ballot was new.
    New,
    /// The ballot was here already.
    Known,
    /// The signer signed another block for that slot before: this ballot is the first one.
    Twice(Ballot),
    /// The signer was caught before with the slot.
    Again,
}

impl Tally {
    /// Adds a ballot. Its slot is within the window and its signer is an authority: that is what
    /// bounds this.
    pub(crate) fn add(&mut self, ballot: &CheckedBallot) -> Counted {
        let ballot = *ballot.ballot();
        self.note_newest(ballot);
        let of_slot = self.ballots.entry((ballot.phase, ballot.slot)).or_default();
        match of_slot.get(&ballot.signer) {
            Some(first) if first.block == ballot.block => Counted::Known,
            Some(first) => {
                let is_first = self.twice.insert((ballot.phase, ballot.slot, ballot.signer));
                if is_first { Counted::Twice(*first) } else { Counted::Again }
            }
            None => {
                of_slot.insert(ballot.signer, ballot);
                Counted::New
            }
        }
    }

    /// Notes a ballot that was verified, if it is newer than what is known of its signer.
    pub(crate) fn note_newest(&mut self, ballot: Ballot) {
        let newest = self.newest.entry((ballot.signer, ballot.phase)).or_insert(ballot);
        if ballot.slot > newest.slot {
            *newest = ballot;
        }
    }

    /// Ballots of a signer and a phase for blocks of these slots, the lowest first.
    pub(crate) fn of_signer(
        &self,
        phase: Phase,
        signer: &PublicKey,
        slots: RangeInclusive<Slot>,
    ) -> Vec<Ballot> {
        if slots.is_empty() {
            return Vec::new();
        }
        let range = self.ballots.range((phase, *slots.start())..=(phase, *slots.end()));
        range.filter_map(|(_, ballots)| ballots.get(signer).copied()).collect()
    }

    /// Ballots of a phase for a block.
    pub(crate) fn for_block(&self, phase: Phase, (slot, block): (Slot, BlockHash)) -> Vec<Ballot> {
        let of_slot = self.ballots.get(&(phase, slot)).into_iter().flat_map(BTreeMap::values);
        of_slot.filter(|ballot| ballot.block == block).copied().collect()
    }

    /// The newest ballot of a signer and a phase, if there is one.
    pub(crate) fn newest(&self, signer: &[u8; 32], phase: Phase) -> Option<Ballot> {
        let of = |((key, of), _): &(&(PublicKey, Phase), &Ballot)| {
            key.as_bytes() == signer && *of == phase
        };
        self.newest.iter().find(of).map(|(_, ballot)| *ballot)
    }

    /// Forgets the newest ballots of all signers but these.
    pub(crate) fn keep_newest_of(&mut self, keeps: impl Fn(&PublicKey) -> bool) {
        self.newest.retain(|(key, _), _| keeps(key));
    }

    /// Number of newest ballots that are kept.
    pub(crate) fn newest_len(&self) -> usize {
        self.newest.len()
    }

    /// Forgets the ballots of slots before this one.
    pub(crate) fn forget_before(&mut self, slot: Slot) {
        self.ballots.retain(|(_, of), _| *of >= slot);
        self.twice.retain(|(_, of, _)| *of >= slot);
    }

    /// Blocks above a slot for which there are at least so many ballots of a phase.
    pub(crate) fn with_ballots(
        &self,
        phase: Phase,
        above: Slot,
        at_least: usize,
    ) -> impl Iterator<Item = (Slot, BlockHash)> {
        let from = (phase, above.saturating_add(1));
        let slots = self.ballots.range(from..=(phase, Slot::MAX));
        let many = slots.filter(move |(_, ballots)| ballots.len() >= at_least);
        many.flat_map(move |((_, slot), ballots)| {
            let mut counts = BTreeMap::<BlockHash, usize>::new();
            for ballot in ballots.values() {
                let count = counts.entry(ballot.block).or_default();
                *count = count.saturating_add(1);
            }
            counts
                .into_iter()
                .filter(move |(_, count)| *count >= at_least)
                .map(|(block, _)| (*slot, block))
        })
    }

    /// The certificate for a block, if a quorum of the authorities of its branch signed.
    pub(crate) fn certificate(
        &self,
        phase: Phase,
        (slot, block): (Slot, BlockHash),
        set: &AuthoritySet,
    ) -> Option<Certificate> {
        let ballots = self.ballots.get(&(phase, slot))?;
        let signed = set.keys().iter().zip(0_u8..).filter_map(|(key, place)| {
            let ballot = ballots.get(key).filter(|ballot| ballot.block == block)?;
            Some((place, ballot.signature))
        });
        let quorum = quorum(set.len());
        let signatures = Bounded::first_of(signed.take(quorum));
        (signatures.len() == quorum).then_some(Certificate { phase, slot, block, signatures })
    }

    /// Number of ballots that are kept.
    pub(crate) fn len(&self) -> usize {
        self.ballots.values().map(BTreeMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::ChainId;
    use crate::samples::secret;

    const CHAIN: ChainId = ChainId::new([1; 32]);

    fn set() -> AuthoritySet {
        let keys = [101, 102, 103, 104].map(|n| secret(n).public());
        AuthoritySet::new(Bounded::first_of(keys)).expect("four")
    }

    fn place(slot: u64, block: u8) -> (Slot, BlockHash) {
        (Slot::new(slot), BlockHash::new([block; 32]))
    }

    fn vote(signer: u8, slot: u64, block: u8) -> CheckedBallot {
        let ballot = Ballot::new(Phase::Vote, place(slot, block), &CHAIN, &secret(signer));
        ballot.check(&CHAIN, &()).expect("signed")
    }

    #[test]
    fn a_quorum_of_authorities_makes_a_certificate_and_strangers_none() {
        // SPEC F-3, F-4
        let mut tally = Tally::default();
        for signer in [104, 7, 101] {
            assert_eq!(tally.add(&vote(signer, 5, 1)), Counted::New);
        }
        let found = |tally: &Tally| tally.certificate(Phase::Vote, place(5, 1), &set());
        assert_eq!(found(&tally), None, "one is a stranger");
        assert_eq!(tally.add(&vote(102, 5, 1)), Counted::New);
        let certificate = found(&tally).expect("a quorum");
        assert_eq!(certificate.signers(), [0, 1, 3]);
        assert_eq!(certificate.verify(&set(), &CHAIN, &()), Ok(()));
        assert_eq!(tally.certificate(Phase::Commit, place(5, 1), &set()), None);
        let many: Vec<_> = tally.with_ballots(Phase::Vote, Slot::new(4), 3).collect();
        assert_eq!(many, [place(5, 1)]);
        assert_eq!(tally.with_ballots(Phase::Vote, Slot::new(5), 1).count(), 0);
    }

    #[test]
    fn whoever_signs_twice_for_a_slot_counts_once_and_is_shown() {
        // SPEC F-4
        let mut tally = Tally::default();
        let first = vote(101, 5, 1);
        assert_eq!(tally.add(&first), Counted::New);
        assert_eq!(tally.add(&first), Counted::Known);
        assert_eq!(tally.add(&vote(101, 5, 2)), Counted::Twice(*first.ballot()));
        assert_eq!(tally.add(&vote(101, 5, 3)), Counted::Again);
        let commit = Ballot::new(Phase::Commit, place(5, 2), &CHAIN, &secret(101));
        assert_eq!(tally.add(&CheckedBallot::own(commit)), Counted::New, "another phase");
        assert_eq!(tally.with_ballots(Phase::Vote, Slot::new(0), 1).count(), 1);
    }

    #[test]
    fn what_is_old_is_forgotten() {
        // SPEC F-4
        let mut tally = Tally::default();
        for slot in [3, 9, 5] {
            tally.add(&vote(101, slot, 1));
        }
        tally.add(&vote(101, 3, 2));
        tally.forget_before(Slot::new(5));
        assert_eq!(tally.len(), 2);
        assert_eq!(tally.add(&vote(101, 3, 2)), Counted::New, "not remembered either");
    }
}
