//! Formulas: amounts that follow from what the chain counts (SPEC R-13).

use alloc::vec::Vec;
use core::ops::Deref;

use serde::{Deserialize, Serialize};

use super::clause::{Rate, RoleId};
use crate::amount::Amount;
use crate::bounded::Bounded;
use crate::limits::{FORMULA_TERMS_MAX, RATE_MAX};

/// A ceiling: what a clause allows, written down or worked out at each use.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Ceiling {
    /// An amount.
    Amount(Amount),
    /// A formula for it.
    Formula(Formula),
}

/// A formula for an amount, its terms in the order in which they are worked out (SPEC R-13).
///
/// # Invariant
///
/// Each operation finds its operands before it, and one value is left: it has one reading.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Terms", into = "Terms")]
pub struct Formula(Terms);

type Terms = Bounded<Term, FORMULA_TERMS_MAX>;

/// A term of a formula: a value, or an operation on the last ones.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Term {
    /// An amount, in base units.
    Amount(Amount),
    /// A number.
    Number(u32),
    /// Supply: the base units outstanding.
    Supply,
    /// Base units that were ever issued, the creation included.
    Issued,
    /// Base units that were issued and are no longer outstanding.
    Burned,
    /// Whole days since the anchor.
    Days,
    /// Number of the clause's period: how many are over since the anchor.
    Periods,
    /// Number of accounts that have a role.
    Members(RoleId),
    /// Sum of the last two values.
    Add,
    /// Last value but one, less the last.
    Subtract,
    /// Product of the last two values.
    Multiply,
    /// Last value but one, divided by the last and rounded down.
    Divide,
    /// Lesser of the last two values.
    Min,
    /// Greater of the last two values.
    Max,
    /// A part of the last value, rounded down.
    Part(Rate),
}

/// A kind of value: amounts and numbers are not added to each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ValueKind {
    /// Base units.
    Amount,
    /// A count of days, periods, accounts or times.
    Number,
}

/// Figures that formulas name, at one moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Figures {
    /// Base units outstanding.
    pub supply: Amount,
    /// Base units ever issued, the creation included.
    pub issued: Amount,
    /// Whole days since the anchor.
    pub days: u64,
    /// Number of the clause's period.
    pub periods: u64,
}

/// Terms that make no formula.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadFormula {
    /// There are too many terms.
    #[error("a formula has at most {FORMULA_TERMS_MAX} numbers, names and operations")]
    TooLong,
    /// An operation lacks a value, or values are left over.
    #[error("an operation of the formula lacks a value, or a value an operation")]
    Shape,
}

impl Formula {
    /// The formula of these terms.
    ///
    /// # Errors
    ///
    /// [`BadFormula`] if they are too many, or do not leave exactly one value.
    pub fn new(terms: impl IntoIterator<Item = Term>) -> Result<Self, BadFormula> {
        let terms: Vec<_> = terms.into_iter().take(FORMULA_TERMS_MAX.saturating_add(1)).collect();
        Self::try_from(Terms::new(terms).map_err(|_| BadFormula::TooLong)?)
    }

    /// The amount that it comes to, with these figures and this number of accounts of a role.
    ///
    /// Zero if the result is below zero or above [`Amount::MAX`], if a step leaves 128 bits, or if
    /// something is divided by zero.
    pub fn amount(&self, figures: &Figures, members: impl Fn(RoleId) -> u128) -> Amount {
        let result = self.result(figures, members).and_then(|units| u128::try_from(units).ok());
        result.and_then(|units| Amount::try_from(units).ok()).unwrap_or_default()
    }

