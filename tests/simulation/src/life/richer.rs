//! Richer lives: what some have besides, transactions of several parties, crowds, full blocks, and
//! many slots. Drawn apart, so that a life without it is what it would be if there never were any.

use coinage_protocol::Genesis;

use super::draw::Draw;
use super::fault::Fault;
use super::plan::{Deed, SLOTS};
use crate::accounts::fund_parties;

/// Number of slots of which one has a transaction of several parties: it takes as long as dozens of
/// payments.
const TOGETHER_SLOTS: u64 = 10;
/// Number of lives of which one is heavy, and one is long: each takes as long as a dozen others.
const RARE: u64 = 50;
/// Slots of a long life: its chain has more headers than one answer holds.
const SLOTS_LONG: u64 = 900;
/// Payments of a crowd: more ids than one answer holds, and several gossip messages.
const CROWD: u64 = 1_300;
/// Transactions of 64 actions: together more than a block, or an answer, holds.
const BULK: u64 = 420;

/// The riches of a life: what it has besides.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Richer {
    seed: u64,
    together: bool,
    heavy: bool,
    long: bool,
}

impl Richer {
    pub(super) fn draw(seed: u64) -> Self {
        let mut draw = Draw::new(seed ^ 0x70E7);
        let (together, heavy, long) = (draw.one_in(2), draw.one_in(RARE), draw.one_in(RARE));
        Self { seed, together, heavy, long }
    }

    /// Number of slots until peace is made.
    pub(super) fn slots(self) -> u64 {
        if self.long { SLOTS_LONG } else { SLOTS }
    }

    /// Draws what happens besides.
    pub(super) fn deeds(self, nodes: usize, genesis: &mut Genesis) -> Vec<(u64, Deed)> {
        let mut draw = Draw::new(self.seed ^ 0x70E8);
        let mut deeds = Vec::new();
        for slot in 1..SLOTS {
            let (node, number) = (draw.index(nodes), draw.any());
            if draw.one_in(TOGETHER_SLOTS) && self.together {
                deeds.push((slot, Deed::Together(node, number)));
            }
        }
        if self.together {
            fund_parties(genesis);
        }
        if self.heavy {
            for is_bulk in [false, true] {
                // Handed in where nobody else is, and told when that is over.
                let (slot, node) = (20 + draw.below(100), draw.index(nodes));
                let alone = Deed::Part(1 << node, Fault::Partition);
                let rush = if is_bulk { Deed::Bulk(node, BULK) } else { Deed::Crowd(node, CROWD) };
                deeds.extend([(slot, alone), (slot, rush), (slot + 3, Deed::Mend)]);
            }
        }
        if self.heavy || self.long {
            // Whoever comes back with an empty disk fetches everything.
            let (slot, node) = (self.slots() - 40, draw.index(nodes));
            deeds.extend([(slot, Deed::Kill(node, 0)), (slot, Deed::Wipe(node))]);
            deeds.push((slot + 2, Deed::Start(node)));
        }
        deeds
    }
}
