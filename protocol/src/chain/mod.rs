//! The tree of known blocks, the chain that wins, and how the node gets from one to another.

mod batch;
mod canonical;
mod link;
mod reader;
mod record;
mod retreat;
mod serve;
mod switch;
mod tip;
mod tree;
mod written;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

pub use self::batch::{Batch, BatchNumber, LinkedBlock, Via};
use self::canonical::{Canonical, Recent};
pub(crate) use self::link::LinkError;
pub use self::reader::ChainReader;
pub use self::record::{ReorgCounts, ReorgOutcome, ReorgRecord, ReorgRule};
use self::switch::Switch;
pub use self::tip::{KnownTip, Tip, TipKind};
use self::tree::{Body, Tree};
pub(crate) use self::written::Written;
use crate::block::{CheckedBlock, Header, VerifiedHeader};
use crate::chain_spec::ChainSpec;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::{Changes, ExecutionError, State, apply_block};
use crate::limits::{SIDE_BYTES_MAX, SIDE_HEADERS_MAX};
use crate::units::Height;

/// Batches under way beyond which no further block is applied: the disk must keep up.
const UNPERSISTED_MAX: usize = 64;
/// Ends of branches that people are shown.
const TIPS_MAX: usize = 64;

/// All blocks that the node knows, on the chain and off it.
#[derive(Debug)]
pub(crate) struct Chain {
    spec: ChainSpec,
    canonical: Canonical,
    tree: Tree,
    switch: Option<Switch>,
    /// Blocks that left the chain with a batch that is not durable yet.
    leaving: BTreeMap<BlockHash, (BatchNumber, Arc<CheckedBlock>)>,
    /// The block that this node wrote last, and what it comes to, until it is applied.
    written: Option<(BlockHash, State, Changes)>,
}

/// The outcome of adding a block or header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Inserted {
    /// The header was new, or the body of the block was.
    New,
    /// The block or header was here already.
    Known,
}

/// The result of one step of work.
#[derive(Debug)]
pub(crate) enum Step {
    /// There is nothing to do, or the work has to wait for the disk.
    Idle,
    /// A block was applied or undone; there is more to do.
    Progress,
    /// The head moved.
    Moved(Move),
    /// A block of the better branch is invalid; it and all that follow it are out.
    Invalid {
        /// Hash of the invalid block.
        hash: BlockHash,
        /// Rule that the block breaks.
        error: ExecutionError,
    },
}

/// A move of the head: where from, where to, and the blocks between.
#[derive(Debug)]
pub(crate) struct Move {
    /// Head before the move.
    pub(crate) old_head: Tip,
    /// The last block that both chains share.
    pub(crate) fork: Tip,
    /// Blocks that left the chain, the highest first.
    pub(crate) reverted: Vec<LinkedBlock>,
    /// Blocks that joined it, the lowest first, and how each came.
    pub(crate) applied: Vec<(LinkedBlock, Via)>,
    /// The transactions of these, and their heights.
    pub(crate) ids: BTreeMap<TransactionId, Height>,
}

impl Chain {
    /// The chain that ends at this block with this state.
    pub(crate) fn new(spec: ChainSpec, head: Tip, state: State) -> Self {
        let canonical = Canonical::new(spec.genesis_hash(), head, state);
        Self {
            spec,
            canonical,
            tree: Tree::default(),
            switch: None,
            leaving: BTreeMap::new(),
            written: None,
        }
    }

    /// The best block that has been applied.
    pub(crate) fn head(&self) -> Tip {
        self.canonical.head().tip
    }

    /// The state after it.
    pub(crate) fn state(&self) -> &State {
        &self.canonical.head().state
    }

    /// The state after one of the chain's newest blocks, or the lowest height of which one is here.
    pub(crate) fn recent_state(&self, hash: &BlockHash) -> Result<&State, Height> {
        self.canonical.state(hash).ok_or_else(|| self.canonical.floor().tip.height)
    }

    /// The best block of which a signed header is known, if it is better than the head.
    pub(crate) fn better_known(&self) -> Option<Tip> {
        self.tree.best_known().filter(|tip| tip.is_better_than(&self.head()))
    }

    /// The height of the chain's block that holds a transaction.
    pub(crate) fn included(&self, id: &TransactionId, reader: &impl ChainReader) -> Option<Height> {
        self.canonical.included(id, reader)
    }

    /// Checks whether a block or its header is known, on the chain or off it.
    pub(crate) fn knows(&self, hash: &BlockHash, reader: &impl ChainReader) -> bool {
        self.tree.contains(hash) || self.canonical.find(hash, reader).is_some()
    }

