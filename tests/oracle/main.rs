//! The ledger against an independent model of it.

mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{
    Amount, ChainSpec, DEPOSITS, Entry, Genesis, Key, Overlay, State, apply_transaction,
};
use coinage_simulation::model::{Model, ModelToken};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use self::worlds::{World, worlds};

/// The state as the model would hold it.
fn as_model(state: &State) -> Model {
    let (mut balances, mut tokens) = (BTreeMap::new(), BTreeMap::new());
    let mut deposits = BTreeMap::new();
    for (key, entry) in state.entries() {
        match (key, entry) {
            (Key::Balance(address, token), Entry::Balance(amount)) => {
                balances.insert((*address, *token), amount.units());
            }
            (Key::Deposit(address, token), Entry::Balance(amount)) => {
                deposits.insert((*address, *token), amount.units());
            }
            (Key::Token(token), Entry::Token(record)) => {
                let token_record = ModelToken {
                    name: record.name.as_str().to_owned(),
                    decimals: record.decimals,
                    capped: record.cap.map(Amount::units),
                    issuer: record.issuer,
                    supply: record.supply.units(),
                };
                tokens.insert(*token, token_record);
            }
            _ => panic!("{key:?} has an entry of another kind"),
        }
    }
    let before = balances.len() + tokens.len();
    Model { balances, tokens, deposits, before }
}

/// Runs a world through ledger and model; what the ledger said to each transaction.
fn outcomes((genesis, blocks): World) -> Result<BTreeSet<String>, TestCaseError> {
    let spec = ChainSpec::new(genesis.clone()).expect("the genesis is in order");
    let mut model = Model::new(&genesis);
    let mut state = spec.genesis_state().clone();
    let mut seen = BTreeSet::new();
    prop_assert_eq!(&as_model(&state), &model);
    for block in &blocks {
        let mut overlay = Overlay::new(&state);
        for body in block {
            let outcome = apply_transaction(&mut overlay, spec.rules(), body);
            prop_assert_eq!(outcome.is_ok(), model.apply(spec.rules(), body), "{:?}", outcome);
            let text = format!("{outcome:?}");
            let variant = text.trim_start_matches("Err(");
            seen.insert(variant.chars().take_while(char::is_ascii_alphanumeric).collect());
        }
        let changes = overlay.into_changes();
        let after = state.with(&changes);
        model.begin_block();
        prop_assert_eq!(&as_model(&after), &model);
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
    let model = as_model(state);
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
