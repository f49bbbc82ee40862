//! Blocks, and everything about one that can be checked without the chain before it.
//!
//! A block climbs a ladder of types: bytes, [`Block`] (well-formed), [`CheckedBlock`] (the right
//! leader signed it, the body is the one the header commits to, every transaction is checked).

mod header;

use alloc::vec::Vec;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

pub use self::header::{Header, HeaderError, SignedHeader, VerifiedHeader, WellFormedHeader};
use crate::authority::HeaderContext;
use crate::bounded::Bounded;
use crate::codec::{DecodeError, decode, encode_list, encoded_len, list_len};
use crate::hash::{BlockHash, ChainId, FullHash, TransactionId};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX};
use crate::merkle::transactions_root;
use crate::transaction::{
    Body, CheckedTransaction, NamedTransaction, Transaction, TransactionError, check_named,
};
use crate::verified::Verified;

/// A header and its transactions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Block {
    /// The header with its leader's signature.
    pub header: SignedHeader,
    /// The transactions of the block, applied in this order.
    pub transactions: Bounded<Transaction, BLOCK_TRANSACTIONS_MAX>,
}

/// The reason why a block can never be part of this network's chain, whatever came before it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BlockError {
    /// The bytes are not the encoding of a block (SPEC E-1, B-8). Blame: the sender.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The header is wrong. Blame: the sender.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The block has more bytes than it may have (SPEC B-8). Blame: the sender.
    #[error("the block has {len} bytes, at most {max} are allowed")]
    TooLarge {
        /// Number of bytes that the block has.
        len: usize,
        /// Number of bytes that are allowed.
        max: usize,
    },
    /// The transactions are not those that the header commits to (SPEC B-7). Blame: the sender; the
    /// header may well be good, and another peer may have its body (SPEC B-10).
    #[error("the transactions are not those that the header commits to")]
    OtherBody,
    /// A transaction that can never be valid (SPEC B-7). Blame: the sender, and the leader.
    #[error("transaction {position}: {error}")]
    Transaction {
        /// Position of the transaction in the block, from 0.
        position: usize,
        /// Rule that the transaction breaks.
        error: TransactionError,
    },
}

/// A block of which only its place in the chain is still to be checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckedBlock {
    header: VerifiedHeader,
    transactions: Vec<CheckedTransaction>,
    size: usize,
}

impl CheckedBlock {
    /// Checks a block by itself (SPEC B-1 to B-8).
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn new<'c>(
        block: Block,
        context: impl Into<HeaderContext<'c>>,
        random: impl CryptoRng,
    ) -> Result<Self, BlockError> {
        Self::verify(block, context, &(), random)
    }

    /// Checks a block by itself, but for the signatures that are known, and remembers the others.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn verify<'c>(
        block: Block,
        context: impl Into<HeaderContext<'c>>,
        verified: &impl Verified,
        random: impl CryptoRng,
    ) -> Result<Self, BlockError> {
        let context = context.into();
        let len = encoded_len(&block);
        if len > BLOCK_BYTES_MAX {
            return Err(BlockError::TooLarge { len, max: BLOCK_BYTES_MAX });
        }
        let header = VerifiedHeader::verify(block.header, context, verified)?;
        let wanted = header.header().transactions_root;
        let name = |one| NamedTransaction::new(one, context.chain);
        let named: Vec<_> = block.transactions.into_vec().into_iter().map(name).collect();
        let leaves: Vec<FullHash> = named.iter().map(NamedTransaction::full_hash).collect();
        if transactions_root(&leaves) != wanted {
            return Err(BlockError::OtherBody);
        }
        let transactions = check_named(named, verified, random)
            .map_err(|(position, error)| BlockError::Transaction { position, error })?;
        Ok(Self { header, transactions, size: len })
    }

    /// Checks the bytes of a block.
    ///
    /// # Errors
    ///
    /// The first rule that they break.
    pub fn from_bytes<'c>(
        bytes: &[u8],
        context: impl Into<HeaderContext<'c>>,
        random: impl CryptoRng,
    ) -> Result<Self, BlockError> {
        Self::new(decode(bytes, BLOCK_BYTES_MAX)?, context, random)
    }

    /// A block that was checked before it was stored.
    pub(crate) fn trusted(block: Block, chain: &ChainId) -> Self {
        let trust = |one| CheckedTransaction::trusted(one, chain);
        let transactions = block.transactions.into_vec().into_iter().map(trust).collect();
        Self::written(block.header, transactions, chain)
    }

    /// A block that this node has just written.
    pub(crate) fn written(
        signed: SignedHeader,
        transactions: Vec<CheckedTransaction>,
        chain: &ChainId,
    ) -> Self {
        let list = list_len(transactions.iter().map(CheckedTransaction::bytes));
        let size = encoded_len(&signed).saturating_add(list);
        Self { header: VerifiedHeader::trusted(signed, chain), transactions, size }
    }

    /// The header of the block.
    pub fn header(&self) -> &Header {
        self.header.header()
    }

    /// The header, as it was verified.
    pub fn verified_header(&self) -> &VerifiedHeader {
        &self.header
    }

    /// The hash that names the block.
    pub fn hash(&self) -> BlockHash {
        self.header.hash()
    }

    /// The transactions of the block.
    pub fn transactions(&self) -> &[CheckedTransaction] {
        &self.transactions
    }

    /// The ids and bodies of its transactions.
    pub fn bodies(&self) -> impl Iterator<Item = (TransactionId, &Body)> {
        self.transactions.iter().map(|one| (one.id(), &one.transaction().body))
    }

    /// Number of bytes that the block has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The canonical bytes of the list of transactions, which come after those of the header.
    pub fn transactions_bytes(&self) -> Vec<u8> {
        encode_list(self.transactions.iter().map(CheckedTransaction::bytes))
    }

    /// The block as it goes over the wire.
    pub fn to_block(&self) -> Block {
        let transactions = self.transactions.iter().map(|one| one.transaction().clone());
        Block {
            header: self.header.signed().clone(),
            transactions: Bounded::first_of(transactions),
        }
    }
}

#[cfg(test)]
mod tests;
