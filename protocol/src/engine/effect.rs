//! Effects: what the engine tells the shell to do.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::changes::ChangeRefusal;
use super::event::Event;
use super::exchange::{AskedId, GossipToken, PeerRef, Question, Reply, RequestId, SubmissionId};
use super::settings::Stop;
use crate::blame::{Offence, Verdict};
use crate::block::Block;
use crate::bounded::Bounded;
use crate::chain::{Batch, BatchNumber};
use crate::codec::{encode, encode_list};
use crate::finality::{Ballot, VotingMemory};
use crate::hash::TransactionId;
use crate::limits::BATCH_TRANSACTIONS_MAX;
use crate::mempool::SubmitOutcome;
use crate::transaction::CheckedTransaction;
use crate::units::Slot;
use crate::wire::{Status, Topic};

/// Effects of one input, to be performed in this order.
///
/// The shell performs them one after the other. After a [`Persist`](Effect::Persist) it holds
/// back everything but verdicts, charges, bans and what is told of them until that batch is
/// durable, while the engine goes on.
pub type Effects = Vec<Effect>;

/// An order of the engine to the shell.
#[derive(Debug)]
pub enum Effect {
    /// Write a batch durably and atomically, then say [`Persisted`](super::Input::Persisted). A
    /// write that fails ends the process.
    Persist {
        /// Number of the batch.
        number: BatchNumber,
        /// Batch to write.
        batch: Box<Batch>,
    },
    /// Write durably, beside the authority key, that this slot has been signed for, before
    /// performing anything after it.
    Remember {
        /// Slot that has been signed for.
        slot: Slot,
    },
    /// Write durably, beside the authority key, what its votes and commits come to, before
    /// performing anything after it.
    RememberVoting(VotingMemory),
    /// Write durably, beside the authority key, why nothing is signed with it until the operator
    /// has acted.
    StopSigning(Stop),
    /// Gossip a block or transactions.
    Publish(Publication),
    /// Tell the gossip layer what to do with a message.
    Judge {
        /// Token of the message.
        token: GossipToken,
        /// Verdict on the message.
        verdict: Verdict,
    },
    /// Ask a peer a question.
    Ask {
        /// Peer to ask.
        peer: PeerRef,
        /// Id of the question, for its outcome.
        request: RequestId,
        /// Question to ask.
        question: Question,
    },
    /// Answer a peer's question.
    Answer {
        /// Id of the peer's question.
        asked: AskedId,
        /// Reply to the question.
        reply: Reply,
    },
    /// Log that a peer did what no honest node does.
    Charge {
        /// Peer that committed the offence.
        peer: PeerRef,
        /// Offence that the peer committed.
        offence: Offence,
    },
    /// Disconnect a peer and refuse it for a while.
    Ban {
        /// Peer to ban.
        peer: PeerRef,
        /// Offence that was the last straw.
        offence: Offence,
    },
    /// Disconnect a peer that is of another network or version; nobody is to blame.
    Refuse {
        /// Peer to disconnect.
        peer: PeerRef,
        /// Status of the peer.
        theirs: Box<Status>,
        /// Status of this node.
        ours: Box<Status>,
    },
    /// Disconnect a peer and connect again: its gossip does not arrive any more, and only new
    /// streams help; nobody is to blame.
    Renew {
        /// Peer to connect to again.
        peer: PeerRef,
    },
    /// Tell whoever submitted a transaction.
    Submitted {
        /// Id of the submission.
        submission: SubmissionId,
        /// Id of the transaction.
        id: TransactionId,
        /// Outcome of the submission.
        outcome: SubmitOutcome,
    },
    /// Tell whoever submitted a change of authorities.
    ChangeSubmitted {
        /// Id of the submission.
        submission: SubmissionId,
        /// Outcome of the submission.
        outcome: Result<(), ChangeRefusal>,
    },
    /// Tell the world of an event: log lines, the API's view.
    Report(Event),
}

/// The content of a gossip message.
#[derive(Clone, Debug)]
pub enum Publication {
    /// A batch of transactions (SPEC N-2).
    Transactions(Bounded<Arc<CheckedTransaction>, BATCH_TRANSACTIONS_MAX>),
    /// A new block.
    Block(Box<Block>),
    /// A vote or commit of this node's.
    Ballot(Ballot),
}

impl Publication {
    /// The topic and the bytes of the message.
    pub fn to_message(&self) -> (Topic, Vec<u8>) {
        match self {
            Self::Transactions(batch) => {
                (Topic::Transactions, encode_list(batch.iter().map(|one| one.bytes())))
            }
            Self::Block(block) => (Topic::Blocks, encode(&**block)),
            Self::Ballot(ballot) => (Topic::Votes, encode(ballot)),
        }
    }
}
