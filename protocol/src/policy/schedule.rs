//! Schedules: how much may have been drawn by a time (SPEC R-7).

use super::clause::Clause;
use super::formula::{Ceiling, Formula};
use super::time::{DAY_MS, Instant, Period, PeriodNumber};
use crate::amount::Amount;
use crate::units::UnixMillis;

/// Halvings after which nothing is left of any amount: 10^30 is below 2^100.
const HALVINGS_MAX: u64 = 100;

impl Clause {
    /// The amount that may have been drawn by this clause in all by that time; `None` if nothing
    /// is drawn by it.
    pub fn drawable(&self, anchor: Instant, time: UnixMillis) -> Option<Amount> {
        if let Self::Halving { amount, period, every, .. } = self {
            let over = period.at(anchor, time).map_or(0, PeriodNumber::get);
            return Some(halved(*amount, u64::from(*every), over));
        }
        let Self::Evenly { total, days, from, first_days, .. } = self else { return None };
        let since = time.checked_since(from.millis());
        let whole = since.and_then(|since| since.checked_div(DAY_MS)).unwrap_or_default();
        Some(spread(*total, *days, *first_days, whole))
    }

    /// The first time at which at least `need` may have been drawn in all, if ever.
    pub fn drawable_from(&self, anchor: Instant, need: Amount) -> Option<UnixMillis> {
        if let Self::Halving { amount, period, every, .. } = self {
            let most = u64::from(*every).saturating_mul(HALVINGS_MAX);
            let enough = |over: u64| halved(*amount, u64::from(*every), over) >= need;
            let over = first(most, enough)?;
            return Some(period.start(anchor, PeriodNumber::new(over)));
        }
        let Self::Evenly { total, days, from, first_days, .. } = self else { return None };
        let enough = |whole| spread(*total, *days, *first_days, whole) >= need;
        let whole = first(u64::from(*days), enough)?;
        Some(from.millis().saturating_add(whole.saturating_mul(DAY_MS)))
    }

    /// The period of a clause that has one.
    pub fn period(&self) -> Option<Period> {
        let (Self::Issue { period, .. }
        | Self::Growth { period, .. }
        | Self::Halving { period, .. }
        | Self::Claim { period, .. }
        | Self::Receive { period, .. }
        | Self::SendLimit { period, .. }) = self
        else {
            return None;
        };
        Some(*period)
    }

    /// The amount of a clause that an amendment may change.
    pub fn amendable(&self) -> Option<Amount> {
        let (Self::Claim { amount, .. }
        | Self::Receive { amount, .. }
        | Self::Hold { amount, .. }
        | Self::SendLimit { amount, .. }
        | Self::Owe { amount, .. }) = self
        else {
            return self.ceiling()?.written();
        };
        Some(*amount)
    }

    /// The formula of a clause whose ceiling is one.
    pub fn formula(&self) -> Option<&Formula> {
        self.ceiling()?.formula()
    }

    /// The ceiling of a clause that has one, which may be a formula.
    pub const fn ceiling(&self) -> Option<&Ceiling> {
        let (Self::Outstanding { amount } | Self::Ever { amount } | Self::Issue { amount, .. }) =
            self
        else {
            return None;
        };
        Some(amount)
    }
}

/// The sum over so many periods of an amount that halves, rounded down, after `every` of them.
fn halved(amount: Amount, every: u64, over: u64) -> Amount {
    let (mut left, mut units, mut sum) = (over, amount.units(), 0_u128);
    while left > 0 && units > 0 {
        let era = left.min(every);
        // At most 2^64 periods of 2^100 would not fit: it stops at the most of any token.
        sum = sum.saturating_add(units.saturating_mul(u128::from(era)));
        left = left.saturating_sub(era);
        units = units.checked_shr(1).unwrap_or_default();
    }
    Amount::try_from(sum).unwrap_or(Amount::MAX)
}

/// The part of a total for so many whole days.
fn spread(total: Amount, days: u32, first_days: u32, whole: u64) -> Amount {
    if whole < u64::from(first_days) {
        return Amount::ZERO;
    }
    let whole = u128::from(whole.min(u64::from(days)));
    // At most 10^30 * 36,500, which is below 2^116.
    let units = total.units().saturating_mul(whole).checked_div(u128::from(days));
    Amount::try_from(units.unwrap_or_default()).unwrap_or(Amount::MAX)
}

/// The lowest number up to `most` of which something holds that holds of all above it.
fn first(most: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(most) {
        return None;
    }
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle.saturating_add(1);
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::AccountId;
    use crate::samples::amount;

    fn day() -> Period {
        Period::new(86_400).expect("a day")
    }

    #[test]
    fn a_halving_issue_sums_to_what_the_design_says() {
        // SPEC R-7
        let after = |eras: u64| halved(amount(100_000), 1_460, 1_460 * eras).units();
        assert_eq!([after(1), after(2), after(3)], [146_000_000, 219_000_000, 255_500_000]);
        assert_eq!(after(17), 291_991_240);
        assert_eq!(after(1_000_000), 291_991_240, "and not a unit more in all time");
        assert_eq!(halved(Amount::MAX, u64::from(u32::MAX), u64::MAX), Amount::MAX);
    }

    #[test]
    fn what_is_spread_over_days_is_there_on_the_last_and_not_before_the_first() {
        // SPEC R-7
        let part = |whole| spread(amount(24_000_000), 1_460, 365, whole).units();
        assert_eq!([part(364), part(365), part(1_459)], [0, 6_000_000, 23_983_561]);
        assert_eq!([part(1_460), part(u64::MAX)], [24_000_000; 2]);
        assert_eq!(spread(Amount::MAX, 36_500, 0, 36_500), Amount::MAX);
    }

    #[test]
    fn the_time_at_which_more_can_be_drawn_is_the_first_at_which_it_can() {
        // SPEC R-7
        let anchor = Instant::new(1_000_000, 0).expect("an instant");
        let account = AccountId(0);
        let halving = Clause::Halving { account, amount: amount(100), period: day(), every: 2 };
        let evenly =
            Clause::Evenly { account, total: amount(100), days: 7, from: anchor, first_days: 3 };
        for clause in [halving, evenly] {
            for need in 1..=100 {
                let from = clause.drawable_from(anchor, amount(need)).expect("some day");
                assert!(clause.drawable(anchor, from) >= Some(amount(need)), "{need}");
                let before = from.saturating_sub(1);
                assert!(clause.drawable(anchor, before) < Some(amount(need)), "{need}");
            }
            assert_eq!(clause.drawable_from(anchor, amount(1_000)), None);
        }
    }
}
