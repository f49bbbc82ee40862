//! The memory of what an authority's key has signed, in a tiny durable file beside the key.
//!
//! Not in the data directory: whoever wipes, restores or rebuilds that must not make an authority
//! sign twice. The file has two halves, written in turns: at any instant at least one is whole. A
//! half is a [record](record) and the record's complement, so that no torn write passes for a whole
//! one. The second half begins at offset 4096.

mod record;

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use coinage_files::{self as files, Locked};
use coinage_protocol::engine::Twin;
use coinage_protocol::{ChainId, SignedSlots, Slot};

use self::record::{HALF_BYTES, Record};
use super::KeyFileError;

/// Offsets of the two halves, so far apart that no sector of any disk holds parts of both.
const OFFSETS: [u64; 2] = [0, 4096];
const FILE_BYTES: usize = 4096 + HALF_BYTES;

/// The memory of one key, locked while this lives.
#[derive(Debug)]
pub(super) struct SigningMemory {
    path: PathBuf,
    file: Locked,
    record: Record,
}

impl SigningMemory {
    /// Makes a memory that is bound to no chain yet, if there is none; one that has been used is
    /// not replaced.
    pub(super) fn create(path: &Path) -> Result<(), KeyFileError> {
        match files::create_atomically(path, &fresh(&Record::default()), 0o600) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // A crash before the key was written leaves an unused memory.
                let there = Self::take(path)?;
                if there.record == Record::default() {
                    return Ok(());
                }
                Err(KeyFileError::Exists { path: path.to_owned() })
            }
            made => made.map_err(|error| KeyFileError::unmade(path, error)),
        }
    }

    /// Makes a memory that counts every slot up to this one as signed, and keeps what the present
    /// one knows besides ([`SignedSlots::begin_at`]). The operator has seen to it that no other
    /// node uses the key. It is bound to a chain at the next use.
    pub(super) fn recreate(path: &Path, last_slot: Slot) -> Result<SignedSlots, KeyFileError> {
        // Held until the new one is there; whoever uses the key must not lose its memory.
        let held = Self::take(path);
        let mut signed = match &held {
            Err(KeyFileError::InUse { path }) => {
                return Err(KeyFileError::InUse { path: path.clone() });
            }
            Ok(there) => there.record.signed.clone(),
            Err(_) => SignedSlots::default(),
        };
        signed.begin_at(last_slot);
        let record = Record { signed: signed.clone(), ..Record::default() };
        let written = files::write_atomically(path, &fresh(&record), 0o600);
        written.map_err(|error| KeyFileError::io(path, error))?;
        Ok(signed)
    }

    /// Takes the memory for this chain. One that is bound to no chain yet is bound to this one with
    /// the first thing that it remembers, so that a start that is refused leaves it as it was.
    pub(super) fn open(path: &Path, chain: &ChainId) -> Result<Self, KeyFileError> {
        let mut memory = Self::take(path)?;
        match memory.record.chain {
            Some(theirs) if theirs != *chain => {
                let path = path.to_owned();
                return Err(KeyFileError::OtherChain { path, theirs, ours: *chain });
            }
            _ => memory.record.chain = Some(*chain),
        }
        Ok(memory)
    }

    /// Returns the chain that the memory is bound to, the last slot signed for, and what made it
    /// stop.
    pub(super) fn inspect(
        path: &Path,
    ) -> Result<(Option<ChainId>, u64, Option<Twin>), KeyFileError> {
        let record = Self::take(path)?.record;
        Ok((record.chain, record.signed.last().get(), record.twin))
    }

    /// The slots signed for.
    pub(super) fn signed(&self) -> &SignedSlots {
        &self.record.signed
    }

    /// The block of another signer, if one was seen.
    pub(super) fn twin(&self) -> Option<Twin> {
        self.record.twin
    }

    /// Remembers durably that this slot is being signed for.
    pub(super) fn remember(&mut self, slot: Slot) -> Result<(), KeyFileError> {
        let mut record = self.record.clone();
        if record.signed.contains(slot) || record.twin.is_some() || record.chain.is_none() {
            return Err(KeyFileError::AlreadySigned { slot });
        }
        record.signed.insert(slot);
        self.write(record)
    }

    /// Remembers durably that somebody else signs with the key.
    pub(super) fn stop(&mut self, twin: Twin) -> Result<(), KeyFileError> {
        self.write(Record { twin: Some(twin), ..self.record.clone() })
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
            let half = read_half(file.file(), offset);
            let half = half.map_err(|error| KeyFileError::io(path, error))?;
            newest = newest.into_iter().chain(Record::parse(&half)).max_by_key(Record::order);
        }
        let damaged = || KeyFileError::MemoryDamaged { path: path.to_owned() };
        let record = newest.ok_or_else(damaged)?;
        Ok(Self { path: path.to_owned(), file, record })
    }

    fn write(&mut self, record: Record) -> Result<(), KeyFileError> {
        let failed = |error| KeyFileError::io(&self.path, error);
        // What is written to a file without a name is remembered by nobody after the end.
        if !self.file.is_at(&self.path).map_err(failed)? {
            return Err(KeyFileError::Replaced { path: self.path.clone() });
        }
        let number = self.record.number.saturating_add(1);
        let record = Record { number, ..record };
        let offset = if number.is_multiple_of(2) { OFFSETS[0] } else { OFFSETS[1] };
        let written = self.file.file().write_all_at(&record.half(), offset);
        let durable = written.and_then(|()| self.file.file().sync_all());
        durable.map_err(failed)?;
        self.record = record;
        Ok(())
    }
}

/// Reads as many bytes of a half as there are: those of older versions are shorter.
fn read_half(file: &std::fs::File, offset: u64) -> io::Result<[u8; HALF_BYTES]> {
    let (mut half, mut have) = ([0; HALF_BYTES], 0);
    while have < HALF_BYTES {
        let at = offset + u64::try_from(have).unwrap_or(u64::MAX);
        match file.read_at(&mut half[have..], at) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(half)
}

/// The last slot that a half of a memory remembers, and what writes that half.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn remembered(bytes: &[u8]) -> Option<u64> {
    let half = bytes.try_into().ok()?;
    let record = Record::parse(half)?;
    (record.half() == *half).then(|| record.signed.last()).map(Slot::get)
}

/// A file with one half: the other is written at the first use.
fn fresh(record: &Record) -> Vec<u8> {
    let mut bytes = vec![0; FILE_BYTES];
    bytes[..HALF_BYTES].copy_from_slice(&record.half());
    bytes
}

#[cfg(test)]
mod tests;
