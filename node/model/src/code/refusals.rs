//! Codes of what the rules, the ledger and the mempool refuse.

use coinage_protocol::{
    DecodeError, DropReason, ExpiryError, LedgerError, Refusal, ThresholdError, TransactionError,
    UnixMillis,
};
use serde_json::{Value, json};

use super::{Code, Coded};
use crate::time;

impl Coded for DecodeError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::TooLarge,
            Self::Malformed => Code::Malformed,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::TooLong { len, limit } => json!({ "have": len, "max": limit }),
            Self::Malformed => json!({}),
        }
    }
}

impl Coded for TransactionError {
    fn code(&self) -> Code {
        match self {
            Self::Decode(error) => error.code(),
            Self::TooLarge { .. } => Code::TooLarge,
            Self::NoAction => Code::NoAction,
            Self::ZeroAmount => Code::ZeroAmount,
            Self::ToSelf => Code::ToSelf,
            Self::Decimals { .. } => Code::BadDecimals,
            Self::SupplyAboveCap { .. } => Code::SupplyAboveCap,
            Self::NeverAnyUnits => Code::NeverAnyUnits,
            Self::TooManySignatures { .. } => Code::TooManySignatures,
            Self::MissingWitness { .. } => Code::MissingWitness,
            Self::SurplusWitness { .. } => Code::SurplusWitness,
            Self::WitnessOrder => Code::WitnessOrder,
            Self::SignatureCount { .. } => Code::SignatureCount,
            Self::SignatureOrder { .. } => Code::SignatureOrder,
            Self::BadSignature => Code::BadSignature,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Decode(error) => error.details(),
            Self::TooLarge { len, max } => json!({ "have": len, "max": max }),
            Self::Decimals { decimals } => json!({ "have": decimals, "max": 18 }),
            Self::SupplyAboveCap { supply, cap } => {
                json!({ "supply": supply.to_string(), "cap": cap.to_string() })
            }
            Self::TooManySignatures { got, max } => json!({ "have": got, "max": max }),
            Self::MissingWitness { address }
            | Self::SurplusWitness { address }
            | Self::SignatureOrder { address } => json!({ "address": address.to_string() }),
            Self::SignatureCount { address, got, required } => {
                json!({ "address": address.to_string(), "have": got, "need": required })
            }
            Self::NoAction
            | Self::ZeroAmount
            | Self::ToSelf
            | Self::NeverAnyUnits
            | Self::WitnessOrder
            | Self::BadSignature => json!({}),
        }
    }
}

impl Coded for ThresholdError {
    fn code(&self) -> Code {
        match self {
            Self::TooMany(_) | Self::Required { .. } => Code::BadThreshold,
            Self::Order | Self::Twice { .. } => Code::KeyOrder,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::TooMany(error) => json!({ "have": error.len, "max": error.max }),
            Self::Required { required, keys } => json!({ "required": required, "keys": keys }),
            Self::Twice { key } => json!({ "key": key.to_string() }),
            Self::Order => json!({}),
        }
    }
}

impl Coded for LedgerError {
    fn code(&self) -> Code {
        match self {
            Self::InsufficientBalance { .. } => Code::InsufficientBalance,
            Self::UnknownToken { .. } => Code::TokenUnknownHere,
            Self::SymbolTaken { .. } => Code::SymbolTaken,
            Self::NotACreator { .. } => Code::NotACreator,
            Self::NotTheIssuer { .. } => Code::NotTheIssuer,
            Self::IssuanceClosed { .. } => Code::IssuanceClosed,
            Self::CapExceeded { .. } => Code::CapExceeded,
            Self::TooManyBalances { .. } => Code::TooManyBalances,
            Self::PlaceTooDear { .. } => Code::PlaceTooDear,
            Self::TooMuchGrowth { .. } => Code::TooMuchGrowth,
            Self::TooManyTokens { .. } => Code::TooManyTokens,
            Self::LooksLike { .. } => Code::LooksLike,
            Self::HiddenCharacter { .. } => Code::HiddenCharacter,
            Self::NoCharters => Code::NoCharters,
            Self::TooManyCharters { .. } => Code::TooManyCharters,
            Self::TooManyStandings { .. } => Code::TooManyStandings,
            Self::Policy(refusal) => refusal.code(),
        }
    }

