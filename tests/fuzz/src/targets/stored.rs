//! Rows of the own disk: the protocol's types that a node stores.

use coinage_protocol::{
    Change, Changes, Entry, Key, Lock, ReorgRecord, SignedHeader, Tip, TransactionBatch,
};

use super::canonical::canonical;

/// The first byte says of which table the others are a row.
pub(super) fn stored(bytes: &[u8]) {
    let Some((table, row)) = bytes.split_first() else { return };
    let limit = row.len();
    match table % 8 {
        0 => drop(canonical::<Key>(row, limit)),
        1 => drop(canonical::<Entry>(row, limit)),
        2 => changes(row),
        3 => drop(canonical::<ReorgRecord>(row, limit)),
        4 => drop(canonical::<SignedHeader>(row, limit)),
        5 => drop(canonical::<Tip>(row, limit)),
        6 => lock(row),
        _ => drop(canonical::<TransactionBatch>(row, limit)),
    }
}

/// The way back of the way back is the way forward.
fn changes(row: &[u8]) {
    let Some(changes) = canonical::<Changes>(row, row.len()) else { return };
    assert_eq!(changes.inverted().inverted(), changes);
    let swapped = |(one, other): (&Change, &Change)| {
        one.key == other.key && one.old == other.new && one.new == other.old
    };
    assert!(changes.iter().zip(changes.inverted().iter()).all(swapped), "inverted");
}

/// A lock can be opened (SPEC K-3).
fn lock(row: &[u8]) {
    let Some(lock) = canonical::<Lock>(row, row.len()) else { return };
    let required = usize::from(lock.required());
    assert!((1..=lock.keys().len()).contains(&required), "a lock that cannot be opened");
    assert!(lock.keys().is_sorted_by(|one, next| one < next), "keys in order, each once");
}
