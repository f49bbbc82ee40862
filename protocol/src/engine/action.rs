//! What a node does about it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::event::Event;
use super::input::{AskedId, GossipToken, PeerRef, RequestId, SubmissionId};
use super::settings::Twin;
use crate::blame::{Offence, Verdict};
use crate::block::Block;
use crate::chain::{Batch, BatchNumber};
use crate::hash::TransactionId;
use crate::pool::{Fate, Refusal};
use crate::wire::{Answer, Request, Status, TransactionBatch};

/// What to do, in this order.
///
/// The shell performs actions one after the other. After a [`Persist`](Action::Persist) it holds
/// back everything but verdicts, charges, bans and what is told of them until that batch is
/// durable, while the engine goes on.
pub type Actions = Vec<Action>;

/// Something to do.
#[derive(Debug)]
pub enum Action {
    /// Write durably and atomically, then say [`Persisted`](super::Input::Persisted). A write that
    /// fails ends the process.
    Persist {
        /// Its number.
        number: BatchNumber,
        /// What to write.
        batch: Box<Batch>,
    },
    /// Write durably, beside the authority key, that this slot has been signed for, before
    /// performing anything after it.
    Remember {
        /// The slot.
        slot: u64,
    },
    /// Write durably, beside the authority key, that another process signs with it: until the
    /// operator has acted, nothing is signed.
    StopSigning(Twin),
    /// Gossip it.
    Publish(Publication),
    /// Tell the gossip layer what to do with a message.
    Judge {
        /// Which message.
        token: GossipToken,
        /// What to do.
        verdict: Verdict,
    },
    /// Ask a peer.
    Ask {
        /// Whom.
        peer: PeerRef,
        /// What to call it in the outcome.
        request: RequestId,
        /// What.
        question: Question,
    },
    /// Answer a peer's question.
    Answer {
        /// Which question.
        asked: AskedId,
        /// The answer.
        reply: Reply,
    },
    /// Log that a peer did what no honest node does.
    Charge {
        /// Who.
        peer: PeerRef,
        /// What.
        offence: Offence,
    },
    /// Disconnect a peer and refuse it for a while.
    Ban {
        /// Who.
        peer: PeerRef,
        /// The last straw.
        offence: Offence,
    },
    /// Disconnect a peer that is of another network or version; nobody is to blame.
    Refuse {
        /// Who.
        peer: PeerRef,
        /// Where it stands.
        theirs: Box<Status>,
        /// Where this node stands.
        ours: Box<Status>,
    },
    /// Disconnect a peer and connect again: its gossip does not arrive any more, and only new
    /// streams help; nobody is to blame.
    Renew {
        /// Who.
        peer: PeerRef,
    },
    /// Tell whoever submitted a transaction.
    Submitted {
        /// Which submission.
        submission: SubmissionId,
        /// The transaction's id.
        id: TransactionId,
        /// What became of it.
        outcome: SubmitOutcome,
    },
    /// Tell the world: log lines, the API's view.
    Report(Event),
}

/// What to gossip.
#[derive(Clone, Debug)]
pub enum Publication {
    /// Transactions.
    Transactions(TransactionBatch),
    /// A block.
    Block(Box<Block>),
}

/// What nodes ask each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Question {
    /// Where do you stand? Here is where I stand.
    Status(Box<Status>),
    /// Anything else.
    Request(Request),
}

/// What they reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reply {
    /// To a status.
    Status(Box<Status>),
    /// To a request.
    Answer(Answer),
}

/// What became of a submission.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SubmitOutcome {
    /// It waits now; `None` if it could be included at once, or else what it waits for.
    Pending(Option<Refusal>),
    /// It was known before.
    Known(Fate),
    /// Not taken.
    Refused(Refusal),
}
