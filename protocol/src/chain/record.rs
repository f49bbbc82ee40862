//! What a reorg did, for people who ask afterwards (SPEC C-3).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::chain::Tip;
use crate::hash::TransactionId;

/// One change of branches.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReorgRecord {
    /// When it happened by this node's clock, in milliseconds since 1970.
    pub time: u64,
    /// The last block that both branches share.
    pub common_ancestor: Tip,
    /// The head before.
    pub old_head: Tip,
    /// The head after.
    pub new_head: Tip,
    /// Which part of the rule decided.
    pub rule: ReorgRule,
    /// How many transactions the abandoned branch held, by what became of them.
    pub counts: FateCounts,
    /// The first of them by id, at most 1,000.
    pub transactions: Vec<(TransactionId, RevertedFate)>,
}

impl ReorgRecord {
    /// How many blocks were abandoned.
    pub fn depth(&self) -> u64 {
        self.old_head.height.saturating_sub(self.common_ancestor.height)
    }
}

/// Which part of the fork-choice rule decided (SPEC C-1).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ReorgRule {
    /// The new branch is longer.
    Longer,
    /// Equally long, and its last block is of an earlier slot.
    EarlierSlot,
    /// The same slot, and its last block has the lower hash.
    LowerHash,
    /// What was left lies beyond the clock.
    BeyondClock,
}

/// What became of a transaction of an abandoned branch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum RevertedFate {
    /// The new branch holds it, too.
    Reincluded,
    /// It waits again: in the pool, or on disk for room in it.
    BackInPool,
    /// On the new branch it cannot be applied: what it spends is gone, its symbol is taken. If that
    /// can change before it expires, it is kept and waits.
    Conflicting,
    /// It expired meanwhile.
    Expired,
    /// There was no room for it anywhere: whoever sent it may send the same bytes again.
    Dropped,
}

/// How many transactions had which fate.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct FateCounts {
    /// The new branch holds them, too.
    pub reincluded: u64,
    /// They wait again.
    pub back_in_pool: u64,
    /// On the new branch they cannot be applied.
    pub conflicting: u64,
    /// They expired meanwhile.
    pub expired: u64,
    /// The pool had no room for them.
    pub dropped: u64,
}

impl FateCounts {
    /// Counts one more.
    pub(crate) fn add(&mut self, fate: RevertedFate) {
        let counter = match fate {
            RevertedFate::Reincluded => &mut self.reincluded,
            RevertedFate::BackInPool => &mut self.back_in_pool,
            RevertedFate::Conflicting => &mut self.conflicting,
            RevertedFate::Expired => &mut self.expired,
            RevertedFate::Dropped => &mut self.dropped,
        };
        *counter = counter.saturating_add(1);
    }
}
