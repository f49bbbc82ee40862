//! Vectors of evidence: what convicts an authority, and what does not.

use coinage_protocol::{
    Ballot, ChainId, Evidence, EvidenceError, Header, Height, Phase, SignedHeader, Slot,
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

/// Evidence of each kind that proves something.
pub(crate) fn good() -> [Evidence; 3] {
    let two = |phase| pair(ballot(phase, 9, 1, 101), ballot(phase, 9, 2, 101));
    [blocks(101, headers([9, 9], [101, 101])), two(Phase::Vote), two(Phase::Commit)]
}

/// Evidence, each with what is wrong with it, if something is.
pub(crate) fn all() -> Vec<Value> {
    // SPEC F-11
    let [two_blocks, two_votes, two_commits] = good();
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
    ];
    let case = |(name, evidence): (&str, Evidence)| {
        let error = evidence.clone().check(chain_spec().chain(), &()).err();
        let error = error.map_or(Value::Null, |error| json!(error_name(error)));
        with(vector(name, "Evidence", &evidence), &json!({ "error": error }))
    };
    cases.into_iter().map(case).collect()
}

fn error_name(error: EvidenceError) -> &'static str {
    match error {
        EvidenceError::Apart => "Apart",
        EvidenceError::Order => "Order",
        EvidenceError::BadSignature => "BadSignature",
        EvidenceError::TooLarge { .. } => "TooLarge",
    }
}