    /// Adds a header without its body.
    pub(crate) fn insert_header(
        &mut self,
        header: VerifiedHeader,
        reader: &impl ChainReader,
    ) -> Result<Inserted, LinkError> {
        if self.knows(&header.hash(), reader) {
            return Ok(Inserted::Known);
        }
        self.check_link(&header, reader)?;
        self.tree.insert(header, Body::Missing);
        self.tree.enforce_bounds();
        Ok(Inserted::New)
    }

    /// Adds a block to the known ones.
    pub(crate) fn insert_block(
        &mut self,
        block: CheckedBlock,
        via: Via,
        reader: &impl ChainReader,
    ) -> Result<Inserted, LinkError> {
        let hash = block.hash();
        let known = match self.tree.body(&hash) {
            Some(Body::Missing) => self.tree.find(&hash).is_some_and(|(_, invalid)| invalid),
            Some(Body::Here(..) | Body::Stored) => true,
            None => self.canonical.find(&hash, reader).is_some(),
        };
        if known {
            return Ok(Inserted::Known);
        }
        self.check_link(block.verified_header(), reader)?;
        self.tree.insert(block.verified_header().clone(), Body::Here(Arc::new(block), via));
        self.tree.enforce_bounds();
        Ok(Inserted::New)
    }

    /// The first bodies, at most `limit`, that are missing on the way to the best known block.
    pub(crate) fn missing_bodies(&self, limit: usize) -> Vec<Tip> {
        let Some(best) = self.better_known() else { return Vec::new() };
        self.tree.missing_below(&best.hash, limit)
    }

    /// Forgets the part of the best known branch of which nobody has the bodies; its first block.
    pub(crate) fn forget_missing(&mut self) -> Option<BlockHash> {
        let first = self.missing_bodies(1).first()?.hash;
        self.tree.forget(&first);
        Some(first)
    }

    /// Batches up to this one are durable.
    pub(crate) fn persisted(&mut self, number: BatchNumber) {
        self.canonical.persisted(number);
        self.leaving.retain(|_, (left_with, _)| *left_with > number);
    }

    /// Numbers the batch that writes a move.
    pub(crate) fn number_batch(&mut self, fork: Tip) -> BatchNumber {
        self.canonical.number_batch(fork.height)
    }

    /// Checks whether [`step`](Self::step) would do something.
    pub(crate) fn has_work(&self) -> bool {
        let better = self.tree.best_complete().is_some_and(|tip| tip.is_better_than(&self.head()));
        better && self.canonical.unpersisted() < UNPERSISTED_MAX
    }

    /// Does one block's worth of work towards the best branch (SPEC C-1).
    pub(crate) fn step(&mut self, reader: &impl ChainReader) -> Step {
        if !self.has_work() {
            return Step::Idle;
        }
        let Some(mut switch) = self.aim(reader) else { return Step::Progress };
        if switch.must_walk_back() {
            // Without the undo record there is no way back; the shell ends a node whose disk fails.
            if switch.walk_back(&self.spec, reader).is_none() {
                return Step::Idle;
            }
            self.switch = Some(switch);
            return Step::Progress;
        }
        match self.apply_next(&mut switch, reader) {
            Some(Err((hash, error))) => {
                self.tree.condemn(&hash);
                Step::Invalid { hash, error }
            }
            Some(Ok(())) if switch.at.is_better_than(&self.head()) => {
                Step::Moved(self.adopt(switch))
            }
            Some(Ok(())) => {
                self.switch = Some(switch);
                Step::Progress
            }
            None => {
                // The disk does not have a body that it had: the shell ends such a node.
                self.switch = Some(switch);
                Step::Idle
            }
        }
    }

    /// The ends of the best known branches, the head first.
    pub(crate) fn tips(&self) -> Vec<KnownTip> {
        let head = KnownTip { tip: self.head(), branch_len: 0, kind: TipKind::Head };
        let ends = self.tree.ends().take(TIPS_MAX).map(|(tip, complete, invalid)| {
            let kind = match (invalid, complete) {
                (true, _) => TipKind::Invalid,
                (false, true) => TipKind::Side,
                (false, false) => TipKind::HeadersOnly,
            };
            KnownTip { tip, branch_len: self.tree.branch_len(&tip.hash), kind }
        });
        core::iter::once(head).chain(ends).collect()
    }

