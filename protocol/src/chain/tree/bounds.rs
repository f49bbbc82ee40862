//! Forgetting: what exceeds the bounds (SPEC C-2), and what cannot win any more.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Entry, Tree};
use crate::hash::BlockHash;
use crate::limits::{SIDE_BYTES_MAX, SIDE_HEADERS_MAX};
use crate::units::{Height, Slot};

/// Divisor for the part of each bound that is made free when it is used up.
pub(super) const SLACK_PART: usize = 64;
/// Divisor for the part by which what may not go can grow before old entries are looked for again.
const GROWTH_PART: usize = 8;

impl Tree {
    /// Forgets a block and all that follow it.
    pub(in crate::chain) fn forget(&mut self, hash: &BlockHash) {
        let doomed = self.with_descendants(hash);
        doomed.iter().rev().for_each(|hash| self.take(hash));
    }

    /// Forgets every branch that leaves the chain below a height: those that do not stand on the
    /// final block there (SPEC C-1).
    pub(in crate::chain) fn forget_branches_below(&mut self, height: Height) {
        let is_root = |entry: &&Entry| !self.entries.contains_key(&entry.parent());
        let roots = self.entries.values().filter(is_root);
        let below = roots.filter(|entry| entry.header.header().height <= height);
        let doomed: Vec<_> = below.map(|entry| entry.header.hash()).collect();
        doomed.iter().for_each(|hash| self.forget(hash));
    }

    /// Forgets every block but this one, those below it and those that stand on it.
    pub(in crate::chain) fn forget_all_off(&mut self, hash: &BlockHash) {
        let kept = self.path_to(hash, None).into_iter().chain(self.with_descendants(hash));
        let kept: BTreeSet<_> = kept.collect();
        let doomed: Vec<_> =
            self.entries.keys().filter(|hash| !kept.contains(hash)).copied().collect();
        doomed.iter().for_each(|hash| self.take(hash));
    }

    /// Forgets every block of a slot after this one.
    pub(in crate::chain) fn forget_after(&mut self, slot: Slot) {
        let tips = self.entries.values().map(Entry::tip);
        let doomed: Vec<_> = tips.filter(|tip| tip.slot > slot).map(|tip| tip.hash).collect();
        doomed.iter().for_each(|hash| self.take(hash));
    }

    /// Forgets what exceeds the bounds of SPEC C-2: oldest slots first, never the best two
    /// branches.
    pub(in crate::chain) fn enforce_bounds(&mut self) {
        let max = [SIDE_HEADERS_MAX, SIDE_BYTES_MAX];
        let sizes = || self.sizes().into_iter().zip(max);
        // The best two may be larger than all room, and are not looked through for each block.
        let is_much = |((size, max), kept): ((usize, usize), usize)| {
            let growth = (kept / GROWTH_PART).min(max);
            size > max && size > kept.saturating_add(growth)
        };
        if !sizes().zip(self.enforced).any(is_much) {
            return;
        }
        let mut best = self.best_two_ends();
        best.extend(self.best_complete().map(|best| best.tip.hash));
        let spared: BTreeSet<_> = best.iter().flat_map(|end| self.path_to(end, None)).collect();
        let mut old: Vec<_> =
            self.entries.values().map(|entry| (entry.tip().slot, entry.header.hash())).collect();
        self.looked_at(old.len());
        old.retain(|(_, hash)| !spared.contains(hash));
        old.sort_unstable();
        // Somewhat more than has to go: to look for what is old takes long.
        let goal = max.map(|max| max.saturating_sub(max / SLACK_PART));
        for (_, hash) in old {
            if self.sizes().into_iter().zip(goal).all(|(size, goal)| size <= goal) {
                break;
            }
            self.forget(&hash);
        }
        let left = self.sizes().into_iter().zip(goal);
        let kept = left.map(|(size, goal)| if size > goal { size } else { 0 });
        self.enforced.iter_mut().zip(kept).for_each(|(enforced, kept)| *enforced = kept);
    }

    /// Numbers of entries and, roughly, of bytes that they take.
    pub(in crate::chain) fn sizes(&self) -> [usize; 2] {
        [self.entries.len(), self.bytes]
    }

    fn best_two_ends(&self) -> Vec<BlockHash> {
        let good = |hash: &BlockHash| self.find(hash).is_some_and(|(_, invalid)| !invalid);
        self.ends.iter().map(|rank| rank.0.tip.hash).filter(good).take(2).collect()
    }
}
