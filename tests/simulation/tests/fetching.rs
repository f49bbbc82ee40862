//! Goal: what a node asks of whom, and when, while answers are still under way.
//! Method: a lone engine; its questions stay open until the test answers them.

use std::collections::BTreeSet;

use coinage_protocol::engine::{PeerRef, SyncState};
use coinage_protocol::limits::HEADERS_MAX;
use coinage_protocol::{BlockHash, Height, Offence, Slot, Tip};
use coinage_simulation::block_builder::tip;

use crate::asker::{Asker, branch, peers};

#[test]
fn six_questions_for_blocks_are_open_at_most_and_two_to_each_peer() {
    // SPEC N-4
    let chain = branch(1..300);
    let mut node = Asker::new(Slot::new(1_000));
    node.connect(PeerRef(1), chain.tip);
    node.show(PeerRef(1), &chain.blocks);
    assert_eq!(node.blocks(PeerRef(1)).len(), 2, "while there is nobody else");
    peers(4).skip(1).for_each(|peer| node.connect(peer, chain.tip));
    let all: Vec<_> = peers(4).flat_map(|peer| node.blocks(peer)).collect();
    assert_eq!(all.len(), 6);
    assert!(peers(4).all(|peer| node.blocks(peer).len() <= 2));
    let asked: BTreeSet<_> = all.iter().flat_map(|(_, hashes)| hashes.clone()).collect();
    assert_eq!(asked, node.hashes(&chain.blocks[..192]).into_iter().collect(), "the first ones");
    let first = all.iter().min().expect("six").clone();
    let (peer, _) = node.open[&first.0];
    let place = node.hashes(&chain.blocks).iter().position(|hash| *hash == first.1[0]);
    let place = place.expect("asked for");
    node.give(peer, &chain.blocks[place..place + 32]);
    let next: BTreeSet<_> = peers(4)
        .flat_map(|peer| node.blocks(peer))
        .flat_map(|(_, hashes)| hashes)
        .filter(|hash| !asked.contains(hash))
        .collect();
    assert_eq!(next, node.hashes(&chain.blocks[192..224]).into_iter().collect());
}

#[test]
fn a_better_branch_waits_for_room_among_the_questions_for_blocks() {
    // SPEC N-4
    let (first, better) = (branch((1..300).step_by(3)), branch((2..900).step_by(3)));
    let mut node = Asker::new(Slot::new(1_000));
    peers(4).for_each(|peer| node.connect(peer, first.tip));
    node.show(PeerRef(1), &first.blocks);
    assert_eq!(node.gauge("questions for blocks"), 4, "for 100 blocks");
    peers(4).for_each(|peer| node.claim(peer, better.tip));
    node.show(PeerRef(2), &better.blocks);
    assert_eq!(node.headers_only()[0], better.tip);
    assert_eq!(node.gauge("questions for blocks"), 6, "there was room for two");
    node.wait_ms(100);
    assert_eq!(node.gauge("questions for blocks"), 6);
}

#[test]
fn two_peers_are_asked_for_headers_and_another_when_one_is_late() {
    // SPEC N-4
    let chain = branch(1..10);
    let mut node = Asker::new(Slot::new(1_000));
    peers(3).for_each(|peer| node.connect(peer, chain.tip));
    let asked = |node: &Asker| peers(3).map(|peer| node.headers(peer).len()).collect::<Vec<_>>();
    assert_eq!(asked(&node), [1, 1, 0]);
    node.wait_ms(999);
    assert_eq!(asked(&node), [1, 1, 0]);
    node.wait_ms(1);
    assert_eq!(asked(&node), [1, 1, 1], "whoever is asked already is not asked again");
}

#[test]
fn a_page_of_known_headers_is_gone_on_from() {
    // SPEC N-4
    let chain = branch(1..1_100);
    let (mut node, [one, two]) = (Asker::new(Slot::new(2_000)), [PeerRef(1), PeerRef(2)]);
    node.connect(one, chain.tip);
    node.show(one, &chain.blocks[..HEADERS_MAX]);
    node.connect(two, chain.tip);
    // The first one is silent now; the other shows what is known.
    node.show(two, &chain.blocks[..HEADERS_MAX]);
    let last = node.hashes(&chain.blocks)[HEADERS_MAX - 1];
    let asked = node.headers(two);
    assert_eq!(asked.first().map(|(_, from)| from[0]), Some(last), "from where it ended");
    node.show(two, &chain.blocks[..HEADERS_MAX]);
    assert_eq!(node.headers(two), [], "it would go round in circles");
}

