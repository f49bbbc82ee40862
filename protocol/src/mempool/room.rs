//! Fair shares of a bounded room (SPEC P-3).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::hash::TransactionId;
use crate::limits::{PARKED_BYTES_MAX, POOL_BYTES_MAX, SENDER_BYTES_MAX};
use crate::lock::Address;

/// Bounds on the bytes of transactions that may wait (SPEC P-3). A node has the default; only who
/// tries out what happens when there is no room sets less.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MempoolBounds {
    /// Bytes of all transactions together.
    pub bytes: usize,
    /// Bytes of the transactions that cannot be included yet.
    pub parked: usize,
    /// Bytes of one payer's transactions, in all and among the parked.
    pub share: usize,
}

impl Default for MempoolBounds {
    fn default() -> Self {
        Self { bytes: POOL_BYTES_MAX, parked: PARKED_BYTES_MAX, share: SENDER_BYTES_MAX }
    }
}

impl MempoolBounds {
    pub(super) fn of_all(self) -> RoomSize {
        RoomSize { all: self.bytes, share: self.share }
    }

    pub(super) fn of_parked(self) -> RoomSize {
        RoomSize { all: self.parked, share: self.share }
    }
}

/// The room in the pool, and who takes how many bytes of it.
#[derive(Debug, Default)]
pub(super) struct Room {
    shares: BTreeMap<Address, Share>,
    /// Shares by their size, the largest last.
    by_size: BTreeSet<(usize, Address)>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Share {
    bytes: usize,
    /// Transactions with their bytes, by arrival.
    items: BTreeMap<u64, (TransactionId, usize)>,
}

/// The sizes that a room and a share of it may reach, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomSize {
    pub(super) all: usize,
    pub(super) share: usize,
}

impl Room {
    /// Chooses what must go to make room for `size` more bytes of `payer`: the newest of the
    /// largest share, as long as that share stays the larger one. `None` if there is no room.
    pub(super) fn make(
        &self,
        payer: Address,
        size: usize,
        max: RoomSize,
    ) -> Option<Vec<TransactionId>> {
        let share = self.shares.get(&payer).map_or(0, |share| share.bytes).saturating_add(size);
        if share > max.share {
            return None;
        }
        let mut missing = self.bytes.saturating_add(size).saturating_sub(max.all);
        let mut victims = Vec::new();
        if missing == 0 {
            return Some(victims);
        }
        let (mut largest, address) = *self.by_size.last()?;
        for (id, bytes) in self.shares.get(&address)?.items.values().rev() {
            largest = largest.saturating_sub(*bytes);
            if largest < share || address == payer {
                return None;
            }
            victims.push(*id);
            missing = missing.saturating_sub(*bytes);
            if missing == 0 {
                return Some(victims);
            }
        }
        None
    }

    pub(super) fn add(&mut self, payer: Address, arrival: u64, id: TransactionId, size: usize) {
        self.resize(payer, |share| {
            share.items.insert(arrival, (id, size));
            share.bytes = share.bytes.saturating_add(size);
        });
        self.bytes = self.bytes.saturating_add(size);
    }

    pub(super) fn remove(&mut self, payer: Address, arrival: u64, size: usize) {
        self.resize(payer, |share| {
            share.items.remove(&arrival);
            share.bytes = share.bytes.saturating_sub(size);
        });
        self.bytes = self.bytes.saturating_sub(size);
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn resize(&mut self, payer: Address, change: impl FnOnce(&mut Share)) {
        let share = self.shares.entry(payer).or_default();
        self.by_size.remove(&(share.bytes, payer));
        change(share);
        if share.items.is_empty() {
            self.shares.remove(&payer);
        } else {
            self.by_size.insert((share.bytes, payer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: RoomSize = RoomSize { all: 100, share: 80 };

    fn id(byte: u8) -> TransactionId {
        TransactionId::new([byte; 32])
    }

    fn address(byte: u8) -> Address {
        Address::new([byte; 32])
    }

    #[test]
    fn the_newest_of_the_largest_share_makes_room_for_a_small_one() {
        // SPEC P-3
        let mut room = Room::default();
        for arrival in 0..7 {
            room.add(address(1), arrival, id(u8::try_from(arrival).expect("small")), 10);
        }
        room.add(address(2), 7, id(7), 30);
        assert_eq!(room.make(address(3), 10, MAX), Some(alloc::vec![id(6)]));
        assert_eq!(
            room.make(address(1), 10, MAX),
            None,
            "the largest share cannot displace itself"
        );
        assert_eq!(
            room.make(address(2), 41, MAX),
            None,
            "nor can one that would become the largest"
        );
    }

    #[test]
    fn an_equal_share_may_be_displaced_and_a_smaller_one_may_not() {
        // SPEC P-3
        let mut room = Room::default();
        room.add(address(1), 0, id(0), 40);
        room.add(address(1), 1, id(1), 50);
        room.add(address(2), 2, id(2), 10);
        assert_eq!(room.bytes(), 100);
        assert_eq!(room.make(address(2), 30, MAX), Some(alloc::vec![id(1)]));
        assert_eq!(room.make(address(2), 31, MAX), None);
    }

    #[test]
    fn a_share_has_its_own_bound() {
        // SPEC P-3
        let mut room = Room::default();
        room.add(address(1), 0, id(0), 80);
        assert_eq!(room.make(address(1), 1, MAX), None);
        assert_eq!(room.make(address(2), 20, MAX), Some(Vec::new()));
        room.remove(address(1), 0, 80);
        assert_eq!(room.bytes(), 0);
        assert_eq!(room.make(address(1), 80, MAX), Some(Vec::new()));
    }
}
