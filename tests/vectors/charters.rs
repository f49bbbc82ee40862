//! Vectors of charters: values, and stories of what is done by them, by whom and when.

use coinage_protocol::{
    AccountId, Action, Body, Bounded, Charter, CharterParts, Clause, ClauseId, Genesis, Growth,
    Holder, Instant, LedgerError, NamedAccount, Overlay, Party, Period, PolicyBounds, Rate, RoleId,
    Rules, State, Symbol, UnixMillis, apply_transaction,
};
use coinage_simulation::charters::{Chance, Scene, action, charter as by_chance};
use serde_json::{Value, json};

use crate::debts::{debt_story, debts, formula_story, formulas};
use crate::json::ToJson as _;
use crate::policy_json::of_refusal;
use crate::samples::{
    amount, genesis, hexed, list, person, second_genesis, symbol, text, treasury,
};
use crate::valid::genesis_of;

pub(crate) const DAY: u64 = 86_400_000;
/// Minutes from 1970 to the anchors.
const ANCHOR: u32 = 30_000_000;

/// A genesis with two charters, otherwise the second one.
fn third_genesis() -> Genesis {
    let mut genesis = second_genesis();
    genesis.version = 3;
    genesis.rules.policies = Some(PolicyBounds { charters_max: 9, standings_max: 5_000 });
    let mut charters = vec![growing(), club()];
    charters.sort_by_key(|charter| charter.token);
    genesis.charters = list(charters);
    genesis
}

/// The genesis of version 3, its chain id and its block 0.
pub(crate) fn genesis_vectors() -> Value {
    // SPEC G-1, G-3, G-4
    genesis_of("a network of version 3", &third_genesis())
}

pub(crate) fn charter(token: &str, clauses: Vec<Clause>) -> Charter {
    let named = |name: &str, holder| NamedAccount { name: name.parse().expect("a name"), holder };
    let coinage_protocol::Lock::Threshold(board) = treasury() else { unreachable!("2 of 3") };
    let parts = CharterParts {
        token: symbol(token),
        name: text("Club points"),
        decimals: 2,
        anchor: instant(0),
        accounts: list(vec![
            named("desk", Holder::Address(person(1))),
            named("이사회", Holder::Threshold(board)),
            named("founder", Holder::Address(person(2))),
        ]),
        clauses: list(clauses),
    };
    Charter::new(parts).expect("a charter")
}

pub(crate) fn instant(minutes: u32) -> Instant {
    Instant::new(ANCHOR + minutes, 36).expect("an instant")
}

pub(crate) fn days(count: u32) -> Period {
    Period::new(count * 86_400).expect("days")
}

pub(crate) const DESK: AccountId = AccountId(0);

fn growing() -> Charter {
    let rate = Rate::new(20_000).expect("2 %");
    let first = Clause::Creation { to: DESK, amount: amount(100_000_000) };
    charter("GROW", vec![first, Clause::Growth { officer: DESK, rate, period: days(365) }])
}

fn halving() -> Charter {
    let each = amount(100_000);
    let halving = Clause::Halving { account: DESK, amount: each, period: days(1), every: 1_460 };
    charter("HALF", vec![halving, Clause::Ever { amount: amount(291_991_240).into() }])
}

/// Every other kind of clause.
fn club() -> Charter {
    let (member, founder, board) = (RoleId(0), AccountId(2), AccountId(1));
    let role = |name: &str, max| {
        let name = name.parse().expect("a name");
        Clause::Role { officer: DESK, name, max }
    };
    charter(
        "CLUB",
        vec![
            role("member", 2),
            Clause::Creation { to: founder, amount: amount(500) },
            Clause::Outstanding { amount: amount(1_000_000).into() },
            Clause::Issue { officer: DESK, amount: amount(500).into(), period: days(1) },
            Clause::IssueFreely { officer: board },
            Clause::Evenly {
                account: founder,
                total: amount(24_000_000),
                days: 1_460,
                from: instant(0),
                first_days: 365,
            },
            Clause::Claim { role: member, amount: amount(30), period: days(30), missed: 3 },
            Clause::Receive { role: member, amount: amount(700), period: days(30) },
            Clause::NotBefore { from: instant(1) },
            Clause::NotFrom { from: instant(60 * 24 * 3_650) },
            Clause::Send { from: Party::Role(member), to: Party::Account(founder) },
            Clause::Hold { role: member, amount: amount(900) },
            Clause::SendLimit { role: member, amount: amount(100), period: days(1) },
            Clause::Freeze { officer: DESK },
            Clause::Move { officer: DESK },
            Clause::End { from: instant(60 * 24 * 4_000), to: founder },
            Clause::HandOver { account: DESK },
            Clause::Amend {
                officer: DESK,
                clause: ClauseId(3),
                min: amount(0),
                max: amount(1_000),
                notice: days(30),
            },
        ],
    )
}

