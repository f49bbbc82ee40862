//! What an authority's key has signed, in a tiny durable file beside the key.
//!
//! Not in the data directory: whoever wipes, restores or rebuilds that must not make an authority
//! sign twice. The file has two halves, written in turns: at any instant at least one is whole. A
//! half is a record and the record's complement, so that no torn write passes for a whole one.
//!
//! | offset | bytes | what                                        |
//! |--------|-------|---------------------------------------------|
//! | 0      | 8     | `coinmem1`                                  |
//! | 8      | 8     | number of the write, little-endian          |
//! | 16     | 8     | last slot signed, little-endian             |
//! | 24     | 1     | 1 if bound to a chain, or else 0            |
//! | 25     | 32    | the chain id, or zeros                      |
//! | 57     | 57    | the complement of all this                  |
//!
//! The second half begins at offset 4096.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use coinage_protocol::ChainId;

use super::KeyFileError;
use super::files::{self, Locked};

const MAGIC: &[u8; 8] = b"coinmem1";
const RECORD_BYTES: usize = 57;
const HALF_BYTES: usize = 2 * RECORD_BYTES;
/// No sector of any disk holds parts of both halves.
const OFFSETS: [u64; 2] = [0, 4096];
const FILE_BYTES: usize = 4096 + HALF_BYTES;

/// The memory of one key, locked while this lives.
#[derive(Debug)]
pub(super) struct SigningMemory {
    path: PathBuf,
    file: Locked,
    record: Record,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Record {
    number: u64,
    slot: u64,
    chain: Option<ChainId>,
}

impl SigningMemory {
    /// Makes a memory that is bound to no chain yet, if there is none; one that has been used is
    /// not replaced.
    pub(super) fn create(path: &Path) -> Result<(), KeyFileError> {
        match files::create_atomically(path, &fresh(0), 0o600) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // A crash before the key was written leaves an unused memory.
                let there = Self::take(path)?;
                if there.record == (Record { number: 0, slot: 0, chain: None }) {
                    return Ok(());
                }
                Err(KeyFileError::Exists { path: path.to_owned() })
            }
            made => made.map_err(|error| KeyFileError::io(path, error)),
        }
    }

    /// Replaces a lost or damaged memory. It is bound to a chain at the next use.
    pub(super) fn recreate(path: &Path, last_slot: u64) -> Result<(), KeyFileError> {
        // Held until the new one is there; whoever uses the key must not lose its memory.
        let held = Self::take(path);
        match &held {
            Err(KeyFileError::InUse { path }) => {
                return Err(KeyFileError::InUse { path: path.clone() });
            }
            // No memory goes backwards.
            Ok(there) if there.record.slot > last_slot => {
                let (slot, last) = (last_slot, there.record.slot);
                return Err(KeyFileError::NotLater { slot, last });
            }
            _ => {}
        }
        let written = files::write_atomically(path, &fresh(last_slot), 0o600);
        written.map_err(|error| KeyFileError::io(path, error))
    }

    /// Takes the memory for this chain, and binds it if it is new.
    pub(super) fn open(path: &Path, chain: &ChainId) -> Result<Self, KeyFileError> {
        let mut memory = Self::take(path)?;
        match memory.record.chain {
            Some(theirs) if theirs != *chain => {
                let path = path.to_owned();
                return Err(KeyFileError::OtherChain { path, theirs, ours: *chain });
            }
            Some(_) => {}
            None => memory.write(memory.record.slot, *chain)?,
        }
        Ok(memory)
    }

    /// The chain that it is bound to, and the last slot signed for.
    pub(super) fn inspect(path: &Path) -> Result<(Option<ChainId>, u64), KeyFileError> {
        let there = Self::take(path)?;
        Ok((there.record.chain, there.record.slot))
    }

    /// The last slot signed for; 0 if none.
    pub(super) fn last_slot(&self) -> u64 {
        self.record.slot
    }

    /// Remembers durably that this slot is being signed for.
    pub(super) fn remember(&mut self, slot: u64) -> Result<(), KeyFileError> {
        let last = self.record.slot;
        let chain = self.record.chain.filter(|_| slot > last);
        match chain {
            Some(chain) => self.write(slot, chain),
            None => Err(KeyFileError::NotLater { slot, last }),
        }
    }

    fn take(path: &Path) -> Result<Self, KeyFileError> {
        let opened = files::open_with(path, OpenOptions::new().read(true).write(true));
        let file = opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeyFileError::MemoryMissing { path: path.to_owned() },
            _ => KeyFileError::io(path, error),
        })?;
        let locked = Locked::new(file).map_err(|error| KeyFileError::io(path, error))?;
        let file = locked.map_err(|_| KeyFileError::InUse { path: path.to_owned() })?;
        let mut newest = None::<Record>;
        for offset in OFFSETS {
            let mut half = [0; HALF_BYTES];
            match file.file().read_exact_at(&mut half, offset) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                Err(error) => return Err(KeyFileError::io(path, error)),
            }
            newest = newest.into_iter().chain(Record::parse(&half)).max_by_key(Record::order);
        }
        let damaged = || KeyFileError::MemoryDamaged { path: path.to_owned() };
        let record = newest.ok_or_else(damaged)?;
        Ok(Self { path: path.to_owned(), file, record })
    }

    fn write(&mut self, slot: u64, chain: ChainId) -> Result<(), KeyFileError> {
        let number = self.record.number.saturating_add(1);
        let record = Record { number, slot, chain: Some(chain) };
        let offset = if number.is_multiple_of(2) { OFFSETS[0] } else { OFFSETS[1] };
        let written = self.file.file().write_all_at(&record.half(), offset);
        let durable = written.and_then(|()| self.file.file().sync_all());
        durable.map_err(|error| KeyFileError::io(&self.path, error))?;
        self.record = record;
        Ok(())
    }
}

