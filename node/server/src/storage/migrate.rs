//! Directories of an older format, made into one of the newest.

use std::sync::Arc;

use coinage_protocol::{ChainSpec, Entry, Key};

use super::StorageError;
use super::database::Database;
use super::directory::FORMAT;
use super::rebuild::{ROWS_AT_ONCE, wipe_table};
use super::rows::{self, Rows, Table};
use super::snapshot::Snapshot;
use super::write;

/// Format from which on a directory knows who holds a token.
const HOLDERS_SINCE: u32 = 2;

/// Brings a directory of an older format up to date. Format 3 has certificates in headers, and the
/// final block once there is one: an older program could not read them. Only the last write says
/// the newest format: after a crash, or after the older program ran in between, it is all done
/// again.
pub(super) fn upgrade(
    database: &Arc<Database>,
    spec: &ChainSpec,
    from: u32,
) -> Result<(), StorageError> {
    tracing::info!(from, to = FORMAT, "storage.upgrading");
    let mut rows = Rows::new();
    if from < HOLDERS_SINCE {
        index_holders(database, spec, &mut rows)?;
    }
    write::put_identity(&mut rows, spec);
    database.write(rows)
}

/// Writes down who holds a token; the last rows are left to be written.
fn index_holders(
    database: &Arc<Database>,
    spec: &ChainSpec,
    rows: &mut Rows,
) -> Result<(), StorageError> {
    let stored = Snapshot::new(database.moment(), *spec.chain());
    wipe_table(database, &stored, Table::Holder)?;
    for row in stored.moment().table(Table::Balance) {
        if let (Key::Balance(address, token), Entry::Balance(amount)) = stored.parse_entry(&row?)? {
            rows.insert(rows::holder(token, amount, &address), Some(Vec::new()));
        }
        if rows.len() >= ROWS_AT_ONCE {
            database.write(std::mem::take(rows))?;
        }
    }
    Ok(())
}
