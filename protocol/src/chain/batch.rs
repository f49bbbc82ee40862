//! Batches: one change of what is on disk, and the origin of each block.

use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::record::ReorgRecord;
use super::tip::Tip;
use crate::block::CheckedBlock;
use crate::evidence::CheckedEvidence;
use crate::finality::{Certificate, Conflict};
use crate::ledger::Changes;

/// A batch to persist, numbered by the engine from 1 without gaps.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct BatchNumber(pub u64);

/// A change of what is on disk, made as a whole or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Blocks that leave the chain, the highest first.
    pub reverted: Vec<LinkedBlock>,
    /// Blocks that join it, the lowest first; none if the head only goes back (SPEC C-1).
    pub applied: Vec<LinkedBlock>,
    /// The head after it: the last applied block, or the block before the last reverted one.
    pub head: Tip,
    /// Record of the reorg, if blocks were reverted.
    pub reorg: Option<Arc<ReorgRecord>>,
    /// The block that is final from now on, if another one was before.
    pub finalized: Option<Finalized>,
    /// Votes behind a commit of this node: kept for the commit before it, and for [as many
    /// slots](crate::limits::VOTES_KEPT_SLOTS) after it.
    pub votes: Option<Certificate>,
    /// Evidence that was not there before.
    pub evidence: Vec<CheckedEvidence>,
    /// Conflict of two quorums, if it was not there before.
    pub conflict: Option<Conflict>,
}

impl Batch {
    /// The batch that changes nothing, where this is the head.
    pub fn at(head: Tip) -> Self {
        let (reverted, applied, evidence) = (Vec::new(), Vec::new(), Vec::new());
        let (reorg, finalized, votes, conflict) = (None, None, None, None);
        Self { reverted, applied, head, reorg, finalized, votes, evidence, conflict }
    }
}

/// A final block, and the commits that make it so.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Finalized {
    /// The block.
    pub tip: Tip,
    /// A quorum's commits for it.
    pub certificate: Certificate,
}

/// A block of the chain and what it changed.
#[derive(Clone, Debug)]
pub struct LinkedBlock {
    /// The block itself.
    pub block: Arc<CheckedBlock>,
    /// Changes that the block made; the way back.
    pub changes: Arc<Changes>,
}

/// The origin of a block or transaction, as seen from this node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Via {
    /// The node made the item itself, or it was submitted here.
    Own,
    /// The item came by gossip.
    Gossip,
    /// The item came in answer to a request.
    Sync,
    /// The item is from a branch that this node left.
    Reorg,
}
