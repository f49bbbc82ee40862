//! Rows that batches come to.

use coinage_protocol::engine::{Batch, LinkedBlock};
use coinage_protocol::limits::REORGS_KEPT;
use coinage_protocol::{
    BlockHash, ChainSpec, Changes, Height, SignedHeader, Slot, Tip, Transaction, encode,
};

use super::directory::FORMAT;
use super::rows::{self, Identity, Progress, Rows, Table};
use super::{Place, StorageError};

/// Returns the rows of a chain that has only its genesis.
pub(super) fn genesis(spec: &ChainSpec) -> Rows {
    let mut rows = Rows::new();
    let hash = spec.genesis_hash();
    let head = Tip { height: Height::new(0), slot: Slot::new(0), hash };
    put_identity(&mut rows, spec);
    put_progress(&mut rows, Progress { head, reorgs: 0, rebuilding: false });
    let nothing = encode::<[Transaction]>(&[]);
    put_block(&mut rows, &hash, spec.genesis_header(), nothing);
    put(&mut rows, rows::canonical(Height::new(0)), encode(&hash));
    put_genesis_state(&mut rows, spec);
    rows
}

/// Adds the row that says that the database is of the newest format.
pub(super) fn put_identity(rows: &mut Rows, spec: &ChainSpec) {
    let (chain, genesis) = (*spec.chain(), spec.genesis_hash());
    put(rows, rows::identity(), encode(&Identity { format: FORMAT, chain, genesis }));
}

/// Adds the entries that the genesis begins with.
pub(super) fn put_genesis_state(rows: &mut Rows, spec: &ChainSpec) {
    for (key, entry) in spec.genesis_state().entries() {
        rows::put_entry(rows, key, None, Some(entry));
    }
}

/// Returns the rows that a sequence of batches comes to, and how far the chain is after it. What is
/// written twice is written as the last says.
pub(super) fn batches(
    batches: &[Batch],
    mut progress: Progress,
) -> Result<(Rows, Progress), StorageError> {
    let mut rows = Rows::new();
    for batch in batches {
        let mut at = progress.head.hash;
        for linked in &batch.reverted {
            in_order(linked.block.hash(), at)?;
            at = linked.block.header().previous;
            revert(&mut rows, linked);
        }
        for linked in &batch.applied {
            in_order(linked.block.header().previous, at)?;
            at = linked.block.hash();
            apply(&mut rows, linked);
        }
        in_order(batch.head.hash, at)?;
        progress.head = batch.head;
        if let Some(finalized) = &batch.finalized {
            put(&mut rows, rows::finalized(), encode(finalized));
        }
        if let Some(votes) = &batch.votes {
            put(&mut rows, rows::votes(votes.slot), encode(votes));
        }
        if let Some(conflict) = &batch.conflict {
            put(&mut rows, rows::conflict(), encode(conflict));
        }
        for one in &batch.evidence {
            put(&mut rows, rows::evidence(one.evidence()), encode(one.evidence()));
        }
        if let Some(record) = &batch.reorg {
            put(&mut rows, rows::reorg(progress.reorgs), encode(&**record));
            let kept = u64::try_from(REORGS_KEPT).unwrap_or(u64::MAX);
            if let Some(oldest) = progress.reorgs.checked_sub(kept) {
                rows.insert(rows::reorg(oldest), None);
            }
            progress.reorgs = progress.reorgs.saturating_add(1);
        }
    }
    put_progress(&mut rows, progress);
    Ok((rows, progress))
}

pub(super) fn put_progress(rows: &mut Rows, progress: Progress) {
    put(rows, rows::progress(), encode(&progress));
}

pub(super) fn put_changes(rows: &mut Rows, hash: &BlockHash, changes: &Changes) {
    put(rows, rows::of_block(Table::Changes, hash), encode(changes));
    for change in changes.iter() {
        rows::put_entry(rows, &change.key, change.old.as_ref(), change.new.as_ref());
    }
}

pub(super) fn put(rows: &mut Rows, key: Vec<u8>, value: Vec<u8>) {
    rows.insert(key, Some(value));
}

fn apply(rows: &mut Rows, LinkedBlock { block, changes }: &LinkedBlock) {
    let hash = block.hash();
    put_block(rows, &hash, block.verified_header().signed(), block.transactions_bytes());
    put_changes(rows, &hash, changes);
    put(rows, rows::canonical(block.header().height), encode(&hash));
    if block.header().next_authorities.is_some() {
        put(rows, rows::authority_change(block.header().height), Vec::new());
    }
    rows.extend(index(block).map(|(key, value)| (key, Some(value))));
}

/// Takes a block off the chain. Its header, body and changes stay readable by its hash.
fn revert(rows: &mut Rows, LinkedBlock { block, changes }: &LinkedBlock) {
    rows.insert(rows::canonical(block.header().height), None);
    if block.header().next_authorities.is_some() {
        rows.insert(rows::authority_change(block.header().height), None);
    }
    rows.extend(index(block).map(|(key, _)| (key, None)));
    for change in changes.iter() {
        rows::put_entry(rows, &change.key, change.new.as_ref(), change.old.as_ref());
    }
}

fn index(block: &coinage_protocol::CheckedBlock) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let height = block.header().height;
    (0..).zip(block.transactions()).flat_map(move |(position, one)| {
        rows::index(&one.id(), &one.transaction().body, Place { height, position })
    })
}

fn put_block(rows: &mut Rows, hash: &BlockHash, header: &SignedHeader, body: Vec<u8>) {
    put(rows, rows::of_block(Table::Header, hash), encode(header));
    put(rows, rows::of_block(Table::Body, hash), body);
}

fn in_order(batch: BlockHash, head: BlockHash) -> Result<(), StorageError> {
    if batch == head { Ok(()) } else { Err(StorageError::OutOfOrder { batch, head }) }
}
