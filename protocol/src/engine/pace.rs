//! Pace: the size of a leader's block, as much as the network has shown that it takes in well
//! before a slot is over (SPEC P-6).
//!
//! Additive increase, multiplicative decrease, as TCP finds the rate of a path (RFC 5681). What a
//! block costs is not known beforehand, it differs between machines, and no node can measure
//! another; but how long after the start of its slot a block is durable here covers its leader's
//! work, the way, and this node's own, and a leader that did not get there in time shows it by a
//! fork.

use alloc::vec::Vec;

use super::view::Backlog;
use crate::chain::BatchNumber;
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_PACE_BYTES_MIN};
use crate::units::Slot;

/// Pace of a node that has seen no full block yet, in bytes.
const BYTES_FIRST: usize = 4 * BLOCK_PACE_BYTES_MIN;
/// Blocks' worth of waiting transactions at which a node takes no more from users.
const BACKLOG_BLOCKS: usize = 8;
/// Blocks' worth at which it takes none from other nodes, either: those have stopped taking any
/// from users long before.
const FLOOD_BLOCKS: usize = 4 * BACKLOG_BLOCKS;

/// The pace: the most that a leader puts into a block.
#[derive(Debug)]
pub(super) struct Pace {
    bytes: usize,
    /// The newest slot of which a block made this smaller: one cause counts once.
    shrunk: Slot,
    /// Slot and bytes of the block of each batch that is not durable yet; bounded by the batches
    /// that may be under way.
    under_way: Vec<(BatchNumber, Slot, usize)>,
}

