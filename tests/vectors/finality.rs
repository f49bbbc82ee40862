//! Vectors of finality: quorums, ballots, certificates, and what the rules of voting say.

use coinage_protocol::{
    AuthoritySet, Ballot, BlockHash, Candidate, Certificate, CertificateError, ChainId, Phase,
    Pledge, Slot, VotingMemory, quorum,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::evidence;
use crate::json::ToJson;
use crate::samples::{chain_spec, list, secret, some_hash};
use crate::valid::{vector, with};

/// The place that ballots are for.
const PLACE: (u64, u8) = (9, 7);

/// All vectors of finality.
pub(crate) fn all() -> Value {
    json!({
        "chain_id": chain_spec().chain().to_json(),
        "authorities": set().keys().to_json(),
        "quorums": (1..=64).map(quorum).collect::<Vec<_>>(),
        "ballots": ballots(),
        "certificates": certificates(),
        "evidence": evidence::all(),
        "votes": votes(),
        "commits": commits(),
    })
}

/// Four authorities: 101 to 104.
fn set() -> AuthoritySet {
    AuthoritySet::new(list((101..=104).map(|n| secret(n).public()).collect())).expect("four")
}

/// The hash that a ballot's signature is over, by the words of SPEC.
fn message(chain: &ChainId, ballot: &Ballot) -> [u8; 32] {
    // SPEC F-2, H-1
    let tag = match ballot.phase {
        Phase::Vote => 16,
        Phase::Commit => 17,
    };
    let mut hasher = Sha256::new_with_prefix(b"coinage");
    hasher.update([tag]);
    hasher.update(chain.as_bytes());
    hasher.update(ballot.slot.get().to_le_bytes());
    hasher.update(ballot.block.as_bytes());
    hasher.finalize().into()
}

/// A ballot of an authority of these vectors.
pub(crate) fn ballot(phase: Phase, signer: u8) -> Ballot {
    let (slot, block) = PLACE;
    let place = (Slot::new(slot), some_hash(block));
    Ballot::new(phase, place, chain_spec().chain(), &secret(signer))
}

/// Ballots, each with the hash that is signed, and whether it is its signer's.
fn ballots() -> Vec<Value> {
    // SPEC F-2
    let vote = ballot(Phase::Vote, 101);
    let cases = [
        ("a vote", vote),
        ("a commit for the same block", ballot(Phase::Commit, 101)),
        ("a vote of another authority", ballot(Phase::Vote, 104)),
        ("a vote that is shown as a commit", Ballot { phase: Phase::Commit, ..vote }),
        ("a vote for another slot", Ballot { slot: Slot::new(10), ..vote }),
        ("a vote for another block", Ballot { block: some_hash(8), ..vote }),
        ("a vote with another signer", Ballot { signer: secret(102).public(), ..vote }),
        ("a vote on another chain", {
            Ballot::new(Phase::Vote, (vote.slot, vote.block), &ChainId::default(), &secret(101))
        }),
    ];
    let case = |(name, ballot): (&str, Ballot)| {
        let spec = chain_spec();
        let hash = message(spec.chain(), &ballot);
        let is_signed = ballot.check(spec.chain(), &()).is_ok();
        assert_eq!(is_signed, ballot.signer.verifies(&ballot.signature, &hash), "{name}");
        let more = json!({ "hash": hex::encode(hash), "signed": is_signed });
        with(vector(name, "Ballot", &ballot), &more)
    };
    cases.into_iter().map(case).collect()
}

/// The certificate of these signers, each at a place among the authorities.
pub(crate) fn certificate(phase: Phase, signers: &[(u8, u8)]) -> Certificate {
    let (slot, block) = PLACE;
    let signed = |(place, signer): &(u8, u8)| (*place, ballot(phase, *signer).signature);
    let signatures = list(signers.iter().map(signed).collect());
    Certificate { phase, slot: Slot::new(slot), block: some_hash(block), signatures }
}

/// Certificates, each with what is wrong with it, if something is.
fn certificates() -> Vec<Value> {
    // SPEC F-1, F-3
    let three = [(0, 101), (1, 102), (3, 104)];
    let votes = certificate(Phase::Vote, &three);
    let commits = certificate(Phase::Commit, &three);
    let (vote, twice) = (Phase::Vote, [(0, 101), (0, 101), (1, 102)]);
    let cases = [
        ("three votes of four", votes.clone()),
        ("three commits of four", commits.clone()),
        ("all four votes", certificate(vote, &[(0, 101), (1, 102), (2, 103), (3, 104)])),
        ("no votes", certificate(vote, &[])),
        ("two votes of four", certificate(vote, &three[..2])),
        ("a signer twice", certificate(vote, &twice)),
        ("signers out of order", certificate(vote, &[(1, 102), (0, 101), (3, 104)])),
        ("a place that nobody has", certificate(vote, &[(0, 101), (1, 102), (4, 104)])),
        ("the greatest place", certificate(vote, &[(0, 101), (1, 102), (255, 104)])),
        ("a signer at the place of another", certificate(vote, &[(0, 101), (1, 102), (2, 104)])),
        ("a stranger", certificate(vote, &[(0, 101), (1, 102), (2, 1)])),
        ("votes that are shown as commits", Certificate { phase: Phase::Commit, ..votes.clone() }),
        ("commits that are shown as votes", Certificate { phase: vote, ..commits }),
        ("votes for another slot", Certificate { slot: Slot::new(10), ..votes.clone() }),
        ("votes for another block", Certificate { block: some_hash(8), ..votes }),
    ];
    let case = |(name, certificate): (&str, Certificate)| {
        let error = certificate.verify(&set(), chain_spec().chain(), &()).err();
        let error = error.map_or(Value::Null, |error| json!(error_name(error)));
        with(vector(name, "Certificate", &certificate), &json!({ "error": error }))
    };
    cases.into_iter().map(case).collect()
}

fn error_name(error: CertificateError) -> &'static str {
    match error {
        CertificateError::Count { .. } => "Count",
        CertificateError::Signers => "Signers",
        CertificateError::BadSignature { .. } => "BadSignature",
    }
}

