//! The names of refusals, as the API gives them.

use coinage_protocol::{ExpiryError, LedgerError, Refusal, TransactionError};

/// The name of a reason for which a node does not take a transaction.
pub(super) fn refusal(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Ledger(error) => ledger(error),
        Refusal::Expiry(ExpiryError::Expired { .. }) => "expired",
        Refusal::Expiry(ExpiryError::TooFarAhead { .. }) => "too_far_ahead",
        Refusal::PoolFull => "full",
    }
}

/// The name of a fault that a transaction has whatever the state; a story can make only these.
pub(super) fn fault(error: &TransactionError) -> &'static str {
    match error {
        TransactionError::ZeroAmount => "zero_amount",
        TransactionError::ToSelf => "to_self",
        TransactionError::SupplyAboveCap { .. } => "supply_above_cap",
        TransactionError::NeverAnyUnits => "never_any_units",
        _ => "malformed",
    }
}

fn ledger(error: &LedgerError) -> &'static str {
    match error {
        LedgerError::InsufficientBalance { .. } => "insufficient_balance",
        LedgerError::UnknownToken { .. } => "unknown_token",
        LedgerError::SymbolTaken { .. } => "symbol_taken",
        LedgerError::NotACreator { .. } => "not_a_creator",
        LedgerError::NotTheIssuer { .. } => "not_the_issuer",
        LedgerError::IssuanceClosed { .. } => "issuance_closed",
        LedgerError::CapExceeded { .. } => "cap_exceeded",
        LedgerError::TooManyBalances { .. } => "too_many_balances",
        LedgerError::TooManyTokens { .. } => "too_many_tokens",
    }
}
