//! What a pool takes of the heap, held against what it counts.

use std::alloc::System;

use coinage_protocol::engine::{Engine, Input, Now, PoolBounds, Settings, Stored, SubmissionId};
use coinage_protocol::{Action, CheckedTransaction, Network, SecretKey, Text};
use coinage_simulation::memory::MemoryChain;
use coinage_simulation::money::{address, checked, coin, network, transaction, units};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Transactions in a pool.
const COUNT: u64 = 1_000;

fn node(network: &Network) -> (Engine<MemoryChain>, Now) {
    let disk = MemoryChain::new(network);
    let now = Now { wall: network.slot_time(10), uptime: 1_000 };
    let settings = Settings {
        authority: None,
        agent: Text::default(),
        addresses: Vec::new(),
        expects_peers: true,
        clock_vouched: false,
        pool: PoolBounds::default(),
    };
    let stored = Stored { reader: disk, head: None, entries: Vec::new() };
    (Engine::restore(network.clone(), settings, now, stored).expect("nothing is stored"), now)
}

/// A transaction of somebody who has nothing yet, with so many actions.
fn poor(network: &Network, number: u64, actions: usize, burns: bool) -> CheckedTransaction {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let key = SecretKey::new(seed);
    let (from, token, amount) = (address(&key), coin(), units(5));
    let to = address(&SecretKey::new([1; 32]));
    let one = match burns {
        true => Action::Burn { token, from, amount },
        false => Action::Transfer { token, from, to, amount },
    };
    let expires_at = network.slot_time(1_000);
    let actions = vec![one; actions];
    checked(network, transaction(network.chain(), &[&key], number, expires_at, actions))
}

/// One test, because all of a process share one heap.
#[test]
fn what_waits_takes_no_more_memory_than_is_counted_and_not_much_less() {
    // SPEC P-3
    let network = network(4, 500);
    for (actions, burns) in [(1, false), (1, true), (8, false), (64, true)] {
        let (mut engine, now) = node(&network);
        let region = Region::new(HEAP);
        for number in 0..COUNT.div_ceil(u64::try_from(actions).expect("few")) {
            let transaction = Box::new(poor(&network, number, actions, burns));
            let submission = SubmissionId(number);
            drop(engine.handle(now, Input::Submit { submission, transaction, park: true }));
        }
        let change = region.change();
        let taken = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        let counted = engine.view().pool_bytes;
        let (waiting, parked) = (engine.view().pool_transactions, engine.view().pool_parked);
        assert_eq!(waiting, parked);
        assert!(taken <= counted, "{actions} actions: {taken} bytes, counted as {counted}");
        assert!(counted <= 3 * taken, "{actions} actions: {taken} bytes, counted as {counted}");
    }
}
