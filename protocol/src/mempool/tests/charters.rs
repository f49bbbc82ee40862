//! Transactions that a charter lets wait.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::{Head, Mempool, MempoolContext, SubmitOutcome, balance, checked};
use crate::amount::Amount;
use crate::bounded::{Bounded, Text};
use crate::ledger::{
    Chartered, Entry, Key, LedgerError, Passes, PolicyBounds, PolicyReason, PolicyRefusal,
    Standing, State, Token, Usage,
};
use crate::mempool::{DropReason, Refusal, TransactionStatus};
use crate::policy::{
    AccountId, Ceiling, Charter, CharterParts, Clause, ClauseId, Formula, Holder, Instant,
    NamedAccount, Party, Period, PeriodNumber, RoleId, Term,
};
use crate::samples::{amount, pay, person, signed, symbol};
use crate::transaction::Action;
use crate::units::UnixMillis;

/// Minute 16 after 1970: 40 seconds before the blocks of these tests.
const ANCHOR: u32 = 16;

/// A head with 100 COIN of persons 1 and 2, where a charter lets person 1 mint 5 COIN in a second,
/// of which some are used in the second number 40.
fn head(used: u128, clauses: impl IntoIterator<Item = Clause>) -> Head {
    let mut head = Head::new([100, 100, 0]);
    let board =
        NamedAccount { name: "board".parse().expect("a name"), holder: Holder::Address(person(1)) };
    let second = Period::new(1).expect("a second");
    let issue = Clause::Issue { officer: AccountId(0), amount: amount(5).into(), period: second };
    let parts = CharterParts {
        token: symbol("COIN"),
        name: Text::default(),
        decimals: 0,
        anchor: Instant::new(ANCHOR, 0).expect("an instant"),
        accounts: Bounded::first_of([board]),
        clauses: Bounded::first_of([issue].into_iter().chain(clauses)),
    };
    let charter = Charter::new(parts).expect("a charter");
    let mut entries: Vec<_> =
        head.state.entries().map(|(key, entry)| (*key, entry.clone())).collect();
    entries.retain(|(key, _)| *key != Key::Token(symbol("COIN")));
    let record = Token {
        name: Text::default(),
        decimals: 0,
        cap: None,
        issuer: None,
        supply: amount(200),
        charter: Some(Chartered { hash: charter.hash(), issued: Amount::ZERO }),
    };
    let usage = Usage {
        period: PeriodNumber::new(40),
        used: amount(used),
        total: amount(used),
        base: amount(200),
    };
    entries.push((Key::Token(symbol("COIN")), record.into()));
    entries.push((Key::Charter(symbol("COIN")), Entry::Charter(charter.into())));
    entries.push((Key::Usage(symbol("COIN"), ClauseId(0)), Entry::Usage(usage.into())));
    head.state = State::from_entries(entries);
    head.rules.fee = None;
    head
}

fn at(head: &Head, ms: u64) -> MempoolContext<'_> {
    let time = UnixMillis::new(ms);
    MempoolContext { block_time: time, block_time_max: time, ..head.ground() }
}

fn mint(units: u128) -> Action {
    let (token, issuer, to) = (symbol("COIN"), person(1), person(2));
    Action::Mint { token, issuer, to, amount: amount(units) }
}

#[test]
fn what_a_charter_lets_pass_in_time_waits_for_that_time_and_no_change_of_the_state() {
    // SPEC P-2, R-6
    let (mut pool, head) = (Mempool::default(), head(3, []));
    let one = checked(signed(1, vec![mint(3)]));
    let refused = pool.admit(one.clone(), at(&head, 1_000_000), false, &mut vec![]);
    let SubmitOutcome::Refused(Refusal::Ledger(LedgerError::Policy(refusal))) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refusal.passes, Passes::At(UnixMillis::new(1_001_000)));
    let waits = pool.admit(one.clone(), at(&head, 1_000_000), true, &mut vec![]);
    assert!(matches!(waits, SubmitOutcome::Accepted(TransactionStatus::Pending(Some(_)))));
    let too_soon = pool.advance([], [], at(&head, 1_000_500));
    assert!(too_soon.rechecked.is_empty(), "nobody looks before it can pass");
    let in_time = pool.advance([], [], at(&head, 1_001_000));
    assert_eq!(in_time.rechecked, [(one.id(), None)]);
    assert_eq!(pool.ready().count(), 1);
}

