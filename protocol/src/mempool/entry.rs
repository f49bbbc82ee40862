//! A waiting transaction, who pays for its place, and what its standing depends on.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::MempoolContext;
use crate::ledger::{Key, LedgerError, Passes, counted};
use crate::lock::Address;
use crate::policy::{Charter, Clause, Term};
use crate::symbol::Symbol;
use crate::transaction::{Action, Body, CheckedTransaction, Footprint, MovementKind};
use crate::units::UnixMillis;

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

impl Entry {
    /// The time from which on a charter lets the transaction pass that it refuses now.
    pub(super) fn passes_at(&self) -> Option<UnixMillis> {
        match &self.waits_for {
            Some(LedgerError::Policy(refusal)) => match refusal.passes {
                Passes::At(time) => Some(time),
                Passes::Later | Passes::Never => None,
            },
            _ => None,
        }
    }
}

/// The share that all transactions take together of which nobody has anything to lose (SPEC P-3).
const NOBODY: Address = Address::new([0; 32]);

/// The first of those who agreed to the transaction that has something of what it gives, or may
/// issue what it issues (SPEC P-3). Addresses are free, so a share must take more than that.
pub(super) fn payer(body: &Body, ground: MempoolContext<'_>) -> Address {
    let fee = ground.rules.fee.map(|fee| (body.sender, fee.token));
    let given = footprints(body).filter_map(|action| {
        // Whoever an officer takes from did not agree.
        let moved = action.movement.filter(|moved| moved.kind != MovementKind::Move)?;
        Some((moved.from?, moved.token))
    });
    let mut funded = { fee.into_iter().chain(given) }
        .filter(|(address, token)| !ground.state.balance(*address, *token).is_zero());
    let mut officers = body.actions.iter().filter_map(|action| {
        let officer = action.footprint().officer?;
        is_somebody(officer, action.token(), ground).then_some(officer)
    });
    let funded = funded.next().map(|(address, _)| address);
    funded.or_else(|| officers.next()).unwrap_or(NOBODY)
}

/// Checks whether an address is the issuer of a token, or has a name or a role by its charter.
fn is_somebody(address: Address, token: Symbol, ground: MempoolContext<'_>) -> bool {
    let Some(record) = ground.state.token(token) else { return false };
    let named = |charter: &Charter| charter.accounts_of(address).next().is_some();
    record.issuer == Some(address)
        || record.charter.is_some()
            && (ground.state.charter(token).is_some_and(|charter| named(charter))
                || ground.state.standing(address, token).role.is_some())
}

/// Checks whether time alone can change the transaction's standing, other than by what a refusal
/// says of itself: an end or an amendment that comes, notice that gets short, a new period.
pub(super) fn turns_with_time(body: &Body, ground: MempoolContext<'_>) -> bool {
    let by_formula = |clause: &Clause| {
        // The formula of an issue is worked out anew when a period begins.
        let is_issue = matches!(clause, Clause::Issue { .. });
        clause.formula().is_some_and(|formula| is_issue || formula.has(|term| *term == Term::Days))
    };
    let turns = |clause: &Clause| {
        matches!(
            clause,
            Clause::End { .. }
                | Clause::NotFrom { .. }
                | Clause::Growth { .. }
                | Clause::Amend { .. }
        ) || by_formula(clause)
    };
    let mut charters =
        body.actions.iter().filter_map(|action| ground.state.charter(action.token()));
    charters.any(|charter| charter.clauses.iter().any(turns))
}

/// The entries of the state whose change can change the transaction's standing.
pub(super) fn watched(
    body: &Body,
    waits_for: Option<&LedgerError>,
    ground: MempoolContext<'_>,
) -> Vec<Key> {
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
        Some(LedgerError::Policy(refusal)) => {
            // What an account has matters where it may hold only so much, or is to be frozen.
            let accounts = body.touched().into_iter().flat_map(|address| {
                let token = refusal.charter.token;
                [Key::Standing(address, token), Key::Balance(address, token)]
            });
            refusal.watched().into_iter().chain(accounts).collect()
        }
        Some(
            LedgerError::NotACreator { .. }
            | LedgerError::NoCharters
            | LedgerError::LooksLike { .. }
            | LedgerError::HiddenCharacter { .. }
            | LedgerError::TooManyBalances { .. }
            | LedgerError::TooManyTokens { .. }
            | LedgerError::TooManyCharters { .. }
            | LedgerError::TooManyStandings { .. }
            | LedgerError::TooMuchGrowth { .. },
        ) => Vec::new(),
        None => watched_while_ready(body, ground),
    }
}

fn watched_while_ready(body: &Body, ground: MempoolContext<'_>) -> Vec<Key> {
    let fee = ground.rules.fee.map(|fee| Key::Balance(body.sender, fee.token));
    let debits = footprints(body).filter_map(|action| {
        let moved = action.movement?;
        Some(Key::Balance(moved.from?, moved.token))
    });
    let records = footprints(body).filter_map(|action| action.record.map(Key::Token));
    let by_charter = body.actions.iter().flat_map(|action| {
        let token = action.token();
        let record = ground.state.token(token);
        let charter = record.and_then(|_| ground.state.charter(token));
        let standings = action.addresses().map(move |address| Key::Standing(address, token));
        // A balance counts where an account may hold only so much, and where it is to be frozen.
        let counts = matches!(action, Action::SetFrozen { .. })
            || charter.is_some_and(|charter| {
                charter.clauses.iter().any(|clause| matches!(clause, Clause::Hold { .. }))
            });
        let addresses = action.addresses().filter(move |_| counts);
        let balances = addresses.map(move |address| Key::Balance(address, token));
        let keys = charter.map(|charter| {
            let rows = standings.chain(balances).chain([Key::Charter(token)]);
            rows.chain(places_of_role(action, charter)).chain(counted(charter))
        });
        keys.into_iter().flatten()
    });
    fee.into_iter().chain(debits).chain(records).chain(by_charter).collect()
}

/// The count of the accounts that have the role which an action gives: it may be full by then.
fn places_of_role(action: &Action, charter: &Charter) -> Option<Key> {
    let Action::SetRole { role: Some(role), .. } = action else { return None };
    let known = charter.roles().find(|(id, ..)| id == role);
    known.map(|(_, clause, ..)| Key::Usage(charter.token, clause))
}

fn footprints(body: &Body) -> impl Iterator<Item = Footprint> {
    body.actions.iter().map(Action::footprint)
}
