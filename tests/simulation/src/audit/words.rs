//! Names of refusals, to count them by: those of the API, with blanks.

use coinage_protocol::{ExpiryError, LedgerError, PolicyReason, Refusal};

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
            LedgerError::LooksLike { .. } => "looks like another",
            LedgerError::HiddenCharacter { .. } => "hidden character",
            LedgerError::NoCharters => "no charters",
            LedgerError::TooManyCharters { .. } => "too many charters",
            LedgerError::TooManyStandings { .. } => "too many standings",
            LedgerError::Policy(refusal) => by_charter(&refusal.reason),
        },
    }
}

fn by_charter(reason: &PolicyReason) -> &'static str {
    match reason {
        PolicyReason::NotEntitled { .. } => "not entitled",
        PolicyReason::OtherClause => "other clause",
        PolicyReason::NoIssuer => "no issuer",
        PolicyReason::TooEarly => "too early",
        PolicyReason::TooLate => "too late",
        PolicyReason::Frozen { .. } => "frozen",
        PolicyReason::NoWay { .. } => "no way",
        PolicyReason::NotAReceiver { .. } => "not a receiver",
        PolicyReason::Limit { .. } => "above a limit",
        PolicyReason::NotWhole { .. } => "no whole number",
        PolicyReason::RoleFull { .. } => "role full",
        PolicyReason::NothingChanges => "nothing changes",
        PolicyReason::NothingToFreeze { .. } => "nothing to freeze",
        PolicyReason::OwesLess { .. } => "owes less",
        PolicyReason::Owes { .. } => "owes",
        PolicyReason::OutOfBounds { .. } => "out of bounds",
        PolicyReason::Notice { .. } => "without notice",
    }
}
