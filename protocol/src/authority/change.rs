//! Changes of the authorities: one key at a time, approved by a quorum (SPEC B-11).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{AuthoritySet, CertificateError, verify_quorum};
use crate::bounded::Bounded;
use crate::codec::encode;
use crate::hash::{AuthoritiesHash, BlockHash, ChainId, Tag, tagged};
use crate::keys::{PublicKey, SecretKey, Signature};
use crate::limits::AUTHORITIES_MAX;
use crate::verified::{Verified, verifies};

/// A change of the authorities by one key, with the signatures that approve it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AuthorityChange {
    /// Commits to the authorities that it changes.
    pub authorities: AuthoritiesHash,
    /// The block that holds the change before this one, or block 0: approved once, it is made once.
    pub follows: BlockHash,
    /// The change itself.
    pub step: AuthorityStep,
    /// Signatures of the authorities that it changes, each with the place of its signer, from 0, in
    /// increasing order.
    pub signatures: Bounded<(u8, Signature), AUTHORITIES_MAX>,
    /// Signature of the key that is added; its node gives it once it follows the chain.
    pub newcomer: Option<Signature>,
}

/// The key that joins or leaves.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum AuthorityStep {
    /// The key becomes an authority, the last one in the order of turns.
    Add {
        /// Key of the newcomer.
        key: PublicKey,
    },
    /// The key is no authority any more.
    Remove {
        /// Key of the authority.
        key: PublicKey,
    },
}

/// The reason why a change cannot be made. Blame: whoever shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChangeError {
    /// The change is of other authorities than those that it is checked by.
    #[error("it changes other authorities than these")]
    OtherAuthorities,
    /// The key to add is an authority's already.
    #[error("the key to add is an authority's already")]
    Present,
    /// The key to remove is no authority's.
    #[error("the key to remove is no authority's")]
    Absent,
    /// There would be more authorities than there may be.
    #[error("there are at most 64 authorities")]
    Full,
    /// There would be no authority left.
    #[error("the last authority stays")]
    Nobody,
    /// Not a quorum approved it.
    #[error("its approval: {0}")]
    Approval(#[from] CertificateError),
    /// The newcomer has not signed, did not sign this, or there is none.
    #[error("the key that is added has not signed it, or nobody is added")]
    Newcomer,
}

impl AuthorityStep {
    /// The key that joins or leaves.
    pub const fn key(&self) -> &PublicKey {
        match self {
            Self::Add { key } | Self::Remove { key } => key,
        }
    }
}

impl AuthorityChange {
    /// A change that nobody has approved yet.
    pub fn proposed(set: &AuthoritySet, follows: BlockHash, step: AuthorityStep) -> Self {
        let (authorities, signatures) = (set.hash(), Bounded::default());
        Self { authorities, follows, step, signatures, newcomer: None }
    }

    /// The bytes that are signed (SPEC B-11).
    fn message(&self, chain: &ChainId) -> [u8; 32] {
        let parts: [&[u8]; 4] = [
            chain.as_bytes(),
            self.authorities.as_bytes(),
            self.follows.as_bytes(),
            &encode(&self.step),
        ];
        tagged(Tag::AuthorityChange, &parts)
    }

    /// Signs the change.
    pub fn sign(&self, chain: &ChainId, key: &SecretKey) -> Signature {
        key.sign(&self.message(chain))
    }

    /// The change with one more authority's approval; `None` if the key is none of these.
    #[must_use]
    pub fn approved_by(
        mut self,
        set: &AuthoritySet,
        chain: &ChainId,
        key: &SecretKey,
    ) -> Option<Self> {
        let public = key.public();
        let place = set.keys().iter().zip(0_u8..).find(|(one, _)| **one == public)?.1;
        let signature = self.sign(chain, key);
        let others = self.signatures.iter().copied().filter(|(one, _)| *one != place);
        let mut signed: Vec<_> = others.chain([(place, signature)]).collect();
        signed.sort_unstable_by_key(|(place, _)| *place);
        self.signatures = Bounded::first_of(signed);
        Some(self)
    }

    /// Checks whether the newcomer has still to sign.
    pub fn lacks_newcomer(&self) -> bool {
        matches!(self.step, AuthorityStep::Add { .. }) && self.newcomer.is_none()
    }

