//! Goal: what a quorum has committed is never undone, and the chain never waits for it.

use coinage_protocol::engine::{Event, PeerRef, Publication, Question, Reply};
use coinage_protocol::{
    Answer, Ballot, ChainSpec, Height, NamedCertificate, Phase, Request, Slot, Tip, Topic, Verdict,
    encode,
};
use coinage_simulation::block_builder::{Forge, ballot, certificate, tip};
use coinage_simulation::fixtures::chain_spec;
use coinage_simulation::sim_network::World;
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(1);
/// Slots of one turn of four authorities.
const ROUND: u64 = 4;

fn spec() -> ChainSpec {
    chain_spec(4, 500)
}

fn world(seed: u64) -> World {
    World::new(spec(), 4, seed)
}

fn finalized(world: &World, node: usize) -> Tip {
    world.view(node).finality.finalized
}

fn all_final(world: &World, nodes: &[usize], above: Height) -> bool {
    nodes.iter().all(|node| finalized(world, *node).height > above)
}

/// An observer of four authorities, and a branch of blocks of these slots.
fn observer(slots: impl IntoIterator<Item = u64>) -> (Target, Forge) {
    let spec = spec();
    let mut forge = Forge::new(&spec);
    slots.into_iter().for_each(|slot| drop(forge.push(Slot::new(slot), Vec::new())));
    let mut target = Target::new(&spec, Slot::new(30));
    for block in &forge.blocks {
        assert_eq!(target.offer(PEER, block), Verdict::Accept);
    }
    (target, forge)
}

fn cast(target: &mut Target, phase: Phase, tip: Tip, numbers: &[u8]) {
    for number in numbers {
        let ballot = ballot(&spec(), phase, tip, *number);
        assert_eq!(target.gossip(PEER, Topic::Votes, &encode(&ballot)), Verdict::Accept);
    }
}

#[test]
fn four_nodes_make_each_block_final_in_its_own_slot() {
    // SPEC F-5, F-6, F-8
    let mut world = world(1);
    world.run_slots(40);
    for node in 0..4 {
        let told = world
            .events
            .iter()
            .filter(|(one, event)| *one == node && matches!(event, Event::BlockFinal { .. }));
        assert!(told.count() >= 30, "node {node}: nearly every block is told by itself");
        assert!(finalized(&world, node).height + 2 >= world.head(node).height);
    }
    assert!(world.charges.is_empty(), "{:?}", world.charges);
}

#[test]
fn with_a_quorum_it_goes_on_below_one_it_waits_and_then_it_catches_up() {
    // SPEC F-1, F-8
    let mut world = world(2);
    world.run_slots(20);
    world.kill(3);
    let before = finalized(&world, 0).height;
    world.run_slots(12);
    assert!(all_final(&world, &[0, 1, 2], before + 6), "three of four are a quorum");
    world.kill(2);
    world.run_slots(2);
    let (stuck, head) = (finalized(&world, 0), world.head(0));
    world.run_slots(30);
    assert_eq!(finalized(&world, 0), stuck, "two of four are none");
    assert!(world.head(0).height > head.height + 10, "blocks go on");
    assert_eq!(world.view(0).finality.silent, [2, 3], "it says who is missing");
    let height = world.head(0).height;
    [2, 3].into_iter().for_each(|node| world.start(node));
    world.run_until(3 * ROUND, "final again", |world| all_final(world, &[0, 1, 2, 3], height));
}

#[test]
fn after_all_stop_at_once_it_is_final_again_within_three_rounds() {
    // SPEC F-7
    for seed in 0..10 {
        let mut world = world(seed);
        world.run_slots(20 + seed);
        world.run_ms(seed * 37);
        (0..4).for_each(|node| world.kill(node));
        world.run_slots(3);
        (0..4).for_each(|node| world.start(node));
        let before = (0..4).map(|node| finalized(&world, node).height).max().expect("four");
        world.run_until(3 * ROUND, "final again", |world| all_final(world, &[0, 1, 2, 3], before));
    }
}

