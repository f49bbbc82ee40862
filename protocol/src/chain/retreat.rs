//! The way back from a head that lies beyond the clock (SPEC C-1).

use alloc::vec::Vec;

use super::switch::Switch;
use super::{Chain, Move, UNPERSISTED_MAX};
use crate::chain::{ChainReader, Tip};
use crate::units::{Height, Slot};

impl Chain {
    /// The chain's last block of a slot up to this one.
    pub(crate) fn last_up_to(&self, slot: Slot, reader: &impl ChainReader) -> Option<Tip> {
        let tip = |height: Height| {
            let hash = self.canonical.hash_at(height, reader)?;
            self.canonical.find(&hash, reader)
        };
        // Slots grow with heights: the answer is at or above `low` and below `high`.
        let (mut low, mut high) = (Height::default(), self.head().height.next());
        while high.since(low) > 1 {
            let middle = Height::new(low.get().midpoint(high.get()));
            match tip(middle)?.slot <= slot {
                true => low = middle,
                false => high = middle,
            }
        }
        if low == 0 { Some(self.canonical.genesis()) } else { tip(low) }
    }

    /// Checks whether the disk keeps up: only then is more given to it.
    pub(crate) fn may_persist(&self) -> bool {
        self.canonical.unpersisted() < UNPERSISTED_MAX
    }

    /// Does one block's worth of work back to a block of the chain; what lies beyond a slot is
    /// forgotten when that is done.
    pub(crate) fn step_back(
        &mut self,
        fork: Tip,
        beyond: Slot,
        reader: &impl ChainReader,
    ) -> Option<Move> {
        if !self.may_persist() {
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
