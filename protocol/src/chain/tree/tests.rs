use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::bounds::SLACK_PART;
use super::{Body, Tree};
use crate::block::{Block, CheckedBlock};
use crate::bounded::Bounded;
use crate::chain::InForce;
use crate::chain::{Marks, Tip, Via};
use crate::hash::BlockHash;
use crate::keys::Signature;
use crate::limits::SIDE_BYTES_MAX;
use crate::lock::Lock;
use crate::samples::{block, chain_spec, payment, secret};
use crate::transaction::{KeySignature, Transaction, Witness};
use crate::units::{Height, Slot};

impl Tree {
    /// Sets the number of bytes that the bodies seem to take.
    pub(in crate::chain) fn fill(&mut self, bytes: usize) {
        self.bytes = bytes;
    }
}

/// A block of a slot on top of another one, or of the chain's end.
fn on(parent: Option<&CheckedBlock>, slot: Slot, body: &[Transaction]) -> Arc<CheckedBlock> {
    let empty = block(vec![]);
    let mut header = empty.header;
    header.header.slot = slot;
    header.header.height = parent.map_or(Height::new(1), |parent| parent.header().height + 1);
    header.header.previous = parent.map_or_else(|| chain_spec().genesis_hash(), CheckedBlock::hash);
    let block = Block { header, transactions: Bounded::first_of(body.to_vec()) };
    Arc::new(CheckedBlock::trusted(block, chain_spec().chain()))
}

/// Blocks of these slots, one on top of the other.
fn branch(slots: impl IntoIterator<Item = u64>) -> Vec<Arc<CheckedBlock>> {
    let mut blocks = Vec::<Arc<CheckedBlock>>::new();
    for slot in slots {
        blocks.push(on(blocks.last().map(|block| &**block), Slot::new(slot), &[]));
    }
    blocks
}

fn in_force() -> InForce {
    InForce::at_genesis(&chain_spec())
}

fn hang(tree: &mut Tree, block: &Arc<CheckedBlock>) {
    let here = Body::Here(Arc::clone(block), Via::Gossip);
    tree.insert(block.verified_header().clone(), here, Marks::default(), in_force());
}

fn hang_header(tree: &mut Tree, block: &CheckedBlock) {
    tree.insert(block.verified_header().clone(), Body::Missing, Marks::default(), in_force());
}

fn place(block: &CheckedBlock) -> Tip {
    Tip { height: block.header().height, slot: block.header().slot, hash: block.hash() }
}

fn known(tree: &Tree) -> Option<Tip> {
    tree.best_known().map(|best| best.tip)
}

fn complete(tree: &Tree) -> Option<Tip> {
    tree.best_complete().map(|best| best.tip)
}

fn ends(tree: &Tree) -> Vec<(Tip, bool, bool)> {
    tree.ends().map(|(ranked, complete, invalid)| (ranked.tip, complete, invalid)).collect()
}

fn hashes(blocks: &[Arc<CheckedBlock>]) -> Vec<BlockHash> {
    blocks.iter().map(|block| block.hash()).collect()
}

#[test]
fn bodies_in_any_order_complete_a_branch_from_the_chain_up() {
    // SPEC N-4
    let (mut tree, blocks) = (Tree::default(), branch([1, 2, 3]));
    let places: Vec<_> = blocks.iter().map(|block| place(block)).collect();
    blocks.iter().for_each(|block| hang_header(&mut tree, block));
    assert_eq!((known(&tree), complete(&tree)), (Some(places[2]), None));
    assert_eq!(tree.missing_below(&blocks[2].hash(), 9), places);
    assert_eq!(tree.missing_below(&blocks[2].hash(), 2), places[..2]);
    hang(&mut tree, &blocks[2]);
    assert_eq!(
        (tree.missing_below(&blocks[2].hash(), 9), complete(&tree)),
        (places[..2].to_vec(), None)
    );
    hang(&mut tree, &blocks[0]);
    assert_eq!(complete(&tree), Some(places[0]));
    hang(&mut tree, &blocks[1]);
    assert_eq!(complete(&tree), Some(places[2]));
    assert_eq!(tree.missing_below(&blocks[2].hash(), 9), []);
    assert_eq!(tree.path_to(&blocks[2].hash(), None), hashes(&blocks));
    let asked = [blocks[1].hash(), blocks[2].hash(), chain_spec().genesis_hash()];
    assert_eq!(asked.map(|hash| tree.branch_len(&hash)), [2, 3, 0]);
    assert_eq!(tree.parent(&blocks[2].hash()), Some(blocks[1].hash()));
    assert!(ends(&tree) == [(places[2], true, false)]);
}

