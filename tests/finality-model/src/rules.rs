//! Rules by which an honest authority votes and commits, one function for each.
//!
//! V1, V5 and C4 are missing on purpose: they only forbid, and a model without them has more
//! behaviours, not fewer.

use crate::fault::{Fault, Rules};
use crate::tree::{Block, Tree};

/// Memory of an honest authority; it survives every crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Voter {
    /// Block of the last vote; genesis if there was none.
    pub last: Block,
    /// Slot of the last vote that was left behind for another branch.
    pub abandoned: u8,
    /// Block of the last commit; genesis if there was none.
    pub lock: Block,
    /// Slot of the last lock that was left behind for another branch.
    pub left: u8,
    /// V3 does not know the lock; only a planted fault makes it so.
    pub forgot_lock: bool,
    /// The block of the last vote is not there: it counts as no ancestor.
    pub lost_last: bool,
    /// The block of the lock is not there: it counts as no ancestor.
    pub lost_lock: bool,
}

impl Voter {
    /// Checks V2 and V3 for a block whose chain names J.
    pub fn may_vote(&self, tree: &Tree, rules: Rules, block: Block, justified: Block) -> bool {
        self.v2(tree, rules, block) && self.v3(tree, rules, block, justified)
    }

    /// Checks C1, C2 and C3 for a certified block.
    pub fn may_commit(&self, tree: &Tree, rules: Rules, block: Block) -> bool {
        self.c1(tree, block) && self.c2(tree, rules, block) && self.c3(tree, rules, block)
    }

    /// V2: one vote a slot, never backwards.
    pub(crate) fn v2(&self, tree: &Tree, rules: Rules, block: Block) -> bool {
        let (slot, last) = (tree.slot(block), tree.slot(self.last));
        // In one order only, so that no vote is counted twice.
        let is_second = slot == last && block > self.last;
        let may_be_second = || rules.have_any(&[Fault::TwoVotesPerSlot, Fault::TwoVotesAndC3Lax]);
        slot > last || (is_second && may_be_second())
    }

    /// V3: a lock lets go only of what the others have left, as the block's own chain shows.
    fn v3(&self, tree: &Tree, rules: Rules, block: Block, justified: Block) -> bool {
        if self.lock == Block::GENESIS || self.forgot_lock || rules.have(Fault::NoLock) {
            return true;
        }
        let shown = tree.slot(justified);
        let enough_left = shown >= self.left || rules.have(Fault::LeftIgnored);
        shown >= tree.slot(self.lock) || (self.is_on_lock(tree, block) && enough_left)
    }

    /// V4: the last vote's slot is abandoned by a vote off its block. Returns the new memory.
    #[must_use]
    pub fn after_vote(mut self, tree: &Tree, block: Block) -> Self {
        if self.lost_last || !tree.is_on(self.last, block) {
            self.abandoned = tree.slot(self.last);
        }
        self.last = block;
        self.lost_last = false;
        self
    }

    /// C1: above the lock.
    pub(crate) fn c1(&self, tree: &Tree, block: Block) -> bool {
        tree.slot(block) > tree.slot(self.lock)
    }

    /// C2: the last vote is for the block or for a descendant.
    pub(crate) fn c2(&self, tree: &Tree, rules: Rules, block: Block) -> bool {
        rules.have(Fault::C2AndC3Dropped) || (!self.lost_last && tree.is_on(block, self.last))
    }

    /// C3: above every vote that was left behind.
    pub(crate) fn c3(&self, tree: &Tree, rules: Rules, block: Block) -> bool {
        let slot = tree.slot(block);
        let is_lax = || rules.have_any(&[Fault::C3Lax, Fault::TwoVotesAndC3Lax]);
        slot > self.abandoned
            || rules.have_any(&[Fault::C3Dropped, Fault::C2AndC3Dropped])
            || (slot == self.abandoned && is_lax())
    }

    /// Returns the memory after a commit: locked, and the old lock left if it is on another branch.
    #[must_use]
    pub fn after_commit(mut self, tree: &Tree, block: Block) -> Self {
        if !self.is_on_lock(tree, block) {
            self.left = tree.slot(self.lock);
        }
        self.lock = block;
        self.lost_lock = false;
        self.forgot_lock = false;
        self
    }

    /// Returns the memory after the data of the chain is lost, or found again.
    #[must_use]
    pub fn after_blocks(mut self, are_lost: bool) -> Self {
        self.lost_last = are_lost;
        self.lost_lock = are_lost;
        self
    }

    fn is_on_lock(&self, tree: &Tree, block: Block) -> bool {
        !self.lost_lock && tree.is_on(self.lock, block)
    }
}
