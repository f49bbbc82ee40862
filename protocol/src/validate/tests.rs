use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use super::{CheckedAnswer, CheckedGossip, check_answer, check_gossip};
use crate::blame::Offence;
use crate::block::Block;
use crate::bounded::Bounded;
use crate::codec::encode;
use crate::hash::TransactionId;
use crate::samples::{block, chain_spec, forged, header, payment, random, secret};
use crate::transaction::Transaction;
use crate::verified::VerifiedTable;
use crate::wire::{Answer, Topic, TransactionBatch};

fn gossip(topic: Topic, bytes: &[u8]) -> Result<CheckedGossip, Offence> {
    check_gossip(topic, bytes, &chain_spec(), &(), random()).map_err(|rejection| rejection.offence)
}

fn answer(answer: &Answer) -> Result<CheckedAnswer, Offence> {
    check_answer(&encode(answer), &chain_spec(), &(), random())
        .map_err(|rejection| rejection.offence)
}

#[test]
fn gossip_that_is_wrong_for_everybody_names_its_offence() {
    // SPEC N-2, X-1, X-3
    let other_body = Block { transactions: Bounded::default(), ..block(vec![payment(1)]) };
    let foreign = header(&[]).sign(chain_spec().chain(), &secret(9));
    let foreign = Block { header: foreign, transactions: Bounded::default() };
    let batch: TransactionBatch = Bounded::first_of([payment(1), forged(2)]);
    let wrong = [
        (Topic::Transactions, vec![], Offence::Undecodable),
        (Topic::Blocks, vec![], Offence::Undecodable),
        (Topic::Transactions, encode(&TransactionBatch::default()), Offence::Undecodable),
        (Topic::Transactions, encode(&block(vec![])), Offence::Undecodable),
        (Topic::Blocks, encode(&payment(1)), Offence::Undecodable),
        (Topic::Transactions, encode(&batch), Offence::BadTransaction),
        (Topic::Blocks, encode(&foreign), Offence::BadHeader),
        (Topic::Blocks, encode(&other_body), Offence::OtherBody),
        (Topic::Blocks, encode(&block(vec![forged(1)])), Offence::BadBody),
    ];
    for (topic, bytes, offence) in wrong {
        assert_eq!(gossip(topic, &bytes).err(), Some(offence), "{topic:?}");
    }
}

#[test]
fn a_block_is_refused_at_every_length_but_its_own() {
    // SPEC E-2, N-1
    let bytes = encode(&block(vec![payment(1)]));
    assert!(gossip(Topic::Blocks, &bytes).is_ok());
    for end in 0..bytes.len() {
        assert_eq!(gossip(Topic::Blocks, &bytes[..end]).err(), Some(Offence::Undecodable));
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(gossip(Topic::Blocks, &longer).err(), Some(Offence::Undecodable));
}

#[test]
fn answers_that_are_wrong_for_everybody_name_their_offence() {
    // SPEC N-4, N-5, X-1
    let ids: Vec<_> = [2, 1].map(|byte| TransactionId::new([byte; 32])).into();
    let foreign = header(&[]).sign(chain_spec().chain(), &secret(9));
    let wrong = [
        (Answer::Waiting(Bounded::first_of(ids.clone())), Offence::Undecodable),
        (Answer::Waiting(Bounded::first_of([ids[0]; 2])), Offence::Undecodable),
        (Answer::Headers(Bounded::first_of([foreign])), Offence::BadHeader),
        (Answer::Blocks(Bounded::first_of([block(vec![forged(1)])])), Offence::BadBody),
        (Answer::Transactions(Bounded::first_of([forged(1)])), Offence::BadTransaction),
    ];
    for (wrong, offence) in wrong {
        assert_eq!(answer(&wrong).err(), Some(offence), "{wrong:?}");
    }
    let sorted = Answer::Waiting(Bounded::first_of(ids.into_iter().rev()));
    assert!(matches!(answer(&sorted), Ok(CheckedAnswer::Waiting(_))));
    assert!(matches!(answer(&Answer::Busy), Ok(CheckedAnswer::Busy)));
}

#[test]
fn what_takes_intent_costs_a_ban_at_once_and_what_a_clumsy_peer_does_does_not() {
    // SPEC X-2
    let forged = [Offence::BadHeader, Offence::BadBody, Offence::InvalidChain];
    assert!(forged.iter().all(|offence| offence.price() == Offence::BAN_AT));
    let clumsy = [
        Offence::Undecodable,
        Offence::BadTransaction,
        Offence::OtherBody,
        Offence::BrokenLink,
        Offence::WrongAnswer,
        Offence::LyingStatus,
        Offence::Flood,
    ];
    assert!(clumsy.iter().all(|offence| (1..Offence::BAN_AT).contains(&offence.price())));
}

#[test]
fn every_offence_has_its_price_and_its_word() {
    // SPEC X-2
    let known = [
        (Offence::BadHeader, "bad_header", 100),
        (Offence::BadBody, "bad_body", 100),
        (Offence::InvalidChain, "invalid_chain", 100),
        (Offence::Undecodable, "undecodable", 50),
        (Offence::BadTransaction, "bad_transaction", 50),
        (Offence::OtherBody, "other_body", 50),
        (Offence::BrokenLink, "broken_link", 50),
        (Offence::WrongAnswer, "wrong_answer", 34),
        (Offence::LyingStatus, "lying_status", 20),
        (Offence::Flood, "flood", 5),
    ];
    for (offence, word, price) in known {
        assert_eq!((offence.reason(), offence.price()), (word, price));
    }
}

#[test]
fn what_was_verified_before_changes_no_outcome() {
    // SPEC K-2, T-4
    let known = RefCell::new(VerifiedTable::new());
    let hear = |topic, bytes: &[u8]| check_gossip(topic, bytes, &chain_spec(), &known, random());
    let batch: TransactionBatch = Bounded::first_of([payment(1), payment(2)]);
    assert!(hear(Topic::Transactions, &encode(&batch)).is_ok());
    assert_eq!(known.borrow().len(), 2);
    let good = block(vec![payment(1), payment(2)]);
    assert!(hear(Topic::Blocks, &encode(&good)).is_ok());
    assert_eq!(known.borrow().len(), 3, "only the header was new");

    let [other, one] = [payment(1), payment(2)].map(|one| one.witnesses[0].clone());
    let swapped = |salt, witness| {
        let witnesses = Bounded::first_of([witness]);
        Transaction { witnesses, ..payment(salt) }
    };
    let swapped = block(vec![swapped(1, one), swapped(2, other)]);
    let mut unsigned = good.clone();
    unsigned.header.signature = swapped.header.signature;
    for (bytes, offence) in [
        (encode(&swapped), Offence::BadBody),
        (encode(&block(vec![payment(1), forged(2)])), Offence::BadBody),
        (encode(&unsigned), Offence::BadHeader),
    ] {
        for _ in 0..2 {
            let refused = hear(Topic::Blocks, &bytes).err();
            assert_eq!(refused.map(|rejection| rejection.offence), Some(offence));
        }
    }
}
