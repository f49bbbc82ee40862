//! State and indexes anew, from the blocks.

use std::sync::Arc;

use coinage_protocol::{Block, BlockHash, LedgerError, Network, Overlay, State, apply_transaction};

use super::database::Database;
use super::rows::{self, Progress, Rows, Table};
use super::snapshot::Snapshot;
use super::{Place, StorageError, Tell, write};

/// Rows to gather before they are written.
pub(super) const ROWS_AT_ONCE: usize = 20_000;

/// Removes state, transaction index and histories and makes them again by replaying the blocks of
/// the chain, telling each height and the head's. Until it is done, `rebuilding` is set, so that a
/// start after a crash begins it again.
pub(super) fn rebuild(
    database: &Arc<Database>,
    network: &Network,
    tell: Tell<'_>,
) -> Result<(), StorageError> {
    let stored = Snapshot::new(database.moment(), *network.chain());
    let progress = stored.progress()?;
    let mut rows = Rows::new();
    write::put_progress(&mut rows, Progress { rebuilding: true, ..progress });
    database.write(rows)?;
    wipe(database, &stored)?;

    let mut rows = Rows::new();
    write::put_genesis_state(&mut rows, network);
    let mut state = network.genesis_state().clone();
    let mut previous = network.genesis_hash();
    for height in 1..=progress.head.height {
        let (hash, block) = block(&stored, height, previous)?;
        state = replay(&mut rows, network, &state, &hash, &block)
            .map_err(|why| stored.moment().damaged(format!("block {height}: {why}")))?;
        previous = hash;
        tell(height, progress.head.height);
        if rows.len() >= ROWS_AT_ONCE {
            database.write(std::mem::take(&mut rows))?;
        }
    }
    if previous != progress.head.hash {
        return Err(stored.moment().damaged("its blocks do not lead to its head"));
    }
    write::put_progress(&mut rows, Progress { rebuilding: false, ..progress });
    database.write(rows)
}

fn wipe(database: &Database, stored: &Snapshot) -> Result<(), StorageError> {
    let derived = [
        Table::Transaction,
        Table::Balance,
        Table::Token,
        Table::Deposit,
        Table::History,
        Table::Holder,
    ];
    derived.into_iter().try_for_each(|table| wipe_table(database, stored, table))
}

/// Removes all rows of a table.
pub(super) fn wipe_table(
    database: &Database,
    stored: &Snapshot,
    table: Table,
) -> Result<(), StorageError> {
    let mut rows = Rows::new();
    for row in stored.moment().table(table) {
        rows.insert(row?.0.to_vec(), None);
        if rows.len() >= ROWS_AT_ONCE {
            database.write(std::mem::take(&mut rows))?;
        }
    }
    database.write(rows)
}

fn block(
    stored: &Snapshot,
    height: u64,
    previous: BlockHash,
) -> Result<(BlockHash, Block), StorageError> {
    let missing = || stored.moment().damaged(format!("block {height} is missing"));
    let hash = stored.canonical(height)?.ok_or_else(missing)?;
    let block = stored.block(&hash)?.ok_or_else(missing)?;
    let header = &block.header.header;
    if header.previous != previous || header.height != height {
        return Err(stored.moment().damaged(format!("block {height} follows another block")));
    }
    Ok((hash, block))
}

/// The state after a block, and its rows. The reason if it does not fit.
fn replay(
    rows: &mut Rows,
    network: &Network,
    state: &State,
    hash: &BlockHash,
    block: &Block,
) -> Result<State, String> {
    let height = block.header.header.height;
    let mut overlay = Overlay::new(state);
    for (position, one) in (0..).zip(block.transactions.iter()) {
        let refused = |error: LedgerError| error.to_string();
        apply_transaction(&mut overlay, network.rules(), &one.body).map_err(refused)?;
        let index =
            rows::index(&one.body.id(network.chain()), &one.body, Place { height, position });
        rows.extend(index.into_iter().map(|(key, value)| (key, Some(value))));
    }
    let changes = overlay.into_changes();
    let next = state.with(&changes);
    if next.root() != block.header.header.state_root {
        return Err("its transactions do not lead to its state root".to_owned());
    }
    write::put_changes(rows, hash, &changes);
    Ok(next)
}