    fn retry(&self) -> bool {
        self.may_pass_until(UnixMillis::new(u64::MAX))
    }

    fn details(&self) -> Value {
        match self {
            Self::InsufficientBalance { address, token, have, need } => json!({
                "address": address.to_string(),
                "token": token,
                "have": have.to_string(),
                "need": need.to_string(),
            }),
            Self::UnknownToken { token }
            | Self::SymbolTaken { token }
            | Self::IssuanceClosed { token } => json!({ "token": token }),
            Self::NotACreator { address } => json!({ "address": address.to_string() }),
            Self::NotTheIssuer { token, named } => {
                json!({ "token": token, "named": named.to_string() })
            }
            Self::CapExceeded { token, supply, amount, cap } => json!({
                "token": token,
                "supply": supply.to_string(),
                "amount": amount.to_string(),
                "cap": cap.to_string(),
            }),
            Self::PlaceTooDear { token, have, need, used, max } => json!({
                "token": token,
                "have": have.to_string(),
                "need": need.to_string(),
                "used": used.to_string(),
                "max": max.to_string(),
            }),
            Self::TooMuchGrowth { new, max } => {
                json!({ "new": new.to_string(), "max": max.to_string() })
            }
            Self::TooManyBalances { max }
            | Self::TooManyTokens { max }
            | Self::TooManyCharters { max }
            | Self::TooManyStandings { max } => json!({ "max": max.to_string() }),
            Self::LooksLike { token, taken } => json!({ "token": token, "taken": taken }),
            Self::HiddenCharacter { at } => json!({ "at": at }),
            Self::NoCharters => json!({}),
            Self::Policy(refusal) => refusal.details(),
        }
    }

    fn worded(&self) -> Option<String> {
        if let Self::Policy(refusal) = self { refusal.worded() } else { None }
    }
}

impl Coded for ExpiryError {
    fn code(&self) -> Code {
        match self {
            Self::Expired { .. } => Code::Expired,
            Self::TooFarAhead { .. } => Code::TooFarAhead,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Expired { expires_at, block_time } => json!({
                "expires_at": time::format(expires_at.get()),
                "block_time": time::format(block_time.get()),
            }),
            Self::TooFarAhead { ahead, max } => {
                json!({ "ahead_ms": ahead.to_string(), "max_ms": max.to_string() })
            }
        }
    }

    fn worded(&self) -> Option<String> {
        Some(match self {
            Self::Expired { expires_at, block_time } => format!(
                "expired: valid until {}, the time of the next block is {}",
                time::format(expires_at.get()),
                time::format(block_time.get())
            ),
            Self::TooFarAhead { ahead, max } => format!(
                "valid for {} from the time of the next block, at most {} are allowed",
                time::span(*ahead),
                time::span(*max)
            ),
        })
    }
}

impl Coded for Refusal {
    fn retry(&self) -> bool {
        match self {
            Self::Ledger(error) => error.retry(),
            Self::Expiry(error) => error.retry(),
            Self::PoolFull => self.code().row().retry,
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Ledger(error) => error.code(),
            Self::Expiry(error) => error.code(),
            Self::PoolFull => Code::PoolFull,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Ledger(error) => error.details(),
            Self::Expiry(error) => error.details(),
            Self::PoolFull => json!({}),
        }
    }

    fn worded(&self) -> Option<String> {
        match self {
            Self::Expiry(error) => error.worded(),
            Self::Ledger(error) => error.worded(),
            Self::PoolFull => None,
        }
    }
}

impl Coded for DropReason {
    fn retry(&self) -> bool {
        match self {
            Self::Impossible(refusal) => refusal.retry(),
            Self::Expired | Self::Evicted => self.code().row().retry,
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Expired => Code::Expired,
            Self::Evicted => Code::PoolEvicted,
            Self::Impossible(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Expired | Self::Evicted => json!({}),
            Self::Impossible(refusal) => refusal.details(),
        }
    }

    fn worded(&self) -> Option<String> {
        match self {
            Self::Impossible(refusal) => refusal.worded(),
            Self::Expired | Self::Evicted => None,
        }
    }
}
