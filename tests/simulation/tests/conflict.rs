//! Goal: who hears that two quorums contradict each other says so and signs nothing more, and
//! nothing less is taken for that.

use coinage_protocol::engine::{Event, PeerRef, StopCause};
use coinage_protocol::{
    Answer, AuthoritySet, AuthorityStep, Block, BlockHash, Certificate, ChainSpec, Conflict,
    Header, NamedCertificate, Phase, Slot, StateRoot, Tip, Topic, Verdict, encode,
};
use coinage_simulation::block_builder::{Forge, ballot, certificate, certificate_by, seal, tip};
use coinage_simulation::conformance::Answers;
use coinage_simulation::fixtures::{account, address, authority, chain_spec, transfer};
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(1);
const OTHER: PeerRef = PeerRef(2);

fn spec() -> ChainSpec {
    chain_spec(7, 500)
}

/// A branch of blocks of these slots; the first of another branch differs by a payment.
fn branch(slots: impl IntoIterator<Item = u64>, other: bool) -> Vec<Block> {
    let mut forge = Forge::new(&spec());
    let (payer, to) = (account(1), address(&account(2)));
    let payment = transfer(&spec(), &payer, to, 5, 1, spec().slot_time(Slot::new(60)));
    let mut first = other.then(|| payment.into_transaction()).into_iter().collect();
    for slot in slots {
        forge.push(Slot::new(slot), std::mem::take(&mut first));
    }
    forge.blocks
}

fn place(block: &Block) -> Tip {
    tip(&spec(), block)
}

/// A signer that has a branch, the last block of which is final by the commits of others.
fn signer(blocks: &[Block]) -> Target {
    let mut target = Target::leading(&spec(), Slot::new(30), 0);
    for block in blocks {
        assert_eq!(target.offer(PEER, block), Verdict::Accept);
    }
    let last = place(blocks.last().expect("some"));
    for number in 1..=5 {
        let commit = ballot(&spec(), Phase::Commit, last, number);
        assert_eq!(target.gossip(PEER, Topic::Votes, &encode(&commit)), Verdict::Accept);
    }
    assert_eq!(target.view().finality.finalized, last);
    target
}

fn commits(block: &Block, numbers: &[u8]) -> Certificate {
    certificate(&spec(), Phase::Commit, place(block), numbers)
}

/// A peer shows commits by the first authorities, and serves these blocks as its chain.
fn show(target: &mut Target, peer: PeerRef, commits: &Certificate, chain: &[Block]) {
    let (authorities, certificate) = (spec().genesis_authorities().hash(), commits.clone());
    show_named(target, peer, NamedCertificate { authorities, certificate }, chain);
}

fn show_named(target: &mut Target, peer: PeerRef, commits: NamedCertificate, chain: &[Block]) {
    let commits = Some(Box::new(commits));
    let shown = Answer::Certificates { votes: None, commits, change: None };
    let head = chain.last().map_or_else(|| target.head(), place);
    let headers = chain.iter().map(|block| block.header.clone());
    let headers = Answer::Headers(coinage_protocol::Bounded::first_of(headers));
    let answers = Answers {
        certificates: Some(encode(&shown)),
        headers: Some(encode(&headers)),
        ..Answers::claiming(head)
    };
    target.lies.insert(peer, answers);
    target.peer(peer, Vec::new());
}

fn told(target: &Target) -> Vec<&Conflict> {
    let mut found = Vec::new();
    for event in &target.events {
        if let Event::FinalityConflict(conflict) = event {
            found.push(&**conflict);
        }
    }
    found
}

