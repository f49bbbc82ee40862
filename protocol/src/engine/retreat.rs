//! Leaving blocks that lie beyond the clock (SPEC C-1).
//!
//! A clock that all authorities share, or that of a node alone, can be hours ahead for a while.
//! The blocks signed meanwhile are of slots that are to come. When the clock is right again, they
//! make room for the blocks of the time between: a chain that cannot grow for hours serves nobody.
//!
//! A clock that is behind must not take blocks away. It shows: then the chain has blocks of the
//! slots that come next, one after the other. Where a clock was ahead, there is a hole.

use super::Engine;
use crate::chain::{ChainReader, Tip};

/// Slots after the present one of which a block may be just in time: clocks differ a little.
const EARLY_SLOTS: u64 = 1;

impl<R: ChainReader> Engine<R> {
    /// Does one step of the way back, if the head is beyond the clock.
    pub(super) fn retreat(&mut self) -> bool {
        let Some(fork) = self.retreat_to() else { return false };
        let beyond = self.future_slot_max();
        if let Some(moved) = self.chain.step_back(fork, beyond, &self.reader) {
            self.on_moved(moved);
        }
        true
    }

    /// Checks whether there is a way to go back.
    pub(super) fn retreats(&self) -> bool {
        self.retreat_to().is_some() && self.chain.may_persist()
    }

    /// Milliseconds by which the head is ahead of the clock, if it is beyond what may be held.
    pub(super) fn head_ahead_ms(&self) -> Option<u64> {
        let slot = self.chain.head().slot;
        (slot > self.future_slot_max()).then(|| self.spec.slot_time(slot).since(self.now.wall))
    }

    /// The last block that is not beyond the clock, if the head is, and a hole is between.
    fn retreat_to(&self) -> Option<Tip> {
        let beyond = self.future_slot_max();
        if self.chain.head().slot <= beyond || !self.trust.is_certain() {
            return None;
        }
        let fork = self.chain.last_up_to(beyond, &self.reader)?;
        // The final block is never left (SPEC F-8).
        if self.chain.is_off_final() || fork.height < self.chain.finalized().height {
            return None;
        }
        (fork.slot <= self.slot_now().saturating_add(EARLY_SLOTS)).then_some(fork)
    }
}
