//! Places on a chain, and which of them is the better one.

use core::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use crate::hash::BlockHash;
use crate::units::{Height, Slot};

/// A place on a chain. Of two the greater is the better one by the longest-chain rule (SPEC C-1):
/// the higher one, then the one with the lower slot, then the lower hash.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tip {
    /// Height of the block.
    pub height: Height,
    /// Slot of the block.
    pub slot: Slot,
    /// Hash of the block.
    pub hash: BlockHash,
}

impl Ord for Tip {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |tip: &Self| (tip.height, Reverse(tip.slot), Reverse(tip.hash));
        rank(self).cmp(&rank(other))
    }
}

impl PartialOrd for Tip {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Tip {
    /// Checks whether the longest-chain rule prefers this tip (SPEC C-1).
    pub fn is_better_than(&self, other: &Self) -> bool {
        self > other
    }
}

/// A tip as the fork choice ranks it (SPEC C-1): by the slot of the highest block that certificates
/// on its chain name, and then by the longest-chain rule.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Ranked {
    /// Slot of the highest block that certificates on the tip's chain name.
    pub(crate) justified: Slot,
    /// The tip.
    pub(crate) tip: Tip,
}

/// The end of a branch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownTip {
    /// Last block of the branch.
    pub tip: Tip,
    /// Slot of the highest block that certificates on the branch name: it decides before length.
    pub justified: Slot,
    /// Number of blocks from the chain up to the tip.
    pub branch_len: u64,
    /// State of what is known of the branch.
    pub kind: TipKind,
}

/// The state of what is known of a branch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TipKind {
    /// The tip is the head of the chain.
    Head,
    /// All blocks are here, but the branch does not win.
    Side,
    /// Blocks of the branch are still to be fetched.
    HeadersOnly,
    /// A block of the branch is invalid.
    Invalid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tip_is_better_than_itself() {
        // SPEC C-1
        let tip = |height, slot, hash| Tip {
            height: Height::new(height),
            slot: Slot::new(slot),
            hash: BlockHash::new([hash; 32]),
        };
        let best_first = [tip(3, 9, 9), tip(2, 4, 9), tip(2, 5, 1), tip(2, 5, 2), tip(1, 1, 0)];
        for (at, one) in best_first.iter().enumerate() {
            for (other_at, other) in best_first.iter().enumerate() {
                assert_eq!(one.is_better_than(other), at < other_at, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_newer_certificate_outranks_any_length() {
        // SPEC C-1
        let tip = |height| Tip {
            height: Height::new(height),
            slot: Slot::new(9),
            hash: BlockHash::default(),
        };
        let ranked =
            |justified, height| Ranked { justified: Slot::new(justified), tip: tip(height) };
        assert!(ranked(2, 3) > ranked(1, 100) && ranked(2, 4) > ranked(2, 3));
    }
}
