//! Counts of honest signatures, one small number for each block.

use crate::state::VOTERS_MAX;
use crate::tree::Block;

/// Bits of a count.
pub(crate) const COUNT_BITS: u32 = 3;
const COUNT_MAX: u8 = (1 << COUNT_BITS) - 1;

// Nobody signs for one block twice, so that sums never reach the next count.
const _: () = assert!(VOTERS_MAX <= COUNT_MAX as usize);

/// A count for each block of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally(pub(crate) u32);

impl Tally {
    pub(crate) fn of(self, block: Block) -> u8 {
        let count = self.0 >> place(block) & u32::from(COUNT_MAX);
        u8::try_from(count).expect("a count has three bits")
    }

    #[must_use]
    pub(crate) fn plus_one(self, block: Block) -> Self {
        Self(self.0 + (1 << place(block)))
    }

    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// Returns the tally with at most so many for a block, or none if its count is of no use.
    #[must_use]
    pub(crate) fn kept(self, block: Block, is_useful: bool, most: u8) -> Self {
        let count = if is_useful { self.of(block).min(most) } else { 0 };
        let rest = self.0 & !(u32::from(COUNT_MAX) << place(block));
        Self(rest | u32::from(count) << place(block))
    }
}

fn place(block: Block) -> u32 {
    u32::from(block.0) * COUNT_BITS
}
