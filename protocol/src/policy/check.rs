//! Checks of a charter that need no state (SPEC R-5).

use alloc::collections::BTreeSet;

use super::charter::{CharterError, CharterParts};
use super::clause::{AccountId, Clause, ClauseId, Party, RoleId};
use super::formula::{Ceiling, Figures, Formula, Term, ValueKind};
use crate::amount::Amount;
use crate::codec::encode;
use crate::limits::{CHARTER_BYTES_MAX, DECIMALS_MAX, SPREAD_DAYS_MAX};

/// Refuses what makes no charter.
pub(super) fn check(parts: &CharterParts) -> Result<(), CharterError> {
    if parts.decimals > DECIMALS_MAX {
        return Err(CharterError::Decimals { decimals: parts.decimals });
    }
    if parts.name.as_str().contains('"') {
        return Err(CharterError::Quote);
    }
    check_names(parts)?;
    for (id, clause) in parts.numbered() {
        check_clause(parts, id, clause)?;
    }
    check_pairs(parts)?;
    check_creation(parts)?;
    check_owing(parts)?;
    let has_formula = parts.clauses.iter().any(|clause| clause.formula().is_some());
    // Without formulas the bounds of the lists are enough.
    if has_formula && encode(parts).len() > CHARTER_BYTES_MAX {
        return Err(CharterError::TooLong);
    }
    Ok(())
}

fn check_names(parts: &CharterParts) -> Result<(), CharterError> {
    let accounts = parts.accounts.iter().map(|account| &account.name);
    let roles = parts.roles().map(|(_, _, _, name, _)| name);
    let mut seen = BTreeSet::new();
    match accounts.chain(roles).find(|name| !seen.insert(*name)) {
        Some(name) => Err(CharterError::NameTwice { name: name.clone() }),
        None => Ok(()),
    }
}

/// The accounts, roles and clauses that a clause names.
struct Named {
    accounts: [Option<AccountId>; 2],
    roles: [Option<RoleId>; 2],
    clause: Option<ClauseId>,
}

fn named(clause: &Clause) -> Named {
    let account =
        |id: &AccountId| Named { accounts: [Some(*id), None], roles: [None; 2], clause: None };
    let role = |id: &RoleId| Named { accounts: [None; 2], roles: [Some(*id), None], clause: None };
    match clause {
        Clause::Outstanding { .. }
        | Clause::Ever { .. }
        | Clause::NotBefore { .. }
        | Clause::NotFrom { .. } => Named { accounts: [None; 2], roles: [None; 2], clause: None },
        Clause::Creation { to: id, .. }
        | Clause::End { to: id, .. }
        | Clause::Issue { officer: id, .. }
        | Clause::IssueFreely { officer: id }
        | Clause::Growth { officer: id, .. }
        | Clause::Halving { account: id, .. }
        | Clause::Evenly { account: id, .. }
        | Clause::Role { officer: id, .. }
        | Clause::Freeze { officer: id }
        | Clause::Move { officer: id }
        | Clause::HandOver { account: id } => account(id),
        Clause::Amend { officer, clause, .. } => {
            Named { clause: Some(*clause), ..account(officer) }
        }
        Clause::Claim { role: id, .. }
        | Clause::Receive { role: id, .. }
        | Clause::Hold { role: id, .. }
        | Clause::SendLimit { role: id, .. }
        | Clause::Owe { role: id, .. } => role(id),
        Clause::Send { from, to } => {
            let of_role = |party: &Party| match party {
                Party::Role(role) => Some(*role),
                Party::Account(_) => None,
            };
            let of_account = |party: &Party| match party {
                Party::Role(_) => None,
                Party::Account(account) => Some(*account),
            };
            Named {
                accounts: [of_account(from), of_account(to)],
                roles: [of_role(from), of_role(to)],
                clause: None,
            }
        }
    }
}

