//! Vectors of evidence: what convicts an authority, and what does not.

use coinage_protocol::{
    Ballot, Bounded, Certificate, ChainId, Evidence, EvidenceError, Header, Height, Phase,
    SignedHeader, Slot,
};
use serde_json::{Value, json};

use crate::samples::{block, chain_spec, secret, some_hash};
use crate::valid::{vector, with};

fn ballot(phase: Phase, slot: u64, block: u8, signer: u8) -> Ballot {
    let place = (Slot::new(slot), some_hash(block));
    Ballot::new(phase, place, chain_spec().chain(), &secret(signer))
}

fn pair(one: Ballot, other: Ballot) -> Evidence {
    Evidence::Ballots(Box::new([one, other]))
}

/// Headers of slots 9 and above, signed by one key, which need not lead there.
fn headers(slots: [u64; 2], signers: [u8; 2]) -> [SignedHeader; 2] {
    let chain = *chain_spec().chain();
    let sample = block(&chain_spec(), vec![]).header.header;
    let header = |(slot, signer): (u64, u8), height: u64| {
        let (slot, height) = (Slot::new(slot), Height::new(height));
        Header { slot, height, ..sample.clone() }.sign(&chain, &secret(signer))
    };
    let [slot, other] = slots;
    let [signer, second] = signers;
    let mut both = [header((slot, signer), 7), header((other, second), 8)];
    both.sort_by_key(|signed| signed.header.hash(&chain));
    both
}

fn blocks(signer: u8, headers: [SignedHeader; 2]) -> Evidence {
    Evidence::Blocks { signer: secret(signer).public(), headers: Box::new(headers) }
}

/// Headers of these slots and certificates' slots, each on the one that follows here.
fn branch(headers: &[(u64, Option<u64>)]) -> Vec<Header> {
    let sample = block(&chain_spec(), vec![]).header.header;
    let (mut previous, mut branch) = (some_hash(3), Vec::new());
    for (height, (slot, shown)) in (7..).zip(headers.iter().rev()) {
        let certificate = shown.map(|slot| Certificate {
            phase: Phase::Vote,
            slot: Slot::new(slot),
            block: some_hash(4),
            signatures: Bounded::default(),
        });
        let (slot, height) = (Slot::new(*slot), Height::new(height));
        branch.push(Header { slot, height, previous, certificate, ..sample.clone() });
        previous = branch[branch.len() - 1].hash(chain_spec().chain());
    }
    branch.reverse();
    branch
}

/// A commit of slot 9, and a vote for the first of these headers by somebody.
fn left(headers: Vec<Header>, voter: u8) -> Evidence {
    let hash = headers[0].hash(chain_spec().chain());
    let place = (headers[0].slot, hash);
    let vote = Ballot::new(Phase::Vote, place, chain_spec().chain(), &secret(voter));
    let ballots = Box::new([ballot(Phase::Commit, 9, 1, 101), vote]);
    Evidence::CommitAndVote { ballots, headers: Bounded::first_of(headers) }
}

/// Evidence of each kind that proves something.
pub(crate) fn good() -> [Evidence; 4] {
    let two = |phase| pair(ballot(phase, 9, 1, 101), ballot(phase, 9, 2, 101));
    let left = left(branch(&[(12, Some(8)), (11, None), (8, Some(7))]), 101);
    [blocks(101, headers([9, 9], [101, 101])), two(Phase::Vote), two(Phase::Commit), left]
}

