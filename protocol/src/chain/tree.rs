//! Blocks that are known but not on the chain: side branches, and what is still to be fetched.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::block::{CheckedBlock, CheckedHeader};
use crate::engine::Via;
use crate::hash::BlockHash;
use crate::limits::{SIDE_BYTES_MAX, SIDE_HEADERS_MAX};
use crate::wire::Tip;

/// What an entry takes in memory besides its body, roughly.
const HEADER_BYTES: usize = 600;

/// What part of the room is made free when it is used up.
const SLACK_PART: usize = 64;

/// Known blocks that are not on the chain. Each hangs on another one, or on the chain.
#[derive(Debug, Default)]
pub(super) struct Tree {
    entries: BTreeMap<BlockHash, Entry>,
    children: BTreeMap<BlockHash, BTreeSet<BlockHash>>,
    /// What is not known to be invalid, the best first.
    known: BTreeSet<Rank>,
    /// Those of them whose bodies are here from the chain up, the best first.
    complete: BTreeSet<Rank>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    header: CheckedHeader,
    body: Body,
    standing: Standing,
}

/// The transactions of a block.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// Still to be fetched.
    Missing,
    /// Here.
    Here(Arc<CheckedBlock>, Via),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    /// Its body, or that of a block below it, is missing.
    Incomplete,
    /// It can be applied once the blocks below it are.
    Complete,
    /// It, or a block below it, breaks a rule.
    Invalid,
}

/// The order of the fork choice (SPEC C-1): the best is the least.
type Rank = (Reverse<u64>, u64, BlockHash);

fn rank(tip: &Tip) -> Rank {
    (Reverse(tip.height), tip.slot, tip.hash)
}

fn tip((Reverse(height), slot, hash): &Rank) -> Tip {
    Tip { height: *height, slot: *slot, hash: *hash }
}

impl Entry {
    fn tip(&self) -> Tip {
        let header = self.header.header();
        Tip { height: header.height, slot: header.slot, hash: self.header.hash() }
    }

    fn bytes(&self) -> usize {
        let body = match &self.body {
            Body::Here(block, _) => block.size(),
            Body::Missing => 0,
        };
        body.saturating_add(HEADER_BYTES)
    }
}

impl Tree {
    pub(super) fn contains(&self, hash: &BlockHash) -> bool {
        self.entries.contains_key(hash)
    }

    /// The place of a block, and whether it is known to be invalid.
    pub(super) fn find(&self, hash: &BlockHash) -> Option<(Tip, bool)> {
        let entry = self.entries.get(hash)?;
        Some((entry.tip(), entry.standing == Standing::Invalid))
    }

    pub(super) fn body(&self, hash: &BlockHash) -> Option<&Body> {
        self.entries.get(hash).map(|entry| &entry.body)
    }

    /// The block that a block follows.
    pub(super) fn parent(&self, hash: &BlockHash) -> Option<BlockHash> {
        self.entries.get(hash).map(|entry| entry.header.header().previous)
    }

    /// The best block that could be applied.
    pub(super) fn best_complete(&self) -> Option<Tip> {
        self.complete.first().map(tip)
    }

    /// The best block that is not known to be invalid, its body here or not.
    pub(super) fn best_known(&self) -> Option<Tip> {
        self.known.first().map(tip)
    }

    /// The ends of branches: place, whether complete, whether invalid.
    pub(super) fn ends(&self) -> impl Iterator<Item = (Tip, bool, bool)> {
        let is_end = |entry: &&Entry| !self.children.contains_key(&entry.header.hash());
        self.entries.values().filter(is_end).map(|entry| {
            let standing = entry.standing;
            (entry.tip(), standing == Standing::Complete, standing == Standing::Invalid)
        })
    }

    /// The blocks from just above the chain up to this one.
    pub(super) fn path_to(&self, hash: &BlockHash) -> Vec<BlockHash> {
        let mut path = Vec::new();
        let mut at = *hash;
        while let Some(entry) = self.entries.get(&at) {
            path.push(at);
            at = entry.header.header().previous;
        }
        path.reverse();
        path
    }

    /// How many blocks there are from just above the chain up to each of these, in their order.
    pub(super) fn branch_lens(&self, ends: &[BlockHash]) -> Vec<u64> {
        // Branches share most of their way: nothing is passed twice.
        let mut passed = BTreeMap::<BlockHash, u64>::new();
        let mut lens = Vec::new();
        for end in ends {
            let (mut way, mut at) = (Vec::new(), *end);
            let mut len = loop {
                match (passed.get(&at), self.entries.get(&at)) {
                    (Some(len), _) => break *len,
                    (None, Some(entry)) => {
                        way.push(at);
                        at = entry.header.header().previous;
                    }
                    (None, None) => break 0,
                }
            };
            for hash in way.into_iter().rev() {
                len = len.saturating_add(1);
                passed.insert(hash, len);
            }
            lens.push(len);
        }
        lens
    }

    /// The first blocks, at most `limit`, on the way up to this one whose bodies are missing.
    pub(super) fn missing_below(&self, hash: &BlockHash, limit: usize) -> Vec<Tip> {
        let mut missing = Vec::new();
        let mut at = *hash;
        // Below a complete block nothing is missing.
        while let Some(entry) = self.entries.get(&at)
            && entry.standing == Standing::Incomplete
        {
            if matches!(entry.body, Body::Missing) {
                missing.push(entry.tip());
            }
            at = entry.header.header().previous;
        }
        missing.reverse();
        missing.truncate(limit);
        missing
    }