fn check_clause(parts: &CharterParts, id: ClauseId, clause: &Clause) -> Result<(), CharterError> {
    let Named { accounts, roles, clause: other } = named(clause);
    let known = accounts.into_iter().flatten().all(|account| parts.account(account).is_some())
        && roles.into_iter().flatten().all(|role| usize::from(role.0) < parts.roles().count())
        && other.is_none_or(|other| parts.clause(other).is_some());
    if !known {
        return Err(CharterError::Dangling { clause: id });
    }
    if let Some(what) = emptiness(parts, clause) {
        return Err(CharterError::Empty { clause: id, what });
    }
    match clause.formula().and_then(|formula| misfit(parts, clause, formula)) {
        Some(what) => Err(CharterError::Formula { clause: id, what }),
        None => Ok(()),
    }
}

/// Says why a formula does not fit its clause, if it does not (SPEC R-13).
fn misfit(parts: &CharterParts, clause: &Clause, formula: &Formula) -> Option<&'static str> {
    let knows = |role: &RoleId| usize::from(role.0) < parts.roles().count();
    if formula.has(|term| matches!(term, Term::Members(role) if !knows(role))) {
        return Some("it counts a role that is not there");
    }
    let has_period = matches!(clause, Clause::Issue { .. });
    if !has_period && formula.has(|term| matches!(term, Term::Periods)) {
        return Some("only what may be issued in a period can depend on periods");
    }
    if !has_period && formula.has(|term| matches!(term, Term::Supply | Term::Issued)) {
        return Some("what is issued would raise this limit itself");
    }
    if parts.decimals == 0 {
        // An amount and a number are written alike then, and are one kind.
        let has_number = formula.has(|term| matches!(term, Term::Number(_)));
        return has_number.then_some("with 0 decimals, its numbers are amounts");
    }
    match formula.kind() {
        Some(ValueKind::Amount) => None,
        Some(ValueKind::Number) => {
            Some("it comes to a number, not to an amount: an amount is written with its decimals")
        }
        None => Some(
            "it mixes amounts and numbers: an amount is written with its decimals, and amounts are \
             not multiplied with each other",
        ),
    }
}

/// Says why a clause would say nothing, if it would.
fn emptiness(parts: &CharterParts, clause: &Clause) -> Option<&'static str> {
    let zero = "an amount is zero";
    match clause {
        Clause::Creation { amount, .. } | Clause::Claim { amount, .. } => {
            amount.is_zero().then_some(zero)
        }
        Clause::Halving { amount, every, .. } => {
            (amount.is_zero() || *every == 0).then_some("an amount or a count is zero")
        }
        Clause::Evenly { total, days, first_days, .. } => {
            let whole = (1..=SPREAD_DAYS_MAX).contains(days) && first_days <= days;
            (total.is_zero() || !whole).then_some("it spreads nothing, or over no days or too many")
        }
        Clause::Role { max, .. } => (*max == 0).then_some("nobody may have the role"),
        Clause::Send { from: Party::Account(from), to: Party::Account(to) } => {
            (from == to).then_some("it sends to itself")
        }
        Clause::Amend { clause, min, max, .. } => match parts.clause(*clause)?.amendable() {
            None => Some("the amount of that clause cannot be changed"),
            Some(now) => (now < *min || now > *max)
                .then_some("the amount as it is must be between its bounds"),
        },
        Clause::Outstanding { .. }
        | Clause::Ever { .. }
        | Clause::Issue { .. }
        | Clause::IssueFreely { .. }
        | Clause::Growth { .. }
        | Clause::Receive { .. }
        | Clause::NotBefore { .. }
        | Clause::NotFrom { .. }
        | Clause::Send { .. }
        | Clause::Hold { .. }
        | Clause::SendLimit { .. }
        | Clause::Freeze { .. }
        | Clause::Move { .. }
        | Clause::End { .. }
        | Clause::HandOver { .. }
        | Clause::Owe { .. } => None,
    }
}

fn check_pairs(parts: &CharterParts) -> Result<(), CharterError> {
    for (second, clause) in parts.numbered() {
        let earlier = parts.numbered().take(usize::from(second.0));
        if let Some((first, _)) = { earlier }.find(|(_, other)| clash(other, clause)) {
            return Err(CharterError::Twice { first, second });
        }
    }
    Ok(())
}