    fn result(&self, figures: &Figures, members: impl Fn(RoleId) -> u128) -> Option<i128> {
        let mut values = [0_i128; FORMULA_TERMS_MAX];
        let mut count = 0_usize;
        for term in &self.0 {
            count = count.checked_sub(term.takes())?;
            let taken = |place: usize| values.get(count.checked_add(place)?).copied();
            let value = match term {
                Term::Amount(amount) => i128::try_from(amount.units()).ok()?,
                Term::Number(number) => i128::from(*number),
                Term::Supply => i128::try_from(figures.supply.units()).ok()?,
                Term::Issued => i128::try_from(figures.issued.units()).ok()?,
                Term::Burned => i128::try_from(figures.burned().units()).ok()?,
                Term::Days => i128::from(figures.days),
                Term::Periods => i128::from(figures.periods),
                Term::Members(role) => i128::try_from(members(*role)).ok()?,
                Term::Add => taken(0)?.checked_add(taken(1)?)?,
                Term::Subtract => taken(0)?.checked_sub(taken(1)?)?,
                Term::Multiply => taken(0)?.checked_mul(taken(1)?)?,
                Term::Divide => divided(taken(0)?, taken(1)?)?,
                Term::Min => taken(0)?.min(taken(1)?),
                Term::Max => taken(0)?.max(taken(1)?),
                Term::Part(rate) => {
                    let parts = taken(0)?.checked_mul(i128::from(rate.millionths()))?;
                    divided(parts, i128::from(RATE_MAX))?
                }
            };
            *values.get_mut(count)? = value;
            count = count.checked_add(1)?;
        }
        values.first().copied()
    }

    /// The kind of value that it comes to; `None` if it adds or compares amounts and numbers, or
    /// multiplies amounts.
    pub fn kind(&self) -> Option<ValueKind> {
        use ValueKind::{Amount, Number};
        let mut kinds = Vec::new();
        for term in &self.0 {
            let (two, one) = match term.takes() {
                2 => (kinds.pop(), kinds.pop()),
                _ => (None, None),
            };
            let kind = match (term, one, two) {
                (Term::Amount(_) | Term::Supply | Term::Issued | Term::Burned, ..) => Amount,
                (Term::Number(_) | Term::Days | Term::Periods | Term::Members(_), ..) => Number,
                (Term::Part(_), ..) => kinds.pop()?,
                (Term::Add | Term::Subtract | Term::Min | Term::Max, one, two) if one == two => {
                    one?
                }
                (Term::Multiply, Some(one), Some(Number))
                | (Term::Divide, Some(one), Some(Number)) => one,
                (Term::Multiply, Some(Number), Some(Amount)) => Amount,
                (Term::Divide, Some(Amount), Some(Amount)) => Number,
                _ => return None,
            };
            kinds.push(kind);
        }
        kinds.pop()
    }

    /// Checks whether any of its terms is like this.
    pub fn has(&self, is_one: impl Fn(&Term) -> bool) -> bool {
        self.0.iter().any(is_one)
    }
}

impl Term {
    /// Number of values that it takes; each leaves one.
    pub const fn takes(&self) -> usize {
        match self {
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Min | Self::Max => 2,
            Self::Part(_) => 1,
            Self::Amount(_)
            | Self::Number(_)
            | Self::Supply
            | Self::Issued
            | Self::Burned
            | Self::Days
            | Self::Periods
            | Self::Members(_) => 0,
        }
    }
}

impl Figures {
    /// Base units that were issued and are no longer outstanding.
    pub fn burned(&self) -> Amount {
        self.issued.checked_sub(self.supply).unwrap_or_default()
    }
}

impl Ceiling {
    /// The amount, if it is written down.
    pub const fn written(&self) -> Option<Amount> {
        match self {
            Self::Amount(amount) => Some(*amount),
            Self::Formula(_) => None,
        }
    }

    /// The formula, if it is one.
    pub const fn formula(&self) -> Option<&Formula> {
        match self {
            Self::Amount(_) => None,
            Self::Formula(formula) => Some(formula),
        }
    }
}

/// A quotient, rounded down; `None` if there is none.
fn divided(whole: i128, by: i128) -> Option<i128> {
    let quotient = whole.checked_div(by)?;
    let is_below = whole.checked_rem(by)? != 0 && (whole < 0) != (by < 0);
    quotient.checked_sub(i128::from(is_below))
}

impl Deref for Formula {
    type Target = [Term];

    fn deref(&self) -> &[Term] {
        &self.0
    }
}

impl TryFrom<Terms> for Formula {
    type Error = BadFormula;

    fn try_from(terms: Terms) -> Result<Self, BadFormula> {
        let left = terms
            .iter()
            .try_fold(0_usize, |count, term| count.checked_sub(term.takes())?.checked_add(1));
        if left == Some(1) { Ok(Self(terms)) } else { Err(BadFormula::Shape) }
    }
}

impl From<Formula> for Terms {
    fn from(formula: Formula) -> Self {
        formula.0
    }
}

impl From<Amount> for Ceiling {
    fn from(amount: Amount) -> Self {
        Self::Amount(amount)
    }
}

#[cfg(test)]
mod tests;
