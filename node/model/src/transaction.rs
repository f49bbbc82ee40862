//! Transactions in JSON.

use coinage_protocol::limits::{
    ACTIONS_MAX, MEMO_BYTES_MAX, NAME_BYTES_MAX, THRESHOLD_KEYS_MAX, WITNESSES_MAX,
};
use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, CreateToken, KeySignature, Lock, PublicKey, Signature,
    Symbol, Text, Threshold, ThresholdError, Transaction, Witness,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Spelled;
use super::{schema, text, time};

/// A transaction.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransactionJson {
    /// What is to happen.
    pub body: BodyJson,
    /// Who agrees, in strictly increasing order of addresses.
    #[schema(value_type = Vec<WitnessJson>, max_items = 65)]
    pub witnesses: Bounded<WitnessJson, WITNESSES_MAX>,
}

/// What is to happen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BodyJson {
    /// Who sends it.
    #[serde(with = "text")]
    #[schema(value_type = schema::Address)]
    pub sender: Address,
    /// Any number; makes two otherwise equal payments two transactions.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub salt: u64,
    /// The last block time at which it may be included, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub expires_at: u64,
    /// What happens, in this order.
    #[schema(value_type = Vec<ActionJson>, max_items = 64)]
    pub actions: Bounded<ActionJson, ACTIONS_MAX>,
    /// Public words.
    #[serde(default)]
    #[schema(value_type = schema::Memo)]
    pub memo: Text<MEMO_BYTES_MAX>,
}

/// One step of a transaction.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActionJson {
    /// The sender creates a token.
    CreateToken {
        /// Its symbol.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Its name for people.
        #[schema(value_type = schema::Name)]
        name: Text<NAME_BYTES_MAX>,
        /// Where people put the decimal point.
        #[schema(maximum = 18)]
        decimals: u8,
        /// The most base units that may be outstanding.
        #[serde(default, with = "text::option")]
        #[schema(value_type = Option<schema::Amount>)]
        cap: Option<Amount>,
        /// Who may mint; `null` closes issuance from the start.
        #[serde(with = "text::option")]
        #[schema(value_type = Option<schema::Address>, required)]
        issuer: Option<Address>,
        /// How much exists at first.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        supply: Amount,
        /// Who has it at first.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        to: Address,
    },
    /// The issuer brings more into being.
    Mint {
        /// The token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Its issuer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        issuer: Address,
        /// Who receives.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        to: Address,
        /// How much.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// An owner gives to another.
    Transfer {
        /// The token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Who gives.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        from: Address,
        /// Who receives.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        to: Address,
        /// How much.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// An owner destroys what it has.
    Burn {
        /// The token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Who gives it up.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        from: Address,
        /// How much.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// The issuer passes its right on.
    SetIssuer {
        /// The token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Its present issuer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        issuer: Address,
        /// Its next issuer; `null`, which must be said, closes issuance for ever.
        #[serde(with = "text::option")]
        #[schema(value_type = Option<schema::Address>, required)]
        new: Option<Address>,
    },
}

/// One address's consent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessJson {
    /// The lock behind the address.
    pub lock: LockJson,
    /// As many signatures as it requires, in the order of its keys.
    #[schema(value_type = Vec<SignatureJson>, max_items = 16)]
    pub signatures: Bounded<SignatureJson, THRESHOLD_KEYS_MAX>,
}

/// Who must sign to act for an address.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LockJson {
    /// The holder of one key.
    Key {
        /// The key.
        #[serde(with = "text")]
        #[schema(value_type = schema::Key)]
        key: PublicKey,
    },
    /// Some holders of several keys together.
    Threshold {
        /// How many must sign.
        required: u8,
        /// The keys, strictly increasing.
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
    /// Its signature over the transaction id.
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
            expires_at: body.expires_at,
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
            expires_at: json.expires_at,
            actions: Bounded::first_of(actions),
            memo: json.memo,
        }
    }
}

impl From<&Action> for ActionJson {
    fn from(action: &Action) -> Self {
        match action.clone() {
            Action::CreateToken(create) => {
                let CreateToken { token, name, decimals, cap, issuer, supply, to } = create;
                Self::CreateToken { token, name, decimals, cap, issuer, supply, to }
            }
            Action::Mint { token, issuer, to, amount } => Self::Mint { token, issuer, to, amount },
            Action::Transfer { token, from, to, amount } => {
                Self::Transfer { token, from, to, amount }
            }
            Action::Burn { token, from, amount } => Self::Burn { token, from, amount },
            Action::SetIssuer { token, issuer, new } => Self::SetIssuer { token, issuer, new },
        }
    }
}

impl From<ActionJson> for Action {
    fn from(json: ActionJson) -> Self {
        match json {
            ActionJson::CreateToken { token, name, decimals, cap, issuer, supply, to } => {
                Self::CreateToken(CreateToken { token, name, decimals, cap, issuer, supply, to })
            }
            ActionJson::Mint { token, issuer, to, amount } => {
                Self::Mint { token, issuer, to, amount }
            }
            ActionJson::Transfer { token, from, to, amount } => {
                Self::Transfer { token, from, to, amount }
            }
            ActionJson::Burn { token, from, amount } => Self::Burn { token, from, amount },
            ActionJson::SetIssuer { token, issuer, new } => Self::SetIssuer { token, issuer, new },
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
