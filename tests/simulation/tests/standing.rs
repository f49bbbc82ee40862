//! Goal: a node says truly how it stands, and signs only when that is right.
//! Method: a lone engine; the test plays its peers.

use coinage_protocol::engine::{Event, PeerRef, Publication, SyncState};
use coinage_protocol::limits::FUTURE_SLOTS_MAX;
use coinage_protocol::{Height, Slot};
use coinage_simulation::block_builder::Forge;
use coinage_simulation::fixtures::chain_spec;
use coinage_simulation::target::{Target, Trick};

use crate::asker::{Asker, branch};

const PEER: PeerRef = PeerRef(2);

/// A node that has been there for longer than two rounds and has the chain of these slots, in slot
/// 1,000.
fn caught_up(slots: impl IntoIterator<Item = u64>) -> (Asker, Forge) {
    let (mut node, chain) = (Asker::new(Slot::new(980)), branch(slots));
    node.connect(PEER, branch([]).tip);
    node.wait_ms(20 * 500);
    node.claim(PEER, chain.tip);
    node.show(PEER, &chain.blocks);
    node.give(PEER, &chain.blocks);
    assert_eq!(node.engine.head(), chain.tip);
    (node, chain)
}

fn own_blocks(target: &Target) -> usize {
    let is_block = |one: &&Publication| matches!(one, Publication::Block(_));
    target.published.iter().filter(is_block).count()
}

#[test]
fn a_sync_tells_how_far_it_is_every_two_seconds() {
    let chain = branch(1..300);
    let mut node = Asker::new(Slot::new(1_000));
    let told = |node: &Asker| {
        let progress =
            |event: &&Event| matches!(event, Event::SyncProgress { target, .. } if *target == 299);
        node.events.iter().filter(progress).count()
    };
    node.connect(PEER, chain.tip);
    node.show(PEER, &chain.blocks);
    for (ms, times) in [(1_999, 0), (1, 1), (1_999, 1), (1, 2)] {
        node.wait_ms(ms);
        assert_eq!(told(&node), times);
    }
}

#[test]
fn one_block_that_is_missing_for_two_slots_is_a_lag_and_before_that_it_is_on_its_way() {
    let mut node = Asker::new(Slot::new(1_000));
    let chain = branch([900]);
    node.connect(PEER, chain.tip);
    node.show(PEER, &chain.blocks);
    node.wait_ms(1_000);
    assert_eq!(node.engine.view().sync, SyncState::Searching);
    node.wait_ms(1);
    assert_eq!(node.engine.view().sync, SyncState::Syncing { target: Height::new(1) });
}

#[test]
fn a_sync_is_done_when_nothing_better_is_left_and_no_sooner() {
    let chain = branch(1..6);
    let mut node = Asker::new(Slot::new(6));
    node.connect(PEER, chain.tip);
    node.show(PEER, &chain.blocks);
    node.give(PEER, &chain.blocks[..4]);
    assert_eq!(node.engine.head().height, 4);
    assert_eq!(node.engine.view().sync, SyncState::Syncing { target: Height::new(5) });
    node.give(PEER, &chain.blocks[4..]);
    assert_eq!(node.engine.view().sync, SyncState::Synced);
}

#[test]
fn who_hears_blocks_far_above_its_head_is_not_synced_though_nobody_shows_the_way() {
    // SPEC C-7: the peer has said where it stands, and answers nothing else yet.
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(1_000));
    target.tricks.insert(PEER, Trick::Silent);
    target.peer(PEER, branch(990..1_000).blocks);
    let chain = branch(990..1_000);
    for block in &chain.blocks[6..] {
        target.offer(PEER, block);
    }
    target.wait_ms(1);
    assert_eq!((target.view().heard, target.head().height.get()), (4, 0));
    assert_eq!(target.view().sync, SyncState::Searching);
}

#[test]
fn a_process_that_stood_still_for_three_seconds_has_not_paused_and_for_longer_it_has() {
    // SPEC C-5
    let (mut node, _) = caught_up(996..1_000);
    node.sleep_ms(2_000);
    assert_eq!(node.engine.view().sync, SyncState::Synced);
    node.sleep_ms(3_000);
    assert_eq!(node.engine.view().sync, SyncState::Alone, "it has heard for long enough");
    node.sleep_ms(3_001);
    assert_eq!(node.engine.view().sync, SyncState::Searching, "it hears its peers first");
}

#[test]
fn a_node_whose_clock_the_others_contradict_signs_nothing() {
    // SPEC B-9, C-5
    for contradicted in [false, true] {
        let mut target = Target::leading(&chain_spec(4, 500), Slot::new(21), 0);
        if contradicted {
            let blocks = branch([30, 31, 33]).blocks;
            for block in &blocks {
                target.offer(PEER, block);
            }
        }
        assert_eq!(target.view().clock_ahead_ms.is_some(), contradicted);
        target.wait_ms(2_000);
        assert_eq!(own_blocks(&target), usize::from(!contradicted), "it leads slot 24");
    }
}

