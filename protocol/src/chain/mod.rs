//! The tree of known blocks, the chain that wins, and how the node gets from one to another.

mod along;
mod batch;
mod canonical;
mod finalize;
mod in_force;
mod link;
mod marks;
mod reader;
mod record;
mod resume;
mod retreat;
mod serve;
mod switch;
mod tip;
mod tree;
mod work;
mod written;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

pub use self::batch::{Batch, BatchNumber, Finalized, LinkedBlock, Via};
use self::canonical::Canonical;
pub use self::in_force::{InForce, Pending};
pub(crate) use self::link::LinkError;
pub(crate) use self::marks::Marks;
pub use self::reader::ChainReader;
pub use self::record::{ReorgCounts, ReorgOutcome, ReorgRecord, ReorgRule};
use self::switch::Switch;
pub(crate) use self::tip::Ranked;
pub use self::tip::{KnownTip, Tip, TipKind};
use self::tree::{Body, Tree};
pub(crate) use self::work::{Move, Step};
pub(crate) use self::written::Written;
use crate::authority::{HeaderContext, KnownAuthorities};
use crate::block::{CheckedBlock, Header, VerifiedHeader};
use crate::chain_spec::ChainSpec;
use crate::finality::Certificate;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::{Changes, State};
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
    finalized: Tip,
    /// True while the head does not stand on the final block.
    off_final: bool,
    /// A block off the chain to which the head goes, whatever the fork choice says.
    visit: Option<BlockHash>,
    known: KnownAuthorities,
    news: News,
    /// The block that this node wrote last, and what it comes to, until it is applied.
    written: Option<(BlockHash, State, Changes)>,
}

/// Blocks and certificates that came since they were asked for last.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Blocks whose bodies came.
    pub(crate) arrived: Vec<Ranked>,
    /// Certificates in headers that came.
    pub(crate) certificates: Vec<Certificate>,
}

/// The outcome of adding a block or header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Inserted {
    /// The header was new, or the body of the block was.
    New,
    /// The block or header was here already.
    Known,
}

impl Chain {
    /// The chain that ends at this block with this state.
    pub(crate) fn new(spec: ChainSpec, head: Tip, state: State) -> Self {
        let canonical = Canonical::new(&spec, head, state);
        Self {
            known: HeaderContext::from(&spec).authorities.clone(),
            spec,
            finalized: canonical.genesis(),
            off_final: false,
            visit: None,
            news: News::default(),
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
        self.tree.best_known().filter(|best| self.prefers(best)).map(|best| best.tip)
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
        self.hang(header, Body::Missing);
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
        if !self.tree.contains(&hash) {
            self.check_link(block.verified_header(), reader)?;
        }
        self.hang(block.verified_header().clone(), Body::Here(Arc::new(block), via));
        self.tree.enforce_bounds();
        Ok(Inserted::New)
    }

    fn hang(&mut self, header: VerifiedHeader, body: Body) {
        let Header { height, slot, certificate, .. } = header.header();
        let marks = self.marks_below(header.header()).with(header.header());
        let in_force = self.in_force_below(header.header());
        let in_force = in_force.after(header.header(), header.hash(), marks.finalized);
        header.header().next_authorities.iter().for_each(|change| self.known.learn(change));
        if let Body::Here(..) = body {
            let tip = Tip { height: *height, slot: *slot, hash: header.hash() };
            self.news.arrived.push(Ranked { justified: marks.justified, tip });
        }
        self.news.certificates.extend(certificate.clone());
        self.tree.insert(header, body, marks, in_force);
    }

    /// The certificates in headers that came since they were taken last.
    pub(crate) fn certificates_that_came(&self) -> &[Certificate] {
        &self.news.certificates
    }

    /// Returns what came since this was asked for last.
    pub(crate) fn take_news(&mut self) -> News {
        core::mem::take(&mut self.news)
    }

    /// The head as the fork choice ranks it.
    pub(crate) fn ranked_head(&self) -> Ranked {
        self.canonical.ranked_head()
    }

    /// Checks whether a block was found to break a rule, or stands on one that does.
    pub(crate) fn is_invalid(&self, hash: &BlockHash) -> bool {
        self.tree.find(hash).is_some_and(|(_, invalid)| invalid)
    }

    /// Checks whether a block has been executed: it is on the chain, or was.
    pub(crate) fn is_executed(&self, hash: &BlockHash, reader: &impl ChainReader) -> bool {
        match self.tree.body(hash) {
            Some(body) => matches!(body, Body::Stored),
            None => self.canonical.find(hash, reader).is_some(),
        }
    }

    /// The first bodies, at most `limit`, that are missing on the way to the best known block.
    pub(crate) fn missing_bodies(&self, limit: usize) -> Vec<Tip> {
        let Some(best) = self.better_known() else { return Vec::new() };
        self.tree.missing_below(&best.hash, limit)
    }

    /// Forgets the part of the best known branch of which nobody has the bodies; its first block.
    /// The way to the final block is never forgotten: a quorum has it.
    pub(crate) fn forget_missing(&mut self) -> Option<BlockHash> {
        let first = *self.missing_bodies(1).first()?;
        if self.off_final && first.height <= self.finalized.height {
            return None;
        }
        self.tree.forget(&first.hash);
        Some(first.hash)
    }

    /// Batches up to this one are durable.
    pub(crate) fn persisted(&mut self, number: BatchNumber) {
        self.canonical.persisted(number);
        self.leaving.retain(|_, (left_with, _)| *left_with > number);
    }

    /// Numbers a batch that leaves everything up to this block alone.
    pub(crate) fn number_batch(&mut self, fork: Tip) -> BatchNumber {
        let number = self.canonical.number_batch(fork.height);
        // A switch that is under way counts on what is in memory.
        if self.switch.is_none() {
            self.canonical.forget_old();
        }
        number
    }

    /// The ends of the best known branches, the head first.
    pub(crate) fn tips(&self) -> Vec<KnownTip> {
        let Ranked { justified, tip } = self.ranked_head();
        let head = KnownTip { tip, justified, branch_len: 0, kind: TipKind::Head };
        let ends = self.tree.ends().take(TIPS_MAX).map(|(ranked, complete, invalid)| {
            let Ranked { justified, tip } = ranked;
            let kind = match (invalid, complete) {
                (true, _) => TipKind::Invalid,
                (false, true) => TipKind::Side,
                (false, false) => TipKind::HeadersOnly,
            };
            KnownTip { tip, justified, branch_len: self.tree.branch_len(&tip.hash), kind }
        });
        core::iter::once(head).chain(ends).collect()
    }

    /// Checks whether everything that was handed out to be written is durable.
    pub(crate) fn is_written(&self) -> bool {
        self.canonical.unpersisted() == 0
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
}

#[cfg(test)]
mod tests;
