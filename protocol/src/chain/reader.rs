//! Reading the chain from disk.

use alloc::vec::Vec;

use crate::block::{Block, SignedHeader};
use crate::finality::Certificate;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::Changes;
use crate::units::{Height, Slot};

/// The chain as of the last durable batch, or a later one.
///
/// The engine does not trust it to be complete: what cannot be read counts as unknown, and it is
/// the shell that ends a process whose disk fails.
pub trait ChainReader {
    /// A block that is or once was on the chain.
    fn block(&self, hash: &BlockHash) -> Option<Block>;

    /// The header of a block that is or once was on the chain.
    fn header(&self, hash: &BlockHash) -> Option<SignedHeader>;

    /// The changes that a block that is or once was on the chain made.
    fn changes(&self, hash: &BlockHash) -> Option<Changes>;

    /// The hash of the chain's block at a height; height 0 is the genesis block.
    fn canonical(&self, height: Height) -> Option<BlockHash>;

    /// The heights of the chain's blocks whose headers hold changes of authorities, the lowest
    /// first.
    fn authority_changes(&self) -> Vec<Height>;

    /// The height of the chain's block that holds a transaction.
    fn included(&self, id: &TransactionId) -> Option<Height>;

    /// The votes behind this node's commit of a block of a slot, for as long as they are kept.
    fn votes(&self, slot: Slot) -> Option<Certificate>;
}
