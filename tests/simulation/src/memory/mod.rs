//! A node's disk, in memory.

mod damage;
mod row;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use coinage_protocol::engine::{Batch, ChainReader, Finalized, Stored};
use coinage_protocol::{
    Block, BlockHash, Certificate, ChainId, ChainSpec, Change, Changes, Conflict, Entry, Evidence,
    EvidenceKind, Height, Key, PublicKey, SignedHeader, Slot, Tip, TransactionId,
};
use serde::de::DeserializeOwned;

use self::damage::{Damage, Place};
pub(crate) use self::damage::{Flip, Found};
use self::row::{Row, rows};

/// The data that a node has on disk. Clones share it.
#[derive(Clone, Debug)]
pub struct MemoryChain(Rc<RefCell<Disk>>);

#[derive(Debug)]
struct Disk {
    chain: ChainId,
    genesis: Tip,
    blocks: BTreeMap<BlockHash, (Block, Changes)>,
    canonical: BTreeMap<Height, BlockHash>,
    included: BTreeMap<TransactionId, Height>,
    entries: BTreeMap<Key, Entry>,
    head: Tip,
    finalized: Option<Finalized>,
    votes: BTreeMap<Slot, Certificate>,
    evidence: BTreeMap<(PublicKey, EvidenceKind), Evidence>,
    conflict: Option<Conflict>,
    /// Damage to one of the records: what is there instead.
    damage: Option<Damage>,
    /// The end of the journal that a crash left, and whether checksums are looked at.
    torn: Option<(Vec<u8>, bool)>,
    /// True if a write was taken up in part.
    in_part: bool,
    /// True if something was asked for that could not be read.
    failed: Cell<bool>,
}

impl MemoryChain {
    /// A disk that holds the genesis of this network.
    pub fn new(spec: &ChainSpec) -> Self {
        let entries = spec.genesis_state().entries();
        let head = Tip { height: Height::new(0), slot: Slot::new(0), hash: spec.genesis_hash() };
        Self(Rc::new(RefCell::new(Disk {
            chain: *spec.chain(),
            genesis: head,
            blocks: BTreeMap::new(),
            canonical: [(head.height, head.hash)].into(),
            included: BTreeMap::new(),
            entries: entries.map(|(key, entry)| (*key, entry.clone())).collect(),
            head,
            finalized: None,
            votes: BTreeMap::new(),
            evidence: BTreeMap::new(),
            conflict: None,
            damage: None,
            torn: None,
            in_part: false,
            failed: Cell::new(false),
        })))
    }

    /// Writes a batch.
    ///
    /// # Panics
    ///
    /// If the batch does not follow from what is stored: the engine has a fault.
    pub fn write(&self, batch: &Batch) {
        let mut disk = self.0.borrow_mut();
        rows(batch).into_iter().for_each(|row| disk.put(row));
    }

    /// The stored head.
    pub fn head(&self) -> Tip {
        self.0.borrow().head
    }

    /// Takes away the damage, if that makes the records again what was written.
    pub(crate) fn mend(&self) -> bool {
        let mut disk = self.0.borrow_mut();
        (disk.damage, disk.torn) = (None, None);
        disk.failed.set(false);
        !disk.in_part
    }

    /// The final block, once there is one.
    pub fn finalized(&self) -> Option<Finalized> {
        self.0.borrow().finalized.clone()
    }

    /// The conflict that is stored.
    pub fn conflict(&self) -> Option<Conflict> {
        self.0.borrow().conflict.clone()
    }

    /// The evidence that is stored.
    pub fn evidence(&self) -> Vec<Evidence> {
        self.0.borrow().evidence.values().cloned().collect()
    }

    /// Checks whether a block is stored.
    pub(crate) fn holds(&self, hash: &BlockHash) -> bool {
        self.0.borrow().blocks.contains_key(hash)
    }

    /// Looks at the stored state without a copy.
    pub fn read<T>(&self, look: impl FnOnce(&BTreeMap<Key, Entry>) -> T) -> T {
        look(&self.0.borrow().entries)
    }

    /// Every entry of the stored state.
    pub fn entries(&self) -> Vec<(Key, Entry)> {
        self.0.borrow().entries.iter().map(|(key, entry)| (*key, entry.clone())).collect()
    }

    /// The data that a node finds here at a start.
    pub fn stored(&self) -> Stored<Self, Vec<(Key, Entry)>> {
        let (head, finalized) = (Some(self.head().hash), self.finalized());
        let (conflict, evidence, entries) = (self.conflict(), self.evidence(), self.entries());
        Stored { reader: self.clone(), head, finalized, conflict, evidence, entries }
    }

