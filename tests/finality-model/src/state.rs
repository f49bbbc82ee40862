//! State of a search: the memories of honest voters, and how much is signed for each block.

use std::hash::Hasher;

use crate::rules::Voter;
use crate::tally::{COUNT_BITS, Tally};
use crate::tree::Block;

/// Honest voters at most.
pub(crate) const VOTERS_MAX: usize = 5;
/// Blocks of a tree at most, genesis included.
pub(crate) const BLOCKS_MAX: usize = 9;
/// Highest slot of a tree.
pub(crate) const SLOT_MAX: u8 = 7;

const BLOCK_BITS: u32 = 4;
const SLOT_BITS: u32 = 3;
/// Counts of all blocks but genesis.
const TALLY_BITS: u32 = 8 * COUNT_BITS;

const _: () = {
    let voter = 2 * BLOCK_BITS + 2 * SLOT_BITS + 1;
    assert!(5 * voter + 2 * TALLY_BITS <= u128::BITS && VOTERS_MAX == 5 && BLOCKS_MAX == 9);
};

/// Memories of all honest voters, and counts of honest signatures.
///
/// Who signed is not kept: nobody signs for one block twice, so the counts and the memories decide
/// what can follow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    pub(crate) voters: [Voter; VOTERS_MAX],
    pub(crate) votes: Tally,
    pub(crate) commits: Tally,
}

impl State {
    /// Returns the state as one number; different states have different numbers.
    ///
    /// No voter of a search loses blocks, so that it is not asked whether one has.
    pub(crate) fn key(&self) -> u128 {
        let mut key = 0;
        let mut put = |value: u8, bits: u32| key = key << bits | u128::from(value);
        for voter in &self.voters {
            put(voter.last.0, BLOCK_BITS);
            put(voter.abandoned, SLOT_BITS);
            put(voter.lock.0, BLOCK_BITS);
            put(voter.left, SLOT_BITS);
            put(voter.forgot_lock.into(), 1);
        }
        // Genesis has no signatures.
        for tally in [self.votes, self.commits] {
            key = key << TALLY_BITS | u128::from(tally.0 >> COUNT_BITS);
        }
        key
    }
}

/// Deed of an honest voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Vote(Block),
    Commit(Block),
    /// Crashes and forgets its lock: a planted fault.
    ForgetLock,
}

/// A step of a search: one voter does one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) voter: usize,
    pub(crate) deed: Deed,
}

/// Quick hasher for keys of states, which nobody chooses to collide.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_u128(&mut self, word: u128) {
        let low = word & u128::from(u64::MAX);
        self.write_u64(u64::try_from(low).unwrap_or_default());
        self.write_u64(u64::try_from(word >> 64).unwrap_or_default());
    }
}
