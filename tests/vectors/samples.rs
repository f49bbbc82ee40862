//! The people, the network and the transactions that the vectors are about.

use coinage_protocol::{
    Action, Address, Amount, AuthorityChange, AuthorityStep, Ballot, Block, BlockHash, Body,
    Bounded, Certificate, ChainSpec, CreateToken, Fee, Genesis, GenesisBalance, GenesisToken,
    Growth, Header, Height, KeySignature, Lock, Overlay, Phase, Rules, SecretKey, Slot, State,
    Symbol, Text, Threshold, Transaction, UnixMillis, Witness, apply_transaction, encode,
    transactions_root,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Time when the network's slot 0 begins.
pub(crate) const TIME: u64 = 1_800_000_000_000;

/// Randomness for signature batches; a test has no adversary.
pub(crate) fn random() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

/// The secret key of person `n`; authorities are 101 to 103.
pub(crate) fn secret(n: u8) -> SecretKey {
    SecretKey::new([n; 32])
}

/// The lock of person `n`.
pub(crate) fn lock(n: u8) -> Lock {
    Lock::Key(secret(n).public())
}

/// The address of person `n`.
pub(crate) fn person(n: u8) -> Address {
    lock(n).address()
}

/// The shared treasury: two of persons 1, 2 and 3.
pub(crate) fn treasury() -> Lock {
    let keys = (1..=3).map(|n| secret(n).public()).collect();
    Lock::Threshold(Threshold::new(2, keys).expect("2 of 3"))
}

/// A number of base units.
pub(crate) fn amount(units: u128) -> Amount {
    Amount::try_from(units).expect("below the maximum")
}

/// A token's symbol.
pub(crate) fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

/// A short text.
pub(crate) fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::try_from(text).expect("short and without control characters")
}

/// A list that is not too long.
pub(crate) fn list<T, const MAX: usize>(entries: Vec<T>) -> Bounded<T, MAX> {
    Bounded::new(entries).expect("not too long")
}

/// The genesis of the network of all vectors.
pub(crate) fn genesis() -> Genesis {
    let token = |name: &str, cap, issuer| GenesisToken {
        token: symbol(name),
        name: text("A token of the genesis"),
        decimals: 6,
        cap,
        issuer,
    };
    let balance = |address, name: &str, units| GenesisBalance {
        address,
        token: symbol(name),
        amount: amount(units),
    };
    let mut balances = vec![
        balance(person(1), "COIN", 1_000_000),
        balance(person(2), "COIN", 500_000),
        balance(person(2), "GOLD", 77),
        balance(treasury().address(), "COIN", 10_000_000_000),
    ];
    balances.sort_by_key(|balance| (balance.address, balance.token));
    Genesis {
        version: 1,
        name: text("vectors"),
        time: UnixMillis::new(TIME),
        slot_ms: 2_000,
        authorities: list((101..=103).map(|n| secret(n).public()).collect()),
        rules: Rules {
            lifetime_ms_max: 24 * 3600 * 1000,
            balances_max: 1_000_000,
            tokens_max: 1_000,
            creators: None,
            fee: Some(Fee { token: symbol("COIN"), amount: amount(10) }),
            growth: None,
            policies: None,
        },
        tokens: list(vec![
            token("COIN", None, None),
            token("GOLD", Some(amount(1_000)), Some(person(1))),
        ]),
        balances: list(balances),
        charters: Bounded::default(),
    }
}

/// A genesis with bounds on growth, otherwise the first one.
pub(crate) fn second_genesis() -> Genesis {
    let mut genesis = genesis();
    genesis.version = 2;
    genesis.rules.growth = Some(Growth { block_max: 3_000, deposit: Some(symbol("COIN")) });
    genesis
}

/// The network of all vectors.
pub(crate) fn chain_spec() -> ChainSpec {
    ChainSpec::new(genesis()).expect("in order")
}

