//! Offices that cannot be replaced, roles whose loss leaves only burning, and accounts for which
//! nobody can act.

use coinage_protocol::{AccountId, Charter, Clause, Holder, Party};

use super::Warning;
use super::wording::{
    IRREPLACEABLE, IRREPLACEABLE_ADDRESS, LOST_ROLE, LOST_ROLE_OWED, PLACEHOLDER,
};
use crate::shipped::placeholders;

/// Finds the accounts that are still those of a charter that ships.
pub(super) fn unreplaced(charter: &Charter) -> Vec<Warning> {
    let found = placeholders(charter);
    found.map(|account| Warning::new(PLACEHOLDER).with("{name}", &account.name)).collect()
}

/// Finds the offices that no clause lets hand over their place.
pub(super) fn irreplaceable(charter: &Charter) -> Vec<Warning> {
    let accounts = (0..=u8::MAX).map(AccountId).zip(charter.accounts.iter());
    let stays = |id: AccountId| {
        let hands_over = |clause: &Clause| *clause == Clause::HandOver { account: id };
        let is_office = |clause: &Clause| officer(clause) == Some(id);
        charter.clauses.iter().any(is_office) && !charter.clauses.iter().any(hands_over)
    };
    let found = accounts.filter(|(id, _)| stays(*id)).map(|(_, account)| {
        let wording = match account.holder {
            Holder::Address(_) => IRREPLACEABLE_ADDRESS,
            Holder::Threshold(_) => IRREPLACEABLE,
        };
        Warning::new(wording).with("{name}", &account.name)
    });
    found.collect()
}

/// The account that must act for what a clause lets an office do.
fn officer(clause: &Clause) -> Option<AccountId> {
    match clause {
        Clause::Issue { officer, .. }
        | Clause::IssueFreely { officer }
        | Clause::Growth { officer, .. }
        | Clause::Role { officer, .. }
        | Clause::Freeze { officer }
        | Clause::Move { officer }
        | Clause::Amend { officer, .. } => Some(*officer),
        _ => None,
    }
}

/// Finds the roles without which an account cannot get rid of its coins but by burning them.
pub(super) fn lost_roles(charter: &Charter) -> Vec<Warning> {
    // A court can move them on.
    if charter.clauses.iter().any(|clause| matches!(clause, Clause::Move { .. })) {
        return Vec::new();
    }
    let sends = |role| {
        let from = Party::Role(role);
        move |clause: &Clause| matches!(clause, Clause::Send { from: one, .. } if *one == from)
    };
    let needed = charter.roles().filter(|(role, ..)| charter.clauses.iter().any(sends(*role)));
    let wording = if charter.has_debts() { LOST_ROLE_OWED } else { LOST_ROLE };
    needed.map(|(.., name, _)| Warning::new(wording).with("{name}", name)).collect()
}