#[test]
fn commits_of_another_block_in_the_place_of_the_final_one_stop_the_signer_once() {
    // SPEC F-12
    for slots in [vec![1, 2, 6], vec![1, 2, 5], vec![1, 4]] {
        let own = branch([1, 2, 3, 6], false);
        let mut target = signer(&own);
        let theirs = branch(slots, true);
        let theirs = commits(theirs.last().expect("some"), &[2, 3, 4, 5, 6]);
        show(&mut target, OTHER, &theirs, &[]);
        let [conflict] = told(&target)[..] else { panic!("{:?}", told(&target)) };
        assert_eq!((conflict.ours.block, &conflict.theirs), (place(&own[3]).hash, &theirs));
        let keys = spec().genesis_authorities().keys().clone();
        assert_eq!(*conflict.both, keys[2..=5], "who signed both");
        assert_eq!(target.disk.conflict().as_ref(), Some(conflict));
        let stop = target.view().stop.expect("it has stopped");
        assert_eq!((stop.cause, stop.hash), (StopCause::Conflict, theirs.block));
        assert_eq!(target.view().finality.finalized, place(&own[3]), "it stays there");
        target.published.clear();
        target.wait_ms(20 * 500);
        assert!(target.published.is_empty(), "{:?}", target.published);
        assert_eq!(told(&target).len(), 1, "though it is shown every four slots");

        // Its operator has acted: there is nothing in the memory of the key any more.
        target.restart();
        assert!(target.view().finality.conflict.is_some(), "people still see it");
        show(&mut target, PeerRef(3), &theirs, &[]);
        target.wait_ms(20 * 500);
        assert_eq!((target.view().stop, told(&target).len()), (None, 0));
        assert!(!target.published.is_empty(), "it signs");
    }
}

#[test]
fn commits_ahead_are_a_conflict_once_headers_show_that_their_branch_leaves_below_the_final_block() {
    // SPEC F-12, F-8
    let mut target = signer(&branch([1, 2, 3], false));
    let theirs = branch([1, 2, 4, 8, 9], true);
    let commits = commits(&theirs[3], &[2, 3, 4, 5, 6]);
    show(&mut target, OTHER, &commits, &[]);
    assert!(told(&target).is_empty(), "it may stand on the final block");
    assert_eq!(target.view().stop, None);
    show(&mut target, PeerRef(3), &commits, &theirs);
    target.wait_ms(6 * 500);
    let [conflict] = told(&target)[..] else { panic!("{:?}", told(&target)) };
    assert_eq!(conflict.theirs, commits);
    assert!(target.charges.is_empty(), "{:?}", target.charges);
}

#[test]
fn commits_of_the_own_chain_and_of_what_stands_on_it_are_no_conflict() {
    // SPEC F-12
    let own = branch([1, 2, 3, 6, 9], false);
    let mut target = signer(&own[..4]);
    for (peer, block) in (2..).zip(&own[..4]) {
        show(&mut target, PeerRef(peer), &commits(block, &[2, 3, 4, 5, 6]), &[]);
    }
    show(&mut target, PeerRef(9), &commits(&own[4], &[2, 3, 4, 5, 6]), &own);
    target.wait_ms(10 * 500);
    assert_eq!((told(&target).len(), target.view().stop), (0, None));
    assert!(target.view().finality.finalized.height.get() >= 4);
}

/// A node whose final block is of other authorities than the first ones, those, and the chain.
fn after_a_change() -> (Target, AuthoritySet, Forge) {
    let mut forge = Forge::new(&spec());
    let change = forge.approved(AuthorityStep::Add { key: authority(9).public() });
    forge.change(Slot::new(1), change);
    for slot in [3, 5] {
        let set = forge.in_force().set().clone();
        let commits = certificate_by(&set, &spec(), Phase::Commit, forge.tip);
        forge.certify(Slot::new(slot), commits);
        forge.push(Slot::new(slot + 1), Vec::new());
    }
    let mut target = Target::new(&spec(), Slot::new(30));
    for block in &forge.blocks {
        assert_eq!(target.offer(PEER, block), Verdict::Accept);
    }
    assert_eq!(target.view().finality.finalized, place(&forge.blocks[2]));
    (target, forge.in_force().set().clone(), forge)
}

