use alloc::vec;
use alloc::vec::Vec;

use super::{Genesis, GenesisError};
use crate::amount::Amount;
use crate::bounded::{Bounded, Text};
use crate::chain_spec::ChainSpec;
use crate::ledger::{Chartered, Fee, Growth, PolicyBounds};
use crate::policy::{
    AccountId, Charter, CharterParts, Clause, Holder, Instant, NamedAccount, RoleId,
};
use crate::samples::{amount, genesis, person, secret, symbol};
use crate::units::UnixMillis;

fn refused(change: impl FnOnce(&mut Genesis)) -> GenesisError {
    let mut genesis = genesis();
    change(&mut genesis);
    ChainSpec::new(genesis).expect_err("breaks a rule")
}

fn accepted(change: impl FnOnce(&mut Genesis)) {
    let mut genesis = genesis();
    change(&mut genesis);
    assert!(ChainSpec::new(genesis).is_ok(), "keeps every rule");
}

fn token(one: &mut Genesis, change: impl FnOnce(&mut super::GenesisToken)) {
    let mut tokens = one.tokens.to_vec();
    change(&mut tokens[0]);
    one.tokens = Bounded::first_of(tokens);
}

#[test]
fn a_schedule_that_cannot_work_is_refused() {
    // SPEC G-3
    for version in [0, 4] {
        assert_eq!(refused(|one| one.version = version), GenesisError::Version { version });
    }
    let time = (1 << 53) + 1;
    assert_eq!(
        refused(|one| one.time = UnixMillis::new(time)),
        GenesisError::Time { time: UnixMillis::new(time) }
    );
    for slot_ms in [0, 49, 600_001] {
        assert_eq!(refused(|one| one.slot_ms = slot_ms), GenesisError::Slot { slot_ms });
    }
    assert_eq!(refused(|one| one.authorities = Bounded::default()), GenesisError::NoAuthority);
    let key = secret(5).public();
    let twice = refused(|one| one.authorities = Bounded::first_of([key; 2]));
    assert_eq!(twice, GenesisError::AuthorityTwice { key });
}

#[test]
fn what_is_exactly_at_a_bound_makes_a_network() {
    // SPEC G-3, A-3
    accepted(|one| one.time = UnixMillis::new(1 << 53));
    for slot_ms in [50, 600_000] {
        accepted(|one| one.slot_ms = slot_ms);
    }
    for lifetime_ms in [1, 30 * 24 * 3600 * 1000] {
        accepted(|one| one.rules.lifetime_ms_max = lifetime_ms);
    }
    accepted(|one| (one.rules.balances_max, one.rules.tokens_max) = (2, 1));
    accepted(|one| token(one, |token| token.decimals = 18));
    accepted(|one| token(one, |token| token.cap = Some(amount(200))));
}

#[test]
fn bounds_on_growth_are_in_version_two_and_only_there() {
    // SPEC G-1, G-3
    use crate::codec::{decode, encode};
    let other = GenesisError::GrowthOfOtherVersion;
    let growth = |block_max, deposit| Some(Growth { block_max, deposit });
    assert_eq!(refused(|one| one.rules.growth = growth(1, None)), other);
    assert_eq!(refused(|one| one.version = 2), other);
    let second = |change: fn(&mut Genesis)| {
        move |one: &mut Genesis| {
            (one.version, one.rules.growth) = (2, Some(Growth { block_max: 1, deposit: None }));
            change(one);
        }
    };
    accepted(second(|_| ()));
    let none = refused(second(|one| one.rules.growth = Some(Growth::default())));
    assert_eq!(none, GenesisError::NoGrowth);
    let gold = Growth { block_max: 1, deposit: Some(symbol("GOLD")) };
    let mut one = genesis();
    second(|_| ())(&mut one);
    one.rules.growth = Some(gold);
    let unknown = GenesisError::UnknownToken { token: symbol("GOLD") };
    assert_eq!(ChainSpec::new(one.clone()).expect_err("no such token"), unknown);
    assert_eq!(decode(&encode(&one), 4096).as_ref(), Ok(&one));
    let coin = Some(symbol("COIN"));
    one.rules.growth = Some(Growth { block_max: 1, deposit: coin });
    one.rules.balances_max = (1 << 27) + 1;
    assert_eq!(ChainSpec::new(one).expect_err("too many"), GenesisError::TooManyPlaces);
}

