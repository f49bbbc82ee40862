//! Clocks that are off by minutes to weeks for a while, drawn apart from everything else.

use std::collections::BTreeSet;

use super::fault::Fault;
use super::plan::{Deed, Draw, SLOTS};

/// Steps of a clock, from minutes to weeks, in milliseconds.
const FAR_MS: [i64; 5] = [120_000, 900_000, 7_200_000, 86_400_000, 3_456_000_000];

/// Draws when whose clock leaves and comes back. Every draw is made whether it is used or not.
pub(super) fn deeds(draw: &mut Draw, faults: &BTreeSet<Fault>, nodes: usize) -> Vec<(u64, Deed)> {
    let mut deeds = Vec::new();
    for _ in 0..3 {
        let (slot, node) = (10 + draw.below(SLOTS - 80), draw.index(nodes));
        let (far, slots) = (FAR_MS[draw.index(FAR_MS.len())], 3 + draw.below(60));
        let far = if draw.one_in(3) { -far } else { far };
        if faults.contains(&Fault::FarClock) {
            deeds.extend([(slot, Deed::Jump(node, far)), (slot + slots, Deed::Jump(node, 0))]);
        }
    }
    deeds
}
