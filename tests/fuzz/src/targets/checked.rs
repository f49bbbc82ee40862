//! Messages with every check that needs neither chain nor state: what passes keeps the rules, what
//! does not is blamed on the right offence.
//!
//! The first byte says how the message is [repaired](super::repair) before it is checked.

use std::collections::BTreeSet;

use coinage_protocol::limits::{
    BLOCK_BYTES_MAX, GOSSIP_BATCH_BYTES, MESSAGE_BYTES_MAX, SLOT_MAX, TRANSACTION_BYTES_MAX,
};
use coinage_protocol::{
    Answer, Ballot, Block, Bounded, ChainId, CheckedAnswer, CheckedBallot, CheckedBlock,
    CheckedEvidence, CheckedGossip, CheckedTransaction, Height, NamedCertificate, Offence, Phase,
    Signature, Slot, Topic, Transaction, TransactionBatch, TransactionError, VerifiedHeader,
    check_answer, check_gossip, decode, encode, encoded_len, transactions_root,
};
use coinage_simulation::fixtures::random;

use super::checked_ballot::{convicts, proves};
use super::people::PEOPLE;
use super::repair::Repairs;

/// A gossip message of transactions.
pub(super) fn transactions(bytes: &[u8]) {
    let Some((repairs, bytes)) = split(bytes) else { return };
    let decoded = decode::<TransactionBatch>(bytes, GOSSIP_BATCH_BYTES);
    let Ok(mut batch) = decoded else {
        return refused(Topic::Transactions, bytes);
    };
    repairs.transactions(&mut batch);
    let message = encode(&batch);
    match check_gossip(Topic::Transactions, &message, &PEOPLE.spec, &(), random()) {
        Ok(CheckedGossip::Transactions(list)) => {
            assert!(!list.is_empty() && list.len() == batch.len(), "all of them, and some");
            let unchanged = list.iter().zip(&batch).all(|(one, given)| one.transaction() == given);
            assert!(unchanged, "what is checked is what came in");
            list.iter().for_each(keeps_the_rules);
        }
        Ok(
            CheckedGossip::Block(_)
            | CheckedGossip::Ballot(_)
            | CheckedGossip::OfUnknown { .. }
            | CheckedGossip::Uncertified { .. },
        ) => {
            unreachable!("the topic says what it is")
        }
        Err(rejection) => {
            let expected = if batch.is_empty() || message.len() > GOSSIP_BATCH_BYTES {
                Offence::Undecodable
            } else {
                Offence::BadTransaction
            };
            assert_eq!(rejection.offence, expected, "{}", rejection.detail);
            batch.iter().for_each(|one| is_refused_only_for_itself(repairs, one));
        }
    }
}

/// A gossip message of a block.
pub(super) fn block(bytes: &[u8]) {
    let Some((repairs, bytes)) = split(bytes) else { return };
    let Ok(mut block) = decode::<Block>(bytes, BLOCK_BYTES_MAX) else {
        return refused(Topic::Blocks, bytes);
    };
    repairs.block(&mut block);
    let message = encode(&block);
    match check_gossip(Topic::Blocks, &message, &PEOPLE.spec, &(), random()) {
        Ok(CheckedGossip::Block(checked)) => {
            assert_eq!(encode(&checked.to_block()), message, "what is checked is what came in");
            assert_eq!(checked.size(), message.len());
            is_a_block(&checked);
        }
        Ok(CheckedGossip::OfUnknown { .. }) => {
            let named = block.header.header.authorities;
            assert_ne!(named, PEOPLE.spec.genesis_authorities().hash(), "these are known");
        }
        Ok(CheckedGossip::Uncertified { rejection, .. }) => {
            assert_eq!(rejection.offence, Offence::BadHeader);
            assert!(block.header.header.certificate.is_some(), "there is one to be made");
        }
        Ok(CheckedGossip::Transactions(_) | CheckedGossip::Ballot(_)) => {
            unreachable!("the topic says what it is")
        }
        Err(rejection) => {
            let expected = [Offence::BadHeader, Offence::OtherBody, Offence::BadBody];
            let too_long = message.len() > BLOCK_BYTES_MAX;
            assert!(too_long || expected.contains(&rejection.offence), "{rejection:?}");
        }
    }
}

