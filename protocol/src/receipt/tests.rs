use alloc::vec;
use alloc::vec::Vec;

use rand_core::Rng as _;

use super::*;
use crate::authority::{AuthorityChange, AuthorityStep};
use crate::codec::{decode, encode};
use crate::finality::Ballot;
use crate::limits::RECEIPT_BYTES_MAX;
use crate::samples::{self, payment, random, secret};
use crate::units::Slot;

/// A network of four authorities, 101 to 104.
fn spec() -> ChainSpec {
    let mut genesis = samples::genesis();
    genesis.authorities = Bounded::first_of((101..=104).map(|n| secret(n).public()));
    ChainSpec::new(genesis).expect("in order")
}

/// Headers of so many blocks, of which the first holds three payments.
fn headers(spec: &ChainSpec, count: u64) -> Vec<Header> {
    let leaves: Vec<_> = (1..4).map(|salt| payment(salt).full_hash(spec.chain())).collect();
    let genesis = &spec.genesis_header().header;
    let mut headers = Vec::<Header>::new();
    for height in 1..=count {
        let below = headers.last().unwrap_or(genesis);
        let leaves: &[_] = if height == 1 { &leaves } else { &[] };
        headers.push(Header {
            height: Height::new(height),
            slot: Slot::new(2 * height),
            previous: below.hash(spec.chain()),
            transactions_root: crate::merkle::transactions_root(leaves),
            ..below.clone()
        });
    }
    headers
}

fn certificate(spec: &ChainSpec, phase: Phase, header: &Header, places: &[u8]) -> Certificate {
    let (slot, block) = (header.slot, header.hash(spec.chain()));
    let sign = |place: &u8| {
        let key = secret(101 + place);
        (*place, Ballot::new(phase, (slot, block), spec.chain(), &key).signature)
    };
    let signatures = Bounded::first_of(places.iter().map(sign));
    Certificate { phase, slot, block, signatures }
}

/// A receipt for the second payment, committed so many blocks above its own.
fn receipt(spec: &ChainSpec, above: u64) -> Receipt {
    let mut headers = headers(spec, above + 1);
    let commits = certificate(spec, Phase::Commit, headers.last().expect("one"), &[0, 2, 3]);
    let leaves: Vec<_> = (1..4).map(|salt| payment(salt).full_hash(spec.chain())).collect();
    Receipt {
        chain: *spec.chain(),
        transaction: payment(2),
        inclusion: InclusionProof::new(&leaves, 1).expect("there"),
        header: headers.remove(0),
        finality: FinalityProof { headers: Bounded::first_of(headers), commits },
        changes: Bounded::default(),
    }
}

#[test]
fn a_receipt_shows_the_block_and_who_committed() {
    // SPEC M-6
    let spec = spec();
    for above in [0, 1, 5] {
        let receipt = receipt(&spec, above);
        let settled = receipt.check(&spec).expect("a good one");
        assert_eq!(settled.block, receipt.header.hash(spec.chain()));
        assert_eq!(settled.committed.height, above + 1);
        assert_eq!(settled.committed.slot, receipt.finality.commits.slot);
        assert_eq!(settled.signers, [101, 103, 104].map(|n| secret(n).public()));
        assert_eq!(receipt.id(), payment(2).body.id(spec.chain()));
    }
}

/// The error for a receipt of two headers above the block, once it is changed.
fn refused(change: impl FnOnce(&mut Receipt, &ChainSpec)) -> ReceiptError {
    let spec = spec();
    let mut receipt = receipt(&spec, 2);
    change(&mut receipt, &spec);
    receipt.check(&spec).expect_err("it proves nothing")
}

