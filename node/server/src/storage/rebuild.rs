//! Rebuilds state and indexes from the blocks.

use std::sync::Arc;

use coinage_protocol::{
    Block, BlockHash, ChainSpec, ExecutionError, Height, State, TransactionId, apply_block,
};

use super::database::Database;
use super::recent::Recent;
use super::rows::{self, Progress, Rows, Table};
use super::snapshot::Snapshot;
use super::{Place, StorageError, Tell, write};

/// Number of rows to gather before they are written.
pub(super) const ROWS_AT_ONCE: usize = 20_000;

/// Removes state, transaction index and histories and makes them again by replaying the blocks of
/// the chain, telling each height and the head's. Until it is done, `rebuilding` is set, so that a
/// start after a crash begins it again.
pub(super) fn rebuild(
    database: &Arc<Database>,
    spec: &ChainSpec,
    tell: Tell<'_>,
) -> Result<(), StorageError> {
    let stored = Snapshot::new(database.moment(), *spec.chain());
    let progress = stored.progress()?;
    let mut rows = Rows::new();
    write::put_progress(&mut rows, Progress { rebuilding: true, ..progress });
    database.write(rows)?;
    wipe(database, &stored)?;

    let mut rows = Rows::new();
    write::put_genesis_state(&mut rows, spec);
    let mut state = spec.genesis_state().clone();
    let mut recent = Recent::default();
    let mut previous = spec.genesis_hash();
    for height in 1..=progress.head.height.get() {
        let (hash, block) = block(&stored, Height::new(height), previous)?;
        state = replay(&mut rows, spec, (&state, &mut recent), &hash, &block)
            .map_err(|why| stored.moment().damaged(format!("block {height}: {why}")))?;
        previous = hash;
        tell(height, progress.head.height.get());
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
    let indexes = [Table::Transaction, Table::History, Table::Holder];
    let mut derived = indexes.into_iter().chain(Table::STATE);
    derived.try_for_each(|table| wipe_table(database, stored, table))
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
    height: Height,
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

/// Returns the state after a block, and its rows. The reason if it does not fit.
fn replay(
    rows: &mut Rows,
    spec: &ChainSpec,
    (before, recent): (&State, &mut Recent),
    hash: &BlockHash,
    block: &Block,
) -> Result<State, ExecutionError> {
    let header = &block.header.header;
    let named = block.transactions.iter().map(|one| (one.body.id(spec.chain()), &one.body));
    let named: Vec<_> = named.collect();
    let context = spec.block_context(header.height, header.slot);
    let taken = |id: &TransactionId| recent.contains(id);
    let bodies = named.iter().copied();
    let (after, changes) = apply_block(before, context, bodies, header.state_root, taken)?;
    for (position, (id, body)) in (0..).zip(&named) {
        let index = rows::index(id, body, Place { height: header.height, position });
        rows.extend(index.into_iter().map(|(key, value)| (key, Some(value))));
    }
    recent.extend(context.time, named);
    write::put_changes(rows, hash, &changes);
    Ok(after)
}
