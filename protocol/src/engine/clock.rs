//! Clock check: a comparison of this node's clock with the authorities' (SPEC B-9).
//!
//! A block shows its leader's clock: honest leaders write early in their slot. A signature
//! vouches for it, so nobody but authorities can move the median.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::Engine;
use super::event::Event;
use super::trust::{ClockDoubt, Evidence};
use crate::chain::ChainReader;
use crate::keys::PublicKey;
use crate::limits::FUTURE_SLOTS_MAX;
use crate::units::Slot;

/// Milliseconds, besides a slot, that a block may take to arrive from the start of its slot before
/// that counts as a wrong clock: time for a slow network and a busy machine.
const LATENESS_MS: i64 = 2_000;

/// Arrival times of other authorities' newest blocks, compared to their slots.
#[derive(Debug)]
pub(super) struct ClockCheck {
    /// Arrivals by leader: milliseconds from the start of the slot to the arrival; uptime of the
    /// arrival.
    arrivals: BTreeMap<PublicKey, (i64, u64)>,
    /// The slot of the newest block of another authority on the chain: what is older is old news. A
    /// node whose clock is ahead writes newer ones itself, but they prove nothing.
    pub(super) newest: Slot,
}

impl ClockCheck {
    /// Creates a check that has heard nothing yet, on a chain that ends in this slot.
    pub(super) fn new(newest: Slot) -> Self {
        Self { arrivals: BTreeMap::new(), newest }
    }

    /// Notes that a leader's block arrived by gossip, so long after the start of its slot.
    pub(super) fn note(&mut self, leader: PublicKey, after_ms: i64, uptime: u64) {
        self.arrivals.insert(leader, (after_ms, uptime));
    }

    /// Moves the arrivals with the clock that they were measured by.
    pub(super) fn shift(&mut self, by_ms: i64) {
        if by_ms != 0 {
            let arrivals = self.arrivals.values_mut();
            arrivals.for_each(|(after, _)| *after = after.saturating_add(by_ms));
        }
    }

    /// Forgets arrivals from before this uptime.
    pub(super) fn forget_before(&mut self, uptime: u64) {
        self.arrivals.retain(|_, (_, arrived)| *arrived >= uptime);
    }

    /// Forgets all arrivals.
    pub(super) fn forget_all(&mut self) {
        self.arrivals.clear();
    }

    /// Checks whether the blocks of so many authorities came in time that, with this node, they are
    /// most.
    pub(super) fn agrees(&self, slot_ms: u32, authorities: usize) -> bool {
        let fine = fine(slot_ms);
        let fine = self.arrivals.values().filter(|(after, _)| fine.contains(after)).count();
        fine > 0 && fine.saturating_add(1).saturating_mul(2) > authorities
    }

    /// Milliseconds by which this clock is ahead of the median authority's, of so many, if that is
    /// more than a slot and what lateness explains; negative if behind. This node, and whoever is
    /// not heard of, counts as agreeing: or a minority with wrong clocks could silence all others,
    /// each of which would hear of nobody else.
    pub(super) fn ahead_ms(&self, slot_ms: u32, authorities: usize) -> Option<i64> {
        let fine = fine(slot_ms);
        let count = self.arrivals.len().saturating_add(1).max(authorities);
        let middle = count.checked_div(2).unwrap_or(0);
        let off = |outside: fn(&i64, &i64) -> bool, bound: &i64| {
            self.arrivals.values().filter(|(after, _)| outside(after, bound)).count()
        };
        let few = middle.saturating_sub(1);
        if off(i64::lt, fine.start()) <= few && off(i64::gt, fine.end()) <= few {
            // Both in the middle are fine; this is asked several times for each input.
            return None;
        }
        let mut offsets: Vec<i64> = self.arrivals.values().map(|(after, _)| *after).collect();
        offsets.resize(count, 0);
        offsets.sort_unstable();
        // Of an even number the one nearer to zero: one peer alone proves nothing.
        let lower = offsets.get(middle.saturating_sub(1)).copied().unwrap_or(0);
        let upper = offsets.get(middle).copied().unwrap_or(0);
        let odd = offsets.len() % 2 == 1;
        let median = if odd || upper.abs() < lower.abs() { upper } else { lower };
        (!fine.contains(&median)).then_some(median)
    }
}

/// Times at which a block may arrive, in milliseconds after the start of its slot.
fn fine(slot_ms: u32) -> RangeInclusive<i64> {
    let slot = i64::from(slot_ms);
    slot.saturating_neg()..=slot.saturating_add(LATENESS_MS)
}