#[test]
fn each_way_in_which_a_receipt_proves_nothing_has_its_error() {
    // SPEC M-6
    let finality = ReceiptError::Finality;
    let other = ChainId::new([9; 32]);
    let error = refused(|receipt, _| receipt.chain = other);
    assert!(matches!(error, ReceiptError::OtherChain { theirs, .. } if theirs == other));
    let error = refused(|receipt, _| receipt.inclusion.position = 0);
    assert_eq!(error, ReceiptError::NotInBlock);
    let error = refused(|receipt, _| receipt.transaction = payment(9));
    assert_eq!(error, ReceiptError::NotInBlock);
    let error = refused(|receipt, _| {
        receipt.finality.headers = Bounded::first_of([receipt.finality.headers[1].clone()]);
    });
    let unlinked = FinalityProofError::Unlinked { height: Height::new(3) };
    assert_eq!(error, finality(unlinked));
    let error = refused(|receipt, _| {
        receipt.finality.headers = Bounded::first_of([receipt.finality.headers[0].clone()]);
    });
    assert_eq!(error, finality(FinalityProofError::OtherBlock));
    let error = refused(|receipt, spec| {
        let last = &receipt.finality.headers[1];
        receipt.finality.commits = certificate(spec, Phase::Vote, last, &[0, 1, 2]);
    });
    assert_eq!(error, finality(FinalityProofError::Votes));
    let error = refused(|receipt, spec| {
        let last = &receipt.finality.headers[1];
        receipt.finality.commits = certificate(spec, Phase::Commit, last, &[0, 1]);
    });
    let too_few = CertificateError::Count { count: 2, quorum: 3 };
    assert_eq!(error, finality(FinalityProofError::Commits(too_few)));
    let error = refused(|receipt, _| {
        let [first, second] = [0, 1].map(|at| receipt.finality.commits.signatures[at].1);
        let swapped = [(0, second), (2, first), (3, second)];
        receipt.finality.commits.signatures = Bounded::first_of(swapped);
    });
    let forged = CertificateError::BadSignature { place: 0 };
    assert_eq!(error, finality(FinalityProofError::Commits(forged)));
}

#[test]
fn only_the_authorities_that_follow_from_the_genesis_count() {
    // SPEC M-6
    let spec = spec();
    let mut receipt = receipt(&spec, 0);
    let strangers = AuthoritySet::new(Bounded::first_of([secret(101).public()])).expect("one");
    receipt.header.authorities = strangers.hash();
    receipt.finality.commits = certificate(&spec, Phase::Commit, &receipt.header, &[0]);
    let error = FinalityProofError::Authorities { height: Height::new(1) };
    assert_eq!(receipt.check(&spec), Err(ReceiptError::Finality(error)));
    let mut receipt = self::receipt(&spec, 0);
    let change = ChangeProof { header: receipt.header.clone(), finality: receipt.finality.clone() };
    receipt.changes = Bounded::first_of([change]);
    let error = FinalityProofError::NoChange { height: Height::new(1) };
    assert_eq!(receipt.check(&spec), Err(ReceiptError::Change { number: 1, error }));
}

#[test]
fn no_bit_of_a_receipt_can_be_flipped() {
    // SPEC M-6
    let spec = spec();
    let bytes = encode(&receipt(&spec, 2));
    assert_eq!(decode(&bytes, RECEIPT_BYTES_MAX), Ok(receipt(&spec, 2)));
    let mut random = random();
    let mut seen = vec![0_u32; bytes.len()];
    for _ in 0..10_000 {
        let mut flipped = bytes.clone();
        let at = usize::try_from(random.next_u32()).expect("a number") % bytes.len();
        flipped[at] ^= 1 << (random.next_u32() % 8);
        seen[at] += 1;
        let read = decode::<Receipt>(&flipped, RECEIPT_BYTES_MAX);
        let checked = read.map(|receipt| receipt.check(&spec));
        assert!(!matches!(checked, Ok(Ok(_))), "byte {at} is not checked");
    }
    assert!(seen.iter().all(|count| *count > 0), "every byte had its turn");
}

/// A change by authorities 101 to 103, which the newcomer has signed, if there is one.
fn change(set: &AuthoritySet, follows: BlockHash, step: AuthorityStep) -> AuthorityChange {
    let chain = *spec().chain();
    let proposed = AuthorityChange::proposed(set, follows, step);
    let change = [101, 102, 103].into_iter().fold(proposed, |change, signer| {
        change.approved_by(set, &chain, &secret(signer)).expect("an authority")
    });
    let newcomer = (105..=106).map(secret).find(|key| key.public() == *step.key());
    let added = newcomer.filter(|_| matches!(step, AuthorityStep::Add { .. }));
    let newcomer = added.map(|key| change.sign(&chain, &key));
    AuthorityChange { newcomer, ..change }
}

/// Headers of eight blocks of which the second holds the addition of 105: the third has the commits
/// of that, and the fourth is the first of the five. Block `paid` holds the payments.
fn changed(spec: &ChainSpec, paid: u64) -> (Vec<Header>, AuthoritySet) {
    let key = secret(105).public();
    let step = AuthorityStep::Add { key };
    let after = spec.genesis_authorities().after(&step).expect("room");
    let mut headers = headers(spec, 8);
    let leaves: Vec<_> = (1..4).map(|salt| payment(salt).full_hash(spec.chain())).collect();
    for at in 0..headers.len() {
        let below = if at == 0 { spec.genesis_hash() } else { headers[at - 1].hash(spec.chain()) };
        headers[at].previous = below;
        let leaves: &[_] = if headers[at].height == paid { &leaves } else { &[] };
        headers[at].transactions_root = crate::merkle::transactions_root(leaves);
        match at {
            1 => {
                let first = spec.genesis_authorities();
                headers[1].next_authorities = Some(change(first, spec.genesis_hash(), step));
            }
            2 => {
                let commits = certificate(spec, Phase::Commit, &headers[1], &[0, 1, 2]);
                headers[2].certificate = Some(commits);
            }
            3.. => headers[at].authorities = after.hash(),
            _ => {}
        }
    }
    (headers, after)
}

