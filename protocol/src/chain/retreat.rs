//! The way back from a head that lies beyond the clock (SPEC C-1).

use alloc::vec::Vec;

use super::switch::Switch;
use super::{Chain, Move, UNPERSISTED_MAX};
use crate::chain::{ChainReader, Tip};

impl Chain {
    /// The chain's last block of a slot up to this one.
    pub(crate) fn last_up_to(&self, slot: u64, reader: &impl ChainReader) -> Option<Tip> {
        let tip = |height: u64| {
            let hash = self.canonical.hash_at(height, reader)?;
            self.canonical.find(&hash, reader)
        };
        // Slots grow with heights: the answer is at or above `low` and below `high`.
        let (mut low, mut high) = (0, self.head().height.saturating_add(1));
        while high.saturating_sub(low) > 1 {
            let middle = low.midpoint(high);
            match tip(middle)?.slot <= slot {
                true => low = middle,
                false => high = middle,
            }
        }
        if low == 0 { Some(self.canonical.genesis()) } else { tip(low) }
    }

    /// Checks whether [`step_back`](Self::step_back) would do something.
    pub(crate) fn may_step_back(&self) -> bool {
        self.canonical.unpersisted() < UNPERSISTED_MAX
    }

    /// Does one block's worth of work back to a block of the chain; what lies beyond a slot is
    /// forgotten when that is done.
    pub(crate) fn step_back(
        &mut self,
        fork: Tip,
        beyond: u64,
        reader: &impl ChainReader,
    ) -> Option<Move> {
        if !self.may_step_back() {
            return None;
        }
        let under_way = self.switch.take().filter(|one| one.target == fork);
        let mut switch =
            under_way.unwrap_or_else(|| Switch::new(fork, fork, Vec::new(), &self.canonical));
        if switch.must_walk_back() {
            if switch.walk_back(&self.spec, reader).is_some() {
                self.switch = Some(switch);
            }
            return None;
        }
        let moved = self.adopt(switch);
        self.tree.forget_after(beyond);
        Some(moved)
    }
}
