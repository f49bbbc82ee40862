//! Goal: honest nodes always end with one chain, whatever happened between them.

use std::collections::BTreeSet;

use coinage_protocol::Height;
use coinage_protocol::engine::{Event, SyncState, Via};
use coinage_simulation::fixtures::{account, address, chain_spec, transfer};
use coinage_simulation::sim_network::World;

fn world(authorities: u8, nodes: usize, seed: u64) -> World {
    World::new(chain_spec(authorities, 500), nodes, seed)
}

#[test]
fn four_nodes_grow_one_chain() {
    // SPEC C-1
    let mut world = world(4, 4, 1);
    world.run_slots(50);
    world.run_until(4, "one head", World::agree);
    assert!(
        world.head(0).height >= Height::new(45),
        "nearly every slot has its block: {:?}",
        world.head(0)
    );
    assert!(world.charges.is_empty(), "{:?}", world.charges);
    assert_eq!(world.view(0).sync, SyncState::Synced);
}

#[test]
fn a_transfer_reaches_every_node() {
    let mut world = world(4, 5, 2);
    world.run_slots(4);
    let to = address(&account(20));
    let paid = transfer(world.spec(), &account(1), to, 5, 1, world.expiry(100));
    world.submit(4, paid.clone(), false);
    world.run_until(10, "included everywhere", |world| {
        (0..5).all(|node| world.disk(node).transactions() == [paid.id()])
    });
}

#[test]
fn a_split_network_heals_to_one_chain_and_loses_no_payment() {
    // SPEC C-1, C-3, C-4, P-4
    for seed in 0..20 {
        let mut world = world(4, 5, seed);
        world.run_slots(10);
        let halves: [&[usize]; 2] =
            if seed % 2 == 0 { [&[0, 1], &[2, 3, 4]] } else { [&[0], &[1, 2, 3, 4]] };
        world.partition(&halves);
        let mut paid = BTreeSet::new();
        for salt in 0..10_u8 {
            let to = address(&account(50 + salt));
            let expiry = world.expiry(1000);
            let payment =
                transfer(world.spec(), &account(1 + salt % 5), to, 3, salt.into(), expiry);
            paid.insert(payment.id());
            world.submit(usize::from(salt % 5), payment, false);
            world.run_slots(3);
        }
        world.heal();
        world.run_until(30, "one head and every payment", |world| {
            world.agree()
                && world.disk(0).transactions().iter().copied().collect::<BTreeSet<_>>() == paid
        });
        assert!(world.charges.is_empty(), "{:?}", world.charges);
        let reorgs = world.events.iter().filter(|(_, event)| matches!(event, Event::Reorg(_)));
        assert!(reorgs.count() > 0, "somebody changed branches");
    }
}

#[test]
fn a_reorg_deeper_than_what_is_in_memory_completes() {
    // SPEC C-1
    let mut world = world(4, 4, 3);
    world.run_slots(10);
    world.partition(&[&[0], &[1, 2, 3]]);
    world.run_slots(1600);
    assert!(
        world.head(0).height > Height::new(300),
        "the lonely branch is long: {:?}",
        world.head(0)
    );
    world.heal();
    world.run_until(60, "one head", World::agree);
    let deepest = world.events.iter().filter_map(|(_, event)| match event {
        Event::Reorg(record) => Some(record.depth()),
        _ => None,
    });
    assert!(deepest.max() > Some(300));
    assert!(world.charges.is_empty(), "{:?}", world.charges);
}