    /// Adds a block whose parent is known and good, or its body to a header that is here.
    pub(super) fn insert(&mut self, header: CheckedHeader, body: Body) {
        let hash = header.hash();
        let parent = header.header().previous;
        let entry = self.entries.entry(hash).or_insert_with(|| {
            self.bytes = self.bytes.saturating_add(HEADER_BYTES);
            Entry { header, body: Body::Missing, standing: Standing::Incomplete }
        });
        if matches!(entry.body, Body::Missing) {
            self.bytes = self.bytes.saturating_sub(entry.bytes());
            entry.body = body;
            self.bytes = self.bytes.saturating_add(entry.bytes());
        }
        let tip = entry.tip();
        self.children.entry(parent).or_default().insert(hash);
        if entry.standing == Standing::Invalid {
            return;
        }
        self.known.insert(rank(&tip));
        self.complete_from(hash);
    }

    /// Takes a block out because it is on the chain now.
    pub(super) fn take(&mut self, hash: &BlockHash) {
        let Some(entry) = self.entries.remove(hash) else { return };
        let rank = rank(&entry.tip());
        self.known.remove(&rank);
        self.complete.remove(&rank);
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        self.unhook(&entry.header.header().previous, hash);
    }

    /// Marks a block and all that follow it as invalid.
    pub(super) fn condemn(&mut self, hash: &BlockHash) {
        for hash in self.with_descendants(hash) {
            if let Some(entry) = self.entries.get_mut(&hash) {
                entry.standing = Standing::Invalid;
                let rank = rank(&entry.tip());
                self.bytes = self.bytes.saturating_sub(entry.bytes());
                entry.body = Body::Missing;
                self.bytes = self.bytes.saturating_add(entry.bytes());
                self.known.remove(&rank);
                self.complete.remove(&rank);
            }
        }
    }

    /// Forgets a block and all that follow it.
    pub(super) fn forget(&mut self, hash: &BlockHash) {
        let mut doomed = self.with_descendants(hash);
        doomed.reverse();
        doomed.iter().for_each(|hash| self.take(hash));
    }

    /// Forgets every block of a slot after this one.
    pub(super) fn forget_after(&mut self, slot: u64) {
        let after = |entry: &&Entry| entry.header.header().slot > slot;
        let doomed: Vec<_> =
            self.entries.values().filter(after).map(|entry| entry.header.hash()).collect();
        doomed.iter().for_each(|hash| self.take(hash));
    }

    /// Forgets what exceeds the bounds of SPEC C-2: oldest slots first, never the best two
    /// branches.
    pub(super) fn enforce_bounds(&mut self) {
        if self.bytes <= SIDE_BYTES_MAX && self.entries.len() <= SIDE_HEADERS_MAX {
            return;
        }
        let mut best: Vec<_> = self.best_two_ends();
        best.extend(self.best_complete().map(|tip| tip.hash));
        let spared: BTreeSet<_> = best.iter().flat_map(|end| self.path_to(end)).collect();
        let mut old: Vec<_> =
            self.entries.values().map(|entry| (entry.tip().slot, entry.header.hash())).collect();
        old.retain(|(_, hash)| !spared.contains(hash));
        old.sort_unstable();
        // Somewhat more than has to go: to look for what is old takes long.
        let bytes_max = SIDE_BYTES_MAX.saturating_sub(SIDE_BYTES_MAX / SLACK_PART);
        let headers_max = SIDE_HEADERS_MAX.saturating_sub(SIDE_HEADERS_MAX / SLACK_PART);
        for (_, hash) in old {
            if self.bytes <= bytes_max && self.entries.len() <= headers_max {
                return;
            }
            self.forget(&hash);
        }
    }

    /// How many entries there are, and roughly how many bytes they take.
    pub(super) fn sizes(&self) -> [usize; 2] {
        [self.entries.len(), self.bytes]
    }

    fn best_two_ends(&self) -> Vec<BlockHash> {
        let ends = self.known.iter().map(|rank| rank.2);
        ends.filter(|hash| !self.children.contains_key(hash)).take(2).collect()
    }

    /// Spreads completeness upwards from a block whose body may have come.
    fn complete_from(&mut self, hash: BlockHash) {
        let mut open = alloc::vec![hash];
        while let Some(hash) = open.pop() {
            let Some(entry) = self.entries.get(&hash) else { continue };
            let parent = self.entries.get(&entry.header.header().previous);
            let on_complete = parent.is_none_or(|parent| parent.standing == Standing::Complete);
            let ready = on_complete && !matches!(entry.body, Body::Missing);
            if !ready || entry.standing != Standing::Incomplete {
                continue;
            }
            self.complete.insert(rank(&entry.tip()));
            open.extend(self.children.get(&hash).into_iter().flatten());
            if let Some(entry) = self.entries.get_mut(&hash) {
                entry.standing = Standing::Complete;
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

    fn unhook(&mut self, parent: &BlockHash, child: &BlockHash) {
        if let Some(siblings) = self.children.get_mut(parent) {
            siblings.remove(child);
            if siblings.is_empty() {
                self.children.remove(parent);
            }
        }
    }
}

#[cfg(test)]
mod tests;
