//! Blocks, and everything about one that can be checked without the chain before it.
//!
//! A block climbs a ladder of types: bytes, [`Block`] (well-formed), [`CheckedBlock`] (the right
//! leader signed it, the body is the one the header commits to, every transaction is checked).

use alloc::vec::Vec;

use rand_core::CryptoRng;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::authority::HeaderContext;
use crate::bounded::Bounded;
use crate::codec::{DecodeError, decode, encode, encoded_len};
use crate::hash::{
    AuthoritiesHash, BlockHash, ChainId, FullHash, StateRoot, Tag, TransactionId, TransactionsRoot,
    tagged,
};
use crate::keys::{SecretKey, Signature};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, PROTOCOL_VERSION, SLOT_MAX};
use crate::merkle::transactions_root;
use crate::transaction::{Body, CheckedTransaction, Transaction, TransactionError, check_all};
use crate::verified::{Verified, verifies};

/// The part of a block that its leader signs (SPEC B-1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Header {
    /// Protocol version of the block: 1.
    pub version: u16,
    /// Height of the block: one more than the previous block's.
    pub height: u64,
    /// Slot that the block was written in, and thereby its time and its leader.
    pub slot: u64,
    /// Hash of the previous block.
    pub previous: BlockHash,
    /// Root that commits to the transactions.
    pub transactions_root: TransactionsRoot,
    /// Commits to the state after them.
    pub state_root: StateRoot,
    /// Commits to the authorities in force.
    pub authorities: AuthoritiesHash,
    /// The place of a finality certificate.
    pub certificate: Reserved,
    /// The place of a new set of authorities.
    pub next_authorities: Reserved,
}

/// A place in the header for what a later version brings: encoded as an absent option (SPEC B-5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reserved;

/// A header and its leader's signature over its hash (SPEC B-2).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SignedHeader {
    /// The header that is signed.
    pub header: Header,
    /// Signature of the leader; not part of the hash.
    pub signature: Signature,
}

/// A header and its transactions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Block {
    /// The header with its leader's signature.
    pub header: SignedHeader,
    /// The transactions of the block, applied in this order.
    pub transactions: Bounded<Transaction, BLOCK_TRANSACTIONS_MAX>,
}

/// The reason why a header can never be part of this network's chain, whatever came before it.
/// Blame, for every variant: whoever sent it on, because an honest node would have refused it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HeaderError {
    /// The header is of another protocol version (SPEC B-1).
    #[error("block version {version} is unknown")]
    Version {
        /// Version that the header names.
        version: u16,
    },
    /// Height 0 is the genesis block's, which nobody sends (SPEC G-4).
    #[error("only the genesis block has height or slot 0")]
    Genesis,
    /// A slot that no network reaches (SPEC B-4).
    #[error("slot {slot} is beyond the last one")]
    Slot {
        /// Slot that the header names.
        slot: u64,
    },
    /// Other authorities than those in force (SPEC B-6).
    #[error("the block names other authorities than those in force")]
    Authorities,
    /// The header is not signed by the leader of its slot, for this chain (SPEC B-2, B-3).
    #[error("the block is not signed by the leader of slot {slot}")]
    BadSignature {
        /// Slot that the header names.
        slot: u64,
    },
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

impl Header {
    /// The hash that names a block with this header on that chain (SPEC B-2).
    pub fn hash(&self, chain: &ChainId) -> BlockHash {
        BlockHash::new(tagged(Tag::Block, &[chain.as_bytes(), &encode(self)]))
    }

    /// Signs the header with its leader's key.
    pub fn sign(self, chain: &ChainId, leader: &SecretKey) -> SignedHeader {
        let signature = leader.sign(self.hash(chain).as_bytes());
        SignedHeader { header: self, signature }
    }
}

/// A header that the right leader signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckedHeader {
    signed: SignedHeader,
    hash: BlockHash,
}

impl CheckedHeader {
    /// Checks a header by itself (SPEC B-1 to B-6).
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn new<'c>(
        signed: SignedHeader,
        context: impl Into<HeaderContext<'c>>,
    ) -> Result<Self, HeaderError> {
        Self::verify(signed, context, &())
    }

    /// Checks a header by itself, but for a signature that is known, and remembers another.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn verify<'c>(
        signed: SignedHeader,
        context: impl Into<HeaderContext<'c>>,
        verified: &impl Verified,
    ) -> Result<Self, HeaderError> {
        let HeaderContext { chain, authorities: set } = context.into();
        let Header { version, height, slot, authorities, .. } = signed.header;
        if version != PROTOCOL_VERSION {
            return Err(HeaderError::Version { version });
        }
        if height == 0 || slot == 0 {
            return Err(HeaderError::Genesis);
        }
        if slot > SLOT_MAX {
            return Err(HeaderError::Slot { slot });
        }
        if authorities != set.hash() {
            return Err(HeaderError::Authorities);
        }
        let hash = signed.header.hash(chain);
        let leader = set.leader(slot);
        let signed_by_leader = verifies(verified, leader, &signed.signature, hash.as_bytes());
        if !signed_by_leader {
            return Err(HeaderError::BadSignature { slot });
        }
        Ok(Self { signed, hash })
    }

    /// The header that was checked.
    pub fn header(&self) -> &Header {
        &self.signed.header
    }

    /// The header with its signature.
    pub fn signed(&self) -> &SignedHeader {
        &self.signed
    }

    /// The hash that names the block.
    pub fn hash(&self) -> BlockHash {
        self.hash
    }
}

/// A block of which only its place in the chain is still to be checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckedBlock {
    header: CheckedHeader,
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
        let header = CheckedHeader::verify(block.header, context, verified)?;
        let transactions = block.transactions.into_vec();
        let wanted = header.header().transactions_root;
        let leaf = |one: &Transaction| one.full_hash(context.chain);
        let leaves: Vec<FullHash> = transactions.iter().map(leaf).collect();
        if transactions_root(&leaves) != wanted {
            return Err(BlockError::OtherBody);
        }
        let transactions = check_all(transactions, context.chain, verified, random)
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

    /// A block that was checked before it was stored, or that this node has just written.
    pub(crate) fn trusted(block: Block, chain: &ChainId) -> Self {
        let size = encoded_len(&block);
        let hash = block.header.header.hash(chain);
        let trust = |one| CheckedTransaction::trusted(one, chain);
        let transactions = block.transactions.into_vec().into_iter().map(trust).collect();
        Self { header: CheckedHeader { signed: block.header, hash }, transactions, size }
    }

    /// The header of the block.
    pub fn header(&self) -> &Header {
        self.header.header()
    }

    /// The header with its check.
    pub fn checked_header(&self) -> &CheckedHeader {
        &self.header
    }

    /// The hash that names the block.
    pub fn hash(&self) -> BlockHash {
        self.header.hash
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

    /// The block as it goes over the wire and to disk.
    pub fn to_block(&self) -> Block {
        let transactions = self.transactions.iter().map(|one| one.transaction().clone());
        Block { header: self.header.signed.clone(), transactions: Bounded::first_of(transactions) }
    }
}

impl Serialize for Reserved {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl<'de> Deserialize<'de> for Reserved {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<()>::deserialize(deserializer)? {
            None => Ok(Self),
            Some(()) => Err(D::Error::custom("reserved for a later version")),
        }
    }
}

#[cfg(test)]
mod tests;
