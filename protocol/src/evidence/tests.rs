//! Evidence convicts whoever signed twice, and nobody else.

use super::*;
use crate::block::Header;
use crate::codec::{decode, encode};
use crate::hash::{AuthoritiesHash, StateRoot, TransactionsRoot};
use crate::keys::SecretKey;
use crate::samples::secret;
use crate::units::Height;

const CHAIN: ChainId = ChainId::new([1; 32]);

fn ballot(phase: Phase, slot: u64, block: u8, key: &SecretKey) -> Ballot {
    Ballot::new(phase, (Slot::new(slot), BlockHash::new([block; 32])), &CHAIN, key)
}

fn header(slot: u64, root: u8, key: &SecretKey) -> SignedHeader {
    let header = Header {
        version: 1,
        height: Height::new(3),
        slot: Slot::new(slot),
        previous: BlockHash::new([5; 32]),
        transactions_root: TransactionsRoot::new([root; 32]),
        state_root: StateRoot::new([7; 32]),
        authorities: AuthoritiesHash::new([8; 32]),
        certificate: None,
        next_authorities: None,
    };
    header.sign(&CHAIN, key)
}

fn check(evidence: Evidence) -> Result<CheckedEvidence, EvidenceError> {
    evidence.check(&CHAIN, &())
}

#[test]
fn two_blocks_two_votes_and_two_commits_of_a_slot_convict_and_have_one_encoding() {
    // SPEC F-11, E-1
    let key = secret(101);
    let headers = [header(9, 1, &key), header(9, 2, &key)];
    let blocks = |pair| Evidence::of_headers(key.public(), pair, &CHAIN);
    let [one, other] = headers;
    assert_eq!(blocks([one.clone(), other.clone()]), blocks([other.clone(), one.clone()]));
    let mut all = alloc::vec![(blocks([one, other]), EvidenceKind::Blocks)];
    for (phase, kind) in Phase::ALL.into_iter().zip([EvidenceKind::Votes, EvidenceKind::Commits]) {
        let pair = [1, 2].map(|block| ballot(phase, 9, block, &key));
        let [one, other] = pair;
        assert_eq!(Evidence::of_ballots(pair), Evidence::of_ballots([other, one]));
        all.push((Evidence::of_ballots(pair), kind));
    }
    for (evidence, kind) in all {
        let bytes = encode(&evidence);
        assert_eq!(decode(&bytes, EVIDENCE_BYTES_MAX).as_ref(), Ok(&evidence));
        assert_eq!((evidence.kind(), evidence.slot()), (kind, Slot::new(9)));
        assert_eq!(evidence.signer(), &key.public());
        let checked = check(evidence.clone()).expect("a proof");
        assert_eq!(checked, CheckedEvidence::trusted(evidence.clone(), &CHAIN));
        assert!(checked.blocks().is_sorted());
        assert_eq!(evidence.check(&ChainId::default(), &()), Err(EvidenceError::BadSignature));
    }
}

#[test]
fn what_an_honest_authority_signs_convicts_nobody() {
    // SPEC F-11
    let [key, other] = [101, 102].map(secret);
    let vote = |slot, block| ballot(Phase::Vote, slot, block, &key);
    let ballots = |pair| check(Evidence::Ballots(Box::new(pair)));
    assert_eq!(ballots([vote(9, 1), vote(10, 2)]), Err(EvidenceError::Apart));
    let commit = ballot(Phase::Commit, 9, 2, &key);
    assert_eq!(ballots([vote(9, 1), commit]), Err(EvidenceError::Apart));
    assert_eq!(ballots([vote(9, 1), vote(9, 1)]), Err(EvidenceError::Order));
    assert_eq!(ballots([vote(9, 2), vote(9, 1)]), Err(EvidenceError::Order));
    let of_another = ballot(Phase::Vote, 9, 2, &other);
    assert_eq!(ballots([vote(9, 1), of_another]), Err(EvidenceError::Apart));
    let forged = Ballot { signer: key.public(), ..of_another };
    assert_eq!(ballots([vote(9, 1), forged]), Err(EvidenceError::BadSignature));
    let renamed = Ballot { slot: Slot::new(9), ..vote(10, 2) };
    assert_eq!(ballots([vote(9, 1), renamed]), Err(EvidenceError::BadSignature));

    let blocks = |signer: &SecretKey, pair| {
        check(Evidence::of_headers(signer.public(), pair, &CHAIN)).map(|_| ())
    };
    let own = |slot, root| header(slot, root, &key);
    assert_eq!(blocks(&key, [own(9, 1), own(10, 2)]), Err(EvidenceError::Apart));
    assert_eq!(blocks(&key, [own(9, 1), own(9, 1)]), Err(EvidenceError::Order));
    assert_eq!(blocks(&other, [own(9, 1), own(9, 2)]), Err(EvidenceError::BadSignature));
    let theirs = header(9, 2, &other);
    assert_eq!(blocks(&key, [own(9, 1), theirs]), Err(EvidenceError::BadSignature));
    // Nobody signs block 0.
    assert_eq!(blocks(&key, [own(0, 1), own(0, 2)]), Err(EvidenceError::BadSignature));
}
