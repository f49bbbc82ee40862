use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use proptest::prelude::*;

use super::{
    Action, CheckedTransaction, CreateToken, KeySignature, Transaction, TransactionError, Witness,
    check_all, check_each,
};
use crate::amount::Amount;
use crate::bounded::{Bounded, Text};
use crate::codec::{DecodeError, decode, encode};
use crate::keys::SecretKey;
use crate::limits::TRANSACTION_BYTES_MAX;
use crate::lock::{Lock, Threshold};
use crate::samples::{amount, chain_spec, forged, payment, person, random, secret, signed, symbol};
use crate::units::{Height, Slot, UnixMillis};
use crate::verified::VerifiedTable;

fn refused(transaction: Transaction) -> TransactionError {
    let checked = CheckedTransaction::new(transaction, chain_spec().chain(), random());
    checked.expect_err("breaks a rule")
}

#[test]
fn a_transaction_over_32_kib_is_refused() {
    // SPEC T-5: 65 witnesses with locks of 16 keys.
    let keys = (0..16).map(|n| secret(n).public()).collect();
    let lock = Lock::Threshold(Threshold::new(1, keys).expect("1 of 16"));
    let mut one = payment(1);
    let signatures = Bounded::default();
    let witness = Witness { lock, signatures };
    one.witnesses = Bounded::first_of(vec![witness; 65]);
    assert!(matches!(refused(one.clone()), TransactionError::TooLarge { .. }));
    let bytes = encode(&one);
    let refused = CheckedTransaction::from_bytes(&bytes, chain_spec().chain(), random());
    let too_long = DecodeError::TooLong { len: bytes.len(), limit: TRANSACTION_BYTES_MAX };
    assert_eq!(refused, Err(TransactionError::Decode(too_long)));
}

/// A lock of 16 keys, from the `n`th on, and as many of them as it requires.
fn treasury(n: u8, required: u8) -> (Lock, Vec<SecretKey>) {
    let mut secrets: Vec<_> = (n..n + 16).map(secret).collect();
    secrets.sort_unstable_by_key(SecretKey::public);
    let keys = secrets.iter().map(SecretKey::public).collect();
    secrets.truncate(required.into());
    (Lock::Threshold(Threshold::new(required, keys).expect("16 keys")), secrets)
}

/// Each of these burns something, the first once more; all sign.
fn together(all: &[(Lock, Vec<SecretKey>)], memo: usize) -> Transaction {
    let burn = |(lock, _): &(Lock, _)| {
        let (token, from) = (symbol("COIN"), lock.address());
        Action::Burn { token, from, amount: amount(1) }
    };
    let mut one = signed(1, all.iter().chain(&all[..1]).map(burn).collect());
    one.body.sender = all[0].0.address();
    one.body.memo = Text::try_from("x".repeat(memo).as_str()).expect("at most 256 bytes");
    let id = one.body.id(chain_spec().chain());
    let witness = |(lock, secrets): &(Lock, Vec<SecretKey>)| {
        let sign = |(key, secret): (u8, &SecretKey)| KeySignature {
            key,
            signature: secret.sign(id.as_bytes()),
        };
        let signatures = Bounded::first_of((0..).zip(secrets).map(sign));
        Witness { lock: lock.clone(), signatures }
    };
    let mut witnesses: Vec<_> = all.iter().map(witness).collect();
    witnesses.sort_unstable_by_key(|witness| witness.lock.address());
    one.witnesses = Bounded::first_of(witnesses);
    one
}

#[test]
fn a_transaction_of_exactly_32_kib_passes_and_one_byte_more_does_not() {
    // SPEC T-5
    let many: Vec<_> = (1..50).map(|n| treasury(n, 1)).collect();
    let memo = TRANSACTION_BYTES_MAX - encode(&together(&many, 0)).len();
    let largest = together(&many, memo);
    let bytes = encode(&largest);
    assert_eq!(bytes.len(), TRANSACTION_BYTES_MAX);
    let checked = CheckedTransaction::from_bytes(&bytes, chain_spec().chain(), random());
    assert_eq!(checked.map(CheckedTransaction::into_transaction), Ok(largest));
    let (len, max) = (TRANSACTION_BYTES_MAX + 1, TRANSACTION_BYTES_MAX);
    assert_eq!(refused(together(&many, memo + 1)), TransactionError::TooLarge { len, max });
}

