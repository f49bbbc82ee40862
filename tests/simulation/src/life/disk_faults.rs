//! Damage on disks and want of room, drawn apart from everything else, so that a life in which
//! there is none of it is what it would be if there never were any.

use std::collections::BTreeSet;

use coinage_protocol::engine::MempoolBounds;

use super::draw::Draw;
use super::fault::Fault;
use super::plan::{Deed, SLOTS};
use crate::memory::Flip;

/// Draws what befalls disks. Every draw is made whether it is used or not.
pub(super) fn deeds(draw: &mut Draw, faults: &BTreeSet<Fault>, nodes: usize) -> Vec<(u64, Deed)> {
    let mut deeds = Vec::new();
    for fault in [Fault::TornWrite, Fault::FlippedByte, Fault::FlippedInMemory] {
        let (slot, node) = (20 + draw.below(SLOTS - 30), draw.index(nodes));
        let (which, bit) = (draw.any(), draw.any());
        let (slots, coin) = (1 + draw.below(20), draw.one_in(2));
        let in_memory = fault == Fault::FlippedInMemory;
        // A node that runs has read its state: only one that starts sees what is wrong with that.
        let killed = (in_memory || coin).then_some(slots);
        let deed = match fault {
            Fault::TornWrite => Deed::Tear { node, at: bit, checksums: coin, slots },
            _ => Deed::Flip { node, flip: Flip { which, bit, in_memory }, killed, fault },
        };
        if faults.contains(&fault) {
            deeds.push((slot, deed));
        }
    }
    deeds
}

/// Draws how much may wait at a node: a few payments, or what may wait at any.
pub(super) fn pool(draw: &mut Draw, faults: &BTreeSet<Fault>) -> MempoolBounds {
    let bytes = 16_000 + draw.index(80_000);
    let parked = 4_000 + draw.index(bytes / 2 - 4_000);
    let share = 4_000 + draw.index(bytes / 2 - 4_000);
    let small = MempoolBounds { bytes, parked, share };
    if faults.contains(&Fault::SmallPool) { small } else { MempoolBounds::default() }
}
