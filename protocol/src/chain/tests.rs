//! Goal: what is done for each block, each view and each question does not grow with the length of
//! the branches.
//! Method: a chain with a reader that keeps everything follows one branch, then another that is one
//! block longer; entries of the tree that are looked at are counted, for some blocks and for twice
//! as many.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::{Chain, Inserted, LinkError, Move, Step};
use crate::authority::{AuthoritySet, HeaderContext, KnownAuthorities};
use crate::block::{Block, CheckedBlock, Header, HeaderError, SignedHeader, VerifiedHeader};
use crate::bounded::Bounded;
use crate::chain::{ChainReader, Tip, Via};
use crate::finality::Certificate;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::Changes;
use crate::limits::{SIDE_BYTES_MAX, STATES_KEPT};
use crate::samples::{block, chain_spec, header, secret};
use crate::units::{Height, Slot};

/// Bodies that are asked for at a time.
const WINDOW: usize = 192;

/// The disk of a node: every block that is or was on the chain.
#[derive(Default)]
struct Disk {
    blocks: BTreeMap<BlockHash, (Block, Changes)>,
    canonical: BTreeMap<Height, BlockHash>,
}

impl ChainReader for Disk {
    fn block(&self, hash: &BlockHash) -> Option<Block> {
        self.blocks.get(hash).map(|(block, _)| block.clone())
    }

    fn header(&self, hash: &BlockHash) -> Option<SignedHeader> {
        self.blocks.get(hash).map(|(block, _)| block.header.clone())
    }

    fn changes(&self, hash: &BlockHash) -> Option<Changes> {
        self.blocks.get(hash).map(|(_, changes)| changes.clone())
    }

    fn canonical(&self, height: Height) -> Option<BlockHash> {
        self.canonical.get(&height).copied()
    }

    fn authority_changes(&self) -> Vec<Height> {
        Vec::new()
    }

    fn included(&self, _: &TransactionId) -> Option<Height> {
        None
    }

    fn votes(&self, _: Slot) -> Option<Certificate> {
        None
    }
}

/// A node's chain, its disk, and how its head moved.
struct Node {
    chain: Chain,
    disk: Disk,
    moves: Vec<(Tip, Tip, usize)>,
}

impl Node {
    fn new() -> Self {
        let spec = chain_spec();
        let tip =
            Tip { height: Height::default(), slot: Slot::default(), hash: spec.genesis_hash() };
        let state = spec.genesis_state().clone();
        let disk = Disk { canonical: [(tip.height, tip.hash)].into(), ..Disk::default() };
        Self { chain: Chain::new(spec, tip, state), disk, moves: Vec::new() }
    }

    /// Learns a branch as a node does that catches up, with a view after each step; the entries
    /// looked at.
    fn follow(&mut self, branch: &[Arc<CheckedBlock>]) -> usize {
        self.chain.tree.looks.set(0);
        for block in branch {
            let header = block.verified_header().clone();
            let inserted = self.chain.insert_header(header, &self.disk);
            assert_eq!(inserted, Ok(Inserted::New));
            self.chain.tips();
        }
        let bodies: BTreeMap<_, _> = branch.iter().map(|block| (block.hash(), block)).collect();
        loop {
            let missing = self.chain.missing_bodies(WINDOW);
            if missing.is_empty() {
                break;
            }
            for tip in missing {
                let block = CheckedBlock::clone(bodies[&tip.hash]);
                let inserted = self.chain.insert_block(block, Via::Sync, &self.disk);
                assert_eq!(inserted, Ok(Inserted::New));
                self.work();
            }
        }
        while self.chain.has_work() {
            self.work();
        }
        self.chain.tree.looks.get()
    }

    /// Does one step of work, and what a node does after it.
    fn work(&mut self) {
        match self.chain.step(&self.disk) {
            Step::Moved(moved) => self.write(&moved),
            Step::Idle | Step::Progress => {}
            Step::Invalid { error, .. } => panic!("{error}"),
        }
        self.chain.tips();
        self.chain.missing_bodies(WINDOW);
    }

    fn write(&mut self, moved: &Move) {
        for linked in &moved.reverted {
            self.disk.canonical.remove(&linked.block.header().height);
        }
        for (linked, _) in &moved.applied {
            let (hash, height) = (linked.block.hash(), linked.block.header().height);
            let stored = (linked.block.to_block(), (*linked.changes).clone());
            self.disk.blocks.insert(hash, stored);
            self.disk.canonical.insert(height, hash);
        }
        let number = self.chain.number_batch(moved.fork);
        self.chain.persisted(number);
        self.moves.push((moved.fork, self.chain.head(), moved.reverted.len()));
    }
}

/// Empty blocks of these slots from genesis.
fn branch(slots: impl Iterator<Item = u64>) -> Vec<Arc<CheckedBlock>> {
    let (spec, empty) = (chain_spec(), block(vec![]));
    let mut blocks = Vec::<Arc<CheckedBlock>>::new();
    for slot in slots {
        let mut header = empty.header.clone();
        header.header.slot = Slot::new(slot);
        header.header.height = Height::new(blocks.len() as u64 + 1);
        header.header.previous =
            blocks.last().map_or_else(|| spec.genesis_hash(), |one| one.hash());
        let block = Block { header, transactions: Bounded::default() };
        blocks.push(Arc::new(CheckedBlock::trusted(block, spec.chain())));
    }
    blocks
}

