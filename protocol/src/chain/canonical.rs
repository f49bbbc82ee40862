//! The chain that wins: its newest blocks in memory, the older ones on disk.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::along::HeadersAlong;
use crate::block::SignedHeader;
use crate::chain::InForce;
use crate::chain::{BatchNumber, ChainReader, LinkedBlock, Marks, Ranked, Tip};
use crate::chain_spec::ChainSpec;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::State;
use crate::limits::{STATES_BYTES_MAX, STATES_KEPT, STATES_KEPT_MIN};
use crate::transaction::CheckedTransaction;
use crate::units::{Height, Slot};

/// Blocks that are dropped from memory for each batch.
const FORGOTTEN_MAX: u64 = 512;
/// Bytes that a block takes in memory besides its transactions and what they change.
const BLOCK_WEIGHT: usize = 2 * 1024;
/// Bytes that a changed entry takes: the way to it in the tree of one state that others do not
/// share, and its former value.
const CHANGE_WEIGHT: usize = 1_536;

/// The chain from genesis to the head.
///
/// # Invariant
///
/// `recent` holds consecutive heights and ends with the head. Below its first height, what is on
/// disk is up to date: only durable blocks leave it.
#[derive(Debug)]
pub(super) struct Canonical {
    genesis: Tip,
    recent: VecDeque<Recent>,
    /// Bytes that `recent` takes in memory, roughly, besides one whole state.
    bytes: usize,
    heights: BTreeMap<BlockHash, Height>,
    ids: BTreeMap<TransactionId, Height>,
    headers: HeadersAlong,
    /// Batches that are not durable yet, and the height up to which each left the chain alone.
    pending: VecDeque<(BatchNumber, Height)>,
    last_batch: u64,
}

/// A block among the newest of the chain.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    pub(super) tip: Tip,
    pub(super) state: State,
    /// `None` for the block with which this process began.
    pub(super) linked: Option<LinkedBlock>,
}

impl Recent {
    /// Bytes that the block takes in memory and shares with no other one, roughly.
    fn weight(&self) -> usize {
        let Some(LinkedBlock { block, changes }) = &self.linked else { return 0 };
        let transactions = block.transactions().iter().map(CheckedTransaction::weight);
        let changes = changes.iter().len().saturating_mul(CHANGE_WEIGHT);
        transactions.fold(changes.saturating_add(BLOCK_WEIGHT), usize::saturating_add)
    }
}

impl Canonical {
    pub(super) fn new(spec: &ChainSpec, tip: Tip, state: State) -> Self {
        let genesis = spec.genesis_hash();
        let mut canonical = Self {
            genesis: Tip { height: Height::default(), slot: Slot::default(), hash: genesis },
            recent: VecDeque::new(),
            bytes: 0,
            heights: BTreeMap::new(),
            ids: BTreeMap::new(),
            headers: HeadersAlong::at_genesis(spec),
            pending: VecDeque::new(),
            last_batch: 0,
        };
        canonical.push(Recent { tip, state, linked: None });
        canonical
    }

    pub(super) fn head(&self) -> &Recent {
        self.recent.back().expect("the head is always in memory")
    }

    /// The head as the fork choice ranks it.
    pub(super) fn ranked_head(&self) -> Ranked {
        let tip = self.head().tip;
        Ranked { justified: self.marks_at(tip.height).justified, tip }
    }

    /// The marks of the chain's block at a height, the final block's or above (SPEC F-3).
    pub(super) fn marks_at(&self, height: Height) -> Marks {
        self.headers.marks(height)
    }

    /// The authorities after the chain's block at a height, the final block's or above.
    pub(super) fn in_force_at(&self, height: Height) -> &InForce {
        self.headers.in_force(height)
    }

    /// Takes what was read of the headers of a stored chain.
    pub(super) fn set_along(&mut self, headers: HeadersAlong) {
        self.headers = headers;
    }

    /// The block at this height is final: nothing below it is asked for any more.
    pub(super) fn finalize(&mut self, height: Height) {
        self.headers.forget_below(height);
    }

    /// The genesis block, at height 0.
    pub(super) fn genesis(&self) -> Tip {
        self.genesis
    }

    /// The lowest block in memory.
    pub(super) fn floor(&self) -> &Recent {
        self.recent.front().expect("the head is always in memory")
    }

    /// The block in memory at a height.
    pub(super) fn recent(&self, height: Height) -> Option<&Recent> {
        let above = height.checked_since(self.floor().tip.height)?;
        self.recent.get(usize::try_from(above).ok()?)
    }

    /// The state after a block in memory.
    pub(super) fn state(&self, hash: &BlockHash) -> Option<&State> {
        Some(&self.recent(*self.heights.get(hash)?)?.state)
    }

    /// Finds the place of a block on the chain, if it is on it.
    pub(super) fn find(&self, hash: &BlockHash, reader: &impl ChainReader) -> Option<Tip> {
        if let Some(height) = self.heights.get(hash) {
            return self.recent(*height).map(|recent| recent.tip);
        }
        if *hash == self.genesis.hash {
            // Nobody stores block 0: it follows from the genesis (SPEC G-4).
            return Some(self.genesis);
        }
        let header = reader.header(hash)?.header;
        let below = header.height < self.floor().tip.height;
        let on_chain = below && reader.canonical(header.height) == Some(*hash);
        on_chain.then_some(Tip { height: header.height, slot: header.slot, hash: *hash })
    }