#[test]
fn a_node_that_catches_up_notices_that_its_clock_is_behind() {
    // SPEC B-9
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(20));
    target.tricks.insert(PEER, Trick::Withhold);
    target.peer(PEER, branch(1..10).blocks);
    assert_eq!(target.view().sync, SyncState::Syncing { target: Height::new(9) });
    let blocks = branch([30, 31, 32]).blocks;
    for block in &blocks {
        target.offer(PEER, block);
    }
    assert!(target.view().clock_ahead_ms.is_some_and(|ahead| ahead < 0));
}

#[test]
fn a_block_that_comes_again_later_says_nothing_about_the_clock() {
    // SPEC B-9
    let spec = chain_spec(3, 500);
    let mut forge = Forge::new(&spec);
    let (late, newest) =
        (forge.push(Slot::new(1), Vec::new()), forge.push(Slot::new(8), Vec::new()));
    let mut target = Target::new(&spec, Slot::new(7));
    target.offer(PEER, &late);
    target.wait_ms(500);
    target.offer(PEER, &newest);
    target.wait_ms(2_600);
    target.offer(PEER, &newest);
    assert_eq!(target.view().clock_ahead_ms, None, "one was late, and one came twice");
}

#[test]
fn whoever_keeps_the_body_of_the_next_block_does_not_silence_a_leader() {
    // SPEC C-5
    let mut target = Target::leading(&chain_spec(4, 500), Slot::new(21), 0);
    target.wait_ms(1_200);
    target.tricks.insert(PEER, Trick::Withhold);
    target.peer(PEER, branch([5]).blocks);
    target.wait_ms(500);
    assert_eq!(own_blocks(&target), 1, "it leads slot 24");
}

#[test]
fn a_block_too_far_ahead_is_not_held() {
    // SPEC B-9
    let (near, far) = (10 + FUTURE_SLOTS_MAX, 11 + FUTURE_SLOTS_MAX);
    for (slot, height) in [(near, 1), (far, 0)] {
        let mut target = Target::new(&chain_spec(4, 500), Slot::new(10));
        target.offer(PEER, &branch([slot]).blocks[0]);
        target.wait_ms(500 * (FUTURE_SLOTS_MAX + 2));
        assert_eq!(target.head().height, height, "slot {slot}");
    }
}

#[test]
fn a_node_that_hears_of_no_majority_of_the_authorities_is_alone() {
    // SPEC C-7
    let heard = |slots: &[u64]| {
        let (node, _) = caught_up(slots.iter().copied());
        let view = node.engine.view();
        (view.heard, view.sync)
    };
    assert_eq!(heard(&[996, 997, 998]), (3, SyncState::Synced));
    assert_eq!(
        heard(&[993, 996, 997, 1_000]),
        (2, SyncState::Alone),
        "two of four are no majority"
    );
    assert_eq!(heard(&[992, 996, 1_000]), (1, SyncState::Alone));
    assert_eq!(heard(&[992, 993, 994]), (3, SyncState::Synced), "the last two rounds");
    assert_eq!(heard(&[991, 993, 994]), (2, SyncState::Alone), "and no longer");
}

#[test]
fn a_node_is_alone_two_rounds_after_the_others_have_fallen_silent() {
    // SPEC C-7
    let (mut node, _) = caught_up(996..1_000);
    let mut states = Vec::new();
    for _ in 0..20 {
        node.wait_ms(500);
        let state = node.engine.view().sync;
        if states.last().is_none_or(|(_, last)| *last != state) {
            states.push((states.len(), state));
        }
    }
    let states: Vec<_> = states.into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, [SyncState::Synced, SyncState::Alone, SyncState::Stalled]);
}

#[test]
fn who_signs_alone_is_alone_unless_it_is_the_only_authority() {
    // SPEC C-7
    for (authorities, state) in
        [(1, SyncState::Synced), (2, SyncState::Alone), (4, SyncState::Alone)]
    {
        let mut target = Target::leading(&chain_spec(authorities, 500), Slot::new(21), 0);
        target.wait_ms(10_000);
        assert!(own_blocks(&target) > 1, "blocks go on");
        assert_eq!(target.view().sync, state, "{authorities} authorities");
    }
}

#[test]
fn a_node_that_starts_again_knows_whose_blocks_stand_at_the_end_of_its_chain() {
    // SPEC C-7
    let (mut node, _) = caught_up(990..1_000);
    node.restart();
    node.connect(PEER, node.engine.head());
    assert_eq!(node.engine.view().sync, SyncState::Synced);
}