#[test]
fn a_transaction_of_exactly_128_signatures_passes_and_one_more_does_not() {
    // SPEC T-4, T-5
    let mut many: Vec<_> = (1..9).map(|n| treasury(n, 16)).collect();
    let checked = CheckedTransaction::new(together(&many, 0), chain_spec().chain(), random());
    assert!(checked.is_ok(), "{checked:?}");
    many.push((Lock::Key(secret(99).public()), vec![secret(99)]));
    let too_many = TransactionError::TooManySignatures { got: 129, max: 128 };
    assert_eq!(refused(together(&many, 0)), too_many);
}

#[test]
fn what_makes_no_sense_in_any_state_is_refused() {
    // SPEC T-1, T-6
    let (token, me) = (symbol("COIN"), person(1));
    let nothing = Action::Burn { token, from: me, amount: Amount::ZERO };
    let same = Action::SetIssuer { token, issuer: me, new: Some(me) };
    assert_eq!(refused(signed(1, vec![])), TransactionError::NoAction);
    assert_eq!(refused(signed(1, vec![nothing])), TransactionError::ZeroAmount);
    assert_eq!(refused(signed(1, vec![same])), TransactionError::ToSelf);
}

#[test]
fn what_is_exactly_at_a_bound_passes() {
    // SPEC A-3, T-6
    let passes = |action| {
        let (one, spec) = (signed(1, vec![action]), chain_spec());
        let checked = CheckedTransaction::new(one.clone(), spec.chain(), random());
        let checked = checked.expect("breaks no rule");
        assert_eq!((checked.size(), checked.transaction()), (encode(&one).len(), &one));
    };
    let (token, me) = (symbol("GOLD"), person(1));
    let create = |decimals, cap: Option<u128>, issuer, supply| {
        let (cap, supply) = (cap.map(amount), amount(supply));
        let name = Text::default();
        Action::CreateToken(CreateToken { token, name, decimals, cap, issuer, supply, to: me })
    };
    passes(create(18, Some(7), None, 7));
    passes(create(0, None, Some(person(2)), 0));
    passes(Action::SetIssuer { token, issuer: me, new: Some(person(2)) });
    passes(Action::SetIssuer { token, issuer: me, new: None });
    passes(Action::Mint { token, issuer: me, to: me, amount: amount(1) });
    passes(Action::Burn { token, from: me, amount: Amount::MAX });
}

#[test]
fn exactly_those_named_must_sign() {
    // SPEC T-3, T-4
    let mut unsigned = payment(1);
    unsigned.witnesses = Bounded::default();
    assert_eq!(refused(unsigned), TransactionError::MissingWitness { address: person(1) });
    let of_another = Action::Burn { token: symbol("COIN"), from: person(2), amount: amount(1) };
    let missing = TransactionError::MissingWitness { address: person(2) };
    assert_eq!(refused(signed(1, vec![of_another])), missing);
    let mut twice = payment(1);
    twice.witnesses = Bounded::first_of(vec![twice.witnesses[0].clone(); 2]);
    assert_eq!(refused(twice), TransactionError::WitnessOrder);
    assert_eq!(refused(forged(1)), TransactionError::BadSignature);
}

#[test]
fn witnesses_change_the_full_hash_but_never_the_id() {
    // SPEC T-2, M-1
    let (spec, honest) = (chain_spec(), payment(1));
    let mut garbled = honest.clone();
    garbled.witnesses = Bounded::default();
    assert_eq!(honest.body.id(spec.chain()), garbled.body.id(spec.chain()));
    assert_ne!(honest.full_hash(spec.chain()), garbled.full_hash(spec.chain()));
    let other = crate::ChainId::default();
    assert_ne!(honest.body.id(spec.chain()), honest.body.id(&other));
}

