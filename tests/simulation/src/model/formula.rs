//! Formulas, worked out from the last term backwards (SPEC R-13).

use coinage_protocol::{RoleId, Term};

use super::MOST;

/// Figures that a formula names, before an action.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Units that there are.
    pub supply: u128,
    /// Units that were ever issued.
    pub issued: u128,
    /// Whole days since the anchor.
    pub days: u64,
    /// Number of the period.
    pub periods: u64,
}

/// The units that terms come to: none if they come to less or to too many.
pub fn worked_out(terms: &[Term], named: &Named, members: &dyn Fn(RoleId) -> u128) -> u128 {
    let mut rest = terms.iter().rev();
    let result = last(&mut rest, named, members);
    assert!(rest.next().is_none(), "every term has its place");
    let units = result.and_then(|units| u128::try_from(units).ok());
    units.filter(|units| *units <= MOST).unwrap_or(0)
}

fn last<'t>(
    rest: &mut impl Iterator<Item = &'t Term>,
    named: &Named,
    members: &dyn Fn(RoleId) -> u128,
) -> Option<i128> {
    let term = rest.next().expect("a value");
    let mut next = || last(&mut *rest, named, members);
    let of = |units: u128| i128::try_from(units).ok();
    match term {
        Term::Amount(amount) => of(amount.units()),
        Term::Number(number) => Some((*number).into()),
        Term::Supply => of(named.supply),
        Term::Issued => of(named.issued),
        Term::Burned => of(named.issued - named.supply),
        Term::Days => Some(named.days.into()),
        Term::Periods => Some(named.periods.into()),
        Term::Members(role) => of(members(*role)),
        Term::Part(rate) => {
            let parts = next()?.checked_mul(rate.millionths().into())?;
            Some(parts.div_euclid(1_000_000))
        }
        operation => {
            // Both are read before either is missed, so that what follows keeps its place.
            let (second, first) = (next(), next());
            let (first, second) = (first?, second?);
            match operation {
                Term::Add => first.checked_add(second),
                Term::Subtract => first.checked_sub(second),
                Term::Multiply => first.checked_mul(second),
                Term::Min => Some(first.min(second)),
                Term::Max => Some(first.max(second)),
                // Euclid's remainder is never negative: with a divisor below zero, both turn.
                Term::Divide if second < 0 => {
                    first.checked_neg()?.checked_div_euclid(second.checked_neg()?)
                }
                _ => first.checked_div_euclid(second),
            }
        }
    }
}
