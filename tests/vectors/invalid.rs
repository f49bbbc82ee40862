//! Vectors of what every node refuses, each with the error that says why.

use coinage_protocol::limits::BALLOT_BYTES;
use coinage_protocol::{
    Action, Amount, Answer, Ballot, Block, Body, Bounded, Certificate, CheckedBlock,
    CheckedTransaction, CreateToken, Height, KeySignature, Lock, Phase, PublicKey, Request,
    Signature, Slot, Status, Threshold, Transaction, decode, encode,
};
use serde_json::{Value, json};

use crate::finality::ballot;
use crate::samples::{
    amount, block, block_on, body, certificate, chain_spec, lock, payment, person, random, secret,
    signed, some_hash, symbol, text, transfer, treasury,
};

/// All invalid vectors.
pub(crate) fn all() -> Value {
    let mut all = encodings();
    all.extend(actions());
    all.extend(witnesses());
    all.extend(blocks());
    all.extend(certificates());
    all.extend(crate::authorities::changes());
    all.extend(ballots());
    Value::Array(all)
}

/// The name of the innermost variant, which is what SPEC promises and another program can compare.
fn name_of(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    let inner = text.strip_prefix("Decode(").or_else(|| text.strip_prefix("Header("));
    let inner = inner.unwrap_or(&text);
    let inner = inner.strip_prefix("Certificate(").unwrap_or(inner);
    let inner = inner.strip_prefix("Change(").unwrap_or(inner);
    let inner = inner.strip_prefix("Approval(").unwrap_or(inner);
    inner.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn transaction_bytes(name: &str, bytes: &[u8], expected: &str) -> Value {
    let refused = CheckedTransaction::from_bytes(bytes, chain_spec().chain(), random());
    assert_eq!(name_of(&refused.expect_err(name)), expected, "{name}");
    json!({ "name": name, "type": "Transaction", "bytes": hex::encode(bytes), "error": expected })
}

fn transaction(name: &str, one: &Transaction, expected: &str) -> Value {
    transaction_bytes(name, &encode(one), expected)
}

pub(crate) fn block_bytes(name: &str, bytes: &[u8], expected: &str) -> Value {
    let refused = CheckedBlock::from_bytes(bytes, &chain_spec(), random());
    assert_eq!(name_of(&refused.expect_err(name)), expected, "{name}");
    json!({ "name": name, "type": "Block", "bytes": hex::encode(bytes), "error": expected })
}

/// The bytes with those from `at` replaced.
fn patched(bytes: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

/// Byte offset at which a transaction's list of actions begins: after sender, salt and expiry.
const ACTIONS_AT: usize = 48;

fn encodings() -> Vec<Value> {
    // SPEC E-1, E-2, E-3, E-4
    let good = encode(&payment());
    let surplus = [&good[..], &[0]].concat();
    let long = vec![0; 32 * 1024 + 1];
    let memo_at = good.windows(10).position(|part| part == b"invoice 17").expect("has a memo");
    let forged = |length: u64| patched(&good, ACTIONS_AT, &length.to_le_bytes());
    let memo = |with: &[u8]| patched(&good, memo_at, with);
    let list = [
        ("no bytes", vec![]),
        ("the last byte is missing", good[..good.len() - 1].to_vec()),
        ("half is missing", good[..good.len() / 2].to_vec()),
        ("a trailing byte", surplus),
        ("an unknown action", patched(&good, ACTIONS_AT + 8, &13_u32.to_le_bytes())),
        ("65 actions announced", forged(65)),
        ("2^32 - 1 actions announced", forged(u64::from(u32::MAX))),
        ("2^63 actions announced", forged(1 << 63)),
        ("a memo that is not UTF-8", memo(&[0xff])),
        ("a memo with a line break", memo(b"\n")),
        ("a memo with a delete character", memo(b"\x7f")),
        ("a memo of 257 bytes announced", patched(&good, memo_at - 8, &257_u64.to_le_bytes())),
        ("a symbol in lower case", patched(&good, ACTIONS_AT + 20, b"coin")),
        ("an amount of 10^30 + 1", over_the_maximum(&good, memo_at)),
    ];
    let mut all: Vec<_> =
        list.iter().map(|(name, bytes)| transaction_bytes(name, bytes, "Malformed")).collect();
    all.push(transaction_bytes("32 KiB and one byte", &long, "TooLong"));
    all.push(other::<Request>("a request with an unknown tag", "Request", &[5, 0, 0, 0]));
    all.push(other::<Answer>("an answer with an unknown tag", "Answer", &[6, 0, 0, 0]));
    all.push(other::<Request>("an option that is 2", "Request", &[2, 0, 0, 0, 2]));
    all.push(other::<Status>("an empty status", "Status", &[]));
    all.push(other::<Lock>("a lock of the weak key of order 1", "Lock", &weak_lock(1)));
    all.push(other::<Lock>("a lock of a key not on the curve", "Lock", &weak_lock(2)));
    all.push(other::<Lock>("a threshold of none", "Lock", &threshold(0, &[1, 2])));
    all.push(other::<Lock>("a threshold of 3 of 2", "Lock", &threshold(3, &[1, 2])));
    all.push(other::<Lock>("a threshold with a key twice", "Lock", &threshold(1, &[1, 1])));
    all
}

fn over_the_maximum(good: &[u8], memo_at: usize) -> Vec<u8> {
    patched(good, memo_at - 24, &(Amount::MAX.units() + 1).to_le_bytes())
}

fn other<T: serde::de::DeserializeOwned>(name: &str, kind: &str, bytes: &[u8]) -> Value {
    assert!(decode::<T>(bytes, 1 << 16).is_err(), "{name}");
    json!({ "name": name, "type": kind, "bytes": hex::encode(bytes), "error": "Malformed" })
}

fn weak_lock(first: u8) -> Vec<u8> {
    // SPEC K-1
    let mut bytes = vec![0; 36];
    bytes[4] = first;
    bytes
}

fn threshold(required: u8, people: &[u8]) -> Vec<u8> {
    // SPEC K-3, E-5
    let mut keys: Vec<PublicKey> = people.iter().map(|n| secret(*n).public()).collect();
    keys.sort_unstable();
    encode(&(1_u32, required, keys))
}

fn actions() -> Vec<Value> {
    // SPEC T-1, T-6, A-3
    let (coin, me) = (symbol("COIN"), person(1));
    let create = |change: fn(&mut CreateToken)| {
        let mut create = CreateToken {
            token: symbol("NEW"),
            name: text("New"),
            decimals: 2,
            cap: None,
            issuer: Some(person(1)),
            supply: amount(5),
            to: person(1),
        };
        change(&mut create);
        vec![Action::CreateToken(create)]
    };
    let mint = Action::Mint { token: coin, issuer: me, to: me, amount: Amount::ZERO };
    let burn = Action::Burn { token: coin, from: me, amount: Amount::ZERO };
    let same = Action::SetIssuer { token: coin, issuer: me, new: Some(me) };
    let list = [
        ("no action", vec![], "NoAction"),
        ("a transfer of nothing", vec![transfer(1, 2, "COIN", 0)], "ZeroAmount"),
        ("minting nothing", vec![mint], "ZeroAmount"),
        ("burning nothing", vec![burn], "ZeroAmount"),
        ("a transfer to oneself", vec![transfer(1, 1, "COIN", 1)], "ToSelf"),
        ("the issuer becomes the issuer", vec![same], "ToSelf"),
        ("19 decimals", create(|one| one.decimals = 19), "Decimals"),
        ("a cap below the supply", create(|one| one.cap = Some(amount(4))), "SupplyAboveCap"),
        (
            "a cap of zero",
            create(|one| {
                one.cap = Some(Amount::ZERO);
                one.supply = Amount::ZERO;
            }),
            "SupplyAboveCap",
        ),
        (
            "no supply and no issuer",
            create(|one| {
                one.issuer = None;
                one.supply = Amount::ZERO;
            }),
            "NeverAnyUnits",
        ),
    ];
    list.into_iter()
        .map(|(name, actions, expected)| {
            transaction(name, &signed(body(me, 1, actions), &[(lock(1), &[1])]), expected)
        })
        .collect()
}

fn witnesses() -> Vec<Value> {
    // SPEC K-2, T-2, T-3, T-4, T-5
    let swap = vec![transfer(1, 2, "COIN", 100), transfer(2, 1, "GOLD", 5)];
    let swap = |signers: &[(Lock, &[u8])]| signed(body(person(1), 3, swap.clone()), signers);
    let pay = |signers: &[(Lock, &[u8])]| signed(payment().body, signers);
    let both = swap(&[(lock(1), &[1]), (lock(2), &[2])]);
    let mut order = both.clone().witnesses.into_vec();
    order.reverse();
    let witnesses = Bounded::first_of(order);
    let reversed = Transaction { witnesses, ..both };
    let shared = treasury();
    let burn = Action::Burn { token: symbol("COIN"), from: shared.address(), amount: amount(1) };
    let open = |people: &[u8]| {
        signed(body(shared.address(), 4, vec![burn.clone()]), &[(shared.clone(), people)])
    };
    let changed = |change: fn(&mut Body)| {
        let mut one = payment();
        change(&mut one.body);
        one
    };
    let forged = with_signatures(&payment(), vec![(0, Signature::new([0; 64]))]);
    let good = open(&[1, 2]);
    let [first, second] = &good.witnesses[0].signatures[..] else { unreachable!("2 of 3") };
    let (first, second) = ((first.key, first.signature), (second.key, second.signature));
    vec![
        transaction("nobody signed", &pay(&[]), "MissingWitness"),
        transaction("only one of two owners signed", &swap(&[(lock(1), &[1])]), "MissingWitness"),
        transaction("somebody else signed", &pay(&[(lock(2), &[2])]), "MissingWitness"),
        transaction(
            "a witness too many",
            &pay(&[(lock(1), &[1]), (lock(2), &[2])]),
            "SurplusWitness",
        ),
        transaction("witnesses in the wrong order", &reversed, "WitnessOrder"),
        transaction("a witness twice", &pay(&[(lock(1), &[1]), (lock(1), &[1])]), "WitnessOrder"),
        transaction("one of two signatures", &open(&[1]), "SignatureCount"),
        transaction("three of two signatures", &open(&[1, 2, 3]), "SignatureCount"),
        transaction(
            "signatures in the wrong order",
            &with_signatures(&good, vec![second, first]),
            "SignatureOrder",
        ),
        transaction("a signature twice", &with_signatures(&good, vec![first; 2]), "SignatureOrder"),
        transaction(
            "a key that the lock does not have",
            &with_signatures(&good, vec![first, (3, second.1)]),
            "SignatureOrder",
        ),
        transaction("a signature of zeros", &forged, "BadSignature"),
        transaction("another salt", &changed(|body| body.salt += 1), "BadSignature"),
        transaction("another expiry", &changed(|body| body.expires_at += 1), "BadSignature"),
        transaction("another memo", &changed(|body| body.memo = text("")), "BadSignature"),
        transaction("signed for another chain", &for_another_chain(), "BadSignature"),
        transaction("135 signatures", &crowd(), "TooManySignatures"),
    ]
}

fn with_signatures(one: &Transaction, signatures: Vec<(u8, Signature)>) -> Transaction {
    let mut witnesses = one.witnesses.clone().into_vec();
    let signatures = signatures.into_iter().map(|(key, signature)| KeySignature { key, signature });
    witnesses[0].signatures = Bounded::first_of(signatures);
    Transaction { body: one.body.clone(), witnesses: Bounded::first_of(witnesses) }
}

fn for_another_chain() -> Transaction {
    let one = payment();
    let id = one.body.id(&coinage_protocol::ChainId::new([1; 32]));
    with_signatures(&one, vec![(0, secret(1).sign(id.as_bytes()))])
}

/// Nine treasuries, each with 15 signatures: above the limit before anything is
/// verified.
fn crowd() -> Transaction {
    let lock = |n: u8| {
        let keys = (0..16).map(|key| secret(16 * n + key).public()).collect();
        Lock::Threshold(Threshold::new(15, keys).expect("15 of 16"))
    };
    let signatures = (0..15).map(|key| KeySignature { key, signature: Signature::new([0; 64]) });
    let witness = |n| coinage_protocol::Witness {
        lock: lock(n),
        signatures: Bounded::first_of(signatures.clone()),
    };
    let witnesses: Vec<_> = (0..9).map(witness).collect();
    Transaction { body: payment().body, witnesses: Bounded::first_of(witnesses) }
}

/// Byte offset of a header's certificate: 2 + 8 + 8 + 4 * 32 bytes stand before it.
const CERTIFICATE_AT: usize = 146;

fn blocks() -> Vec<Value> {
    // SPEC B-1 to B-8, G-4, M-1
    let spec = chain_spec();
    let good = block(&spec, vec![payment()]);
    let bytes = encode(&good);
    let header = |name, change: fn(&mut coinage_protocol::Header), leader, expected| {
        let mut header = good.header.header.clone();
        change(&mut header);
        let header = header.sign(spec.chain(), &secret(leader));
        let block = Block { header, transactions: good.transactions.clone() };
        block_bytes(name, &encode(&block), expected)
    };
    let twice = Bounded::first_of(vec![payment(); 2]);
    let doubled = Block { header: good.header.clone(), transactions: twice };
    let without = Block { header: good.header.clone(), transactions: Bounded::default() };
    let forged = Transaction { witnesses: for_another_chain().witnesses, ..payment() };
    vec![
        block_bytes("a block cut short", &bytes[..bytes.len() - 1], "Malformed"),
        block_bytes("a trailing byte", &[&bytes[..], &[0]].concat(), "Malformed"),
        block_bytes("a certificate", &patched(&bytes, CERTIFICATE_AT, &[1]), "Malformed"),
        block_bytes("new authorities", &patched(&bytes, CERTIFICATE_AT + 1, &[1]), "Malformed"),
        header("version 2", |one| one.version = 2, 102, "Version"),
        header("height 0", |one| one.height = Height::new(0), 102, "Genesis"),
        header("slot 0", |one| one.slot = Slot::new(0), 101, "Genesis"),
        header("slot 2^40 + 1", |one| one.slot = Slot::new((1 << 40) + 1), 102, "Slot"),
        header(
            "other authorities",
            |one| one.authorities = coinage_protocol::AuthoritiesHash::default(),
            102,
            "Authorities",
        ),
        header("signed by another authority", |_| (), 101, "BadSignature"),
        header("signed by a stranger", |_| (), 1, "BadSignature"),
        block_bytes("a transaction twice", &encode(&doubled), "OtherBody"),
        block_bytes("no transactions", &encode(&without), "OtherBody"),
        block_bytes("a forged transaction", &encode(&block(&spec, vec![forged])), "Transaction"),
    ]
}

/// Blocks whose certificate does not decode, or proves nothing.
fn certificates() -> Vec<Value> {
    // SPEC B-5, F-3
    let spec = chain_spec();
    let below = block(&spec, vec![payment()]);
    let votes = certificate(&spec, Phase::Vote, &below);
    let signed = |change: fn(&mut Vec<(u8, Signature)>)| {
        let mut signatures = votes.signatures.clone().into_vec();
        change(&mut signatures);
        Certificate { signatures: Bounded::first_of(signatures), ..votes.clone() }
    };
    let wrong = |name, certificate, expected| {
        block_bytes(name, &encode(&block_on(&spec, &below, certificate)), expected)
    };
    let bytes = encode(&block_on(&spec, &below, votes.clone()));
    let patched = |name, at: usize, with: &[u8]| {
        block_bytes(name, &patched(&bytes, CERTIFICATE_AT + at, with), "Malformed")
    };
    let as_commits = Certificate { phase: Phase::Commit, ..votes.clone() };
    let other_block = Certificate { block: some_hash(7), ..votes.clone() };
    let other_slot = Certificate { slot: Slot::new(3), ..votes.clone() };
    vec![
        // Its presence, phase, slot and block: 1 + 4 + 8 + 32 bytes stand before the count.
        patched("a certificate of an unknown phase", 1, &2_u32.to_le_bytes()),
        patched("a certificate whose presence is 2", 0, &[2]),
        patched("65 signatures announced", 45, &65_u64.to_le_bytes()),
        patched("2^63 signatures announced", 45, &(1_u64 << 63).to_le_bytes()),
        wrong("two votes of three", signed(|all| all.truncate(2)), "Count"),
        wrong("no votes", signed(|all| all.clear()), "Count"),
        wrong("votes in the wrong order", signed(|all| all.swap(0, 1)), "Signers"),
        wrong("a vote twice", signed(|all| all[1] = all[0]), "Signers"),
        wrong("a vote of a place that nobody has", signed(|all| all[2].0 = 3), "Signers"),
        wrong("votes of each other", signed(|all| all[2].1 = all[1].1), "BadSignature"),
        wrong("votes that are shown as commits", as_commits, "BadSignature"),
        wrong("votes for another block", other_block, "BadSignature"),
        wrong("votes for another slot", other_slot, "BadSignature"),
    ]
}

/// Bytes that are no ballot.
fn ballots() -> Vec<Value> {
    // SPEC E-2, F-2, K-1
    let good = encode(&ballot(Phase::Vote, 101));
    let bad = |name, bytes: &[u8]| {
        let error = name_of(&decode::<Ballot>(bytes, BALLOT_BYTES).expect_err(name));
        json!({ "name": name, "type": "Ballot", "bytes": hex::encode(bytes), "error": error })
    };
    vec![
        bad("a ballot cut short", &good[..good.len() - 1]),
        bad("a ballot and a byte", &[&good[..], &[0]].concat()),
        bad("a ballot of an unknown phase", &patched(&good, 0, &2_u32.to_le_bytes())),
        bad("a ballot of a weak key", &patched(&good, 44, &weak_lock(1)[4..])),
    ]
}
