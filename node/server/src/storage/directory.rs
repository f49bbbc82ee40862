//! Data directory around the database: who has it open, and whose it is.
//!
//! `lock` holds the process id of whoever has it open, `coinage.json` says whose it is, `chain/` is
//! the database. The marker is written twice: before the database is made, and as `complete` when
//! the genesis state is durable; so a crash in between is not mistaken for a lost database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use coinage_files::{self as files, Locked};
use coinage_protocol::{ChainId, ChainSpec};
use serde::{Deserialize, Serialize};

use super::{StorageError, archive};
use crate::invite::without_invites;

/// The newest format of a data directory that this program knows.
pub(super) const FORMAT: u32 = 3;
/// The oldest format that this program can bring up to date.
pub(super) const FORMAT_OLDEST: u32 = 1;
/// Name of the marker file.
pub(super) const MARKER: &str = "coinage.json";
/// Name of the database's directory.
pub(super) const DATABASE: &str = "chain";
const LOCK: &str = "lock";
const KIND: &str = "coinage-data";
const MARKER_BYTES_MAX: u64 = 4096;
const HOLDER_BYTES_MAX: u64 = 1024;

/// A data directory that this process alone has open.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Place of the database: within the directory, unless a copy is looked at.
    database: PathBuf,
    lock: Locked,
}

/// Contents of a data directory before its database is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// There is nothing of worth: a database is to be made.
    Nothing,
    /// A database that was complete once.
    Database {
        /// The format that the marker names; the database itself decides.
        format: u32,
    },
}

#[derive(Debug, Deserialize, Serialize)]
struct Marker {
    kind: String,
    format: u32,
    chain: String,
    complete: bool,
}

impl Directory {
    /// Takes possession of the directory, or makes it.
    pub(super) fn take(path: &Path) -> Result<Self, StorageError> {
        let failed = |error| StorageError::io(path, error);
        files::make_directory(path).map_err(failed)?;
        let mut options = OpenOptions::new();
        let lock = options.read(true).write(true).create(true).truncate(false);
        let lock = files::open_with(&path.join(LOCK), lock).map_err(failed)?;
        let lock = match Locked::new(lock).map_err(failed)? {
            Ok(lock) => lock,
            Err(theirs) => {
                let (directory, holder) = (path.to_owned(), holder(theirs));
                return Err(StorageError::InUse { directory, holder });
            }
        };
        let mut file = lock.file();
        file.set_len(0).and_then(|()| file.write_all(me().as_bytes())).map_err(failed)?;
        Ok(Self { path: path.to_owned(), database: path.join(DATABASE), lock })
    }

    /// The same directory with a copy of its database in place of it.
    pub(super) fn with_copy(self, database: PathBuf) -> Self {
        Self { database, ..self }
    }

