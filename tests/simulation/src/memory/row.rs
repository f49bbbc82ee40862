//! Rows: what a batch comes to on disk, and the bytes of that.

use coinage_protocol::engine::{Batch, Finalized};
use coinage_protocol::{
    Block, BlockHash, Certificate, Change, Changes, Conflict, Evidence, Height, Tip, TransactionId,
    decode, encode,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes before each row in a journal: how long it is.
const LENGTH_BYTES: usize = 4;
/// Bytes behind the last row in a journal.
pub(super) const CHECKSUM_BYTES: usize = 32;

/// A single change of what is stored, in the order in which a batch makes them.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Row {
    /// The chain loses its highest block.
    Unlink(Height, BlockHash),
    /// The chain gets a block at this height, on top of another.
    Link(Height, BlockHash, BlockHash),
    Exclude(TransactionId),
    Include(TransactionId, Height),
    Change(Box<Change>),
    Block(BlockHash, Box<(Block, Changes)>),
    Head(Tip),
    Finalized(Box<Finalized>),
    Votes(Box<Certificate>),
    Evidence(Box<Evidence>),
    Conflict(Box<Conflict>),
}

/// Lists everything that a batch changes.
pub(super) fn rows(batch: &Batch) -> Vec<Row> {
    let mut rows = Vec::new();
    let change = |change: &Change| Row::Change(Box::new(change.clone()));
    for linked in &batch.reverted {
        let ids = linked.block.transactions().iter().map(|transaction| transaction.id());
        rows.push(Row::Unlink(linked.block.header().height, linked.block.hash()));
        rows.extend(ids.map(Row::Exclude));
        rows.extend(linked.changes.inverted().iter().map(change));
    }
    for linked in &batch.applied {
        let (header, hash) = (linked.block.header(), linked.block.hash());
        let ids = linked.block.transactions().iter().map(|transaction| transaction.id());
        rows.push(Row::Link(header.height, hash, header.previous));
        rows.extend(ids.map(|id| Row::Include(id, header.height)));
        rows.extend(linked.changes.iter().map(change));
        let stored = (linked.block.to_block(), (*linked.changes).clone());
        rows.push(Row::Block(hash, Box::new(stored)));
    }
    rows.push(Row::Head(batch.head));
    rows.extend(batch.finalized.clone().map(Box::new).map(Row::Finalized));
    rows.extend(batch.votes.clone().map(Box::new).map(Row::Votes));
    let evidence = batch.evidence.iter().map(|one| Box::new(one.evidence().clone()));
    rows.extend(evidence.map(Row::Evidence));
    rows.extend(batch.conflict.clone().map(Box::new).map(Row::Conflict));
    rows
}

/// A batch as a journal holds it: its rows, and a checksum of them all.
pub(super) fn journal(batch: &Batch) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows(batch) {
        let row = encode(&row);
        let len = u32::try_from(row.len()).expect("a row is small");
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(&row);
    }
    bytes.extend_from_slice(&checksum(&bytes));
    bytes
}

/// Checks whether the end of a journal is what was written.
pub(super) fn is_whole(journal: &[u8]) -> bool {
    journal
        .split_last_chunk::<CHECKSUM_BYTES>()
        .is_some_and(|(rows, claimed)| checksum(rows) == *claimed)
}

/// The rows that can be read from the beginning of a journal, by who looks at no checksum.
pub(super) fn readable(mut journal: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    while let Some((len, rest)) = journal.split_first_chunk::<LENGTH_BYTES>() {
        let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let Some((row, rest)) = rest.split_at_checked(len) else { break };
        let Ok(row) = decode(row, len) else { break };
        rows.push(row);
        journal = rest;
    }
    rows
}

/// The checksum that is kept beside bytes to notice that they are others.
pub(super) fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    Sha256::digest(bytes).into()
}
