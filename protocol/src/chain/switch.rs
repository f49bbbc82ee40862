//! The way from the head to a better branch, one block at a time.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::canonical::{Canonical, Recent};
use crate::chain::{ChainReader, LinkedBlock, Tip};
use crate::chain_spec::ChainSpec;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::State;
use crate::units::Height;

/// Work under way: walking back to the fork, then applying the branch.
#[derive(Debug)]
pub(super) struct Switch {
    /// The end of the branch.
    pub(super) target: Tip,
    /// The last block that chain and branch share.
    pub(super) fork: Tip,
    /// The state at the fork, once the work has come there.
    pub(super) base: State,
    /// The block that the work has reached, and the state after it.
    pub(super) at: Tip,
    pub(super) state: State,
    /// Blocks of the chain that were walked back below what is in memory, the highest first.
    pub(super) walked_back: Vec<LinkedBlock>,
    /// Blocks of the branch that were applied.
    pub(super) applied: Vec<Recent>,
    /// The transactions in them, and their heights.
    pub(super) ids: BTreeMap<TransactionId, Height>,
    /// Blocks of the branch that are still to be applied.
    pub(super) ahead: VecDeque<BlockHash>,
}

impl Switch {
    /// Begins at the fork if its state is in memory, or else at the oldest state that is.
    pub(super) fn new(target: Tip, fork: Tip, path: Vec<BlockHash>, chain: &Canonical) -> Self {
        let start = chain.recent(fork.height).unwrap_or_else(|| chain.floor());
        Self {
            target,
            fork,
            base: start.state.clone(),
            at: start.tip,
            state: start.state.clone(),
            walked_back: Vec::new(),
            applied: Vec::new(),
            ids: BTreeMap::new(),
            ahead: path.into(),
        }
    }

    /// Returns the rest of the work after what was applied has become the chain.
    pub(super) fn rest(self) -> Self {
        Self {
            target: self.target,
            fork: self.at,
            base: self.state.clone(),
            at: self.at,
            state: self.state,
            walked_back: Vec::new(),
            applied: Vec::new(),
            ids: BTreeMap::new(),
            ahead: self.ahead,
        }
    }

    /// Checks whether the work done so far is part of the way along this path from this fork.
    pub(super) fn leads_to(&self, fork: Tip, path: &[BlockHash]) -> bool {
        let last = self.applied.len().checked_sub(1);
        self.fork == fork && last.is_none_or(|last| path.get(last) == Some(&self.at.hash))
    }

    /// Turns the work to the end of another path; what is done of it stays.
    pub(super) fn retargeted(mut self, target: Tip, path: Vec<BlockHash>) -> Self {
        self.target = target;
        self.ahead = path.into_iter().skip(self.applied.len()).collect();
        self
    }

    /// Checks whether the fork is still below the block that the work has reached.
    pub(super) fn must_walk_back(&self) -> bool {
        self.applied.is_empty() && self.at.height > self.fork.height
    }

    /// Undoes one block; `None` if the disk does not have what that takes.
    pub(super) fn walk_back(&mut self, spec: &ChainSpec, reader: &impl ChainReader) -> Option<()> {
        let (block, changes) = (reader.block(&self.at.hash)?, reader.changes(&self.at.hash)?);
        let block = crate::block::CheckedBlock::trusted(block, spec.chain());
        let previous = block.header().previous;
        let before = match reader.header(&previous) {
            Some(signed) => signed.header,
            None => spec.genesis_header().header.clone(),
        };
        self.state = self.state.with(&changes.inverted());
        self.base = self.state.clone();
        self.walked_back.push(LinkedBlock { block: block.into(), changes: changes.into() });
        self.at = Tip { height: before.height, slot: before.slot, hash: previous };
        Some(())
    }

    /// Adds a block that was applied.
    pub(super) fn advance(&mut self, linked: LinkedBlock, state: State) {
        let header = linked.block.header();
        let tip = Tip { height: header.height, slot: header.slot, hash: linked.block.hash() };
        let ids = linked.block.transactions().iter().map(|transaction| transaction.id());
        self.ids.extend(ids.map(|id| (id, header.height)));
        self.at = tip;
        self.state = state.clone();
        self.applied.push(Recent { tip, state, linked: Some(linked) });
        self.ahead.pop_front();
    }
}
