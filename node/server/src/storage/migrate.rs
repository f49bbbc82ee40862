//! Directories of an older format, made into one of the newest.

use std::sync::Arc;

use coinage_protocol::{ChainSpec, Entry, Key};

use super::StorageError;
use super::database::Database;
use super::rebuild::{ROWS_AT_ONCE, wipe_table};
use super::rows::{self, Rows, Table};
use super::snapshot::Snapshot;
use super::write;

/// Brings a directory of format 1, which did not know who holds a token, up to date. Only the last
/// write says format 2: after a crash, or after the older program ran in between, it is all done
/// again.
pub(super) fn index_holders(
    database: &Arc<Database>,
    spec: &ChainSpec,
) -> Result<(), StorageError> {
    tracing::info!(from = 1, to = 2, "storage.upgrading");
    let stored = Snapshot::new(database.moment(), *spec.chain());
    wipe_table(database, &stored, Table::Holder)?;
    let mut rows = Rows::new();
    for row in stored.moment().table(Table::Balance) {
        if let (Key::Balance(address, token), Entry::Balance(amount)) = stored.parse_entry(&row?)? {
            rows.insert(rows::holder(token, amount, &address), Some(Vec::new()));
        }
        if rows.len() >= ROWS_AT_ONCE {
            database.write(std::mem::take(&mut rows))?;
        }
    }
    write::put_identity(&mut rows, spec);
    database.write(rows)
}
