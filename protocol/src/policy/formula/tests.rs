//! Formulas: what they come to, and which make none.

use alloc::vec;

use super::*;
use crate::codec::{decode, encode};
use crate::samples::amount;
use Term::{Add, Divide, Max, Min, Multiply, Number, Part, Subtract, Supply};

fn part(millionths: u32) -> Term {
    Part(Rate::new(millionths).expect("a rate"))
}

fn units(number: u128) -> Term {
    Term::Amount(amount(number))
}

/// The units that terms come to, with a supply of 1,000 of which 1,700 were issued, on day 10.
fn worked_out(terms: Vec<Term>) -> u128 {
    let figures = Figures { supply: amount(1_000), issued: amount(1_700), days: 10, periods: 3 };
    let members = |role: RoleId| u128::from(role.0) + 40;
    Formula::new(terms).expect("a formula").amount(&figures, members).units()
}

#[test]
fn a_formula_comes_to_whole_units_rounded_down() {
    // SPEC R-13
    let named = [Supply, Term::Issued, Term::Burned, Term::Days, Term::Periods];
    assert_eq!(named.map(|term| worked_out(vec![term])), [1_000, 1_700, 700, 10, 3]);
    assert_eq!(worked_out(vec![Term::Members(RoleId(2))]), 42);
    assert_eq!(worked_out(vec![units(100), units(5), Term::Days, Multiply, Add]), 150);
    assert_eq!(worked_out(vec![Supply, Number(3), Divide]), 333);
    assert_eq!(worked_out(vec![Supply, part(15_555)]), 15);
    assert_eq!(worked_out(vec![Supply, Number(7), Min, Number(9), Max]), 9);
    // -7 / 2 is -4, and 2 % of -7 is -1: both are rounded down.
    assert_eq!(
        worked_out(vec![Number(10), Number(0), Number(7), Subtract, Number(2), Divide, Add]),
        6
    );
    assert_eq!(worked_out(vec![Number(10), Number(0), Number(7), Subtract, part(20_000), Add]), 9);
    assert_eq!(
        worked_out(vec![Number(10), Number(7), Number(0), Number(2), Subtract, Divide, Add]),
        6
    );
}

#[test]
fn what_is_below_zero_or_too_large_or_divided_by_zero_counts_as_zero() {
    // SPEC R-13
    let most = units(Amount::MAX.units());
    assert_eq!(worked_out(vec![most]), Amount::MAX.units());
    assert_eq!(worked_out(vec![most, Number(1), Add]), 0);
    assert_eq!(worked_out(vec![Number(1), Number(2), Subtract]), 0);
    assert_eq!(worked_out(vec![Number(1), Number(0), Divide, Number(5), Max]), 0);
    // 10^60 leaves 128 bits, even if what is left of it would fit.
    assert_eq!(worked_out(vec![most, most, Multiply, most, Divide]), 0);
    // What leaves them only between steps is no matter.
    assert_eq!(worked_out(vec![Number(1), Number(2), Subtract, Number(3), Add]), 2);
}

#[test]
fn a_formula_has_one_value_left_and_so_many_terms() {
    // SPEC R-13, M-3
    let shape = |terms: Vec<Term>| Formula::new(terms).map(|_| ());
    for bad in [vec![], vec![Add], vec![Supply, Add], vec![Supply, Supply], vec![part(1)]] {
        assert_eq!(shape(bad.clone()), Err(BadFormula::Shape), "{bad:?}");
        assert!(decode::<Formula>(&encode(&bad), 9_999).is_err(), "{bad:?}");
    }
    let sum = |count: usize| {
        let more = (1..count).flat_map(|_| [Number(1), Add]);
        [Number(1)].into_iter().chain(more).collect::<Vec<_>>()
    };
    let longest = [sum(16), vec![part(1)]].concat();
    assert_eq!((longest.len(), shape(longest.clone())), (FORMULA_TERMS_MAX, Ok(())));
    assert_eq!(shape(sum(17)), Err(BadFormula::TooLong));
    let formula = Formula::new(longest).expect("a formula");
    assert_eq!(decode::<Formula>(&encode(&formula), 9_999).as_ref(), Ok(&formula));
}

#[test]
fn amounts_and_numbers_are_told_apart() {
    // SPEC R-13
    use ValueKind::{Amount as Units, Number as Count};
    let kind = |terms: Vec<Term>| Formula::new(terms).expect("a formula").kind();
    let five = || units(5);
    assert_eq!(kind(vec![five(), Supply, Add, part(1)]), Some(Units));
    assert_eq!(kind(vec![five(), Term::Days, Multiply]), Some(Units));
    assert_eq!(kind(vec![Term::Days, five(), Multiply]), Some(Units));
    assert_eq!(kind(vec![Term::Days, Number(2), Multiply, Term::Periods, Min]), Some(Count));
    assert_eq!(kind(vec![five(), Number(2), Divide]), Some(Units));
    assert_eq!(kind(vec![five(), Supply, Divide]), Some(Count));
    assert_eq!(kind(vec![five(), Number(2), Add]), None);
    assert_eq!(kind(vec![five(), Supply, Multiply]), None);
    assert_eq!(kind(vec![Number(2), five(), Divide]), None);
    assert_eq!(kind(vec![Term::Members(RoleId(0)), Supply, Max]), None);
}
