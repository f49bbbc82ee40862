//! What happens to a node.

use alloc::boxed::Box;

use super::action::Question;
use crate::chain::BatchNumber;
use crate::intake::{CheckedAnswer, CheckedGossip, Rejection};
use crate::transaction::CheckedTransaction;
use crate::wire::Status;

/// The clocks, read once for each input by the shell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Now {
    /// Milliseconds since 1970; may jump when somebody sets the machine's clock.
    pub wall: u64,
    /// Milliseconds since the process started; never jumps.
    pub uptime: u64,
}

/// A connected peer. The shell hands out a new number for each connection.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct PeerRef(pub u64);

/// A gossip message that waits for its verdict.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct GossipToken(pub u64);

/// A question of this node's, numbered by the engine.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub u64);

/// A question of a peer's, numbered by the shell.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct AskedId(pub u64);

/// A submission that waits for its outcome, numbered by the shell.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SubmissionId(pub u64);

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// A connection to a peer is up.
    Connected {
        /// The peer.
        peer: PeerRef,
    },
    /// It is gone; the number is not used again.
    Disconnected {
        /// The peer.
        peer: PeerRef,
    },
    /// A gossip message came; it gets exactly one [`Judge`](super::Action::Judge).
    Gossip {
        /// Who sent it on.
        peer: PeerRef,
        /// What to call it in the verdict.
        token: GossipToken,
        /// The checked message, or what is wrong with it.
        message: Result<CheckedGossip, Rejection>,
    },
    /// A peer asks; it gets exactly one [`Answer`](super::Action::Answer).
    Asked {
        /// Who asks.
        peer: PeerRef,
        /// What to call it in the answer.
        asked: AskedId,
        /// The question.
        question: Question,
    },
    /// What became of a question; each [`Ask`](super::Action::Ask) gets exactly one.
    Answered {
        /// Which question.
        request: RequestId,
        /// What came back.
        outcome: Outcome,
    },
    /// Somebody submits a transaction to this node.
    Submit {
        /// What to call it in the outcome.
        submission: SubmissionId,
        /// The transaction.
        transaction: Box<CheckedTransaction>,
        /// Whether to keep it if it cannot be applied yet but might be later (SPEC P-2).
        park: bool,
    },
    /// This batch, and all before it, are durable.
    Persisted {
        /// Which batch.
        number: BatchNumber,
    },
    /// Time has passed.
    Tick,
}

/// What became of a question.
#[derive(Debug)]
pub enum Outcome {
    /// A status.
    Status(Box<Status>),
    /// An answer.
    Answer(CheckedAnswer),
    /// An answer that no honest node gives.
    Rejected(Rejection),
    /// None: too late, connection lost, protocol not spoken.
    None,
}
