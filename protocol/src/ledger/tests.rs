use alloc::vec;

use super::{
    Change, Changes, Entry, ExpiryError, Key, LedgerError, Overlay, State, SupplyMismatch,
};
use super::{apply_transaction, check_window};
use crate::samples::{amount, chain_spec, pay, payment, person, signed, symbol};
use crate::units::UnixMillis;

#[test]
fn a_transaction_that_fails_halfway_changes_nothing() {
    // SPEC L-1, L-4, L-7
    let spec = chain_spec();
    let mut overlay = Overlay::new(spec.genesis_state());
    let body = signed(1, vec![pay(1, 2, 5), pay(1, 2, 95)]).body;
    let (address, token) = (person(1), symbol("COIN"));
    let (have, need) = (amount(94), amount(95));
    let refused = LedgerError::InsufficientBalance { address, token, have, need };
    assert_eq!(
        apply_transaction(&mut overlay, spec.rules(), spec.genesis().time, &body),
        Err(refused)
    );
    assert_eq!(overlay.into_changes(), Changes::default());
}

#[test]
fn a_transaction_is_valid_from_its_lifetime_before_its_expiry_up_to_it() {
    // SPEC T-7
    let (spec, body) = (chain_spec(), payment(1).body);
    let window = |block_time| check_window(&body, block_time, spec.rules());
    assert_eq!(window(UnixMillis::new(1_005_000)), Ok(()));
    assert_eq!(window(UnixMillis::new(995_000)), Ok(()));
    let expires_at = 1_005_000;
    let expired = ExpiryError::Expired {
        expires_at: UnixMillis::new(expires_at),
        block_time: UnixMillis::new(1_005_001),
    };
    assert_eq!(window(UnixMillis::new(1_005_001)), Err(expired));
    let early = ExpiryError::TooFarAhead { ahead: 10_001, max: 10_000 };
    assert_eq!(window(UnixMillis::new(994_999)), Err(early));
}

#[test]
#[should_panic(expected = "balances changed by another sum than the supply")]
fn money_from_nowhere_ends_the_process() {
    // SPEC L-9
    let key = Key::Balance(person(1), symbol("COIN"));
    let new = Some(Entry::Balance(amount(1)));
    Changes(vec![Change { key, old: None, new }]).assert_conserved();
}

#[test]
fn a_state_says_and_proves_what_it_holds_and_nothing_else() {
    // SPEC M-3, M-4
    let spec = chain_spec();
    let (state, coin) = (spec.genesis_state(), symbol("COIN"));
    assert_eq!(state.balance(person(1), coin), amount(100));
    assert_eq!(state.balance(person(3), coin), amount(0));
    assert_eq!(state.token(coin).map(|token| token.supply), Some(amount(200)));
    assert_eq!(state.token(symbol("GOLD")), None);
    let (held, none) = (Key::Balance(person(1), coin), Key::Balance(person(3), coin));
    let (right, wrong) = (Entry::Balance(amount(100)), Entry::Balance(amount(101)));
    let proves = |key: &Key, entry| state.prove(key).proves_entry(&state.root(), key, entry);
    assert!(proves(&held, Some(&right)) && proves(&none, None));
    assert!(!proves(&held, Some(&wrong)) && !proves(&held, None) && !proves(&none, Some(&right)));
}

#[test]
fn a_supply_that_is_not_the_sum_of_its_balances_is_found() {
    // SPEC L-9
    let spec = chain_spec();
    let (genesis, token) = (spec.genesis_state(), symbol("COIN"));
    assert_eq!(genesis.check_supply(), Ok(()));
    let entries = genesis.entries().map(|(key, entry)| (*key, entry.clone()));
    let kept = entries.filter(|(key, _)| *key != Key::Balance(person(1), token));
    let mismatch = SupplyMismatch { token, supply: 200, sum: 100 };
    assert_eq!(State::from_entries(kept).check_supply(), Err(mismatch));
}

#[test]
fn entries_of_one_key_count_once_and_stop_nobody() {
    // A damaged disk may have them: whoever reads it compares the root.
    let spec = chain_spec();
    let genesis = spec.genesis_state();
    let entries = || genesis.entries().map(|(key, entry)| (*key, entry.clone()));
    let twice = State::from_entries(entries().chain(entries()));
    assert_eq!((twice.root(), twice.counts()), (genesis.root(), genesis.counts()));
    assert_eq!(twice.check_supply(), Ok(()));
}

#[test]
fn only_what_later_blocks_may_bring_is_worth_waiting_for() {
    // SPEC P-2
    let token = symbol("COIN");
    assert!(LedgerError::UnknownToken { token }.may_pass_until(UnixMillis::default()));
    assert!(
        LedgerError::NotTheIssuer { token, named: person(1) }.may_pass_until(UnixMillis::default())
    );
    assert!(!LedgerError::IssuanceClosed { token }.may_pass_until(UnixMillis::default()));
    assert!(!LedgerError::SymbolTaken { token }.may_pass_until(UnixMillis::default()));
    assert!(!LedgerError::NotACreator { address: person(1) }.may_pass_until(UnixMillis::default()));
}
