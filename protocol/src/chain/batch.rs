//! What goes to disk in one change, and how its blocks came.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::record::ReorgRecord;
use super::tip::Tip;
use crate::block::CheckedBlock;
use crate::ledger::Changes;

/// A batch to persist, numbered by the engine from 1 without gaps.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct BatchNumber(pub u64);

/// One atomic change of what is on disk.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Blocks that leave the chain, the highest first.
    pub reverted: Vec<LinkedBlock>,
    /// Blocks that join it, the lowest first; none if the head only goes back (SPEC C-1).
    pub applied: Vec<LinkedBlock>,
    /// The head after it: the last applied block, or the block before the last reverted one.
    pub head: Tip,
    /// What to record, if blocks were reverted.
    pub reorg: Option<Arc<ReorgRecord>>,
}

/// A block of the chain and what it changed.
#[derive(Clone, Debug)]
pub struct LinkedBlock {
    /// The block.
    pub block: Arc<CheckedBlock>,
    /// What it changed; the way back.
    pub changes: Arc<Changes>,
}

/// How a block or transaction came to this node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Via {
    /// This node made it, or it was submitted here.
    Own,
    /// By gossip.
    Gossip,
    /// By asking a peer.
    Sync,
    /// From a branch that this node left.
    Reorg,
}
