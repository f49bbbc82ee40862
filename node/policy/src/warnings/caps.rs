//! Caps that starve draws and claims, and amounts that a cap keeps out of reach.

use coinage_protocol::{Ceiling, Charter, Clause, ClauseId};

use super::Warning;
use super::totals::{bounds, created, offices, right, text};
use super::wording::{
    ABOVE_CAP, CROWDED, NEVER_BINDS, OWED_IN_ALL, OWES_NOTHING, STARVED, STARVED_IN_TIME,
};

/// Finds the draws and claims for which a cap may leave nothing.
pub(super) fn starving(charter: &Charter) -> Vec<Warning> {
    let rights: Vec<_> =
        { charter.numbered() }.filter_map(|(id, _)| Some((id, right(charter, id)?))).collect();
    let all = rights.iter().try_fold(0_u128, |sum, (_, total)| Some(sum.saturating_add((*total)?)));
    let with_offices = all.and_then(|all| Some(all.saturating_add(offices(charter)?)));
    let mut found = Vec::new();
    for cap in caps(charter) {
        let room = bounds(charter, cap).0.saturating_sub(created(charter));
        for (right, _) in &rights {
            let wording = match all {
                Some(total) if total > room => STARVED,
                None => STARVED_IN_TIME,
                Some(_) if with_offices.is_none_or(|total| total > room) => CROWDED,
                Some(_) => continue,
            };
            let warning = Warning::of(wording, *right).with("{cap}", cap);
            let total = text(charter, all.unwrap_or_default());
            found.push(warning.with("{total}", total).with("{room}", text(charter, room)));
        }
    }
    found
}

/// Finds what a cap keeps out of reach: another cap, and amounts of a period.
pub(super) fn unreachable(charter: &Charter) -> Vec<Warning> {
    let mut found = Vec::new();
    let find = |kind: fn(&Clause) -> bool| {
        charter.numbered().find(|(_, clause)| kind(clause)).map(|(id, _)| id)
    };
    let outstanding = find(|clause| matches!(clause, Clause::Outstanding { .. }));
    let ever = find(|clause| matches!(clause, Clause::Ever { .. }));
    if let (Some(clause), Some(by)) = (outstanding, ever)
        && bounds(charter, clause).0 >= bounds(charter, by).1
    {
        found.push(Warning::of(NEVER_BINDS, clause).with("{by}", by));
    }
    for (issue, clause) in charter.numbered() {
        let Clause::Issue { amount: Ceiling::Amount(amount), .. } = clause else { continue };
        for cap in caps(charter) {
            let room = bounds(charter, cap).1.saturating_sub(created(charter));
            if amount.units() > room {
                let warning = Warning::of(ABOVE_CAP, issue).with("{cap}", cap);
                found.push(warning.with("{room}", text(charter, room)));
            }
        }
    }
    found
}

/// Finds the limits that leave a circle of debtors nothing, at once or in the end.
pub(super) fn owing(charter: &Charter) -> Vec<Warning> {
    let mut found = Vec::new();
    for (id, clause) in charter.numbered() {
        match clause {
            Clause::Ever { .. } if charter.has_debts() => {
                let room = text(charter, bounds(charter, id).1);
                found.push(Warning::of(OWED_IN_ALL, id).with("{room}", room));
            }
            Clause::Owe { .. } if bounds(charter, id).1 == 0 => {
                found.push(Warning::of(OWES_NOTHING, id));
            }
            _ => {}
        }
    }
    found
}

/// The caps that are written down: where a formula leads, time tells.
fn caps(charter: &Charter) -> impl Iterator<Item = ClauseId> {
    let caps = charter.numbered().filter(|(_, clause)| {
        let (Clause::Outstanding { amount } | Clause::Ever { amount }) = clause else {
            return false;
        };
        amount.written().is_some()
    });
    caps.map(|(id, _)| id)
}
