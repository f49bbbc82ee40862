//! Goal: no wrong clock signs for the far future for long, forbids what it did not sign, or takes
//! blocks away; and no key signs in two places for long.

use coinage_protocol::engine::{ClockDoubt, Event, Input, PeerRef};
use coinage_protocol::{Height, ReorgRule, SignedSlots, Slot, Tip};
use coinage_simulation::block_builder::Forge;
use coinage_simulation::fixtures::{account, address, authority, chain_spec, transfer};
use coinage_simulation::sim_network::World;
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(1);
const HOURS: i64 = 3_600_000;

fn set_all(world: &mut World, ahead_ms: i64) {
    (0..4).for_each(|node| world.set_clock(node, ahead_ms));
}

/// Checks whether all have one head of about the present slot.
fn lives(world: &World, head: Tip) -> bool {
    world.agree() && head.slot + 6 >= world.slot() && head.slot <= world.slot() + 1
}

#[test]
fn a_fault_that_all_clocks_share_is_over_when_the_clocks_are_right_again() {
    // SPEC C-1, C-5. Method: all clocks jump, blocks are signed there, one node is started again
    // meanwhile, all clocks come back. Two of four authorities are away: nothing is final.
    for (seed, ahead_ms) in [(1, 2 * HOURS), (2, 40 * 24 * HOURS), (3, 2 * HOURS)] {
        let mut world = World::new(chain_spec(4, 500), 4, seed);
        [2, 3].into_iter().for_each(|node| world.kill(node));
        world.run_slots(20);
        let before = world.head(0);
        set_all(&mut world, ahead_ms);
        world.run_slots(400);
        let far = world.head(0);
        assert!(far.slot > before.slot + 10_000, "they confirm each other: {far:?}");
        if seed == 3 {
            world.kill(1);
            world.start(1);
            world.run_slots(10);
        }
        set_all(&mut world, 0);
        world.run_until(60, "blocks of the present", |world| lives(world, world.head(0)));
        let height = world.head(0).height;
        world.run_slots(40);
        assert!(world.head(0).height >= height + 15, "{:?}", world.head(0));
        assert!(world.charges.is_empty(), "{:?}", world.charges);
        let left = world.events.iter().filter(|(_, event)| {
            matches!(event, Event::Reorg(record) if record.rule == ReorgRule::BeyondClock)
        });
        assert!(left.count() >= 2, "each leaves what lies beyond its clock");
    }
}

#[test]
fn clocks_that_are_all_behind_take_no_block_away() {
    // SPEC C-1: a clock behind meets blocks of the next slots, and no hole.
    let mut world = World::new(chain_spec(4, 500), 4, 4);
    world.run_slots(400);
    let before = world.head(0);
    set_all(&mut world, -100_000);
    world.run_slots(40);
    assert!(world.head(0).height >= before.height);
    world.kill(1);
    world.start(1);
    world.run_slots(10);
    assert!(world.head(1).height >= before.height);
    set_all(&mut world, 0);
    world.run_until(60, "blocks of the present", |world| lives(world, world.head(0)));
    let takes = |event: &Event| match event {
        Event::Reorg(record) => record.common_ancestor.height < before.height,
        _ => false,
    };
    assert!(!world.events.iter().any(|(_, event)| takes(event)));
}

#[test]
fn one_clock_ahead_signs_nothing_and_is_not_missed_when_it_is_back() {
    // SPEC C-5. Method: once while it runs, once at a start.
    for restarts in [false, true] {
        let mut world = World::new(chain_spec(4, 500), 4, 5);
        world.run_slots(20);
        if restarts {
            world.kill(3);
        }
        world.set_clock(3, 2 * HOURS);
        if restarts {
            world.start(3);
        }
        world.run_slots(60);
        assert!((0..4).all(|node| world.head(node).slot <= world.slot() + 1));
        assert!(world.view(3).clock_ahead_ms.is_some_and(|by| (by - 2 * HOURS).abs() < 1_000));
        world.set_clock(3, 0);
        world.run_until(30, "it is fine", |world| world.view(3).clock_ahead_ms.is_none());
        let height = world.head(0).height;
        world.run_slots(24);
        assert!(world.head(0).height >= height + 22, "the fourth leads, too");
    }
}

