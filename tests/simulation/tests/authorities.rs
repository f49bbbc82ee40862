//! Goal: a quorum of the authorities changes who they are, and nobody else does.

use coinage_protocol::engine::{Event, GossipToken, Input, PeerRef, SubmissionId};
use coinage_protocol::{
    Answer, AuthorityChange, AuthorityStep, Bounded, Certificate, ChainSpec, NamedCertificate,
    Phase, PublicKey, Slot, Topic, Verdict, check_gossip, encode,
};
use coinage_simulation::block_builder::{Forge, ballot, certificate_by};
use coinage_simulation::conformance::Answers;
use coinage_simulation::fixtures::{authority, chain_spec, random};
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(1);

fn spec() -> ChainSpec {
    chain_spec(3, 500)
}

fn key(number: u8) -> PublicKey {
    authority(number).public()
}

fn add(number: u8) -> AuthorityStep {
    AuthorityStep::Add { key: key(number) }
}

fn remove(number: u8) -> AuthorityStep {
    AuthorityStep::Remove { key: key(number) }
}

/// Adds a block whose header has the commits of the last one by the authorities of that.
fn commit(forge: &mut Forge, slot: u64) {
    let set = forge.in_force().set().clone();
    let certificate = certificate_by(&set, &spec(), Phase::Commit, forge.tip);
    forge.certify(Slot::new(slot), certificate);
}

/// Offers the last block.
fn offer(target: &mut Target, forge: &Forge) -> Verdict {
    target.offer(PEER, forge.blocks.last().expect("one"))
}

/// Authorities of a node, in the order of their turns.
fn authorities(target: &Target) -> Vec<PublicKey> {
    target.view().authorities.keys().to_vec()
}

