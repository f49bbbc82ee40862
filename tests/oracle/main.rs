//! The ledger against an independent model of it.

mod charters;
mod worlds;

use std::collections::BTreeSet;

use coinage_protocol::{
    ChainSpec, DEPOSITS, Genesis, Overlay, State, UnixMillis, apply_transaction,
};
use coinage_simulation::model::Model;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use self::worlds::{World, worlds};

/// Time of the blocks, which nothing in these worlds asks for.
const NOW: UnixMillis = UnixMillis::new(0);

/// Runs a world through ledger and model; what the ledger said to each transaction.
fn outcomes((genesis, blocks): World) -> Result<BTreeSet<String>, TestCaseError> {
    let spec = ChainSpec::new(genesis.clone()).expect("the genesis is in order");
    let mut model = Model::new(&genesis);
    let mut state = spec.genesis_state().clone();
    let mut seen = BTreeSet::new();
    prop_assert_eq!(&Model::of(&state, false), &model);
    for block in &blocks {
        let mut overlay = Overlay::new(&state);
        for body in block {
            let outcome = apply_transaction(&mut overlay, spec.rules(), NOW, body);
            let expected = model.apply(spec.rules(), NOW, body);
            prop_assert_eq!(outcome.is_ok(), expected.is_ok(), "{:?}", outcome);
            let text = format!("{outcome:?}");
            let variant = text.trim_start_matches("Err(");
            seen.insert(variant.chars().take_while(char::is_ascii_alphanumeric).collect());
        }
        let changes = overlay.into_changes();
        let after = state.with(&changes);
        model.begin_block();
        prop_assert_eq!(&Model::of(&after, false), &model);
        check(&genesis, &after)?;
        let back = after.with(&changes.inverted());
        prop_assert_eq!(back.root(), state.root());
        prop_assert_eq!((back.balances(), back.tokens()), (state.balances(), state.tokens()));
        state = after;
    }
    Ok(seen)
}

/// Checks what holds in every state, whatever led to it.
fn check(genesis: &Genesis, state: &State) -> Result<(), TestCaseError> {
    prop_assert_eq!(state.check_supply(), Ok(()));
    let model = Model::of(state, false);
    prop_assert_eq!(state.balances(), model.balances.len() as u64);
    prop_assert_eq!(state.tokens(), model.tokens.len() as u64);
    prop_assert!(state.balances() <= genesis.rules.balances_max);
    prop_assert!(state.tokens() <= genesis.rules.tokens_max);
    prop_assert!(model.balances.values().all(|units| *units > 0));
    check_deposits(genesis, &model)?;
    prop_assert!(model.tokens.values().all(|token| token.supply <= token.cap()));
    let entries = state.entries().map(|(key, entry)| (*key, entry.clone()));
    prop_assert_eq!(State::from_entries(entries).root(), state.root());
    Ok(())
}

/// Every deposit is for a balance, and all of them are where deposits lie (SPEC L-10).
fn check_deposits(genesis: &Genesis, model: &Model) -> Result<(), TestCaseError> {
    prop_assert!(model.deposits.keys().all(|place| model.balances.contains_key(place)));
    let all: u128 = model.deposits.values().sum();
    let token = genesis.rules.growth.and_then(|growth| growth.deposit);
    let held = token.and_then(|token| model.balances.get(&(DEPOSITS, token)));
    prop_assert!(all <= held.copied().unwrap_or_default());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn the_ledger_does_what_the_model_does(world in worlds()) {
        // SPEC L-1, L-2, L-3, L-4, L-5, L-6, L-7, L-8, L-9, L-10, L-11, M-3
        outcomes(world)?;
    }
}

#[test]
fn the_worlds_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..1_000 {
        let world = worlds().new_tree(&mut runner).expect("a world").current();
        seen.extend(outcomes(world).expect("ledger and model agree"));
    }
    let all = [
        "CapExceeded",
        "InsufficientBalance",
        "IssuanceClosed",
        "NotACreator",
        "NotTheIssuer",
        "Ok",
        "PlaceTooDear",
        "SymbolTaken",
        "TooManyBalances",
        "TooManyTokens",
        "TooMuchGrowth",
        "UnknownToken",
    ];
    assert!(seen.iter().eq(all.iter()), "{seen:?}");
}