#[test]
fn slow_answers_and_late_blocks_shift_no_clock() {
    // SPEC C-5. Method: every message takes up to three seconds, six slots.
    let mut world = World::new(chain_spec(4, 500), 4, 6);
    world.run_slots(20);
    world.links.latency_ms_max = 3_000;
    world.run_slots(200);
    let alarms =
        world.events.iter().filter(|(_, event)| matches!(event, Event::ClockSkewed { .. }));
    assert_eq!(alarms.count(), 0, "all clocks are right");
}

#[test]
fn a_slot_in_which_the_process_began_is_not_signed() {
    // SPEC C-5
    let mut target = Target::leading(&chain_spec(1, 500), Slot::new(20), 0);
    target.wait_ms(450);
    assert_eq!(target.head().height, 0);
    target.wait_ms(50);
    target.wait_ms(125);
    assert_eq!(target.head().slot, 21, "a quarter of a slot after its start at the latest");
}

#[test]
fn in_its_first_turns_a_process_signs_later_than_it_could_and_then_at_once() {
    // SPEC C-5: of two that began together one hears the other first.
    let mut target = Target::leading(&chain_spec(1, 500), Slot::new(20), 0);
    let (mut prompt, mut signed) = (Vec::new(), 0);
    target.wait_ms(500);
    for _ in 0..20 {
        prompt.push(target.head().height > Height::new(signed));
        target.wait_ms(125);
        assert!(
            target.head().height > Height::new(signed),
            "after a quarter of a slot it has signed"
        );
        signed = target.head().height.get();
        target.wait_ms(375);
    }
    assert!(prompt[..8].iter().filter(|at_once| !**at_once).count() >= 4, "{prompt:?}");
    assert!(prompt[8..].iter().all(|at_once| *at_once), "{prompt:?}");
}

#[test]
fn a_key_that_has_signed_before_listens_for_a_turn_after_a_start() {
    // SPEC C-5. Method: one of four starts again at each place of a turn; nobody else leads its
    // slots.
    let mut world = World::new(chain_spec(4, 500), 4, 7);
    world.run_slots(20);
    for _ in 0..4 {
        world.kill(2);
        let began = world.slot();
        world.start(2);
        world.run_slots(12);
        let (spec, key) = (world.spec().clone(), authority(2).public());
        let mut signed = world.events.iter().filter_map(|(_, event)| match event {
            Event::BlockImported { block, .. } => Some(block.header().slot),
            _ => None,
        });
        let first =
            signed.find(|slot| *slot > began && *spec.genesis_authorities().leader(*slot) == key);
        assert!(first.is_some_and(|slot| (began + 5..=began + 8).contains(&slot)), "{first:?}");
        world.run_slots(1);
    }
}

/// A lone authority that signs, and whose peers have other clocks: nobody confirms its own.
fn lone(slot: Slot) -> Target {
    let mut target = Target::leading(&chain_spec(1, 500), slot, 0);
    target.peers_ahead_ms = -9 * HOURS;
    target.wait_ms(10_000);
    assert!(target.head().slot > slot, "the only authority goes by its own clock");
    target
}

#[test]
fn a_clock_that_was_set_is_not_signed_by_for_a_minute_if_nobody_confirms_it() {
    // SPEC C-5
    let mut target = lone(Slot::new(20_000));
    target.step_clock_ms(2 * HOURS);
    target.input(Input::Tick);
    let before = target.head();
    target.wait_ms(55_000);
    assert_eq!(target.head(), before);
    target.wait_ms(10_000);
    assert!(target.head().slot > before.slot + 10_000, "then it goes on there");
}

#[test]
fn a_clock_that_goes_back_takes_no_block_away_if_nobody_confirms_it() {
    // SPEC C-1: the chain has a hole there, and yet the clock may be the one that is wrong. What
    // the only authority made final stays even when peers say that the clock is right.
    let mut target = lone(Slot::new(20_000));
    let before = target.head();
    target.step_clock_ms(-2 * HOURS);
    target.input(Input::Tick);
    target.wait_ms(120_000);
    assert_eq!(target.head(), before);
    assert!(matches!(target.view().clock_doubt, Some(ClockDoubt::Absurd { .. })));
    target.peers_ahead_ms = 0;
    target.wait_ms(30_000);
    assert_eq!(target.head(), before, "it is final");
    assert_eq!(target.view().finality.finalized, before);
}

