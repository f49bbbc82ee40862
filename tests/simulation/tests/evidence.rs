//! Goal: what an authority signs twice is proven, kept and known to all, and changes nothing else.

use coinage_protocol::engine::{Event, PeerRef, Question, Reply};
use coinage_protocol::{
    Answer, Ballot, Block, Bounded, ChainSpec, CheckedEvidence, Evidence, EvidenceKind, Height,
    Offence, Phase, Request, Slot, Tip, Topic, Verdict, encode,
};
use coinage_simulation::block_builder::{Forge, ballot};
use coinage_simulation::conformance::Answers;
use coinage_simulation::fixtures::{account, address, chain_spec, transfer};
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(1);
const OTHER: PeerRef = PeerRef(2);

fn spec() -> ChainSpec {
    chain_spec(4, 500)
}

fn vote(block: u8, number: u8) -> Ballot {
    let (height, slot) = (Height::new(1), Slot::new(30));
    let hash = coinage_protocol::BlockHash::new([block; 32]);
    ballot(&spec(), Phase::Vote, Tip { height, slot, hash }, number)
}

fn tell(target: &mut Target, ballot: &Ballot) -> Verdict {
    target.gossip(PEER, Topic::Votes, &encode(ballot))
}

fn found(target: &Target) -> Vec<&CheckedEvidence> {
    let mut found = Vec::new();
    for event in &target.events {
        if let Event::EvidenceFound(one) = event {
            found.push(&**one);
        }
    }
    found
}

fn ask(target: &mut Target, known: &[([u8; 32], EvidenceKind)]) -> Vec<Evidence> {
    let known = Bounded::first_of(known.iter().copied());
    let asked = target.ask(PEER, Question::Request(Request::Evidence { known }));
    let Reply::Answer(Answer::Evidence(shown)) = asked else { panic!("{asked:?}") };
    shown.into_vec()
}

/// Two blocks of one slot and leader.
fn twins(target: &mut Target) -> [Block; 2] {
    let (mut one, mut other) = (Forge::new(&spec()), Forge::new(&spec()));
    let slot = Slot::new(29);
    let first = one.push(slot, Vec::new());
    let (payer, to) = (account(1), address(&account(2)));
    let payment = transfer(&spec(), &payer, to, 5, 1, spec().slot_time(Slot::new(60)));
    let second = other.push(slot, vec![payment.into_transaction()]);
    for block in [&first, &second] {
        assert_eq!(target.offer(PEER, block), Verdict::Accept);
    }
    [first, second]
}

#[test]
fn two_votes_of_a_slot_are_told_once_stored_known_after_a_start_and_given_to_who_lacks_them() {
    // SPEC F-11, N-4
    let mut target = Target::new(&spec(), Slot::new(30));
    assert_eq!(ask(&mut target, &[]), []);
    for block in [1, 2, 3] {
        tell(&mut target, &vote(block, 2));
    }
    let [one] = found(&target)[..] else { panic!("{:?}", found(&target)) };
    let evidence = one.evidence().clone();
    let signer = vote(1, 2).signer;
    assert_eq!((evidence.signer(), evidence.kind()), (&signer, EvidenceKind::Votes));
    assert_eq!(one.blocks(), [vote(1, 2).block, vote(2, 2).block]);
    assert!(evidence.clone().check(spec().chain(), &()).is_ok());
    assert_eq!(target.disk.evidence(), std::slice::from_ref(&evidence));
    assert_eq!(ask(&mut target, &[]), std::slice::from_ref(&evidence));

    target.restart();
    assert_eq!(target.view().evidence, 1);
    let name = (*signer.as_bytes(), EvidenceKind::Votes);
    let other = (*vote(1, 1).signer.as_bytes(), EvidenceKind::Votes);
    assert_eq!(ask(&mut target, &[other]), std::slice::from_ref(&evidence));
    assert_eq!(ask(&mut target, &[other, name]), []);
    // Two more of the next slot are no news.
    for block in [4, 5] {
        let later = Ballot { slot: Slot::new(31), ..vote(block, 2) };
        let (slot, hash) = (later.slot, later.block);
        let tip = Tip { height: Height::new(1), slot, hash };
        assert_eq!(tell(&mut target, &ballot(&spec(), Phase::Vote, tip, 2)), Verdict::Accept);
    }
    assert!(found(&target).is_empty());
}

#[test]
fn two_blocks_of_a_slot_are_evidence_and_the_fork_choice_does_not_go_by_it() {
    // SPEC F-11, C-1
    let mut target = Target::new(&spec(), Slot::new(30));
    let blocks = twins(&mut target);
    let [one] = found(&target)[..] else { panic!("{:?}", found(&target)) };
    let leader = *spec().genesis_authorities().leader(Slot::new(29));
    assert_eq!((one.evidence().signer(), one.evidence().kind()), (&leader, EvidenceKind::Blocks));
    let mut hashes = blocks.each_ref().map(|block| block.header.header.hash(spec().chain()));
    hashes.sort();
    assert_eq!(one.blocks(), hashes);
    assert_eq!(target.head().hash, hashes[0], "the lower hash, as ever");
}

#[test]
fn who_was_away_learns_of_it_from_a_peer_and_believes_no_forgery_and_nothing_of_strangers() {
    // SPEC F-11, N-4, X-1
    let pair = |number| Evidence::Ballots(Box::new([vote(1, number), vote(2, number)]));
    let answers = |evidence: &[Evidence]| {
        let shown = encode(&Answer::Evidence(Bounded::first_of(evidence.iter().cloned())));
        let genesis =
            Tip { height: Height::new(0), slot: Slot::new(0), hash: spec().genesis_hash() };
        Answers { evidence: Some(shown), ..Answers::claiming(genesis) }
    };
    let shown = |evidence: &[Evidence]| {
        let mut target = Target::new(&spec(), Slot::new(30));
        target.lies.insert(OTHER, answers(evidence));
        target.peer(OTHER, Vec::new());
        let signers: Vec<_> = found(&target).iter().map(|one| *one.evidence().signer()).collect();
        (signers, target.charges.clone())
    };
    assert_eq!(shown(&[pair(0), pair(3)]), (vec![vote(1, 0).signer, vote(1, 3).signer], vec![]));
    assert_eq!(shown(&[pair(7)]), (vec![], vec![]), "a stranger, or an authority not known here");
    let forged = [vote(1, 7), vote(2, 7)].map(|one| Ballot { signer: vote(1, 0).signer, ..one });
    let forged = Evidence::Ballots(Box::new(forged));
    assert_eq!(shown(&[pair(0), forged]), (vec![], vec![(OTHER, Offence::BadEvidence)]));
}

#[test]
fn evidence_of_the_own_key_that_anybody_can_send_again_stops_nobody() {
    // SPEC F-7, F-11
    let mut target = Target::leading(&spec(), Slot::new(30), 0);
    let evidence = Evidence::Ballots(Box::new([vote(1, 0), vote(2, 0)]));
    let shown = encode(&Answer::Evidence(Bounded::first_of([evidence])));
    let tip = Tip { height: Height::new(0), slot: Slot::new(0), hash: spec().genesis_hash() };
    target.lies.insert(OTHER, Answers { evidence: Some(shown), ..Answers::claiming(tip) });
    target.peer(OTHER, Vec::new());
    assert_eq!(found(&target).len(), 1, "it is shown");
    assert_eq!(target.view().stop, None);
}
