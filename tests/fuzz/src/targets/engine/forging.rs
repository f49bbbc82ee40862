//! Blocks that are made during a run.

use std::sync::Arc;

use coinage_protocol::{CheckedBlock, Header, Slot, StateRoot, Transaction};
use coinage_simulation::block_builder::{Forge, seal, tip};
use coinage_simulation::fixtures::random;

use super::script::Script;
use super::world::{Place, World};

/// A block after the place of this number: in turn and valid, or with a fault that its leader
/// signed.
pub(super) fn forge(
    world: &World,
    places: &[Arc<Place>],
    before: usize,
    script: &mut Script<'_>,
) -> Option<Place> {
    let parent = places.get(before)?;
    let mut forge = parent.forge.clone();
    let slot = forge.tip.slot + 1 + u64::from(script.byte() % 8);
    let chosen = transactions(world, script);
    let fault = script.byte();
    let block = if fault.is_multiple_of(4) {
        let block = forge.push(slot, chosen);
        forge.blocks.clear();
        block
    } else {
        let (header, _) = forge.header(slot, &chosen);
        let header = spoilt(header, &parent.forge, fault);
        let leader = forge.leader(header.slot);
        let block = seal(&world.spec, header, &leader, chosen);
        forge.tip = tip(&world.spec, &block);
        block
    };
    let block = CheckedBlock::new(block, &world.spec, random()).ok()?;
    Some(Place { block: Some(block), before, forge })
}

/// Some of the world's transactions.
fn transactions(world: &World, script: &mut Script<'_>) -> Vec<Transaction> {
    let count = script.byte() % 4;
    let chosen = (0..count).filter_map(|_| script.choose(&world.transactions));
    chosen.map(|one| one.transaction().clone()).collect()
}

/// Spoils a header as no honest leader would have signed it.
fn spoilt(mut header: Header, before: &Forge, fault: u8) -> Header {
    match fault % 4 {
        1 => header.state_root = StateRoot::new([fault; 32]),
        2 => header.height = header.height.saturating_add(u64::from(fault / 4)),
        _ => header.slot = before.tip.slot.saturating_sub(u64::from(fault / 4)).max(Slot::new(1)),
    }
    header
}
