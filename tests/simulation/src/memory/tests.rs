use std::collections::BTreeSet;

use super::*;
use crate::fixtures::{account, address, chain_spec, coin, transaction, units};
use crate::sim_network::{Family, World};
use coinage_protocol::Height;

/// A lone authority and an observer, with some payments behind them.
fn lived() -> World {
    let mut world = World::new(chain_spec(1, 500), 2, 7);
    for salt in 0..6 {
        let (payer, to) = (account(1), address(&account(2)));
        let from = address(&payer);
        let pay = coinage_protocol::Action::Transfer { token: coin(), from, to, amount: units(5) };
        let chain = world.spec().chain();
        let paid = transaction(chain, &[&payer], salt, world.expiry(900), vec![pay]);
        let paid = world.signed(paid);
        world.submit(0, paid, false);
        world.run_slots(2);
    }
    world
}

/// Starts the observer, or if it refuses empties its disk first; whether it refused. That nothing
/// damaged is run on is checked by the world itself.
fn starts_again(world: &mut World) -> bool {
    world.start(1);
    let refused = world.nodes[1].is_broken;
    assert_eq!(refused, !world.runs(1));
    if refused {
        world.wipe(1);
        world.start(1);
    }
    world.run_until(60, "it catches up", World::agree);
    refused
}

#[test]
fn a_flipped_bit_in_what_a_start_reads_is_refused_whether_or_not_a_checksum_tells() {
    let mut world = lived();
    for (number, in_memory) in (0..120_u64).flat_map(|number| [(number, true), (number, false)]) {
        // The head and the entries of the state.
        let which = number % 3 + 8 * (number / 3);
        world.kill(1);
        assert!(world.nodes[1].disk.flip(Flip { which, bit: 37 * number, in_memory }));
        assert!(starts_again(&mut world), "{which} {in_memory}");
    }
    let by_engine = world.tally.get(Family::Disk, "start refused by the engine");
    assert!(
        by_engine > 60,
        "{by_engine}: where there is no checksum it is the protocol that tells"
    );
}

#[test]
fn a_flipped_bit_in_a_block_is_noticed_when_it_is_read_and_ends_the_process() {
    let mut world = lived();
    for number in 0..40_u64 {
        // Header, body and undo record of one of the newest blocks.
        let which = 3 + number % 3 + 8 * (number / 3);
        assert!(world.nodes[0].disk.flip(Flip { which, bit: 91 * number, in_memory: false }));
        let read = |hash: &BlockHash| world.disk(0).block(hash).is_some();
        let hashes: BTreeSet<_> = (1..=world.head(0).height.get())
            .filter_map(|height| world.disk(0).canonical(Height::new(height)))
            .collect();
        let undo = |hash: &BlockHash| world.disk(0).changes(hash).is_some();
        assert!(!hashes.iter().all(|hash| read(hash) && undo(hash)), "{which}");
        assert!(world.disk(0).has_failed());
        world.run_slots(1);
        assert!(!world.runs(0), "it ends");
        world.wipe(0);
        world.start(0);
        world.run_until(60, "it catches up", World::agree);
    }
}

#[test]
fn a_torn_write_is_left_out_by_its_checksum_and_never_run_on_in_part() {
    let mut world = lived();
    let (mut dropped, mut refused) = (0, 0);
    for at in 0..160_u64 {
        let checksums = at % 2 == 0;
        world.run_until(60, "it writes", |world| world.nodes[0].is_writing());
        let head = world.head(0);
        world.tear(0, at * 7, checksums);
        world.start(0);
        if world.runs(0) {
            assert_eq!(world.head(0), head, "as before the write");
            dropped += u64::from(checksums);
        } else {
            assert!(!checksums);
            refused += 1;
            world.wipe(0);
            world.start(0);
        }
    }
    assert_eq!(dropped, 80);
    assert_eq!(world.tally.get(Family::Disk, "torn record dropped"), 80);
    // Of a batch that only says what is final, a part is nothing or all.
    assert!(refused > 20, "{refused}");
}