/// A receipt for a payment in that block, by the commits of a block at or above it.
fn receipt_of(spec: &ChainSpec, paid: u64, committed: u64, signers: &[u8]) -> Receipt {
    let (headers, _) = changed(spec, paid);
    let of_height = |height: u64| headers.iter().find(|one| one.height == height).expect("there");
    let above = headers.iter().filter(|one| (paid + 1..=committed).contains(&one.height.get()));
    let commits = certificate(spec, Phase::Commit, of_height(committed), signers);
    let held = ChangeProof {
        header: headers[1].clone(),
        finality: FinalityProof {
            headers: Bounded::default(),
            commits: certificate(spec, Phase::Commit, &headers[1], &[0, 1, 2]),
        },
    };
    let changes = (committed > 3).then_some(held);
    Receipt {
        header: of_height(paid).clone(),
        finality: FinalityProof { headers: Bounded::first_of(above.cloned()), commits },
        changes: Bounded::first_of(changes),
        ..receipt(spec, 0)
    }
}

#[test]
fn a_receipt_follows_the_changes_of_the_authorities() {
    // SPEC M-6
    let spec = spec();
    let cases: [(u64, u64, &[u8]); 5] = [
        (1, 1, &[0, 1, 2]),
        (3, 3, &[0, 2, 3]),
        (3, 5, &[0, 1, 2, 4]),
        (4, 4, &[1, 2, 3, 4]),
        (5, 8, &[0, 1, 2, 3]),
    ];
    for (paid, committed, signers) in cases {
        let receipt = receipt_of(&spec, paid, committed, signers);
        let settled = receipt.check(&spec).expect("final");
        assert_eq!(
            (settled.committed.height.get(), settled.signers.len()),
            (committed, signers.len())
        );
        let sets = authority_sets(spec.genesis_authorities(), spec.chain(), &receipt.changes);
        assert_eq!(sets.expect("good").len(), 1 + receipt.changes.len());
    }
}

#[test]
fn keys_of_another_set_and_changes_that_did_not_happen_prove_nothing() {
    // SPEC M-6, B-11
    let spec = spec();
    let good = receipt_of(&spec, 5, 6, &[0, 1, 2, 4]);
    assert!(good.check(&spec).is_ok());
    let few = receipt_of(&spec, 5, 6, &[0, 1, 2]).check(&spec);
    let count = CertificateError::Count { count: 3, quorum: 4 };
    assert_eq!(few, Err(ReceiptError::Finality(FinalityProofError::Commits(count))));
    let unknown = Receipt { changes: Bounded::default(), ..good.clone() };
    let error = FinalityProofError::Authorities { height: Height::new(6) };
    assert_eq!(unknown.check(&spec), Err(ReceiptError::Finality(error)));
    let held = &good.changes[0];
    let twice =
        Receipt { changes: Bounded::first_of([held.clone(), held.clone()]), ..good.clone() };
    let error = FinalityProofError::Authorities { height: Height::new(2) };
    assert_eq!(twice.check(&spec), Err(ReceiptError::Change { number: 2, error }));
    let mut votes = good.clone();
    votes.changes = Bounded::first_of([ChangeProof {
        finality: FinalityProof {
            headers: Bounded::default(),
            commits: certificate(&spec, Phase::Vote, &held.header, &[0, 1, 2]),
        },
        ..held.clone()
    }]);
    let error = FinalityProofError::Votes;
    assert_eq!(votes.check(&spec), Err(ReceiptError::Change { number: 1, error }));
    let mut forged = held.header.clone();
    let change = forged.next_authorities.as_mut().expect("held");
    change.signatures = Bounded::first_of(change.signatures.iter().copied().take(2));
    let commits = certificate(&spec, Phase::Commit, &forged, &[0, 1, 2]);
    let finality = FinalityProof { headers: Bounded::default(), commits };
    let changes = Bounded::first_of([ChangeProof { header: forged, finality }]);
    let refused = Receipt { changes, ..good }.check(&spec);
    let few = ChangeError::Approval(CertificateError::Count { count: 2, quorum: 3 });
    let error = FinalityProofError::Change { height: Height::new(2), error: few };
    assert_eq!(refused, Err(ReceiptError::Change { number: 1, error }));
}
