//! The slots that a key has signed for (SPEC C-5).

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use crate::units::Slot;

/// Stretches of slots that are remembered apart at most; the lowest are joined first.
pub const STRETCHES_MAX: usize = 32;
/// Slots between two signatures up to which they belong to one stretch: those of a turn or two, and
/// a short rest. A wrong clock takes away no more than these.
const JOINED_MAX: u64 = 64;

/// The slots that a key has signed for, or must not sign for: whole stretches, the lowest first.
///
/// # Invariant
///
/// Stretches do not touch, are in order, and are at most [`STRETCHES_MAX`]. A slot that was put in
/// is never free again.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SignedSlots {
    stretches: Vec<(Slot, Slot)>,
}

impl SignedSlots {
    /// Every slot up to this one; none for 0, the slot of block 0, which nobody signs.
    pub fn up_to(slot: Slot) -> Self {
        let stretches = if slot == 0 { Vec::new() } else { alloc::vec![(Slot::default(), slot)] };
        Self { stretches }
    }

    /// Builds the memory from these stretches; `None` if they are none of those that a memory has.
    pub fn from_stretches(
        stretches: impl IntoIterator<Item = RangeInclusive<Slot>>,
    ) -> Option<Self> {
        let mut taken = Vec::<(Slot, Slot)>::new();
        for stretch in stretches {
            let (from, to) = stretch.into_inner();
            let apart =
                taken.last().is_none_or(|(_, last)| from.checked_sub(1).is_some_and(|b| b > *last));
            if from > to || !apart || taken.len() >= STRETCHES_MAX {
                return None;
            }
            taken.push((from, to));
        }
        Some(Self { stretches: taken })
    }

    /// The stretches of slots, the lowest first.
    pub fn stretches(&self) -> impl ExactSizeIterator<Item = RangeInclusive<Slot>> {
        self.stretches.iter().map(|(from, to)| *from..=*to)
    }

    /// Checks whether a slot must not be signed for.
    pub fn contains(&self, slot: Slot) -> bool {
        self.stretches.iter().any(|(from, to)| (*from..=*to).contains(&slot))
    }

    /// The highest of them; 0 if there is none.
    pub fn last(&self) -> Slot {
        self.stretches.last().map(|(_, to)| *to).unwrap_or_default()
    }

    /// The highest of them that is not above a slot; 0 if there is none.
    pub fn last_up_to(&self, slot: Slot) -> Slot {
        let below = self.stretches.iter().filter(|(from, _)| *from <= slot);
        below.map(|(_, to)| (*to).min(slot)).max().unwrap_or_default()
    }

    /// Puts one slot in. Those that were left out shortly before it go with it, so that years of
    /// signing are one stretch.
    pub fn insert(&mut self, slot: Slot) {
        let below = self.last_up_to(slot);
        let near = slot.since(below) <= JOINED_MAX;
        let from = if near && below != 0 { below } else { slot };
        self.join(from, slot);
    }

    /// Puts all slots up to this one in, on the operator's word that this is the present one.
    ///
    /// A first stretch that begins at 0 and goes on beyond it is that of a memory which only knew
    /// its last slot: of its slots to come, the last ones alone stay, for they may be signed.
    pub fn begin_at(&mut self, slot: Slot) {
        if let Some((from, to)) = self.stretches.first().copied()
            && from == 0
            && to.since(slot) > JOINED_MAX
        {
            self.stretches.remove(0);
            self.join(to.saturating_sub(JOINED_MAX), to);
        }
        self.join(Slot::default(), slot);
    }

