//! Records of reorgs, for people who ask afterwards (SPEC C-3).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::chain::Tip;
use crate::hash::TransactionId;
use crate::units::UnixMillis;

/// A change of branches, with what it cost.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReorgRecord {
    /// Time of the reorg by this node's clock, in milliseconds since 1970.
    pub time: UnixMillis,
    /// The last block that both branches share.
    pub common_ancestor: Tip,
    /// Head before the reorg.
    pub old_head: Tip,
    /// Head after the reorg.
    pub new_head: Tip,
    /// Part of the fork-choice rule that decided.
    pub rule: ReorgRule,
    /// Numbers of transactions that the abandoned branch held, by what became of them.
    pub counts: ReorgCounts,
    /// The first of those transactions by id, at most 1,000.
    pub transactions: Vec<(TransactionId, ReorgOutcome)>,
}

impl ReorgRecord {
    /// Number of blocks that were abandoned.
    pub fn depth(&self) -> u64 {
        self.old_head.height.since(self.common_ancestor.height)
    }
}

/// The part of the fork-choice rule that decided (SPEC C-1).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ReorgRule {
    /// The new branch is longer.
    Longer,
    /// The new branch is equally long, and its last block is of an earlier slot.
    EarlierSlot,
    /// The slot is the same, and the new branch's last block has the lower hash.
    LowerHash,
    /// The abandoned branch lies beyond the clock.
    BeyondClock,
    /// The new branch has the newer certificate.
    Certified,
    /// The final block is not on the abandoned branch.
    Final,
    /// The node left the best branch for a moment: to build on a certified block, or to execute one
    /// that it votes for.
    Detour,
}

/// The outcome of a reorg for a transaction of the abandoned branch.
///
/// No status: what a record keeps is which way the transaction went at that moment, without the
/// reasons, and "conflicting" is one way whether the transaction waits since or was dropped.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ReorgOutcome {
    /// The new branch holds it, too.
    Reincluded,
    /// The transaction waits again: in the pool, or on disk for room in it.
    BackInPool,
    /// The transaction cannot be applied on the new branch: what it spends is gone, its symbol is
    /// taken. If that can change before it expires, it is kept and waits.
    Conflicting,
    /// The transaction expired meanwhile.
    Expired,
    /// The transaction had no room anywhere: whoever sent it may send the same bytes again.
    Dropped,
}

/// Numbers of transactions of an abandoned branch, by the outcome for them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReorgCounts {
    /// Number of transactions that the new branch holds, too.
    pub reincluded: u64,
    /// Number of transactions that wait again.
    pub back_in_pool: u64,
    /// Number of transactions that cannot be applied on the new branch.
    pub conflicting: u64,
    /// Number of transactions that expired meanwhile.
    pub expired: u64,
    /// Number of transactions that the pool had no room for.
    pub dropped: u64,
}

impl ReorgCounts {
    /// Counts one more transaction with this outcome.
    pub(crate) fn add(&mut self, outcome: ReorgOutcome) {
        let counter = match outcome {
            ReorgOutcome::Reincluded => &mut self.reincluded,
            ReorgOutcome::BackInPool => &mut self.back_in_pool,
            ReorgOutcome::Conflicting => &mut self.conflicting,
            ReorgOutcome::Expired => &mut self.expired,
            ReorgOutcome::Dropped => &mut self.dropped,
        };
        *counter = counter.saturating_add(1);
    }
}
