//! Settings of a node, and the state that it begins with.

use alloc::vec::Vec;

use crate::bounded::Text;
use crate::chain::Finalized;
use crate::evidence::Evidence;
use crate::finality::{Conflict, VotingMemory};
use crate::hash::BlockHash;
use crate::keys::SecretKey;
use crate::limits::{ADDRESS_BYTES_MAX, AGENT_BYTES_MAX};
pub use crate::mempool::MempoolBounds;
use crate::signed_slots::SignedSlots;
use crate::units::Slot;

/// The settings of a node, besides what the network's genesis says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The key to sign blocks with, if the node is an authority.
    pub authority: Option<Authority>,
    /// The program's name and version, told to peers.
    pub agent: Text<AGENT_BYTES_MAX>,
    /// Multiaddresses to tell peers.
    pub addresses: Vec<Text<ADDRESS_BYTES_MAX>>,
    /// True if the node has peers to look for; if not, it begins as synced.
    pub expects_peers: bool,
    /// True if the operator vouches for the clock: nobody need confirm it at the start.
    pub clock_vouched: bool,
    /// True if its operator wants its key to become an authority's: then it signs the change that
    /// adds it (SPEC B-11).
    pub joins: bool,
    /// Bounds of the pool.
    pub pool: MempoolBounds,
    /// The heartbeat, in milliseconds: the longest time from one block to the next on a quiet
    /// network (SPEC F-10). If it is no longer than a slot, there is a block in each.
    pub heartbeat_ms: u64,
}

impl Settings {
    /// The key that signs, with its memory: none where it has stopped.
    pub(super) fn signer(&self) -> Option<&Authority> {
        self.authority.as_ref().filter(|authority| authority.stop.is_none())
    }
}

/// An authority's means to sign blocks.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Key that signs the blocks.
    pub key: SecretKey,
    /// The slots it signed for, from the memory beside the key.
    pub signed: SignedSlots,
    /// Memory of its votes and commits, from beside the key (SPEC F-7).
    pub voting: VotingMemory,
    /// The reason why nothing is signed until the operator has acted, if there is one.
    pub stop: Option<Stop>,
}

/// The end of all signing with a key, until its operator has acted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stop {
    /// Reason for it.
    pub cause: StopCause,
    /// Slot of the block that was seen.
    pub slot: Slot,
    /// Hash of the block.
    pub hash: BlockHash,
}

/// The reason why a signer stops.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StopCause {
    /// The block, or a ballot for it, is signed with this node's key, but not by this node.
    Twin,
    /// A quorum committed the block, and it contradicts one that is final here (SPEC F-12).
    Conflict,
}

/// The stored data that a node finds on disk at a start.
#[derive(Debug)]
pub struct Stored<R, E> {
    /// Reader of the stored chain.
    pub reader: R,
    /// The head of the stored chain; `None` if nothing is stored yet.
    pub head: Option<BlockHash>,
    /// The final block; `None` if there was none yet.
    pub finalized: Option<Finalized>,
    /// The evidence that was found.
    pub evidence: Vec<Evidence>,
    /// The conflict of two quorums that was found, if one was.
    pub conflict: Option<Conflict>,
    /// Every entry of the state after that head.
    pub entries: E,
}

/// The reason why a stored chain cannot be resumed as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RestoreError {
    /// The stored head cannot be read.
    #[error("the stored head block {head} is missing")]
    HeadMissing {
        /// Hash of the stored head.
        head: BlockHash,
    },
    /// The stored balances are not those of the stored head.
    #[error("the stored state is not the one that block {head} commits to")]
    StateDiffers {
        /// Hash of the stored head.
        head: BlockHash,
    },
}
