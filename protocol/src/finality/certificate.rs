//! Certificates: a quorum of ballots of one phase for one block (SPEC F-3).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Ballot, Phase};
use crate::authority::{AuthoritySet, CertificateError, verify_quorum};
use crate::bounded::Bounded;
use crate::hash::{AuthoritiesHash, BlockHash, ChainId};
use crate::keys::Signature;
use crate::limits::AUTHORITIES_MAX;
use crate::units::Slot;
use crate::verified::Verified;

/// A quorum's votes or commits for a block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Certificate {
    /// Votes or commits.
    pub phase: Phase,
    /// Slot of the block.
    pub slot: Slot,
    /// Hash of the block.
    pub block: BlockHash,
    /// Signatures, each with the place of its signer among the authorities of the block, from 0,
    /// in increasing order.
    pub signatures: Bounded<(u8, Signature), AUTHORITIES_MAX>,
}

/// A certificate, and the authorities by which it proves something.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NamedCertificate {
    /// Commits to the authorities of the block.
    pub authorities: AuthoritiesHash,
    /// Certificate of a block of these.
    pub certificate: Certificate,
}

impl Certificate {
    /// Checks that exactly a quorum of these authorities signed (SPEC F-3), but for signatures that
    /// are known, and remembers the others.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn verify(
        &self,
        set: &AuthoritySet,
        chain: &ChainId,
        verified: &impl Verified,
    ) -> Result<(), CertificateError> {
        let message = self.phase.message(chain, self.slot, &self.block);
        verify_quorum(&self.signatures, set, &message, verified)
    }

    /// The ballots that it is made of, where these are the authorities of the block.
    pub(crate) fn ballots(&self, set: &AuthoritySet) -> impl Iterator<Item = Ballot> {
        let Self { phase, slot, block, ref signatures } = *self;
        signatures.iter().filter_map(move |(place, signature)| {
            let signer = *set.keys().get(usize::from(*place))?;
            Some(Ballot { phase, slot, block, signer, signature: *signature })
        })
    }

    /// Places of the signers among the authorities of the block.
    pub fn signers(&self) -> Vec<usize> {
        self.signatures.iter().map(|(place, _)| usize::from(*place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;
    use crate::samples::secret;

    const CHAIN: ChainId = ChainId::new([1; 32]);

    fn keys() -> [SecretKey; 4] {
        [101, 102, 103, 104].map(secret)
    }

    fn set() -> AuthoritySet {
        AuthoritySet::new(Bounded::first_of(keys().map(|key| key.public()))).expect("four")
    }

    fn certificate(phase: Phase, places: &[u8]) -> Certificate {
        let (slot, block) = (Slot::new(9), BlockHash::new([9; 32]));
        let sign = |place: &u8| {
            let key = &keys()[usize::from(*place) % 4];
            (*place, Ballot::new(phase, (slot, block), &CHAIN, key).signature)
        };
        let signatures = Bounded::first_of(places.iter().map(sign));
        Certificate { phase, slot, block, signatures }
    }

    fn verify(certificate: &Certificate) -> Result<(), CertificateError> {
        certificate.verify(&set(), &CHAIN, &())
    }

    #[test]
    fn a_quorum_of_distinct_authorities_certifies() {
        // SPEC F-1, F-3
        for phase in Phase::ALL {
            assert_eq!(verify(&certificate(phase, &[0, 1, 2])), Ok(()));
            assert_eq!(verify(&certificate(phase, &[0, 2, 3])), Ok(()));
        }
        for places in [&[1, 3][..], &[0, 1, 2, 3]] {
            let (count, quorum) = (places.len(), 3);
            let refused = verify(&certificate(Phase::Vote, places));
            assert_eq!(refused, Err(CertificateError::Count { count, quorum }));
        }
        for places in [&[0, 1, 1][..], &[1, 0, 2], &[0, 1, 4]] {
            let refused = verify(&certificate(Phase::Commit, places));
            assert_eq!(refused, Err(CertificateError::Signers), "{places:?}");
        }
    }

    #[test]
    fn votes_are_no_commits_and_no_signature_is_taken_unseen() {
        // SPEC F-2, F-3
        let votes = certificate(Phase::Vote, &[0, 1, 2]);
        let as_commits = Certificate { phase: Phase::Commit, ..votes.clone() };
        assert_eq!(verify(&as_commits), Err(CertificateError::BadSignature { place: 0 }));
        let mut one_forged = votes.signatures.clone().into_vec();
        one_forged[2].1 = one_forged[1].1;
        let forged = Certificate { signatures: Bounded::first_of(one_forged), ..votes };
        assert_eq!(verify(&forged), Err(CertificateError::BadSignature { place: 2 }));
    }
}
