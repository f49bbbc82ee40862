//! Conflicts: commits of two quorums that contradict each other (SPEC F-12).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Certificate;
use crate::authority::AuthoritySet;
use crate::bounded::Bounded;
use crate::keys::PublicKey;
use crate::limits::AUTHORITIES_MAX;

/// Two certificates of commits, neither of whose blocks stands on the other: a third of the
/// authorities, or more, are traitors.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Conflict {
    /// The commits that this node goes by: of a block of its chain.
    pub ours: Certificate,
    /// The commits of a block that contradicts it.
    pub theirs: Certificate,
    /// Keys of the authorities that signed both.
    pub both: Bounded<PublicKey, AUTHORITIES_MAX>,
}

impl Conflict {
    /// The conflict of two certificates, each signed by authorities of a set.
    pub(crate) fn new(
        ours: (Certificate, &AuthoritySet),
        theirs: (Certificate, &AuthoritySet),
    ) -> Self {
        let keys = |(certificate, set): &(Certificate, &AuthoritySet)| -> Vec<PublicKey> {
            certificate.ballots(set).map(|ballot| ballot.signer).collect()
        };
        let (one, other) = (keys(&ours), keys(&theirs));
        let both = one.into_iter().filter(|key| other.contains(key));
        Self { ours: ours.0, theirs: theirs.0, both: Bounded::first_of(both) }
    }
}
