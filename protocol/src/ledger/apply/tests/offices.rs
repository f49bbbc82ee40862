//! Roles, ways, freezing, ends, handing over and amending.

use alloc::vec;

use super::{
    ANCHOR, BOARD, DAY_MS, DESK, Play, charter, days, instant, issue_daily, limit, member, mint,
    role, send,
};
use crate::amount::Amount;
use crate::bounded::Text;
use crate::ledger::{Key, LedgerError, Passes, PolicyReason};
use crate::policy::{Clause, ClauseId, Party, RoleId};
use crate::samples::{amount, person, symbol};
use crate::transaction::{Action, CreateToken};

#[test]
fn roles_are_given_by_their_officer_to_so_many_and_no_more() {
    // SPEC R-9, L-8
    let desk = Clause::Role { officer: DESK, name: "shop".parse().expect("a name"), max: 9 };
    let mut play = Play::new(vec![issue_daily(9), member(2), desk]);
    let stranger = PolicyReason::NotEntitled { address: person(2) };
    assert_eq!(play.refused(role(2, 3, Some(0))).1, stranger, "another's role");
    play.act(role(1, 3, Some(0))).expect("the board's");
    play.act(role(1, 4, Some(0))).expect("the board's");
    assert_eq!(play.refused(role(1, 5, Some(0))).1, PolicyReason::RoleFull { max: 2 });
    assert_eq!(play.refused(role(1, 3, Some(0))).1, PolicyReason::NothingChanges);
    assert_eq!(play.refused(role(2, 3, Some(1))).1, stranger, "it would take the board's role");
    assert_eq!(play.refused(role(2, 3, None)).1, stranger);
    play.act(role(2, 5, Some(1))).expect("the desk's");
    assert_eq!(play.act(role(2, 6, Some(1))), Err(LedgerError::TooManyStandings { max: 3 }));
    play.act(role(1, 3, None)).expect("taken");
    play.act(role(2, 6, Some(1))).expect("there is a place again");
    let standing = Key::Standing(person(3), symbol("POINTS"));
    assert!(play.state.get(&standing).is_none(), "nothing is left of it");
}

#[test]
fn a_role_taken_and_given_again_leaves_what_its_account_used_of_each_limit() {
    // SPEC
    let (receive, sends) = (days(30), days(1));
    let clauses = vec![
        Clause::IssueFreely { officer: BOARD },
        member(9),
        Clause::Receive { role: RoleId(0), amount: amount(700), period: receive },
        Clause::SendLimit { role: RoleId(0), amount: amount(100), period: sends },
        Clause::Role { officer: DESK, name: "shop".parse().expect("a name"), max: 9 },
        Clause::Receive { role: RoleId(1), amount: amount(20), period: receive },
    ];
    let mut play = Play::new(clauses);
    let at = |days: u64| Passes::At(instant(ANCHOR).millis().saturating_add(days * DAY_MS));
    play.act(role(1, 3, Some(0))).expect("a member");
    play.act(mint(1, 3, 600)).expect("most of it");
    play.act(send(3, 4, 60)).expect("some of it");
    let used = play.used(3);
    assert_eq!(used, [(2, 0, 600), (3, 1, 60)]);
    play.act(role(1, 3, None)).expect("taken");
    assert_eq!((play.used(3), play.state.counts().standings), (used, 1), "it stays");
    assert_eq!(play.refused(mint(1, 3, 1)).1, PolicyReason::NotAReceiver { to: person(3) });
    // Another role has limits of its own.
    play.act(role(2, 3, Some(1))).expect("a shop");
    assert_eq!(play.refused(mint(1, 3, 21)), (Some(6), limit(0, 20, 21), Passes::Never));
    play.act(mint(1, 3, 20)).expect("a shop's");
    play.act(role(2, 3, None)).expect("taken");
    play.act(role(1, 3, Some(0))).expect("given again");
    assert_eq!(play.refused(mint(1, 3, 101)), (Some(3), limit(600, 700, 101), at(30)));
    assert_eq!(play.refused(send(3, 4, 41)), (Some(4), limit(60, 100, 41), at(2)));
    play.act(mint(1, 3, 100)).expect("the rest");
    play.act(send(3, 4, 40)).expect("the rest");
    play.later(DAY_MS);
    play.act(role(1, 3, None)).expect("taken");
    assert_eq!(play.used(3), [(2, 0, 700), (5, 0, 20)], "the day is over, the 30 days are not");
    play.act(role(1, 3, Some(0))).expect("given again");
    play.act(send(3, 4, 100)).expect("another day");
    play.later(29 * DAY_MS);
    play.act(mint(1, 3, 700)).expect("another 30 days");
    assert_eq!(play.used(3), [(2, 1, 700)], "whatever is written is written without the rest");
}