#[test]
fn nothing_is_final_in_either_half_of_a_split_and_what_was_stays() {
    // SPEC F-1, F-8
    for seed in 0..20 {
        let mut world = world(seed);
        world.run_slots(12);
        world.partition(&[&[0, 1], &[2, 3]]);
        // What was on its way may still arrive.
        world.run_slots(1);
        let before: Vec<_> = (0..4).map(|node| finalized(&world, node)).collect();
        world.run_slots(60);
        for (node, before) in before.iter().enumerate() {
            assert_eq!(finalized(&world, node), *before, "seed {seed}, node {node}");
        }
        let height = (0..4).map(|node| world.head(node).height).min().expect("four");
        world.heal();
        world.run_until(3 * ROUND, "one chain", |world| {
            world.agree() && all_final(world, &[0, 1, 2, 3], height)
        });
    }
}

#[test]
fn a_quorum_of_commits_makes_a_block_final_and_a_longer_branch_off_it_is_refused() {
    // SPEC C-1, F-8
    let (mut target, trunk) = observer([1, 2, 3]);
    let third = tip(&spec(), &trunk.blocks[2]);
    cast(&mut target, Phase::Commit, third, &[0, 1]);
    assert_eq!(target.view().finality.finalized.height, 0, "two of four");
    cast(&mut target, Phase::Commit, third, &[3]);
    assert_eq!(target.view().finality.finalized, third);
    assert_eq!(target.disk.finalized().map(|one| one.tip), Some(third), "durable first");
    let mut longer = Forge::new(&spec());
    for block in &trunk.blocks[..2] {
        let slot = block.header.header.slot;
        longer.push(slot, Vec::new());
    }
    for slot in 4..20 {
        let block = longer.push(Slot::new(slot), Vec::new());
        assert_eq!(target.offer(PEER, &block), Verdict::Ignore, "slot {slot}");
    }
    assert_eq!((target.head(), target.charges.len()), (third, 0));
}

#[test]
fn a_final_block_off_the_head_takes_the_head_to_itself() {
    // SPEC C-1, F-8
    let (mut target, trunk) = observer([1, 2, 3, 4]);
    let mut side = Forge::new(&spec());
    side.push(Slot::new(1), Vec::new());
    let shorter = side.push(Slot::new(6), Vec::new());
    assert_eq!(target.offer(PEER, &shorter), Verdict::Accept);
    assert_eq!(target.head(), trunk.tip);
    cast(&mut target, Phase::Commit, side.tip, &[1, 2, 3]);
    assert_eq!((target.head(), target.view().finality.finalized), (side.tip, side.tip));
}

#[test]
fn a_newer_certificate_in_the_chain_wins_against_length() {
    // SPEC B-5, C-1
    let (mut target, trunk) = observer([1, 2, 3, 4, 5]);
    let mut side = Forge::new(&spec());
    side.push(Slot::new(1), Vec::new());
    side.push(Slot::new(6), Vec::new());
    let certified = certificate(&spec(), Phase::Vote, side.tip, &[0, 2, 3]);
    side.certify(Slot::new(7), certified.clone());
    for block in &side.blocks[1..] {
        assert_eq!(target.offer(PEER, block), Verdict::Accept);
    }
    assert_eq!(target.head(), side.tip, "three blocks against {}", trunk.tip.height);
    side.certify(Slot::new(8), certified);
    let stale = side.blocks.last().expect("some").clone();
    assert_eq!(target.offer(PEER, &stale), Verdict::Reject, "it is no news there");
    let mut other = Forge::new(&spec());
    other.push(Slot::new(1), Vec::new());
    let foreign = certificate(&spec(), Phase::Vote, trunk.tip, &[0, 2, 3]);
    let elsewhere = other.certify(Slot::new(9), foreign);
    assert_eq!(target.offer(PEER, &elsewhere), Verdict::Reject, "of a block off its chain");
}

#[test]
fn a_leader_builds_on_the_highest_certified_block_and_shows_its_certificate() {
    // SPEC F-9. Method: the second of four leads slot 33; the certified block is on the shorter
    // branch.
    let spec = spec();
    let mut target = Target::leading(&spec, Slot::new(30), 1);
    let (mut trunk, mut side) = (Forge::new(&spec), Forge::new(&spec));
    (1..6).for_each(|slot| drop(trunk.push(Slot::new(slot), Vec::new())));
    side.push(Slot::new(7), Vec::new());
    target.peer(PeerRef(2), trunk.blocks.clone());
    assert_eq!(target.offer(PEER, &side.blocks[0]), Verdict::Accept);
    target.wait_ms(900);
    cast(&mut target, Phase::Vote, side.tip, &[0, 2, 3]);
    assert_eq!(target.head(), trunk.tip, "the longer one");
    target.wait_ms(900);
    let own = target.published.iter().find_map(|one| match one {
        Publication::Block(block) => Some(block.header.header.clone()),
        Publication::Transactions(_) | Publication::Ballot(_) => None,
    });
    let own = own.expect("it leads slot 33");
    assert_eq!((own.previous, own.slot), (side.tip.hash, Slot::new(33)));
    assert_eq!(own.certificate.map(|one| one.block), Some(side.tip.hash));
    assert_eq!(target.head().slot, 33, "and stays there");
}