#[test]
fn charters_are_in_version_three_and_what_they_create_is_there_from_the_start() {
    // SPEC G-1, G-3, R-1
    use crate::codec::{decode, encode};
    let one = third(charter("POINTS"));
    assert_eq!(decode(&encode(&one), 4096).as_ref(), Ok(&one));
    let spec = ChainSpec::new(one.clone()).expect("keeps every rule");
    let state = spec.genesis_state();
    assert_eq!(state.balance(person(1), symbol("POINTS")), amount(70));
    let record = state.token(symbol("POINTS")).expect("it is there");
    let chartered = Chartered { hash: one.charters[0].hash(), issued: amount(70) };
    assert_eq!((record.supply, record.charter), (amount(70), Some(chartered)));
    assert_eq!((state.check_supply(), state.counts().charters), (Ok(()), 1));
}

#[test]
fn charters_of_another_version_twice_or_too_many_are_refused() {
    // SPEC G-3, A-4
    let one = third(charter("POINTS"));
    let refused = |change: fn(&mut Genesis)| {
        let mut one = one.clone();
        change(&mut one);
        ChainSpec::new(one).expect_err("breaks a rule")
    };
    let other = GenesisError::ChartersOfOtherVersion;
    assert_eq!(refused(|one| one.version = 2), other);
    assert_eq!(refused(|one| one.rules.policies = None), other);
    let token = symbol("COIN");
    let twice = refused(|one| one.charters = Bounded::first_of([charter("COIN")]));
    assert_eq!(twice, GenesisError::TokenTwice { token });
    let above = refused(|one| one.rules.balances_max = 2);
    assert_eq!(above, GenesisError::AboveOwnLimit { what: "balances", got: 3, max: 2 });
    let alike = refused(|one| one.charters = Bounded::first_of([charter("C01N")]));
    assert_eq!(alike, GenesisError::LooksLike { token: symbol("C01N"), other: token });
    let none = refused(|one| one.rules.policies = Some(PolicyBounds::default()));
    assert_eq!(none, GenesisError::AboveOwnLimit { what: "charters", got: 1, max: 0 });
}

#[test]
fn neither_fees_nor_deposits_are_in_coins_that_accounts_owe() {
    // SPEC R-14
    let board = charter("POINTS").accounts.clone();
    let member =
        Clause::Role { officer: AccountId(0), name: "member".parse().expect("a name"), max: 9 };
    let owe = Clause::Owe { role: RoleId(0), amount: amount(5) };
    let parts = CharterParts {
        accounts: board,
        clauses: Bounded::first_of([member, owe]),
        ..(*charter("DEBTS")).clone()
    };
    let mut one = third(Charter::new(parts).expect("a charter"));
    assert!(ChainSpec::new(one.clone()).is_ok());
    let token = symbol("DEBTS");
    one.rules.fee = Some(Fee { token, amount: amount(1) });
    assert_eq!(ChainSpec::new(one.clone()).err(), Some(GenesisError::OwedToken { token }));
    one.rules.fee = None;
    one.rules.growth = Some(Growth { block_max: 1, deposit: Some(token) });
    assert_eq!(ChainSpec::new(one).err(), Some(GenesisError::OwedToken { token }));
}

/// The genesis with this charter, of version 3.
fn third(charter: Charter) -> Genesis {
    let mut one = genesis();
    one.version = 3;
    one.rules.growth = Some(Growth { block_max: 1, deposit: None });
    one.rules.policies = Some(PolicyBounds { charters_max: 1, standings_max: 5 });
    one.charters = Bounded::first_of([charter]);
    one
}