#[test]
fn commits_by_authorities_that_were_in_force_once_are_no_conflict() {
    // SPEC F-12, B-11
    let (_, new, _) = after_a_change();
    let old = spec().genesis_authorities().clone();
    let theirs = branch([2, 4], true);
    for (set, slot, conflicts) in [(&old, 2, 0), (&new, 2, 1), (&old, 4, 0), (&new, 4, 1)] {
        let (mut target, ..) = after_a_change();
        let block = if slot == 2 { &theirs[0] } else { &theirs[1] };
        let certificate = certificate_by(set, &spec(), Phase::Commit, place(block));
        let commits = NamedCertificate { authorities: set.hash(), certificate };
        show_named(&mut target, OTHER, commits, &[]);
        assert_eq!(told(&target).len(), conflicts, "slot {slot}");
        assert!(target.charges.is_empty(), "{:?}", target.charges);
    }
}

#[test]
fn what_one_of_many_signed_once_is_no_conflict_when_it_is_the_only_one_left() {
    // SPEC F-12, B-11
    let spec = chain_spec(4, 500);
    let mut forge = Forge::new(&spec);
    let mut slot = 0;
    for number in 1..4 {
        let change = forge.approved(AuthorityStep::Remove { key: authority(number).public() });
        forge.change(Slot::new(slot + 1), change);
        let set = forge.in_force().set().clone();
        let commits = certificate_by(&set, &spec, Phase::Commit, forge.tip);
        forge.certify(Slot::new(slot + 2), commits);
        slot += 2;
    }
    let newest_change = forge.blocks[4].clone();
    forge.push(Slot::new(slot + 3), Vec::new());
    let set = forge.in_force().set().clone();
    let commits = certificate_by(&set, &spec, Phase::Commit, forge.tip);
    forge.certify(Slot::new(slot + 4), commits);
    assert_eq!(set.keys().to_vec(), [authority(0).public()]);
    let changed = tip(&spec, &newest_change).slot.get();
    for (slot, conflicts) in [(1, 0), (2, 0), (changed, 0), (changed + 1, 1)] {
        let mut target = Target::leading(&spec, Slot::new(60), 0);
        for block in &forge.blocks {
            assert_eq!(target.offer(PEER, block), Verdict::Accept);
        }
        let lost = Tip { slot: Slot::new(slot), hash: BlockHash::new([7; 32]), ..forge.tip };
        let certificate = certificate_by(&set, &spec, Phase::Commit, lost);
        let commits = NamedCertificate { authorities: set.hash(), certificate };
        show_named(&mut target, OTHER, commits, &[]);
        assert_eq!(told(&target).len(), conflicts, "slot {slot}");
        let causes = target.view().stop.map(|stop| stop.cause);
        assert_eq!(causes == Some(StopCause::Conflict), conflicts == 1);
    }
}

#[test]
fn commits_that_wait_for_their_block_are_looked_at_again_when_the_final_block_passes_them() {
    // SPEC F-12
    let own = branch([1, 2, 3, 6, 9], false);
    let mut target = signer(&own[..4]);
    let theirs = branch([1, 2, 4, 8], true);
    show(&mut target, OTHER, &commits(&theirs[3], &[2, 3, 4, 5, 6]), &[]);
    target.lies.clear();
    assert_eq!(target.offer(PEER, &own[4]), Verdict::Accept);
    assert!(told(&target).is_empty(), "it may stand on the final block");
    for number in 1..=5 {
        let commit = ballot(&spec(), Phase::Commit, place(&own[4]), number);
        target.gossip(PEER, Topic::Votes, &encode(&commit));
    }
    target.wait_ms(500);
    assert_eq!(told(&target).len(), 1);
}

