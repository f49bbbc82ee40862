//! Events: what the world may want to know.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

use super::exchange::PeerRef;
use super::finality::Unexecutable;
use super::settings::Stop;
use crate::authority::{AuthorityChange, AuthoritySet};
use crate::blame::Offence;
use crate::block::{CheckedBlock, SignedHeader};
use crate::chain::{ReorgRecord, Tip, Via};
use crate::evidence::CheckedEvidence;
use crate::finality::{Ballot, Conflict};
use crate::hash::{BlockHash, TransactionId};
use crate::keys::PublicKey;
use crate::ledger::LedgerError;
use crate::mempool::{DropReason, Refusal};
use crate::transaction::CheckedTransaction;
use crate::units::{Height, Slot};
use crate::wire::Status;

/// The sync state of a node: what it has, compared with what the network has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SyncState {
    /// The node does not know yet where the network stands.
    Searching,
    /// A peer showed a better chain, and the node is fetching or applying it.
    Syncing {
        /// Height that the sync is on its way to: that of the best signed header, whatever peers
        /// claim.
        target: Height,
    },
    /// The node has the best chain that any peer has shown.
    Synced,
    /// The node has that chain, but of no majority of the authorities has a block or a ballot come
    /// lately: what it follows may be what a few, or a stranger, want it to see.
    Alone,
    /// The chain has stopped: no block has come for many slots, and for longer than on a quiet
    /// network.
    Stalled,
}

/// An event that is worth a log line, or that the API shows.
#[derive(Clone, Debug)]
pub enum Event {
    /// A block became part of the chain.
    BlockImported {
        /// Block that was imported.
        block: Arc<CheckedBlock>,
        /// The authorities in force for the block, one of which signed it.
        authorities: AuthoritySet,
        /// Origin of the block.
        via: Via,
        /// Time from the start of its slot until the block was applied, in milliseconds; negative
        /// if the clocks differ.
        delay_ms: i64,
    },
    /// A valid header or block that is not on the chain came in: a fork is seen.
    BlockSide {
        /// Hash of the block.
        hash: BlockHash,
        /// Height of the block.
        height: Height,
        /// Slot of the block.
        slot: Slot,
        /// Turn of the authority that signed it.
        turn: usize,
    },
    /// A block or header was refused.
    BlockRejected {
        /// Hash of the block, if it has one.
        hash: Option<BlockHash>,
        /// Reason for the refusal.
        reason: String,
        /// Peer that sent the block; `None` if only its leader is to blame.
        peer: Option<PeerRef>,
    },
    /// A peer sent what no honest node sends.
    Misbehaviour {
        /// Peer that misbehaved.
        peer: PeerRef,
        /// Offence that the peer pays for.
        offence: Offence,
        /// Exact description of what is wrong.
        detail: String,
    },
    /// The node left a branch for a better one.
    Reorg(Arc<ReorgRecord>),
    /// A transaction waits now.
    TransactionAccepted {
        /// Transaction that waits.
        transaction: Arc<CheckedTransaction>,
        /// Origin of the transaction.
        via: Via,
        /// Reason for waiting, if the transaction cannot be included at once.
        waits_for: Option<LedgerError>,
    },
    /// A waiting transaction became includable (`None`) or stopped being so.
    TransactionRechecked {
        /// Id of the transaction.
        id: TransactionId,
        /// Reason for waiting; `None` if the transaction can be included.
        waits_for: Option<LedgerError>,
    },
    /// A transaction that a peer sent was not taken.
    TransactionRejected {
        /// Id of the transaction.
        id: TransactionId,
        /// Reason for the refusal.
        reason: Refusal,
        /// Peer that sent the transaction.
        peer: PeerRef,
    },
    /// A waiting transaction is no longer held, and not because it was included.
    TransactionDropped {
        /// Id of the transaction.
        id: TransactionId,
        /// Reason for the drop.
        reason: DropReason,
    },
    /// A transaction of an abandoned branch cannot return to the pool.
    TransactionLost {
        /// Transaction that is lost.
        transaction: Arc<CheckedTransaction>,
        /// Reason for the loss.
        reason: DropReason,
    },
    /// The node began to fetch a better chain.
    SyncStarted {
        /// Height of the node's own head.
        from: Height,
        /// Height that the sync is on its way to.
        target: Height,
    },
    /// A sync goes on.
    SyncProgress {
        /// Height that the node has applied.
        height: Height,
        /// Height up to which the way is proven.
        target: Height,
        /// Slot of the block at that height.
        slot: Slot,
        /// The slot of its clock: where the chain ends if no slot is empty.
        slot_now: Slot,
    },
    /// The node has the best chain that any peer has shown.
    SyncDone {
        /// Height of the node's head.
        height: Height,
        /// Duration of the sync, in milliseconds.
        took_ms: u64,
    },
    /// A peer's head moved again and again without its gossip bringing the blocks.
    GossipSilent {
        /// Peer whose gossip does not arrive.
        peer: PeerRef,
    },
    /// A peer said where it stands.
    PeerStatus {
        /// Peer that sent the status.
        peer: PeerRef,
        /// Status of the peer.
        status: Box<Status>,
    },
    /// An approved change of authorities waits for its newcomer or for a block (SPEC B-11).
    ChangeWaits {
        /// The change.
        change: Box<AuthorityChange>,
    },
    /// Other authorities are in force, or are to come into force (SPEC B-11).
    Authorities {
        /// Head of the node.
        tip: Tip,
        /// The authorities after it.
        set: AuthoritySet,
        /// Authorities to come, in force once the block that holds the change is final.
        next: Option<AuthoritySet>,
    },
    /// The clock differs from the authorities' by more than a slot: the node signs nothing.
    ClockSkewed {
        /// Milliseconds by which this node's clock is ahead; negative if behind.
        ahead_ms: i64,
    },
    /// The difference between the clocks is gone.
    ClockFine,
    /// The clock is confirmed by nobody, and absurdly far from the last known time: the node signs
    /// nothing without its operator's word.
    ClockAbsurd {
        /// Milliseconds by which the clock is ahead of the last known time; negative if behind.
        ahead_ms: i64,
    },
    /// An authority signed two blocks for one slot; the headers prove it.
    DoubleSigned {
        /// Key of the authority.
        leader: PublicKey,
        /// The two headers of that slot.
        headers: Box<[SignedHeader; 2]>,
    },
    /// An authority voted for, or committed, two blocks of one slot; its ballots prove it.
    VotedTwice {
        /// The two ballots.
        ballots: Box<[Ballot; 2]>,
    },
    /// Evidence against an authority was found, or came from a peer: the first of its kind. It is
    /// stored.
    EvidenceFound(Box<CheckedEvidence>),
    /// A block is final, with all below it: nothing undoes it.
    BlockFinal {
        /// The block.
        tip: Tip,
        /// The final block before it.
        before: Tip,
        /// Time from the start of its slot until it was final here, in milliseconds; negative if
        /// the clocks differ.
        delay_ms: i64,
    },
    /// The node's authority key signs nothing any more, until its operator has acted.
    SigningStopped(Stop),
    /// A final block, or one below it, cannot be executed: the node is at its end.
    FinalInvalid(Unexecutable),
    /// Two quorums committed blocks that contradict each other. It is stored.
    FinalityConflict(Box<Conflict>),
}