/// The slot that a half of a memory remembers, which is all that such a half can mean.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn remembered(bytes: &[u8]) -> Option<u64> {
    let half = bytes.try_into().ok()?;
    let record = Record::parse(half)?;
    assert_eq!(record.half(), *half, "another half means the same");
    Some(record.slot)
}

impl Record {
    fn half(&self) -> [u8; HALF_BYTES] {
        let mut half = [0; HALF_BYTES];
        let (record, complement) = half.split_at_mut(RECORD_BYTES);
        record[..8].copy_from_slice(MAGIC);
        record[8..16].copy_from_slice(&self.number.to_le_bytes());
        record[16..24].copy_from_slice(&self.slot.to_le_bytes());
        if let Some(chain) = &self.chain {
            record[24] = 1;
            record[25..].copy_from_slice(chain.as_bytes());
        }
        for (to, from) in complement.iter_mut().zip(record.iter()) {
            *to = !*from;
        }
        half
    }

    fn parse(half: &[u8; HALF_BYTES]) -> Option<Self> {
        let (record, _) = half.split_first_chunk::<RECORD_BYTES>()?;
        let number = |at: usize| record.get(at..)?.first_chunk().copied().map(u64::from_le_bytes);
        let chain = ChainId::new(*record.last_chunk()?);
        let bound = record[24] == 1;
        let parsed = Self { number: number(8)?, slot: number(16)?, chain: bound.then_some(chain) };
        (parsed.half() == *half).then_some(parsed)
    }

    /// The higher slot counts, whatever else: that is the safe side.
    fn order(&self) -> (u64, u64) {
        (self.slot, self.number)
    }
}

/// A file with one half: the other is written at the first use.
fn fresh(slot: u64) -> Vec<u8> {
    let mut bytes = vec![0; FILE_BYTES];
    bytes[..HALF_BYTES].copy_from_slice(&Record { number: 0, slot, chain: None }.half());
    bytes
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CHAIN: ChainId = ChainId::new([7; 32]);

    #[test]
    fn slots_only_grow_and_outlive_the_process() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("memory");
        SigningMemory::create(&path).expect("made");
        let mut memory = SigningMemory::open(&path, &CHAIN).expect("opened");
        assert_eq!(memory.last_slot(), 0);
        for slot in [3, 4, 900] {
            memory.remember(slot).expect("later");
            drop(memory);
            memory = SigningMemory::open(&path, &CHAIN).expect("opened");
            assert_eq!(memory.last_slot(), slot);
        }
        for slot in [0, 899, 900] {
            let refused = memory.remember(slot).expect_err("not later");
            assert!(matches!(refused, KeyFileError::NotLater { last: 900, .. }));
        }
        assert_eq!(fs::metadata(&path).expect("there").len(), 4096 + 114);
    }

    #[test]
    fn a_write_torn_at_any_byte_leaves_the_slot_before_or_the_slot_after() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("memory");
        SigningMemory::create(&path).expect("made");
        SigningMemory::open(&path, &CHAIN).expect("bound");
        for slot in 1..4_u64 {
            let before = fs::read(&path).expect("read");
            SigningMemory::open(&path, &CHAIN).expect("opened").remember(slot).expect("later");
            let after = fs::read(&path).expect("read");
            for cut in 0..after.len() {
                let torn = [&after[..cut], &before[cut..]].concat();
                fs::write(&path, &torn).expect("written");
                let found = SigningMemory::open(&path, &CHAIN).expect("one half is whole");
                let whole = torn == after;
                assert_eq!(found.last_slot(), if whole { slot } else { slot - 1 }, "at {cut}");
            }
            fs::write(&path, &after).expect("written");
        }
    }

    #[test]
    fn a_flipped_bit_never_gives_a_slot_that_was_not_signed_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("memory");
        SigningMemory::create(&path).expect("made");
        let mut memory = SigningMemory::open(&path, &CHAIN).expect("bound");
        memory.remember(70).expect("later");
        memory.remember(71).expect("later");
        drop(memory);
        let whole = fs::read(&path).expect("read");
        let halves = OFFSETS.map(|offset| usize::try_from(offset).expect("small"));
        let mut before = 0;
        for at in halves.into_iter().flat_map(|half| half..half + HALF_BYTES) {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                fs::write(&path, &flipped).expect("written");
                let found = SigningMemory::open(&path, &CHAIN).expect("one half is whole");
                assert!([70, 71].contains(&found.last_slot()), "{} at {at}", found.last_slot());
                before += usize::from(found.last_slot() == 70);
            }
        }
        assert_eq!(before, HALF_BYTES * 8, "each bit of the newest half counts");
        for (one, other) in [(0, 0), (9, 17), (57, 60), (113, 113)] {
            let mut both = whole.clone();
            (both[halves[0] + one], both[halves[1] + other]) = (0x5a, 0xa5);
            fs::write(&path, &both).expect("written");
            let refused = SigningMemory::open(&path, &CHAIN).expect_err("both halves are damaged");
            assert!(matches!(refused, KeyFileError::MemoryDamaged { .. }), "{refused}");
        }
    }

    #[test]
    fn bytes_that_are_no_memory_are_an_error_and_no_panic() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("memory");
        for bytes in [&b""[..], b"coinmem1", &[0; 4210], &[255; 9000]] {
            fs::write(&path, bytes).expect("written");
            let refused = SigningMemory::open(&path, &CHAIN).expect_err("no memory");
            assert!(matches!(refused, KeyFileError::MemoryDamaged { .. }), "{refused}");
        }
    }
}
