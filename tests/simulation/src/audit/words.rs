//! Names of refusals, to count them by: those of the API, with blanks.

use coinage_protocol::{ExpiryError, LedgerError, Refusal};

/// The name under which a refusal is counted.
pub(crate) fn name_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::PoolFull => "pool full",
        Refusal::Expiry(ExpiryError::Expired { .. }) => "expired",
        Refusal::Expiry(ExpiryError::TooFarAhead { .. }) => "too far ahead",
        Refusal::Ledger(error) => match error {
            LedgerError::InsufficientBalance { .. } => "insufficient balance",
            LedgerError::UnknownToken { .. } => "unknown token",
            LedgerError::SymbolTaken { .. } => "symbol taken",
            LedgerError::NotACreator { .. } => "not a creator",
            LedgerError::NotTheIssuer { .. } => "not the issuer",
            LedgerError::IssuanceClosed { .. } => "issuance closed",
            LedgerError::CapExceeded { .. } => "cap exceeded",
            LedgerError::TooManyBalances { .. } => "too many balances",
            LedgerError::PlaceTooDear { .. } => "place too dear",
            LedgerError::TooMuchGrowth { .. } => "too much growth",
            LedgerError::TooManyTokens { .. } => "too many tokens",
        },
    }
}
