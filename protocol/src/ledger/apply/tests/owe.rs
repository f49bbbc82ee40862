//! Mutual credit and formulas on a state (SPEC ).

use super::*;
use crate::policy::{Formula, Term};

fn owe(units: u128) -> Clause {
    Clause::Owe { role: RoleId(0), amount: amount(units) }
}

fn burn(from: u8, units: u128) -> Action {
    Action::Burn { token: symbol("POINTS"), from: person(from), amount: amount(units) }
}

fn formula(terms: impl IntoIterator<Item = Term>) -> Formula {
    Formula::new(terms).expect("a formula")
}

/// The supply, and what the persons 3 and 4 owe.
fn debts(play: &Play) -> (u128, [u128; 2]) {
    let token = symbol("POINTS");
    let owes = |who| play.state.standing(person(who), token).owed.units();
    let supply = play.state.token(token).map_or(0, |record| record.supply.units());
    (supply, [owes(3), owes(4)])
}

#[test]
fn members_owe_what_they_draw_and_repay_by_burning() {
    // SPEC R-14
    let mut play = Play::new(vec![member(9), owe(20)]);
    let stranger = PolicyReason::NotEntitled { address: person(3) };
    assert_eq!(play.refused(draw(3, 1, 5)), (None, stranger, Passes::Later));
    play.act(role(1, 3, Some(0))).expect("a member");
    play.act(role(1, 4, Some(0))).expect("a member");
    play.act(draw(3, 1, 15)).expect("within the limit");
    assert_eq!(play.refused(draw(3, 1, 6)), (Some(2), limit(15, 20, 6), Passes::Later));
    play.act(send(3, 4, 15)).expect("whoever pays more than it has draws the rest");
    play.act(draw(4, 1, 1)).expect("whoever has coins may owe, too");
    assert_eq!(debts(&play), (16, [15, 1]), "the supply is the sum of the debts");

    let less = PolicyReason::OwesLess { address: person(4), owed: amount(1) };
    assert_eq!(play.refused(burn(4, 2)), (None, less, Passes::Later));
    play.act(send(4, 3, 10)).expect("it earns");
    play.act(burn(3, 10)).expect("it repays");
    assert_eq!(debts(&play), (6, [5, 1]));
    play.act(draw(3, 1, 15)).expect("what was repaid can be owed again");
    assert_eq!(play.refused(draw(3, 1, 1)), (Some(2), limit(20, 20, 1), Passes::Later));
    let record = play.state.token(symbol("POINTS")).expect("there").clone();
    assert_eq!(record.issued(), amount(31), "all that was ever drawn");
}

#[test]
fn whoever_owes_keeps_its_role_and_whoever_is_frozen_draws_nothing() {
    // SPEC R-14
    let freeze = Clause::Freeze { officer: BOARD };
    let other = Clause::Role { officer: BOARD, name: "shop".parse().expect("a name"), max: 1 };
    let mut play = Play::new(vec![member(9), owe(20), freeze, other]);
    play.act(role(1, 3, Some(0))).expect("a member");
    play.act(draw(3, 1, 7)).expect("within the limit");
    let owes = PolicyReason::Owes { address: person(3), owed: amount(7) };
    for new in [None, Some(1)] {
        assert_eq!(play.refused(role(1, 3, new)), (None, owes, Passes::Later));
    }
    let (token, officer, account) = (symbol("POINTS"), person(1), person(3));
    let frozen = |frozen| Action::SetFrozen { token, officer, account, frozen };
    play.act(frozen(true)).expect("declared");
    let reason = PolicyReason::Frozen { address: person(3) };
    assert_eq!(play.refused(draw(3, 1, 1)), (None, reason, Passes::Later));
    assert_eq!(play.refused(burn(3, 7)), (None, reason, Passes::Later));
    play.act(frozen(false)).expect("declared");
    play.act(burn(3, 7)).expect("it repays");
    play.act(role(1, 3, None)).expect("it owes nothing");
    assert_eq!((debts(&play).0, play.state.counts().standings), (0, 0));
}

