//! Branches: every block that anybody showed, what it stands on, and what certificates on its way
//! down name (SPEC C-1, F-5).

use std::collections::BTreeMap;

use coinage_protocol::{BlockHash, ChainSpec, Header, Phase, Slot, transactions_root};

use super::authorities::{Authorities, Keys};

/// Slots in which a branch is near.
const NEAR_SLOTS: u64 = 64;

/// Blocks by their hashes. Walks go down by slots, which fall with every block.
#[derive(Debug)]
pub(crate) struct Branches(BTreeMap<BlockHash, Shown>);

/// A block that was shown.
#[derive(Clone, Debug)]
struct Shown {
    parent: BlockHash,
    slot: Slot,
    /// Certificate in its header: phase and slot of the block that it names.
    named: Option<(Phase, Slot)>,
    /// True if it holds transactions.
    is_filled: bool,
    /// Authorities after it, if all the way down to block 0 was shown before it.
    authorities: Option<Authorities>,
}

impl Branches {
    /// Branches that all begin at this block.
    pub(super) fn new(spec: &ChainSpec) -> Self {
        let (genesis, slot, named, is_filled) = (spec.genesis_hash(), Slot::new(0), None, false);
        let authorities = Some(Authorities::at_genesis(spec));
        let shown = Shown { parent: genesis, slot, named, is_filled, authorities };
        Self(BTreeMap::from([(genesis, shown)]))
    }

    /// Notes a block.
    pub(super) fn note(&mut self, hash: BlockHash, header: &Header) {
        let named = header.certificate.as_ref().map(|one| (one.phase, one.slot));
        let is_filled = header.transactions_root != transactions_root(&[]);
        let parent = header.previous;
        let below = self.0.get(&parent).and_then(|below| below.authorities.as_ref());
        let authorities = below.map(|below| below.after(hash, header));
        let shown = Shown { parent, slot: header.slot, named, is_filled, authorities };
        let known = self.0.entry(hash).or_insert_with(|| shown.clone());
        if known.authorities.is_none() {
            *known = shown;
        }
    }

    /// The authorities of a block, if all the way down to block 0 was shown before it.
    pub(super) fn authorities(&self, block: &BlockHash) -> Option<Keys> {
        self.authorities_on(&self.0.get(block)?.parent)
    }

    /// The authorities of the next block on this one.
    pub(super) fn authorities_on(&self, parent: &BlockHash) -> Option<Keys> {
        let shown = self.0.get(parent)?;
        shown.authorities.as_ref().map(|one| Keys::clone(&one.keys))
    }

    /// Checks whether a block is another one, of this slot, or stands on it.
    pub(super) fn descends(&self, block: &BlockHash, (slot, from): (Slot, BlockHash)) -> bool {
        let above = |one: &(BlockHash, &Shown)| one.1.slot > slot;
        let found = self.down(block).find(|one| !above(one));
        found.is_some_and(|(hash, _)| hash == from)
    }

    /// Slot of the highest block that certificates of these phases name on a block's way down, its
    /// own header's included; `None` if the way is not known.
    pub(super) fn named(&self, block: &BlockHash, phases: &[Phase]) -> Option<Slot> {
        let mut highest = Slot::new(0);
        self.0.get(block)?;
        for (_, shown) in self.down(block) {
            // What is named further down is further down still.
            if shown.slot <= highest {
                break;
            }
            let named = shown.named.filter(|(phase, _)| phases.contains(phase));
            highest = named.map_or(highest, |(_, slot)| highest.max(slot));
        }
        Some(highest)
    }

    /// Checks whether a block, or one that it stands on, holds transactions that no commits in
    /// headers down from there make final; no, if the way is not known.
    pub(super) fn is_open(&self, block: &BlockHash) -> bool {
        let Some(finalized) = self.named(block, &[Phase::Commit]) else { return false };
        let above = self.down(block).take_while(|(_, shown)| shown.slot > finalized);
        above.into_iter().any(|(_, shown)| shown.is_filled)
    }

    /// Checks whether there is another branch beside the newest blocks on a block's way down.
    pub(super) fn has_fork_near(&self, block: &BlockHash) -> bool {
        let since = self.slot(block).unwrap_or_default().saturating_sub(NEAR_SLOTS);
        let below = self.down(block).take_while(|(_, shown)| shown.slot > since);
        let near = self.0.values().filter(|shown| shown.slot > since);
        near.count() > below.count()
    }

    /// The slot of a block.
    pub(super) fn slot(&self, block: &BlockHash) -> Option<Slot> {
        self.0.get(block).map(|shown| shown.slot)
    }

    /// A block and those that it stands on, as far as they were shown, down to block 0.
    fn down(&self, block: &BlockHash) -> impl Iterator<Item = (BlockHash, &Shown)> {
        let first = self.0.get(block).map(|shown| (*block, shown));
        std::iter::successors(first, |(_, shown)| {
            let below = self.0.get(&shown.parent).filter(|below| below.slot < shown.slot)?;
            Some((shown.parent, below))
        })
    }
}
