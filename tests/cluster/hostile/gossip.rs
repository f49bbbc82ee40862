//! Messages that nobody asked for.

use std::sync::atomic::{AtomicU64, Ordering};

use coinage_protocol::Topic;
use coinage_protocol::limits::MESSAGE_BYTES_MAX;
use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::{Villain, signed_frame, words};
use libp2p::identity::Keypair;

use super::{Before, MOMENT, blamed, peaceful};
use crate::PROGRAM;

/// Other bytes at every call: the same again would be a message that is known.
fn noise(bytes: usize) -> Vec<u8> {
    static SEED: AtomicU64 = AtomicU64::new(0);
    let mut state = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_messages_of_garbage_are_a_ban_and_change_nothing() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    for (what, topic) in [
        ("a block", Topic::Blocks),
        ("transactions", Topic::Transactions),
        ("a vote", Topic::Votes),
    ] {
        let keypair = Keypair::generate_ed25519();
        let mut villain = Villain::dial(&node, keypair.clone(), peaceful(&node));
        let topic = villain.topic(topic);
        assert!(villain.is_connected().await, "{what}");
        villain.gossip(&topic, &noise(1_000));
        blamed(&mut node, &villain, "peer.misbehaved", "undecodable");
        assert!(node.lines(&["peer.banned", &villain.name()]).is_empty(), "{what}: once is clumsy");
        villain.gossip(&topic, &noise(100));
        villain.gone().await;
        blamed(&mut node, &villain, "peer.banned", "undecodable");
        let mut again = Villain::dial(&node, keypair, peaceful(&node));
        again.gone().await;
        before.holds(&node).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_its_gossip_is_not_heard_and_not_blamed() {
    // SPEC N-10: an author, a number or a signature is enough.
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut villain = Villain::connect(&node, peaceful(&node)).await;
    let topic = villain.topic(Topic::Blocks);
    for fields in [&[1][..], &[3], &[5], &[1, 3, 5]] {
        villain.gossip_frame(signed_frame(&topic, &noise(100), fields));
    }
    // What comes behind them on the same stream is heard, and would be the fifth.
    villain.gossip_frame(signed_frame(&topic, &noise(100), &[]));
    blamed(&mut node, &villain, "peer.misbehaved", "undecodable");
    assert_eq!(node.lines(&["peer.misbehaved"]).len(), 1, "{}", node.log());
    villain.exchange(&super::status_of(&node)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_above_the_limit_and_on_unknown_topics_cost_the_node_nothing() {
    let node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let mut large = Villain::connect(&node, peaceful(&node)).await;
    let topic = large.topic(Topic::Blocks);
    large.gossip(&topic, &noise(MESSAGE_BYTES_MAX + 1));
    before.holds(&node).await;
    let mut huge = Villain::connect(&node, peaceful(&node)).await;
    // The frame says that it has 2^62 bytes.
    huge.gossip_frame([[0xff; 8].as_slice(), &[0x3f], &noise(100_000)].concat());
    before.holds(&node).await;
    let mut strange = Villain::connect(&node, peaceful(&node)).await;
    for number in 0..60 {
        strange.gossip(&format!("/coinage/elsewhere/{number}"), &noise(1_000_000));
        strange.gossip(&format!("{topic}{number}"), b"");
    }
    let status = super::status_of(&node);
    strange.exchange(&status).await;
    for _ in 0..20 {
        before.holds(&node).await;
        tokio::time::sleep(MOMENT / 3).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_and_leaves_topics_without_end_is_banned_and_who_does_so_often_is_not() {
    // SPEC X-2
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let mut fickle = Villain::connect(&node, peaceful(&node)).await;
    let mut villain = Villain::connect(&node, peaceful(&node)).await;
    let frame = words(&villain.topic(Topic::Blocks), 50);
    for _ in 0..10 {
        fickle.gossip_frame(frame.clone());
    }
    for _ in 0..1_000 {
        villain.gossip_frame(frame.clone());
    }
    villain.gone().await;
    blamed(&mut node, &villain, "peer.misbehaved", "flood");
    blamed(&mut node, &villain, "peer.banned", "flood");
    fickle.exchange(&super::status_of(&node)).await;
    before.holds(&node).await;
}
