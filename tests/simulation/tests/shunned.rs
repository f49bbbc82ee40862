//! Goal: headers of which nobody gives the blocks cost little, and keep nobody's blocks out.
//! Method: a lone engine; its questions stay open until the test answers them.

use coinage_protocol::engine::{Input, PeerRef};
use coinage_protocol::{BlockHash, Height, Slot, Tip};
use coinage_simulation::block_builder::{Forge, tip};

use crate::asker::{Asker, branch};

/// Slots after which headers without their blocks are forgotten, and how much longer they are not
/// taken again, in milliseconds of half-second slots.
const PATIENCE_MS: u64 = 16_000;
const SHUNNED_MS: u64 = 8 * PATIENCE_MS;

/// A node that has just lost patience with peer 2, its only one, which shows headers alone.
fn impatient(withheld: &Forge) -> Asker {
    let mut node = Asker::new(Slot::new(1_000));
    node.connect(PeerRef(2), withheld.tip);
    node.show(PeerRef(2), &withheld.blocks);
    node.wait_ms(PATIENCE_MS);
    assert_eq!(node.headers_only(), [withheld.tip], "patience lasts so long");
    node.wait_ms(1);
    assert_eq!((node.headers_only(), node.gauge("shunned headers")), (Vec::new(), 1));
    node
}

#[test]
fn headers_without_their_blocks_are_not_taken_again_for_a_while() {
    // SPEC N-4
    let (withheld, peer) = (branch(1..9), PeerRef(2));
    let mut node = impatient(&withheld);
    for ms in [1, SHUNNED_MS - 2] {
        node.wait_ms(ms);
        node.claim(peer, withheld.tip);
        node.show(peer, &withheld.blocks);
        assert_eq!(node.headers_only(), [], "after {ms} ms");
    }
    node.wait_ms(1);
    node.claim(peer, withheld.tip);
    node.show(peer, &withheld.blocks);
    assert_eq!((node.headers_only(), node.charges.len()), (vec![withheld.tip], 0));
}

#[test]
fn a_new_connection_may_bring_headers_that_are_not_taken_from_those_before_it() {
    // SPEC N-4
    let (withheld, [old, new]) = (branch(1..9), [PeerRef(2), PeerRef(3)]);
    let mut node = impatient(&withheld);
    node.connect(new, tip(&node.spec, &withheld.blocks[3]));
    node.show(new, &withheld.blocks[..4]);
    assert_eq!(node.headers_only(), [tip(&node.spec, &withheld.blocks[3])]);
    node.claim(old, withheld.tip);
    node.show(old, &withheld.blocks);
    assert_eq!(node.headers_only(), [withheld.tip], "they are known again");
}

#[test]
fn who_shows_headers_that_are_not_taken_is_asked_for_the_first_block_once() {
    // SPEC N-4
    let (withheld, peer) = (branch(1..9), PeerRef(2));
    let mut node = impatient(&withheld);
    node.give(peer, &[]);
    for _ in 0..2 {
        node.claim(peer, withheld.tip);
        node.show(peer, &withheld.blocks);
        let asked: Vec<_> = node.blocks(peer).into_iter().map(|(_, hashes)| hashes).collect();
        assert_eq!(asked, [node.hashes(&withheld.blocks[..1])]);
    }
    node.give(peer, &withheld.blocks[..1]);
    assert_eq!(node.engine.head().height, 1);
    node.claim(peer, withheld.tip);
    node.show(peer, &withheld.blocks[1..]);
    assert_eq!(node.headers_only(), [withheld.tip], "the rest hangs on what is here");
}

#[test]
fn who_is_gone_when_its_headers_come_is_asked_for_nothing() {
    // SPEC N-4; found by the fuzzer
    let (withheld, peer) = (branch(1..9), PeerRef(2));
    let mut node = impatient(&withheld);
    node.give(peer, &[]);
    node.claim(peer, withheld.tip);
    node.input(Input::Disconnected { peer });
    node.show(peer, &withheld.blocks);
    assert_eq!(node.blocks(peer), []);
}

#[test]
fn who_shows_headers_that_are_not_taken_is_not_asked_when_six_questions_are_open() {
    // SPEC N-4
    let (withheld, chain, peer) = (branch(1..9), branch(20..320), PeerRef(2));
    let mut node = impatient(&withheld);
    node.give(peer, &[]);
    (3..6).map(PeerRef).for_each(|peer| node.connect(peer, chain.tip));
    node.show(PeerRef(3), &chain.blocks);
    assert_eq!(node.gauge("questions for blocks"), 6);
    node.claim(
        peer,
        Tip { height: Height::new(400), slot: Slot::new(900), hash: BlockHash::new([4; 32]) },
    );
    node.wait_ms(1_000);
    node.show(peer, &withheld.blocks);
    assert_eq!((node.gauge("questions for blocks"), node.blocks(peer)), (6, Vec::new()));
}

#[test]
fn each_branch_without_its_blocks_is_remembered_for_its_own_time() {
    // SPEC N-4
    let (one, two, peer) = (branch(1..9), branch(20..30), PeerRef(2));
    let mut node = impatient(&one);
    node.claim(peer, two.tip);
    node.show(peer, &two.blocks);
    node.wait_ms(PATIENCE_MS + 1);
    assert_eq!((node.headers_only(), node.gauge("shunned headers")), (Vec::new(), 2));
    node.claim(peer, one.tip);
    node.show(peer, &one.blocks);
    assert_eq!(node.headers_only(), [], "the first one, too");
}
