//! Finality: votes and commits beside the chain, and what a quorum of them makes certain (SPEC F).
//!
//! Rules alone: they know neither blocks nor the chain. Whether one block stands on another, the
//! caller says.

mod ballot;
mod certificate;
mod conflict;
mod tally;
mod voting;

pub use self::ballot::{Ballot, CheckedBallot, Phase};
pub use self::certificate::{Certificate, NamedCertificate};
pub use self::conflict::Conflict;
pub(crate) use self::tally::{Counted, Tally};
pub use self::voting::{Candidate, Pledge, VotingMemory};

/// Slots before the present one of which votes and commits are kept and blocks are voted for, with
/// so many authorities (SPEC F-4).
pub(crate) fn window(authorities: usize) -> u64 {
    let turns = u64::try_from(authorities).unwrap_or(u64::MAX).saturating_mul(2);
    turns.max(WINDOW_SLOTS_MIN)
}

/// Least number of slots of the [`window`].
const WINDOW_SLOTS_MIN: u64 = 64;
