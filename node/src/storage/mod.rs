//! The chain on disk.

use std::path::Path;

use coinage_protocol::engine::{Batch, ChainReader};
use coinage_protocol::{
    Address, Amount, Block, BlockHash, Changes, Entry, Key, Network, ReorgRecord, SignedHeader,
    Symbol, Tip, Token, TransactionId,
};

/// The chain on disk. Cheap to clone; one process per directory.
#[derive(Clone, Debug)]
pub struct Storage {}

/// Why the disk cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {}

/// What stands where in the history of an account; newest first is by descending order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The block's height.
    pub height: u64,
    /// The transaction's position in it, from 0.
    pub position: u32,
}

impl Storage {
    /// Opens, or creates, the directory of a node of this network.
    pub fn open(directory: &Path, network: &Network) -> Result<Self, StorageError> {
        let _ = (directory, network);
        unreachable!("interface only")
    }

    /// Writes these batches as one atomic durable change.
    pub fn write(&self, batches: &[Batch]) -> Result<(), StorageError> {
        let _ = batches;
        unreachable!("interface only")
    }

    /// Every entry of the state after the stored head.
    pub fn entries(&self) -> Result<Vec<(Key, Entry)>, StorageError> {
        unreachable!("interface only")
    }

    /// A view of one moment.
    pub fn snapshot(&self) -> Snapshot {
        unreachable!("interface only")
    }
}

impl ChainReader for Storage {
    fn block(&self, _hash: &BlockHash) -> Option<Block> {
        unreachable!("interface only")
    }

    fn header(&self, _hash: &BlockHash) -> Option<SignedHeader> {
        unreachable!("interface only")
    }

    fn changes(&self, _hash: &BlockHash) -> Option<Changes> {
        unreachable!("interface only")
    }

    fn canonical(&self, _height: u64) -> Option<BlockHash> {
        unreachable!("interface only")
    }

    fn included(&self, _id: &TransactionId) -> Option<u64> {
        unreachable!("interface only")
    }
}

/// What was on disk at one moment: all answers of one snapshot fit together.
#[derive(Debug)]
pub struct Snapshot {}

impl Snapshot {
    /// The head of the stored chain; the genesis block if nothing else is stored.
    pub fn head(&self) -> Result<Tip, StorageError> {
        unreachable!("interface only")
    }

    /// The chain's block at a height.
    pub fn canonical(&self, _height: u64) -> Result<Option<BlockHash>, StorageError> {
        unreachable!("interface only")
    }

    /// A block that is or once was on the chain (block 0 included).
    pub fn block(&self, _hash: &BlockHash) -> Result<Option<Block>, StorageError> {
        unreachable!("interface only")
    }

    /// Its header alone.
    pub fn header(&self, _hash: &BlockHash) -> Result<Option<SignedHeader>, StorageError> {
        unreachable!("interface only")
    }

    /// Where the chain holds a transaction.
    pub fn transaction(&self, _id: &TransactionId) -> Result<Option<Place>, StorageError> {
        unreachable!("interface only")
    }

    /// What an address has of a token.
    pub fn balance(&self, _address: Address, _token: Symbol) -> Result<Amount, StorageError> {
        unreachable!("interface only")
    }

    /// What an address has, by token, after a certain one.
    pub fn balances(
        &self,
        _address: Address,
        _after: Option<Symbol>,
        _limit: usize,
    ) -> Result<Vec<(Symbol, Amount)>, StorageError> {
        unreachable!("interface only")
    }

    /// What is known of a token.
    pub fn token(&self, _token: Symbol) -> Result<Option<Token>, StorageError> {
        unreachable!("interface only")
    }

    /// All tokens by symbol, after a certain one.
    pub fn tokens(
        &self,
        _after: Option<Symbol>,
        _limit: usize,
    ) -> Result<Vec<(Symbol, Token)>, StorageError> {
        unreachable!("interface only")
    }

    /// The chain's transactions that touch an account (as sender, giver, receiver or issuer), newest
    /// first, before a certain one.
    pub fn history(
        &self,
        _address: Address,
        _before: Option<Place>,
        _limit: usize,
    ) -> Result<Vec<Place>, StorageError> {
        unreachable!("interface only")
    }

    /// Reorg records with their running numbers, newest first, before a certain one.
    pub fn reorgs(
        &self,
        _before: Option<u64>,
        _limit: usize,
    ) -> Result<Vec<(u64, ReorgRecord)>, StorageError> {
        unreachable!("interface only")
    }
}