#[test]
fn a_lower_limit_takes_nothing_from_whoever_owes_more_already() {
    // SPEC
    let amend = Clause::Amend {
        officer: BOARD,
        clause: ClauseId(1),
        min: amount(0),
        max: amount(20),
        notice: days(1),
    };
    let outstanding = Clause::Outstanding { amount: amount(30).into() };
    let mut play = Play::new(vec![member(9), owe(20), amend, outstanding]);
    play.act(role(1, 3, Some(0))).expect("a member");
    play.act(role(1, 4, Some(0))).expect("a member");
    play.act(draw(3, 1, 20)).expect("within the limit");
    assert_eq!(play.refused(draw(4, 1, 11)), (Some(4), limit(20, 30, 11), Passes::Later));
    let in_force_at = play.time.saturating_add(DAY_MS);
    let (token, officer, clause) = (symbol("POINTS"), person(1), ClauseId(1));
    play.act(Action::Amend { token, officer, clause, amount: amount(5), in_force_at })
        .expect("in time");
    play.later(DAY_MS);
    assert_eq!(play.refused(draw(3, 1, 1)), (Some(2), limit(20, 5, 1), Passes::Later));
    play.act(burn(3, 16)).expect("it repays");
    play.act(draw(3, 1, 1)).expect("it owes less than the new limit");
    assert_eq!(debts(&play), (5, [5, 0]));
}

#[test]
fn a_formula_of_a_period_is_worked_out_before_its_first_issue_and_others_before_each() {
    // SPEC R-13: at most 100 and 10 for each day and 50 for each member; in a period half of what
    // is burned and 30.
    let days_term = [Term::Amount(amount(10)), Term::Days, Term::Multiply, Term::Add];
    let members = [Term::Amount(amount(50)), Term::Members(RoleId(0)), Term::Multiply, Term::Add];
    let most = formula([Term::Amount(amount(100))].into_iter().chain(days_term).chain(members));
    let daily = formula([
        Term::Burned,
        Term::Part(Rate::new(500_000).expect("half")),
        Term::Amount(amount(30)),
        Term::Add,
        Term::Amount(amount(1)),
        Term::Periods,
        Term::Multiply,
        Term::Add,
    ]);
    let mut play = Play::new(vec![
        Clause::Creation { to: DESK, amount: amount(90) },
        Clause::Outstanding { amount: Ceiling::Formula(most) },
        Clause::Issue { officer: BOARD, amount: Ceiling::Formula(daily), period: days(1) },
        member(9),
    ]);
    // Day 1: 110 may be outstanding, and 31 may be issued.
    assert_eq!(play.refused(mint(1, 3, 32)), (Some(3), limit(0, 31, 32), Passes::Later));
    assert_eq!(play.refused(mint(1, 3, 21)), (Some(2), limit(90, 110, 21), Passes::Later));
    play.act(mint(1, 3, 20)).expect("as much as there may be");
    play.act(role(1, 3, Some(0))).expect("a member");
    play.act(mint(1, 3, 11)).expect("a member more is 50 more");
    let tomorrow = Passes::At(instant(ANCHOR).millis().saturating_add(2 * DAY_MS));
    assert_eq!(play.refused(mint(1, 3, 1)), (Some(3), limit(31, 31, 1), tomorrow));
    play.act(burn(2, 41)).expect("its own");
    // What may be issued in a period follows from what was before its first issue.
    assert_eq!(play.refused(mint(1, 3, 1)), (Some(3), limit(31, 31, 1), tomorrow));
    play.later(DAY_MS);
    assert_eq!(play.refused(mint(1, 3, 53)), (Some(3), limit(0, 52, 53), Passes::Later));
    play.act(mint(1, 3, 52)).expect("another day");
}

#[test]
fn what_is_issued_raises_no_limit_of_its_own_period() {
    // SPEC R-13
    let all = formula([Term::Supply, Term::Part(Rate::new(1_000_000).expect("all"))]);
    let issue = Clause::Issue { officer: BOARD, amount: Ceiling::Formula(all), period: days(1) };
    let mut play = Play::new(vec![Clause::Creation { to: DESK, amount: amount(100) }, issue]);
    play.act(mint(1, 3, 60)).expect("at most as many as there were");
    play.act(mint(1, 3, 40)).expect("at most as many as there were");
    let tomorrow = Passes::At(instant(ANCHOR).millis().saturating_add(2 * DAY_MS));
    assert_eq!(play.refused(mint(1, 3, 1)), (Some(2), limit(100, 100, 1), tomorrow));
    play.later(DAY_MS);
    play.act(mint(1, 3, 200)).expect("twice as many the next day");
}

#[test]
fn what_was_ever_issued_counts_what_was_burned_since() {
    // SPEC
    let ever = Clause::Ever { amount: Ceiling::Formula(formula([Term::Amount(amount(100))])) };
    let creation = Clause::Creation { to: BOARD, amount: amount(60) };
    let mut play = Play::new(vec![creation, Clause::IssueFreely { officer: BOARD }, ever]);
    play.act(burn(1, 60)).expect("its own");
    play.act(mint(1, 1, 40)).expect("up to 100");
    assert_eq!(play.refused(mint(1, 1, 1)), (Some(3), limit(100, 100, 1), Passes::Later));
}
