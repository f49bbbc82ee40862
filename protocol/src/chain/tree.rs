//! Blocks that are known but not on the chain: side branches, and what is still to be fetched.

mod bounds;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::block::{CheckedBlock, Header, VerifiedHeader};
use crate::chain::InForce;
use crate::chain::{Marks, Ranked, Tip, Via};
use crate::hash::BlockHash;
use crate::units::Height;

/// Bytes that an entry takes in memory besides its body, roughly.
const HEADER_BYTES: usize = 600;
/// Bytes that a signature of a certificate takes.
const SIGNATURE_BYTES: usize = 65;

/// Known blocks that are not on the chain. Each hangs on another one, or on the chain.
///
/// A branch may be as long as the chain: nothing that happens for each block or each view walks
/// along one.
#[derive(Debug, Default)]
pub(super) struct Tree {
    entries: BTreeMap<BlockHash, Entry>,
    children: BTreeMap<BlockHash, Vec<BlockHash>>,
    /// Blocks that are not known to be invalid, the best first.
    known: BTreeSet<Rank>,
    /// Blocks of `known` whose bodies are here from the chain up, the best first.
    complete: BTreeSet<Rank>,
    /// Blocks that nothing follows, invalid or not, the highest first.
    ends: BTreeSet<Rank>,
    bytes: usize,
    /// Numbers of entries and bytes that were left, if too many, when the bounds were enforced
    /// last.
    enforced: [usize; 2],
    /// Entries that were looked at.
    #[cfg(test)]
    pub(super) looks: core::cell::Cell<usize>,
}

#[derive(Debug)]
struct Entry {
    header: VerifiedHeader,
    body: Body,
    standing: BlockStatus,
    /// Marks of the block: what certificates name on its chain, its own header's included.
    marks: Marks,
    /// Authorities after the block.
    in_force: InForce,
    /// A block further down the branch, or the block of the chain on which it stands, and its
    /// height: strides by which every block below is reached in few steps (Myers, "An applicative
    /// random-access stack", 1983).
    stride: (BlockHash, Height),
}

/// The transactions of a block.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// The body is still to be fetched.
    Missing,
    /// The body is here.
    Here(Arc<CheckedBlock>, Via),
    /// The body is on disk: it was on the chain once.
    Stored,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum BlockStatus {
    /// The body of the block, or of one below it, is missing.
    Incomplete,
    /// The block can be applied once the blocks below it are.
    Complete,
    /// The block, or one below it, breaks a rule.
    Invalid,
}

/// The order of the fork choice (SPEC C-1): the best is the least.
type Rank = Reverse<Ranked>;

fn ranked(Reverse(ranked): &Rank) -> Ranked {
    *ranked
}

impl Entry {
    fn tip(&self) -> Tip {
        let header = self.header.header();
        Tip { height: header.height, slot: header.slot, hash: self.header.hash() }
    }

    fn ranked(&self) -> Ranked {
        Ranked { justified: self.marks.justified, tip: self.tip() }
    }

    fn rank(&self) -> Rank {
        Reverse(self.ranked())
    }

    fn parent(&self) -> BlockHash {
        self.header.header().previous
    }

    fn bytes(&self) -> usize {
        let body = match &self.body {
            Body::Here(block, _) => block.size(),
            Body::Missing | Body::Stored => 0,
        };
        let Header { certificate, next_authorities, .. } = self.header.header();
        let certificate = certificate.as_ref().map_or(0, |one| one.signatures.len());
        let change = next_authorities.as_ref().map_or(0, |one| one.signatures.len());
        let signatures = certificate.saturating_add(change);
        body.saturating_add(HEADER_BYTES).saturating_add(signatures.saturating_mul(SIGNATURE_BYTES))
    }
}

impl Tree {
    pub(super) fn contains(&self, hash: &BlockHash) -> bool {
        self.entry(hash).is_some()
    }

    /// The place of a block, and whether it is known to be invalid.
    pub(super) fn find(&self, hash: &BlockHash) -> Option<(Tip, bool)> {
        let entry = self.entry(hash)?;
        Some((entry.tip(), entry.standing == BlockStatus::Invalid))
    }

    pub(super) fn body(&self, hash: &BlockHash) -> Option<&Body> {
        self.entry(hash).map(|entry| &entry.body)
    }

    /// Checks whether a block can be applied once the blocks below it are.
    pub(super) fn is_complete(&self, hash: &BlockHash) -> bool {
        self.entry(hash).is_some_and(|entry| entry.standing == BlockStatus::Complete)
    }

    /// The block that a block follows.
    pub(super) fn parent(&self, hash: &BlockHash) -> Option<BlockHash> {
        self.entry(hash).map(Entry::parent)
    }

    /// The marks of a block, its own header's certificate included.
    pub(super) fn marks(&self, hash: &BlockHash) -> Option<Marks> {
        self.entry(hash).map(|entry| entry.marks)
    }

