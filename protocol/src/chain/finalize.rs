//! The final block: nothing that does not stand on it is looked at any more (SPEC C-1, F-8).

use super::{Chain, ChainReader, Marks, Ranked, Tip};
use crate::authority::{AuthoritySet, KnownAuthorities};
use crate::block::{Header, VerifiedHeader};
use crate::chain::InForce;
use crate::hash::BlockHash;
use crate::units::{Height, Slot};

impl Chain {
    /// The final block: the highest for which a quorum of commits is known; block 0 at first.
    pub(crate) fn finalized(&self) -> Tip {
        self.finalized
    }

    /// Makes a known block final: the head stands on it from now on, or is on its way there. The
    /// block is above the one that was final before, and stands on it.
    pub(crate) fn finalize(&mut self, tip: Tip, reader: &impl ChainReader) {
        self.finalized = tip;
        if self.tree.contains(&tip.hash) {
            self.tree.forget_all_off(&tip.hash);
        } else {
            self.tree.forget_branches_below(tip.height);
            self.canonical.finalize(tip.height);
        }
        self.off_final = self.canonical.find(&tip.hash, reader).is_none();
    }

    /// Checks whether the head does not stand on the final block yet.
    pub(crate) fn is_off_final(&self) -> bool {
        self.off_final
    }

    /// The place of a known block, on the chain or off it.
    pub(crate) fn place_of(&self, hash: &BlockHash, reader: &impl ChainReader) -> Option<Tip> {
        let off_chain = self.tree.find(hash).map(|(tip, _)| tip);
        off_chain.or_else(|| self.canonical.find(hash, reader))
    }

    /// Checks whether a block is another one, or stands on it, as far as both are known.
    pub(crate) fn descends(
        &self,
        block: &BlockHash,
        from: &BlockHash,
        reader: &impl ChainReader,
    ) -> bool {
        if block == from {
            return self.place_of(block, reader).is_some();
        }
        let places = [block, from].map(|hash| self.place_of(hash, reader));
        let [Some(place), Some(below)] = places else { return false };
        if place.height <= below.height {
            return false;
        }
        let is_on_chain = |hash| self.canonical.find(hash, reader).is_some();
        match self.tree.root_of(block) {
            Some((root, _)) if below.height >= root => {
                self.tree.ancestor(block, below.height) == Some(*from)
            }
            // What its branch stands on may have been forgotten.
            Some((_, fork)) => is_on_chain(&fork) && is_on_chain(from),
            None => is_on_chain(from),
        }
    }

    /// Checks whether a block cannot be on one chain with the final one, as its slot shows: the
    /// chain has another block in its place, or none (SPEC F-12). What cannot be read excludes
    /// nothing.
    pub(crate) fn excludes(&self, slot: Slot, hash: &BlockHash, reader: &impl ChainReader) -> bool {
        if self.off_final
            || slot > self.finalized.slot
            || self.canonical.find(hash, reader).is_some()
        {
            return false;
        }
        self.last_up_to(slot, reader).is_some_and(|found| found.hash != *hash)
    }

    /// Checks whether a block leaves the chain below the final one: its parent is there, but
    /// another block in its place (SPEC F-12).
    pub(crate) fn leaves_below_final(
        &self,
        header: &VerifiedHeader,
        reader: &impl ChainReader,
    ) -> bool {
        let Header { height, previous, .. } = header.header();
        let at = |height: Height| self.canonical.hash_at(height, reader);
        !self.off_final
            && *height <= self.finalized.height
            && height.checked_sub(1).and_then(at) == Some(*previous)
            && at(*height).is_some_and(|hash| hash != header.hash())
    }

    /// The marks of the block before a header (SPEC F-3).
    pub(super) fn marks_below(&self, header: &Header) -> Marks {
        let off_chain = self.tree.marks(&header.previous);
        off_chain.unwrap_or_else(|| self.canonical.marks_at(header.height.saturating_sub(1)))
    }

    /// The authorities after the block before a header, which is the final one or stands on it.
    pub(super) fn in_force_below(&self, header: &Header) -> &InForce {
        let off_chain = self.tree.in_force(&header.previous);
        off_chain.unwrap_or_else(|| self.canonical.in_force_at(header.height.saturating_sub(1)))
    }

    /// The authorities after a known block that is the final one or stands on it (SPEC B-6).
    pub(crate) fn in_force_after(&self, tip: &Tip) -> &InForce {
        let off_chain = self.tree.in_force(&tip.hash);
        off_chain.unwrap_or_else(|| self.canonical.in_force_at(tip.height))
    }

    /// The authorities of a known block: its ballots are theirs (SPEC F-1).
    pub(crate) fn set_of(
        &self,
        hash: &BlockHash,
        reader: &impl ChainReader,
    ) -> Option<&AuthoritySet> {
        let off_chain = self.tree.header(hash).map(|header| header.header().authorities);
        let stored = || Some(self.canonical.header_of(hash, reader)?.header.authorities);
        self.known.named(&off_chain.or_else(stored)?)
    }

    /// The header of a known block, on the chain or off it.
    pub(crate) fn header_of(&self, hash: &BlockHash, reader: &impl ChainReader) -> Option<Header> {
        if *hash == self.canonical.genesis().hash {
            return Some(self.spec.genesis_header().header.clone());
        }
        let off_chain = self.tree.header(hash).map(|header| header.header().clone());
        off_chain.or_else(|| Some(self.canonical.header_of(hash, reader)?.header))
    }

    /// Every set of authorities that a header may name.
    pub(crate) fn known_authorities(&self) -> &KnownAuthorities {
        &self.known
    }

    /// The marks of a known block that is the final one or stands on it (SPEC F-3).
    pub(crate) fn marks_of(&self, tip: &Tip) -> Marks {
        self.tree.marks(&tip.hash).unwrap_or_else(|| self.canonical.marks_at(tip.height))
    }

    /// Checks whether the fork choice prefers a block to the head (SPEC C-1).
    pub(super) fn prefers(&self, ranked: &Ranked) -> bool {
        let leads_to_final = self.off_final && ranked.tip.height >= self.finalized.height;
        leads_to_final || *ranked > self.ranked_head()
    }
}
