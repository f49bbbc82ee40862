//! Inputs that are tried with transactions: each by gossip, in a block of a villainous leader, and
//! as a submission.

use coinage_protocol::{
    Action, Bounded, ChainId, CreateToken, KeySignature, Offence, Signature, Text, Topic,
    Transaction, Witness, encode,
};

use super::limits::{retold, signed, single, threshold};
use super::setup::{Ground, mint, pay, whose};
use super::shapes::{UNDECODABLE, patched, position};
use super::{Delivery, EVERYWHERE, Entry, Expected, News, Sample, entry, ledger, told};
use crate::block_builder::tip;
use crate::fixtures::{account, coin, transaction, units};

pub(super) const ENTRIES: &[Entry] = &[
    entry("T1", "an amount of zero is refused", EVERYWHERE, zero),
    entry("T2", "nobody gives to itself", EVERYWHERE, to_self),
    entry("T3", "no sum of amounts overflows", EVERYWHERE, ledger::overflow),
    entry("T4", "nobody gives more than it has", EVERYWHERE, ledger::overdraft),
    entry("T5", "no balance exceeds 10^30", EVERYWHERE, ledger::receiver),
    entry("T6", "only the issuer mints", EVERYWHERE, ledger::stranger),
    entry("T7", "supply grows to the cap and no further", EVERYWHERE, ledger::cap),
    entry("T8", "two mints do not cross the cap together", EVERYWHERE, ledger::cap_together),
    entry("T9", "what is closed cannot be minted", EVERYWHERE, ledger::closed),
    entry("T10", "what the chain holds is not held again", EVERYWHERE, ledger::replayed),
    entry("T11", "a signature for another chain is none", EVERYWHERE, elsewhere),
    entry("T12", "nor after a reorg", EVERYWHERE, ledger::replayed_after_reorg),
    entry("T13", "a wrong signature is refused, the right one taken", EVERYWHERE, forged),
    entry("T14", "nobody signs for others", EVERYWHERE, signed_by_others),
    entry("T15", "exactly those sign who have to", EVERYWHERE, witnesses),
    entry("T16", "weak keys open nothing", EVERYWHERE, weak_keys),
    entry("T17", "a signature has one form", EVERYWHERE, malleable),
    entry("T18", "a memo has at most 256 bytes", EVERYWHERE, long_memo),
    entry("T19", "what is expired is refused", EVERYWHERE, ledger::expired),
    entry("T20", "what expires too late is refused", EVERYWHERE, ledger::too_far_ahead),
    entry("T21", "a symbol names one token", EVERYWHERE, ledger::symbol_taken),
    entry("T22", "a bad symbol names none", EVERYWHERE, bad_symbol),
    told(
        "T23",
        "however many one sender sends, the others have room",
        &["however_much_one_sender_sends_the_others_have_room"],
    ),
    told(
        "T24",
        "however many senders have nothing, the others have room",
        &["however_many_senders_have_nothing_the_others_have_room"],
    ),
    entry("T25", "a token that can never be is refused", EVERYWHERE, bad_token),
    entry("T26", "a transaction has an action", EVERYWHERE, no_action),
    entry("T27", "signatures have a number and an order", EVERYWHERE, disorder),
    entry("T28", "there is no such token", EVERYWHERE, ledger::unknown_token),
];