#[test]
fn what_is_left_of_a_role_is_cleared_when_it_is_over_by_whoever_gives_any() {
    // SPEC R-9, L-8
    let clauses = vec![
        Clause::IssueFreely { officer: DESK },
        member(9),
        Clause::Receive { role: RoleId(0), amount: amount(700), period: days(1) },
        Clause::Send { from: Party::Role(RoleId(0)), to: Party::Role(RoleId(0)) },
        Clause::Freeze { officer: DESK },
    ];
    let mut play = Play::new(clauses);
    play.act(role(1, 3, Some(0))).expect("a member");
    play.act(mint(2, 3, 5)).expect("issued");
    play.act(role(1, 3, None)).expect("taken");
    let (token, officer, account) = (symbol("POINTS"), person(2), person(3));
    let freeze = |frozen| Action::SetFrozen { token, officer, account, frozen };
    let to = account;
    assert_eq!(play.refused(mint(2, 3, 1)).1, PolicyReason::NotAReceiver { to }, "it has no role");
    let stranger = PolicyReason::NotEntitled { address: person(2) };
    assert_eq!(play.refused(role(2, 3, None)).1, stranger, "it gives no role");
    let nothing = (None, PolicyReason::NothingChanges, Passes::Never);
    assert_eq!(play.refused(role(1, 3, None)), nothing, "it is not over");
    assert_eq!(play.refused(role(1, 4, None)), nothing, "there is nothing");
    play.act(freeze(true)).expect("it has a balance");
    play.act(freeze(false)).expect("free again");
    assert_eq!((play.used(3), play.state.counts().standings), (vec![(2, 1, 5)], 1));
    play.later(DAY_MS);
    assert_eq!(play.used(3), [(2, 1, 5)], "nobody wrote it");
    play.act(role(1, 3, None)).expect("over");
    assert_eq!(play.state.counts().standings, 0);
    assert!(play.state.get(&Key::Standing(account, token)).is_none(), "nothing is left of it");
    assert_eq!(play.refused(role(1, 3, None)), nothing);
}

#[test]
fn coins_are_sent_only_on_the_ways_that_clauses_open() {
    // SPEC R-10
    let send_to = |from, to| Clause::Send { from, to };
    let clauses = vec![
        Clause::IssueFreely { officer: BOARD },
        member(9),
        send_to(Party::Role(RoleId(0)), Party::Account(DESK)),
        Clause::Hold { role: RoleId(0), amount: amount(100) },
        Clause::SendLimit { role: RoleId(0), amount: amount(50), period: days(1) },
    ];
    let mut play = Play::new(clauses);
    let to = person(3);
    assert_eq!(play.refused(mint(1, 3, 5)).1, PolicyReason::NotAReceiver { to });
    play.act(role(1, 3, Some(0))).expect("a member");
    assert_eq!(play.refused(mint(1, 3, 101)).1, limit(101, 100, 0));
    play.act(mint(1, 3, 100)).expect("as much as it may hold");
    play.act(mint(1, 2, 5)).expect("a named account");
    let (from, to) = (person(3), person(1));
    assert_eq!(play.refused(send(3, 1, 5)).1, PolicyReason::NoWay { from, to });
    let (from, to) = (person(2), person(3));
    assert_eq!(play.refused(send(2, 3, 5)).1, PolicyReason::NoWay { from, to });
    play.act(send(3, 2, 40)).expect("a member to the desk");
    let tomorrow = Passes::At(instant(ANCHOR).millis().saturating_add(2 * DAY_MS));
    assert_eq!(play.refused(send(3, 2, 11)), (Some(5), limit(40, 50, 11), tomorrow));
    play.later(DAY_MS);
    play.act(send(3, 2, 50)).expect("another day");
}