/// Evidence, each with what is wrong with it, if something is.
pub(crate) fn all() -> Vec<Value> {
    // SPEC F-11
    let [two_blocks, two_votes, two_commits, commit_and_vote] = good();
    let vote = |slot, block, signer| ballot(Phase::Vote, slot, block, signer);
    let [low, high] = headers([9, 9], [101, 101]);
    let elsewhere = |block| {
        let place = (Slot::new(9), some_hash(block));
        Ballot::new(Phase::Vote, place, &ChainId::default(), &secret(101))
    };
    let cases = [
        ("two blocks of a slot", two_blocks),
        ("two votes of a slot", two_votes),
        ("two commits of a slot", two_commits),
        ("votes of two slots", pair(vote(9, 1, 101), vote(10, 2, 101))),
        ("a vote and a commit", pair(vote(9, 1, 101), ballot(Phase::Commit, 9, 2, 101))),
        ("votes of two authorities", pair(vote(9, 1, 101), vote(9, 2, 102))),
        ("one vote twice", pair(vote(9, 1, 101), vote(9, 1, 101))),
        ("votes out of order", pair(vote(9, 2, 101), vote(9, 1, 101))),
        ("votes on another chain", pair(elsewhere(1), elsewhere(2))),
        (
            "votes, one of which another signed",
            pair(vote(9, 1, 101), Ballot { signer: secret(101).public(), ..vote(9, 2, 102) }),
        ),
        ("blocks of two slots", blocks(101, headers([9, 10], [101, 101]))),
        ("one block twice", blocks(101, [low.clone(), low.clone()])),
        ("blocks out of order", blocks(101, [high, low])),
        ("blocks of two authorities", blocks(101, headers([9, 9], [101, 102]))),
        ("blocks of slot 0", blocks(101, headers([0, 0], [101, 101]))),
        ("a commit and a later vote off its block", commit_and_vote.clone()),
        ("a commit and a vote of its slot", left(branch(&[(9, Some(8))]), 101)),
        ("a commit and a vote of an earlier slot", left(branch(&[(8, None)]), 101)),
        ("a commit and a vote of two authorities", left(branch(&[(12, None), (9, None)]), 102)),
        ("a vote for what shows a newer quorum", left(branch(&[(12, Some(9)), (9, None)]), 101)),
        ("what was shown below the commit", left(branch(&[(12, None), (8, Some(9))]), 101)),
        ("headers that end too early", left(branch(&[(12, None), (11, None)]), 101)),
        ("headers that end too late", left(branch(&[(12, None), (9, None), (8, None)]), 101)),
        ("headers that are not linked", unlinked(&commit_and_vote)),
        ("a vote on the committed block", on_commit()),
        ("a vote of another slot than its block's", of_another_slot()),
        ("no headers", without_headers(&commit_and_vote)),
    ];
    let case = |(name, evidence): (&str, Evidence)| {
        let error = evidence.clone().check(chain_spec().chain(), &()).err();
        let error = error.map_or(Value::Null, |error| json!(error_name(error)));
        with(vector(name, "Evidence", &evidence), &json!({ "error": error }))
    };
    cases.into_iter().map(case).collect()
}

/// The evidence without the middle one of its headers.
fn unlinked(evidence: &Evidence) -> Evidence {
    let mut evidence = evidence.clone();
    if let Evidence::CommitAndVote { headers, .. } = &mut evidence {
        let mut left = headers.clone().into_vec();
        left.remove(1);
        *headers = Bounded::first_of(left);
    }
    evidence
}

fn without_headers(evidence: &Evidence) -> Evidence {
    let mut evidence = evidence.clone();
    if let Evidence::CommitAndVote { headers, .. } = &mut evidence {
        *headers = Bounded::default();
    }
    evidence
}

/// A vote for a block on the committed one.
fn on_commit() -> Evidence {
    let headers = branch(&[(12, None), (9, None)]);
    let mut evidence = left(headers.clone(), 101);
    if let Evidence::CommitAndVote { ballots, .. } = &mut evidence {
        let chain = chain_spec();
        let place = (Slot::new(9), headers[1].hash(chain.chain()));
        ballots[0] = Ballot::new(Phase::Commit, place, chain.chain(), &secret(101));
    }
    evidence
}

/// A vote that says slot 13 of a block of slot 12.
fn of_another_slot() -> Evidence {
    let mut evidence = left(branch(&[(12, None), (9, None)]), 101);
    if let Evidence::CommitAndVote { ballots, .. } = &mut evidence {
        let chain = chain_spec();
        let place = (Slot::new(13), ballots[1].block);
        ballots[1] = Ballot::new(Phase::Vote, place, chain.chain(), &secret(101));
    }
    evidence
}

fn error_name(error: EvidenceError) -> &'static str {
    match error {
        EvidenceError::Apart => "Apart",
        EvidenceError::Order => "Order",
        EvidenceError::Headers => "Headers",
        EvidenceError::BadSignature => "BadSignature",
        EvidenceError::TooLarge { .. } => "TooLarge",
    }
}