/// Checks an answer.
pub(super) fn answer(bytes: &[u8]) {
    let Some((repairs, bytes)) = split(bytes) else { return };
    let Ok(mut answer) = decode::<Answer>(bytes, MESSAGE_BYTES_MAX) else {
        let rejection = check_answer(bytes, &PEOPLE.spec, &(), random()).expect_err("no answer");
        assert_eq!(rejection.offence, Offence::Undecodable);
        return;
    };
    match &mut answer {
        Answer::Headers(headers) => {
            let mut repaired = core::mem::take(headers).into_vec();
            repaired.iter_mut().for_each(|header| repairs.header(header));
            *headers = Bounded::first_of(repaired);
        }
        Answer::Blocks(blocks) => {
            let mut repaired = core::mem::take(blocks).into_vec();
            repaired.iter_mut().for_each(|block| repairs.block(block));
            *blocks = Bounded::first_of(repaired);
        }
        Answer::Transactions(batch) => repairs.transactions(batch),
        Answer::Certificates { votes, commits, .. } => {
            let shown = votes.iter_mut().chain(commits);
            shown.for_each(|one| repairs.certificate(&mut one.certificate));
        }
        Answer::Evidence(shown) => {
            let mut repaired = core::mem::take(shown).into_vec();
            repaired.iter_mut().for_each(|one| repairs.evidence(one));
            *shown = Bounded::first_of(repaired);
        }
        Answer::Ballots { vote, commit } => {
            vote.iter_mut().chain(commit).for_each(|one| repairs.ballot(one));
        }
        Answer::Waiting(_) | Answer::Busy => {}
    }
    match (check_answer(&encode(&answer), &PEOPLE.spec, &(), random()), answer) {
        (Ok(CheckedAnswer::Headers(checked)), Answer::Headers(headers)) => {
            assert!(checked.iter().map(VerifiedHeader::signed).eq(headers.iter()));
            checked.iter().for_each(is_signed);
        }
        (Ok(CheckedAnswer::Blocks(checked)), Answer::Blocks(blocks)) => {
            assert!(checked.iter().map(CheckedBlock::to_block).eq(blocks.iter().cloned()));
            checked.iter().for_each(is_a_block);
        }
        (Ok(CheckedAnswer::Waiting(checked)), Answer::Waiting(ids)) => {
            assert_eq!(checked, ids.into_vec());
            assert!(checked.is_sorted_by(|one, next| one < next), "in order, each once");
        }
        (Ok(CheckedAnswer::Transactions(checked)), Answer::Transactions(batch)) => {
            assert!(checked.iter().map(CheckedTransaction::transaction).eq(batch.iter()));
            checked.iter().for_each(keeps_the_rules);
        }
        (
            Ok(CheckedAnswer::Certificates { certificates, of_unknown, change }),
            Answer::Certificates { votes, commits, change: shown },
        ) => {
            let known = PEOPLE.spec.genesis_authorities().hash();
            prove([votes, commits], &certificates, of_unknown);
            let of_known = shown.filter(|change| change.authorities == known);
            assert_eq!(change, of_known, "what is checked is what came in");
        }
        (Ok(CheckedAnswer::Evidence(checked)), Answer::Evidence(shown)) => {
            assert!(shown.iter().eq(checked.iter().map(CheckedEvidence::evidence)));
            checked.iter().for_each(convicts);
        }
        (Ok(CheckedAnswer::Ballots(checked)), Answer::Ballots { vote, commit }) => {
            are_newest([vote, commit], &checked);
        }
        (Ok(CheckedAnswer::Busy), Answer::Busy) | (Err(_), _) => {}
        (Ok(checked), answer) => unreachable!("{checked:?} is not {answer:?}"),
    }
}

/// Demands that ballots are what came in, a vote and a commit.
fn are_newest([vote, commit]: [Option<Box<Ballot>>; 2], checked: &[CheckedBallot]) {
    assert!(
        vote.iter().chain(&commit).map(|one| &**one).eq(checked.iter().map(CheckedBallot::ballot))
    );
    let is_of = |one: &Ballot, phase| one.phase == phase;
    assert!(vote.is_none_or(|one| is_of(&one, Phase::Vote)), "votes are votes");
    assert!(commit.is_none_or(|one| is_of(&one, Phase::Commit)), "commits are commits");
}

/// Demands that those of the certificates that came in are left whose authorities are known.
fn prove(
    [votes, commits]: [Option<Box<NamedCertificate>>; 2],
    checked: &[NamedCertificate],
    of_unknown: Option<Slot>,
) {
    let known = PEOPLE.spec.genesis_authorities().hash();
    let others = votes.iter().chain(&commits).filter(|one| one.authorities != known);
    assert_eq!(of_unknown, others.map(|one| one.certificate.slot).max(), "the rest");
    let of_known = votes.iter().chain(&commits).filter(|one| one.authorities == known);
    assert!(of_known.map(|one| &**one).eq(checked), "what is checked is what came in");
    let is_of = |one: &NamedCertificate, phase| one.certificate.phase == phase;
    assert!(votes.is_none_or(|one| is_of(&one, Phase::Vote)), "votes are votes");
    assert!(commits.is_none_or(|one| is_of(&one, Phase::Commit)), "commits are commits");
    checked.iter().for_each(|one| proves(&one.certificate));
}

