//! Work: the way to the best branch, one block at a time (SPEC C-1).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::canonical::Recent;
use super::switch::Switch;
use super::tree::{Body, Tree};
use super::{
    Chain, ChainReader, LinkedBlock, Ranked, ReorgRule, Tip, UNPERSISTED_MAX, Via, written,
};
use crate::block::Header;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::{ExecutionError, apply_block};
use crate::units::Height;

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
    /// Part of the fork-choice rule that decided.
    pub(crate) rule: ReorgRule,
}

impl Chain {
    /// Checks whether [`step`](Self::step) would do something.
    pub(crate) fn has_work(&self) -> bool {
        self.goal().is_some() && self.canonical.unpersisted() < UNPERSISTED_MAX
    }

    /// The block to which the head is to go, if it is not there.
    fn goal(&self) -> Option<Tip> {
        let best = match self.visit {
            Some(root) if self.tree.contains(&root) => self.tree.best_complete_on(&root),
            Some(root) if self.canonical.state(&root).is_some() => None,
            _ => self.tree.best_complete().filter(|best| self.prefers(best)),
        };
        best.map(|best| best.tip)
    }

    /// Sends the head to a block off the chain, or to the best one that stands on it, whatever the
    /// fork choice says; or back, if there is none.
    pub(crate) fn visit(&mut self, root: Option<BlockHash>) {
        self.visit = root;
    }

    /// The best block that could be applied of a block off the chain and those that stand on it.
    pub(crate) fn best_on(&self, root: &BlockHash) -> Option<Tip> {
        self.tree.best_complete_on(root).map(|best| best.tip)
    }

    /// Checks whether a block could be applied for the first time, and the fork choice would not.
    pub(crate) fn is_beside(&self, tip: &Tip) -> bool {
        let justified = self.marks_of(tip).justified;
        let is_new = matches!(self.tree.body(&tip.hash), Some(Body::Here(..)));
        is_new
            && self.tree.is_complete(&tip.hash)
            && !self.prefers(&Ranked { justified, tip: *tip })
    }

    /// Checks whether the head is where the fork choice would not have it, or on its way there.
    pub(crate) fn is_visiting(&self) -> bool {
        self.visit.is_some()
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
            Some(Ok(())) if self.is_enough(&switch) => Step::Moved(self.adopt(switch)),
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

    /// Checks whether the part of a branch that was applied is better than the head.
    fn is_enough(&self, switch: &Switch) -> bool {
        if self.visit.is_some() {
            return switch.at == switch.target;
        }
        let justified = self.marks_of(&switch.at).justified;
        self.prefers(&Ranked { justified, tip: switch.at })
    }

    /// The work under way, if it still leads to the best branch, or new work that does.
    fn aim(&mut self, reader: &impl ChainReader) -> Option<Switch> {
        let best = self.goal()?;
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
    pub(super) fn adopt(&mut self, mut switch: Switch) -> Move {
        let (old_head, before) = (self.head(), self.ranked_head());
        let was_off_final = self.off_final;
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
            if switch.fork.height >= self.finalized.height {
                // Kept as a side branch: it may win again.
                self.hang(block.verified_header().clone(), Body::Stored);
            }
            self.leaving.insert(block.hash(), (number, Arc::clone(block)));
        }
        self.tree.enforce_bounds();
        if self.off_final && self.canonical.state(&self.finalized.hash).is_some() {
            self.off_final = false;
            self.canonical.finalize(self.finalized.height);
        }
        let fork = switch.fork;
        self.switch = (!switch.ahead.is_empty()).then(|| switch.rest());
        let rule = match (was_off_final, self.visit) {
            (true, _) => ReorgRule::Final,
            (false, Some(_)) => ReorgRule::Detour,
            (false, None) => rule(&before, &self.ranked_head()),
        };
        Move { old_head, fork, reverted, applied, ids, rule }
    }
}

/// The part of the fork-choice rule that preferred the new head (SPEC C-1).
fn rule(old: &Ranked, new: &Ranked) -> ReorgRule {
    let (old_tip, new_tip) = (old.tip, new.tip);
    if new < old {
        ReorgRule::BeyondClock
    } else if new.justified > old.justified {
        ReorgRule::Certified
    } else if new_tip.height > old_tip.height {
        ReorgRule::Longer
    } else if new_tip.slot < old_tip.slot {
        ReorgRule::EarlierSlot
    } else {
        ReorgRule::LowerHash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Slot;

    #[test]
    fn a_reorg_names_the_part_of_the_rule_that_decided() {
        // SPEC C-1, C-3
        let ranked = |justified, height, slot, hash| Ranked {
            justified: Slot::new(justified),
            tip: Tip {
                height: Height::new(height),
                slot: Slot::new(slot),
                hash: BlockHash::new([hash; 32]),
            },
        };
        let old = ranked(3, 5, 9, 5);
        assert_eq!(rule(&old, &ranked(3, 6, 10, 9)), ReorgRule::Longer);
        assert_eq!(rule(&old, &ranked(3, 6, 8, 1)), ReorgRule::Longer);
        assert_eq!(rule(&old, &ranked(3, 5, 8, 9)), ReorgRule::EarlierSlot);
        assert_eq!(rule(&old, &ranked(3, 5, 9, 4)), ReorgRule::LowerHash);
        assert_eq!(rule(&old, &ranked(4, 2, 9, 9)), ReorgRule::Certified);
        assert_eq!(rule(&old, &ranked(3, 4, 8, 9)), ReorgRule::BeyondClock);
    }
}