    fn join(&mut self, mut from: Slot, mut to: Slot) {
        self.stretches.retain(|(first, last)| {
            let apart = *first > to.saturating_add(1) || last.saturating_add(1) < from;
            if !apart {
                from = from.min(*first);
                to = to.max(*last);
            }
            apart
        });
        self.stretches.push((from, to));
        self.stretches.sort_unstable();
        while self.stretches.len() > STRETCHES_MAX {
            // What lies between counts as signed: that is the safe side.
            let (lowest, _) = self.stretches.remove(0);
            if let Some(next) = self.stretches.first_mut() {
                next.0 = lowest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(signed: &SignedSlots) -> Vec<(u64, u64)> {
        signed.stretches().map(|one| (one.start().get(), one.end().get())).collect()
    }

    #[test]
    fn years_of_signing_are_one_stretch() {
        // SPEC C-5
        let mut signed = SignedSlots::default();
        (1..10_000).for_each(|turn| signed.insert(Slot::new(turn * 4)));
        assert_eq!(stretches(&signed), [(4, 39_996)]);
        assert!(
            signed.contains(Slot::new(7))
                && !signed.contains(Slot::new(3))
                && !signed.contains(Slot::new(39_997))
        );
    }

    #[test]
    fn a_slot_far_ahead_does_not_forbid_those_between() {
        // SPEC C-5
        let mut signed = SignedSlots::up_to(Slot::new(100));
        signed.insert(Slot::new(14_500));
        signed.insert(Slot::new(14_504));
        assert!(signed.contains(Slot::new(14_500)) && signed.contains(Slot::new(100)));
        assert!(!signed.contains(Slot::new(101)) && !signed.contains(Slot::new(14_499)));
        signed.insert(Slot::new(104));
        assert_eq!(stretches(&signed), [(0, 104), (14_500, 14_504)]);
        assert_eq!(
            (signed.last(), signed.last_up_to(Slot::new(14_499))),
            (Slot::new(14_504), Slot::new(104))
        );
        signed.begin_at(Slot::new(14_502));
        assert_eq!(stretches(&signed), [(0, 14_504)]);
    }

    #[test]
    fn what_an_old_memory_only_presumes_signed_is_free_again_with_the_operators_word() {
        // SPEC C-5
        let mut signed = SignedSlots::up_to(Slot::new(14_400));
        signed.begin_at(Slot::new(200));
        assert_eq!(stretches(&signed), [(0, 200), (14_336, 14_400)]);
        signed.begin_at(Slot::new(300));
        assert_eq!(stretches(&signed), [(0, 300), (14_336, 14_400)]);
        signed.begin_at(Slot::new(14_330));
        assert_eq!(stretches(&signed), [(0, 14_330), (14_336, 14_400)]);
        let mut near = SignedSlots::up_to(Slot::new(230));
        near.begin_at(Slot::new(200));
        assert_eq!(stretches(&near), [(0, 230)], "it may be right");
    }

    #[test]
    fn what_was_signed_stays_so_however_many_stretches_there_are() {
        // SPEC C-5
        let mut signed = SignedSlots::default();
        let slots: Vec<_> = (1..200_u64).map(|n| n * 37 % 199 * 1_000).collect();
        for (count, slot) in slots.iter().enumerate() {
            signed.insert(Slot::new(*slot));
            assert!(slots[..=count].iter().all(|slot| signed.contains(Slot::new(*slot))));
            assert!(signed.stretches().len() <= STRETCHES_MAX);
            let again = SignedSlots::from_stretches(signed.stretches());
            assert_eq!(again.as_ref(), Some(&signed));
        }
    }

    #[test]
    fn stretches_out_of_order_or_too_many_are_none() {
        let read = |stretches: &[(u64, u64)]| {
            let slots = stretches.iter().map(|(from, to)| Slot::new(*from)..=Slot::new(*to));
            SignedSlots::from_stretches(slots)
        };
        assert_eq!(read(&[(5, 9), (3, 4)]), None);
        assert_eq!(read(&[(5, 9), (10, 11)]), None, "they touch");
        assert_eq!(read(&[(9, 5)]), None);
        let many: Vec<_> = (0..40).map(|n| (n * 10, n * 10)).collect();
        assert_eq!(read(&many), None);
    }
}
