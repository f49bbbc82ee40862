//! Charters on a state: each clause obeyed, and what it refuses with which words.

mod offices;
mod owe;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{Overlay, apply_transaction};
use crate::bounded::{Bounded, Text};
use crate::ledger::{LedgerError, Passes, PolicyBounds, PolicyReason, PolicyRefusal, Rules, State};

use crate::policy::{
    AccountId, Ceiling, Charter, CharterParts, Clause, ClauseId, Holder, Instant, NamedAccount,
    Period, Rate, RoleId,
};
use crate::samples::{amount, genesis, person, symbol};
use crate::transaction::{Action, Body};
use crate::units::UnixMillis;

const BOARD: AccountId = AccountId(0);
const DESK: AccountId = AccountId(1);
const DAY_MS: u64 = 86_400_000;
/// Minutes from 1970 to the anchor.
const ANCHOR: u32 = 29_000_000;

/// A state, and the time of the next block.
struct Play {
    state: State,
    rules: Rules,
    time: UnixMillis,
}

fn days(count: u32) -> Period {
    Period::new(count * 86_400).expect("some days")
}

fn instant(minutes: u32) -> Instant {
    Instant::new(minutes, 0).expect("an instant")
}

/// A charter in which the board is person 1 and the desk person 2.
fn charter(clauses: Vec<Clause>) -> Charter {
    let account = |name: &str, who| NamedAccount {
        name: name.parse().expect("a name"),
        holder: Holder::Address(person(who)),
    };
    let parts = CharterParts {
        token: symbol("POINTS"),
        name: Text::default(),
        decimals: 2,
        anchor: instant(ANCHOR),
        accounts: Bounded::first_of([account("board", 1), account("desk", 2)]),
        clauses: Bounded::first_of(clauses),
    };
    Charter::new(parts).expect("a charter")
}

fn member(max: u32) -> Clause {
    Clause::Role { officer: BOARD, name: "member".parse().expect("a name"), max }
}

impl Play {
    /// A network in which a token with these clauses was created a day after its anchor.
    fn new(clauses: Vec<Clause>) -> Self {
        let policies = Some(PolicyBounds { charters_max: 2, standings_max: 3 });
        let rules = Rules { policies, fee: None, creators: None, ..genesis().rules };
        let time = instant(ANCHOR).millis().saturating_add(DAY_MS);
        let mut play = Self { state: State::default(), rules, time };
        let create = Action::CreateWithCharter(Box::new(charter(clauses)));
        play.act(create).expect("created");
        play
    }

    fn act(&mut self, action: Action) -> Result<(), LedgerError> {
        let body = Body {
            sender: person(9),
            salt: 0,
            expires_at: self.time,
            actions: Bounded::first_of([action]),
            memo: Text::default(),
        };
        let mut overlay = Overlay::new(&self.state);
        apply_transaction(&mut overlay, &self.rules, self.time, &body)?;
        let changes = overlay.into_changes();
        let after = self.state.with(&changes);
        // Whatever was done can be undone.
        assert_eq!(after.with(&changes.inverted()).root(), self.state.root());
        self.state = after;
        self.state.check_supply().expect("nothing made from nothing");
        Ok(())
    }

    /// The refusal of the token's charter: clause by its number, reason, when it would pass.
    fn refused(&mut self, action: Action) -> (Option<u16>, PolicyReason, Passes) {
        match self.act(action) {
            Err(LedgerError::Policy(refusal)) => {
                let PolicyRefusal { clause, reason, passes, .. } = *refusal;
                (clause.map(ClauseId::number), reason, passes)
            }
            other => panic!("not refused by the charter: {other:?}"),
        }
    }

    fn has(&self, who: u8) -> u128 {
        self.state.balance(person(who), symbol("POINTS")).units()
    }

    /// Uses of a person: by clause, from 0, the period and the amount.
    fn used(&self, who: u8) -> Vec<(u8, u64, u128)> {
        let standing = self.state.standing(person(who), symbol("POINTS"));
        let uses = standing.used.iter();
        uses.map(|one| (one.clause.0, one.period.get(), one.amount.units())).collect()
    }

    fn later(&mut self, ms: u64) {
        self.time = self.time.saturating_add(ms);
    }
}

fn mint(issuer: u8, to: u8, units: u128) -> Action {
    let (token, issuer, to) = (symbol("POINTS"), person(issuer), person(to));
    Action::Mint { token, issuer, to, amount: amount(units) }
}

fn send(from: u8, to: u8, units: u128) -> Action {
    let (token, from, to) = (symbol("POINTS"), person(from), person(to));
    Action::Transfer { token, from, to, amount: amount(units) }
}