#[test]
fn what_is_frozen_pays_nothing_and_is_moved_only_by_whom_a_clause_names() {
    // SPEC R-11
    let clauses = vec![
        Clause::IssueFreely { officer: BOARD },
        Clause::Freeze { officer: DESK },
        Clause::Move { officer: DESK },
    ];
    let mut play = Play::new(clauses);
    let (token, officer, account) = (symbol("POINTS"), person(2), person(3));
    let freeze = |officer, frozen| Action::SetFrozen { token, officer, account, frozen };
    let nothing = PolicyReason::NothingToFreeze { address: account };
    assert_eq!(play.refused(freeze(officer, true)).1, nothing);
    play.act(mint(1, 3, 50)).expect("issued");
    let stranger = PolicyReason::NotEntitled { address: person(1) };
    assert_eq!(play.refused(freeze(person(1), true)).1, stranger);
    play.act(freeze(officer, true)).expect("declared");
    let frozen = PolicyReason::Frozen { address: account };
    let burn = Action::Burn { token, from: account, amount: amount(1) };
    for action in [send(3, 4, 1), burn] {
        let refused = play.refused(action);
        assert_eq!((refused.1, refused.2), (frozen, Passes::Later));
    }
    let moved = |officer, to, units| Action::Move {
        token,
        officer,
        from: account,
        to: person(to),
        amount: amount(units),
    };
    assert_eq!(play.refused(moved(person(1), 4, 1)).1, stranger);
    play.act(moved(officer, 4, 20)).expect("declared");
    play.act(freeze(officer, false)).expect("declared");
    play.act(send(3, 4, 30)).expect("free again");
    assert_eq!(play.has(4), 50);
    assert_eq!(play.state.counts().standings, 0);
}

#[test]
fn an_end_leaves_one_way_and_dates_bound_all_issue() {
    // SPEC
    let end = Clause::End { from: instant(ANCHOR + 4 * 1_440), to: DESK };
    let clauses = vec![
        issue_daily(50),
        Clause::NotBefore { from: instant(ANCHOR + 2 * 1_440) },
        Clause::NotFrom { from: instant(ANCHOR + 3 * 1_440) },
        end,
    ];
    let mut play = Play::new(clauses);
    let from = Passes::At(instant(ANCHOR + 2 * 1_440).millis());
    assert_eq!(play.refused(mint(1, 3, 1)), (Some(2), PolicyReason::TooEarly, from));
    play.later(DAY_MS);
    play.act(mint(1, 3, 50)).expect("in time");
    play.later(DAY_MS);
    assert_eq!(play.refused(mint(1, 3, 1)), (Some(3), PolicyReason::TooLate, Passes::Never));
    play.act(send(3, 4, 10)).expect("not the end yet");
    play.later(DAY_MS);
    assert_eq!(play.refused(send(3, 4, 1)), (Some(4), PolicyReason::TooLate, Passes::Never));
    play.act(send(3, 2, 40)).expect("back to the desk");
    let (token, from) = (symbol("POINTS"), person(4));
    play.act(Action::Burn { token, from, amount: amount(10) }).expect("burned");
}

#[test]
fn a_place_is_handed_over_only_where_a_clause_says_so_and_with_it_every_right() {
    // SPEC R-12
    let mut play = Play::new(vec![
        issue_daily(50),
        Clause::IssueFreely { officer: DESK },
        Clause::HandOver { account: BOARD },
    ]);
    let token = symbol("POINTS");
    let over = |account, from: u8, to: u8| Action::HandOver {
        token,
        account,
        from: person(from),
        to: person(to),
    };
    let stranger = |who| PolicyReason::NotEntitled { address: person(who) };
    assert_eq!(play.refused(over(DESK, 2, 5)).1, stranger(2), "not declared");
    assert_eq!(play.refused(over(BOARD, 2, 5)).1, stranger(2), "not its place");
    let nothing = (None, PolicyReason::NothingChanges, Passes::Never);
    assert_eq!(play.refused(over(BOARD, 1, 1)), nothing);
    play.act(over(BOARD, 1, 5)).expect("declared");
    assert_eq!(play.refused(mint(1, 3, 1)).1, stranger(1));
    play.act(mint(5, 3, 50)).expect("the new board");
    let hash = play.state.token(token).and_then(|record| record.charter).map(|one| one.hash);
    let first = charter(play.state.charter(token).expect("there").clauses.to_vec()).hash();
    assert_eq!(hash, Some(first), "the token keeps the name of the charter it began with");
}

