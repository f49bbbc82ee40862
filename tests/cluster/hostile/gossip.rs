//! Messages that nobody asked for.

use std::sync::atomic::{AtomicU64, Ordering};

use coinage_protocol::limits::{BLOCK_BYTES_MAX, MESSAGE_BYTES_MAX};
use coinage_protocol::{Topic, Transaction, TransactionBatch, encode};
use coinage_simulation::forge::Forge;
use coinage_simulation::money::{account, address, transfer};
use coinage_tests::solo::Solo;
use coinage_tests::villain::Villain;
use libp2p::identity::Keypair;

use super::{Before, MOMENT, blamed, peaceful};
use crate::PROGRAM;

fn payment(node: &Solo, salt: u64) -> Transaction {
    let expires = node.network.slot_time(1_000);
    transfer(&node.network, &account(1), address(&account(2)), 5, salt, expires)
        .transaction()
        .clone()
}

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

/// What is no message of its topic.
fn garbage(node: &Solo) -> Vec<(&'static str, Topic, Vec<u8>)> {
    let block = encode(&Forge::new(&node.network).push(1, vec![payment(node, 1)]));
    let batch = encode(&TransactionBatch::first_of([payment(node, 2)]));
    let empty = encode(&Forge::new(&node.network).push(1, Vec::new()));
    let header = &empty[..empty.len() - 8];
    let endless = (1_u64 << 63).to_le_bytes();
    let blocks = Topic::Blocks;
    vec![
        ("empty", blocks, Vec::new()),
        ("one byte", blocks, block[..1].to_vec()),
        ("half", blocks, block[..block.len() / 2].to_vec()),
        ("one byte short", blocks, block[..block.len() - 1].to_vec()),
        ("one byte more", blocks, [&*block, &[0]].concat()),
        ("noise", blocks, noise(1000)),
        ("as much noise as a block may have", blocks, noise(BLOCK_BYTES_MAX)),
        ("transactions", blocks, batch.clone()),
        ("a list without end", blocks, [header, &endless].concat()),
        ("no transaction", Topic::Transactions, Vec::new()),
        ("an empty list", Topic::Transactions, vec![0; 8]),
        ("a block", Topic::Transactions, block),
        ("a list without end", Topic::Transactions, endless.to_vec()),
        ("one byte more", Topic::Transactions, [&*batch, &[0]].concat()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn two_messages_of_garbage_are_a_ban_and_change_nothing() {
    let mut node = Solo::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    for (what, topic, bytes) in garbage(&node) {
        let keypair = Keypair::generate_ed25519();
        let mut villain = Villain::dial(&node, keypair.clone(), peaceful(&node));
        let topic = villain.topic(topic);
        assert!(villain.is_connected().await, "{what}");
        villain.gossip(&topic, &bytes);
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
async fn messages_above_the_limit_and_on_unknown_topics_cost_the_node_nothing() {
    let node = Solo::start(PROGRAM, &[]);
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
async fn a_wrong_body_does_not_shut_out_the_right_one() {
    let mut node = Solo::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let mut forge = Forge::new(&node.network);
    let block = forge.push(1, vec![payment(&node, 1)]);
    let mut other = block.clone();
    other.transactions = coinage_protocol::Bounded::first_of([payment(&node, 2)]);
    let mut villain = Villain::connect(&node, peaceful(&node)).await;
    let topic = villain.topic(Topic::Blocks);
    villain.gossip(&topic, &encode(&other));
    blamed(&mut node, &villain, "peer.misbehaved", "other_body");
    before.holds(&node).await;
    before.honest.gossip(&topic, &encode(&block));
    let hash = forge.tip.hash.to_string();
    node.wait("the right body is taken", |node| node.head() == (1, hash.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_payment_is_taken_after_its_forged_copy() {
    let mut node = Solo::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let honest = payment(&node, 1);
    let forged = {
        let other = payment(&node, 2);
        Transaction { body: honest.body.clone(), witnesses: other.witnesses }
    };
    let mut villain = Villain::connect(&node, peaceful(&node)).await;
    let topic = villain.topic(Topic::Transactions);
    villain.gossip(&topic, &encode(&TransactionBatch::first_of([forged])));
    blamed(&mut node, &villain, "peer.misbehaved", "bad_transaction");
    before.holds(&node).await;
    before.honest.gossip(&topic, &encode(&TransactionBatch::first_of([honest.clone()])));
    let id = honest.body.id(node.network.chain()).to_string();
    node.wait("the payment waits", |node| {
        let found = node.get(&format!("/v1/transactions/{id}"));
        found.is_some_and(|answer| answer.status == 200)
    });
}
