//! Signatures that were verified before, so that nobody verifies them again: a block's transactions
//! have mostly come by gossip already.
//!
//! Only what held is remembered, by a hash of everything that was verified. So a memory changes how
//! long a check takes and never what it says, whatever it has forgotten.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::mem;

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::keys::{PublicKey, Signature, SignatureBatch};
use crate::limits::VERIFIED_MAX;

/// Names the claim that a signature is a key's over a message.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Claim([u8; 32]);

impl Claim {
    /// The claim that `signature` is `key`'s over `message`.
    pub fn new(key: &PublicKey, signature: &Signature, message: &[u8]) -> Self {
        // It never leaves the process, so it has no tag; the message, of any length, comes last.
        let mut hasher = Sha256::new();
        hasher.update(key.as_bytes());
        hasher.update(signature.as_bytes());
        hasher.update(message);
        Self(hasher.finalize().into())
    }
}

/// A memory of claims that hold.
pub trait Verified {
    /// Checks whether this claim was noted and is not forgotten.
    fn knows(&self, claim: &Claim) -> bool;

    /// Notes that these claims hold.
    fn note(&self, claims: &[Claim]);
}

/// The memory that remembers nothing.
impl Verified for () {
    fn knows(&self, _: &Claim) -> bool {
        false
    }

    fn note(&self, _: &[Claim]) {}
}

/// The memory of a single thread.
impl Verified for RefCell<VerifiedTable> {
    fn knows(&self, claim: &Claim) -> bool {
        self.borrow().knows(claim)
    }

    fn note(&self, claims: &[Claim]) {
        self.borrow_mut().note(claims);
    }
}

/// The last claims that were noted: at least half of [`VERIFIED_MAX`], at most all of it.
#[derive(Debug, Default)]
pub struct VerifiedTable {
    young: BTreeSet<Claim>,
    old: BTreeSet<Claim>,
}

impl VerifiedTable {
    /// A table that knows nothing.
    pub const fn new() -> Self {
        Self { young: BTreeSet::new(), old: BTreeSet::new() }
    }

    /// Checks whether this claim was noted and is not forgotten.
    pub fn knows(&self, claim: &Claim) -> bool {
        self.young.contains(claim) || self.old.contains(claim)
    }

    /// Notes that these claims hold.
    pub fn note(&mut self, claims: &[Claim]) {
        for claim in claims {
            if self.young.len() >= VERIFIED_MAX / 2 {
                self.old = mem::take(&mut self.young);
            }
            self.young.insert(*claim);
        }
    }

    /// Number of claims that the table holds.
    pub fn len(&self) -> usize {
        self.young.len().saturating_add(self.old.len())
    }

    /// Checks whether the table knows nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Claims of which those that are not known are verified together.
pub(crate) struct Claims<'a, V> {
    verified: &'a V,
    batch: SignatureBatch,
    new: Vec<Claim>,
}

impl<'a, V: Verified> Claims<'a, V> {
    pub(crate) fn new(verified: &'a V) -> Self {
        Self { verified, batch: SignatureBatch::default(), new: Vec::new() }
    }

    pub(crate) fn add(&mut self, key: &PublicKey, signature: &Signature, message: &[u8]) {
        let claim = Claim::new(key, signature, message);
        if !self.verified.knows(&claim) {
            self.batch.add(key, signature, message);
            self.new.push(claim);
        }
    }

    /// Checks whether every claim holds; if so, all are noted. `random` as for [`SignatureBatch`].
    pub(crate) fn hold(self, random: impl CryptoRng) -> bool {
        let hold = self.new.is_empty() || self.batch.verifies(random);
        if hold {
            self.verified.note(&self.new);
        }
        hold
    }
}

/// Checks whether a signature is a key's over a message, by memory or anew.
pub(crate) fn verifies(
    verified: &impl Verified,
    key: &PublicKey,
    signature: &Signature,
    message: &[u8],
) -> bool {
    let claim = Claim::new(key, signature, message);
    if verified.knows(&claim) {
        return true;
    }
    let holds = key.verifies(signature, message);
    if holds {
        verified.note(&[claim]);
    }
    holds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;

    fn claim(number: usize) -> Claim {
        let key = PublicKey::try_from(*SecretKey::new([1; 32]).public().as_bytes());
        let signature = Signature::new([0; 64]);
        Claim::new(&key.expect("a key"), &signature, &number.to_le_bytes())
    }

    #[test]
    fn a_claim_names_key_signature_and_message() {
        let keys = [[1; 32], [2; 32]].map(|seed| SecretKey::new(seed).public());
        let signatures = [[1; 64], [2; 64]].map(Signature::new);
        let mut all = BTreeSet::new();
        for key in &keys {
            for signature in &signatures {
                for message in [&b"one"[..], b"two", b""] {
                    all.insert(Claim::new(key, signature, message));
                }
            }
        }
        assert_eq!(all.len(), 12);
    }

    #[test]
    fn the_last_half_is_known_and_no_more_than_all_is_kept() {
        let mut table = VerifiedTable::new();
        let many = 2 * VERIFIED_MAX + 100;
        for number in 0..many {
            table.note(&[claim(number)]);
            assert!(table.len() <= VERIFIED_MAX);
        }
        assert!((many - VERIFIED_MAX / 2..many).all(|number| table.knows(&claim(number))));
        assert!(!table.knows(&claim(0)) && !table.knows(&claim(many)));
        assert_eq!((table.len(), table.is_empty()), (VERIFIED_MAX / 2 + 100, false));
    }

    #[test]
    fn what_does_not_hold_is_not_noted() {
        let (table, key) = (RefCell::new(VerifiedTable::new()), SecretKey::new([1; 32]));
        let good = key.sign(b"m");
        assert!(!verifies(&table, &key.public(), &good, b"n"));
        assert!(table.borrow().is_empty());
        assert!(verifies(&table, &key.public(), &good, b"m"));
        assert_eq!(table.borrow().len(), 1);
        assert!(!verifies(&table, &key.public(), &Signature::new([0; 64]), b"m"));
        assert!(verifies(&table, &key.public(), &good, b"m"), "by memory");
        assert!(Verified::knows(&table, &Claim::new(&key.public(), &good, b"m")));
    }
}