#[test]
fn a_condemned_block_takes_with_it_all_that_follow_and_nothing_else() {
    // SPEC B-10
    let (mut tree, trunk) = (Tree::default(), branch([1, 2, 3]));
    let other = on(Some(&trunk[0]), Slot::new(5), &[]);
    for block in trunk.iter().chain([&other]) {
        hang(&mut tree, block);
    }
    tree.condemn(&trunk[1].hash());
    let invalid = |tree: &Tree, block: &CheckedBlock| tree.find(&block.hash()).map(|(_, is)| is);
    let found = [&trunk[0], &trunk[1], &trunk[2], &other].map(|block| invalid(&tree, block));
    assert_eq!(found, [Some(false), Some(true), Some(true), Some(false)]);
    assert_eq!((known(&tree), complete(&tree)), (Some(place(&other)), Some(place(&other))));
    assert!(
        matches!(tree.body(&trunk[1].hash()), Some(Body::Missing)),
        "its body is worth nothing"
    );
    hang(&mut tree, &trunk[1]);
    assert_eq!(known(&tree), Some(place(&other)), "it stays out, whoever brings it again");
    let mut ends = ends(&tree);
    ends.sort_by_key(|(tip, ..)| tip.slot);
    assert_eq!(ends, [(place(&trunk[2]), false, true), (place(&other), true, false)]);
}

#[test]
fn what_is_forgotten_or_taken_leaves_nothing_behind() {
    let (mut tree, trunk) = (Tree::default(), branch([1, 2, 3]));
    let other = on(Some(&trunk[0]), Slot::new(5), &[payment(1)]);
    for block in trunk.iter().chain([&other]) {
        hang(&mut tree, block);
    }
    tree.forget(&trunk[1].hash());
    let kept = [&trunk[0], &trunk[1], &trunk[2], &other].map(|block| tree.contains(&block.hash()));
    assert_eq!(kept, [true, false, false, true]);
    assert!(ends(&tree) == [(place(&other), true, false)]);
    tree.take(&trunk[0].hash());
    assert_eq!(tree.path_to(&other.hash(), None), [other.hash()]);
    tree.take(&other.hash());
    assert_eq!((known(&tree), complete(&tree), tree.bytes), (None, None, 0));
    assert!(tree.entries.is_empty() && tree.children.is_empty());
}

/// Transactions of some 30 KiB each, of which a block holds 60.
fn bulk() -> Vec<Transaction> {
    let signature = KeySignature { key: 0, signature: Signature::new([0; 64]) };
    let signatures = Bounded::first_of([signature; 16]);
    let witness = Witness { lock: Lock::Key(secret(1).public()), signatures };
    let mut one = payment(1);
    one.witnesses = Bounded::first_of(vec![witness; 28]);
    vec![one; 60]
}

#[test]
fn beyond_64_mib_the_oldest_slots_go_first_but_never_the_best_two_branches() {
    // SPEC C-2
    let mut tree = Tree::default();
    let (best, second, complete) = (branch(1..5), branch(5..8), branch([8, 9]));
    best.iter().chain(&second).for_each(|block| hang_header(&mut tree, block));
    complete.iter().for_each(|block| hang(&mut tree, block));
    let body = bulk();
    let mut large = Vec::new();
    for slot in 20..70 {
        let block = on(None, Slot::new(slot), &body);
        assert!(block.size() > 1_500_000);
        hang(&mut tree, &block);
        large.push(block);
        let full = tree.bytes > SIDE_BYTES_MAX;
        tree.enforce_bounds();
        if full {
            break;
        }
        assert!(large.iter().all(|block| tree.contains(&block.hash())), "all fit");
    }
    assert!(large.len() > 30 && tree.bytes <= SIDE_BYTES_MAX);
    assert!(!tree.contains(&large[0].hash()), "the oldest made room");
    assert!(SIDE_BYTES_MAX - tree.bytes >= SIDE_BYTES_MAX / SLACK_PART, "and room for more");
    let spared = best.iter().chain(&second).chain(&complete).chain(&large[2..]);
    assert!(spared.into_iter().all(|block| tree.contains(&block.hash())));
}