/// Checks whether two clauses speak of the same thing.
fn clash(one: &Clause, other: &Clause) -> bool {
    use Clause::{
        Claim, Creation, End, Ever, Growth, Hold, Issue, IssueFreely, NotBefore, NotFrom,
        Outstanding, Owe, Receive, SendLimit,
    };
    match (one, other) {
        (Outstanding { .. }, Outstanding { .. })
        | (Ever { .. }, Ever { .. })
        | (NotBefore { .. }, NotBefore { .. })
        | (NotFrom { .. }, NotFrom { .. })
        | (End { .. }, End { .. }) => true,
        (Creation { to: a, .. }, Creation { to: b, .. })
        | (
            IssueFreely { officer: a },
            IssueFreely { officer: b } | Issue { officer: b, .. } | Growth { officer: b, .. },
        )
        | (Issue { officer: a, .. } | Growth { officer: a, .. }, IssueFreely { officer: b }) => {
            a == b
        }
        (Claim { role: a, .. }, Claim { role: b, .. })
        | (Receive { role: a, .. }, Receive { role: b, .. })
        | (Hold { role: a, .. }, Hold { role: b, .. })
        | (SendLimit { role: a, .. }, SendLimit { role: b, .. })
        | (Owe { role: a, .. }, Owe { role: b, .. }) => a == b,
        (Issue { officer: a, period: p, .. }, Issue { officer: b, period: q, .. })
        | (Growth { officer: a, period: p, .. }, Growth { officer: b, period: q, .. }) => {
            (a, p) == (b, q)
        }
        (
            Clause::Amend { officer: a, clause: c, .. },
            Clause::Amend { officer: b, clause: d, .. },
        ) => (a, c) == (b, d),
        _ => one == other,
    }
}

fn check_creation(parts: &CharterParts) -> Result<(), CharterError> {
    let created = created(&parts.clauses).ok_or(CharterError::CreationTooLarge)?;
    // No term of these names what is created: nothing is burned yet, and nobody has a role.
    let figures = Figures::default();
    for (id, clause) in parts.numbered() {
        let (Clause::Outstanding { amount } | Clause::Ever { amount }) = clause else { continue };
        let allowed = match amount {
            Ceiling::Amount(amount) => *amount,
            Ceiling::Formula(formula) => formula.amount(&figures, |_| 0),
        };
        if created > allowed {
            return Err(CharterError::CreationAboveLimit { clause: id });
        }
    }
    let brings = |clause: &Clause| issues(clause) || matches!(clause, Clause::Owe { .. });
    if parts.clauses.iter().any(brings) { Ok(()) } else { Err(CharterError::NeverAnyUnits) }
}

/// Checks that where accounts owe, nothing else issues: the supply is the sum of their debts.
fn check_owing(parts: &CharterParts) -> Result<(), CharterError> {
    let find = |kind: fn(&Clause) -> bool| {
        parts.numbered().find(|(_, clause)| kind(clause)).map(|(id, _)| id)
    };
    match (find(|clause| matches!(clause, Clause::Owe { .. })), find(issues)) {
        (Some(owe), Some(clause)) => Err(CharterError::IssueBesideOwe { clause, owe }),
        _ => Ok(()),
    }
}

/// Checks whether a clause brings coins that nobody owes.
const fn issues(clause: &Clause) -> bool {
    matches!(
        clause,
        Clause::Creation { .. }
            | Clause::Issue { .. }
            | Clause::IssueFreely { .. }
            | Clause::Growth { .. }
            | Clause::Halving { .. }
            | Clause::Evenly { .. }
            | Clause::Claim { .. }
    )
}

/// The sum of what the creation issues, unless it is above [`Amount::MAX`].
fn created(clauses: &[Clause]) -> Option<Amount> {
    let amounts = clauses.iter().filter_map(|clause| {
        if let Clause::Creation { amount, .. } = clause { Some(*amount) } else { None }
    });
    { amounts }.try_fold(Amount::ZERO, Amount::checked_add)
}
