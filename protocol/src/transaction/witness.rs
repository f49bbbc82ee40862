//! Witnesses: who agrees, by revealed locks and signatures.

use serde::{Deserialize, Serialize};

use super::TransactionError;
use crate::bounded::Bounded;
use crate::keys::{PublicKey, Signature};
use crate::limits::{THRESHOLD_KEYS_MAX, WITNESSES_MAX};
use crate::lock::Lock;

/// The witnesses of a transaction, in strictly increasing order of their addresses (SPEC T-4).
pub type Witnesses = Bounded<Witness, WITNESSES_MAX>;

/// The consent of one address: the lock behind the address, and signatures that open it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Witness {
    /// The lock whose hash is the address.
    pub lock: Lock,
    /// Exactly as many signatures as the lock requires, in the order of its keys (SPEC T-4).
    pub signatures: Bounded<KeySignature, THRESHOLD_KEYS_MAX>,
}

/// A signature over the transaction id, and which of the lock's keys made it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeySignature {
    /// The position of the key in the lock, from 0.
    pub key: u8,
    /// Signature of the key.
    pub signature: Signature,
}

impl Witness {
    /// The claims to verify, if the signatures are as many as required and in key order.
    pub(super) fn claims(
        &self,
    ) -> Result<impl Iterator<Item = (&PublicKey, &Signature)>, TransactionError> {
        let required = usize::from(self.lock.required());
        if self.signatures.len() != required {
            return Err(TransactionError::SignatureCount {
                address: self.lock.address(),
                got: self.signatures.len(),
                required,
            });
        }
        let keys = self.lock.keys();
        let in_order = self.signatures.is_sorted_by(|one, next| one.key < next.key);
        let in_range = self.signatures.iter().all(|one| usize::from(one.key) < keys.len());
        if !in_order || !in_range {
            return Err(TransactionError::SignatureOrder { address: self.lock.address() });
        }
        let signatures = self.signatures.iter();
        Ok(signatures
            .filter_map(|one| keys.get(usize::from(one.key)).map(|key| (key, &one.signature))))
    }
}
