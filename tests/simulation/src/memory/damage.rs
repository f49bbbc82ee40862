//! Bytes that are not what was written: how they come about, and where they are noticed.

use coinage_protocol::engine::Batch;
use coinage_protocol::{
    BlockHash, Entry, Height, Key, SignedHeader, Tip, TransactionId, decode, encode,
};
use serde::de::DeserializeOwned;

use super::row::{CHECKSUM_BYTES, Row, checksum, is_whole, journal, readable};
use super::{Disk, MemoryChain};

/// Blocks below the head among which one is damaged: those that others still ask for.
const NEWEST: usize = 16;
/// Bytes that stand behind a header.
const SIGNATURE_BYTES: usize = 64;

/// A record of a disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Head,
    Entry(Key),
    Canonical(Height),
    Included(TransactionId),
    Header(BlockHash),
    Body(BlockHash),
    Changes(BlockHash),
}

/// A record of which a byte is another than was written, and the checksum beside it.
#[derive(Debug)]
pub(super) struct Damage {
    place: Place,
    bytes: Vec<u8>,
    checksum: [u8; 32],
}

/// A flip: where and how a record is altered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flip {
    /// Record to alter, by chance.
    pub(crate) which: u64,
    /// Bit of the record to alter, by chance.
    pub(crate) bit: u64,
    /// True if the bit flips in memory, before the checksum is made of it: no disk notices that.
    pub(crate) in_memory: bool,
}

/// The data that a start finds on a disk.
#[derive(Debug)]
pub(crate) struct Found {
    /// The head and all entries, as far as they can be read at all.
    pub(crate) stored: Option<(Tip, Vec<(Key, Entry)>)>,
    /// Reason of the disk itself why the node must not start.
    pub(crate) refused: Option<&'static str>,
    /// The end of its journal was torn, and left out.
    pub(crate) dropped: bool,
}

impl Damage {
    /// Reads what can be read of the record, if it is the one at this place.
    pub(super) fn read<T: DeserializeOwned>(&self, place: Place) -> Option<Option<T>> {
        if self.place != place {
            return None;
        }
        let sound = checksum(&self.bytes) == self.checksum;
        Some(sound.then(|| decode(&self.bytes, self.bytes.len()).ok()).flatten())
    }
}

impl MemoryChain {
    /// Flips a bit of a record; whether there was one of the kind.
    pub(crate) fn flip(&self, flip: Flip) -> bool {
        let mut disk = self.0.borrow_mut();
        let Some(place) = disk.place(flip) else { return false };
        let Some(mut bytes) = disk.bytes(place) else { return false };
        let written = checksum(&bytes);
        // A signature is not part of the hash: in memory nothing tells that it has changed.
        let covered = match place {
            Place::Header(_) if flip.in_memory => bytes.len() - SIGNATURE_BYTES,
            _ => bytes.len(),
        };
        let bit = bounded(flip.bit, covered * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let checksum = if flip.in_memory { checksum(&bytes) } else { written };
        disk.damage = Some(Damage { place, bytes, checksum });
        true
    }

    /// The write under way is stored only up to a byte, by chance. Without `checksums`, the rows
    /// that are whole are taken for written.
    pub(crate) fn tear(&self, batch: &Batch, at: u64, checksums: bool) {
        let mut whole = journal(batch);
        if !checksums {
            whole.truncate(whole.len() - CHECKSUM_BYTES);
        }
        whole.truncate(bounded(at, whole.len()));
        self.0.borrow_mut().torn = Some((whole, checksums));
    }

    /// Reads what a process that starts reads, and looks at, as the real one does: the head, its
    /// block, the way to it, and the state.
    pub(crate) fn open(&self) -> Found {
        let dropped = self.recover();
        let disk = self.0.borrow();
        let head = disk.read(Place::Head, || Some(disk.head));
        let stored = head.zip(disk.stored_entries());
        let refused = match &stored {
            None => Some("a record makes no sense"),
            Some((head, _)) if disk.leads_to(*head) => None,
            Some(_) => Some("the blocks do not lead to the head"),
        };
        Found { stored, refused, dropped }
    }

    /// Checks whether anything on the disk is not what was written.
    pub(crate) fn is_damaged(&self) -> bool {
        let disk = self.0.borrow();
        disk.damage.is_some() || disk.torn.is_some() || disk.in_part
    }

    /// Checks whether a record that was asked for could not be read: the process must end then.
    pub(crate) fn has_failed(&self) -> bool {
        self.0.borrow().failed.get()
    }

    /// Takes up the torn end of the journal, or leaves it out; then it says so.
    fn recover(&self) -> bool {
        let mut disk = self.0.borrow_mut();
        let Some((bytes, checksums)) = disk.torn.take() else { return false };
        let whole = is_whole(&bytes);
        if whole || !checksums {
            let rows = readable(&bytes);
            disk.in_part = !whole && !rows.is_empty();
            rows.into_iter().for_each(|row| disk.put(row));
        }
        checksums && !whole
    }
}

impl Disk {
    fn place(&self, flip: Flip) -> Option<Place> {
        let (kind, which) = (flip.which % 8, flip.which / 8);
        let newest = || {
            let blocks =
                self.canonical.values().rev().filter(|hash| self.blocks.contains_key(*hash));
            let blocks: Vec<_> = blocks.take(NEWEST).collect();
            (!blocks.is_empty()).then(|| *blocks[bounded(which, blocks.len())])
        };
        let entry = || self.entries.keys().nth(bounded(which, self.entries.len())).copied();
        let id = || self.included.keys().nth(bounded(which, self.included.len())).copied();
        match kind {
            0 => Some(Place::Head),
            1 | 2 => entry().map(Place::Entry),
            3 => newest().map(Place::Header),
            // What is wrong in memory already is noticed only where a hash tells.
            _ if flip.in_memory => entry().map(Place::Entry),
            4 => newest().map(Place::Body),
            5 => newest().map(Place::Changes),
            6 => id().map(Place::Included),
            _ => self
                .canonical
                .keys()
                .nth(bounded(which, self.canonical.len()))
                .copied()
                .map(Place::Canonical),
        }
    }

