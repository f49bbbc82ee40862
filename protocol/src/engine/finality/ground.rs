//! Leaving the head for a while: to build on a certified block (SPEC F-9), or to execute a block
//! that is voted for (SPEC F-5).

use super::super::Engine;
use crate::chain::ChainReader;
use crate::hash::BlockHash;

impl<R: ChainReader> Engine<R> {
    /// Chooses where the head goes besides what the fork choice says.
    pub(in super::super) fn choose_ground(&mut self) {
        let ground = match self.certified_ground().filter(|_| self.is_about_to_lead()) {
            None => self.candidate_to_execute(),
            ground => ground,
        };
        self.chain.visit(ground);
    }

    /// The highest certified block, if its certificate is newer than those on the head's chain and
    /// it is not on that.
    pub(in super::super) fn certified_off_head(&self) -> Option<BlockHash> {
        let head = self.chain.head();
        let (slot, hash) = *self.finality.certified.keys().next_back()?;
        let is_newer = slot > self.chain.marks_of(&head).justified;
        (is_newer && !self.chain.descends(&head.hash, &hash, &self.reader)).then_some(hash)
    }

    /// The certified block to build on: whoever is locked on it votes for nothing else (SPEC F-9).
    pub(in super::super) fn certified_ground(&self) -> Option<BlockHash> {
        let now = self.slot_now();
        let may_lead_on =
            |hash: &BlockHash| self.chain.best_on(hash).is_some_and(|best| best.slot < now);
        let off_head = self.certified_off_head().filter(may_lead_on);
        // Once the head has come to stand on it, its certificate is still to be written.
        let visited = || {
            let (slot, hash) = *self.finality.certified.keys().next_back()?;
            let unwritten = slot > self.chain.marks_of(&self.chain.head()).justified;
            (unwritten && self.chain.is_visiting()).then_some(hash)
        };
        off_head.or_else(visited)
    }

    /// Checks whether this node still has to write the block of the present slot.
    fn is_about_to_lead(&self) -> bool {
        let slot = self.slot_now();
        let unsigned = |one: &super::super::Authority| !one.signed.contains(slot);
        self.is_own(slot)
            && self.is_in_time(slot)
            && self.may_produce()
            && self.settings.signer().is_some_and(unsigned)
            && self.signs_from(slot).is_some_and(|from| self.now.wall >= from)
    }

    /// The block of this slot to vote for, if it lost before it was executed.
    fn candidate_to_execute(&self) -> Option<BlockHash> {
        let first = self.first_arrived()?;
        let votes = first.slot > self.finality.memory.last_vote.slot && self.may_vote_now();
        (votes && self.chain.is_beside(&first)).then_some(first.hash)
    }
}
