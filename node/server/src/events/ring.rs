//! The last events, bounded in number and bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use coinage_model::event::EventKind;
use coinage_protocol::Address;

/// Events that are kept at most, for those who resume.
const ENTRIES_MAX: usize = 65_536;
/// Bytes that the events may take; a full block of the smallest transactions makes some four
/// million, one of actions by charters less than twice as many.
pub(super) const BYTES_MAX: usize = 16 * 1024 * 1024;

/// An event in the ring.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) sequence: u64,
    pub(super) kind: EventKind,
    /// Accounts that the event touches, if it is about a transaction or what one does by charters.
    pub(super) accounts: Box<[Address]>,
    /// Data of the event, in JSON.
    pub(super) data: Box<str>,
}

impl Entry {
    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.accounts) + self.data.len()
    }
}

/// The event that follows a place, if there is one.
#[derive(Debug)]
pub(super) enum Following {
    /// The next event.
    Entry(Arc<Entry>),
    /// There is no further event yet.
    Nothing,
    /// The next event is no longer there.
    Lost,
}

/// The last events.
///
/// Invariant: their sequence numbers are consecutive, and the last is `last`.
#[derive(Debug)]
pub(super) struct Ring {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    last: u64,
    /// Number of events to come that need not be made: others will push them out at once.
    passed_over: usize,
    entries_max: usize,
    bytes_max: usize,
}

impl Ring {
    pub(super) fn new() -> Self {
        Self::bounded(ENTRIES_MAX, BYTES_MAX)
    }

    fn bounded(entries_max: usize, bytes_max: usize) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, last: 0, passed_over: 0, entries_max, bytes_max }
    }

    /// Returns the number of the last event; 0 before the first.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Returns the bytes that the events take.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Prepares for so many events that come now, one after the other.
    pub(super) fn expect(&mut self, events: usize) {
        self.passed_over = events.saturating_sub(self.entries_max);
    }

    /// True if the next event need not be made; it has a number all the same.
    pub(super) fn is_passed_over(&mut self) -> bool {
        let Some(left) = self.passed_over.checked_sub(1) else { return false };
        self.passed_over = left;
        self.last += 1;
        self.entries.clear();
        self.bytes = 0;
        true
    }

    /// Appends an event, and forgets the oldest ones beyond the bounds.
    pub(super) fn push(&mut self, kind: EventKind, accounts: Box<[Address]>, data: Box<str>) {
        self.last += 1;
        let entry = Arc::new(Entry { sequence: self.last, kind, accounts, data });
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > self.entries_max || self.bytes > self.bytes_max {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }

    /// Returns the event after the one of this number.
    pub(super) fn after(&self, sequence: u64) -> Following {
        let Some(ahead) = self.last.checked_sub(sequence) else { return Following::Lost };
        let ahead = usize::try_from(ahead).unwrap_or(usize::MAX);
        if ahead == 0 {
            return Following::Nothing;
        }
        let place = self.entries.len().checked_sub(ahead);
        match place.and_then(|place| self.entries.get(place)) {
            Some(entry) => Following::Entry(Arc::clone(entry)),
            None => Following::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn push(ring: &mut Ring, bytes: usize) {
        ring.push(EventKind::Head, Box::default(), "x".repeat(bytes).into());
    }

    fn sequence(following: Following) -> Option<u64> {
        match following {
            Following::Entry(entry) => Some(entry.sequence),
            Following::Nothing | Following::Lost => None,
        }
    }

    #[test]
    fn every_event_that_is_kept_follows_the_one_before_it() {
        let mut ring = Ring::bounded(3, usize::MAX);
        assert!(matches!(ring.after(0), Following::Nothing));
        (0..5).for_each(|_| push(&mut ring, 1));
        assert!(matches!(ring.after(0), Following::Lost));
        assert!(matches!(ring.after(1), Following::Lost), "the second is gone");
        assert_eq!([2, 3, 4].map(|at| sequence(ring.after(at))), [Some(3), Some(4), Some(5)]);
        assert!(matches!(ring.after(5), Following::Nothing));
        assert!(matches!(ring.after(6), Following::Lost), "it never was");
        assert!(matches!(ring.after(u64::MAX), Following::Lost));
    }

    #[test]
    fn of_more_events_than_there_is_room_for_only_the_last_are_made() {
        let mut ring = Ring::bounded(3, usize::MAX);
        push(&mut ring, 1);
        ring.expect(5);
        for made in [false, false, true, true, true] {
            assert_eq!(!ring.is_passed_over(), made);
            (0..u8::from(made)).for_each(|_| push(&mut ring, 1));
        }
        assert_eq!((ring.entries.len(), ring.last()), (3, 6));
        assert!(matches!(ring.after(2), Following::Lost), "whoever was there begins anew");
        assert_eq!(sequence(ring.after(3)), Some(4));
        ring.expect(3);
        assert!(!ring.is_passed_over(), "all of so few are made");
    }

    #[test]
    fn an_event_larger_than_all_room_leaves_nothing_behind() {
        let mut ring = Ring::bounded(10, 500);
        push(&mut ring, 1);
        push(&mut ring, 1000);
        assert_eq!((ring.entries.len(), ring.bytes, ring.last()), (0, 0, 2));
        push(&mut ring, 1);
        assert_eq!(sequence(ring.after(2)), Some(3));
    }

    proptest! {
        #[test]
        fn neither_bound_is_ever_passed(sizes in prop::collection::vec(0_usize..2000, 0..200)) {
            let mut ring = Ring::bounded(20, 8000);
            for size in sizes {
                push(&mut ring, size);
                let bytes: usize = ring.entries.iter().map(|entry| entry.bytes()).sum();
                prop_assert_eq!(bytes, ring.bytes);
                prop_assert!(bytes <= 8000 && ring.entries.len() <= 20);
                let numbers: Vec<_> = ring.entries.iter().map(|entry| entry.sequence).collect();
                prop_assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]));
                prop_assert!(numbers.last().is_none_or(|last| *last == ring.last()));
            }
        }
    }
}