    /// A record as it was written.
    fn bytes(&self, place: Place) -> Option<Vec<u8>> {
        let block = |hash| self.blocks.get(hash);
        match &place {
            Place::Head => Some(encode(&self.head)),
            Place::Entry(key) => self.entries.get(key).map(|entry| encode(&(*key, entry.clone()))),
            Place::Canonical(height) => self.canonical.get(height).map(encode),
            Place::Included(id) => self.included.get(id).map(encode),
            Place::Header(hash) => block(hash).map(|(block, _)| encode(&block.header)),
            Place::Body(hash) => block(hash).map(|(block, _)| encode(&block.transactions)),
            Place::Changes(hash) => block(hash).map(|(_, changes)| encode(changes)),
        }
    }

    /// Every entry, unless one of them cannot be read.
    fn stored_entries(&self) -> Option<Vec<(Key, Entry)>> {
        let read = |(key, entry): (&Key, &Entry)| {
            self.read(Place::Entry(*key), || Some((*key, entry.clone())))
        };
        self.entries.iter().map(read).collect()
    }

    /// Checks whether the block of a head is there, with all below it and none above it.
    fn leads_to(&self, head: Tip) -> bool {
        let read = |height: &Height| {
            self.read(Place::Canonical(*height), || self.canonical.get(height).copied())
        };
        let fits = match self.header(&head.hash) {
            Some(SignedHeader { header, .. }) => {
                (header.height, header.slot) == (head.height, head.slot)
            }
            None => head == self.genesis,
        };
        let top = self.canonical.keys().next_back() == Some(&head.height);
        fits && top
            && self.canonical.keys().all(|height| read(height).is_some())
            && read(&head.height) == Some(head.hash)
    }

    /// Heals the damage, if what is written anew is where it was.
    pub(super) fn heal(&mut self, row: &Row) {
        let Some(Damage { place, .. }) = &self.damage else { return };
        let healed = match (row, place) {
            (Row::Link(height, ..) | Row::Unlink(height, _), Place::Canonical(at)) => height == at,
            (Row::Include(id, _) | Row::Exclude(id), Place::Included(at)) => id == at,
            (Row::Change(change), Place::Entry(at)) => change.key == *at,
            (Row::Block(hash, _), Place::Header(at) | Place::Body(at) | Place::Changes(at)) => {
                hash == at
            }
            (Row::Head(_), Place::Head) => true,
            _ => false,
        };
        if healed {
            self.damage = None;
        }
    }
}

fn bounded(number: u64, below: usize) -> usize {
    usize::try_from(number % below.max(1) as u64).unwrap_or(0)
}
