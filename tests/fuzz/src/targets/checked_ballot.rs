//! Votes, commits and certificates with every check that needs no chain.

use coinage_protocol::limits::BALLOT_BYTES;
use coinage_protocol::{
    Ballot, BlockHash, Certificate, ChainId, CheckedEvidence, CheckedGossip, Evidence, Offence,
    Phase, Topic, check_gossip, decode, encode, quorum,
};
use coinage_simulation::fixtures::random;

use super::checked::{refused, split};
use super::people::PEOPLE;

/// A gossip message of a vote or commit.
pub(super) fn ballot(bytes: &[u8]) {
    let Some((repairs, bytes)) = split(bytes) else { return };
    let Ok(mut ballot) = decode::<Ballot>(bytes, BALLOT_BYTES) else {
        return refused(Topic::Votes, bytes);
    };
    repairs.ballot(&mut ballot);
    match check_gossip(Topic::Votes, &encode(&ballot), &PEOPLE.spec, &(), random()) {
        Ok(CheckedGossip::Ballot(checked)) => {
            assert_eq!(*checked.ballot(), ballot, "what is checked is what came in");
            is_for_one_thing(&ballot);
        }
        Ok(
            CheckedGossip::Transactions(_)
            | CheckedGossip::Block(_)
            | CheckedGossip::OfUnknown { .. }
            | CheckedGossip::Uncertified { .. },
        ) => {
            unreachable!("the topic says what it is")
        }
        Err(rejection) => assert_eq!(rejection.offence, Offence::BadBallot),
    }
}

/// Checks that a good ballot is good for nothing else.
fn is_for_one_thing(ballot: &Ballot) {
    let phase = if ballot.phase == Phase::Vote { Phase::Commit } else { Phase::Vote };
    let mut block = *ballot.block.as_bytes();
    block[0] ^= 1;
    let others = [
        Ballot { phase, ..*ballot },
        Ballot { slot: ballot.slot.saturating_add(1), ..*ballot },
        Ballot { block: BlockHash::new(block), ..*ballot },
    ];
    let is_good = |one: &Ballot| one.check(PEOPLE.spec.chain(), &()).is_ok();
    let changed = others.iter().any(|one| one != ballot && is_good(one));
    assert!(!changed, "changed after it was signed");
    assert!(ballot.check(&ChainId::new([1; 32]), &()).is_err(), "replayed on another chain");
}

/// Checks that a quorum of distinct authorities signed a certificate (SPEC F-1, F-3).
pub(super) fn proves(certificate: &Certificate) {
    let (set, chain) = (PEOPLE.spec.genesis_authorities(), PEOPLE.spec.chain());
    let signers = certificate.signers();
    assert!(signers.len() >= quorum(set.len()), "too few");
    assert!(signers.is_sorted_by(|one, next| one < next), "in order, each once");
    for (place, signature) in &certificate.signatures {
        let signer = *set.keys().get(usize::from(*place)).expect("an authority");
        let Certificate { phase, slot, block, .. } = *certificate;
        let ballot = Ballot { phase, slot, block, signer, signature: *signature };
        assert!(ballot.check(chain, &()).is_ok(), "each signature is a ballot's");
    }
}

/// Checks that one key signed two things that no honest one signs both (SPEC F-11).
pub(super) fn convicts(checked: &CheckedEvidence) {
    let (evidence, chain) = (checked.evidence(), PEOPLE.spec.chain());
    let [one, other] = checked.blocks();
    let is_pair = matches!(evidence, Evidence::CommitAndVote { .. });
    assert!(one < other || is_pair, "two blocks, in order");
    match evidence {
        Evidence::Blocks { signer, headers } => {
            for (signed, hash) in headers.iter().zip([one, other]) {
                assert_eq!(
                    (signed.header.slot, signed.header.hash(chain)),
                    (evidence.slot(), hash)
                );
                assert!(signer.verifies(&signed.signature, hash.as_bytes()), "a signature");
            }
        }
        Evidence::CommitAndVote { ballots, headers } => {
            let [commit, vote] = ballots.each_ref();
            assert_eq!((commit.phase, vote.phase), (Phase::Commit, Phase::Vote));
            assert_eq!((commit.signer, commit.block, vote.block), (vote.signer, one, other));
            assert!(ballots.iter().all(|ballot| ballot.check(chain, &()).is_ok()), "signatures");
            let hashes: Vec<_> = headers.iter().map(|header| header.hash(chain)).collect();
            let previous = headers.iter().map(|header| header.previous);
            assert_eq!(hashes.first(), Some(&vote.block), "from the vote");
            assert!(hashes.iter().skip(1).copied().eq(previous.take(hashes.len() - 1)), "linked");
            assert!(!hashes.contains(&commit.block), "off the committed block");
            let (last, above) = headers.split_last().expect("one at least");
            assert!(last.slot <= commit.slot && commit.slot <= vote.slot, "down to the commit");
            for header in above {
                let shown = header.certificate.as_ref().map_or(0, |shown| shown.slot.get());
                assert!(header.slot > commit.slot && shown < commit.slot.get(), "no way out");
            }
        }
        Evidence::Ballots(ballots) => {
            for (ballot, hash) in ballots.iter().zip([one, other]) {
                let names = (ballot.phase, ballot.slot, ballot.signer, ballot.block);
                let same = (ballots[0].phase, evidence.slot(), *evidence.signer(), hash);
                assert_eq!(names, same);
                assert!(ballot.check(chain, &()).is_ok(), "a signature");
            }
        }
    }
}
