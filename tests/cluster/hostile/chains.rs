//! Chains that are not what they claim to be.

use coinage_protocol::{
    Answer, Block, BlockHash, Bounded, ChainSpec, Height, Request, SecretKey, Signature, Slot, Tip,
    encode,
};
use coinage_simulation::block_builder::{Forge, seal, tip};
use coinage_simulation::fixtures::{
    account, address, authority, genesis as genesis_value, transfer,
};
use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::{Script, Speech, Villain, claiming, serving};

use super::blamed;
use crate::PROGRAM;

const LENGTH: u64 = 20;

/// Serves blocks as its chain, whatever they are.
fn branch(spec: &ChainSpec, blocks: Vec<Block>) -> Script {
    let last = blocks.last().expect("a chain");
    let header = &last.header.header;
    let head =
        Tip { height: Height::new(LENGTH), slot: header.slot, hash: header.hash(spec.chain()) };
    let chain = *spec.chain();
    serving(spec, head, move |request| match request {
        Request::Headers { .. } => {
            let headers = blocks.iter().map(|block| block.header.clone());
            Some(encode(&Answer::Headers(Bounded::first_of(headers))))
        }
        Request::Blocks { hashes } => {
            let asked = hashes.iter().filter_map(|hash| {
                blocks.iter().find(|block| block.header.header.hash(&chain) == *hash)
            });
            Some(encode(&Answer::Blocks(Bounded::first_of(asked.cloned()))))
        }
        _ => Some(encode(&Answer::Busy)),
    })
}

fn good(spec: &ChainSpec) -> Vec<Block> {
    let mut forge = Forge::new(spec);
    (1..=LENGTH).for_each(|slot| drop(forge.push(Slot::new(slot), Vec::new())));
    forge.blocks
}

fn resigned(spec: &ChainSpec, block: &Block, key: &SecretKey) -> Block {
    seal(spec, block.header.header.clone(), key, block.transactions.clone().into_vec())
}

/// Chains, and what serving them costs at least.
fn bad(spec: &ChainSpec) -> Vec<(&'static str, Vec<Block>)> {
    let mut unsigned = good(spec);
    unsigned.iter_mut().for_each(|block| block.header.signature = Signature::new([0; 64]));
    let swapped = |block: &Block| {
        let turn = u8::try_from((block.header.header.slot.get() + 1) % 2).expect("0 or 1");
        resigned(spec, block, &authority(turn))
    };
    let usurped = |block: &Block| resigned(spec, block, &authority(7));
    let mut elsewhere = genesis_value(2, 1_000);
    elsewhere.time = spec.genesis().time + 1;
    let elsewhere = ChainSpec::new(elsewhere).expect("a valid genesis");
    let mut gap = good(spec);
    gap.remove(9);
    let mut skewed = good(spec);
    let mut header = skewed[9].header.header.clone();
    header.height += 1;
    let forge = Forge::new(spec);
    skewed[9] = seal(spec, header, &forge.leader(skewed[9].header.header.slot), Vec::new());
    let mut invalid = Forge::new(spec);
    let much = u128::from(u64::MAX);
    let expires = spec.slot_time(Slot::new(1_000));
    let unpayable = transfer(spec, &account(1), address(&account(2)), much, 1, expires);
    invalid.push(Slot::new(1), vec![unpayable.transaction().clone()]);
    (2..=LENGTH).for_each(|slot| drop(invalid.push(Slot::new(slot), Vec::new())));
    vec![
        ("bad_header", unsigned),
        ("bad_header", good(spec).iter().map(usurped).collect()),
        // Each key belongs to an authority, but it is the other's turn.
        ("bad_header", good(spec).iter().map(swapped).collect()),
        ("bad_header", good(&elsewhere)),
        ("wrong_answer", gap),
        ("broken_link", skewed),
        ("invalid_chain", invalid.blocks),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_chain_is_followed_whatever_was_served_before() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut villains = Vec::new();
    for (reason, blocks) in bad(&node.spec) {
        let villain = Villain::connect(&node, branch(&node.spec, blocks)).await;
        blamed(&mut node, &villain, "peer.misbehaved", reason);
        villains.push(villain);
    }
    let blocks = good(&node.spec);
    let head = tip(&node.spec, blocks.last().expect("a chain"));
    let _honest = Villain::connect(&node, branch(&node.spec, blocks)).await;
    let hash = head.hash.to_string();
    node.wait("the right chain is followed", |node| node.head() == (LENGTH, hash.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_claim_and_serve_nothing_do_not_keep_the_node_from_the_chain() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let blocks = good(&node.spec);
    let head = tip(&node.spec, blocks.last().expect("a chain"));
    let better = Tip { height: Height::new(LENGTH + 1), ..head };
    let mut silent = Vec::new();
    for number in 0..6_u8 {
        let hash = BlockHash::new([number; 32]);
        let script = claiming(&node.spec, Tip { hash, ..better });
        let mut villain = Villain::connect(&node, script).await;
        villain.asked(Speech::Status).await;
        silent.push(villain);
    }
    // Two of them hold the node's questions by now, and each will say nothing for ten seconds.
    let _honest = Villain::connect(&node, branch(&node.spec, blocks)).await;
    let hash = head.hash.to_string();
    node.wait("the right chain is followed", |node| node.head() == (LENGTH, hash.clone()));
}