    /// Checks that exactly a quorum of these authorities approved the change, and that the newcomer
    /// signed it if it has signed at all, but for signatures that are known, and remembers the
    /// others; gives back the set to which it leads (SPEC B-11).
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn verify(
        &self,
        set: &AuthoritySet,
        chain: &ChainId,
        verified: &impl Verified,
    ) -> Result<AuthoritySet, ChangeError> {
        if self.authorities != set.hash() {
            return Err(ChangeError::OtherAuthorities);
        }
        let after = set.after(&self.step)?;
        let message = self.message(chain);
        verify_quorum(&self.signatures, set, &message, verified)?;
        match (&self.step, &self.newcomer) {
            (_, None) => Ok(after),
            (AuthorityStep::Add { key }, Some(signature))
                if verifies(verified, key, signature, &message) =>
            {
                Ok(after)
            }
            _ => Err(ChangeError::Newcomer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::secret;

    const CHAIN: ChainId = ChainId::new([1; 32]);

    fn set() -> AuthoritySet {
        let keys = [101, 102, 103, 104].map(|n| secret(n).public());
        AuthoritySet::new(Bounded::first_of(keys)).expect("four")
    }

    fn change(step: AuthorityStep, signers: &[u8]) -> AuthorityChange {
        let proposed = AuthorityChange::proposed(&set(), BlockHash::default(), step);
        signers.iter().fold(proposed, |change, signer| {
            change.approved_by(&set(), &CHAIN, &secret(*signer)).expect("an authority")
        })
    }

    fn add(seed: u8) -> AuthorityStep {
        AuthorityStep::Add { key: secret(seed).public() }
    }

    fn remove(seed: u8) -> AuthorityStep {
        AuthorityStep::Remove { key: secret(seed).public() }
    }

    #[test]
    fn a_quorum_of_the_old_set_adds_one_at_the_end_or_removes_one() {
        // SPEC B-11
        let added = change(add(105), &[104, 101, 103]).verify(&set(), &CHAIN, &()).expect("three");
        assert_eq!(added.len(), 5);
        assert_eq!(added.keys().last(), Some(&secret(105).public()));
        let removed = change(remove(102), &[101, 102, 103]);
        let removed = removed.verify(&set(), &CHAIN, &()).expect("three");
        assert_eq!(removed.keys().to_vec(), [101, 103, 104].map(|n| secret(n).public()));
        assert_eq!(set().after(&add(103)), Err(ChangeError::Present));
        assert_eq!(set().after(&remove(7)), Err(ChangeError::Absent));
        let mut many = set();
        for seed in 1..=60 {
            many = many.after(&add(seed)).expect("room");
        }
        assert_eq!(many.after(&add(61)), Err(ChangeError::Full));
        let one = AuthoritySet::new(Bounded::first_of([secret(9).public()])).expect("one");
        assert_eq!(one.after(&remove(9)), Err(ChangeError::Nobody));
    }

    #[test]
    fn an_approval_is_for_one_step_from_one_set_after_one_change_on_one_chain() {
        // SPEC B-11
        let good = change(add(105), &[101, 102, 103]);
        let verify = |change: &AuthorityChange| change.verify(&set(), &CHAIN, &());
        assert!(verify(&good).is_ok());
        let few = change(add(105), &[101, 102]);
        assert!(matches!(verify(&few), Err(ChangeError::Approval(_))));
        let many = change(add(105), &[101, 102, 103, 104]);
        assert!(matches!(verify(&many), Err(ChangeError::Approval(_))));
        let wrong = [
            AuthorityChange { step: add(106), ..good.clone() },
            AuthorityChange { step: remove(104), ..good.clone() },
            AuthorityChange { follows: BlockHash::new([1; 32]), ..good.clone() },
        ];
        for wrong in wrong {
            assert!(matches!(verify(&wrong), Err(ChangeError::Approval(_))), "{wrong:?}");
        }
        assert!(good.verify(&set(), &ChainId::default(), &()).is_err());
        let other = set().after(&remove(104)).expect("there");
        assert_eq!(good.verify(&other, &CHAIN, &()), Err(ChangeError::OtherAuthorities));
    }

    #[test]
    fn the_newcomer_signs_for_itself() {
        // SPEC B-11
        let good = change(add(105), &[101, 102, 103]);
        assert!(good.lacks_newcomer());
        let signed = |seed: u8| Some(good.sign(&CHAIN, &secret(seed)));
        let joined = AuthorityChange { newcomer: signed(105), ..good.clone() };
        assert!(joined.verify(&set(), &CHAIN, &()).is_ok() && !joined.lacks_newcomer());
        let forged = AuthorityChange { newcomer: signed(101), ..good.clone() };
        assert_eq!(forged.verify(&set(), &CHAIN, &()), Err(ChangeError::Newcomer));
        let leaves = change(remove(101), &[101, 102, 103]);
        assert!(!leaves.lacks_newcomer());
        let with = AuthorityChange { newcomer: signed(105), ..leaves };
        assert_eq!(with.verify(&set(), &CHAIN, &()), Err(ChangeError::Newcomer));
    }
}