/// A charter of which person 1 has 70 at creation.
fn charter(token: &str) -> Charter {
    let board =
        NamedAccount { name: "board".parse().expect("a name"), holder: Holder::Address(person(1)) };
    let parts = CharterParts {
        token: symbol(token),
        name: Text::default(),
        decimals: 0,
        anchor: Instant::new(0, 0).expect("1970"),
        accounts: Bounded::first_of([board]),
        clauses: Bounded::first_of([
            Clause::Creation { to: AccountId(0), amount: amount(70) },
            Clause::Ever { amount: amount(100).into() },
        ]),
    };
    Charter::new(parts).expect("a charter")
}

#[test]
fn rules_that_contradict_the_genesis_are_refused() {
    // SPEC G-3
    for lifetime_ms in [0, 30 * 24 * 3600 * 1000 + 1] {
        let error = refused(|one| one.rules.lifetime_ms_max = lifetime_ms);
        assert_eq!(error, GenesisError::Lifetime { lifetime_ms });
    }
    let creators = crate::Address::default();
    let twice = refused(|one| one.rules.creators = Some(Bounded::first_of([creators; 2])));
    assert_eq!(twice, GenesisError::Order { list: "creators" });
    let what = "balances";
    let many = refused(|one| one.rules.balances_max = 1);
    assert_eq!(many, GenesisError::AboveOwnLimit { what, got: 2, max: 1 });
    let unknown = refused(|one| {
        one.rules.fee = Some(Fee { token: symbol("GOLD"), amount: amount(1) });
    });
    assert_eq!(unknown, GenesisError::UnknownToken { token: symbol("GOLD") });
    let free = refused(|one| {
        one.rules.fee = Some(Fee { token: symbol("COIN"), amount: Amount::ZERO });
    });
    assert_eq!(free, GenesisError::ZeroAmount { token: symbol("COIN") });
}

#[test]
fn tokens_that_make_no_sense_are_refused() {
    // SPEC G-3, A-3
    let coin = symbol("COIN");
    let decimals = refused(|one| token(one, |token| token.decimals = 19));
    assert_eq!(decimals, GenesisError::Decimals { token: coin, decimals: 19 });
    let cap = refused(|one| token(one, |token| token.cap = Some(amount(199))));
    assert_eq!(cap, GenesisError::CapExceeded { token: coin });
    let never = refused(|one| one.balances = Bounded::default());
    assert_eq!(never, GenesisError::NeverAnyUnits { token: coin });
    let twice = refused(|one| one.tokens = Bounded::first_of(vec![one.tokens[0].clone(); 2]));
    assert_eq!(twice, GenesisError::Order { list: "tokens" });
}

#[test]
fn balances_that_make_no_sense_are_refused() {
    // SPEC G-3
    let change = |change: fn(&mut Vec<super::GenesisBalance>)| {
        refused(|one| {
            let mut balances = one.balances.to_vec();
            change(&mut balances);
            one.balances = Bounded::first_of(balances);
        })
    };
    let order = GenesisError::Order { list: "balances" };
    assert_eq!(change(|list| list.reverse()), order);
    assert_eq!(change(|list| list[1] = list[0]), order);
    let zero = GenesisError::ZeroAmount { token: symbol("COIN") };
    assert_eq!(change(|list| list[0].amount = Amount::ZERO), zero);
    let unknown = GenesisError::UnknownToken { token: symbol("GOLD") };
    assert_eq!(change(|list| list[0].token = symbol("GOLD")), unknown);
    let cap = GenesisError::CapExceeded { token: symbol("COIN") };
    assert_eq!(change(|list| list[0].amount = Amount::MAX), cap);
}

#[test]
fn every_field_of_the_genesis_changes_the_chain_id() {
    // SPEC G-1, G-2, G-4
    let one = ChainSpec::new(genesis()).expect("in order");
    let mut changed = genesis();
    changed.time += 1;
    let other = ChainSpec::new(changed).expect("in order");
    assert_ne!(one.chain(), other.chain());
    assert_ne!(one.genesis_hash(), other.genesis_hash());
    assert_eq!(one.genesis_state().root(), other.genesis_state().root());
}