fn role(officer: u8, account: u8, role: Option<u8>) -> Action {
    let (token, officer, account) = (symbol("POINTS"), person(officer), person(account));
    Action::SetRole { token, officer, account, role: role.map(RoleId) }
}

fn draw(account: u8, clause: u8, units: u128) -> Action {
    let (token, clause) = (symbol("POINTS"), ClauseId(clause));
    Action::Draw { token, account: person(account), clause, amount: amount(units) }
}

fn claim(account: u8, clause: u8, units: u128) -> Action {
    let (token, clause) = (symbol("POINTS"), ClauseId(clause));
    Action::Claim { token, account: person(account), clause, amount: amount(units) }
}

fn limit(used: u128, allowed: u128, need: u128) -> PolicyReason {
    let (used, allowed, need) = (amount(used), amount(allowed), amount(need));
    PolicyReason::Limit { used, allowed, need }
}

fn issue_daily(units: u128) -> Clause {
    Clause::Issue { officer: BOARD, amount: amount(units).into(), period: days(1) }
}

#[test]
fn an_office_issues_so_much_in_a_period_and_again_in_the_next() {
    // SPEC R-6
    let mut play = Play::new(vec![issue_daily(500)]);
    play.later(DAY_MS - 1);
    play.act(mint(1, 3, 300)).expect("within the limit");
    let tomorrow = Passes::At(instant(ANCHOR).millis().saturating_add(2 * DAY_MS));
    assert_eq!(play.refused(mint(1, 3, 201)), (Some(1), limit(300, 500, 201), tomorrow));
    play.act(mint(1, 3, 200)).expect("just the limit");
    assert_eq!(play.refused(mint(1, 3, 501)).2, Passes::Never, "no day has so much");
    let (address, stranger) = (person(4), play.refused(mint(4, 4, 1)));
    assert_eq!(stranger, (None, PolicyReason::NotEntitled { address }, Passes::Never));
    play.later(1);
    play.act(mint(1, 3, 500)).expect("another day");
    assert_eq!(play.has(3), 1_000);
}

#[test]
fn a_token_with_a_charter_has_no_issuer_and_one_without_no_offices() {
    // SPEC R-1
    let mut play = Play::new(vec![issue_daily(5)]);
    let (token, issuer) = (symbol("POINTS"), person(1));
    let refused = play.refused(Action::SetIssuer { token, issuer, new: None });
    assert_eq!(refused.1, PolicyReason::NoIssuer);
    let other = Play::new(vec![issue_daily(5)]).state;
    assert_eq!(other.counts().charters, 1);
    let mut old = play;
    old.rules.policies = None;
    let create = Action::CreateWithCharter(Box::new(charter(vec![issue_daily(5)])));
    assert_eq!(old.act(create), Err(LedgerError::NoCharters));
}

#[test]
fn rights_of_one_account_bind_together_and_limits_of_all_bind_everybody() {
    // SPEC R-6
    let weekly = Clause::Issue { officer: BOARD, amount: amount(700).into(), period: days(7) };
    let clauses = vec![
        Clause::Creation { to: DESK, amount: amount(100) },
        issue_daily(500),
        weekly,
        Clause::Outstanding { amount: amount(900).into() },
        Clause::Ever { amount: amount(1_000).into() },
        Clause::IssueFreely { officer: DESK },
    ];
    let mut play = Play::new(clauses);
    assert_eq!(play.has(2), 100);
    play.act(mint(1, 3, 500)).expect("within all");
    play.later(DAY_MS);
    let (clause, reason, _) = play.refused(mint(1, 3, 201));
    assert_eq!((clause, reason), (Some(3), limit(500, 700, 201)));
    play.act(mint(1, 3, 200)).expect("the rest of the week");
    assert_eq!(play.refused(mint(2, 3, 101)), (Some(4), limit(800, 900, 101), Passes::Later));
    let burn = Action::Burn { token: symbol("POINTS"), from: person(3), amount: amount(600) };
    play.act(burn).expect("its own");
    assert_eq!(play.refused(mint(2, 3, 201)), (Some(5), limit(800, 1_000, 201), Passes::Never));
    play.act(mint(2, 3, 200)).expect("what is left of all time");
}

