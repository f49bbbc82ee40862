//! Access to the database beneath: opened with small buffers, read at one moment, written whole.

use std::ops::RangeBounds;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use coinage_protocol::decode;
use fjall::config::PartitioningPolicy;
use fjall::{
    Database as Fjall, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode, Readable,
};
use serde::de::DeserializeOwned;

use super::StorageError;
use super::directory::{Directory, check_tables};
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
        if there.map_err(|error| StorageError::io(directory.path(), error))? {
            check_tables(directory.path())?;
        }
        // The library panics on some kinds of damage, for example an unknown compaction strategy.
        let opened = unless_it_panics(|| {
            let builder = Fjall::builder(&path)
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
                directory.sync_names()?;
                Ok(Self { fjall, rows, directory })
            }
            Ok(Err(error)) => Err(StorageError::database(directory.path(), &error)),
            Err(_) => Err(StorageError::unclear(directory.path(), "it cannot be opened")),
        }
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

/// Tries what may panic, which becomes an error.
fn unless_it_panics<T>(attempt: impl FnOnce() -> T) -> std::thread::Result<T> {
    catch_unwind(AssertUnwindSafe(attempt))
}
