//! Vectors of mutual credit and of formulas.

use coinage_protocol::{Action, Ceiling, Charter, Clause, ClauseId, Formula, Rate, RoleId, Term};
use serde_json::Value;

use crate::charters::{DAY, DESK, Story, charter, days, instant};
use crate::samples::{amount, person};

/// Neighbours who owe each other.
pub(crate) fn debts() -> Charter {
    let name = "neighbour".parse().expect("a name");
    let owe = Clause::Owe { role: RoleId(0), amount: amount(2_000) };
    charter("HOURS", vec![Clause::Role { officer: DESK, name, max: 2 }, owe])
}

/// Formulas with every term.
pub(crate) fn formulas() -> Charter {
    let formula =
        |terms: &[Term]| Ceiling::Formula(Formula::new(terms.iter().copied()).expect("a formula"));
    let name = "member".parse().expect("a name");
    let units = |number| Term::Amount(amount(number));
    let half = Term::Part(Rate::new(500_000).expect("a half"));
    charter(
        "FORM",
        vec![
            Clause::Role { officer: DESK, name, max: 2 },
            Clause::Creation { to: DESK, amount: amount(1_000) },
            Clause::Outstanding {
                // 1,000.00 and 5.00 a day, and 100.00 a member.
                amount: formula(&[
                    units(100_000),
                    units(500),
                    Term::Days,
                    Term::Multiply,
                    Term::Add,
                    units(10_000),
                    Term::Members(RoleId(0)),
                    Term::Multiply,
                    Term::Add,
                ]),
            },
            Clause::Ever { amount: formula(&[units(150_000), Term::Burned, half, Term::Add]) },
            Clause::Issue {
                officer: DESK,
                // The less of a third of what was issued, less 100.00, and of a growing amount.
                amount: formula(&[
                    Term::Issued,
                    Term::Number(3),
                    Term::Divide,
                    Term::Supply,
                    Term::Max,
                    units(10_000),
                    Term::Subtract,
                    units(30_000),
                    Term::Periods,
                    Term::Multiply,
                    Term::Min,
                ]),
                period: days(1),
            },
            Clause::Issue { officer: DESK, amount: amount(40_000).into(), period: days(7) },
        ],
    )
}

/// Story of neighbours who owe, pay and repay.
pub(crate) fn debt_story() -> Value {
    let time = instant(0).millis().get() + DAY;
    let mut story = Story::new(&debts(), time);
    let (token, officer, clause) = (story.token, person(1), ClauseId(1));
    let give = |who, role: Option<u8>| {
        let role = role.map(RoleId);
        Action::SetRole { token, officer, account: person(who), role }
    };
    let owe =
        |who, units| Action::Draw { token, account: person(who), clause, amount: amount(units) };
    let pay = |from, to, units| {
        let (from, to) = (person(from), person(to));
        Action::Transfer { token, from, to, amount: amount(units) }
    };
    let burn = |who, units| Action::Burn { token, from: person(who), amount: amount(units) };
    for action in [
        owe(3, 5),
        give(3, Some(0)),
        give(4, Some(0)),
        owe(3, 2_001),
        owe(3, 2_000),
        owe(3, 1),
        pay(3, 4, 1_500),
        burn(4, 1),
        owe(4, 700),
        burn(4, 701),
        burn(4, 700),
        give(4, None),
        give(3, None),
        pay(4, 3, 1_500),
        burn(3, 2_000),
        give(3, None),
    ] {
        story.does(time, action);
    }
    assert_eq!(story.supply(), 0, "all is repaid");
    story.told("mutual credit")
}

/// Issue by formulas, with burning and members between.
pub(crate) fn formula_story() -> Value {
    let start = instant(0).millis().get();
    let mut story = Story::new(&formulas(), start);
    let (token, officer) = (story.token, person(1));
    let set = |role: Option<u8>| {
        let role = role.map(RoleId);
        Action::SetRole { token, officer, account: person(3), role }
    };
    let burn = |units| Action::Burn { token, from: officer, amount: amount(units) };
    for day in 0..9 {
        let time = start + day * DAY;
        for units in [60_000, 30_001, 30_000, 9_000, 2_000, 1] {
            story.mint(time, units);
        }
        match day {
            2 => story.does(time, burn(40_001)),
            3 | 4 => story.does(time, set((day == 3).then_some(0))),
            5 => story.does(time, burn(90_001)),
            _ => true,
        };
        story.mint(time, 5_000);
    }
    story.told("formulas")
}