#[test]
fn headers_are_fetched_no_further_than_1024_blocks_ahead() {
    // SPEC N-4
    let (chain, peer) = (branch(1..1_100), PeerRef(1));
    let mut node = Asker::new(Slot::new(2_000));
    node.connect(peer, chain.tip);
    node.show(peer, &chain.blocks[..HEADERS_MAX]);
    node.show(peer, &chain.blocks[HEADERS_MAX..2 * HEADERS_MAX]);
    assert_eq!(
        (node.headers_only()[0].height, node.headers(peer)),
        (Height::new(1_024), Vec::new())
    );
    node.give(peer, &chain.blocks[..1]);
    assert_eq!(node.headers(peer).len(), 1, "there is room again");
}

#[test]
fn a_head_that_was_claimed_meanwhile_is_asked_for_next() {
    // SPEC N-3, N-4
    let (chain, peer) = (branch(1..20), PeerRef(1));
    let mut node = Asker::new(Slot::new(1_000));
    node.connect(peer, tip(&node.spec, &chain.blocks[4]));
    node.claim(peer, chain.tip);
    node.show(peer, &chain.blocks[..5]);
    node.show(peer, &chain.blocks[5..]);
    assert_eq!(node.headers_only(), [chain.tip]);
    assert_eq!(node.headers(peer), [], "all it claims is known");
}

#[test]
fn a_peer_that_went_over_to_a_better_branch_is_not_blamed_for_its_old_head() {
    // SPEC N-3, X-1
    let (old, new) = (branch(1..4), branch(10..15));
    let (mut node, peer) = (Asker::new(Slot::new(1_000)), PeerRef(1));
    node.connect(peer, old.tip);
    node.show(peer, &new.blocks);
    assert_eq!((node.charges.as_slice(), node.headers_only()), (&[][..], vec![new.tip]));
}

#[test]
fn who_claims_a_head_to_which_its_headers_do_not_lead_is_charged() {
    // SPEC N-3, X-1
    let chain = branch(1..4);
    let (mut node, peer) = (Asker::new(Slot::new(1_000)), PeerRef(1));
    node.connect(
        peer,
        Tip { height: Height::new(9), slot: Slot::new(9), hash: BlockHash::new([9; 32]) },
    );
    node.show(peer, &chain.blocks);
    assert_eq!(node.charges, [(peer, Offence::LyingStatus)]);
    assert_eq!(node.headers_only(), [chain.tip], "what it showed is as good as any");
}

#[test]
fn who_has_nothing_new_about_a_head_that_another_has_shown_meanwhile_is_not_blamed() {
    // SPEC N-3, X-1
    let chain = branch(1..4);
    let (mut node, [one, two]) = (Asker::new(Slot::new(1_000)), [PeerRef(1), PeerRef(2)]);
    node.connect(one, chain.tip);
    node.connect(two, chain.tip);
    node.show(one, &chain.blocks);
    node.show(two, &[]);
    assert_eq!(node.charges, []);
}

#[test]
fn headers_of_the_next_slot_are_taken_and_those_of_the_one_after_it_are_not() {
    // SPEC B-9
    let chain = branch([1, 11, 12]);
    let (mut node, peer) = (Asker::new(Slot::new(10)), PeerRef(1));
    node.connect(peer, chain.tip);
    node.show(peer, &chain.blocks);
    assert_eq!(node.headers_only(), [tip(&node.spec, &chain.blocks[1])], "clocks differ");
    assert_eq!(node.charges, []);
}

#[test]
fn the_target_is_the_best_head_that_is_proven_and_no_claim_moves_it() {
    // SPEC N-3
    let chain = branch(1..40);
    let at = |node: &Asker, height: usize| tip(&node.spec, &chain.blocks[height - 1]);
    let mut node = Asker::new(Slot::new(1_000));
    let syncing = |node: &Asker| node.engine.view().sync;
    let head = at(&node, 10);
    node.connect(PeerRef(1), head);
    assert_eq!(syncing(&node), SyncState::Searching, "a word is no proof");
    node.show(PeerRef(1), &chain.blocks[..10]);
    assert_eq!(syncing(&node), SyncState::Syncing { target: Height::new(10) });
    node.connect(
        PeerRef(2),
        Tip { height: Height::new(9_999), slot: Slot::new(999), hash: BlockHash::new([9; 32]) },
    );
    node.connect(PeerRef(3), at(&node, 30));
    assert_eq!(syncing(&node), SyncState::Syncing { target: Height::new(10) });
    node.show(PeerRef(3), &chain.blocks[..30]);
    assert_eq!(syncing(&node), SyncState::Syncing { target: Height::new(30) });
}
