//! Keys, a genesis and signed transactions for tests.

use std::cell::RefCell;
use std::collections::BTreeMap;

use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, ChainId, ChainSpec, CheckedTransaction, Genesis,
    GenesisBalance, GenesisToken, KeySignature, Lock, PublicKey, Rules, SecretKey, Symbol, Text,
    Transaction, UnixMillis, Witness,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The time at which test networks begin, in milliseconds since 1970.
pub const GENESIS_TIME: u64 = 1_800_000_000_000;

thread_local! {
    /// Making a key takes a multiplication on the curve, and simulations ask for few, often.
    static KEYS: RefCell<BTreeMap<u8, SecretKey>> = const { RefCell::new(BTreeMap::new()) };
}

/// A key for an account.
pub fn account(number: u8) -> SecretKey {
    let make = || SecretKey::new([number; 32]);
    KEYS.with_borrow_mut(|keys| keys.entry(number).or_insert_with(make).clone())
}

/// The published key of a development account, the same in every devnet.
///
/// Any other name of up to eight bytes has a key of its own, too.
pub fn developer(name: &str) -> SecretKey {
    let text = format!("coinage devnet test key {name}");
    let mut seed = [0; 32];
    seed.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    SecretKey::new(seed)
}

/// A key for an authority.
pub fn authority(number: u8) -> SecretKey {
    account(200_u8.wrapping_add(number))
}

/// The address of a key by itself.
pub fn address(key: &SecretKey) -> Address {
    Lock::Key(key.public()).address()
}

/// The token that test networks begin with.
///
/// # Panics
///
/// Never.
pub fn coin() -> Symbol {
    "COIN".parse().expect("a symbol")
}

/// A number of base units.
///
/// # Panics
///
/// If it is more than an amount can be.
pub fn units(units: u128) -> Amount {
    Amount::try_from(units).expect("an amount")
}

/// A genesis with so many authorities, in which accounts 1 to 9 have 1,000,000 COIN units each.
///
/// # Panics
///
/// Never.
pub fn genesis(authorities: u8, slot_ms: u32) -> Genesis {
    let keys: Vec<PublicKey> = (0..authorities).map(|n| authority(n).public()).collect();
    let mut balances: Vec<_> = (1..10)
        .map(|n| GenesisBalance {
            address: address(&account(n)),
            token: coin(),
            amount: units(1_000_000),
        })
        .collect();
    balances.sort_by_key(|balance| balance.address);
    let token = GenesisToken {
        token: coin(),
        name: Text::try_from("Coin").expect("short"),
        decimals: 2,
        cap: None,
        issuer: Some(address(&account(1))),
    };
    Genesis {
        version: 1,
        name: Text::try_from("test").expect("short"),
        time: UnixMillis::new(GENESIS_TIME),
        slot_ms,
        authorities: Bounded::new(keys).expect("few"),
        rules: Rules {
            lifetime_ms_max: 24 * 3600 * 1000,
            balances_max: 100_000,
            tokens_max: 1_000,
            creators: None,
            fee: None,
            growth: None,
            policies: None,
        },
        tokens: Bounded::new(vec![token]).expect("one"),
        balances: Bounded::new(balances).expect("few"),
        charters: Bounded::default(),
    }
}

/// The network of [`genesis`].
///
/// # Panics
///
/// Never.
pub fn chain_spec(authorities: u8, slot_ms: u32) -> ChainSpec {
    ChainSpec::new(genesis(authorities, slot_ms)).expect("a valid genesis")
}

/// A transaction of these actions by `signers`, the first of which is the sender.
///
/// # Panics
///
/// If there are too many actions or no signer.
pub fn transaction(
    chain: &ChainId,
    signers: &[&SecretKey],
    salt: u64,
    expires_at: UnixMillis,
    actions: Vec<Action>,
) -> Transaction {
    let body = Body {
        sender: address(signers.first().expect("a sender")),
        salt,
        expires_at,
        actions: Bounded::new(actions).expect("few"),
        memo: Text::default(),
    };
    let id = body.id(chain);
    let mut witnesses: Vec<_> = signers.iter().map(|key| witness(key, id.as_bytes())).collect();
    witnesses.sort_by_key(|witness| witness.lock.address());
    Transaction { body, witnesses: Bounded::new(witnesses).expect("few") }
}

/// A transfer of COIN.
pub fn transfer(
    spec: &ChainSpec,
    from: &SecretKey,
    to: Address,
    amount: u128,
    salt: u64,
    expires_at: UnixMillis,
) -> CheckedTransaction {
    let from_address = address(from);
    let action = Action::Transfer { token: coin(), from: from_address, to, amount: units(amount) };
    checked(spec, transaction(spec.chain(), &[from], salt, expires_at, vec![action]))
}

/// The transaction with its stateless checks done.
///
/// # Panics
///
/// If it breaks a stateless rule.
pub fn checked(spec: &ChainSpec, transaction: Transaction) -> CheckedTransaction {
    CheckedTransaction::new(transaction, spec.chain(), random()).expect("well-formed and signed")
}

/// Good enough randomness for checks of signatures that nobody forges.
pub fn random() -> ChaCha8Rng {
    ChaCha8Rng::from_seed([7; 32])
}

fn witness(key: &SecretKey, message: &[u8]) -> Witness {
    let signature = KeySignature { key: 0, signature: key.sign(message) };
    let signatures = Bounded::new(vec![signature]).expect("one");
    Witness { lock: Lock::Key(key.public()), signatures }
}
