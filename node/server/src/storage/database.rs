//! Access to the database beneath: opened with small buffers, read at one moment, written whole.

use std::cell::Cell;
use std::ops::RangeBounds;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Once};

use coinage_protocol::decode;
use fjall::config::PartitioningPolicy;
use fjall::{
    Database as Fjall, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode, Readable,
};
use serde::de::DeserializeOwned;

use super::StorageError;
use super::directory::{Directory, check_tables};
use super::journal::{Cut, Journals};
use super::rows::{Rows, Table, key};

/// Bytes of blocks of the database kept in memory.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes of the newest rows kept in memory until they are flushed.
const MEMTABLE_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of journals at most; the library takes no less.
const JOURNAL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Number of open files at most.
const FILES_MAX: usize = 64;
/// Bytes from which on a value is kept beside the tree, so that compaction does not copy it.
const BESIDE_TREE_BYTES: u32 = 4 * 1024;
const NAME: &str = "rows";

/// The open database.
pub(super) struct Database {
    /// Bytes that opening it has cut off its journals.
    cut: Cut,
    fjall: Fjall,
    rows: Keyspace,
    // Closed last: the lock must outlive the database.
    directory: Directory,
}

/// The database at one moment.
pub(super) struct ReadView {
    snapshot: fjall::Snapshot,
    /// The open database, whose directory stays locked for as long as anybody reads.
    database: Arc<Database>,
}

impl Database {
    /// Opens the database, or makes it.
    pub(super) fn open(directory: Directory) -> Result<Self, StorageError> {
        let path = directory.database();
        let there = path.try_exists();
        let mut journals = Journals::default();
        if there.map_err(|error| StorageError::io(directory.path(), error))? {
            check_tables(directory.path(), path)?;
            let read = Journals::below(path);
            journals = read.map_err(|error| StorageError::io(directory.path(), error))?;
        }
        // The library panics on some kinds of damage, for example an unknown compaction strategy.
        let opened = unless_it_panics(|| {
            let builder = Fjall::builder(path)
                .cache_size(CACHE_BYTES)
                .max_cached_files(Some(FILES_MAX))
                .max_journaling_size(JOURNAL_BYTES_MAX)
                .worker_threads(1);
            let fjall = builder.open()?;
            let rows = fjall.keyspace(NAME, options)?;
            Ok((fjall, rows))
        });
        match opened {
            Ok(Ok((fjall, rows))) => {
                let cut = journals.cut();
                directory.sync_names()?;
                Ok(Self { cut, fjall, rows, directory })
            }
            Ok(Err(error)) => Err(StorageError::database(directory.path(), &error)),
            Err(said) => {
                let what = format!("it cannot be opened ({said})");
                Err(StorageError::unclear(directory.path(), what))
            }
        }
    }

    /// Returns what opening it has cut off its journals.
    pub(super) fn cut(&self) -> Cut {
        self.cut
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Returns a view of what is there now.
    pub(super) fn moment(self: &Arc<Self>) -> ReadView {
        ReadView { snapshot: self.fjall.snapshot(), database: Arc::clone(self) }
    }

    /// Writes all rows or none, durably.
    pub(super) fn write(&self, rows: Rows) -> Result<(), StorageError> {
        let mut batch = self.fjall.batch().durability(Some(PersistMode::SyncAll));
        for (key, value) in rows {
            match value {
                Some(value) => batch.insert(&self.rows, key, value),
                None => batch.remove(&self.rows, key),
            }
        }
        batch.commit().map_err(|error| StorageError::database(self.directory.path(), &error))
    }

    /// Returns the number of bytes that the database's files take.
    pub(super) fn bytes_on_disk(&self) -> Result<u64, StorageError> {
        let failed = |error| StorageError::database(self.directory.path(), &error);
        self.fjall.disk_space().map_err(failed)
    }

    /// Moves the newest rows from memory and journal into a table.
    #[cfg(test)]
    pub(super) fn flush(&self) {
        self.rows.rotate_memtable_and_wait().expect("flushed");
    }
}

impl ReadView {
    /// Returns the bytes at a key.
    pub(super) fn bytes(&self, key: &[u8]) -> Result<Option<fjall::UserValue>, StorageError> {
        self.snapshot.get(&self.database.rows, key).map_err(|error| self.failed(&error))
    }

    /// Returns the value at a key.
    pub(super) fn value<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StorageError> {
        self.bytes(key)?.map(|bytes| self.decode(key, &bytes)).transpose()
    }

    /// Decodes the bytes at a key.
    pub(super) fn decode<T: DeserializeOwned>(
        &self,
        key: &[u8],
        bytes: &[u8],
    ) -> Result<T, StorageError> {
        decode(bytes, bytes.len()).map_err(|_| self.unreadable(key))
    }

    /// Returns the rows in a range of keys, in order.
    pub(super) fn range(
        &self,
        range: impl RangeBounds<Vec<u8>>,
    ) -> impl DoubleEndedIterator<Item = Result<(fjall::UserKey, fjall::UserValue), StorageError>>
    {
        let rows = self.snapshot.range(&self.database.rows, range);
        rows.map(|guard| guard.into_inner().map_err(|error| self.failed(&error)))
    }

    /// Returns the rows of a table.
    pub(super) fn table(
        &self,
        table: Table,
    ) -> impl DoubleEndedIterator<Item = Result<(fjall::UserKey, fjall::UserValue), StorageError>>
    {
        self.range(key(table, &[])..vec![(table as u8).saturating_add(1)])
    }

    /// Error of a row that makes no sense.
    pub(super) fn unreadable(&self, key: &[u8]) -> StorageError {
        self.damaged(format!("the row {} makes no sense", hex::encode(key)))
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> StorageError {
        StorageError::damaged(self.database.directory.path(), what)
    }

    fn failed(&self, error: &fjall::Error) -> StorageError {
        StorageError::database(self.database.directory.path(), error)
    }
}

fn options() -> KeyspaceCreateOptions {
    let beside = KvSeparationOptions::default().separation_threshold(BESIDE_TREE_BYTES);
    // A filter is as large as its table's keys are many: a lookup reads the part that it needs, or
    // the cache would hold hardly one of them.
    KeyspaceCreateOptions::default()
        .filter_block_partitioning_policy(PartitioningPolicy::all(true))
        .max_memtable_size(MEMTABLE_BYTES)
        .with_kv_separation(Some(beside))
}

/// Tries what may panic, which becomes an error with the words of the panic. They are not written
/// to standard error besides, where they would look like a fault of this program.
fn unless_it_panics<T>(attempt: impl FnOnce() -> T) -> Result<T, String> {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !ATTEMPTING.get() {
                usual(panic);
            }
        }));
    });
    ATTEMPTING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(attempt));
    ATTEMPTING.set(false);
    outcome.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "the library says nothing".to_owned());
        text.lines().next().unwrap_or_default().to_owned()
    })
}

thread_local! {
    /// True while this thread does what may panic.
    static ATTEMPTING: Cell<bool> = const { Cell::new(false) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_library_is_an_error_with_its_words() {
        assert_eq!(unless_it_panics(|| 7), Ok(7));
        let said = unless_it_panics(|| panic!("strategy {} is unknown\nmore", 9));
        assert_eq!(said, Err::<(), _>("strategy 9 is unknown".to_owned()));
        assert!(!ATTEMPTING.get());
    }
}