    /// Fails if the directory is no longer the one at its path: what is written to it then, nobody
    /// finds, and another node may have taken its place.
    pub(super) fn check_place(&self) -> Result<(), StorageError> {
        if self.lock.is_at(&self.path.join(LOCK)).map_err(|error| self.io(error))? {
            return Ok(());
        }
        Err(StorageError::Gone { directory: self.path.clone() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the name of every directory of the database durable. The library makes those of its
    /// tables without that, and a loss of power could leave files that nobody finds.
    pub(super) fn sync_names(&self) -> Result<(), StorageError> {
        sync_below(self.database()).map_err(|error| self.io(error))
    }

    pub(super) fn database(&self) -> &Path {
        &self.database
    }

    /// Finds out what is there, after checking that it is this network's and removing what a crash
    /// left of an unfinished creation.
    pub(super) fn inspect(&self, spec: &ChainSpec) -> Result<Found, StorageError> {
        let directory = || self.path.clone();
        let there = self.database().try_exists().map_err(|error| self.io(error))?;
        let Some(marker) = marker(&self.path)? else {
            if there {
                return Err(StorageError::MarkerMissing { directory: directory() });
            }
            return Ok(Found::Nothing);
        };
        if marker.format > FORMAT {
            let (found, known) = (marker.format, FORMAT);
            return Err(StorageError::NewerFormat { directory: directory(), found, known });
        }
        let theirs: ChainId = marker.chain.parse().map_err(|error| self.bad_marker(&error))?;
        if theirs != *spec.chain() {
            let ours = *spec.chain();
            return Err(StorageError::OtherChain { directory: directory(), theirs, ours });
        }
        match (marker.complete, there) {
            (true, true) => Ok(Found::Database { format: marker.format }),
            (true, false) => Err(StorageError::DatabaseMissing { directory: directory() }),
            (false, true) => {
                fs::remove_dir_all(self.database()).map_err(|error| self.io(error))?;
                Ok(Found::Nothing)
            }
            (false, false) => Ok(Found::Nothing),
        }
    }

    /// Writes durably whose the directory is.
    pub(super) fn mark(&self, spec: &ChainSpec, complete: bool) -> Result<(), StorageError> {
        let chain = spec.chain().to_string();
        let marker = Marker { kind: KIND.to_owned(), format: FORMAT, chain, complete };
        let mut text = serde_json::to_vec_pretty(&marker).map_err(|error| self.io(error.into()))?;
        text.push(b'\n');
        let written = files::write_atomically(&self.path.join(MARKER), &text, 0o644);
        written.map_err(|error| self.io(error))
    }

    fn bad_marker(&self, reason: &dyn ToString) -> StorageError {
        bad_marker(&self.path, reason)
    }

    fn io(&self, error: io::Error) -> StorageError {
        StorageError::io(&self.path, error)
    }
}

/// Looks for damage in the files of a node that does not run, without opening its database. True if
/// there is one that was complete once.
pub(super) fn look(directory: &Path) -> Result<bool, StorageError> {
    let database = directory.join(DATABASE);
    let there = database.try_exists().map_err(|error| StorageError::io(directory, error))?;
    let Some(marker) = marker(directory)?.filter(|_| there) else { return Ok(false) };
    check_tables(directory, &database)?;
    Ok(marker.complete)
}

/// Checks that the library can be let at the files.
pub(super) fn check_tables(directory: &Path, database: &Path) -> Result<(), StorageError> {
    let plausible = archive::plausible(database);
    if plausible.map_err(|error| StorageError::io(directory, error))? {
        return Ok(());
    }
    Err(StorageError::damaged(directory, "a list of its tables was altered"))
}

fn marker(directory: &Path) -> Result<Option<Marker>, StorageError> {
    let failed = |error| StorageError::io(directory, error);
    let file = match files::open(&directory.join(MARKER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let mut text = Vec::new();
    file.take(MARKER_BYTES_MAX).read_to_end(&mut text).map_err(failed)?;
    let marker: Marker =
        serde_json::from_slice(&text).map_err(|error| bad_marker(directory, &error))?;
    if marker.kind == KIND { Ok(Some(marker)) } else { Err(bad_marker(directory, &"another kind")) }
}

fn bad_marker(directory: &Path, reason: &dyn ToString) -> StorageError {
    StorageError::BadMarker { path: directory.join(MARKER), reason: reason.to_string() }
}

/// Syncs a directory and those in it.
fn sync_below(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_below(&entry.path())?;
        }
    }
    File::open(directory)?.sync_all()
}

/// Returns the words that this process writes into the lock file.
fn me() -> String {
    let words = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let line = format!("{} ({})", std::process::id(), without_invites(words));
    line.chars().filter(|one| !one.is_control()).take(512).collect()
}

fn holder(lock: File) -> String {
    let mut text = Vec::new();
    // Whoever holds it may be about to write its name; then it stays unknown.
    let _ = lock.take(HOLDER_BYTES_MAX).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    if text.trim().is_empty() { "unknown".to_owned() } else { text.trim().to_owned() }
}
