//! The memory of what an authority's key has signed, in a tiny durable file beside the key.
//!
//! Not in the data directory: whoever wipes, restores or rebuilds that must not make an authority
//! sign twice. The file has two halves, written in turns: at any instant at least one is whole. A
//! half is a [record](record) and the record's complement, so that no torn write passes for a whole
//! one. The second half begins at offset 4096.
//!
//! A half that is damaged may have been the newer one, so the other may lack the last signature:
//! then everything up to the present slot counts as signed (SPEC F-7).

mod record;

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use coinage_files::{self as files, Locked};
use coinage_protocol::engine::Stop;
use coinage_protocol::{ChainId, Pledge, SignedSlots, Slot, VotingMemory};

use self::record::{HALF_BYTES, Record};
use super::KeyFileError;

/// Offsets of the two halves, so far apart that no sector of any disk holds parts of both.
const OFFSETS: [u64; 2] = [0, 4096];
const FILE_BYTES: usize = 4096 + HALF_BYTES;

/// Fate of the lock of a key whose memory is made anew: of what it committed last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lock {
    /// The key may have committed anything up to now: it votes again once others have certified a
    /// newer block.
    Kept,
    /// The key has committed nothing that counts: the operator's word, where there are not enough
    /// others to certify anything.
    Released,
}

/// The memory of one key, locked while this lives.
#[derive(Debug)]
pub(super) struct SigningMemory {
    path: PathBuf,
    file: Locked,
    record: Record,
    /// True if one half is damaged.
    damaged: bool,
}

/// The contents of a memory, for whoever only looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Noted {
    pub(super) chain: Option<ChainId>,
    pub(super) last_slot: Slot,
    pub(super) stop: Option<Stop>,
    pub(super) damaged: bool,
}

impl SigningMemory {
    /// Makes a memory that is bound to no chain yet, if there is none; one that has been used is
    /// not replaced.
    pub(super) fn create(path: &Path) -> Result<(), KeyFileError> {
        match files::create_atomically(path, &fresh(&Record::default()), 0o600) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // A crash before the key was written leaves an unused memory.
                let there = Self::take(path)?;
                if there.record == Record::default() && !there.damaged {
                    return Ok(());
                }
                Err(KeyFileError::Exists { path: path.to_owned() })
            }
            made => made.map_err(|error| KeyFileError::unmade(path, error)),
        }
    }

    /// Makes a memory that counts every slot up to this one as signed, voted in and committed, and
    /// keeps what the present one knows besides ([`SignedSlots::begin_at`]). The operator has seen
    /// to it that no other node uses the key. It is bound to a chain at the next use.
    pub(super) fn recreate(
        path: &Path,
        last_slot: Slot,
        lock: Lock,
    ) -> Result<SignedSlots, KeyFileError> {
        // Held until the new one is there; whoever uses the key must not lose its memory.
        let held = Self::take(path);
        let (mut signed, voting) = match &held {
            Err(KeyFileError::InUse { path }) => {
                return Err(KeyFileError::InUse { path: path.clone() });
            }
            Ok(there) => (there.record.signed.clone(), there.record.voting),
            Err(_) => Default::default(),
        };
        signed.begin_at(last_slot);
        let mut voting = raised(voting, last_slot);
        if lock == Lock::Released {
            (voting.lock, voting.left) = (Pledge::default(), Slot::default());
        }
        let record = Record { signed: signed.clone(), voting, ..Record::default() };
        let written = files::write_atomically(path, &fresh(&record), 0o600);
        written.map_err(|error| KeyFileError::io(path, error))?;
        Ok(signed)
    }

    /// Takes the memory for this chain. One that is bound to no chain yet is bound to this one with
    /// the first thing that it remembers, so that a start that is refused leaves it as it was.
    ///
    /// If one half is damaged, everything up to the present slot counts as signed; the first thing
    /// that is remembered makes that durable, before any signature.
    pub(super) fn open(path: &Path, chain: &ChainId, present: Slot) -> Result<Self, KeyFileError> {
        let mut memory = Self::take(path)?;
        match memory.record.chain {
            Some(theirs) if theirs != *chain => {
                let path = path.to_owned();
                return Err(KeyFileError::OtherChain { path, theirs, ours: *chain });
            }
            _ => memory.record.chain = Some(*chain),
        }
        if memory.damaged {
            memory.record.signed.begin_at(present);
            memory.record.voting = raised(memory.record.voting, present);
        }
        Ok(memory)
    }

    /// Returns what the memory says, without using it.
    pub(super) fn inspect(path: &Path) -> Result<Noted, KeyFileError> {
        let Self { record, damaged, .. } = Self::take(path)?;
        let Record { chain, stop, signed, .. } = record;
        Ok(Noted { chain, last_slot: signed.last(), stop, damaged })
    }

    /// The slots signed for.
    pub(super) fn signed(&self) -> &SignedSlots {
        &self.record.signed
    }

    /// The memory of the key's votes and commits.
    pub(super) fn voting(&self) -> VotingMemory {
        self.record.voting
    }

    /// True if one half was damaged, and nothing was remembered since.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Reason why the key signs nothing until its operator has acted, if there is one.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.record.stop
    }

    /// Remembers durably that this slot is being signed for.
    pub(super) fn remember(&mut self, slot: Slot) -> Result<(), KeyFileError> {
        let mut record = self.record.clone();
        if record.signed.contains(slot) || record.stop.is_some() || record.chain.is_none() {
            return Err(KeyFileError::AlreadySigned { slot });
        }
        record.signed.insert(slot);
        self.write(record)
    }

    /// Remembers durably what the votes and commits come to with the one that is being signed.
    pub(super) fn remember_voting(&mut self, voting: VotingMemory) -> Result<(), KeyFileError> {
        let record = self.record.clone();
        let may_sign = record.stop.is_none() && record.chain.is_some();
        if !may_sign || !follows(&record.voting, &voting) {
            return Err(KeyFileError::AlreadyVoted { slot: voting.last_vote.slot });
        }
        self.write(Record { voting, ..record })
    }

    /// Remembers durably why the key signs nothing more.
    pub(super) fn stop(&mut self, stop: Stop) -> Result<(), KeyFileError> {
        self.write(Record { stop: Some(stop), ..self.record.clone() })
    }

    fn take(path: &Path) -> Result<Self, KeyFileError> {
        let opened = files::open_with(path, OpenOptions::new().read(true).write(true));
        let file = opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeyFileError::MemoryMissing { path: path.to_owned() },
            _ => KeyFileError::io(path, error),
        })?;
        let locked = Locked::new(file).map_err(|error| KeyFileError::io(path, error))?;
        let file = locked.map_err(|_| KeyFileError::InUse { path: path.to_owned() })?;
        let mut halves = [[0; HALF_BYTES]; 2];
        for (half, offset) in halves.iter_mut().zip(OFFSETS) {
            let read = read_half(file.file(), offset);
            *half = read.map_err(|error| KeyFileError::io(path, error))?;
        }
        let (record, damaged) =
            newest(&halves).ok_or_else(|| KeyFileError::MemoryDamaged { path: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), file, record, damaged })
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
        // Whichever half is damaged is the one that does not hold the record, and was written now.
        (self.record, self.damaged) = (record, false);
        Ok(())
    }
}

