//! A small network and what happens on it, for the tests beside the code.

use alloc::vec;
use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::amount::Amount;
use crate::block::{Block, Header};
use crate::bounded::{Bounded, Text};
use crate::chain_spec::ChainSpec;
use crate::genesis::{Genesis, GenesisBalance, GenesisToken};
use crate::keys::SecretKey;
use crate::ledger::{Fee, Rules};
use crate::lock::{Address, Lock};
use crate::merkle::transactions_root;
use crate::symbol::Symbol;
use crate::transaction::{Action, Body, KeySignature, Transaction, Witness};
use crate::units::{Height, Slot, UnixMillis};

pub(crate) fn random() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

pub(crate) fn secret(n: u8) -> SecretKey {
    SecretKey::new([n; 32])
}

pub(crate) fn person(n: u8) -> Address {
    Lock::Key(secret(n).public()).address()
}

pub(crate) fn amount(units: u128) -> Amount {
    Amount::try_from(units).expect("below the maximum")
}

pub(crate) fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

/// A genesis with one authority, persons 1 and 2 with 100 COIN each, and a fee of 1.
pub(crate) fn genesis() -> Genesis {
    let mut people = [person(1), person(2)];
    people.sort_unstable();
    let balance = |address| GenesisBalance { address, token: symbol("COIN"), amount: amount(100) };
    Genesis {
        version: 1,
        name: Text::default(),
        time: UnixMillis::new(1_000_000),
        slot_ms: 500,
        authorities: Bounded::first_of([secret(101).public(), secret(102).public()]),
        rules: Rules {
            lifetime_ms_max: 10_000,
            balances_max: 10,
            tokens_max: 3,
            creators: Some(Bounded::first_of([person(1)])),
            fee: Some(Fee { token: symbol("COIN"), amount: amount(1) }),
            growth: None,
            policies: None,
        },
        tokens: Bounded::first_of([GenesisToken {
            token: symbol("COIN"),
            name: Text::default(),
            decimals: 0,
            cap: None,
            issuer: None,
        }]),
        balances: Bounded::first_of(people.map(balance)),
        charters: Bounded::default(),
    }
}

pub(crate) fn chain_spec() -> ChainSpec {
    ChainSpec::new(genesis()).expect("in order")
}

pub(crate) fn pay(from: u8, to: u8, units: u128) -> Action {
    let (from, to) = (person(from), person(to));
    Action::Transfer { token: symbol("COIN"), from, to, amount: amount(units) }
}

/// A transaction of person 1 with its signature.
pub(crate) fn signed(salt: u64, actions: Vec<Action>) -> Transaction {
    let body = Body {
        sender: person(1),
        salt,
        expires_at: UnixMillis::new(1_005_000),
        actions: Bounded::first_of(actions),
        memo: Text::default(),
    };
    let signature = secret(1).sign(body.id(chain_spec().chain()).as_bytes());
    let witness = Witness {
        lock: Lock::Key(secret(1).public()),
        signatures: Bounded::first_of([KeySignature { key: 0, signature }]),
    };
    Transaction { body, witnesses: Bounded::first_of([witness]) }
}

pub(crate) fn payment(salt: u64) -> Transaction {
    signed(salt, vec![pay(1, 2, 5)])
}

/// The payment with another salt than the one that was signed for.
pub(crate) fn forged(salt: u64) -> Transaction {
    let mut one = payment(salt);
    one.body.salt += 1_000;
    one
}

/// A header of slot 2 that commits to these transactions.
pub(crate) fn header(transactions: &[Transaction]) -> Header {
    let spec = chain_spec();
    let leaves: Vec<_> = transactions.iter().map(|one| one.full_hash(spec.chain())).collect();
    Header {
        version: 1,
        height: Height::new(1),
        slot: Slot::new(2),
        previous: spec.genesis_hash(),
        transactions_root: transactions_root(&leaves),
        state_root: spec.genesis_state().root(),
        authorities: spec.genesis_authorities().hash(),
        certificate: None,
        next_authorities: None,
    }
}

/// A block with these transactions, signed by its leader.
pub(crate) fn block(transactions: Vec<Transaction>) -> Block {
    let header = header(&transactions).sign(chain_spec().chain(), &secret(101));
    Block { header, transactions: Bounded::first_of(transactions) }
}
