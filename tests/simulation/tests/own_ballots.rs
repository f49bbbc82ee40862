//! Goal: a key whose memory is older than what it signed signs nothing more, as soon as anybody
//! shows what that was.

use coinage_protocol::engine::{PeerRef, Publication, Question, Reply, StopCause};
use coinage_protocol::{
    Answer, Ballot, BlockHash, Height, Offence, Phase, PublicKey, Request, SignedSlots, Slot, Tip,
    Topic, Verdict, encode,
};
use coinage_simulation::block_builder::{Forge, ballot};
use coinage_simulation::conformance::Answers;
use coinage_simulation::fixtures::{authority, chain_spec};
use coinage_simulation::target::Target;

use crate::asker::Asker;

const PEER: PeerRef = PeerRef(2);
/// Authority whose key the node has, and the slot in which it begins.
const OWN: u8 = 0;
const BEGIN: u64 = 30;
/// Slots of one turn of four authorities.
const ROUND: u64 = 4;

fn key(number: u8) -> PublicKey {
    authority(number).public()
}

/// The ballot of an authority for some block of a slot.
fn signed(phase: Phase, slot: u64, number: u8) -> Ballot {
    let hash = BlockHash::new([7; 32]);
    let tip = Tip { height: Height::new(1), slot: Slot::new(slot), hash };
    ballot(&chain_spec(4, 500), phase, tip, number)
}

/// The answer of a node that is asked for the newest ballots of a key.
fn newest(target: &mut Target, signer: &PublicKey) -> Reply {
    target.ask(PEER, Question::Request(Request::Ballots { signer: *signer.as_bytes() }))
}

/// A signer without a past, to which a peer shows this when it asks for its own ballots.
fn shown(vote: Option<Ballot>, commit: Option<Ballot>) -> Target {
    let target = Target::leading(&chain_spec(4, 500), Slot::new(BEGIN), OWN);
    shown_to(target, vote, commit)
}

fn shown_to(mut target: Target, vote: Option<Ballot>, commit: Option<Ballot>) -> Target {
    let [vote, commit] = [vote, commit].map(|one| one.map(Box::new));
    let ballots = Some(encode(&Answer::Ballots { vote, commit }));
    target.lies.insert(PEER, Answers { ballots, ..Answers::claiming(target.head()) });
    target.peer(PEER, Vec::new());
    target
}

#[test]
fn the_newest_ballots_of_an_authority_are_given_whatever_their_age() {
    // SPEC F-7, N-4
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(BEGIN));
    target.peer(PEER, Vec::new());
    let none = Reply::Answer(Answer::Ballots { vote: None, commit: None });
    assert_eq!(newest(&mut target, &key(2)), none);
    let [older, vote] = [29, 30].map(|slot| signed(Phase::Vote, slot, 2));
    let commit = signed(Phase::Commit, 28, 2);
    for one in [vote, older, commit, signed(Phase::Vote, 30, 3)] {
        assert_eq!(target.gossip(PEER, Topic::Votes, &encode(&one)), Verdict::Accept);
    }
    let [shown_vote, shown_commit] = [vote, commit].map(|one| Some(Box::new(one)));
    let both = Reply::Answer(Answer::Ballots { vote: shown_vote, commit: shown_commit });
    assert_eq!(newest(&mut target, &key(2)), both);
    target.wait_ms(500 * 500);
    assert_eq!(newest(&mut target, &key(2)), both, "no window ends that");
    assert_eq!(newest(&mut target, &key(9)), none, "a stranger's are not kept");
}