#[test]
fn authorities_come_into_force_when_their_change_is_final() {
    // SPEC B-6, B-11
    let (mut forge, mut target) = (Forge::new(&spec()), Target::new(&spec(), Slot::new(40)));
    let before = authorities(&target);
    let change = forge.approved(add(5));
    forge.change(Slot::new(1), change);
    assert_eq!(offer(&mut target, &forge), Verdict::Accept);
    forge.push(Slot::new(2), Vec::new());
    assert_eq!(offer(&mut target, &forge), Verdict::Accept);
    assert_eq!(authorities(&target), before, "votes do not do, nor a block on it");
    let set = forge.in_force().set().clone();
    let commits = certificate_by(&set, &spec(), Phase::Commit, forge.tip);
    forge.certify(Slot::new(3), commits);
    assert_eq!(offer(&mut target, &forge), Verdict::Accept);
    let after: Vec<_> = before.iter().copied().chain([key(5)]).collect();
    assert_eq!(authorities(&target), after);
    // Slot 7 is the newcomer's turn.
    forge.push(Slot::new(7), Vec::new());
    assert_eq!(offer(&mut target, &forge), Verdict::Accept);
    assert_eq!(target.head(), forge.tip);
    let told = target.events.iter().filter_map(|event| match event {
        Event::Authorities { set, next, .. } => {
            Some((set.len(), next.as_ref().map(|set| set.len())))
        }
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [(3, Some(4)), (4, None)]);
}

#[test]
fn a_certificate_counts_by_the_authorities_of_its_block() {
    // SPEC B-5, F-1
    let (mut forge, mut target) = (Forge::new(&spec()), Target::new(&spec(), Slot::new(40)));
    let old = forge.in_force().set().clone();
    let change = forge.approved(add(5));
    forge.change(Slot::new(1), change);
    offer(&mut target, &forge);
    let changed = forge.tip;
    forge.push(Slot::new(2), Vec::new());
    offer(&mut target, &forge);
    let between = forge.tip;
    let commits = certificate_by(&old, &spec(), Phase::Commit, changed);
    forge.certify(Slot::new(3), commits);
    offer(&mut target, &forge);
    assert_eq!(authorities(&target).len(), 4);
    let new = forge.in_force().set().clone();
    // Both have a quorum of three; the newcomer is none of the block between.
    let by_new: Vec<_> =
        [5, 1, 2].map(|number| ballot(&spec(), Phase::Commit, between, number)).into();
    for one in &by_new {
        target.gossip(PEER, Topic::Votes, &encode(one));
    }
    assert_eq!(target.view().finality.finalized, changed, "not by the newcomer");
    let forged = {
        let mut forged = certificate_by(&new, &spec(), Phase::Commit, between);
        let with = ballot(&spec(), Phase::Commit, between, 5).signature;
        let mut signatures = forged.signatures.to_vec();
        signatures[2] = (3, with);
        forged.signatures = Bounded::first_of(signatures);
        forged
    };
    let mut wrong = forge.clone();
    wrong.certify(Slot::new(4), forged);
    assert_eq!(offer(&mut target, &wrong), Verdict::Reject);
    assert_eq!(target.view().finality.finalized, changed);
    let right = certificate_by(&old, &spec(), Phase::Commit, between);
    forge.certify(Slot::new(5), right);
    assert_eq!(offer(&mut target, &forge), Verdict::Accept);
    assert_eq!(target.view().finality.finalized, between);
}

#[test]
fn one_change_is_pending_at_a_time_and_none_is_made_twice() {
    // SPEC B-11
    let (mut forge, mut target) = (Forge::new(&spec()), Target::new(&spec(), Slot::new(60)));
    let (first, second) = (forge.approved(add(5)), forge.approved(add(6)));
    forge.change(Slot::new(1), first.clone());
    assert_eq!(offer(&mut target, &forge), Verdict::Accept);
    let mut hasty = forge.clone();
    hasty.change(Slot::new(2), second.clone());
    assert_eq!(offer(&mut target, &hasty), Verdict::Reject, "another one is pending");
    commit(&mut forge, 3);
    offer(&mut target, &forge);
    // Back to the three of the beginning.
    let back = forge.approved(remove(5));
    forge.change(Slot::new(4), back);
    assert_eq!(offer(&mut target, &forge), Verdict::Accept);
    commit(&mut forge, 5);
    offer(&mut target, &forge);
    assert_eq!(authorities(&target).len(), 3);
    for replayed in [first, second] {
        let mut again = forge.clone();
        again.change(Slot::new(9), replayed);
        let mut other = Target::new(&spec(), Slot::new(60));
        for block in &forge.blocks {
            other.offer(PEER, block);
        }
        assert_eq!(offer(&mut other, &again), Verdict::Reject, "it follows block 0");
    }
    let anew = forge.approved(add(6));
    forge.change(Slot::new(9), anew);
    assert_eq!(offer(&mut target, &forge), Verdict::Accept);
}

#[test]
fn who_was_away_follows_the_changes_by_headers_alone() {
    // SPEC N-4, B-11
    let (mut forge, mut slot) = (Forge::new(&spec()), 0);
    for number in 5..9 {
        let change = forge.approved(add(number));
        forge.change(Slot::new(slot + 1), change);
        slot += 2;
        commit(&mut forge, slot);
    }
    for number in [0, 1, 2, 6, 5, 8] {
        let change = forge.approved(remove(number));
        forge.change(Slot::new(slot + 1), change);
        slot += 2;
        commit(&mut forge, slot);
    }
    let mut target = Target::new(&spec(), Slot::new(slot + 10));
    target.peer(PEER, forge.blocks.clone());
    target.wait_ms(3_000);
    assert_eq!(target.head(), forge.tip);
    assert_eq!(authorities(&target), [key(7)]);
    assert_eq!(target.charges, []);
    let mut sleeper = Target::new(&spec(), Slot::new(slot + 10));
    let verdict = offer(&mut sleeper, &forge);
    assert_eq!((verdict, sleeper.charges.len()), (Verdict::Ignore, 0), "it cannot know these");
}

#[test]
fn a_lone_longer_branch_asks_for_the_shorter_one_of_authorities_that_it_does_not_know() {
    // SPEC N-4, B-11: an authority went on alone while the others changed themselves.
    let mut lone = Forge::new(&spec());
    for slot in (3..60).step_by(3) {
        lone.push(Slot::new(slot), Vec::new());
    }
    let mut others = Forge::new(&spec());
    let change = others.approved(add(5));
    others.change(Slot::new(1), change);
    commit(&mut others, 2);
    others.push(Slot::new(4), Vec::new());
    let set = others.in_force().set().clone();
    let certificate = certificate_by(&set, &spec(), Phase::Commit, others.tip);
    let named = NamedCertificate { authorities: set.hash(), certificate };
    let shown = Answer::Certificates { votes: None, commits: Some(Box::new(named)), change: None };
    let headers = others.blocks.iter().map(|block| block.header.clone());
    let mut target = Target::new(&spec(), Slot::new(70));
    for block in &lone.blocks {
        assert_eq!(target.offer(PEER, block), Verdict::Accept);
    }
    let answers = Answers {
        certificates: Some(encode(&shown)),
        headers: Some(encode(&Answer::Headers(Bounded::first_of(headers)))),
        blocks: Some(encode(&Answer::Blocks(Bounded::first_of(others.blocks.clone())))),
        ..Answers::claiming(others.tip)
    };
    let other = PeerRef(2);
    target.lies.insert(other, answers);
    target.peer(other, Vec::new());
    target.wait_ms(5_000);
    assert_eq!(target.view().finality.finalized, others.tip);
    assert_eq!((target.head(), target.charges.len()), (others.tip, 0));
}

#[test]
fn who_was_away_while_others_came_and_went_blames_nobody_for_their_certificates() {
    // SPEC B-11, X-1
    let mut forge = Forge::new(&spec());
    let change = forge.approved(add(5));
    forge.change(Slot::new(1), change);
    commit(&mut forge, 2);
    let change = forge.approved(remove(5));
    forge.change(Slot::new(3), change);
    let with_newcomer = forge.in_force().set().clone();
    let commits = certificate_by(&with_newcomer, &spec(), Phase::Commit, forge.tip);
    forge.certify(Slot::new(4), commits);
    // With the newcomer's commit it is by none of the authorities of the beginning.
    let mut between = certificate_by(&with_newcomer, &spec(), Phase::Commit, forge.tip);
    let newcomer = ballot(&spec(), Phase::Commit, forge.tip, 5).signature;
    let mut signatures = between.signatures.into_vec();
    signatures[2] = (3, newcomer);
    between.signatures = Bounded::first_of(signatures);
    forge.certify(Slot::new(6), between.clone());
    assert_eq!(forge.in_force().set(), spec().genesis_authorities(), "as in the beginning");
    let mut sleeper = Target::new(&spec(), Slot::new(40));
    assert_eq!(offer(&mut sleeper, &forge), Verdict::Ignore);
    assert!(sleeper.charges.is_empty(), "{:?}", sleeper.charges);
    // Where nothing is missing, it is a forgery.
    for block in &forge.blocks[..4] {
        assert_eq!(sleeper.offer(PEER, block), Verdict::Accept);
    }
    let mut wrong = forge.clone();
    let (slot, block) = (forge.tip.slot, forge.tip.hash);
    wrong.certify(Slot::new(7), Certificate { slot, block, ..between });
    assert_eq!(offer(&mut sleeper, &forge), Verdict::Accept);
    assert_eq!(offer(&mut sleeper, &wrong), Verdict::Reject);
}

#[test]
fn a_change_waits_for_the_node_of_its_newcomer_and_then_for_a_leader() {
    // SPEC B-11
    let forge = Forge::new(&spec());
    let approved = AuthorityChange { newcomer: None, ..forge.approved(add(7)) };
    let submit = |target: &mut Target, change: &AuthorityChange| {
        let (submission, change) = (SubmissionId(1), Box::new(change.clone()));
        target.input(Input::SubmitChange { submission, change });
    };
    let mut leader = Target::leading(&spec(), Slot::new(30), 0);
    submit(&mut leader, &approved);
    leader.wait_ms(4_000);
    assert_eq!(leader.view().authorities.len(), 3);
    assert!(leader.head().height.get() > 0, "it leads, and does not put it in");
    let mut newcomer = Target::leading(&spec(), Slot::new(30), 7);
    newcomer.peer(PEER, Vec::new());
    newcomer.wait_ms(1_000);
    submit(&mut newcomer, &approved);
    let signed = newcomer.events.iter().rev().find_map(|event| match event {
        Event::ChangeWaits { change } => Some((**change).clone()),
        _ => None,
    });
    let signed = signed.expect("told");
    assert!(!signed.lacks_newcomer(), "its node signs");
    submit(&mut leader, &signed);
    leader.wait_ms(3_000);
    let pending = leader.events.iter().any(
        |event| matches!(event, Event::Authorities { next: Some(next), .. } if next.len() == 4),
    );
    assert!(pending, "the next block that it leads holds it");
}

#[test]
fn a_block_that_was_checked_before_its_authorities_were_known_is_nobodys_fault() {
    // SPEC B-11, X-1
    let (mut forge, mut target) = (Forge::new(&spec()), Target::new(&spec(), Slot::new(40)));
    let change = forge.approved(add(5));
    forge.change(Slot::new(1), change);
    commit(&mut forge, 2);
    let head = forge.tip;
    forge.push(Slot::new(3), Vec::new());
    let block = encode(forge.blocks.last().expect("one"));
    let message = check_gossip(Topic::Blocks, &block, &spec(), &(), random());
    for block in &forge.blocks[..2] {
        target.offer(PEER, block);
    }
    assert_eq!(target.head(), head);
    let token = GossipToken(7);
    target.input(Input::Gossip { peer: PEER, token, message });
    assert_eq!((target.verdict, target.charges.len()), (Some(Verdict::Ignore), 0));
    assert_eq!(offer(&mut target, &forge), Verdict::Accept, "and it is taken when it comes again");
}
