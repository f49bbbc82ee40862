//! Inputs: everything that happens to a node.

use alloc::boxed::Box;

use super::exchange::{AskedId, GossipToken, PeerRef, Question, RequestId, SubmissionId};
use crate::authority::AuthorityChange;
use crate::chain::BatchNumber;
use crate::transaction::CheckedTransaction;
use crate::units::UnixMillis;
use crate::validate::{CheckedAnswer, CheckedGossip, Rejection};
use crate::wire::Status;

/// The clocks, read once for each input by the shell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Now {
    /// Time of day, in milliseconds since 1970; may jump when somebody sets the machine's clock.
    pub wall: UnixMillis,
    /// Milliseconds since the process started; never jumps.
    pub uptime: u64,
}

impl Now {
    /// Milliseconds by which the time of day went further than the uptime since then; negative if
    /// it went less far.
    pub(super) fn ahead_of(self, then: Self) -> i64 {
        let offset = |now: Self| i128::from(now.wall.get()).saturating_sub(now.uptime.into());
        i64::try_from(offset(self).saturating_sub(offset(then))).unwrap_or(i64::MAX)
    }
}

/// An input: an event that the shell hands to the engine.
#[derive(Debug)]
pub enum Input {
    /// A connection to a peer is up.
    Connected {
        /// Peer that is connected.
        peer: PeerRef,
    },
    /// A connection to a peer is gone; the number is not used again.
    Disconnected {
        /// Peer whose connection is gone.
        peer: PeerRef,
    },
    /// A gossip message came; it gets exactly one [`Judge`](super::Effect::Judge).
    Gossip {
        /// Peer that sent the message on.
        peer: PeerRef,
        /// Token that names the message in the verdict.
        token: GossipToken,
        /// The checked message, or what is wrong with it.
        message: Result<CheckedGossip, Rejection>,
    },
    /// A peer asks; it gets exactly one [`Answer`](super::Effect::Answer).
    Asked {
        /// Peer that asks.
        peer: PeerRef,
        /// Id that names the question in the answer.
        asked: AskedId,
        /// Question of the peer.
        question: Question,
    },
    /// The outcome of a question came; each [`Ask`](super::Effect::Ask) gets exactly one.
    Answered {
        /// Id of the question.
        request: RequestId,
        /// Outcome of the question.
        outcome: Outcome,
    },
    /// A user submits a transaction to this node.
    Submit {
        /// Id that names the submission in the outcome.
        submission: SubmissionId,
        /// Transaction that is submitted.
        transaction: Box<CheckedTransaction>,
        /// True to keep it if it cannot be applied yet but might be later (SPEC P-2).
        park: bool,
    },
    /// A user submits a change of authorities to this node; its approval was verified.
    SubmitChange {
        /// Id of the submission, for its outcome.
        submission: SubmissionId,
        /// The change.
        change: Box<AuthorityChange>,
    },
    /// The batch of this number, and all before it, are durable.
    Persisted {
        /// Number of the newest durable batch.
        number: BatchNumber,
    },
    /// Time has passed.
    Tick,
}

/// The outcome of a question.
#[derive(Debug)]
pub enum Outcome {
    /// A status of the peer.
    Status(Box<Status>),
    /// An answer that was checked.
    Answer(CheckedAnswer),
    /// An answer that no honest node gives.
    Rejected(Rejection),
    /// No answer: too late, connection lost, protocol not spoken.
    None,
}