/// Actions, one of each kind, and both forms of what is optional.
pub(crate) fn actions() -> Vec<(&'static str, Action)> {
    let gold = symbol("GOLD");
    let create = CreateToken {
        token: symbol("SHARE"),
        name: text("Anteile der B\u{e4}ckerei"),
        decimals: 2,
        cap: Some(amount(1_000_000)),
        issuer: Some(treasury().address()),
        supply: amount(500),
        to: person(2),
    };
    let closed = CreateToken { cap: None, issuer: None, token: symbol("X2"), ..create.clone() };
    let (issuer, to) = (person(1), person(3));
    vec![
        ("create a token", Action::CreateToken(create)),
        ("create a token whose issuance is closed", Action::CreateToken(closed)),
        ("mint", Action::Mint { token: gold, issuer, to, amount: amount(23) }),
        ("transfer", transfer(1, 2, "COIN", 250)),
        (
            "the greatest transfer",
            Action::Transfer { token: gold, from: person(1), to: person(2), amount: Amount::MAX },
        ),
        ("burn", Action::Burn { token: gold, from: person(2), amount: amount(7) }),
        ("pass issuance on", Action::SetIssuer { token: gold, issuer, new: Some(person(2)) }),
        ("close issuance", Action::SetIssuer { token: gold, issuer, new: None }),
    ]
}

/// A transfer between two persons.
pub(crate) fn transfer(from: u8, to: u8, token: &str, units: u128) -> Action {
    let (from, to) = (person(from), person(to));
    Action::Transfer { token: symbol(token), from, to, amount: amount(units) }
}

/// A body that lives for an hour after the genesis.
pub(crate) fn body(sender: Address, salt: u64, actions: Vec<Action>) -> Body {
    let memo = text("invoice 17");
    Body {
        sender,
        salt,
        expires_at: UnixMillis::new(TIME + 3_600_000),
        actions: list(actions),
        memo,
    }
}

/// The body with the signatures of these locks, in order; each with the persons who sign.
pub(crate) fn signed(body: Body, signers: &[(Lock, &[u8])]) -> Transaction {
    let id = body.id(chain_spec().chain());
    let witness = |(lock, people): &(Lock, &[u8])| {
        let sign = |n: &u8| {
            let key = secret(*n);
            let position = lock.keys().iter().position(|known| *known == key.public());
            let position = position.and_then(|at| u8::try_from(at).ok()).expect("a key of it");
            KeySignature { key: position, signature: key.sign(id.as_bytes()) }
        };
        let mut signatures: Vec<_> = people.iter().map(sign).collect();
        signatures.sort_by_key(|one| one.key);
        Witness { lock: lock.clone(), signatures: list(signatures) }
    };
    let mut witnesses: Vec<_> = signers.iter().map(witness).collect();
    witnesses.sort_by_key(|witness| witness.lock.address());
    Transaction { body, witnesses: list(witnesses) }
}

/// A payment by one key.
pub(crate) fn payment() -> Transaction {
    signed(body(person(1), 1, vec![transfer(1, 2, "COIN", 250)]), &[(lock(1), &[1])])
}

/// Transactions of every shape, which apply one after the other to the genesis.
pub(crate) fn transactions() -> Vec<(&'static str, Transaction)> {
    let shared = treasury();
    let from_shared = Action::Transfer {
        token: symbol("COIN"),
        from: shared.address(),
        to: person(3),
        amount: amount(9_000),
    };
    let [(_, create), _, (_, mint), ..] = &actions()[..] else { unreachable!("eight actions") };
    let swap = vec![transfer(1, 2, "COIN", 100), transfer(2, 1, "GOLD", 5)];
    vec![
        ("a payment", payment()),
        (
            "from a treasury that two of three keys open",
            signed(body(shared.address(), 2, vec![from_shared]), &[(shared, &[1, 3])]),
        ),
        (
            "an atomic swap between two owners",
            signed(body(person(1), u64::MAX, swap), &[(lock(1), &[1]), (lock(2), &[2])]),
        ),
        (
            "two actions of an issuer",
            signed(body(person(1), 0, vec![create.clone(), mint.clone()]), &[(lock(1), &[1])]),
        ),
    ]
}