#[test]
fn a_step_of_the_clock_drops_no_payment_and_refuses_none_until_it_is_confirmed() {
    // SPEC P-1, T-7: ten days ahead, what waits for a block would have expired.
    let mut world = World::new(chain_spec(4, 500), 4, 7);
    world.run_slots(40);
    let expiry = world.expiry(2_000);
    let pay = |world: &World, salt| {
        let (from, to) = (account(1), address(&account(9)));
        transfer(world.spec(), &from, to, 5, salt, expiry)
    };
    world.partition(&[&[0], &[1, 2, 3]]);
    let [before, after] = [pay(&world, 1), pay(&world, 2)];
    world.submit(0, before.clone(), false);
    world.set_clock(0, 10 * 24 * HOURS);
    world.run_slots(2);
    world.submit(0, after.clone(), false);
    world.run_slots(2);
    assert_eq!(world.view(0).pool_transactions, 2, "{:?}", world.outcomes);
    world.set_clock(0, 0);
    world.heal();
    world.run_until(40, "both are included", |world| {
        [&before, &after].iter().all(|one| world.disk(1).transactions().contains(&one.id()))
    });
}

#[test]
fn what_a_wrong_clock_called_expired_is_fetched_when_it_is_right() {
    // SPEC P-4: no clock has confirmed the process, which began with a wrong one.
    let mut world = World::new(chain_spec(4, 500), 5, 8);
    world.run_slots(10);
    world.kill(4);
    world.set_clock(4, 10 * 24 * HOURS);
    let (poor, expiry) = (account(20), world.expiry(2_000));
    let waiting = transfer(world.spec(), &poor, address(&account(21)), 5, 1, expiry);
    world.submit(0, waiting, true);
    world.start(4);
    world.run_slots(20);
    assert_eq!(world.view(4).pool_transactions, 0, "it is expired there");
    world.set_clock(4, 0);
    world.run_until(40, "fetched", |world| world.view(4).pool_transactions == 1);
}

#[test]
fn what_the_key_signed_far_ahead_before_the_start_is_nobody_elses() {
    // SPEC C-5
    let spec = chain_spec(4, 500);
    let mut signed = SignedSlots::up_to(Slot::new(8));
    signed.insert(Slot::new(84));
    let own = Forge::new(&spec).push(Slot::new(84), Vec::new());
    let mut target = Target::remembering(&spec, Slot::new(21), 0, signed);
    target.wait_ms(32_000);
    target.offer(PEER, &own);
    assert_eq!(target.view().stop, None);
}

#[test]
fn a_block_of_the_own_key_that_is_not_ones_own_stops_signing_at_once() {
    // SPEC C-5
    let spec = chain_spec(4, 500);
    let mut forge = Forge::new(&spec);
    let (old, own) = (forge.push(Slot::new(8), Vec::new()), forge.push(Slot::new(24), Vec::new()));
    let mut target = Target::leading(&spec, Slot::new(21), 0);
    target.offer(PEER, &old);
    assert_eq!(target.view().stop, None, "it may be one's own from before");
    target.wait_ms(1_400);
    target.offer(PEER, &own);
    assert!(target.view().stop.is_some_and(|stop| stop.slot == 24));
    target.wait_ms(4_000);
    assert_eq!(target.published.len(), 0, "it leads slots 24 and 28");
    let stopped = |action: &&Event| matches!(action, Event::SigningStopped(_));
    assert_eq!(target.events.iter().filter(stopped).count(), 1);
}

#[test]
fn two_blocks_of_a_slot_name_their_leader_once() {
    // SPEC C-5
    let spec = chain_spec(4, 500);
    let mut forges = [Forge::new(&spec), Forge::new(&spec)];
    forges[1].push(Slot::new(8), Vec::new());
    let blocks = forges.each_mut().map(|forge| forge.push(Slot::new(9), Vec::new()));
    let mut target = Target::new(&spec, Slot::new(10));
    for block in [&blocks[0], &blocks[1], &blocks[0], &blocks[1]] {
        target.offer(PEER, block);
    }
    let named: Vec<_> = target
        .events
        .iter()
        .filter_map(|event| match event {
            Event::DoubleSigned { leader, headers } => Some((*leader, headers.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].0, *spec.genesis_authorities().leader(Slot::new(9)));
    assert_ne!(named[0].1[0], named[0].1[1]);
}