#[test]
fn certificates_are_given_and_taken_when_ballots_were_lost() {
    // SPEC N-4, F-8
    let (mut target, trunk) = observer([1, 2, 3]);
    let ask = Question::Request(Request::Certificates);
    let nothing = Reply::Answer(Answer::Certificates { votes: None, commits: None, change: None });
    assert_eq!(target.ask(PEER, ask.clone()), nothing);
    let [second, third] = [1, 2].map(|at| tip(&spec(), &trunk.blocks[at]));
    cast(&mut target, Phase::Commit, second, &[0, 1, 2]);
    cast(&mut target, Phase::Vote, third, &[1, 2, 3]);
    let named = |phase, tip, places| {
        let authorities = spec().genesis_authorities().hash();
        let certificate = certificate(&spec(), phase, tip, places);
        Some(Box::new(NamedCertificate { authorities, certificate }))
    };
    let votes = named(Phase::Vote, third, &[1, 2, 3]);
    let commits = named(Phase::Commit, second, &[0, 1, 2]);
    let given = Reply::Answer(Answer::Certificates { votes, commits, change: None });
    assert_eq!(target.ask(PEER, ask), given);
}

#[test]
fn ballots_of_strangers_of_the_past_and_of_the_future_are_of_no_use() {
    // SPEC F-4, X-1
    let (mut target, _) = observer([1]);
    let mut tell = |number, slot| {
        let tip = Tip { height: Height::new(1), slot: Slot::new(slot), hash: Default::default() };
        let ballot = ballot(&spec(), Phase::Vote, tip, number);
        target.gossip(PEER, Topic::Votes, &encode(&ballot))
    };
    assert_eq!(tell(7, 30), Verdict::Ignore, "a stranger");
    assert_eq!(tell(0, 95), Verdict::Ignore, "65 slots ahead");
    assert_eq!(tell(0, 94), Verdict::Accept, "its clock may be ahead");
    assert_eq!(tell(0, 94), Verdict::Ignore, "again");
    target.wait_ms(40 * 500);
    let old = Ballot {
        slot: Slot::new(5),
        ..ballot(
            &spec(),
            Phase::Vote,
            Tip { height: Height::new(1), slot: Slot::new(5), hash: Default::default() },
            1,
        )
    };
    assert_eq!(target.gossip(PEER, Topic::Votes, &encode(&old)), Verdict::Ignore, "65 slots old");
    let forged = Ballot { slot: Slot::new(69), ..old };
    assert_eq!(target.gossip(PEER, Topic::Votes, &encode(&forged)), Verdict::Reject);
}

#[test]
fn who_votes_twice_is_shown_once_and_a_foreign_vote_of_the_own_key_stops_it() {
    // SPEC F-4, F-7
    let spec = spec();
    let mut target = Target::leading(&spec, Slot::new(30), 0);
    let at = |hash: u8| Tip {
        height: Height::new(1),
        slot: Slot::new(30),
        hash: coinage_protocol::BlockHash::new([hash; 32]),
    };
    cast(&mut target, Phase::Vote, at(1), &[2]);
    cast(&mut target, Phase::Vote, at(2), &[2]);
    let third = ballot(&spec, Phase::Vote, at(3), 2);
    assert_eq!(target.gossip(PEER, Topic::Votes, &encode(&third)), Verdict::Ignore);
    let shown = |event: &&Event| matches!(event, Event::VotedTwice { .. });
    assert_eq!(target.events.iter().filter(shown).count(), 1);
    assert_eq!(target.view().stop, None);
    cast(&mut target, Phase::Vote, at(1), &[0]);
    assert!(target.view().stop.is_some(), "another process has its key");
}
