//! What some lives have besides: transactions of several parties. Drawn apart, so that a life
//! without it is what it would be if there never were any.

use coinage_protocol::Genesis;

use super::plan::{Deed, Draw, SLOTS};
use crate::people::fund_parties;

/// One in so many slots has such a transaction: each takes as long as dozens of payments.
const RARITY: u64 = 10;

/// What several parties do together, in every other life.
pub(super) fn deeds(seed: u64, nodes: usize, genesis: &mut Genesis) -> Vec<(u64, Deed)> {
    let mut draw = Draw::new(seed ^ 0x70E7);
    if draw.one_in(2) {
        return Vec::new();
    }
    fund_parties(genesis);
    let mut deeds = Vec::new();
    for slot in 1..SLOTS {
        let (node, number) = (draw.index(nodes), draw.any());
        if draw.one_in(RARITY) {
            deeds.push((slot, Deed::Together(node, number)));
        }
    }
    deeds
}
