//! Storage of the chain on disk.
//!
//! Blocks are the truth; state, transaction index and histories can be rebuilt from them. Every
//! write is one atomic durable change, so a start after any crash finds the result of a whole
//! number of writes.

mod archive;
mod database;
mod directory;
mod error;
mod evidence;
mod journal;
mod migrate;
mod past;
mod rebuild;
pub(crate) mod recent;
mod rows;
mod snapshot;
pub(crate) mod tally;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod trial;
mod write;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use coinage_protocol::engine::{Batch, ChainReader, Finalized};
use coinage_protocol::{
    Block, BlockHash, Certificate, ChainId, ChainSpec, Changes, Entry, Height, Key, SignedHeader,
    Slot, TransactionId,
};

use self::database::Database;
use self::directory::{Directory, FORMAT, FORMAT_OLDEST, Found};
pub use self::error::{FREE_BYTES_LOW, StorageError, free_bytes};
pub use self::journal::Cut;
pub use self::past::Past;
use self::rows::Identity;
pub use self::snapshot::Snapshot;
pub use self::trial::Trial;

/// Number of heights below the head that a start checks to be all there: more than any journal
/// holds.
const CHECKED_AT_START: u64 = 10_000;

/// The chain on disk. Cheap to clone; one process per directory.
#[derive(Clone)]
pub struct Storage(Arc<Inner>);

struct Inner {
    database: Arc<Database>,
    chain: ChainId,
    /// Lock that is held while a write reads how far the chain has got and goes on from there.
    writing: Mutex<()>,
    /// Reason why a read of [`ChainReader`] failed, the first time that one did.
    failure: OnceLock<String>,
}

/// Place of a transaction in the history of an account; newest first is by descending order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// Height of the block.
    pub height: Height,
    /// Position of the transaction in the block, from 0.
    pub position: u32,
}

impl Place {
    const FIRST: Self = Self { height: Height::new(0), position: 0 };
    const LAST: Self = Self { height: Height::MAX, position: u32::MAX };
}

/// Callback that hears how many blocks of how many are done.
pub type Tell<'a> = &'a mut dyn FnMut(u64, u64);

impl Storage {
    /// Looks for damage in the files of a node that does not run, and changes nothing: what only
    /// opening them can show remains.
    ///
    /// # Errors
    ///
    /// What is damaged, or what the operating system says.
    pub fn look(directory: &Path) -> Result<(), StorageError> {
        directory::look(directory).map(drop)
    }

    /// Opens a copy of the database of a node that does not run, in the directory for temporary
    /// files, and reads what a start reads; none if there is no database yet. Holds the lock of
    /// the directory meanwhile, and changes nothing else in it.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open): what a start would say.
    pub fn trial(directory: &Path, spec: &ChainSpec) -> Result<Option<Trial>, StorageError> {
        trial::open(directory, spec)
    }

    /// Opens, or creates, the directory of a node of this network. Finishes a rebuild that a crash
    /// cut short, and brings a directory of an older format up to date.
    ///
    /// # Errors
    ///
    /// [`StorageError`] if it is another network's, in use, damaged or not to be written to.
    pub fn open(directory: &Path, spec: &ChainSpec) -> Result<Self, StorageError> {
        Self::open_telling(directory, spec, &mut |_, _| {})
    }

    /// Opens like [`open`](Self::open), telling how far a rebuild is.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_telling(
        directory: &Path,
        spec: &ChainSpec,
        tell: Tell<'_>,
    ) -> Result<Self, StorageError> {
        let directory = Directory::take(directory)?;
        let found = directory.inspect(spec)?;
        let database = match found {
            Found::Database { .. } => {
                // Without its version file, the database would be made anew without a word.
                if !directory.database().join("version").is_file() {
                    let directory = directory.path().to_owned();
                    return Err(StorageError::DatabaseMissing { directory });
                }
                Database::open(directory)?
            }
            Found::Nothing => create(directory, spec)?,
        };
        let database = Arc::new(database);
        let snapshot = Snapshot::new(database.moment(), *spec.chain());
        let format = check_identity(&database, &snapshot, spec)?;
        let unfinished = snapshot.progress()?.rebuilding;
        check_chain(&snapshot)?;
        drop(snapshot);
        if format < FORMAT {
            migrate::upgrade(&database, spec, format)?;
        }
        if matches!(found, Found::Database { format } if format < FORMAT) {
            database.directory().mark(spec, true)?;
        }
        if unfinished {
            rebuild::rebuild(&database, spec, tell)?;
        }
        let (writing, failure) = (Mutex::default(), OnceLock::new());
        Ok(Self(Arc::new(Inner { database, chain: *spec.chain(), writing, failure })))
    }

    /// Writes these batches, in this order, as one atomic durable change.
    ///
    /// # Errors
    ///
    /// [`StorageError`] if it may not be on disk; the process must end then.
    pub fn write(&self, batches: &[Batch]) -> Result<(), StorageError> {
        self.check_place()?;
        let _writing = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = self.snapshot().progress()?;
        let (rows, _) = write::batches(batches, progress)?;
        self.0.database.write(rows)
    }

    /// Returns every entry of the state after the stored head.
    ///
    /// # Errors
    ///
    /// [`StorageError`] if it cannot be read.
    pub fn entries(&self) -> Result<Vec<(Key, Entry)>, StorageError> {
        self.snapshot().entries()
    }

    /// Returns a view of one moment.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.0.database.moment(), self.0.chain)
    }

    /// Returns the number of bytes that the database's files take.
    ///
    /// # Errors
    ///
    /// [`StorageError`] if the database cannot tell.
    pub fn bytes_on_disk(&self) -> Result<u64, StorageError> {
        self.0.database.bytes_on_disk()
    }

    /// Returns the number of bytes that are free on the disk, if the system tells.
    pub fn free_bytes(&self) -> Option<u64> {
        free_bytes(self.0.database.directory().path())
    }

    /// Makes state, transaction index and histories anew from the stored blocks. Nobody else may
    /// use the storage meanwhile; after a crash the next [`open`](Self::open) does it again.
    ///
    /// # Errors
    ///
    /// [`StorageError::Damaged`] if the blocks themselves do not fit together.
    pub fn rebuild(&self, spec: &ChainSpec, tell: Tell<'_>) -> Result<(), StorageError> {
        let _writing = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        rebuild::rebuild(&self.0.database, spec, tell)
    }

    /// Returns what opening it has cut off its journals.
    pub fn cut(&self) -> Cut {
        self.0.database.cut()
    }

    /// Checks that the directory is still the one at its path.
    ///
    /// # Errors
    ///
    /// [`StorageError::Gone`] if it was deleted, moved or replaced: the process must end then.
    pub fn check_place(&self) -> Result<(), StorageError> {
        self.0.database.directory().check_place()
    }

    /// Returns why a read of the [`ChainReader`] failed, if one did: the process must end then,
    /// because the engine took what it could not read as unknown.
    pub fn failure(&self) -> Option<String> {
        self.0.failure.get().cloned()
    }

    fn noted<T>(&self, read: Result<Option<T>, StorageError>) -> Option<T> {
        read.unwrap_or_else(|error| {
            // The first failure says most.
            let _ = self.0.failure.set(error.to_string());
            None
        })
    }
}