fn tip(block: &CheckedBlock) -> Tip {
    Tip { height: block.header().height, slot: block.header().slot, hash: block.hash() }
}

/// A node that changes from a chain of so many blocks to one of one more, and what it looked at.
fn changed_over(blocks: u64) -> (Node, usize) {
    let mut node = Node::new();
    let own = branch((1..=blocks).map(|height| 2 * height));
    let other = branch((1..=blocks + 1).map(|height| 2 * height + 1));
    node.follow(&own);
    assert_eq!(node.chain.head(), tip(own.last().expect("blocks")));
    let looks = node.follow(&other);
    assert_eq!(node.chain.head(), tip(other.last().expect("blocks")));
    let (fork, _, reverted) = *node.moves.last().expect("it moved");
    assert_eq!((fork.height, reverted as u64), (Height::new(0), blocks), "in one change");
    let [_, old] = node.chain.tips()[..] else { panic!("the head and what was left") };
    assert_eq!((old.tip, old.branch_len), (tip(own.last().expect("blocks")), blocks));
    (node, looks)
}

#[test]
fn twice_as_long_a_reorg_takes_hardly_more_than_twice_the_work() {
    // SPEC C-1, C-2
    let blocks = 2 * STATES_KEPT;
    let (few, many) = (changed_over(blocks).1, changed_over(2 * blocks).1);
    assert!(few > 0 && many < few * 5 / 2, "{few} and {many} entries looked at");
}

#[test]
fn a_block_costs_a_few_looks_however_long_its_branch_is() {
    let blocks = branch(1..=4_000);
    let mut node = Node::new();
    // Of a branch whose bodies nobody gives, all but the headers stays missing.
    for block in &blocks {
        let header = block.verified_header().clone();
        node.chain.insert_header(header, &node.disk).expect("it follows");
    }
    node.chain.tree.looks.set(0);
    let tips = node.chain.tips();
    assert_eq!((tips[1].tip, tips[1].branch_len), (tip(&blocks[3_999]), 4_000));
    assert_eq!(node.chain.missing_bodies(1), [tip(&blocks[0])]);
    assert_eq!(node.chain.missing_bodies(3)[2], tip(&blocks[2]));
    let looks = node.chain.tree.looks.get();
    assert!(looks < 400, "{looks}");
}

#[test]
fn what_left_the_chain_is_read_from_disk_when_it_wins_again() {
    // SPEC C-2
    let blocks = 2 * STATES_KEPT;
    let (mut node, _) = changed_over(blocks);
    let [_, bytes, _] = node.chain.gauges().map(|(_, value, _)| value);
    let count = usize::try_from(blocks).expect("few");
    assert!(bytes < 2_000 * count, "{bytes} without the bodies");
    let again = branch((1..=blocks + 2).map(|height| 2 * height));
    let (old, new) = again.split_at(count);
    node.chain.tree.looks.set(0);
    for block in new {
        let block = CheckedBlock::clone(block);
        assert_eq!(node.chain.insert_block(block, Via::Sync, &node.disk), Ok(Inserted::New));
    }
    while node.chain.has_work() {
        node.work();
    }
    assert_eq!(node.chain.head(), tip(new.last().expect("two")));
    assert_eq!(node.moves.iter().filter(|(.., reverted)| *reverted > 0).count(), 2);
    assert!(old.iter().all(|block| node.disk.blocks.contains_key(&block.hash())));
}

#[test]
fn branches_beyond_all_room_are_not_looked_through_for_each_block() {
    // SPEC C-2
    let mut node = Node::new();
    let blocks = branch(1..=2_000);
    for block in &blocks {
        let header = block.verified_header().clone();
        node.chain.insert_header(header, &node.disk).expect("it follows");
    }
    // As if their bodies filled all room: the best branch may not go.
    node.chain.tree.fill(2 * SIDE_BYTES_MAX);
    node.chain.tree.looks.set(0);
    (0..100).for_each(|_| node.chain.tree.enforce_bounds());
    let looks = node.chain.tree.looks.get();
    assert!((2_000..20_000).contains(&looks), "{looks}: looked through once");
    assert_eq!(node.chain.tips()[1].branch_len, 2_000, "and kept");
}

#[test]
fn a_header_of_other_authorities_than_its_branch_has_finds_no_place() {
    // SPEC B-6. Its signature is good: the set that it names signed it.
    let (mut node, spec) = (Node::new(), chain_spec());
    let usurpers = AuthoritySet::new(Bounded::first_of([secret(7).public()])).expect("one");
    let header = Header { authorities: usurpers.hash(), ..header(&[]) };
    let usurpers = KnownAuthorities::of_genesis(usurpers);
    let context = HeaderContext { chain: spec.chain(), authorities: &usurpers };
    let signed = header.sign(context.chain, &secret(7));
    let verified = VerifiedHeader::new(signed.clone(), context).expect("signed by its leader");
    let refused = node.chain.insert_header(verified, &node.disk);
    assert_eq!(refused, Err(LinkError::Authorities));
    assert_eq!(VerifiedHeader::new(signed, &spec), Err(HeaderError::Authorities));
}