#[test]
fn what_would_take_a_place_is_looked_at_when_places_by_charters_are_few() {
    // SPEC P-1, L-8: others may have taken the last one, and touched nothing of it otherwise.
    let shop =
        Clause::Role { officer: AccountId(0), name: "shop".parse().expect("a name"), max: 9 };
    let mut head = head(0, [shop]);
    head.rules.policies = Some(PolicyBounds { charters_max: 9, standings_max: 1 });
    let (token, officer, account) = (symbol("COIN"), person(1), person(2));
    let role = Action::SetRole { token, officer, account, role: Some(RoleId(0)) };
    let one = checked(signed(1, vec![role]));
    let mut pool = Mempool::default();
    let outcome = pool.admit(one.clone(), at(&head, 1_000_000), false, &mut vec![]);
    assert_eq!(outcome, SubmitOutcome::Accepted(TransactionStatus::Pending(None)));
    let others = Standing { frozen: true, ..Standing::default() };
    let others = (Key::Standing(person(3), symbol("GOLD")), Entry::Standing(others.into()));
    let entries = head.state.entries().map(|(key, entry)| (*key, entry.clone()));
    head.state = State::from_entries(entries.chain([others.clone()]).collect::<Vec<_>>());
    let changes = pool.advance([], [&others.0], at(&head, 1_000_500));
    let full = LedgerError::TooManyStandings { max: 1 };
    assert_eq!(changes.rechecked, [(one.id(), Some(full))]);
}

#[test]
fn what_a_formula_lets_pass_is_looked_at_as_time_passes_and_as_accounts_get_roles() {
    // SPEC P-1, R-13: 3 COIN from the period after the next on; 200 COIN, and 3 for each shop.
    let officer = AccountId(0);
    let ceiling =
        |terms: &[Term]| Ceiling::Formula(Formula::new(terms.to_vec()).expect("a formula"));
    let [three, after] = [3, 41].map(|units| Term::Amount(amount(units)));
    let by_time = [Term::Periods, after, Term::Divide, three, Term::Multiply];
    let period = Period::new(1).expect("a second");
    let issue = Clause::Issue { officer, amount: ceiling(&by_time), period };
    let shop = Clause::Role { officer, name: "shop".parse().expect("a name"), max: 1 };
    let now = Term::Amount(amount(200));
    let by_shops = [Term::Members(RoleId(0)), three, Term::Multiply, now, Term::Add];
    let outstanding = Clause::Outstanding { amount: ceiling(&by_shops) };
    let one = checked(signed(1, vec![mint(3)]));
    let waits = |head: &Head| {
        let mut pool = Mempool::default();
        let outcome = pool.admit(one.clone(), at(head, 1_000_000), true, &mut vec![]);
        assert!(matches!(outcome, SubmitOutcome::Accepted(TransactionStatus::Pending(Some(_)))));
        pool
    };

    let mut timed = head(0, []);
    timed.state = with_clause(&timed.state, 0, issue);
    assert_eq!(waits(&timed).advance([], [], at(&timed, 1_000_500)).rechecked, []);
    assert_eq!(waits(&timed).advance([], [], at(&timed, 1_001_000)).rechecked, [(one.id(), None)]);

    let mut shops = head(0, [shop, outstanding]);
    let mut pool = waits(&shops);
    let count = Key::Usage(symbol("COIN"), ClauseId(1));
    let usage = Usage { used: amount(1), ..Usage::default() };
    let counted = (count, Entry::Usage(usage.into()));
    let entries = shops.state.entries().map(|(key, entry)| (*key, entry.clone()));
    shops.state = State::from_entries(entries.chain([counted]).collect::<Vec<_>>());
    let changes = pool.advance([], [&count], at(&shops, 1_000_000));
    assert_eq!(changes.rechecked, [(one.id(), None)]);
}

/// The state with another clause of COIN in that place.
fn with_clause(state: &State, place: usize, clause: Clause) -> State {
    let key = Key::Charter(symbol("COIN"));
    let charter = state.charter(symbol("COIN")).expect("there");
    let mut clauses = charter.clauses.to_vec();
    clauses[place] = clause;
    let parts = CharterParts { clauses: Bounded::first_of(clauses), ..(***charter).clone() };
    let charter = Charter::new(parts).expect("a charter");
    let others = state.entries().filter(|(other, _)| **other != key);
    let others = others.map(|(key, entry)| (*key, entry.clone()));
    State::from_entries(others.chain([(key, Entry::Charter(charter.into()))]).collect::<Vec<_>>())
}

