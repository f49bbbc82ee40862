//! What the world may want to know.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

use super::input::PeerRef;
use super::settings::Twin;
use crate::blame::Offence;
use crate::block::{CheckedBlock, SignedHeader};
use crate::chain::{ReorgRecord, Via};
use crate::hash::{BlockHash, TransactionId};
use crate::keys::PublicKey;
use crate::pool::{DropReason, Refusal};
use crate::transaction::CheckedTransaction;
use crate::wire::Status;

/// Whether the node has what the network has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SyncState {
    /// It does not know yet where the network stands.
    Searching,
    /// A peer showed a better chain, and the node is fetching or applying it.
    Syncing {
        /// The height it is on its way to: that of the best signed header, whatever peers claim.
        target: u64,
    },
    /// It has the best chain that any peer has shown.
    Synced,
    /// It has that, but blocks of fewer than a majority of the authorities have come in their last
    /// two rounds: what it follows may be what a few, or a stranger, want it to see.
    Alone,
    /// No block has come for many slots.
    Stalled,
}

/// Something worth a log line, or that the API shows.
#[derive(Clone, Debug)]
pub enum Event {
    /// A block became part of the chain.
    BlockImported {
        /// The block.
        block: Arc<CheckedBlock>,
        /// How it came.
        via: Via,
        /// How long after the start of its slot it was applied, in milliseconds; negative if the
        /// clocks differ.
        delay_ms: i64,
    },
    /// A valid header or block that is not on the chain came in: a fork is seen.
    BlockSide {
        /// Its hash.
        hash: BlockHash,
        /// Its height.
        height: u64,
        /// Its slot.
        slot: u64,
    },
    /// A block or header was refused.
    BlockRejected {
        /// Its hash, if it has one.
        hash: Option<BlockHash>,
        /// What is wrong with it.
        reason: String,
        /// Who sent it; `None` if only its leader is to blame.
        peer: Option<PeerRef>,
    },
    /// A peer sent what no honest node sends.
    Misbehaviour {
        /// Who.
        peer: PeerRef,
        /// What it pays for.
        offence: Offence,
        /// What exactly is wrong.
        detail: String,
    },
    /// The node left a branch for a better one.
    Reorg(Arc<ReorgRecord>),
    /// A transaction waits now.
    TransactionAccepted {
        /// The transaction.
        transaction: Arc<CheckedTransaction>,
        /// How it came.
        via: Via,
        /// What it waits for, if it cannot be included at once.
        waits_for: Option<Refusal>,
    },
    /// A waiting transaction became includable (`None`) or stopped being so.
    TransactionRechecked {
        /// Which.
        id: TransactionId,
        /// What it waits for.
        waits_for: Option<Refusal>,
    },
    /// A transaction that a peer sent was not taken.
    TransactionRejected {
        /// Which.
        id: TransactionId,
        /// Why.
        reason: Refusal,
        /// Who sent it.
        peer: PeerRef,
    },
    /// A waiting transaction is no longer held, and not because it was included.
    TransactionDropped {
        /// Which.
        id: TransactionId,
        /// Why.
        reason: DropReason,
    },
    /// A transaction of an abandoned branch cannot return to the pool.
    TransactionLost {
        /// The transaction.
        transaction: Arc<CheckedTransaction>,
        /// Why.
        reason: DropReason,
    },
    /// The node began to fetch a better chain.
    SyncStarted {
        /// The height of its own head.
        from: u64,
        /// The height it is on its way to.
        target: u64,
    },
    /// It goes on.
    SyncProgress {
        /// The height it has applied.
        height: u64,
        /// The height up to which the way is proven.
        target: u64,
        /// The slot of the block at that height.
        slot: u64,
        /// The slot of its clock: where the chain ends if no slot is empty.
        slot_now: u64,
    },
    /// It has the best chain that any peer has shown.
    SyncDone {
        /// The height of its head.
        height: u64,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// A peer's head moved again and again without its gossip bringing the blocks.
    GossipSilent {
        /// Who.
        peer: PeerRef,
    },
    /// A peer said where it stands.
    PeerStatus {
        /// Who.
        peer: PeerRef,
        /// Where.
        status: Box<Status>,
    },
    /// The clock differs from the authorities' by more than a slot: the node signs nothing.
    ClockSkewed {
        /// By how much this node's clock is ahead, in milliseconds; negative if behind.
        ahead_ms: i64,
    },
    /// The difference is gone.
    ClockFine,
    /// Nobody confirms the clock, and it is absurdly far from the last known time: the node signs
    /// nothing without its operator's word.
    ClockAbsurd {
        /// By how much it is ahead of the last known time, in milliseconds; negative if behind.
        ahead_ms: i64,
    },
    /// An authority signed two blocks for one slot; the headers prove it.
    DoubleSigned {
        /// Which authority.
        leader: PublicKey,
        /// The two headers.
        headers: Box<[SignedHeader; 2]>,
    },
    /// Another process signs with this node's authority key: this one has stopped.
    SigningStopped(Twin),
}