    /// The hash of the chain's block at a height.
    pub(super) fn hash_at(&self, height: Height, reader: &impl ChainReader) -> Option<BlockHash> {
        if height < self.floor().tip.height {
            return reader.canonical(height);
        }
        self.recent(height).map(|recent| recent.tip.hash)
    }

    /// The signed header of the chain's block at a height.
    pub(super) fn header_at(
        &self,
        height: Height,
        reader: &impl ChainReader,
    ) -> Option<SignedHeader> {
        match self.recent(height).and_then(|recent| recent.linked.as_ref()) {
            Some(linked) => Some(linked.block.verified_header().signed().clone()),
            None => reader.header(&self.hash_at(height, reader)?),
        }
    }

    /// The header of a block of the chain.
    pub(super) fn header_of(
        &self,
        hash: &BlockHash,
        reader: &impl ChainReader,
    ) -> Option<SignedHeader> {
        self.header_at(self.find(hash, reader)?.height, reader)
    }

    /// The height of the chain's block that holds a transaction.
    pub(super) fn included(&self, id: &TransactionId, reader: &impl ChainReader) -> Option<Height> {
        let in_memory = self.ids.get(id).copied();
        let floor = self.floor().tip.height;
        in_memory.or_else(|| reader.included(id).filter(|height| *height <= floor))
    }

    /// Leaves every block above `fork` and joins these; gives back those it left, the highest
    /// first, down to what had to be walked back on disk: the lowest in memory, if the fork is
    /// below it. `ids` are those of the blocks that it joins.
    pub(super) fn replace(
        &mut self,
        fork: Recent,
        joined: Vec<Recent>,
        ids: &BTreeMap<TransactionId, Height>,
    ) -> Vec<LinkedBlock> {
        self.headers.cut(fork.tip.height);
        let mut left = Vec::new();
        let walked_back = self.floor().tip.height;
        while self.recent.back().is_some_and(|recent| recent.tip.height > fork.tip.height) {
            let recent = self.pop_back().filter(|recent| recent.tip.height > walked_back);
            left.extend(recent.and_then(|recent| recent.linked));
        }
        if self.recent.is_empty() {
            self.push(fork);
        }
        joined.into_iter().for_each(|recent| self.push(recent));
        self.ids.extend(ids);
        left
    }

    /// The number for a batch that leaves everything up to `fork` alone.
    pub(super) fn number_batch(&mut self, fork: Height) -> BatchNumber {
        let number = self.next_batch();
        self.last_batch = number.0;
        self.pending.push_back((number, fork));
        number
    }

    /// The number of the batch to come.
    pub(super) fn next_batch(&self) -> BatchNumber {
        BatchNumber(self.last_batch.saturating_add(1))
    }

    /// Batches up to this one are durable.
    pub(super) fn persisted(&mut self, number: BatchNumber) {
        while self.pending.front().is_some_and(|(pending, _)| *pending <= number) {
            self.pending.pop_front();
        }
    }

    /// Number of batches that are not durable yet.
    pub(super) fn unpersisted(&self) -> usize {
        self.pending.len()
    }

    /// Drops from memory what is old, durable, and cannot be undone by a batch under way: not more
    /// at once than a slot has time for.
    pub(super) fn forget_old(&mut self) {
        let untouched = self.pending.iter().map(|(_, fork)| *fork).min();
        let head = self.head().tip.height;
        let kept = [STATES_KEPT, STATES_KEPT_MIN].map(|kept| head.saturating_sub(kept));
        for _ in 0..FORGOTTEN_MAX {
            let [old, spare] = kept.map(|kept| self.floor().tip.height < kept);
            let too_much = old || (spare && self.bytes > STATES_BYTES_MAX);
            if !too_much || untouched.is_some_and(|fork| self.floor().tip.height >= fork) {
                return;
            }
            if let Some(old) = self.recent.pop_front() {
                self.bytes = self.bytes.saturating_sub(old.weight());
                self.heights.remove(&old.tip.hash);
            }
            // The new floor's transactions are on disk; the map is for what is above it.
            let below = self.floor().linked.clone();
            self.forget_ids(below.as_ref());
        }
    }

    fn push(&mut self, recent: Recent) {
        self.bytes = self.bytes.saturating_add(recent.weight());
        self.heights.insert(recent.tip.hash, recent.tip.height);
        if let Some(linked) = &recent.linked {
            self.headers.push(linked.block.header(), recent.tip.hash);
        }
        self.recent.push_back(recent);
    }

    fn pop_back(&mut self) -> Option<Recent> {
        let recent = self.recent.pop_back()?;
        self.bytes = self.bytes.saturating_sub(recent.weight());
        self.heights.remove(&recent.tip.hash);
        self.forget_ids(recent.linked.as_ref());
        Some(recent)
    }

    fn forget_ids(&mut self, linked: Option<&LinkedBlock>) {
        for transaction in linked.iter().flat_map(|linked| linked.block.transactions()) {
            self.ids.remove(&transaction.id());
        }
    }
}

#[cfg(test)]
mod tests;