#[test]
fn what_passes_only_after_it_has_expired_does_not_wait() {
    // SPEC P-2, R-6: it may be included up to 1,005,000.
    let from = Instant::new(17, 0).expect("1,020,000");
    let (mut pool, head) = (Mempool::default(), head(0, [Clause::NotBefore { from }]));
    let one = checked(signed(1, vec![mint(3)]));
    let refused = pool.admit(one, at(&head, 1_000_000), true, &mut vec![]);
    let refusal = PolicyRefusal {
        charter: Arc::clone(head.state.charter(symbol("COIN")).expect("there")),
        clause: Some(ClauseId(1)),
        reason: PolicyReason::TooEarly,
        passes: Passes::At(UnixMillis::new(1_020_000)),
    };
    let expected = Refusal::Ledger(LedgerError::Policy(refusal.into()));
    assert_eq!(refused, SubmitOutcome::Refused(expected));
}

#[test]
fn what_is_ready_is_looked_at_again_when_the_charter_or_a_standing_changes() {
    // SPEC P-1, R-10, R-12
    let open = head(0, []);
    let (mut pool, one) = (Mempool::default(), checked(signed(1, vec![pay(1, 2, 5)])));
    let ready = pool.admit(one.clone(), at(&open, 1_000_000), false, &mut vec![]);
    assert_eq!(ready, SubmitOutcome::Accepted(TransactionStatus::Pending(None)));
    let board = Party::Account(AccountId(0));
    let role =
        Clause::Role { officer: AccountId(0), name: "shop".parse().expect("a name"), max: 1 };
    let shop = Party::Role(RoleId(0));
    let closed = head(0, [role, Clause::Send { from: shop, to: board }]);
    let unconcerned = pool.advance([], [&balance(3)], at(&closed, 1_000_000));
    assert!(unconcerned.rechecked.is_empty());
    let standing = Key::Standing(person(2), symbol("COIN"));
    let changes = pool.advance([], [&standing], at(&closed, 1_000_000));
    let [(id, Some(LedgerError::Policy(refusal)))] = &changes.rechecked[..] else {
        panic!("{changes:?}");
    };
    assert_eq!((*id, refusal.passes), (one.id(), Passes::Later), "a role may be given");
    let end = head(0, [Clause::End { from: Instant::new(1, 0).expect("1970"), to: AccountId(0) }]);
    let changes = pool.advance([], [&Key::Charter(symbol("COIN"))], at(&end, 1_000_000));
    assert!(matches!(changes.dropped[..], [(_, DropReason::Impossible(_))]), "{changes:?}");
}

#[test]
fn a_role_that_is_ready_to_be_given_is_looked_at_again_when_it_fills() {
    // SPEC P-1, R-9
    let officer = AccountId(0);
    let shop = Clause::Role { officer, name: "shop".parse().expect("a name"), max: 1 };
    let mut head = head(0, [shop]);
    head.rules.policies = Some(PolicyBounds { charters_max: 1, standings_max: 5 });
    let (token, role) = (symbol("COIN"), Some(RoleId(0)));
    let give = Action::SetRole { token, officer: person(1), account: person(3), role };
    let (mut pool, one) = (Mempool::default(), checked(signed(1, vec![give])));
    let ready = pool.admit(one, at(&head, 1_000_000), false, &mut vec![]);
    assert_eq!(ready, SubmitOutcome::Accepted(TransactionStatus::Pending(None)));
    let count = Key::Usage(token, ClauseId(1));
    let full = Usage { used: amount(1), ..Usage::default() };
    let entries = head.state.entries().map(|(key, entry)| (*key, entry.clone()));
    let entries = entries.chain([(count, Entry::Usage(full.into()))]).collect::<Vec<_>>();
    head.state = State::from_entries(entries);
    let changes = pool.advance([], [&count], at(&head, 1_000_000));
    assert!(matches!(changes.rechecked[..], [(_, Some(_))]), "{changes:?}");
}

#[test]
fn what_is_to_be_frozen_is_looked_at_again_when_there_is_nothing_left_of_it() {
    // SPEC P-1, R-11
    let with_balance = |balance: Option<u128>| {
        let mut head = head(0, [Clause::Freeze { officer: AccountId(0) }]);
        head.rules.policies = Some(PolicyBounds { charters_max: 1, standings_max: 5 });
        let others = head.state.entries().filter(|(key, _)| **key != super::balance(2));
        let others = others.map(|(key, entry)| (*key, entry.clone()));
        let own = balance.map(|units| (super::balance(2), Entry::Balance(amount(units))));
        head.state = State::from_entries(others.chain(own).collect::<Vec<_>>());
        head
    };
    let (token, officer, account) = (symbol("COIN"), person(1), person(2));
    let freeze = Action::SetFrozen { token, officer, account, frozen: true };
    let (mut pool, one) = (Mempool::default(), checked(signed(1, vec![freeze])));
    let ready = pool.admit(one, at(&with_balance(Some(1)), 1_000_000), false, &mut vec![]);
    assert_eq!(ready, SubmitOutcome::Accepted(TransactionStatus::Pending(None)));
    let changes = pool.advance([], [&balance(2)], at(&with_balance(None), 1_000_000));
    assert!(matches!(changes.rechecked[..], [(_, Some(_))]), "{changes:?}");
}