#[test]
fn an_amount_is_amended_within_bounds_and_after_its_notice() {
    // SPEC R-12
    let amend = Clause::Amend {
        officer: DESK,
        clause: ClauseId(0),
        min: Amount::ZERO,
        max: amount(1_000),
        notice: days(2),
    };
    let mut play = Play::new(vec![issue_daily(500), amend]);
    let set = |officer: u8, units, at| Action::Amend {
        token: symbol("POINTS"),
        officer: person(officer),
        clause: ClauseId(0),
        amount: amount(units),
        in_force_at: at,
    };
    let notice = play.time.saturating_add(2 * DAY_MS);
    assert_eq!(
        play.refused(set(1, 600, notice)).1,
        PolicyReason::NotEntitled { address: person(1) }
    );
    let (min, max) = (Amount::ZERO, amount(1_000));
    assert_eq!(play.refused(set(2, 1_001, notice)).1, PolicyReason::OutOfBounds { min, max });
    let early = play.refused(set(2, 600, notice.saturating_sub(1)));
    assert!(matches!(early.1, PolicyReason::Notice { .. }), "{early:?}");
    let far = play.refused(set(2, 600, notice.saturating_add(365 * DAY_MS + 1)));
    assert!(matches!(far.1, PolicyReason::Notice { .. }), "{far:?}");
    play.act(set(2, 600, notice)).expect("announced");
    play.act(mint(1, 3, 400)).expect("as before");
    assert!(play.act(mint(1, 3, 101)).is_err(), "not in force yet");
    play.later(2 * DAY_MS);
    play.act(mint(1, 3, 600)).expect("in force");
    // Lowering what an office may issue waits for nothing, and what was used counts.
    let now = play.time;
    play.act(set(2, 100, now)).expect("at once");
    assert_eq!(play.refused(mint(1, 3, 1)).1, limit(600, 100, 1));
    // A new announcement takes the place of one that is not in force.
    let (first, second) =
        (play.time.saturating_add(2 * DAY_MS), play.time.saturating_add(3 * DAY_MS));
    play.act(set(2, 900, first)).expect("announced");
    play.act(set(2, 200, second)).expect("announced instead");
    play.later(2 * DAY_MS);
    assert!(play.act(mint(1, 3, 101)).is_err(), "100 still");
    play.later(DAY_MS);
    play.act(mint(1, 3, 200)).expect("200 now");
}

#[test]
fn a_symbol_that_looks_like_another_is_taken() {
    // SPEC A-4, L-2
    let mut play = Play::new(vec![issue_daily(5)]);
    let create = |token: &str, name: &str| {
        Action::CreateToken(CreateToken {
            token: symbol(token),
            name: Text::try_from(name).expect("short"),
            decimals: 0,
            cap: None,
            issuer: Some(person(4)),
            supply: Amount::ZERO,
            to: person(4),
        })
    };
    let (token, taken) = (symbol("P01NT5"), symbol("POINTS"));
    assert_eq!(play.act(create("P01NT5", "")), Err(LedgerError::LooksLike { token, taken }));
    let hidden = play.act(create("OTHER", "Club\u{200b}points"));
    assert_eq!(hidden, Err(LedgerError::HiddenCharacter { at: 4 }));
    play.act(create("OTHER", "Club points")).expect("looks like nothing else");
    play.rules.policies = None;
    play.act(create("P01NT5", "")).expect("networks of before go on as before");
}
