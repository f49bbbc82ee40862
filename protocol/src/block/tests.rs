use alloc::vec;

use super::{Block, BlockError, CheckedBlock, Header, HeaderError, VerifiedHeader};
use crate::bounded::Bounded;
use crate::codec::{DecodeError, encode};
use crate::hash::{AuthoritiesHash, ChainId};
use crate::limits::SLOT_MAX;
use crate::samples::{block, chain_spec, forged, header, payment, random, secret};
use crate::transaction::TransactionError;
use crate::units::{Height, Slot};

fn refused(change: impl FnOnce(&mut Header), leader: u8) -> HeaderError {
    let spec = chain_spec();
    let mut header = header(&[]);
    change(&mut header);
    let signed = header.sign(spec.chain(), &secret(leader));
    VerifiedHeader::new(signed, &spec).expect_err("breaks a rule")
}

#[test]
fn a_header_that_can_never_be_valid_is_refused() {
    // SPEC B-1, B-4, B-6, G-4
    assert_eq!(refused(|one| one.version = 2, 101), HeaderError::Version { version: 2 });
    assert_eq!(refused(|one| one.height = Height::new(0), 101), HeaderError::Genesis);
    assert_eq!(refused(|one| one.slot = Slot::new(0), 101), HeaderError::Genesis);
    let slot = SLOT_MAX + 2;
    assert_eq!(refused(|one| one.slot = slot, 101), HeaderError::Slot { slot });
    let other = AuthoritiesHash::default();
    assert_eq!(refused(|one| one.authorities = other, 101), HeaderError::Authorities);
}

#[test]
fn only_the_leader_of_the_slot_signs_and_only_for_this_chain() {
    // SPEC B-2, B-3
    assert_eq!(refused(|_| (), 102), HeaderError::BadSignature { slot: Slot::new(2) });
    assert_eq!(
        refused(|one| one.slot = Slot::new(3), 101),
        HeaderError::BadSignature { slot: Slot::new(3) }
    );
    let elsewhere = header(&[]).sign(&ChainId::default(), &secret(101));
    let refused = VerifiedHeader::new(elsewhere, &chain_spec());
    assert_eq!(refused, Err(HeaderError::BadSignature { slot: Slot::new(2) }));
    let good = header(&[]).sign(chain_spec().chain(), &secret(101));
    assert!(VerifiedHeader::new(good, &chain_spec()).is_ok());
}

#[test]
fn another_body_leaves_its_header_valid() {
    // SPEC B-7, B-10
    let (spec, good) = (chain_spec(), block(vec![payment(1), payment(2)]));
    let transactions = Bounded::first_of([payment(2), payment(1)]);
    let permuted = Block { transactions, ..good.clone() };
    let refused = CheckedBlock::new(permuted, &spec, random());
    assert_eq!(refused, Err(BlockError::OtherBody));
    assert!(VerifiedHeader::new(good.header.clone(), &spec).is_ok());
    let checked = CheckedBlock::new(good.clone(), &spec, random()).expect("a good block");
    assert_eq!(checked.size(), encode(&good).len());
    assert_eq!(checked.to_block(), good);
}

#[test]
fn the_bytes_that_are_kept_are_those_that_would_be_made_anew() {
    // SPEC E-1, E-3
    for transactions in [vec![], vec![payment(1)], vec![payment(1), payment(2)]] {
        let good = block(transactions);
        let checked = CheckedBlock::new(good.clone(), &chain_spec(), random()).expect("good");
        let stored = CheckedBlock::trusted(good.clone(), chain_spec().chain());
        assert_eq!(stored, checked, "from disk as from a peer");
        assert_eq!(checked.transactions_bytes(), encode(&good.transactions));
        let (chain, pairs) = (*chain_spec().chain(), checked.transactions().iter());
        for (kept, one) in pairs.zip(&good.transactions) {
            assert_eq!(kept.bytes(), encode(one));
            assert_eq!((kept.id(), kept.full_hash()), (one.body.id(&chain), one.full_hash(&chain)));
        }
    }
}

#[test]
fn a_forged_transaction_is_found_at_its_place() {
    // SPEC B-7
    let refused = CheckedBlock::new(block(vec![payment(1), forged(2)]), &chain_spec(), random());
    let error = TransactionError::BadSignature;
    assert_eq!(refused, Err(BlockError::Transaction { position: 1, error }));
}

#[test]
fn a_block_over_2_mib_is_refused() {
    // SPEC B-8
    let large = block(vec![payment(1); 10_000]);
    let bytes = encode(&large);
    let refused = CheckedBlock::new(large, &chain_spec(), random());
    assert!(matches!(refused, Err(BlockError::TooLarge { .. })));
    let refused = CheckedBlock::from_bytes(&bytes, &chain_spec(), random());
    assert!(matches!(refused, Err(BlockError::Decode(DecodeError::TooLong { .. }))));
}
