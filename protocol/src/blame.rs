//! Penalties: the offences of a peer and what each costs (SPEC ).
//!
//! Only what is wrong in every honest node's view is an offence. What depends on a clock, a
//! balance or a fork is nobody's fault, or honest nodes would ban each other.

/// The node's verdict on a message, for the gossip layer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The message is good and new: pass it on.
    Accept,
    /// The message is of no use here and now: drop it, nobody is to blame.
    Ignore,
    /// The message is wrong for everybody: drop it, its sender is to blame.
    Reject,
}

/// An offence: an act that no honest node commits.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Offence {
    /// Bytes that are no message of their kind (SPEC E-1).
    Undecodable,
    /// A transaction that can never be valid (SPEC T-1 to T-6).
    BadTransaction,
    /// A header that the leader of its slot did not sign (SPEC B-1 to B-6).
    BadHeader,
    /// A vote or commit that the key it names did not sign (SPEC F-2).
    BadBallot,
    /// A certificate that a quorum did not sign (SPEC F-3).
    BadCertificate,
    /// A change of authorities that a quorum did not approve (SPEC B-11).
    BadChange,
    /// Evidence that proves nothing (SPEC F-11).
    BadEvidence,
    /// A block whose transactions are not those its header commits to (SPEC B-7).
    OtherBody,
    /// A block that holds a transaction which can never be valid (SPEC B-7).
    BadBody,
    /// Headers or blocks that do not follow one another as their heights and slots say (SPEC B-4).
    BrokenLink,
    /// Served as part of its chain: a block that does not follow from the state before it.
    InvalidChain,
    /// An answer to another question than the one asked.
    WrongAnswer,
    /// A head in its status that its own headers do not lead to (SPEC N-3).
    LyingStatus,
    /// Many more requests than it takes to follow the chain (SPEC N-6).
    Flood,
}

impl Offence {
    /// Points of guilt at which a peer is banned.
    pub const BAN_AT: u32 = 100;

    /// The penalty for the offence. One clumsy message is forgiven; a forged one needs intent
    /// (SPEC X-2).
    pub const fn price(self) -> u32 {
        match self {
            Self::BadHeader
            | Self::BadBallot
            | Self::BadCertificate
            | Self::BadChange
            | Self::BadEvidence
            | Self::InvalidChain
            | Self::BadBody => 100,
            Self::Undecodable | Self::BadTransaction | Self::OtherBody | Self::BrokenLink => 50,
            Self::WrongAnswer => 34,
            Self::LyingStatus => 20,
            Self::Flood => 5,
        }
    }

    /// Checks whether what was sent is a block or a header that is refused as it stands.
    pub(crate) const fn is_of_a_block(self) -> bool {
        matches!(self, Self::BadHeader | Self::OtherBody | Self::BadBody)
    }

    /// The reason for the penalty, as it stands in logs.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::BadTransaction => "bad_transaction",
            Self::BadHeader => "bad_header",
            Self::BadBallot => "bad_ballot",
            Self::BadCertificate => "bad_certificate",
            Self::BadChange => "bad_change",
            Self::BadEvidence => "bad_evidence",
            Self::OtherBody => "other_body",
            Self::BadBody => "bad_body",
            Self::BrokenLink => "broken_link",
            Self::InvalidChain => "invalid_chain",
            Self::WrongAnswer => "wrong_answer",
            Self::LyingStatus => "lying_status",
            Self::Flood => "flood",
        }
    }
}
