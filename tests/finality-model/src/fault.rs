//! Faults that can be planted into the rules, to see that the search finds what they break.

/// A rule left out, or put in otherwise than in the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// V3 is never asked.
    NoLock,
    /// A crash loses the lock: V3 is not asked until the next commit.
    LockForgotten,
    /// V3 asks nothing of a descendant of the lock: *left* is not looked at.
    LeftIgnored,
    /// C3 is never asked.
    C3Dropped,
    /// C3 lets a block of the abandoned slot be committed, too.
    C3Lax,
    /// Neither C2 nor C3 is asked: whatever is certified is committed.
    C2AndC3Dropped,
    /// V2 lets a voter vote for a second block of a slot.
    TwoVotesPerSlot,
    /// V2 lets a voter vote for a second block of a slot, and C3 is lax.
    TwoVotesAndC3Lax,
    /// A quorum is n/2 + 1.
    SimpleMajority,
    /// A change of authorities is in force at the next block.
    ChangeAtOnce,
    /// A change may put one authority in another's place.
    Replacement,
    /// A certificate counts with the quorum of the first set.
    OldQuorum,
}

/// The rules of the design, with at most one fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Fault that is planted.
    pub fault: Option<Fault>,
}

impl Rules {
    /// The rules as they are meant.
    pub const DESIGN: Self = Self { fault: None };

    /// Returns the rules with one fault.
    pub const fn with(fault: Fault) -> Self {
        Self { fault: Some(fault) }
    }

    /// Checks whether a fault is planted.
    pub fn have(self, fault: Fault) -> bool {
        self.have_any(&[fault])
    }

    /// Checks whether one of several faults is planted.
    pub(crate) fn have_any(self, faults: &[Fault]) -> bool {
        self.fault.is_some_and(|one| faults.contains(&one))
    }
}
