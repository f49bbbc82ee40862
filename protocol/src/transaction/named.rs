//! The names of a transaction, and the bytes that they follow from.

use alloc::sync::Arc;

use super::Transaction;
use crate::codec::{encode, encoded_len};
use crate::hash::{ChainId, FullHash, Tag, TransactionId, WitnessesHash, tagged};

/// A transaction with its encoding and what names it; nothing about it is checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NamedTransaction {
    pub(super) transaction: Transaction,
    /// The canonical bytes: those of the body, then those of the witnesses (SPEC E-1).
    pub(super) bytes: Arc<[u8]>,
    pub(super) id: TransactionId,
    pub(super) full_hash: FullHash,
}

impl NamedTransaction {
    /// Encodes a transaction, once, and finds its names.
    pub(crate) fn new(transaction: Transaction, chain: &ChainId) -> Self {
        let bytes = encode(&transaction);
        let (body, witnesses) = bytes.split_at(encoded_len(&transaction.body));
        let id = id(chain, body);
        let full_hash = full_hash(&id, witnesses);
        Self { transaction, bytes: bytes.into(), id, full_hash }
    }

    /// Names the whole of the transaction (SPEC M-1).
    pub(crate) fn full_hash(&self) -> FullHash {
        self.full_hash
    }
}

impl Transaction {
    /// Names this transaction with its witnesses (SPEC M-1).
    pub fn full_hash(&self, chain: &ChainId) -> FullHash {
        full_hash(&self.body.id(chain), &encode(&self.witnesses))
    }
}

/// The id of the transactions with these bytes of a body (SPEC T-2).
pub(super) fn id(chain: &ChainId, body: &[u8]) -> TransactionId {
    TransactionId::new(tagged(Tag::Transaction, &[chain.as_bytes(), body]))
}

fn full_hash(id: &TransactionId, witnesses: &[u8]) -> FullHash {
    let witnesses = WitnessesHash::new(tagged(Tag::Witnesses, &[witnesses]));
    FullHash::new(tagged(Tag::TransactionLeaf, &[id.as_bytes(), witnesses.as_bytes()]))
}