/// A memory, by its slots: last vote on block 1 or none, abandoned, lock on block 2 or none, left.
fn memory(last_vote: u64, abandoned: u64, lock: u64, left: u64) -> VotingMemory {
    let pledge = |slot, byte| {
        let block = (slot != 0).then(|| some_hash(byte));
        Pledge { slot: Slot::new(slot), block }
    };
    VotingMemory {
        last_vote: pledge(last_vote, 1),
        abandoned: Slot::new(abandoned),
        lock: pledge(lock, 2),
        left: Slot::new(left),
    }
}

/// Pairs of blocks, the first of which is on the second.
type On = &'static [(u8, u8)];

fn on(pairs: On) -> impl Fn(&BlockHash, &BlockHash) -> bool + Copy {
    move |block, below| {
        pairs.iter().any(|(one, other)| (some_hash(*one), some_hash(*other)) == (*block, *below))
    }
}

fn pairs_json(pairs: On) -> Value {
    let pair = |(block, below): &(u8, u8)| [some_hash(*block), some_hash(*below)].to_json();
    Value::Array(pairs.iter().map(pair).collect())
}

/// Votes that may be or not, each with the memory after it: block 3 is the candidate.
fn votes() -> Vec<Value> {
    // SPEC F-5, F-7
    let new = VotingMemory::default();
    let anew = VotingMemory::up_to(Slot::new(5));
    let locked = memory(5, 0, 4, 0);
    let moved = memory(5, 3, 4, 2);
    let cases: [(&str, VotingMemory, (u64, u64), On); 20] = [
        ("the first vote", new, (1, 0), &[]),
        ("no vote for block 0", new, (0, 0), &[]),
        ("the next slot, on the last vote", memory(5, 0, 0, 0), (6, 0), &[(3, 1)]),
        ("a later slot, off the last vote", memory(5, 0, 0, 0), (9, 4), &[]),
        ("the slot of the last vote", memory(5, 0, 0, 0), (5, 0), &[(3, 1)]),
        ("a slot before the last vote", memory(5, 0, 0, 0), (4, 0), &[(3, 1)]),
        ("on the lock", locked, (6, 0), &[(3, 1), (3, 2)]),
        ("on the lock, off the last vote", locked, (6, 0), &[(3, 2)]),
        ("off the lock", locked, (6, 0), &[(3, 1)]),
        ("off the lock, with a certificate of an older slot", locked, (6, 3), &[]),
        ("off the lock, with a certificate of its slot", locked, (6, 4), &[]),
        ("off the lock, with a newer certificate", locked, (6, 5), &[]),
        ("a newer certificate in the slot of the last vote", locked, (5, 4), &[]),
        ("on the lock, with less than what was left", moved, (6, 1), &[(3, 1), (3, 2)]),
        ("on the lock, with as much as was left", moved, (6, 2), &[(3, 1), (3, 2)]),
        ("off the lock, with as much as was left", moved, (6, 2), &[(3, 1)]),
        ("off the lock, with as much as the lock", moved, (6, 4), &[(3, 1)]),
        ("a memory made anew, with an older certificate", anew, (6, 4), &[]),
        ("a memory made anew, with a certificate of its slot", anew, (6, 5), &[]),
        ("a memory made anew, in its slot", anew, (5, 5), &[]),
    ];
    let case = |(name, before, (slot, justified), pairs): (&str, VotingMemory, (u64, u64), On)| {
        let (slot, justified) = (Slot::new(slot), Slot::new(justified));
        let candidate = Candidate { slot, block: some_hash(3), justified };
        let after = before.may_vote(candidate, on(pairs)).then(|| {
            let after = before.after_vote(candidate, on(pairs));
            assert!(!after.may_vote(candidate, on(pairs)), "{name}: once");
            after
        });
        json!({
            "name": name, "before": before.to_json(), "slot": slot.to_json(),
            "block": candidate.block.to_json(), "justified": justified.to_json(),
            "on": pairs_json(pairs), "after": after.to_json(),
        })
    };
    cases.into_iter().map(case).collect()
}