impl ChainReader for Storage {
    fn block(&self, hash: &BlockHash) -> Option<Block> {
        self.noted(self.snapshot().block(hash))
    }

    fn header(&self, hash: &BlockHash) -> Option<SignedHeader> {
        self.noted(self.snapshot().header(hash))
    }

    fn changes(&self, hash: &BlockHash) -> Option<Changes> {
        self.noted(self.snapshot().changes(hash))
    }

    fn canonical(&self, height: Height) -> Option<BlockHash> {
        self.noted(self.snapshot().canonical(height))
    }

    fn authority_changes(&self) -> Vec<Height> {
        self.noted(self.snapshot().authority_changes().map(Some)).unwrap_or_default()
    }

    fn included(&self, id: &TransactionId) -> Option<Height> {
        self.noted(self.snapshot().transaction(id)).map(|place| place.height)
    }

    fn votes(&self, slot: Slot) -> Option<Certificate> {
        self.noted(self.snapshot().votes(slot))
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.database.directory().path();
        formatter.debug_struct("Storage").field("directory", &path).finish_non_exhaustive()
    }
}

fn create(directory: Directory, spec: &ChainSpec) -> Result<Database, StorageError> {
    directory.mark(spec, false)?;
    let database = Database::open(directory)?;
    database.write(write::genesis(spec))?;
    database.directory().mark(spec, true)?;
    Ok(database)
}

/// Checks that the database is this network's, and returns its format.
fn check_identity(
    database: &Database,
    stored: &Snapshot,
    spec: &ChainSpec,
) -> Result<u32, StorageError> {
    let directory = || database.directory().path().to_owned();
    let key = rows::identity();
    let Some(bytes) = stored.moment().bytes(&key)? else {
        return Err(StorageError::DatabaseMissing { directory: directory() });
    };
    let format = bytes.first_chunk().copied().map(u32::from_le_bytes);
    if let Some(found) = format.filter(|found| *found > FORMAT) {
        return Err(StorageError::NewerFormat { directory: directory(), found, known: FORMAT });
    }
    let Identity { chain: theirs, genesis, format } = stored.moment().decode(&key, &bytes)?;
    let ours = *spec.chain();
    if theirs != ours {
        return Err(StorageError::OtherChain { directory: directory(), theirs, ours });
    }
    if genesis != spec.genesis_hash() || format < FORMAT_OLDEST {
        return Err(stored.moment().unreadable(&key));
    }
    Ok(format)
}

/// Checks that nothing is missing up to the head, and nothing lies beyond it. Lost or altered
/// journals are noticed here, even where the state happens to fit.
fn check_chain(stored: &Snapshot) -> Result<(), StorageError> {
    let head = stored.head()?;
    let linked = stored.canonical(head.height)? == Some(head.hash);
    let Some(block) = stored.block(&head.hash)?.filter(|_| linked) else {
        return Err(stored.moment().damaged("its head block is missing"));
    };
    let header = block.header.header;
    if (header.height, header.slot) != (head.height, head.slot) {
        return Err(stored.moment().damaged("its head is another than the head block"));
    }
    if let Some(Finalized { tip, .. }) = stored.finalized()?
        && (tip.height > head.height || stored.canonical(tip.height)? != Some(tip.hash))
    {
        return Err(stored.moment().damaged("its final block is not on its chain"));
    }
    let first = head.height.saturating_sub(CHECKED_AT_START);
    let mut expected = first;
    for row in stored.moment().range(rows::canonical(first)..=rows::canonical(Height::MAX)) {
        let (key, _) = row?;
        if expected > head.height || *key != *rows::canonical(expected) {
            return Err(stored
                .moment()
                .damaged(format!("the block at height {expected} is missing")));
        }
        expected = expected.saturating_add(1);
    }
    Ok(())
}
