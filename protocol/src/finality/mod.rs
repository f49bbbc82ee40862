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
pub use self::certificate::{Certificate, CertificateError};
pub use self::conflict::Conflict;
pub(crate) use self::tally::{Counted, Tally};
pub use self::voting::{Candidate, Pledge, VotingMemory};

/// Number of authorities, of so many, that must agree: more than two thirds (SPEC F-1).
///
/// Two quorums of one set share more members than there are traitors, if those are fewer than a
/// third.
pub const fn quorum(authorities: usize) -> usize {
    // At most 64 authorities: nothing overflows.
    authorities.saturating_mul(2).saturating_div(3).saturating_add(1)
}

/// Slots before the present one of which votes and commits are kept and blocks are voted for, with
/// so many authorities (SPEC F-4).
pub(crate) fn window(authorities: usize) -> u64 {
    let turns = u64::try_from(authorities).unwrap_or(u64::MAX).saturating_mul(2);
    turns.max(WINDOW_SLOTS_MIN)
}

/// Least number of slots of the [`window`].
const WINDOW_SLOTS_MIN: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_quorums_share_more_than_a_third() {
        // SPEC F-1
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 10, 64].map(quorum), [1, 2, 3, 3, 4, 5, 5, 7, 43]);
        for authorities in 1..=64 {
            let shared = 2 * quorum(authorities) - authorities;
            assert!(3 * shared > authorities && quorum(authorities) <= authorities);
        }
    }
}
