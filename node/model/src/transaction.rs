//! Forms of transactions in JSON.

use coinage_protocol::limits::{ACTIONS_MAX, MEMO_BYTES_MAX, THRESHOLD_KEYS_MAX, WITNESSES_MAX};
use coinage_protocol::{
    Action, Address, Body, Bounded, KeySignature, Lock, PublicKey, Signature, Text, Threshold,
    ThresholdError, Transaction, UnixMillis, Witness,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use super::action::ActionJson;
use super::text::Spelled;
use super::{schema, text, time};

/// A transaction: what is to happen, and the consent of those whom it concerns.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransactionJson {
    /// Body of the transaction: what is to happen.
    pub body: BodyJson,
    /// Witnesses: who agrees, in strictly increasing order of addresses.
    #[schema(value_type = Vec<WitnessJson>, max_items = 65)]
    pub witnesses: Bounded<WitnessJson, WITNESSES_MAX>,
}

/// Body of a transaction: what is to happen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BodyJson {
    /// Address of the sender.
    #[serde(with = "text")]
    #[schema(value_type = schema::Address)]
    pub sender: Address,
    /// Any number: makes two otherwise equal payments two transactions.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub salt: u64,
    /// Last block time at which the transaction may be included: RFC 3339, or milliseconds since
    /// 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub expires_at: u64,
    /// Actions of the transaction, in this order.
    #[schema(value_type = Vec<ActionJson>, max_items = 64)]
    pub actions: Bounded<ActionJson, ACTIONS_MAX>,
    /// Words for the public, which the chain keeps.
    #[serde(default)]
    #[schema(value_type = schema::Memo)]
    pub memo: Text<MEMO_BYTES_MAX>,
}

/// The consent of one address.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessJson {
    /// The lock behind the address.
    pub lock: LockJson,
    /// Signatures, as many as the lock requires, in the order of its keys.
    #[schema(value_type = Vec<SignatureJson>, max_items = 16)]
    pub signatures: Bounded<SignatureJson, THRESHOLD_KEYS_MAX>,
}

/// Keys whose holders must sign to act for an address.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LockJson {
    /// The holder of one key.
    Key {
        /// Public key of the holder.
        #[serde(with = "text")]
        #[schema(value_type = schema::Key)]
        key: PublicKey,
    },
    /// Some holders of several keys together.
    Threshold {
        /// Number of holders that must sign.
        required: u8,
        /// Keys of the holders, strictly increasing.
        #[schema(value_type = Vec<schema::Key>, max_items = 16)]
        keys: Bounded<Spelled<PublicKey>, THRESHOLD_KEYS_MAX>,
    },
}

/// A signature and which key of the lock made it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureJson {
    /// The position of the key in the lock, from 0.
    pub key: u8,
    /// Signature of the key over the transaction id.
    #[serde(with = "text")]
    #[schema(value_type = schema::Signature)]
    pub signature: Signature,
}

impl From<&Transaction> for TransactionJson {
    fn from(transaction: &Transaction) -> Self {
        let witnesses = transaction.witnesses.iter().map(WitnessJson::from);
        Self { body: (&transaction.body).into(), witnesses: Bounded::first_of(witnesses) }
    }
}

impl TryFrom<TransactionJson> for Transaction {
    type Error = ThresholdError;

    fn try_from(json: TransactionJson) -> Result<Self, ThresholdError> {
        let witnesses = json.witnesses.into_vec().into_iter().map(Witness::try_from);
        let witnesses = witnesses.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { body: json.body.into(), witnesses: Bounded::first_of(witnesses) })
    }
}

impl From<&Body> for BodyJson {
    fn from(body: &Body) -> Self {
        Self {
            sender: body.sender,
            salt: body.salt,
            expires_at: body.expires_at.get(),
            actions: Bounded::first_of(body.actions.iter().map(ActionJson::from)),
            memo: body.memo.clone(),
        }
    }
}

impl From<BodyJson> for Body {
    fn from(json: BodyJson) -> Self {
        let actions = json.actions.into_vec().into_iter().map(Action::from);
        Self {
            sender: json.sender,
            salt: json.salt,
            expires_at: UnixMillis::new(json.expires_at),
            actions: Bounded::first_of(actions),
            memo: json.memo,
        }
    }
}

impl From<&Witness> for WitnessJson {
    fn from(witness: &Witness) -> Self {
        let signatures = witness.signatures.iter();
        let signatures =
            signatures.map(|one| SignatureJson { key: one.key, signature: one.signature });
        Self { lock: (&witness.lock).into(), signatures: Bounded::first_of(signatures) }
    }
}

impl TryFrom<WitnessJson> for Witness {
    type Error = ThresholdError;

    fn try_from(json: WitnessJson) -> Result<Self, ThresholdError> {
        let signatures = json.signatures.iter();
        let signatures =
            signatures.map(|one| KeySignature { key: one.key, signature: one.signature });
        Ok(Self { lock: json.lock.try_into()?, signatures: Bounded::first_of(signatures) })
    }
}

impl From<&Lock> for LockJson {
    fn from(lock: &Lock) -> Self {
        match lock {
            Lock::Key(key) => Self::Key { key: *key },
            Lock::Threshold(_) => {
                let keys = lock.keys().iter().copied().map(Spelled);
                Self::Threshold { required: lock.required(), keys: Bounded::first_of(keys) }
            }
        }
    }
}

impl TryFrom<LockJson> for Lock {
    type Error = ThresholdError;

    fn try_from(json: LockJson) -> Result<Self, ThresholdError> {
        match json {
            LockJson::Key { key } => Ok(Self::Key(key)),
            LockJson::Threshold { required, keys } => {
                // The signatures name keys by position, so another order is another meaning.
                if !keys.is_sorted() {
                    return Err(ThresholdError::Order);
                }
                let keys = keys.iter().map(|key| key.0).collect();
                Threshold::new(required, keys).map(Self::Threshold)
            }
        }
    }
}

#[cfg(test)]
#[path = "transaction_tests.rs"]
mod tests;