/// A block after block 0 with these transactions, signed by the leader of slot 4.
pub(crate) fn block(spec: &ChainSpec, transactions: Vec<Transaction>) -> Block {
    let mut overlay = Overlay::new(spec.genesis_state());
    for one in &transactions {
        let time = spec.slot_time(Slot::new(4));
        apply_transaction(&mut overlay, spec.rules(), time, &one.body)
            .expect("valid in this order");
    }
    let after: State = spec.genesis_state().with(&overlay.into_changes());
    let leaves: Vec<_> = transactions.iter().map(|one| one.full_hash(spec.chain())).collect();
    let header = Header {
        version: 1,
        height: Height::new(1),
        slot: Slot::new(4),
        previous: spec.genesis_hash(),
        transactions_root: transactions_root(&leaves),
        state_root: after.root(),
        authorities: spec.genesis_authorities().hash(),
        certificate: None,
        next_authorities: None,
    };
    Block { header: header.sign(spec.chain(), &secret(102)), transactions: list(transactions) }
}

/// A certificate of a block by all three authorities.
pub(crate) fn certificate(spec: &ChainSpec, phase: Phase, block: &Block) -> Certificate {
    let header = &block.header.header;
    let (slot, block) = (header.slot, header.hash(spec.chain()));
    let sign = |(place, signer): (u8, u8)| {
        let ballot = Ballot::new(phase, (slot, block), spec.chain(), &secret(signer));
        (place, ballot.signature)
    };
    let signatures = list((0..).zip(101..=103).map(sign).collect());
    Certificate { phase, slot, block, signatures }
}

/// The empty block in the slot after this one, with a certificate.
pub(crate) fn block_on(spec: &ChainSpec, below: &Block, certificate: Certificate) -> Block {
    let parent = &below.header.header;
    let slot = parent.slot + 1;
    let leader = 101 + u8::try_from(slot.get() % 3).expect("one of three");
    let header = Header {
        height: parent.height.next(),
        slot,
        previous: parent.hash(spec.chain()),
        transactions_root: transactions_root(&[]),
        certificate: Some(certificate),
        ..parent.clone()
    };
    Block { header: header.sign(spec.chain(), &secret(leader)), transactions: list(vec![]) }
}

/// A block on block 0 that changes the authorities.
pub(crate) fn block_changing(spec: &ChainSpec, change: AuthorityChange) -> Block {
    let header = block(spec, vec![]).header.header;
    let header = Header { next_authorities: Some(change), ..header };
    Block { header: header.sign(spec.chain(), &secret(102)), transactions: list(vec![]) }
}

/// A change that adds one to the three authorities, with all signatures.
pub(crate) fn addition(spec: &ChainSpec) -> AuthorityChange {
    let key = secret(104).public();
    let change = approved(spec, AuthorityStep::Add { key });
    let newcomer = Some(change.sign(spec.chain(), &secret(104)));
    AuthorityChange { newcomer, ..change }
}

/// A change that removes one of the three authorities, with all signatures.
pub(crate) fn removal(spec: &ChainSpec) -> AuthorityChange {
    approved(spec, AuthorityStep::Remove { key: secret(101).public() })
}

fn approved(spec: &ChainSpec, step: AuthorityStep) -> AuthorityChange {
    let set = spec.genesis_authorities();
    let proposed = AuthorityChange::proposed(set, spec.genesis_hash(), step);
    (101..=103).fold(proposed, |change, signer| {
        change.approved_by(set, spec.chain(), &secret(signer)).expect("an authority")
    })
}

/// A hash that stands for some block.
pub(crate) fn some_hash(byte: u8) -> BlockHash {
    BlockHash::new([byte; 32])
}

/// The canonical bytes in hexadecimal.
pub(crate) fn hexed<T: serde::Serialize>(value: &T) -> String {
    hex::encode(encode(value))
}
