//! Quorums: how many authorities must agree, and their signatures (SPEC F-1).

use super::AuthoritySet;
use crate::keys::Signature;
use crate::verified::{Verified, verifies};

/// Number of authorities, of so many, that must agree: more than two thirds (SPEC F-1).
///
/// Two quorums of one set share more members than there are traitors, if those are fewer than a
/// third.
pub const fn quorum(authorities: usize) -> usize {
    // At most 64 authorities: nothing overflows.
    authorities.saturating_mul(2).saturating_div(3).saturating_add(1)
}

/// The reason why signatures are no approval by a quorum. Blame: whoever shows them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateError {
    /// There are fewer signatures than a quorum has, or more: one block has certificates of one
    /// length, so that headers are bounded.
    #[error("{count} signatures, a quorum has {quorum}")]
    Count {
        /// Number of signatures that there are.
        count: usize,
        /// Number of signatures that a quorum has.
        quorum: usize,
    },
    /// A place that no authority has, or places that are not in increasing order.
    #[error("the signers are not distinct authorities in their order")]
    Signers,
    /// A signature that is not its signer's for this.
    #[error("signature {place} is not that authority's for this")]
    BadSignature {
        /// Place of the signer among the authorities, from 0.
        place: u8,
    },
}

/// Checks that these are the signatures of exactly a quorum of a set, in the order of their turns,
/// but for those that are known, and remembers the others.
pub(crate) fn verify_quorum(
    signatures: &[(u8, Signature)],
    set: &AuthoritySet,
    message: &[u8],
    verified: &impl Verified,
) -> Result<(), CertificateError> {
    let (count, quorum) = (signatures.len(), quorum(set.len()));
    if count != quorum {
        return Err(CertificateError::Count { count, quorum });
    }
    if !signatures.is_sorted_by(|(one, _), (next, _)| one < next) {
        return Err(CertificateError::Signers);
    }
    for (place, signature) in signatures {
        let key = set.keys().get(usize::from(*place)).ok_or(CertificateError::Signers)?;
        if !verifies(verified, key, signature, message) {
            return Err(CertificateError::BadSignature { place: *place });
        }
    }
    Ok(())
}

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