#[test]
fn what_is_ready_is_looked_at_again_when_its_receiver_may_hold_no_more() {
    // SPEC P-1, R-10
    let officer = AccountId(0);
    let shop = Clause::Role { officer, name: "shop".parse().expect("a name"), max: 1 };
    let hold = Clause::Hold { role: RoleId(0), amount: amount(150) };
    let with_balance = |balance: u128| {
        let mut head = head(0, [shop.clone(), hold.clone()]);
        let standing = Standing { role: Some(RoleId(0)), ..Standing::default() };
        let key = Key::Standing(person(2), symbol("COIN"));
        let others = head.state.entries().filter(|(key, _)| **key != super::balance(2));
        let others = others.map(|(key, entry)| (*key, entry.clone()));
        let own = [
            (key, Entry::Standing(standing.into())),
            (super::balance(2), Entry::Balance(amount(balance))),
        ];
        head.state = State::from_entries(others.chain(own).collect::<Vec<_>>());
        head
    };
    let (before, after) = (with_balance(100), with_balance(101));
    let (mut pool, one) = (Mempool::default(), checked(signed(1, vec![pay(1, 2, 50)])));
    let ready = pool.admit(one, at(&before, 1_000_000), false, &mut vec![]);
    assert_eq!(ready, SubmitOutcome::Accepted(TransactionStatus::Pending(None)));
    let changes = pool.advance([], [&balance(2)], at(&after, 1_000_000));
    assert!(matches!(changes.rechecked[..], [(_, Some(_))]), "{changes:?}");
}

#[test]
fn what_waits_for_a_balance_by_a_charter_is_looked_at_again_when_the_balance_changes() {
    // SPEC P-1, R-11
    let mut freezes = head(0, [Clause::Freeze { officer: AccountId(0) }]);
    freezes.rules.policies = Some(PolicyBounds { charters_max: 1, standings_max: 1 });
    let (token, officer, account) = (symbol("COIN"), person(1), person(3));
    let freeze = Action::SetFrozen { token, officer, account, frozen: true };
    let (mut pool, one) = (Mempool::default(), checked(signed(1, vec![freeze])));
    let waits = pool.admit(one.clone(), at(&freezes, 1_000_000), true, &mut vec![]);
    assert!(matches!(waits, SubmitOutcome::Accepted(TransactionStatus::Pending(Some(_)))));
    let mut paid = freezes;
    let mut entries: Vec<_> =
        paid.state.entries().map(|(key, entry)| (*key, entry.clone())).collect();
    entries.retain(|(key, _)| *key != balance(2));
    entries.extend([2, 3].map(|who| (balance(who), Entry::Balance(amount(50)))));
    paid.state = State::from_entries(entries);
    let changes = pool.advance([], [&balance(2), &balance(3)], at(&paid, 1_000_000));
    assert_eq!(changes.rechecked, [(one.id(), None)]);
}

#[test]
fn what_time_alone_forbids_does_not_stay_ready() {
    // SPEC P-1, P-2, R-10: the end comes at 960,000, and no entry of the state changes.
    let end = Clause::End { from: Instant::new(16, 0).expect("an instant"), to: AccountId(0) };
    let (mut pool, mut head) = (Mempool::default(), head(0, [end]));
    head.rules.lifetime_ms_max = 50_000;
    let one = checked(signed(1, vec![pay(1, 2, 5)]));
    let ready = pool.admit(one, at(&head, 955_000), false, &mut vec![]);
    assert_eq!(ready, SubmitOutcome::Accepted(TransactionStatus::Pending(None)));
    let sooner = pool.advance([], [], at(&head, 959_999));
    assert!(sooner.dropped.is_empty() && sooner.rechecked.is_empty());
    let later = pool.advance([], [], at(&head, 960_000));
    assert!(matches!(later.dropped[..], [(_, DropReason::Impossible(_))]), "{later:?}");
}