    /// The slots of the chain's blocks, in order.
    pub fn slots(&self) -> Vec<Slot> {
        let slot = |hash: BlockHash| self.header(&hash).map(|signed| signed.header.slot);
        let heights = (1..=self.head().height.get()).map(Height::new);
        heights.filter_map(|height| self.canonical(height)).filter_map(slot).collect()
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
    fn put(&mut self, row: Row) {
        self.heal(&row);
        match row {
            Row::Unlink(height, hash) => {
                let top = self.canonical.pop_last();
                assert_eq!(top, Some((height, hash)), "only the top is reverted");
            }
            Row::Link(height, hash, previous) => {
                let (top, below) = self.canonical.last_key_value().expect("genesis is stored");
                assert_eq!((height, previous), (*top + 1, *below), "no gap");
                self.canonical.insert(height, hash);
            }
            Row::Exclude(id) => drop(self.included.remove(&id)),
            Row::Include(id, height) => {
                let twice = self.included.insert(id, height);
                assert_eq!(twice, None, "a transaction is on the chain once");
            }
            Row::Change(change) => {
                let Change { key, old, new } = *change;
                let found = match new {
                    Some(entry) => self.entries.insert(key, entry),
                    None => self.entries.remove(&key),
                };
                assert_eq!(found, old, "undo fits the state");
            }
            Row::Block(hash, stored) => drop(self.blocks.insert(hash, *stored)),
            Row::Head(head) => self.head = head,
            Row::Finalized(finalized) => self.finalized = Some(*finalized),
            Row::Conflict(conflict) => {
                assert_eq!(self.conflict, None, "a conflict is written once");
                self.conflict = Some(*conflict);
            }
            Row::Votes(votes) => drop(self.votes.insert(votes.slot, *votes)),
            Row::Evidence(one) => {
                let twice = self.evidence.insert((*one.signer(), one.kind()), *one);
                assert_eq!(twice, None, "evidence of a kind against an authority is written once");
            }
        }
    }

    /// Reads what is at a place: the truth, unless the place is damaged.
    fn read<T: DeserializeOwned>(
        &self,
        place: Place,
        truth: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let read = self.damage.as_ref().and_then(|damage| damage.read(place));
        let Some(read) = read else { return truth() };
        if read.is_none() {
            self.failed.set(true);
        }
        read
    }

    fn header(&self, hash: &BlockHash) -> Option<SignedHeader> {
        let truth = || self.blocks.get(hash).map(|(block, _)| block.header.clone());
        let header = self.read(Place::Header(*hash), truth)?;
        let is_the_one = header.header.hash(&self.chain) == *hash;
        self.failed.set(self.failed.get() || !is_the_one);
        is_the_one.then_some(header)
    }
}

impl ChainReader for MemoryChain {
    fn block(&self, hash: &BlockHash) -> Option<Block> {
        let disk = self.0.borrow();
        let header = disk.header(hash)?;
        let truth = || disk.blocks.get(hash).map(|(block, _)| block.transactions.clone());
        let transactions = disk.read(Place::Body(*hash), truth)?;
        Some(Block { header, transactions })
    }

    fn header(&self, hash: &BlockHash) -> Option<SignedHeader> {
        self.0.borrow().header(hash)
    }

    fn changes(&self, hash: &BlockHash) -> Option<Changes> {
        let disk = self.0.borrow();
        disk.read(Place::Changes(*hash), || disk.blocks.get(hash).map(|(_, undo)| undo.clone()))
    }

    fn canonical(&self, height: Height) -> Option<BlockHash> {
        let disk = self.0.borrow();
        disk.read(Place::Canonical(height), || disk.canonical.get(&height).copied())
    }

    fn authority_changes(&self) -> Vec<Height> {
        let disk = self.0.borrow();
        let holds = |hash: &BlockHash| {
            disk.blocks
                .get(hash)
                .is_some_and(|(block, _)| block.header.header.next_authorities.is_some())
        };
        let heights = disk.canonical.iter().filter(|(_, hash)| holds(hash));
        heights.map(|(height, _)| *height).collect()
    }

    fn included(&self, id: &TransactionId) -> Option<Height> {
        let disk = self.0.borrow();
        disk.read(Place::Included(*id), || disk.included.get(id).copied())
    }

    fn votes(&self, slot: Slot) -> Option<Certificate> {
        self.0.borrow().votes.get(&slot).cloned()
    }
}
