//! Reasons why the disk cannot be used.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use coinage_protocol::{BlockHash, ChainId};

use super::directory::DATABASE;

/// Free bytes below which a write that failed without a reason failed for lack of room.
const FREE_BYTES_MIN: u64 = 4 * 1024 * 1024;

/// Free bytes below which a disk counts as nearly full: some days of full blocks on a small
/// network, and what the database needs to tidy up.
pub const FREE_BYTES_LOW: u64 = 256 * 1024 * 1024;

/// Reason why the disk cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The directory belongs to a node of another network.
    #[error(
        "{} holds the chain {theirs}, this node is of chain {ours}: give it another directory, or \
         the genesis file of that chain",
        directory.display()
    )]
    OtherChain {
        /// The data directory.
        directory: PathBuf,
        /// Chain that the directory holds.
        theirs: ChainId,
        /// The chain of this node.
        ours: ChainId,
    },
    /// The directory is open in another process.
    #[error("{} is in use by process {holder}: stop it first", directory.display())]
    InUse {
        /// The data directory.
        directory: PathBuf,
        /// The process id and command line of the holder, as it wrote them itself.
        holder: String,
    },
    /// A later version of the program wrote the directory.
    #[error(
        "{} is of format {found}, this program knows format {known}: use a newer version of it",
        directory.display()
    )]
    NewerFormat {
        /// The data directory.
        directory: PathBuf,
        /// Format of the directory.
        found: u32,
        /// The newest format that this program knows.
        known: u32,
    },
    /// The marker says that there is a database, but there is none, or an empty one.
    #[error(
        "the database in {} has gone, though the directory was in use before: put it back, or \
         delete {} to begin anew with what the peers have",
        directory.display(),
        directory.join(super::directory::MARKER).display()
    )]
    DatabaseMissing {
        /// The data directory.
        directory: PathBuf,
    },
    /// There is a database, but not the marker that belongs to it.
    #[error(
        "{} holds a database but not its {}: put the file back, or delete {} to begin anew with \
         what the peers have",
        directory.display(),
        super::directory::MARKER,
        directory.join(super::directory::DATABASE).display()
    )]
    MarkerMissing {
        /// The data directory.
        directory: PathBuf,
    },
    /// The marker cannot be understood.
    #[error("{} is not a marker of a data directory: {reason}", path.display())]
    BadMarker {
        /// The marker file.
        path: PathBuf,
        /// Description of what is wrong with the marker.
        reason: String,
    },
    /// The stored rows do not fit together, or cannot be read.
    #[error(
        "the database in {0} is damaged: {what}; restore a copy, or delete {0}/chain and \
         {0}/coinage.json to begin anew with what the peers have",
        directory.display()
    )]
    Damaged {
        /// The data directory.
        directory: PathBuf,
        /// Description of what was found.
        what: String,
    },
    /// The directory was deleted, moved or replaced while it was in use.
    #[error(
        "{} was deleted, moved or replaced while the node ran, so what it writes is lost: put the \
         directory back, or start again to begin anew with what the peers have",
        directory.display()
    )]
    Gone {
        /// The data directory.
        directory: PathBuf,
    },
    /// No space is left.
    #[error("no space is left on the disk of {}: make room and start again", directory.display())]
    Full {
        /// The data directory.
        directory: PathBuf,
    },
    /// The directory may not be written to.
    #[error("{} cannot be written to: {source}", directory.display())]
    NotWritable {
        /// The data directory.
        directory: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// There is no room for what is copied to look at a database.
    #[error(
        "what {} holds could not be looked at: {source}; TMPDIR names a directory with room",
        directory.display()
    )]
    NoTrial {
        /// The data directory.
        directory: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The operating system answered in any other way.
    #[error("{} cannot be used: {source}", directory.display())]
    Io {
        /// The data directory.
        directory: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A write failed before; what is on disk is known again only after a restart.
    #[error("an earlier write to {} failed: start again", directory.display())]
    FailedBefore {
        /// The data directory.
        directory: PathBuf,
    },
    /// The batch does not continue the stored chain.
    #[error("a batch continues block {batch}, but the stored head is {head}")]
    OutOfOrder {
        /// The block that the batch continues or reverts.
        batch: BlockHash,
        /// The block that stands at its place.
        head: BlockHash,
    },
}

impl StorageError {
    pub(super) fn damaged(directory: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { directory: directory.to_owned(), what: what.into() }
    }

    /// Returns what an answer of the operating system means for the directory.
    pub(super) fn io(directory: &Path, source: io::Error) -> Self {
        use io::ErrorKind as Kind;
        let directory = directory.to_owned();
        match source.kind() {
            Kind::StorageFull | Kind::QuotaExceeded => Self::Full { directory },
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => {
                Self::NotWritable { directory, source }
            }
            _ => Self::Io { directory, source },
        }
    }

    /// Error of what cannot be read or written for a reason that the database does not tell: on a
    /// full disk it is the disk, otherwise damage.
    pub(super) fn unclear(directory: &Path, what: impl Into<String>) -> Self {
        if is_full(directory) {
            return Self::Full { directory: directory.to_owned() };
        }
        Self::damaged(directory, what)
    }

    /// Returns what a failure of the database means for the directory.
    pub(super) fn database(directory: &Path, error: &fjall::Error) -> Self {
        match error {
            // Whoever wrote first got the reason, and it may have been a thread of the library.
            fjall::Error::Poisoned if is_full(directory) => {
                Self::Full { directory: directory.to_owned() }
            }
            fjall::Error::Poisoned => Self::FailedBefore { directory: directory.to_owned() },
            fjall::Error::Locked => Self::InUse {
                directory: directory.to_owned(),
                holder: format!("unknown, which holds {DATABASE} open"),
            },
            _ => match io_cause(error) {
                Some(cause) => Self::io(directory, cause),
                None => Self::unclear(directory, described(error)),
            },
        }
    }
}

/// Describes what the library found wrong: in plain words, and then as it says so itself.
fn described(error: &fjall::Error) -> String {
    let words = match (error, io_error(error).map(io::Error::kind)) {
        (_, Some(io::ErrorKind::NotFound)) => "one of its files is missing",
        (_, Some(io::ErrorKind::UnexpectedEof)) => "one of its files is cut short",
        (fjall::Error::JournalRecovery(_), _) => "its journal is not what was written",
        (fjall::Error::Storage(_), _) => "one of its tables is not what was written",
        (fjall::Error::InvalidVersion(_), _) => "its file `version` is not what was written",
        _ => "something in it is not what was written",
    };
    format!("{words} ({error})")
}

/// True if the disk has no room for as much as a block.
fn is_full(directory: &Path) -> bool {
    free_bytes(directory).is_some_and(|free| free < FREE_BYTES_MIN)
}

/// Returns the number of bytes that are free on the disk of a directory, if the system tells.
pub fn free_bytes(directory: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(directory).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Returns the answer of the operating system behind a failure, unless it only says that the bytes
/// are wrong.
fn io_cause(error: &fjall::Error) -> Option<io::Error> {
    use io::ErrorKind as Kind;
    let io = io_error(error)?;
    let wrong_bytes = matches!(
        io.kind(),
        Kind::UnexpectedEof | Kind::InvalidData | Kind::InvalidInput | Kind::NotFound | Kind::Other
    );
    (!wrong_bytes).then(|| io::Error::new(io.kind(), io.to_string()))
}

/// Returns the error of the operating system within a failure, if there is one.
fn io_error(error: &fjall::Error) -> Option<&io::Error> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return Some(io);
        }
        next = cause.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_or_read_only_disk_is_called_by_its_name() {
        let directory = Path::new("data");
        let answer =
            |kind| StorageError::database(directory, &fjall::Error::Io(io::Error::from(kind)));
        assert!(matches!(answer(io::ErrorKind::StorageFull), StorageError::Full { .. }));
        let read_only = answer(io::ErrorKind::ReadOnlyFilesystem);
        assert!(matches!(read_only, StorageError::NotWritable { .. }));
        assert!(matches!(answer(io::ErrorKind::UnexpectedEof), StorageError::Damaged { .. }));
        let damaged = answer(io::ErrorKind::NotFound).to_string();
        let (words, library) = (damaged.find("missing"), damaged.find("Fjall"));
        assert!(damaged.contains("one of its files is missing"), "{damaged}");
        assert!(words < library, "our words come first: {damaged}");
        let poisoned = StorageError::database(directory, &fjall::Error::Poisoned);
        assert!(matches!(poisoned, StorageError::FailedBefore { .. }));
    }
}
