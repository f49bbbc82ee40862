//! Limits and dates that nothing can reach.

use coinage_protocol::{Amount, Charter, Clause, ClauseId, Party, Period, RoleId};

use super::Warning;
use super::totals::{bounds, closing, opening, overlapped, places, text};
use super::wording::{
    BEFORE_ANCHOR, CLAIM_ABOVE_HOLD, CUT_SHORT, ENDS_EARLY, FEW_RECEIVERS, NEVER_BINDS,
    NEVER_ISSUED, SEND_ABOVE_HOLD, UNCHANGEABLE,
};

/// Finds the limits of offices that another limit makes idle, or that nobody can be issued up to.
pub(super) fn of_issue(charter: &Charter) -> Vec<Warning> {
    let issues = || {
        charter.numbered().filter_map(|(id, clause)| {
            let Clause::Issue { officer, amount, period } = clause else { return None };
            Some((id, *officer, amount.written(), *period))
        })
    };
    let mut found = Vec::new();
    for (clause, officer, amount, period) in issues() {
        for (by, other, _, length) in issues() {
            let most = bounds(charter, by).1.saturating_mul(overlapped(period, length));
            if by != clause && other == officer && most <= bounds(charter, clause).0 {
                found.push(Warning::of(NEVER_BINDS, clause).with("{by}", by));
            }
        }
        if let Some(together) = received(charter, period)
            && amount.is_some_and(|amount| together < amount.units())
        {
            let together = text(charter, together);
            found.push(Warning::of(FEW_RECEIVERS, clause).with("{total}", together));
        }
    }
    found
}

/// The base units that all accounts together may be issued in a period of that length, if only
/// roles with a limit may be issued to.
fn received(charter: &Charter, period: Period) -> Option<u128> {
    let of_roles = charter.numbered().filter_map(|(id, clause)| {
        let Clause::Receive { role, period: length, .. } = clause else { return None };
        let each = bounds(charter, id).1.saturating_mul(overlapped(period, *length));
        Some(each.saturating_mul(places(charter, *role)))
    });
    of_roles.reduce(u128::saturating_add)
}

/// Finds the limits of a role that its limit on what is held makes idle.
pub(super) fn of_roles(charter: &Charter) -> Vec<Warning> {
    let mut found = Vec::new();
    for (hold, clause) in charter.numbered() {
        let Clause::Hold { role: held, .. } = clause else { continue };
        let most = bounds(charter, hold).1;
        for (id, clause) in charter.numbered() {
            match clause {
                Clause::Claim { role, .. } if role == held && bounds(charter, id).0 > most => {
                    found.push(Warning::of(CLAIM_ABOVE_HOLD, id).with("{by}", hold));
                }
                Clause::SendLimit { role, period, .. } if role == held => {
                    let inflow = inflow(charter, *role, *period);
                    let all = inflow.map(|inflow| inflow.saturating_add(most));
                    if all.is_some_and(|all| all < bounds(charter, id).0) {
                        found.push(Warning::of(SEND_ABOVE_HOLD, id).with("{by}", hold));
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// The base units that can come to an account with that role in a period, if there is a bound.
fn inflow(charter: &Charter, role: RoleId, period: Period) -> Option<u128> {
    let has = |kind: &dyn Fn(&Clause) -> bool| charter.clauses.iter().any(kind);
    let is_sent_to = has(&|clause| match clause {
        Clause::Send { to, .. } => *to == Party::Role(role),
        Clause::Move { .. } | Clause::Halving { .. } | Clause::Evenly { .. } => true,
        _ => false,
    });
    if is_sent_to || !has(&|clause| matches!(clause, Clause::Send { .. })) {
        return None;
    }
    let is_issued = has(&|clause| {
        matches!(clause, Clause::Issue { .. } | Clause::IssueFreely { .. } | Clause::Growth { .. })
    });
    let is_limited = has(&|clause| matches!(clause, Clause::Receive { .. }));
    if is_issued && !is_limited {
        return None;
    }
    let amounts = charter.numbered().map(|(id, clause)| {
        let (of, count) = match clause {
            Clause::Receive { role, period: length, .. } => (role, overlapped(period, *length)),
            Clause::Claim { role, period: length, missed, .. } => {
                (role, overlapped(period, *length) + u128::from(*missed))
            }
            _ => return 0,
        };
        if *of == role { bounds(charter, id).1.saturating_mul(count) } else { 0 }
    });
    Some(amounts.fold(0, u128::saturating_add))
}

/// Finds the dates that exclude each other.
pub(super) fn dates(charter: &Charter) -> Vec<Warning> {
    let opening = opening(charter);
    let mut found = Vec::new();
    for (id, clause) in charter.numbered() {
        match clause {
            Clause::NotBefore { from } if *from <= charter.anchor => {
                found.push(Warning::of(BEFORE_ANCHOR, id));
            }
            Clause::NotFrom { from } if from.millis() <= opening => {
                found.push(Warning::of(NEVER_ISSUED, id));
            }
            Clause::End { from, .. } if from.millis() <= opening => {
                found.push(Warning::of(ENDS_EARLY, id));
            }
            Clause::Evenly { total, .. } => found.extend(cut_short(charter, id, *total)),
            _ => {}
        }
    }
    found
}

/// Checks whether all issue ends before the last of a draw is due.
fn cut_short(charter: &Charter, draw: ClauseId, total: Amount) -> Option<Warning> {
    let (not_from, last) = closing(charter)?;
    let due = charter.clause(draw)?.drawable(charter.anchor, last)?;
    if due >= total || last < opening(charter) {
        return None;
    }
    let warning = Warning::of(CUT_SHORT, draw).with("{by}", not_from);
    Some(warning.with("{total}", text(charter, due.units())))
}

/// Finds the amendments that can change nothing.
pub(super) fn amendments(charter: &Charter) -> Vec<Warning> {
    let found = charter.numbered().filter_map(|(amend, clause)| {
        let Clause::Amend { min, max, .. } = clause else { return None };
        let only = text(charter, min.units());
        (min == max).then(|| Warning::of(UNCHANGEABLE, amend).with("{total}", only))
    });
    found.collect()
}
