use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::{Canonical, Recent};
use crate::block::{Block, CheckedBlock, SignedHeader};
use crate::chain::{BatchNumber, ChainReader, LinkedBlock, Tip};
use crate::finality::Certificate;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::{Changes, State};
use crate::limits::STATES_KEPT;
use crate::samples::{block, chain_spec, payment};
use crate::units::{Height, Slot};

/// The disk of a node, in memory.
#[derive(Default)]
struct Disk {
    headers: BTreeMap<BlockHash, SignedHeader>,
    canonical: BTreeMap<Height, BlockHash>,
    included: BTreeMap<TransactionId, Height>,
}

impl ChainReader for Disk {
    fn block(&self, _: &BlockHash) -> Option<Block> {
        None
    }

    fn header(&self, hash: &BlockHash) -> Option<SignedHeader> {
        self.headers.get(hash).cloned()
    }

    fn changes(&self, _: &BlockHash) -> Option<Changes> {
        None
    }

    fn canonical(&self, height: Height) -> Option<BlockHash> {
        self.canonical.get(&height).copied()
    }

    fn authority_changes(&self) -> Vec<Height> {
        Vec::new()
    }

    fn included(&self, id: &TransactionId) -> Option<Height> {
        self.included.get(id).copied()
    }

    fn votes(&self, _: Slot) -> Option<Certificate> {
        None
    }
}

/// A block at a height with one transaction of its own; `branch` makes it another one.
fn recent(height: u64, branch: u64) -> Recent {
    let mut block = block(vec![payment(1_000 * branch + height)]);
    let (height, slot) = (Height::new(height), Slot::new(height + branch));
    (block.header.header.height, block.header.header.slot) = (height, slot);
    let block = Arc::new(CheckedBlock::trusted(block, chain_spec().chain()));
    let tip = Tip { height, slot, hash: block.hash() };
    let linked = LinkedBlock { block, changes: Changes::default().into() };
    Recent { tip, state: State::default(), linked: Some(linked) }
}

/// Goes over to these blocks; what it leaves.
fn join(chain: &mut Canonical, fork: Recent, joined: Vec<Recent>) -> Vec<LinkedBlock> {
    let of = |recent: &Recent| {
        let height = recent.tip.height;
        let block = Arc::clone(&recent.linked.as_ref().expect("it has one").block);
        block.transactions().iter().map(|one| (one.id(), height)).collect::<Vec<_>>()
    };
    let ids = joined.iter().flat_map(of).collect();
    chain.replace(fork, joined, &ids)
}

/// A chain that began at a height and grew to another, with every batch durable or none.
fn grown(from: u64, to: u64, durable: bool) -> Canonical {
    let mut chain = Canonical::new(&chain_spec(), recent(from, 0).tip, State::default());
    for height in from + 1..=to {
        let fork = chain.head().clone();
        assert!(join(&mut chain, fork, vec![recent(height, 0)]).is_empty(), "nothing is left");
        let number = chain.number_batch(Height::new(height - 1));
        assert_eq!(number, BatchNumber(height - from), "numbered from 1 without gaps");
        chain.forget_old();
        if durable {
            chain.persisted(number);
        }
    }
    chain
}

#[test]
fn what_is_old_and_durable_leaves_the_memory_and_nothing_else() {
    let chain = grown(0, 300, true);
    let kept = usize::try_from(STATES_KEPT).expect("few");
    assert_eq!(
        (chain.floor().tip.height, chain.head().tip.height),
        (Height::new(300 - STATES_KEPT), Height::new(300))
    );
    assert_eq!((chain.recent.len(), chain.heights.len()), (kept + 1, kept + 1));
    assert_eq!(chain.ids.len(), kept, "the floor's transactions are on disk");
    assert_eq!(
        chain.bytes,
        chain.recent.iter().map(Recent::weight).sum::<usize>(),
        "nothing else counts"
    );
    assert_eq!(chain.unpersisted(), 0);
    assert_eq!(chain.recent(Height::new(299)).map(|recent| recent.tip), Some(recent(299, 0).tip));
    assert!(chain.recent(Height::new(43)).is_none() && chain.recent(Height::new(301)).is_none());
    let mut chain = grown(0, 300, false);
    assert_eq!((chain.floor().tip.height, chain.unpersisted()), (Height::new(0), 300));
    chain.persisted(BatchNumber(10));
    assert_eq!(chain.unpersisted(), 290);
    chain.number_batch(Height::new(300));
    chain.forget_old();
    assert_eq!(chain.floor().tip.height, 10, "a batch under way may leave all above it");
}