pub(super) fn split(bytes: &[u8]) -> Option<(Repairs, &[u8])> {
    bytes.split_first().map(|(byte, rest)| (Repairs::new(*byte), rest))
}

/// Checks that what does not decode is refused as such.
pub(super) fn refused(topic: Topic, bytes: &[u8]) {
    let checked = check_gossip(topic, bytes, &PEOPLE.spec, &(), random());
    assert_eq!(checked.expect_err("it does not decode").offence, Offence::Undecodable);
}

/// An honest signature is never what is wrong.
fn is_refused_only_for_itself(repairs: Repairs, transaction: &Transaction) {
    if !repairs.all_sign() {
        return;
    }
    let checked = CheckedTransaction::new(transaction.clone(), PEOPLE.spec.chain(), random());
    let signing = matches!(
        checked,
        Err(TransactionError::MissingWitness { .. }
            | TransactionError::SurplusWitness { .. }
            | TransactionError::WitnessOrder
            | TransactionError::SignatureCount { .. }
            | TransactionError::SignatureOrder { .. }
            | TransactionError::BadSignature)
    );
    assert!(!signing, "everybody signed: {checked:?}");
}

/// Checks that everybody who must sign did, for this chain and this very body.
fn keeps_the_rules(checked: &CheckedTransaction) {
    let (transaction, chain) = (checked.transaction(), PEOPLE.spec.chain());
    assert_eq!(checked.id(), transaction.body.id(chain));
    assert_eq!(checked.full_hash(), transaction.full_hash(chain));
    assert_eq!(checked.size(), encoded_len(transaction));
    assert!(checked.size() <= TRANSACTION_BYTES_MAX && !transaction.body.actions.is_empty());
    let signers: BTreeSet<_> =
        transaction.witnesses.iter().map(|witness| witness.lock.address()).collect();
    assert_eq!(signers, transaction.body.required_witnesses(), "exactly those sign who must");
    for witness in &transaction.witnesses {
        let (keys, signatures) = (witness.lock.keys(), &witness.signatures);
        assert_eq!(signatures.len(), usize::from(witness.lock.required()));
        assert!(signatures.is_sorted_by(|one, next| one.key < next.key), "each key once");
        let verifies = |key: usize, signature| {
            keys.get(key).is_some_and(|key| key.verifies(signature, checked.id().as_bytes()))
        };
        assert!(signatures.iter().all(|one| verifies(usize::from(one.key), &one.signature)));
    }
    let elsewhere = ChainId::new([1; 32]);
    let replayed = CheckedTransaction::new(transaction.clone(), &elsewhere, random());
    assert_eq!(replayed, Err(TransactionError::BadSignature), "replayed on another chain");
    let mut changed = transaction.clone();
    changed.body.salt = changed.body.salt.wrapping_add(1);
    let forged = CheckedTransaction::new(changed, chain, random());
    assert_eq!(forged, Err(TransactionError::BadSignature), "changed after it was signed");
}

/// Checks that the leader of the slot signed this very header, for this chain.
fn is_signed(checked: &VerifiedHeader) {
    let (header, spec) = (checked.header(), &PEOPLE.spec);
    assert_eq!(header.version, 1);
    assert!(
        header.height != 0 && (1..=SLOT_MAX.get()).contains(&header.slot.get()),
        "no place in a chain"
    );
    assert_eq!(header.authorities, spec.genesis_authorities().hash());
    assert_eq!(checked.hash(), header.hash(spec.chain()));
    let signature = &checked.signed().signature;
    assert!(
        spec.genesis_authorities()
            .leader(header.slot)
            .verifies(signature, checked.hash().as_bytes())
    );
    header.certificate.iter().for_each(proves);
    let mut forged = checked.signed().clone();
    forged.header.height = Height::new(forged.header.height.get() ^ (1 << 40));
    assert!(VerifiedHeader::new(forged, spec).is_err(), "changed after it was signed");
    let mut forged = checked.signed().clone();
    let mut bytes = *signature.as_bytes();
    bytes[usize::from(bytes[0] % 64)] ^= 1;
    forged.signature = Signature::new(bytes);
    assert!(VerifiedHeader::new(forged, spec).is_err(), "another signature");
}

/// Checks that the body is the one that the header commits to.
fn is_a_block(checked: &CheckedBlock) {
    is_signed(checked.verified_header());
    assert_eq!(checked.hash(), checked.verified_header().hash());
    assert!(checked.size() <= BLOCK_BYTES_MAX, "too large");
    let leaves: Vec<_> = checked.transactions().iter().map(CheckedTransaction::full_hash).collect();
    assert_eq!(transactions_root(&leaves), checked.header().transactions_root, "another body");
    checked.transactions().iter().for_each(keeps_the_rules);
}