    /// The authorities after a block.
    pub(super) fn in_force(&self, hash: &BlockHash) -> Option<&InForce> {
        self.entry(hash).map(|entry| &entry.in_force)
    }

    /// The header of a block.
    pub(super) fn header(&self, hash: &BlockHash) -> Option<&VerifiedHeader> {
        self.entry(hash).map(|entry| &entry.header)
    }

    /// The best block that could be applied.
    pub(super) fn best_complete(&self) -> Option<Ranked> {
        self.complete.first().map(ranked)
    }

    /// The best block that could be applied among a block and those that stand on it.
    pub(super) fn best_complete_on(&self, root: &BlockHash) -> Option<Ranked> {
        let height = self.entry(root)?.header.header().height;
        let stands = |rank: &&Rank| self.ancestor(&rank.0.tip.hash, height) == Some(*root);
        self.complete.iter().find(stands).map(ranked)
    }

    /// The best block that is not known to be invalid, its body here or not.
    pub(super) fn best_known(&self) -> Option<Ranked> {
        self.known.first().map(ranked)
    }

    /// The ends of branches, the best first: place, whether complete, whether invalid.
    pub(super) fn ends(&self) -> impl Iterator<Item = (Ranked, bool, bool)> {
        self.ends.iter().filter_map(|rank| self.entry(&rank.0.tip.hash)).map(|entry| {
            let standing = entry.standing;
            (entry.ranked(), standing == BlockStatus::Complete, standing == BlockStatus::Invalid)
        })
    }

    /// The blocks from just above the chain, or above one of them, up to this one.
    pub(super) fn path_to(&self, hash: &BlockHash, above: Option<&BlockHash>) -> Vec<BlockHash> {
        let mut path = Vec::new();
        let mut at = *hash;
        while let Some(entry) = self.entry(&at).filter(|_| above != Some(&at)) {
            path.push(at);
            at = entry.parent();
        }
        path.reverse();
        path
    }

    /// Number of blocks from just above the chain up to this one.
    pub(super) fn branch_len(&self, end: &BlockHash) -> u64 {
        let (Some((root, _)), Some(entry)) = (self.root_of(end), self.entry(end)) else { return 0 };
        entry.header.header().height.since(root).saturating_add(1)
    }

    /// The height of the lowest block of the branch that ends with this one, and the block of the
    /// chain on which that stands.
    pub(super) fn root_of(&self, end: &BlockHash) -> Option<(Height, BlockHash)> {
        let root = self.lowest(self.entry(end)?, |_| true);
        Some((root.header.header().height, root.parent()))
    }

    /// The block below this one, or this one, at a height, if it is not on the chain.
    pub(super) fn ancestor(&self, hash: &BlockHash, height: Height) -> Option<BlockHash> {
        let entry = self.entry(hash).filter(|entry| entry.header.header().height >= height)?;
        let found = self.lowest(entry, |below| below.header.header().height >= height);
        (found.header.header().height == height).then(|| found.header.hash())
    }

    /// The first blocks, at most `limit`, on the way up to this one whose bodies are missing.
    pub(super) fn missing_below(&self, hash: &BlockHash, limit: usize) -> Vec<Tip> {
        let mut missing = Vec::new();
        // Below a complete block nothing is missing.
        let incomplete = |entry: &Entry| entry.standing == BlockStatus::Incomplete;
        let Some(end) = self.entry(hash).filter(|end| incomplete(end)) else { return missing };
        let mut height = self.lowest(end, incomplete).header.header().height;
        while missing.len() < limit && height <= end.header.header().height {
            // From some way up it is walked down: a block does not know which of those that follow
            // it leads there.
            let stretch = u64::try_from(limit.saturating_sub(missing.len())).unwrap_or(u64::MAX);
            let top = height.saturating_add(stretch.saturating_sub(1));
            let top = self.lowest(end, |below| below.header.header().height >= top);
            missing.extend(self.missing_between(top, height));
            height = top.header.header().height.next();
        }
        missing
    }

    /// The blocks of a branch whose bodies are missing, from this height up to this one.
    fn missing_between(&self, top: &Entry, height: Height) -> Vec<Tip> {
        let mut missing = Vec::new();
        let mut at = Some(top);
        while let Some(entry) = at.filter(|entry| entry.header.header().height >= height) {
            if matches!(entry.body, Body::Missing) {
                missing.push(entry.tip());
            }
            at = self.entry(&entry.parent());
        }
        missing.reverse();
        missing
    }