#[test]
fn what_is_not_in_memory_is_on_the_chain_only_if_the_disk_says_so_below_it() {
    let (chain, mut disk) = (grown(10, 12, true), Disk::default());
    let header = |recent: &Recent| {
        let linked = recent.linked.as_ref().expect("linked");
        linked.block.verified_header().signed().clone()
    };
    let (below, left) = (recent(9, 0), recent(9, 5));
    let (floor, beside) = (recent(10, 5), recent(11, 5));
    for one in [&below, &left, &floor, &beside] {
        disk.headers.insert(one.tip.hash, header(one));
    }
    disk.canonical.insert(Height::new(9), below.tip.hash);
    // The disk may lag behind: of what is in memory, the memory knows better.
    disk.canonical.insert(Height::new(10), floor.tip.hash);
    disk.canonical.insert(Height::new(11), beside.tip.hash);
    let find = |hash: BlockHash| chain.find(&hash, &disk);
    assert_eq!(find(below.tip.hash), Some(below.tip));
    assert_eq!(find(recent(11, 0).tip.hash), Some(recent(11, 0).tip));
    assert_eq!(find(chain_spec().genesis_hash()).map(|tip| tip.height), Some(Height::new(0)));
    assert_eq!([left, floor, beside].map(|one| find(one.tip.hash)), [None; 3]);
    let hashes = [9, 10, 11, 12, 13].map(|height| chain.hash_at(Height::new(height), &disk));
    let known = [(10, 0), (11, 0), (12, 0)].map(|(at, branch)| Some(recent(at, branch).tip.hash));
    assert_eq!(hashes[..4], [&[Some(below.tip.hash)], &known[..]].concat());
    assert_eq!(hashes[4], None);
}

#[test]
fn an_id_that_the_disk_holds_above_the_floor_and_memory_does_not_was_left() {
    // SPEC C-6
    let (chain, mut disk) = (grown(10, 12, true), Disk::default());
    let [below, floor, above] = [1, 2, 3].map(|byte| TransactionId::new([byte; 32]));
    disk.included
        .extend([(below, 9), (floor, 10), (above, 11)].map(|(id, at)| (id, Height::new(at))));
    let included = |id| chain.included(id, &disk);
    assert_eq!(
        (included(&below), included(&floor), included(&above)),
        (Some(Height::new(9)), Some(Height::new(10)), None)
    );
    let linked = recent(12, 0).linked.expect("linked");
    assert_eq!(included(&linked.block.transactions()[0].id()), Some(Height::new(12)));
}

#[test]
fn a_fork_in_memory_gives_back_all_above_it_and_one_below_leaves_the_floor_to_the_disk() {
    // SPEC C-1
    let heights = |left: &[LinkedBlock]| {
        left.iter().map(|linked| linked.block.header().height).collect::<Vec<_>>()
    };
    let mut chain = grown(0, 300, true);
    let fork = chain.recent(Height::new(298)).expect("in memory").clone();
    let left = join(&mut chain, fork, vec![recent(299, 5), recent(300, 5), recent(301, 5)]);
    assert_eq!(heights(&left), [300, 299]);
    assert_eq!(chain.head().tip, recent(301, 5).tip);
    let mut chain = grown(0, 300, true);
    assert_eq!(chain.floor().tip.height, 44);
    let below = Recent { linked: None, ..recent(40, 0) };
    let left = join(&mut chain, below, vec![recent(41, 5)]);
    assert_eq!(heights(&left), (45..=300).rev().collect::<Vec<_>>());
    assert_eq!((chain.floor().tip.height, chain.head().tip), (Height::new(40), recent(41, 5).tip));
    assert_eq!(chain.ids.len(), 1);
    assert_eq!(chain.bytes, recent(41, 5).weight());
}
