//! Totals: how much clauses allow at most, in a period or in all time.

use std::collections::BTreeMap;

use coinage_protocol::{AccountId, Amount, Charter, Clause, ClauseId, Period, RoleId, UnixMillis};

use crate::figures;

/// The lowest and the highest amount that a clause can have, in base units: anything by a formula.
pub(super) fn bounds(charter: &Charter, id: ClauseId) -> (u128, u128) {
    let clause = charter.clause(id);
    if clause.and_then(Clause::formula).is_some() {
        return (0, u128::MAX);
    }
    let now = charter.clause(id).and_then(Clause::amendable).unwrap_or_default().units();
    let mut bounds = (now, now);
    for clause in &charter.clauses {
        if let Clause::Amend { clause: of, min, max, .. } = clause
            && *of == id
        {
            bounds = (bounds.0.min(min.units()), bounds.1.max(max.units()));
        }
    }
    bounds
}

/// The text of so many base units, or of the most of any coin.
pub(super) fn text(charter: &Charter, units: u128) -> String {
    let amount = Amount::try_from(units).unwrap_or(Amount::MAX);
    figures::amount(amount, charter.decimals)
}

/// The sum of what is issued at creation, in base units.
pub(super) fn created(charter: &Charter) -> u128 {
    charter.creations().map(|(_, amount)| amount.units()).sum()
}

/// Number of periods of the one length that a period of the other overlaps at most.
///
/// All periods of a charter count from one anchor.
pub(super) fn overlapped(outer: Period, inner: Period) -> u128 {
    let (outer, inner) = (outer.seconds(), inner.seconds());
    let count = if outer.is_multiple_of(inner) {
        outer / inner
    } else if inner.is_multiple_of(outer) {
        1
    } else {
        outer / inner + 2
    };
    u128::from(count)
}

/// The accounts that may have a role at most.
pub(super) fn places(charter: &Charter, role: RoleId) -> u128 {
    charter.roles().find(|(id, ..)| *id == role).map_or(0, |(.., max)| u128::from(max))
}

/// The first time at which something can be issued after the creation.
pub(super) fn opening(charter: &Charter) -> UnixMillis {
    let not_before = charter.clauses.iter().filter_map(|clause| {
        let Clause::NotBefore { from } = clause else { return None };
        Some(from.millis())
    });
    not_before.fold(charter.anchor.millis(), UnixMillis::max)
}

/// The clause that ends all issue, and the last time before that.
pub(super) fn closing(charter: &Charter) -> Option<(ClauseId, UnixMillis)> {
    charter.numbered().find_map(|(id, clause)| {
        let Clause::NotFrom { from } = clause else { return None };
        Some((id, from.millis().saturating_sub(1)))
    })
}

/// The amount that can be drawn or claimed by a clause in all time, in base units.
///
/// `None` if it is no clause to draw or claim by; in it, `None` if there is no end.
#[expect(clippy::option_option, reason = "no right and a right without an end are two things")]
pub(super) fn right(charter: &Charter, id: ClauseId) -> Option<Option<u128>> {
    let clause = charter.clause(id)?;
    let last = closing(charter).map(|(_, last)| last);
    if let Clause::Claim { role, period, missed, .. } = clause {
        let Some(last) = last else { return Some(None) };
        let number = |time| period.at(charter.anchor, time).map(|number| u128::from(number.get()));
        let first = number(opening(charter)).unwrap_or_default();
        let first = first.saturating_sub(u128::from(*missed));
        let count = number(last).map_or(0, |last| (last + 1).saturating_sub(first));
        let each = bounds(charter, id).1.saturating_mul(places(charter, *role));
        return Some(Some(each.saturating_mul(count)));
    }
    let due = clause.drawable(charter.anchor, last.unwrap_or(UnixMillis::MAX))?;
    Some(Some(due.units()))
}

/// The amount that all offices can issue in all time, in base units; `None` if there is no end.
pub(super) fn offices(charter: &Charter) -> Option<u128> {
    let last = closing(charter).map(|(_, last)| last);
    let mut totals = BTreeMap::<AccountId, Option<u128>>::new();
    for (id, clause) in charter.numbered() {
        let (officer, total) = match clause {
            Clause::IssueFreely { officer } | Clause::Growth { officer, .. } => (*officer, None),
            Clause::Issue { officer, period, .. } => {
                let each = bounds(charter, id).1;
                let count = |last| period.at(charter.anchor, last).map_or(0, |at| at.get() + 1);
                let total = last.map(|last| each.saturating_mul(u128::from(count(last))));
                (*officer, if each == 0 { Some(0) } else { total })
            }
            _ => continue,
        };
        // All clauses of an office bind together.
        let least = totals.entry(officer).or_default();
        *least = [*least, total].into_iter().flatten().min();
    }
    totals.into_values().try_fold(0_u128, |sum, total| Some(sum.saturating_add(total?)))
}
