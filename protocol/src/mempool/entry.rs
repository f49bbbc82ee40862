//! A waiting transaction, who pays for its place, and what its standing depends on.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::MempoolContext;
use crate::ledger::{Key, LedgerError, Rules};
use crate::lock::Address;
use crate::transaction::{Action, Body, CheckedTransaction, Footprint};

/// A waiting transaction.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) transaction: Arc<CheckedTransaction>,
    /// Reason for waiting; `None` if the transaction can be included now.
    pub(super) waits_for: Option<LedgerError>,
    /// Place in the order of arrival.
    pub(super) arrival: u64,
    /// Address whose share of the pool the transaction takes.
    pub(super) payer: Address,
    /// True if no leader has tried the transaction in vain: it waits only for a place in a block.
    pub(super) untried: bool,
    /// Keys of entries after whose change to look at the transaction again.
    pub(super) watched: Vec<Key>,
}

/// The share that all transactions take together of which nobody has anything to lose (SPEC P-3).
const NOBODY: Address = Address::new([0; 32]);

/// The first of those who agreed to the transaction that has something of what it gives, or may
/// issue what it issues (SPEC P-3). Addresses are free, so a share must take more than that.
pub(super) fn payer(body: &Body, ground: MempoolContext<'_>) -> Address {
    let fee = ground.rules.fee.map(|fee| Key::Balance(body.sender, fee.token));
    let balances = fee.into_iter().chain(debits(body));
    let mut funded = balances.filter_map(|key| match key {
        Key::Balance(address, token) => {
            (!ground.state.balance(address, token).is_zero()).then_some(address)
        }
        Key::Token(_) | Key::Deposit(..) => None,
    });
    let mut issuers = body.actions.iter().filter_map(|action| {
        let record = ground.state.token(action.token())?;
        record.issuer.filter(|issuer| action.footprint().issuer == Some(*issuer))
    });
    funded.next().or_else(|| issuers.next()).unwrap_or(NOBODY)
}

/// The entries of the state whose change can change the transaction's standing.
pub(super) fn watched(body: &Body, waits_for: Option<&LedgerError>, rules: &Rules) -> Vec<Key> {
    match waits_for {
        Some(LedgerError::InsufficientBalance { address, token, .. }) => {
            alloc::vec![Key::Balance(*address, *token)]
        }
        Some(LedgerError::PlaceTooDear { token, .. }) => {
            alloc::vec![Key::Balance(body.sender, *token)]
        }
        Some(
            LedgerError::UnknownToken { token }
            | LedgerError::SymbolTaken { token }
            | LedgerError::NotTheIssuer { token, .. }
            | LedgerError::IssuanceClosed { token }
            | LedgerError::CapExceeded { token, .. },
        ) => alloc::vec![Key::Token(*token)],
        Some(
            LedgerError::NotACreator { .. }
            | LedgerError::TooManyBalances { .. }
            | LedgerError::TooManyTokens { .. }
            | LedgerError::TooMuchGrowth { .. },
        ) => Vec::new(),
        None => {
            let fee = rules.fee.map(|fee| Key::Balance(body.sender, fee.token));
            let records = footprints(body).filter_map(|action| action.record.map(Key::Token));
            fee.into_iter().chain(debits(body)).chain(records).collect()
        }
    }
}

fn footprints(body: &Body) -> impl Iterator<Item = Footprint> {
    body.actions.iter().map(Action::footprint)
}

/// The balances that the actions of a transaction take from.
fn debits(body: &Body) -> impl Iterator<Item = Key> {
    let moved = footprints(body).filter_map(|action| action.movement);
    moved.filter_map(|moved| moved.from.map(|from| Key::Balance(from, moved.token)))
}