/// The fault of a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// The transaction breaks a rule whatever the state (SPEC T-1 to T-6).
    Form(&'static str),
    /// Later blocks may bring what it lacks (SPEC P-2).
    Later(&'static str),
    /// The transaction cannot pass later.
    Never(&'static str),
    /// The chain holds it.
    Known,
    /// The transaction has no fault.
    Fine,
}

/// A transaction in all three ways; each time a new one.
pub(super) fn offer(
    ground: &Ground,
    what: &str,
    fault: Fault,
    make: &dyn Fn() -> Transaction,
) -> Vec<Sample> {
    let gossip = match fault {
        Fault::Form(_) => Expected::reject(&[Offence::BadTransaction]),
        Fault::Later(_) | Fault::Fine => Expected::accept(),
        Fault::Never(_) | Fault::Known => Expected::ignore(),
    };
    let block = super::blocks::block_of(ground, vec![make()]);
    let in_block = match fault {
        Fault::Form(_) => Expected::reject(&[Offence::BadBody]),
        Fault::Fine => Expected::moves(tip(&ground.spec, &block)),
        Fault::Later(_) | Fault::Never(_) | Fault::Known => Expected::accept(),
    };
    let submission = match fault {
        Fault::Form(code) | Fault::Later(code) | Fault::Never(code) => Expected::answer(422, code),
        Fault::Known => Expected::answer(200, ""),
        Fault::Fine => Expected::answer(202, ""),
    };
    let news = Delivery::News(News::transactions(&[make()]));
    vec![
        Sample::new(format!("{what}, gossip"), news, gossip),
        Sample::block(format!("{what}, in a block"), &block, in_block),
        Sample::new(
            format!("{what}, submitted"),
            Delivery::Submission(encode(&make())),
            submission,
        ),
    ]
}

/// Bytes that are no transaction in all three ways.
pub(super) fn garbled(ground: &Ground, what: &str, bytes: &[u8]) -> Vec<Sample> {
    let block = super::blocks::block_of(ground, Vec::new());
    let list = [&1_u64.to_le_bytes()[..], bytes].concat();
    let block = [encode(&block.header), list.clone()].concat();
    let rejected = || Expected::reject(UNDECODABLE);
    let topic = Topic::Transactions;
    let submission = Delivery::Submission(bytes.to_vec());
    let malformed = Expected::answer(422, "transaction.malformed");
    vec![
        Sample::news(format!("{what}, gossip"), topic, list, rejected()),
        Sample::news(format!("{what}, in a block"), Topic::Blocks, block, rejected()),
        Sample::new(format!("{what}, submitted"), submission, malformed),
    ]
}

fn zero(ground: &Ground) -> Vec<Sample> {
    // SPEC T-6
    let burn = Action::Burn { token: coin(), from: whose(7), amount: units(0) };
    let cases = [
        ("a transfer", 7, pay(7, 61, coin(), 0)),
        ("a mint", 1, mint(1, coin(), 0)),
        ("a burn", 7, burn),
    ];
    let offered = |(what, by, action): (&str, u8, Action)| {
        let make = || ground.sign(&[by], vec![action.clone()]);
        offer(ground, what, Fault::Form("transaction.zero_amount"), &make)
    };
    cases.into_iter().flat_map(offered).collect()
}

fn to_self(ground: &Ground) -> Vec<Sample> {
    // SPEC T-6
    let same = Action::SetIssuer { token: coin(), issuer: whose(1), new: Some(whose(1)) };
    let cases = [("a transfer", 7, pay(7, 7, coin(), 1)), ("an issuer", 1, same)];
    let offered = |(what, by, action): (&str, u8, Action)| {
        let make = || ground.sign(&[by], vec![action.clone()]);
        offer(ground, what, Fault::Form("transaction.to_self"), &make)
    };
    cases.into_iter().flat_map(offered).collect()
}

const BAD_SIGNATURE: Fault = Fault::Form("transaction.bad_signature");

fn elsewhere(ground: &Ground) -> Vec<Sample> {
    // SPEC T-2, T-4
    let make = || {
        let actions = vec![pay(7, 61, coin(), 1)];
        let (salt, until) = (ground.salt(), ground.expires_at());
        transaction(&ChainId::new([3; 32]), &[&account(7)], salt, until, actions)
    };
    offer(ground, "a payment of another chain", BAD_SIGNATURE, &make)
}

/// A payment with another signature of its first witness.
fn resigned(ground: &Ground, sign: impl FnOnce(&Transaction) -> Signature) -> Transaction {
    let mut one = ground.payment();
    let signature = KeySignature { key: 0, signature: sign(&one) };
    one.witnesses = Bounded::first_of([Witness {
        lock: one.witnesses[0].lock.clone(),
        signatures: Bounded::first_of([signature]),
    }]);
    one
}

fn forged(ground: &Ground) -> Vec<Sample> {
    // SPEC T-2, T-4
    let other = || resigned(ground, |_| ground.payment().witnesses[0].signatures[0].signature);
    let mut all = offer(ground, "of another payment", BAD_SIGNATURE, &other);
    let zeros = || resigned(ground, |_| Signature::new([0; 64]));
    all.extend(offer(ground, "zeros", BAD_SIGNATURE, &zeros));
    for (what, change) in CHANGES {
        let make = || {
            let mut one = ground.payment();
            change(&mut one);
            one
        };
        all.extend(offer(ground, what, BAD_SIGNATURE, &make));
    }
    // The same payment with its own signature.
    let right = ground.payment();
    let mut wrong = right.clone();
    wrong.witnesses = other().witnesses;
    let news = Delivery::News(News::transactions(&[wrong]));
    let expected = Expected::reject(&[Offence::BadTransaction]);
    let cure = News::transactions(&[right]);
    all.push(Sample::new("the right one afterwards", news, expected).then(cure));
    all
}

type Change = fn(&mut Transaction);

const CHANGES: [(&str, Change); 3] = [
    ("another salt", |one| one.body.salt += 1),
    ("another expiry", |one| one.body.expires_at += 1),
    ("another receiver", |one| {
        let actions = vec![pay(7, 62, coin(), 1)];
        one.body.actions = Bounded::first_of(actions);
    }),
];

fn signed_by_others(ground: &Ground) -> Vec<Sample> {
    // SPEC T-3, T-4
    let chain = ground.spec.chain();
    let other_key = || resigned(ground, |one| account(2).sign(one.body.id(chain).as_bytes()));
    let mut all = offer(ground, "another key", BAD_SIGNATURE, &other_key);
    // Account 2 is the sender and takes from account 7.
    let others_money = || ground.sign(&[2], vec![pay(7, 2, coin(), 1)]);
    let missing = Fault::Form("transaction.missing_witness");
    all.extend(offer(ground, "another's money", missing, &others_money));
    let as_issuer = || ground.sign(&[2], vec![mint(1, coin(), 1)]);
    all.extend(offer(ground, "another's token", missing, &as_issuer));
    all
}

fn witnesses(ground: &Ground) -> Vec<Sample> {
    // SPEC T-3, T-4
    let none = || {
        let mut one = ground.payment();
        one.witnesses = Bounded::default();
        one
    };
    let extra = || ground.sign(&[7, 2], vec![pay(7, 61, coin(), 1)]);
    let twice = || {
        let mut one = ground.payment();
        let witness = one.witnesses[0].clone();
        one.witnesses = Bounded::first_of(vec![witness; 2]);
        one
    };
    let missing = Fault::Form("transaction.missing_witness");
    let surplus = Fault::Form("transaction.surplus_witness");
    let order = Fault::Form("transaction.witness_order");
    let mut all = offer(ground, "none", missing, &none);
    all.extend(offer(ground, "one too many", surplus, &extra));
    all.extend(offer(ground, "one twice", order, &twice));
    all
}

/// Encodings that are no public keys: of small order, not canonical, or of no point at all.
const WEAK: [(&str, [u8; 2], u8, u8); 5] = [
    // The first two bytes, those in between, and the last one.
    ("order 1", [1, 0], 0, 0),
    ("order 2", [0xec, 0xff], 0xff, 0x7f),
    ("order 4", [0, 0], 0, 0),
    ("order 1, not canonical", [0xee, 0xff], 0xff, 0x7f),
    ("no point", [2, 0], 0, 0),
];

fn weak_keys(ground: &Ground) -> Vec<Sample> {
    // SPEC K-1
    let mut all = Vec::new();
    for (what, [first, second], between, last) in WEAK {
        let mut key = [between; 32];
        (key[0], key[1], key[31]) = (first, second, last);
        let good = encode(&ground.payment());
        let at = position(&good, account(7).public().as_bytes());
        all.extend(garbled(ground, what, &patched(&good, at, &key)));
    }
    all
}

/// The order of the group, from the lowest byte (RFC 8032).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn malleable(ground: &Ground) -> Vec<Sample> {
    // SPEC K-2
    let more = |one: &Transaction| {
        let signature = encode(&one.witnesses[0].signatures[0].signature);
        let mut bytes: [u8; 64] = signature.try_into().expect("64 bytes");
        let mut carry = 0;
        for (byte, add) in bytes[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert_eq!(carry, 0, "it still fits");
        Signature::new(bytes)
    };
    let make = || resigned(ground, more);
    let mut all = offer(ground, "s and the order", BAD_SIGNATURE, &make);
    let (right, mut wrong) = (ground.payment(), ground.payment());
    wrong.body = right.body.clone();
    let mut witness = right.witnesses[0].clone();
    let signature = KeySignature { key: 0, signature: more(&right) };
    witness.signatures = Bounded::first_of([signature]);
    wrong.witnesses = Bounded::first_of([witness]);
    let news = Delivery::News(News::transactions(&[wrong]));
    let expected = Expected::reject(&[Offence::BadTransaction]);
    let cure = News::transactions(&[right]);
    all.push(Sample::new("the one form afterwards", news, expected).then(cure));
    all
}

fn long_memo(ground: &Ground) -> Vec<Sample> {
    // SPEC T-1, E-4
    let good = encode(&super::shapes::rich(ground, Some(5)));
    let long = |bytes| retold(&good, "invoice 17", &"m".repeat(bytes));
    let mut all = garbled(ground, "257 bytes", &long(257));
    all.extend(garbled(ground, "20,000 bytes", &long(20_000)));
    all
}

fn bad_symbol(ground: &Ground) -> Vec<Sample> {
    // SPEC A-2
    let good = encode(&super::shapes::rich(ground, Some(5)));
    let bad = ["", "R", "RICHRICHRICHR", "rich", "1RICH", "RI CH", "RI\0H", "R\u{cd}CH", "R-CH"];
    let case =
        |symbol: &str| garbled(ground, &format!("{symbol:?}"), &retold(&good, "RICH", symbol));
    bad.into_iter().flat_map(case).collect()
}

fn bad_token(ground: &Ground) -> Vec<Sample> {
    // SPEC T-6, A-3
    let create = |decimals, cap: Option<u128>, issuer, supply| {
        Action::CreateToken(CreateToken {
            token: "BAD".parse().expect("a symbol"),
            name: Text::default(),
            decimals,
            cap: cap.map(units),
            issuer,
            supply: units(supply),
            to: whose(7),
        })
    };
    let issuer = Some(whose(7));
    let cases = [
        ("19 decimals", "transaction.bad_decimals", create(19, None, issuer, 5)),
        ("255 decimals", "transaction.bad_decimals", create(255, None, issuer, 5)),
        ("a cap of zero", "transaction.supply_above_cap", create(0, Some(0), issuer, 0)),
        ("a cap below", "transaction.supply_above_cap", create(0, Some(4), issuer, 5)),
        ("never any", "transaction.never_any_units", create(0, None, None, 0)),
    ];
    let offered = |(what, code, action): (&str, &'static str, Action)| {
        let make = || ground.sign(&[7], vec![action.clone()]);
        offer(ground, what, Fault::Form(code), &make)
    };
    cases.into_iter().flat_map(offered).collect()
}

fn no_action(ground: &Ground) -> Vec<Sample> {
    // SPEC T-1
    let make = || ground.sign(&[7], Vec::new());
    offer(ground, "none", Fault::Form("transaction.no_action"), &make)
}

fn disorder(ground: &Ground) -> Vec<Sample> {
    // SPEC T-4
    let crowd = threshold(2, 30..33);
    let from = crowd.lock.address();
    let action = || Action::Transfer { token: coin(), from, to: whose(61), amount: units(1) };
    let with = |change: &dyn Fn(&mut Vec<KeySignature>)| {
        let mut one = ground.payment();
        one.body.actions = Bounded::first_of([action()]);
        one.body.salt = ground.salt();
        let mut one = signed(ground, one.body, &[single(7), crowd.clone()]);
        let mut witnesses = one.witnesses.into_vec();
        for witness in witnesses.iter_mut().filter(|one| one.lock == crowd.lock) {
            let mut signatures = witness.signatures.clone().into_vec();
            change(&mut signatures);
            witness.signatures = Bounded::first_of(signatures);
        }
        one.witnesses = Bounded::first_of(witnesses);
        one
    };
    let count = Fault::Form("transaction.signature_count");
    let order = Fault::Form("transaction.signature_order");
    let mut all = offer(ground, "one of two", count, &|| with(&|all| all.truncate(1)));
    all.extend(offer(ground, "none of two", count, &|| with(&|all| all.clear())));
    all.extend(offer(ground, "three of two", count, &|| with(&|all| all.push(all[0]))));
    all.extend(offer(ground, "in reverse", order, &|| with(&|all| all.reverse())));
    all.extend(offer(ground, "one twice", order, &|| with(&|all| all[1] = all[0])));
    all.extend(offer(ground, "no such key", order, &|| with(&|all| all[1].key = 3)));
    let swapped = || {
        let mut one = with(&|_| ());
        let reversed: Vec<_> = one.witnesses.iter().rev().cloned().collect();
        one.witnesses = Bounded::first_of(reversed);
        one
    };
    let fault = Fault::Form("transaction.witness_order");
    all.extend(offer(ground, "witnesses in reverse", fault, &swapped));
    all
}