impl<R: ChainReader> Engine<R> {
    /// Decides whether this node's clock is one to sign by.
    pub(super) fn judge_clock(&mut self) {
        let genesis = self.spec.genesis();
        let authorities = self.authorities().len();
        let head = self.chain.head().slot;
        let signed = self.settings.authority.as_ref();
        let signed = signed.map(|one| one.signed.last_up_to(self.slot_now())).unwrap_or_default();
        let reached = head.max(signed);
        // Before the first block it is the genesis that is known; a clock before that just waits.
        let reached = match reached == 0 {
            true => genesis.time.min(self.now.wall),
            false => self.spec.slot_time(reached),
        };
        let evidence = Evidence {
            slot_ms: u64::from(genesis.slot_ms),
            authorities,
            rounds_ms: self.slots_ms(self.round().saturating_mul(2)),
            blocks_agree: self.clock.agrees(genesis.slot_ms, authorities),
            reached,
        };
        self.trust.keep(|peer| self.peers.get(peer).is_some());
        let in_doubt = self.trust.doubts().is_some();
        self.trust.judge(self.now, evidence);
        if in_doubt && self.trust.doubts().is_none() {
            self.forget_useless();
        }
    }

    /// Forgets which ids were useless: another clock decides what has expired or is too far ahead.
    pub(super) fn forget_useless(&mut self) {
        self.peers.iter_mut().for_each(|(_, peer)| peer.forget_useless());
    }

    /// Milliseconds by which this node's clock is ahead of the authorities', if it is wrong. Blocks
    /// that come late have innocent reasons; peers whose clocks show the same time have none
    /// (SPEC B-9).
    pub(super) fn clock_ahead_ms(&self) -> Option<i64> {
        if let Some(ClockDoubt::Contradicted { ahead_ms }) = self.trust.doubts() {
            return Some(ahead_ms);
        }
        let genesis = self.spec.genesis();
        let slot_ms = u64::from(genesis.slot_ms);
        let by = self.clock.ahead_ms(genesis.slot_ms, self.authorities().len())?;
        (by < 0 || self.trust.is_ahead_of_most(slot_ms)).then_some(by)
    }

    pub(super) fn report_clock(&mut self) {
        let skew = self.clock_ahead_ms();
        let absurd = match self.trust.doubts() {
            Some(ClockDoubt::Absurd { ahead_ms }) => Some(ahead_ms),
            _ => None,
        };
        match (self.standing.skewed, skew.or(absurd)) {
            (false, Some(ahead_ms)) if skew.is_some() => {
                self.report(Event::ClockSkewed { ahead_ms });
            }
            (false, Some(ahead_ms)) => self.report(Event::ClockAbsurd { ahead_ms }),
            (true, None) => self.report(Event::ClockFine),
            (true, Some(_)) | (false, None) => {}
        }
        self.standing.skewed = skew.or(absurd).is_some();
    }

    /// The last slot of which a block may be the head, whatever the clock shows (SPEC C-1).
    pub(super) fn future_slot_max(&self) -> Slot {
        // A hole that is no longer than a quiet network's says nothing about clocks.
        let quiet = self.heartbeat_slots_max().saturating_add(self.round());
        let tolerance = FUTURE_SLOTS_MAX.max(self.round().saturating_mul(4)).max(quiet);
        self.slot_now().saturating_add(tolerance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;

    fn check(offsets: &[i64]) -> Option<i64> {
        check_of(offsets.len() + 1, offsets)
    }

    fn check_of(authorities: usize, offsets: &[i64]) -> Option<i64> {
        let mut clock = ClockCheck::new(Slot::new(0));
        for (seed, offset) in (1..).zip(offsets) {
            clock.note(SecretKey::new([seed; 32]).public(), *offset, 0);
        }
        clock.ahead_ms(500, authorities)
    }

    #[test]
    fn a_clock_that_most_authorities_contradict_is_wrong() {
        // SPEC B-9
        assert_eq!(check(&[10_000, 10_010, 10_020]), Some(10_000));
        assert_eq!(check(&[-10_000, -9_000, -9_500]), Some(-9_000));
    }

    #[test]
    fn one_wrong_authority_does_not_stop_the_others() {
        // SPEC B-9
        assert_eq!(check(&[10_000, 20, 30]), None);
        assert_eq!(check(&[-10_000]), None, "one against one proves nothing");
        assert_eq!(check(&[]), None);
    }

    #[test]
    fn a_minority_of_wrong_clocks_stops_nobody_even_if_nobody_else_is_heard() {
        // SPEC C-5
        assert_eq!(check_of(6, &[-12_000_000, -1_000_000]), None);
        assert_eq!(check_of(5, &[-9_000, -9_000]), None);
        assert_eq!(check_of(5, &[-9_000, -9_000, -9_000]), Some(-9_000));
    }

    #[test]
    fn late_blocks_are_no_proof_of_a_wrong_clock() {
        // SPEC B-9
        assert_eq!(check(&[2_400, 2_000, 1_500]), None);
    }
}