/// A block that was taken in: it is durable here.
#[derive(Clone, Copy, Debug)]
pub(super) struct TakenIn {
    pub(super) slot: Slot,
    pub(super) bytes: usize,
    /// Time after the start of the block's slot, in milliseconds; negative if clocks differ.
    pub(super) after_ms: i64,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { bytes: BYTES_FIRST, shrunk: Slot::default(), under_way: Vec::new() }
    }

    /// Bytes of transactions for a block that is begun so long after the start of its slot: less,
    /// the less of the slot is left.
    pub(super) fn bytes(&self, late_ms: i64, slot_ms: u32) -> usize {
        let half = usize::try_from(slot_ms / 2).unwrap_or(usize::MAX).max(1);
        let late = usize::try_from(late_ms.max(0)).unwrap_or(usize::MAX);
        let left = half.saturating_sub(late);
        let bytes = self.bytes.saturating_mul(left).checked_div(half).unwrap_or(0);
        bytes.max(BLOCK_PACE_BYTES_MIN)
    }

    /// The backlog of inclusion, if so many bytes of transactions wait for a block.
    pub(super) fn backlog(&self, waiting: usize) -> Backlog {
        let blocks = waiting.checked_div(self.bytes).unwrap_or(0);
        Backlog {
            block_bytes: self.bytes,
            blocks: u64::try_from(blocks).unwrap_or(u64::MAX),
            is_full: blocks >= BACKLOG_BLOCKS,
            is_flooded: blocks >= FLOOD_BLOCKS,
        }
    }

    /// A block that came as news is on its way to the disk, in this batch.
    pub(super) fn begun(&mut self, number: BatchNumber, slot: Slot, bytes: usize) {
        self.under_way.push((number, slot, bytes));
    }

    /// Slot and bytes of the blocks that are durable with this batch.
    pub(super) fn ended(&mut self, number: BatchNumber) -> Vec<(Slot, usize)> {
        let ended = self.under_way.extract_if(.., |(batch, ..)| *batch <= number);
        ended.map(|(_, slot, bytes)| (slot, bytes)).collect()
    }

    /// A block that came as news is durable here: early enough, or not.
    pub(super) fn taken_in(&mut self, block: TakenIn, slot_ms: u32) {
        let slot_ms = i64::from(slot_ms);
        let (early, late) = (slot_ms / 2, slot_ms.saturating_sub(slot_ms / 4));
        // The smallest are often begun late, and say nothing about large ones.
        if block.after_ms > late && block.bytes > BLOCK_PACE_BYTES_MIN {
            self.shrink(block.slot, 3, 4);
        } else if block.after_ms <= early && block.bytes >= self.bytes / 2 {
            // Only what was tried is known to work.
            let more = self.bytes.saturating_add(self.bytes / 4);
            self.bytes = more.min(BLOCK_BYTES_MAX);
        }
    }

    /// A block of this slot stands beside the chain: its leader had not taken in the one before,
    /// or others had not taken in this one.
    pub(super) fn forked(&mut self, slot: Slot) {
        self.shrink(slot, 1, 2);
    }

    fn shrink(&mut self, slot: Slot, parts: usize, of: usize) {
        if slot > self.shrunk {
            self.shrunk = slot;
            let less = self.bytes.saturating_mul(parts).checked_div(of).unwrap_or(0);
            self.bytes = less.max(BLOCK_PACE_BYTES_MIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT_MS: u32 = 1_000;

    fn block(slot: Slot, bytes: usize, after_ms: i64) -> TakenIn {
        TakenIn { slot, bytes, after_ms }
    }

    /// A network that takes so many bytes in a second, as the leader of every slot sees it.
    fn settled(bytes_per_second: usize, waiting: usize) -> Vec<usize> {
        let mut pace = Pace::new();
        let mut sizes = Vec::new();
        for slot in 1..=200 {
            let bytes = pace.bytes(0, SLOT_MS).min(waiting);
            let after_ms = i64::try_from(bytes * 1_000 / bytes_per_second).expect("small");
            pace.taken_in(block(Slot::new(slot), bytes, after_ms), SLOT_MS);
            sizes.push(bytes);
        }
        sizes
    }

    #[test]
    fn blocks_grow_to_what_is_taken_in_within_a_slot_and_not_beyond_for_long() {
        // SPEC P-6
        for speed in [400_000, 1_000_000, 3_000_000] {
            let sizes = settled(speed, usize::MAX);
            let late = &sizes[100..];
            let within = |bytes: &usize| (speed / 4..=speed / 4 * 3).contains(bytes);
            assert!(late.iter().all(within), "{speed}: {late:?}");
        }
    }

    #[test]
    fn a_fast_network_fills_whole_blocks_and_a_slow_one_still_writes_some() {
        assert_eq!(settled(1_000_000_000, usize::MAX)[199], BLOCK_BYTES_MAX);
        assert_eq!(settled(1, usize::MAX)[199], BLOCK_PACE_BYTES_MIN);
    }

    #[test]
    fn small_blocks_prove_nothing_about_large_ones() {
        let mut pace = Pace::new();
        for slot in 1..100 {
            pace.taken_in(block(Slot::new(slot), 1_000, 1), SLOT_MS);
        }
        assert_eq!(pace.bytes(0, SLOT_MS), BYTES_FIRST);
    }

    #[test]
    fn a_fork_makes_blocks_smaller_once_for_each_slot() {
        let mut pace = Pace::new();
        pace.forked(Slot::new(7));
        pace.forked(Slot::new(7));
        pace.taken_in(block(Slot::new(6), 1, 900), SLOT_MS);
        assert_eq!(pace.bytes(0, SLOT_MS), BYTES_FIRST / 2);
    }

    #[test]
    fn a_leader_that_comes_late_writes_less() {
        let pace = Pace::new();
        assert_eq!(pace.bytes(250, SLOT_MS), BYTES_FIRST / 2);
        assert_eq!(pace.bytes(900, SLOT_MS), BLOCK_PACE_BYTES_MIN);
        assert_eq!(pace.bytes(-300, SLOT_MS), BYTES_FIRST);
    }

    #[test]
    fn a_node_is_full_when_more_waits_than_the_next_blocks_hold() {
        let pace = Pace::new();
        assert!(!pace.backlog(BYTES_FIRST * BACKLOG_BLOCKS - 1).is_full);
        let full = pace.backlog(BYTES_FIRST * BACKLOG_BLOCKS);
        assert!(full.is_full && !full.is_flooded);
        assert!(pace.backlog(BYTES_FIRST * FLOOD_BLOCKS).is_flooded);
        assert_eq!(pace.backlog(BYTES_FIRST * 9).blocks, 9);
    }
}