/// A story: a token with a charter, and what is done with it.
pub(crate) struct Story {
    pub(crate) token: Symbol,
    state: State,
    rules: Rules,
    steps: Vec<Value>,
}

impl Story {
    pub(crate) fn new(charter: &Charter, time: u64) -> Self {
        let policies = Some(PolicyBounds { charters_max: 1, standings_max: 100 });
        let growth = Some(Growth { block_max: 1_000, deposit: None });
        let rules = Rules { fee: None, growth, policies, ..genesis().rules };
        let mut story =
            Self { token: charter.token, state: State::default(), rules, steps: Vec::new() };
        story.does(time, Action::CreateWithCharter(Box::new(charter.clone())));
        story
    }

    /// Does something at a time, or is refused; tells which.
    pub(crate) fn does(&mut self, time: u64, action: Action) -> bool {
        let body = Body {
            sender: person(1),
            salt: 0,
            expires_at: UnixMillis::new(time),
            actions: Bounded::first_of([action.clone()]),
            memo: text(""),
        };
        let mut overlay = Overlay::new(&self.state);
        let outcome = apply_transaction(&mut overlay, &self.rules, UnixMillis::new(time), &body);
        let told = match &outcome {
            Ok(()) => Value::Null,
            Err(LedgerError::Policy(refusal)) => of_refusal(refusal),
            Err(_) => json!({ "reason": "rule" }),
        };
        if outcome.is_ok() {
            self.state = self.state.with(&overlay.into_changes());
        }
        let supply = self.state.token(self.token).map_or(0, |token| token.supply.units());
        self.steps.push(json!({
            "time": time.to_string(), "action": action.to_json(), "refused": told,
            "supply": supply.to_string(),
        }));
        outcome.is_ok()
    }

    pub(crate) fn mint(&mut self, time: u64, units: u128) {
        let (token, issuer) = (self.token, person(1));
        self.does(time, Action::Mint { token, issuer, to: issuer, amount: amount(units) });
    }

    fn draw(&mut self, time: u64, units: u128) {
        let (token, account, clause) = (self.token, person(1), ClauseId(0));
        self.does(time, Action::Draw { token, account, clause, amount: amount(units) });
    }

    pub(crate) fn supply(&self) -> u128 {
        self.state.token(self.token).map_or(0, |token| token.supply.units())
    }

    pub(crate) fn told(self, name: &str) -> Value {
        json!({ "name": name, "steps": self.steps, "root": self.state.root().to_json() })
    }
}

/// 2 % of the supply a year, all of it at the beginning of each year.
fn growth_story() -> Value {
    let start = instant(0).millis().get();
    let mut story = Story::new(&growing(), start);
    let mut reached = Vec::new();
    for year in 0..10 {
        let all = story.supply() * 2 / 100;
        let time = start + year * 365 * DAY;
        story.mint(time, all + 1);
        story.mint(time, 1);
        story.mint(time + 365 * DAY - 1, all - 1);
        story.mint(time + 365 * DAY - 1, 1);
        reached.push(story.supply());
    }
    let expected = [102_000_000, 110_408_080, 112_616_241, 121_899_439];
    assert_eq!([reached[0], reached[4], reached[5], reached[9]], expected);
    story.told("2 % a year, at the end of each of ten years")
}

