//! Names of what crosses between engine and shell, and the questions that nodes ask each other.

use alloc::boxed::Box;

use crate::wire::{Answer, Request, Status};

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

/// A question that nodes ask each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Question {
    /// The sender's own status, with the question for the receiver's.
    Status(Box<Status>),
    /// Any other question.
    Request(Request),
}

/// A reply to a question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reply {
    /// The answer to a status.
    Status(Box<Status>),
    /// The answer to a request.
    Answer(Answer),
}
