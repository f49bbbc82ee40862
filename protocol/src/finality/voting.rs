//! Voting: what an authority may sign, and the memory that decides it (SPEC F-5, F-6).
//!
//! Why these rules are safe: decision 0027. The same rules are tried out exhaustively in
//! `tests/finality-model`.

use serde::{Deserialize, Serialize};

use crate::hash::BlockHash;
use crate::units::Slot;

/// The memory of an authority's votes and commits. It belongs to the key and outlives every crash.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct VotingMemory {
    /// The last vote.
    pub last_vote: Pledge,
    /// Slot of the last vote that was left for another branch.
    pub abandoned: Slot,
    /// The voting lock: the last commit. No lock of an address (SPEC K-3).
    pub lock: Pledge,
    /// Slot of the last lock that was left for another branch.
    pub left: Slot,
}

/// A ballot that was signed: slot 0 if none was.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pledge {
    /// Slot of its block.
    pub slot: Slot,
    /// Hash of its block; `None` if there was none, or a memory that was made anew cannot know.
    pub block: Option<BlockHash>,
}

/// A block that may be voted for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// Slot of the block.
    pub slot: Slot,
    /// Hash of the block.
    pub block: BlockHash,
    /// Slot of the highest block that a certificate on its chain names, in its own header or below.
    pub justified: Slot,
}

impl Pledge {
    /// Checks whether this block is the pledged one, or stands on it; one that is not known here
    /// counts as no ancestor.
    fn is_under(
        &self,
        block: &BlockHash,
        descends: &impl Fn(&BlockHash, &BlockHash) -> bool,
    ) -> bool {
        self.block.is_some_and(|below| descends(block, &below))
    }
}

impl VotingMemory {
    /// The memory of a key that may have signed anything up to this slot.
    pub fn up_to(slot: Slot) -> Self {
        let pledge = Pledge { slot, block: None };
        Self { last_vote: pledge, abandoned: slot, lock: pledge, left: slot }
    }

    /// Checks whether it may vote for a block (SPEC F-5). `descends(a, b)` is true if a is b, or
    /// stands on it, as far as is known here.
    pub fn may_vote(
        &self,
        candidate: Candidate,
        descends: impl Fn(&BlockHash, &BlockHash) -> bool,
    ) -> bool {
        let Candidate { slot, block, justified } = candidate;
        let once = slot > self.last_vote.slot;
        let shows_newer = justified >= self.lock.slot;
        let on_lock = || self.lock.is_under(&block, &descends) && justified >= self.left;
        once && (shows_newer || on_lock())
    }

    /// The memory after a vote.
    #[must_use]
    pub fn after_vote(
        mut self,
        candidate: Candidate,
        descends: impl Fn(&BlockHash, &BlockHash) -> bool,
    ) -> Self {
        if !self.last_vote.is_under(&candidate.block, &descends) {
            self.abandoned = self.last_vote.slot;
        }
        self.last_vote = Pledge { slot: candidate.slot, block: Some(candidate.block) };
        self
    }

    /// Checks whether it may commit a certified block (SPEC F-6).
    pub fn may_commit(
        &self,
        (slot, block): (Slot, BlockHash),
        descends: impl Fn(&BlockHash, &BlockHash) -> bool,
    ) -> bool {
        let in_order = slot > self.lock.slot && slot > self.abandoned;
        in_order && self.last_vote.block.is_some_and(|last| descends(&last, &block))
    }

    /// The memory after a commit.
    #[must_use]
    pub fn after_commit(
        mut self,
        (slot, block): (Slot, BlockHash),
        descends: impl Fn(&BlockHash, &BlockHash) -> bool,
    ) -> Self {
        if !self.lock.is_under(&block, &descends) {
            self.left = self.lock.slot;
        }
        self.lock = Pledge { slot, block: Some(block) };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of two branches: 1 to 9 stand on one another, and so do 11 to 19; 0 is below both.
    fn descends(block: &BlockHash, from: &BlockHash) -> bool {
        let [block, from] = [block, from].map(|hash| hash.as_bytes()[0]);
        from == 0 || (block / 10 == from / 10 && block >= from)
    }

    fn place(number: u8) -> (Slot, BlockHash) {
        (Slot::new(u64::from(number % 10)), BlockHash::new([number; 32]))
    }

    fn candidate(number: u8, justified: u64) -> Candidate {
        let (slot, block) = place(number);
        Candidate { slot, block, justified: Slot::new(justified) }
    }

    fn voted(memory: VotingMemory, number: u8, justified: u64) -> VotingMemory {
        let candidate = candidate(number, justified);
        assert!(memory.may_vote(candidate, descends), "{number}");
        memory.after_vote(candidate, descends)
    }

    fn committed(memory: VotingMemory, number: u8) -> VotingMemory {
        assert!(memory.may_commit(place(number), descends), "{number}");
        memory.after_commit(place(number), descends)
    }

    #[test]
    fn one_vote_a_slot_and_never_backwards() {
        // SPEC F-5
        let memory = voted(VotingMemory::default(), 3, 0);
        for number in [3, 13, 2, 12] {
            assert!(!memory.may_vote(candidate(number, 0), descends), "{number}");
        }
        assert!(memory.may_vote(candidate(14, 0), descends));
    }

    #[test]
    fn a_lock_lets_go_only_of_what_shows_a_newer_certificate() {
        // SPEC F-5, F-6
        let locked = committed(voted(VotingMemory::default(), 3, 0), 3);
        assert!(locked.may_vote(candidate(4, 0), descends), "on the lock");
        assert!(!locked.may_vote(candidate(14, 2), descends));
        assert!(locked.may_vote(candidate(14, 3), descends));
        let left = committed(voted(locked, 15, 3), 14);
        assert_eq!(left.left, 3);
        assert!(!left.may_vote(candidate(16, 2), descends), "it shows less than what was left");
        assert!(left.may_vote(candidate(16, 3), descends));
    }

    #[test]
    fn no_commit_below_what_was_voted_for_elsewhere() {
        // SPEC F-6
        let memory = voted(voted(VotingMemory::default(), 3, 0), 14, 0);
        assert_eq!(memory.abandoned, 3);
        assert!(!memory.may_commit(place(3), descends), "the last vote is elsewhere");
        assert!(!memory.may_commit(place(13), descends), "not above the abandoned slot");
        let back = voted(memory, 5, 0);
        assert!(!back.may_commit(place(4), descends), "the vote for 14 came between");
        assert!(!committed(back, 5).may_commit(place(5), descends), "once");
    }

    #[test]
    fn a_memory_that_was_made_anew_signs_nothing_up_to_its_slot() {
        // SPEC F-7
        let memory = VotingMemory::up_to(Slot::new(5));
        assert!(!memory.may_vote(candidate(5, 5), descends));
        assert!(!memory.may_vote(candidate(6, 4), descends), "it may be locked at 5");
        let voted = voted(memory, 6, 5);
        assert_eq!(voted.abandoned, 5);
        assert!(voted.may_commit(place(6), descends) && !voted.may_commit(place(5), descends));
    }
}
