//! A node's disk, in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use coinage_protocol::engine::{Batch, ChainReader};
use coinage_protocol::{
    Block, BlockHash, Changes, Entry, Key, Network, SignedHeader, Tip, TransactionId,
};

/// What a node has on disk. Clones share it.
#[derive(Clone, Debug)]
pub struct MemoryChain(Rc<RefCell<Disk>>);

#[derive(Debug)]
struct Disk {
    blocks: BTreeMap<BlockHash, (Block, Changes)>,
    canonical: BTreeMap<u64, BlockHash>,
    included: BTreeMap<TransactionId, u64>,
    entries: BTreeMap<Key, Entry>,
    head: Tip,
}

impl MemoryChain {
    /// A disk that holds the genesis of this network.
    pub fn new(network: &Network) -> Self {
        let entries = network.genesis_state().entries();
        let head = Tip { height: 0, slot: 0, hash: network.genesis_hash() };
        Self(Rc::new(RefCell::new(Disk {
            blocks: BTreeMap::new(),
            canonical: [(0, head.hash)].into(),
            included: BTreeMap::new(),
            entries: entries.map(|(key, entry)| (*key, entry.clone())).collect(),
            head,
        })))
    }

    /// Writes a batch.
    ///
    /// # Panics
    ///
    /// If the batch does not follow from what is stored: the engine has a fault.
    pub fn write(&self, batch: &Batch) {
        let mut disk = self.0.borrow_mut();
        for linked in &batch.reverted {
            let height = linked.block.header().height;
            let top = disk.canonical.pop_last();
            assert_eq!(top, Some((height, linked.block.hash())), "only the top is reverted");
            for transaction in linked.block.transactions() {
                disk.included.remove(&transaction.id());
            }
            disk.change(&linked.changes.inverted());
        }
        for linked in &batch.applied {
            let (height, hash) = (linked.block.header().height, linked.block.hash());
            let (top, below) = disk.canonical.last_key_value().expect("genesis is stored");
            assert_eq!((height, linked.block.header().previous), (top + 1, *below), "no gap");
            disk.canonical.insert(height, hash);
            for transaction in linked.block.transactions() {
                let twice = disk.included.insert(transaction.id(), height);
                assert_eq!(twice, None, "a transaction is on the chain once");
            }
            disk.change(&linked.changes);
            disk.blocks.insert(hash, (linked.block.to_block(), (*linked.changes).clone()));
        }
        disk.head = batch.head;
    }

    /// The stored head.
    pub fn head(&self) -> Tip {
        self.0.borrow().head
    }

    /// Looks at the stored state without a copy.
    pub fn read<T>(&self, look: impl FnOnce(&BTreeMap<Key, Entry>) -> T) -> T {
        look(&self.0.borrow().entries)
    }

    /// Every entry of the stored state.
    pub fn entries(&self) -> Vec<(Key, Entry)> {
        self.0.borrow().entries.iter().map(|(key, entry)| (*key, entry.clone())).collect()
    }

    /// The ids on the chain, in its order.
    pub fn transactions(&self) -> Vec<TransactionId> {
        let disk = self.0.borrow();
        let mut ids: Vec<_> = disk.included.iter().map(|(id, height)| (*height, *id)).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }
}

impl Disk {
    fn change(&mut self, changes: &Changes) {
        for change in changes.iter() {
            assert_eq!(self.entries.get(&change.key), change.old.as_ref(), "undo fits the state");
            match &change.new {
                Some(entry) => self.entries.insert(change.key, entry.clone()),
                None => self.entries.remove(&change.key),
            };
        }
    }
}

impl ChainReader for MemoryChain {
    fn block(&self, hash: &BlockHash) -> Option<Block> {
        self.0.borrow().blocks.get(hash).map(|(block, _)| block.clone())
    }

    fn header(&self, hash: &BlockHash) -> Option<SignedHeader> {
        self.0.borrow().blocks.get(hash).map(|(block, _)| block.header.clone())
    }

    fn changes(&self, hash: &BlockHash) -> Option<Changes> {
        self.0.borrow().blocks.get(hash).map(|(_, changes)| changes.clone())
    }

    fn canonical(&self, height: u64) -> Option<BlockHash> {
        self.0.borrow().canonical.get(&height).copied()
    }

    fn included(&self, id: &TransactionId) -> Option<u64> {
        self.0.borrow().included.get(id).copied()
    }
}