    /// Gauges of what is kept besides the chain: name, amount and the most there may be.
    pub(crate) fn gauges(&self) -> [(&'static str, usize, usize); 3] {
        let [headers, bytes] = self.tree.sizes();
        [
            ("side headers", headers, SIDE_HEADERS_MAX),
            ("side bytes", bytes, SIDE_BYTES_MAX),
            ("unwritten batches", self.canonical.unpersisted(), UNPERSISTED_MAX),
        ]
    }

    /// The work under way, if it still leads to the best branch, or new work that does.
    fn aim(&mut self, reader: &impl ChainReader) -> Option<Switch> {
        let best = self.tree.best_complete()?;
        let mut under_way = self.switch.take();
        if under_way.as_ref().is_some_and(|switch| switch.target == best) {
            return under_way;
        }
        // Often the branch has only grown: go on from where the work stands.
        if let Some(mut switch) = under_way.take_if(|switch| self.follows(&best, switch)) {
            let more = self.tree.path_to(&best.hash, Some(&switch.target.hash));
            switch.ahead.extend(more);
            switch.target = best;
            return Some(switch);
        }
        let path = self.tree.path_to(&best.hash, None);
        let orphan = *path.first()?;
        let below = self.tree.parent(&orphan)?;
        let Some(fork) = self.canonical.find(&below, reader) else {
            // The chain left the block on which this branch stands, and it was not kept.
            self.tree.forget(&orphan);
            return None;
        };
        match under_way.filter(|switch| switch.leads_to(fork, &path)) {
            Some(switch) => Some(switch.retargeted(best, path)),
            None => Some(Switch::new(best, fork, path, &self.canonical)),
        }
    }

    /// Checks whether a block follows the end of the work under way.
    fn follows(&self, best: &Tip, switch: &Switch) -> bool {
        let target = switch.target;
        self.tree.ancestor(&best.hash, target.height) == Some(target.hash)
    }

    fn apply_next(
        &mut self,
        switch: &mut Switch,
        reader: &impl ChainReader,
    ) -> Option<Result<(), (BlockHash, ExecutionError)>> {
        let hash = *switch.ahead.front()?;
        let block = match self.tree.body(&hash)? {
            Body::Here(block, _) => Arc::clone(block),
            Body::Stored => self.stored(&hash, reader)?,
            Body::Missing => return None,
        };
        let written = self.written.take_if(|(own, ..)| *own == hash);
        // SPEC C-6
        let below_fork = |id: &TransactionId| {
            let height = self.canonical.included(id, reader);
            height.is_some_and(|height| height <= switch.fork.height)
        };
        let taken = |id: &TransactionId| switch.ids.contains_key(id) || below_fork(id);
        let Header { height, slot, state_root, .. } = *block.header();
        let context = self.spec.block_context(height, slot);
        let applied = match written {
            Some((_, after, changes)) => written::outcome((after, changes), &block, taken),
            None => apply_block(&switch.state, context, block.bodies(), state_root, taken),
        };
        match applied {
            Ok((state, changes)) => {
                switch.advance(LinkedBlock { block, changes: changes.into() }, state);
                Some(Ok(()))
            }
            Err(error) => Some(Err((hash, error))),
        }
    }

    /// Makes the applied part of a branch the chain.
    fn adopt(&mut self, mut switch: Switch) -> Move {
        let old_head = self.head();
        let via = |tree: &Tree, hash| match tree.body(hash) {
            Some(Body::Here(_, via)) => *via,
            Some(Body::Missing | Body::Stored) | None => Via::Reorg,
        };
        let joined = core::mem::take(&mut switch.applied);
        let linked = |recent: &Recent| recent.linked.clone();
        let applied: Vec<_> = joined
            .iter()
            .filter_map(|recent| Some((linked(recent)?, via(&self.tree, &recent.tip.hash))))
            .collect();
        let fork = Recent { tip: switch.fork, state: switch.base.clone(), linked: None };
        joined.iter().for_each(|recent| self.tree.take(&recent.tip.hash));
        let ids = core::mem::take(&mut switch.ids);
        let mut reverted = self.canonical.replace(fork, joined, &ids);
        reverted.append(&mut switch.walked_back);
        let number = self.canonical.next_batch();
        for LinkedBlock { block, .. } in reverted.iter().rev() {
            // Kept as a side branch: it may win again.
            self.tree.insert(block.verified_header().clone(), Body::Stored);
            self.leaving.insert(block.hash(), (number, Arc::clone(block)));
        }
        self.tree.enforce_bounds();
        let fork = switch.fork;
        self.switch = (!switch.ahead.is_empty()).then(|| switch.rest());
        Move { old_head, fork, reverted, applied, ids }
    }
}

#[cfg(test)]
mod tests;
