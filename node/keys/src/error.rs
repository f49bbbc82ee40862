//! Reasons why a key file cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use coinage_protocol::{ChainId, Slot};

/// The reason why a key file, or the memory beside it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The new file would replace a key.
    #[error("{} is there already: choose another name, or move it away", path.display())]
    Exists {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file does not exist.
    #[error("there is no file {}", path.display())]
    Missing {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file can be read by others than its owner.
    #[error(
        "{} can be read by others (mode {mode:03o}): run `chmod 600` on it, or use a new key if \
         others may have read it",
        path.display()
    )]
    OpenToOthers {
        /// Path of the file.
        path: PathBuf,
        /// Permissions of the file, as in `chmod`.
        mode: u32,
    },
    /// The file is not a key file of the kind expected.
    #[error("{} is not the file it should be: {reason}", path.display())]
    Format {
        /// Path of the file.
        path: PathBuf,
        /// Description of what is wrong with the file.
        reason: String,
    },
    /// The memory beside an authority's key is missing.
    #[error(
        "{} is missing: without it this key might sign twice for one slot. Put the file back; if \
         it is lost, make sure that no other node uses the key and run `coinage node \
         reset-signing-memory KEYFILE --genesis FILE`",
        path.display()
    )]
    MemoryMissing {
        /// Path of the memory's file.
        path: PathBuf,
    },
    /// The memory beside an authority's key says nothing.
    #[error(
        "{} is damaged. Restore it; if that is impossible, make sure that no other node uses the \
         key and run `coinage node reset-signing-memory KEYFILE --genesis FILE`",
        path.display()
    )]
    MemoryDamaged {
        /// Path of the memory's file.
        path: PathBuf,
    },
    /// The key has signed on another network.
    #[error(
        "{} belongs to chain {theirs}, this node is of chain {ours}: use one key per network",
        path.display()
    )]
    OtherChain {
        /// Path of the memory's file.
        path: PathBuf,
        /// The chain the key signs on.
        theirs: ChainId,
        /// The chain of this node.
        ours: ChainId,
    },
    /// The key is in use by another process.
    #[error("{} is in use by another process: stop it first", path.display())]
    InUse {
        /// Path of the memory's file.
        path: PathBuf,
    },
    /// The memory was deleted or replaced while it was in use.
    #[error(
        "{} is no longer the file that this process took: it was deleted, moved or replaced. Put \
         it back as it was when the process ended, never an older copy",
        path.display()
    )]
    Replaced {
        /// Path of the memory's file.
        path: PathBuf,
    },
    /// The key has signed for this slot, or must not sign at all.
    #[error("this key has signed for slot {slot}, or has stopped")]
    AlreadySigned {
        /// The slot to sign for.
        slot: Slot,
    },
    /// The key has voted or committed for later slots, or must not sign at all.
    #[error("this key has voted for slot {slot} or a later one, or has stopped")]
    AlreadyVoted {
        /// The slot to vote for.
        slot: Slot,
    },
    /// The operating system refuses.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
}

impl KeyFileError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::Io { path, source },
        }
    }

    /// Error of a file that could not be made: what is not there is its directory then.
    pub(super) fn unmade(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::Io { path, source },
        }
    }

    pub(super) fn format(path: &Path, reason: impl ToString) -> Self {
        Self::Format { path: path.to_owned(), reason: reason.to_string() }
    }
}