    /// Adds a block whose parent is known and good, or its body to a header that is here.
    pub(super) fn insert(
        &mut self,
        header: VerifiedHeader,
        body: Body,
        marks: Marks,
        in_force: InForce,
    ) {
        let hash = header.hash();
        let parent = header.header().previous;
        let is_new = !self.contains(&hash);
        let stride = self.stride(&header);
        let entry = self.entries.entry(hash).or_insert_with(|| {
            let (body, standing) = (Body::Missing, BlockStatus::Incomplete);
            let entry = Entry { header, body, standing, marks, in_force, stride };
            self.bytes = self.bytes.saturating_add(entry.bytes());
            entry
        });
        if matches!(entry.body, Body::Missing) {
            self.bytes = self.bytes.saturating_sub(entry.bytes());
            entry.body = body;
            self.bytes = self.bytes.saturating_add(entry.bytes());
        }
        let (rank, invalid) = (entry.rank(), entry.standing == BlockStatus::Invalid);
        if is_new {
            self.hook(parent, rank);
        }
        if !invalid {
            self.known.insert(rank);
            self.complete_from(hash);
        }
    }

    /// Takes a block out because it is on the chain now.
    pub(super) fn take(&mut self, hash: &BlockHash) {
        let Some(entry) = self.entries.remove(hash) else { return };
        let rank = entry.rank();
        self.known.remove(&rank);
        self.complete.remove(&rank);
        self.ends.remove(&rank);
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        self.unhook(&entry.parent(), hash);
    }

    /// Marks a block and all that follow it as invalid.
    pub(super) fn condemn(&mut self, hash: &BlockHash) {
        for hash in self.with_descendants(hash) {
            if let Some(entry) = self.entries.get_mut(&hash) {
                entry.standing = BlockStatus::Invalid;
                let rank = entry.rank();
                self.bytes = self.bytes.saturating_sub(entry.bytes());
                entry.body = Body::Missing;
                self.bytes = self.bytes.saturating_add(entry.bytes());
                self.known.remove(&rank);
                self.complete.remove(&rank);
            }
        }
    }

    fn entry(&self, hash: &BlockHash) -> Option<&Entry> {
        self.looked_at(1);
        self.entries.get(hash)
    }

    /// Counts work, for tests that compare how much there is for how many blocks.
    fn looked_at(&self, _entries: usize) {
        #[cfg(test)]
        self.looks.set(self.looks.get() + _entries);
    }

    /// The lowest block of which this is true, where it is true of all from there up to this one.
    fn lowest<'t>(&'t self, from: &'t Entry, is_true: impl Fn(&Entry) -> bool) -> &'t Entry {
        let mut at = from;
        loop {
            let [far, near] = [at.stride.0, at.parent()].map(|hash| self.entry(&hash));
            let far = far.filter(|entry| is_true(entry));
            let Some(below) = far.or_else(|| near.filter(|entry| is_true(entry))) else {
                return at;
            };
            at = below;
        }
    }

    /// Twice as far as its parent's stride if that is as far as the one after it, or to its parent.
    fn stride(&self, header: &VerifiedHeader) -> (BlockHash, Height) {
        let parent = header.header().previous;
        let height = header.header().height.saturating_sub(1);
        let Some(below) = self.entry(&parent) else { return (parent, height) };
        let (hash, first) = below.stride;
        let next = self.entry(&hash).map_or((hash, first), |entry| entry.stride);
        let is_as_far = height.since(first) == first.since(next.1);
        if is_as_far { next } else { (parent, height) }
    }

    /// Spreads completeness upwards from a block whose body may have come.
    fn complete_from(&mut self, hash: BlockHash) {
        let mut open = alloc::vec![hash];
        while let Some(hash) = open.pop() {
            let Some(entry) = self.entries.get(&hash) else { continue };
            let parent = self.entries.get(&entry.parent());
            self.looked_at(2);
            let on_complete = parent.is_none_or(|parent| parent.standing == BlockStatus::Complete);
            let ready = on_complete && !matches!(entry.body, Body::Missing);
            if !ready || entry.standing != BlockStatus::Incomplete {
                continue;
            }
            self.complete.insert(entry.rank());
            open.extend(self.children.get(&hash).into_iter().flatten());
            if let Some(entry) = self.entries.get_mut(&hash) {
                entry.standing = BlockStatus::Complete;
            }
        }
    }

    /// A block and all that follow it, parents before children.
    fn with_descendants(&self, hash: &BlockHash) -> Vec<BlockHash> {
        let mut found = alloc::vec![*hash];
        let mut next = 0;
        while let Some(hash) = found.get(next).copied() {
            found.extend(self.children.get(&hash).into_iter().flatten());
            next = next.saturating_add(1);
        }
        found
    }

    fn hook(&mut self, parent: BlockHash, child: Rank) {
        let hash = child.0.tip.hash;
        self.children.entry(parent).or_default().push(hash);
        if let Some(entry) = self.entries.get(&parent) {
            self.ends.remove(&entry.rank());
        }
        if !self.children.contains_key(&hash) {
            self.ends.insert(child);
        }
    }

    fn unhook(&mut self, parent: &BlockHash, child: &BlockHash) {
        let Some(siblings) = self.children.get_mut(parent) else { return };
        siblings.retain(|sibling| sibling != child);
        if siblings.is_empty() {
            self.children.remove(parent);
            if let Some(entry) = self.entries.get(parent) {
                self.ends.insert(entry.rank());
            }
        }
    }
}

#[cfg(test)]
mod tests;
