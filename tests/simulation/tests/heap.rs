//! Heap: what an engine takes of it, held against what it counts.

use std::alloc::System;

use coinage_protocol::engine::{
    Authority, Engine, Input, MempoolBounds, Now, Settings, Stored, SubmissionId,
};
use coinage_protocol::limits::STATES_BYTES_MAX;
use coinage_protocol::{
    Action, Address, ChainSpec, CheckedTransaction, SecretKey, SignedSlots, Slot, Text,
};
use coinage_simulation::fixtures::{
    account, address, authority, chain_spec, checked, coin, transaction, units,
};
use coinage_simulation::memory::MemoryChain;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Transactions in a pool.
const COUNT: u64 = 1_000;
/// Blocks, and payments to 64 strangers in each of them.
const BLOCKS: u64 = 50;
/// Blocks before that, and by how many milliseconds each is late.
const BLOCKS_LATE: u64 = 10;
const LATE_MS: u64 = 200;
const PAYMENTS: u64 = 30;
/// Bytes that an entry takes in one state.
const ENTRY_BYTES: usize = 600;

fn node(spec: &ChainSpec, authority: Option<Authority>) -> (Engine<MemoryChain>, Now) {
    let disk = MemoryChain::new(spec);
    let now = Now { wall: spec.slot_time(Slot::new(10)), uptime: 1_000 };
    let settings = Settings {
        expects_peers: authority.is_none(),
        authority,
        agent: Text::default(),
        addresses: Vec::new(),
        clock_vouched: false,
        pool: MempoolBounds::default(),
    };
    let stored = Stored { reader: disk, head: None, entries: Vec::new() };
    (Engine::restore(spec.clone(), settings, now, stored).expect("nothing is stored"), now)
}

/// A transaction of somebody who has nothing yet, with so many actions.
fn poor(spec: &ChainSpec, number: u64, actions: usize, burns: bool) -> CheckedTransaction {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let key = SecretKey::new(seed);
    let (from, token, amount) = (address(&key), coin(), units(5));
    let to = address(&SecretKey::new([1; 32]));
    let one = match burns {
        true => Action::Burn { token, from, amount },
        false => Action::Transfer { token, from, to, amount },
    };
    let expires_at = spec.slot_time(Slot::new(1_000));
    let actions = vec![one; actions];
    checked(spec, transaction(spec.chain(), &[&key], number, expires_at, actions))
}

/// An address that nobody has used.
fn stranger(number: u64) -> Address {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Address::new(bytes)
}

/// A single test, because all of a process share one heap.
#[test]
fn what_waits_and_what_is_kept_takes_no_more_memory_than_is_counted() {
    what_waits();
    what_is_kept();
}

/// Waiting transactions take what is counted, and not much less (SPEC P-3).
fn what_waits() {
    let spec = chain_spec(4, 500);
    for (actions, burns) in [(1, false), (1, true), (8, false), (64, true)] {
        let (mut engine, now) = node(&spec, None);
        let region = Region::new(HEAP);
        for number in 0..COUNT.div_ceil(u64::try_from(actions).expect("few")) {
            let transaction = Box::new(poor(&spec, number, actions, burns));
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

/// Blocks that change many entries each leave room for fewer states, whatever they hold.
fn what_is_kept() {
    let spec = chain_spec(1, 500);
    let own = Authority { key: authority(0), signed: SignedSlots::default(), twin: None };
    let (mut engine, mut now) = node(&spec, Some(own));
    let rich = account(1);
    // After a start a slot is signed later than it begins; then at once.
    now.wall += LATE_MS;
    for block in 0..BLOCKS + BLOCKS_LATE {
        if block == BLOCKS_LATE {
            now.wall = now.wall - LATE_MS;
        }
        for number in (0..PAYMENTS).filter(|_| block >= BLOCKS_LATE) {
            let seed = (block * PAYMENTS + number) * 64;
            let pay = |to| {
                let (token, from, to) = (coin(), address(&rich), stranger(seed + to));
                Action::Transfer { token, from, to, amount: units(1) }
            };
            let actions = (0..64).map(pay).collect();
            let expires_at = spec.slot_time(Slot::new(1_000));
            let signed = transaction(spec.chain(), &[&rich], seed, expires_at, actions);
            let transaction = Box::new(checked(&spec, signed));
            let submission = SubmissionId(seed);
            drop(engine.handle(now, Input::Submit { submission, transaction, park: false }));
        }
        now = Now { wall: now.wall + 500, uptime: now.uptime + 500 };
        let mut inputs = vec![Input::Tick, Input::Tick];
        while let Some(input) = inputs.pop() {
            for action in engine.handle(now, input) {
                if let coinage_protocol::engine::Effect::Persist { number, batch } = action {
                    engine.reader().write(&batch);
                    inputs.push(Input::Persisted { number });
                }
            }
        }
    }
    assert_eq!(engine.head().height, BLOCKS + BLOCKS_LATE, "a block in each slot");
    let entries = engine.state().entries().count();
    assert!(entries > 64 * usize::try_from(BLOCKS * PAYMENTS).expect("few"), "{entries}");
    // What is on disk lives on in a clone of the reader.
    let disk = engine.reader().clone();
    let region = Region::new(HEAP);
    drop(engine);
    let freed = region.change().bytes_deallocated;
    let state = entries * ENTRY_BYTES;
    assert!(freed < STATES_BYTES_MAX + state, "{freed} bytes, of which one state is {state}");
    drop(disk);
}
