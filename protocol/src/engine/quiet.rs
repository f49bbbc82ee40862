//! Quiet: on a network on which nothing happens leaders write next to nothing (SPEC F-10).
//!
//! Silence is normal then. How long it may last before it means something is found here, too.

use super::Engine;
use crate::chain::{ChainReader, Tip};
use crate::limits::HEARTBEAT_MS_MAX;
use crate::units::Slot;

impl<R: ChainReader> Engine<R> {
    /// Checks whether there is a reason for a block on this one besides transactions that wait.
    pub(super) fn has_work_for_a_block(&self, parent: Tip, slot: Slot) -> bool {
        // What is included there must become final, by what the chain says itself.
        let is_open = || self.chain.marks_of(&parent).is_any_open();
        // Whoever is locked on a certified block votes for nothing else (SPEC F-9).
        let is_certified = || self.certified_ground().is_some();
        // Neither a change of authorities nor what depends on it has to wait (SPEC B-11).
        let is_changing = || {
            let is_pending = self.chain.in_force_after(&parent).pending().is_some();
            is_pending || self.change_on(&parent).is_some()
        };
        // Whoever comes, or was cut off, must see where the chain is.
        let is_due = || self.is_heartbeat_due(parent, slot);
        is_open() || is_certified() || is_changing() || is_due()
    }

    /// Checks whether a block may still be begun in this slot: later it would not be taken in
    /// before the next one.
    pub(super) fn is_in_time(&self, slot: Slot) -> bool {
        self.since_slot_ms(slot).saturating_mul(2) <= i64::from(self.spec.genesis().slot_ms)
    }

    /// Checks whether so much time has gone by since this block that the next one is due, whatever
    /// is in it. The first block is due at once: it shows who is there.
    fn is_heartbeat_due(&self, parent: Tip, slot: Slot) -> bool {
        parent.height == 0 || slot.since(parent.slot) >= self.heartbeat_slots()
    }

    /// Slots from one block to the next on a quiet network: as many as fit the heartbeat, but with
    /// no divisor in common with the number of authorities, so that each has its turn.
    pub(super) fn heartbeat_slots(&self) -> u64 {
        let slots = self.settings.heartbeat_ms.checked_div(self.slots_ms(1)).unwrap_or(0);
        let turns_round = |slots: &u64| greatest_divisor(*slots, self.round()) == 1;
        (1..=slots).rev().find(turns_round).unwrap_or(1)
    }

    /// Slots in which every authority writes a heartbeat.
    pub(super) fn heartbeat_round(&self) -> u64 {
        self.heartbeat_slots().saturating_mul(self.round())
    }

    /// Slots that any node's heartbeat may take, whatever its operator has chosen.
    pub(super) fn heartbeat_slots_max(&self) -> u64 {
        HEARTBEAT_MS_MAX.checked_div(self.slots_ms(1)).unwrap_or(0)
    }

    /// Slots, besides so many, in which nothing need be heard: on a quiet network those of a
    /// heartbeat, and none any more once blocks have been due in each slot for so many.
    pub(super) fn quiet_slots(&self, besides: u64) -> u64 {
        let now = self.now.uptime;
        let is_long_due = |since: u64| now.saturating_sub(since) > self.slots_ms(besides);
        match self.standing.due_since {
            Some(since) if is_long_due(since) => 0,
            _ => self.heartbeat_slots().saturating_sub(1),
        }
    }

    /// Notes since when blocks are due in each slot, and since when there is any reason for one.
    pub(super) fn note_due(&mut self) {
        // What waits here may be known to nobody else, or be jointly impossible.
        let is_due = self.chain.marks_of(&self.chain.head()).is_any_open();
        let since = |before: Option<u64>| before.unwrap_or(self.now.uptime);
        let due_since = is_due.then(|| since(self.standing.due_since));
        let waits = self.pool.ready().next().is_some()
            || self.is_heartbeat_due(self.chain.head(), self.slot_now());
        let work_since = (is_due || waits).then(|| since(self.standing.work_since));
        (self.standing.due_since, self.standing.work_since) = (due_since, work_since);
    }

    /// Milliseconds for which a block tells of its leader's clock. Where there has been work for
    /// long, old ones do not: if they were wrong, and so nobody wrote, there would never be others.
    pub(super) fn arrivals_ms(&self) -> u64 {
        let rounds = self.slots_ms(self.round().saturating_mul(4));
        let now = self.now.uptime;
        let is_long_ago = |since: u64| now.saturating_sub(since) > rounds;
        match self.standing.work_since {
            Some(since) if is_long_ago(since) => rounds,
            _ => rounds.max(self.slots_ms(self.heartbeat_round().saturating_mul(2))),
        }
    }

    /// Looks at what time alone may have made possible, once in each slot: else the next block
    /// does.
    pub(super) fn pass_time(&mut self) {
        let (slot, head) = (self.slot_now(), self.chain.head());
        if slot <= head.slot.saturating_add(1) || slot == self.looked || self.pool.len() == 0 {
            return;
        }
        self.looked = slot;
        let ground = Self::ground_of(&self.spec, &self.chain, self.trust.times(self.now));
        let changes = self.pool.advance([], [], ground);
        self.report_pool_changes(changes);
    }
}

/// The greatest divisor that two numbers have in common (Euclid).
fn greatest_divisor(one: u64, other: u64) -> u64 {
    let (mut one, mut other) = (one, other);
    while let Some(rest) = one.checked_rem(other) {
        (one, other) = (other, rest);
    }
    one
}