#[test]
fn whoever_is_shown_a_ballot_of_its_key_that_it_does_not_remember_stops() {
    // SPEC F-7
    let [vote, commit] = [Phase::Vote, Phase::Commit].map(|phase| signed(phase, 9, 0));
    for (vote, commit) in [(Some(vote), None), (None, Some(commit)), (Some(vote), Some(commit))] {
        let target = shown(vote, commit);
        let stop = target.view().stop.expect("it has stopped");
        assert_eq!((stop.cause, stop.slot), (StopCause::Twin, Slot::new(9)));
        assert!(target.charges.is_empty(), "{:?}", target.charges);
    }
    let mut target = shown(None, None);
    target.wait_ms(20 * 500);
    assert_eq!(target.view().stop, None);
    let asked = target.asked.iter().filter(|one| **one == (PEER, "ballots"));
    assert_eq!(asked.count(), 1, "each peer once");
}

#[test]
fn whoever_has_let_its_lock_go_is_not_stopped_by_what_it_committed_before() {
    // SPEC F-7
    let mut signed_before = SignedSlots::default();
    signed_before.begin_at(Slot::new(20));
    for (slot, stops) in [(9, false), (20, false), (21, true)] {
        let spec = chain_spec(4, 500);
        let target = Target::remembering(&spec, Slot::new(BEGIN), OWN, signed_before.clone());
        let target = shown_to(target, None, Some(signed(Phase::Commit, slot, 0)));
        assert_eq!(target.view().stop.is_some(), stops, "slot {slot}");
    }
}

#[test]
fn whoever_shows_ballots_that_were_not_asked_for_pays() {
    // SPEC N-4, X-1
    let others = shown(Some(signed(Phase::Vote, 9, 1)), None);
    let swapped = shown(Some(signed(Phase::Commit, 9, 0)), None);
    let forged = Ballot { slot: Slot::new(8), ..signed(Phase::Vote, 9, 0) };
    let forged = shown(Some(forged), None);
    for (target, offence) in [
        (others, Offence::WrongAnswer),
        (swapped, Offence::BadBallot),
        (forged, Offence::BadBallot),
    ] {
        assert_eq!(target.charges, [(PEER, offence)]);
        assert_eq!(target.view().stop, None);
    }
}

/// Gives a node the blocks of its next slots, but for its own, as they come; counts its votes.
fn votes_in(node: &mut Asker, now: &mut u64, slots: u64) -> usize {
    node.published.clear();
    for _ in 0..slots {
        node.wait_ms(500);
        *now += 1;
        if *now % ROUND != u64::from(OWN) {
            let (head, state) = (node.engine.head(), node.engine.state().clone());
            let block = Forge::on(&node.spec, head, state).push(Slot::new(*now), Vec::new());
            node.offer(PEER, &block);
        }
    }
    let ballots = node.published.iter().filter_map(|one| match one {
        Publication::Ballot(ballot) => Some(ballot.phase),
        Publication::Block(_) | Publication::Transactions(_) => None,
    });
    ballots.filter(|phase| *phase == Phase::Vote).count()
}

#[test]
fn nothing_is_voted_for_while_a_peer_has_still_to_say_what_the_key_signed() {
    // SPEC F-7
    let open = |node: &Asker| {
        let kind = |request: &Request| matches!(request, Request::Ballots { .. }).then_some(());
        node.open(PEER, kind).first().map(|(request, ())| *request)
    };
    let begin = || {
        let mut node = Asker::signing(Slot::new(BEGIN), OWN);
        let head = node.engine.head();
        node.connect(PEER, head);
        (node, BEGIN)
    };
    let (mut node, mut now) = begin();
    let request = open(&node).expect("it asks at once");
    assert_eq!(votes_in(&mut node, &mut now, 2), 0, "it waits");
    node.answer(request, &Answer::Ballots { vote: None, commit: None });
    assert!(votes_in(&mut node, &mut now, 3) > 0, "it has been told");
    // A peer that never answers does not keep it from voting for ever.
    let (mut node, mut now) = begin();
    assert_eq!(votes_in(&mut node, &mut now, ROUND), 0, "it waits");
    assert!(open(&node).is_some());
    assert!(votes_in(&mut node, &mut now, ROUND) > 0, "a turn of all is over");
}