#[test]
fn a_wiped_node_and_a_late_one_catch_up() {
    // SPEC N-4
    let mut world = world(3, 4, 4);
    world.kill(3);
    world.run_slots(700);
    world.kill(1);
    world.wipe(1);
    world.start(1);
    world.start(3);
    assert_eq!(world.view(3).sync, SyncState::Searching, "it cannot know yet");
    world.run_until(30, "one head", World::agree);
    assert!(world.charges.is_empty(), "{:?}", world.charges);
    assert_eq!(world.disk(1).entries(), world.disk(0).entries());
    let synced_early = world.events.iter().any(|(node, event)| {
        *node == 3 && matches!(event, Event::SyncDone { height, .. } if *height < Height::new(600))
    });
    assert!(!synced_early, "never called synced before it was");
    let mut own = world.events.iter().filter(|(node, _)| *node == 3).map(|(_, event)| event);
    assert!(own.any(|event| matches!(event, Event::SyncDone { .. })), "it is done at last");
    let next = own.find_map(|event| match event {
        Event::BlockImported { via, .. } => Some(*via),
        _ => None,
    });
    assert_ne!(next, Some(Via::Sync), "nothing was left to fetch");
}

#[test]
fn kills_at_any_instant_lose_nothing_that_was_durable() {
    // SPEC C-5
    for seed in 0..10 {
        let mut world = world(4, 4, 100 + seed);
        for round in 0..30_usize {
            let victim = round % 4;
            world.run_slots(2);
            let before = world.head(victim);
            world.kill(victim);
            world.run_slots(1);
            world.start(victim);
            assert_eq!(world.head(victim), before);
        }
        world.run_until(30, "one head", World::agree);
        assert!(world.charges.is_empty(), "{:?}", world.charges);
    }
}

#[test]
fn lost_gossip_is_noticed() {
    // SPEC N-3, P-4
    let mut world = world(4, 5, 5);
    world.links.loss_per_mille = 700;
    world.run_slots(20);
    let to = address(&account(20));
    let paid = transfer(world.spec(), &account(1), to, 5, 1, world.expiry(500));
    world.submit(4, paid.clone(), false);
    world.run_slots(100);
    assert!(world.head(0).height > Height::new(20));
    world.links.loss_per_mille = 0;
    world.run_until(20, "one head with the payment", |world| {
        world.agree() && (0..5).all(|node| world.disk(node).transactions() == [paid.id()])
    });
}

#[test]
fn a_node_with_a_wrong_clock_says_so_and_signs_nothing() {
    // SPEC B-9
    for ahead_ms in [10_000, -10_000] {
        let mut world = world(4, 4, 6);
        world.run_slots(20);
        world.set_clock(3, ahead_ms);
        world.run_slots(60);
        let skewed = world.view(3).clock_ahead_ms.expect("it noticed");
        assert!((skewed - ahead_ms).abs() < 1_500, "{skewed}");
        assert!((0..3).all(|node| world.view(node).clock_ahead_ms.is_none()));
        assert!(world.charges.is_empty(), "nobody is punished for a clock: {:?}", world.charges);
        world.set_clock(3, 0);
        world.run_until(60, "one head, clock fine", |world| {
            world.agree() && world.view(3).clock_ahead_ms.is_none()
        });
        let told = world.events.iter().filter_map(|(node, event)| match event {
            Event::ClockSkewed { .. } => Some((*node, "wrong")),
            Event::ClockFine => Some((*node, "fine")),
            _ => None,
        });
        assert_eq!(told.collect::<Vec<_>>(), [(3, "wrong"), (3, "fine")], "each once");
    }
}

#[test]
fn a_node_that_starts_in_its_own_slot_takes_the_block_before_it_first() {
    // SPEC C-5: it hears where its peers stand, and one block ahead is ahead.
    for seed in 0..20 {
        let mut world = world(3, 3, seed);
        world.run_slots(10);
        while !world.slot().get().is_multiple_of(3) {
            world.run_slots(1);
        }
        // The blocks of slots 0 and 1 of the round are everywhere; that of slot 2 comes without it.
        world.run_slots(2);
        world.kill(0);
        world.run_slots(1);
        world.events.clear();
        world.start(0);
        world.run_slots(6);
        let left = |(node, event): &(usize, Event)| *node == 0 && matches!(event, Event::Reorg(_));
        assert!(!world.events.iter().any(left), "it wrote beside a block that it was told of");
        world.run_until(4, "one head", World::agree);
    }
}