/// The record that counts, and whether the other half is damaged; `None` if both are.
fn newest(halves: &[[u8; HALF_BYTES]; 2]) -> Option<(Record, bool)> {
    let [first, second] = halves;
    let beside = |record: Record, half, other: &[u8; HALF_BYTES]| {
        let untouched = *other == [0; HALF_BYTES] && record.is_alone(half);
        (record, !untouched)
    };
    match (Record::parse(first), Record::parse(second)) {
        (Some(one), Some(other)) if one.order() >= other.order() => Some((one, false)),
        (Some(_), Some(other)) => Some((other, false)),
        (Some(one), None) => Some(beside(one, first, second)),
        (None, Some(other)) => Some(beside(other, second, first)),
        (None, None) => None,
    }
}

/// The memory of votes and commits of which any may have been for a slot up to this one: a vote or
/// lock that is raised has no block.
fn raised(voting: VotingMemory, slot: Slot) -> VotingMemory {
    let VotingMemory { last_vote, abandoned, lock, left } = VotingMemory::up_to(slot);
    let later = |known: Pledge, other: Pledge| if known.slot < other.slot { other } else { known };
    VotingMemory {
        last_vote: later(voting.last_vote, last_vote),
        abandoned: voting.abandoned.max(abandoned),
        lock: later(voting.lock, lock),
        left: voting.left.max(left),
    }
}

/// Checks whether one memory may come after another: nothing goes back, and no slot has two blocks.
fn follows(known: &VotingMemory, next: &VotingMemory) -> bool {
    let later = |known: Pledge, next: Pledge| next == known || next.slot > known.slot;
    later(known.last_vote, next.last_vote)
        && later(known.lock, next.lock)
        && next.abandoned >= known.abandoned
        && next.left >= known.left
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

/// A file with two equal halves.
fn fresh(record: &Record) -> Vec<u8> {
    let (mut bytes, half) = (record.half().to_vec(), record.half());
    bytes.resize(FILE_BYTES - HALF_BYTES, 0);
    bytes.extend_from_slice(&half);
    bytes
}

#[cfg(test)]
mod tests;