#[test]
fn a_conflict_stops_a_key_that_another_process_stopped_before_for_its_own_reason() {
    // SPEC F-7, F-12
    let own = branch([1, 2, 3, 6], false);
    let mut target = signer(&own);
    let ahead = Tip { slot: Slot::new(30), hash: BlockHash::new([7; 32]), ..target.head() };
    let elsewhere = ballot(&spec(), Phase::Vote, ahead, 0);
    target.gossip(PEER, Topic::Votes, &encode(&elsewhere));
    assert_eq!(target.view().stop.map(|stop| stop.cause), Some(StopCause::Twin));
    let theirs = branch([1, 2, 5], true);
    show(&mut target, OTHER, &commits(&theirs[2], &[2, 3, 4, 5, 6]), &[]);
    assert_eq!(target.view().stop.map(|stop| stop.cause), Some(StopCause::Conflict));
}

#[test]
fn a_branch_by_authorities_that_were_in_force_once_is_no_conflict() {
    // SPEC F-12, B-11
    let (mut target, ..) = after_a_change();
    let old = spec().genesis_authorities().clone();
    let mut forge = Forge::new(&spec());
    for slot in [2, 6, 8, 9] {
        let commits = certificate_by(&old, &spec(), Phase::Commit, forge.tip);
        if slot == 2 {
            forge.push(Slot::new(slot), Vec::new());
        } else {
            forge.certify(Slot::new(slot), commits);
        }
    }
    let commits = certificate_by(&old, &spec(), Phase::Commit, forge.tip);
    show(&mut target, OTHER, &commits, &forge.blocks);
    // The headers are asked for because of commits by those in force, of another block.
    let (mut other, new, _) = after_a_change();
    let ahead = certificate_by(&new, &spec(), Phase::Commit, forge.tip);
    let ahead = NamedCertificate { authorities: new.hash(), certificate: ahead };
    show_named(&mut other, OTHER, ahead, &forge.blocks);
    for target in [&mut target, &mut other] {
        target.wait_ms(10 * 500);
        assert_eq!(told(target).len(), 0);
    }
}

#[test]
fn who_committed_two_blocks_of_one_slot_is_convicted_by_the_certificates() {
    // SPEC F-11, F-12
    let mut target = signer(&branch([1, 2, 3], false));
    let theirs = branch([1, 2, 3], true);
    show(&mut target, OTHER, &commits(&theirs[2], &[1, 2, 3, 4, 6]), &[]);
    let evidence = target.disk.evidence();
    let signers: Vec<_> = evidence.iter().map(|one| *one.signer()).collect();
    let mut guilty = [1, 2, 3, 4].map(|at| spec().genesis_authorities().keys()[at]);
    guilty.sort();
    assert_eq!(signers, guilty);
    assert!(evidence.into_iter().all(|one| one.check(spec().chain(), &()).is_ok()));
}

#[test]
fn a_final_block_that_cannot_be_executed_ends_the_node_loudly() {
    // SPEC F-8
    for commits_come_first in [true, false] {
        let mut forge = Forge::new(&spec());
        let first = forge.push(Slot::new(1), Vec::new());
        let (header, _) = forge.header(Slot::new(2), &[]);
        let header = Header { state_root: StateRoot::new([7; 32]), ..header };
        let bad = seal(&spec(), header, &forge.leader(Slot::new(2)), Vec::new());
        let mut target = Target::leading(&spec(), Slot::new(30), 0);
        assert_eq!(target.offer(PEER, &first), Verdict::Accept);
        let commit = |target: &mut Target| {
            for number in 1..=5 {
                let commit = ballot(&spec(), Phase::Commit, place(&bad), number);
                target.gossip(PEER, Topic::Votes, &encode(&commit));
            }
        };
        if commits_come_first {
            commit(&mut target);
        }
        target.offer(PEER, &bad);
        commit(&mut target);
        let ends = |event: &&Event| matches!(event, Event::FinalInvalid(_));
        assert_eq!(target.events.iter().filter(ends).count(), 1);
        let invalid = target.view().finality.invalid.expect("it is shown");
        assert_eq!(invalid.hash, place(&bad).hash);
        target.published.clear();
        target.wait_ms(20 * 500);
        assert!(target.published.is_empty(), "it signs nothing: {:?}", target.published);
        assert_eq!(target.head(), place(&first));
    }
}