#[test]
fn growth_counts_from_the_supply_before_the_first_issue_of_the_period() {
    // SPEC R-6
    let rate = Rate::new(20_000).expect("2 %");
    let grow = Clause::Growth { officer: BOARD, rate, period: days(365) };
    let mut play =
        Play::new(vec![Clause::Creation { to: BOARD, amount: amount(100_000_000) }, grow]);
    let mut supply: u128 = 100_000_000;
    let mut reached = Vec::new();
    for _ in 0..10 {
        let all = supply * 20_000 / 1_000_000;
        assert_eq!(play.refused(mint(1, 1, all + 1)).0, Some(2));
        play.act(mint(1, 1, 1)).expect("the first unit");
        play.act(mint(1, 1, all - 1)).expect("all of the year, by the supply at its first issue");
        assert_eq!(play.refused(mint(1, 1, 1)).1, limit(all, all, 1));
        supply += all;
        reached.push(supply);
        play.later(365 * DAY_MS);
    }
    assert_eq!((reached[0], reached[4], reached[9]), (102_000_000, 110_408_080, 121_899_439));
    play.act(mint(1, 1, supply * 2 / 100)).expect("a year that nobody used is not made up for");
    assert!(play.act(mint(1, 1, 1)).is_err());
}

#[test]
fn what_is_due_is_drawn_and_stays_drawable() {
    // SPEC R-7
    let halving = Clause::Halving { account: DESK, amount: amount(100), period: days(1), every: 2 };
    let evenly = Clause::Evenly {
        account: DESK,
        total: amount(70),
        days: 7,
        from: instant(ANCHOR),
        first_days: 3,
    };
    let mut play = Play::new(vec![halving, evenly]);
    play.act(draw(2, 0, 60)).expect("a day is over");
    let second = Passes::At(instant(ANCHOR).millis().saturating_add(2 * DAY_MS));
    assert_eq!(play.refused(draw(2, 0, 41)), (Some(1), limit(60, 100, 41), second));
    let third = Passes::At(instant(ANCHOR).millis().saturating_add(3 * DAY_MS));
    assert_eq!(play.refused(draw(2, 1, 1)), (Some(2), limit(0, 0, 1), third));
    assert_eq!(play.refused(draw(2, 1, 71)).2, Passes::Never);
    play.later(3 * DAY_MS);
    play.act(draw(2, 0, 240)).expect("100, 100, 50 and 50 less the 60");
    play.act(draw(2, 1, 40)).expect("four of seven days");
    let address = person(1);
    assert_eq!(play.refused(draw(1, 0, 1)).1, PolicyReason::NotEntitled { address });
    assert_eq!(play.refused(draw(2, 7, 1)).1, PolicyReason::OtherClause);
}

#[test]
fn a_role_claims_from_the_next_period_on_and_as_many_missed_as_the_clause_says() {
    // SPEC
    let claims = Clause::Claim { role: RoleId(0), amount: amount(30), period: days(30), missed: 2 };
    let mut play = Play::new(vec![member(2), claims]);
    play.act(role(1, 3, Some(0))).expect("the board gives it");
    let start =
        |period: u64| Passes::At(instant(ANCHOR).millis().saturating_add(period * 30 * DAY_MS));
    assert_eq!(play.refused(claim(3, 1, 30)), (Some(2), limit(0, 0, 30), start(1)));
    play.later(30 * DAY_MS);
    play.act(claim(3, 1, 30)).expect("the next period");
    assert_eq!(play.refused(claim(3, 1, 30)).2, start(2), "not twice");
    assert_eq!(
        play.refused(claim(3, 1, 45)).1,
        PolicyReason::NotWhole { each: amount(30), need: amount(45) }
    );
    play.later(5 * 30 * DAY_MS);
    assert_eq!(play.refused(claim(3, 1, 120)).1, limit(0, 90, 120), "two missed and this one");
    play.act(claim(3, 1, 60)).expect("the two oldest of three");
    play.act(claim(3, 1, 30)).expect("the last");
    // Whoever loses the role and gets it again has claimed nothing more.
    play.act(role(1, 3, None)).expect("taken");
    play.act(role(1, 3, Some(0))).expect("given again");
    assert_eq!(play.refused(claim(3, 1, 30)).1, limit(0, 0, 30));
    let address = person(4);
    assert_eq!(play.refused(claim(4, 1, 30)).1, PolicyReason::NotEntitled { address });
}

#[test]
fn nothing_is_issued_before_the_anchor_but_the_creation() {
    // SPEC
    let mut play =
        Play::new(vec![issue_daily(50), Clause::Creation { to: DESK, amount: amount(7) }]);
    play.time = instant(ANCHOR).millis().saturating_sub(1);
    let from = Passes::At(instant(ANCHOR).millis());
    assert_eq!(play.refused(mint(1, 3, 1)), (None, PolicyReason::TooEarly, from));
    play.act(send(2, 3, 7)).expect("what was created moves");
}