/// Commits that may be or not, each with the memory after it: block 3 is certified.
fn commits() -> Vec<Value> {
    // SPEC F-6, F-7
    let anew = VotingMemory::up_to(Slot::new(5));
    let voted_since = VotingMemory { last_vote: memory(6, 0, 0, 0).last_vote, ..anew };
    let cases: [(&str, VotingMemory, u64, On); 15] = [
        ("nothing was voted for", VotingMemory::default(), 1, &[]),
        ("what was voted for", memory(5, 0, 0, 0), 5, &[(1, 3)]),
        ("a block below what was voted for", memory(5, 0, 0, 0), 3, &[(1, 3)]),
        ("a block off what was voted for", memory(5, 0, 0, 0), 5, &[]),
        ("a block on what was voted for", memory(5, 0, 0, 0), 6, &[(3, 1)]),
        ("above the lock and on it", memory(5, 0, 3, 0), 4, &[(1, 3), (3, 2)]),
        ("above the lock and off it", memory(5, 0, 3, 0), 4, &[(1, 3)]),
        ("off the lock, when another one was left before", memory(5, 0, 3, 1), 4, &[(1, 3)]),
        ("in the slot of the lock", memory(5, 0, 4, 0), 4, &[(1, 3), (3, 2)]),
        ("below the lock", memory(5, 0, 4, 0), 3, &[(1, 3)]),
        ("above what was abandoned", memory(5, 3, 0, 0), 4, &[(1, 3)]),
        ("in the slot that was abandoned", memory(5, 4, 0, 0), 4, &[(1, 3)]),
        ("below what was abandoned", memory(5, 4, 0, 0), 3, &[(1, 3)]),
        ("a memory made anew that has not voted", anew, 6, &[(1, 3)]),
        ("a memory made anew that has voted since", voted_since, 6, &[(1, 3)]),
    ];
    let case = |(name, before, slot, pairs): (&str, VotingMemory, u64, On)| {
        let place = (Slot::new(slot), some_hash(3));
        let after = before.may_commit(place, on(pairs)).then(|| {
            let after = before.after_commit(place, on(pairs));
            assert!(!after.may_commit(place, on(pairs)), "{name}: once");
            after
        });
        json!({
            "name": name, "before": before.to_json(), "slot": place.0.to_json(),
            "block": place.1.to_json(), "on": pairs_json(pairs), "after": after.to_json(),
        })
    };
    cases.into_iter().map(case).collect()
}
