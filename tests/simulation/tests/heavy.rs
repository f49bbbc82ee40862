//! Goal: no answer and no message is larger than a peer takes, however full the blocks are.
//! Method: two authorities, played by hand, write blocks that hold not one transaction more, one
//! after the other; then somebody comes who has none of them. What honest nodes send is looked at
//! by the world.

use coinage_protocol::{
    Action, Block, ChainSpec, Height, Slot, Topic, Transaction, UnixMillis, encode,
};
use coinage_simulation::block_builder::{Forge, tip};
use coinage_simulation::fixtures::{account, address, chain_spec, coin, transaction, units};
use coinage_simulation::sim_network::World;

/// Bytes of a block at most (SPEC B-8).
const BLOCK_BYTES: usize = 2 * 1024 * 1024;
/// Authorities: the last two have no node.
const AUTHORITIES: u8 = 5;
const NODES: usize = 3;

/// Transactions of as many actions as there may be, as many as a block holds.
fn bulk(spec: &ChainSpec, salt: u64, expires_at: UnixMillis) -> Vec<Transaction> {
    let payer = account(1);
    let (from, to) = (address(&payer), address(&account(2)));
    let pay = Action::Transfer { token: coin(), from, to, amount: units(1) };
    let one = |salt| transaction(spec.chain(), &[&payer], salt, expires_at, vec![pay.clone(); 64]);
    let count = (BLOCK_BYTES - 1_000) / encode(&one(salt)).len();
    (0..).map(|number| one(salt + number)).take(count).collect()
}

/// Has somebody without a node write a full block for a slot, on top of everything.
fn write(world: &mut World, slot: Slot) -> Block {
    let spec = world.spec().clone();
    let mut forge = Forge::on(&spec, world.view(0).head, world.state(0).clone());
    let block = forge.push(slot, bulk(&spec, slot.get() * 10_000, world.expiry(1_000)));
    let bytes = encode(&block);
    assert!((BLOCK_BYTES - 10_000..=BLOCK_BYTES).contains(&bytes.len()), "{}", bytes.len());
    for node in 0..NODES {
        let from = (node + 1) % NODES;
        world.inject(from, node, Topic::Blocks, bytes.clone());
    }
    world.run_ms(200);
    assert_eq!(world.view(0).head, tip(&spec, &block));
    block
}

/// The whole story; panics if anything breaks an invariant.
pub(crate) fn full_blocks_and_a_newcomer() {
    let mut world = World::new(chain_spec(AUTHORITIES, 500), NODES, 1);
    world.run_slots(8);
    while world.slot().get() % u64::from(AUTHORITIES) != NODES as u64 {
        world.run_slots(1);
    }
    let mut written = 0;
    for _ in 0..2 {
        let slot = world.slot();
        written = (write(&mut world, slot).header.header.height).get();
        world.run_ms(300);
    }
    world.kill(1);
    world.wipe(1);
    world.start(1);
    world.run_until(60, "the newcomer has the chain of the others", World::agree);
    assert!(world.head(1).height >= Height::new(written), "{:?}", world.head(1));
}

#[test]
fn two_full_blocks_in_a_row_are_served_in_answers_that_fit() {
    // SPEC B-8, N-1
    full_blocks_and_a_newcomer();
}