/// 1,000.00 a day, halving every 1,460 days.
fn halving_story() -> Value {
    let start = instant(0).millis().get();
    let mut story = Story::new(&halving(), start);
    story.draw(start, 1);
    for (eras, all) in [(1, 146_000_000), (2, 219_000_000), (3, 255_500_000), (17, 291_991_240)] {
        let (time, left) = (start + eras * 1_460 * DAY, all - story.supply());
        story.draw(time - 1, left);
        story.draw(time, left + 1);
        story.draw(time, left);
        assert_eq!(story.supply(), all);
    }
    story.draw(start + 100 * 1_460 * DAY, 1);
    story.told("1,000.00 a day, halving every 1,460 days")
}

/// A role that is taken and given again within a day, and what is left of it.
fn role_story() -> Value {
    let start = instant(0).millis().get() + DAY;
    let mut story = Story::new(&club(), start);
    let (token, officer, member) = (story.token, person(1), person(3));
    let set = |role: Option<u8>| {
        let role = role.map(RoleId);
        Action::SetRole { token, officer, account: member, role }
    };
    let mint = |units| Action::Mint { token, issuer: officer, to: member, amount: amount(units) };
    let send =
        |units| Action::Transfer { token, from: member, to: person(2), amount: amount(units) };
    let (given, taken) = (set(Some(0)), set(None));
    let first = [given.clone(), mint(400), send(60), taken.clone(), mint(1), taken.clone()];
    let again = [given.clone(), send(41), send(40), send(1), mint(101), mint(100)];
    for action in first.into_iter().chain(again) {
        story.does(start, action);
    }
    for action in [mint(201), mint(200), send(100), taken.clone(), taken.clone()] {
        story.does(start + DAY, action);
    }
    let frozen = |frozen| Action::SetFrozen { token, officer, account: member, frozen };
    for action in [taken.clone(), frozen(true), taken.clone(), frozen(false), taken.clone(), given]
    {
        story.does(start + 29 * DAY, action);
    }
    let to_itself = |account| Action::HandOver { token, account, from: officer, to: officer };
    story.does(start + 29 * DAY, to_itself(DESK));
    story.does(start + 29 * DAY, to_itself(AccountId(2)));
    story.told("a role taken and given again")
}

/// Random actions by a charter, over some days.
fn story_by_chance(seed: u64) -> Value {
    let mut chance = Chance::of(seed);
    let mut scene = Scene {
        people: (1..=5).map(person).collect(),
        charters: Vec::new(),
        others: vec![symbol("COIN")],
        periods: vec![1, 60, 3_600, 86_400],
        step_minutes: 20,
        end_minutes: 2 * 24 * 60,
    };
    let charter = match seed {
        0 | 1 => club(),
        _ => by_chance(&mut chance, &scene, symbol("CHANCE"), ANCHOR),
    };
    scene.charters = vec![charter.clone()];
    let mut time = instant(0).millis().get() - 60_000;
    let mut story = Story::new(&charter, time);
    while story.steps.len() < 80 {
        time += chance.one_of(&[0, 500, 1_000, 30_000, 600_000, 3_600_000, 40_000_000]);
        let next = action(&mut chance, &scene, UnixMillis::new(time));
        let creates = matches!(next, Action::CreateToken(_) | Action::CreateWithCharter(_));
        if next.token() == charter.token && !creates {
            story.does(time, next);
        }
    }
    story.told(&format!("by chance, {seed}"))
}

/// Charters with their hashes, and stories.
pub(crate) fn charters() -> Value {
    // SPEC, M-3
    let value = |(name, charter): (&str, Charter)| {
        json!({
            "name": name, "type": "Charter", "value": charter.to_json(),
            "bytes": hexed(&charter), "hash": charter.hash().to_string(),
        })
    };
    let all = [
        ("growth", growing()),
        ("halving", halving()),
        ("nearly every clause", club()),
        ("mutual credit", debts()),
        ("formulas", formulas()),
    ];
    let mut stories =
        vec![growth_story(), halving_story(), role_story(), debt_story(), formula_story()];
    stories.extend((0..12).map(story_by_chance));
    json!({ "charters": all.map(value), "stories": stories })
}
