//! Heap: what an engine takes of it, held against what it counts.

use std::alloc::System;

use coinage_protocol::engine::{
    Authority, Engine, Input, MempoolBounds, Now, Settings, SubmissionId,
};
use coinage_protocol::limits::STATES_BYTES_MAX;
use coinage_protocol::{
    AccountId, Action, Address, Body, Bounded, ChainSpec, Charter, CharterParts,
    CheckedTransaction, Clause, Holder, Instant, LedgerError, NamedAccount, Overlay, Period,
    PolicyBounds, RoleId, Rules, SecretKey, SignedSlots, Slot, State, Text, UnixMillis,
    VotingMemory, apply_transaction,
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
/// Standings of which each has used a limit of as many roles as a charter has room for.
const STANDINGS: u64 = 500;
const ROLES: u8 = 15;
/// Bytes that such a standing takes in one state.
const STANDING_BYTES: usize = 2_000;

fn node(spec: &ChainSpec, authority: Option<Authority>) -> (Engine<MemoryChain>, Now) {
    let disk = MemoryChain::new(spec);
    let now = Now { wall: spec.slot_time(Slot::new(10)), uptime: 1_000 };
    let settings = Settings {
        expects_peers: authority.is_none(),
        authority,
        agent: Text::default(),
        addresses: Vec::new(),
        clock_vouched: false,
        joins: false,
        heartbeat_ms: 0,
        pool: MempoolBounds::default(),
    };
    let node = Engine::restore(spec.clone(), settings, now, disk.stored());
    (node.expect("nothing is stored"), now)
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
    what_standings_take();
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
    let own = Authority {
        key: authority(0),
        signed: SignedSlots::default(),
        voting: VotingMemory::default(),
        stop: None,
    };
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

/// The worst that roles and limits can do to the state: accounts that go through as many roles as a
/// charter has room for and use a limit of each, until no standing is left (SPEC R-9, L-8).
fn what_standings_take() {
    let (officer, token) = (stranger(0), "FILL".parse().expect("a symbol"));
    let policies = Some(PolicyBounds { charters_max: 1, standings_max: STANDINGS });
    let rules = Rules { policies, ..chain_spec(1, 500).rules().clone() };
    let mut state = State::default();
    let act = |state: &mut State, sender, actions: Vec<Action>| {
        let (expires_at, memo) = (UnixMillis::new(0), Text::default());
        let actions = Bounded::new(actions).expect("few");
        let body = Body { sender, salt: 0, expires_at, actions, memo };
        let mut overlay = Overlay::new(state);
        let outcome = apply_transaction(&mut overlay, &rules, expires_at, &body);
        *state = state.with(&overlay.into_changes());
        outcome
    };
    act(&mut state, officer, vec![Action::CreateWithCharter(filling(officer))]).expect("created");
    let region = Region::new(HEAP);
    for number in 1..=STANDINGS {
        let account = stranger(number);
        let mut actions =
            vec![Action::Mint { token, issuer: officer, to: account, amount: units(99) }];
        for role in (0..ROLES).map(RoleId) {
            actions.push(Action::SetRole { token, officer, account, role: Some(role) });
            let (from, to, amount) = (account, officer, units(1));
            actions.push(Action::Transfer { token, from, to, amount });
        }
        act(&mut state, officer, actions).expect("there is room");
    }
    let change = region.change();
    let taken = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    let each = taken / usize::try_from(STANDINGS).expect("few");
    let used = state.standing(stranger(1), token).used.len();
    assert_eq!((used, state.counts().standings), (usize::from(ROLES), STANDINGS));
    // With its balance; a standing without any use is an entry like others.
    assert!(each < ENTRY_BYTES + STANDING_BYTES, "{each} bytes for a standing and a balance");
    let account = stranger(STANDINGS + 1);
    let give = Action::SetRole { token, officer, account, role: Some(RoleId(0)) };
    let refused = act(&mut state, officer, vec![give]);
    assert_eq!(refused, Err(LedgerError::TooManyStandings { max: STANDINGS }));
}

/// A charter with as many roles that have a limit each as there is room for.
fn filling(officer: Address) -> Box<Charter> {
    let account = |name: &str| NamedAccount {
        name: name.parse().expect("a name"),
        holder: Holder::Address(officer),
    };
    let (officer, period) = (AccountId(0), Period::day());
    let role = |number| {
        let name = format!("role-{number}").parse().expect("a name");
        Clause::Role { officer, name, max: u32::MAX }
    };
    let limit = |number| Clause::SendLimit { role: RoleId(number), amount: units(9), period };
    let roles = (0..ROLES).map(role).chain((0..ROLES).map(limit));
    let clauses = Bounded::first_of(roles.chain([Clause::IssueFreely { officer }]));
    let parts = CharterParts {
        token: "FILL".parse().expect("a symbol"),
        name: Text::default(),
        decimals: 0,
        anchor: Instant::new(0, 0).expect("1970"),
        accounts: Bounded::first_of([account("desk")]),
        clauses,
    };
    Box::new(Charter::new(parts).expect("a charter"))
}