/// A byte string near a valid encoding: some bytes changed, then cut.
fn mutated(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let len = bytes.len();
    let changes = prop::collection::vec((0..len, any::<u8>()), 0..4);
    (changes, prop_oneof![3 => Just(len), 1 => 0..=len]).prop_map(move |(changes, end)| {
        let mut bytes = bytes.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(end);
        bytes
    })
}

/// Bytes that decode must re-encode to themselves.
fn canonical<T: serde::Serialize + serde::de::DeserializeOwned>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes, bytes.len()) {
        assert_eq!(encode(&value), bytes);
    }
}

fn encodings() -> impl Strategy<Value = Vec<u8>> {
    let spec = chain_spec();
    let block = crate::samples::block(vec![payment(1), payment(2)]);
    let hash = spec.genesis_hash();
    let status = crate::Status {
        version: 1,
        chain: *spec.chain(),
        genesis: hash,
        head: crate::Tip { height: Height::new(1), slot: Slot::new(2), hash },
        time: UnixMillis::new(3),
        agent: Text::default(),
        addresses: Bounded::first_of([Text::try_from("/ip4/127.0.0.1").expect("short")]),
    };
    let request = crate::Request::Headers { locator: Bounded::first_of([hash]) };
    let after = crate::Request::Waiting { after: Some(crate::TransactionId::default()) };
    let headers = crate::Answer::Headers(Bounded::first_of([block.header.clone()]));
    let seeds = vec![
        encode(&payment(1)),
        encode(&block),
        encode(&status),
        encode(&request),
        encode(&after),
        encode(&headers),
        encode(&crate::Answer::Blocks(Bounded::first_of([block]))),
        encode(spec.genesis()),
    ];
    let random = prop::collection::vec(prop_oneof![Just(0), Just(1), any::<u8>()], 0..300);
    prop_oneof![9 => prop::sample::select(seeds).prop_flat_map(mutated), 1 => random]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn bytes_that_decode_encode_to_themselves(bytes in encodings()) {
        // SPEC E-1, E-2, E-3, E-5
        canonical::<Transaction>(&bytes);
        canonical::<crate::Block>(&bytes);
        canonical::<crate::Status>(&bytes);
        canonical::<crate::Request>(&bytes);
        canonical::<crate::Answer>(&bytes);
        canonical::<crate::Genesis>(&bytes);
    }

    #[test]
    fn one_by_one_and_together_the_same_transactions_pass(
        kinds in prop::collection::vec(0..3_u8, 0..6),
    ) {
        // SPEC K-2
        let (spec, salts) = (chain_spec(), 0_u64..);
        let make = |(kind, salt): (&u8, u64)| match kind {
            0 => payment(salt),
            1 => forged(salt),
            _ => Transaction { witnesses: Bounded::default(), ..payment(salt) },
        };
        let all: Vec<_> = kinds.iter().zip(salts).map(make).collect();
        let chain = spec.chain();
        let alone: Vec<_> =
            all.iter().map(|one| CheckedTransaction::new(one.clone(), chain, random())).collect();
        let known = RefCell::new(VerifiedTable::new());
        prop_assert_eq!(&check_each(all.clone(), chain, &(), random()), &alone);
        prop_assert_eq!(&check_each(all.clone(), chain, &known, random()), &alone);
        prop_assert_eq!(&check_each(all.clone(), chain, &known, random()), &alone, "by memory");
        let good = kinds.iter().filter(|kind| **kind == 0).count();
        prop_assert_eq!(known.borrow().len(), good, "nothing else is remembered");
        // Of all that break a rule, the first whose structure does is named, or else the first.
        let unsigned = kinds.iter().position(|kind| *kind == 2);
        let first = unsigned.or_else(|| kinds.iter().position(|kind| *kind == 1));
        let expected = first.map(|at| (at, alone[at].clone().expect_err("breaks a rule")));
        prop_assert_eq!(check_all(all, chain, &(), random()).err(), expected);
    }
}
