//! Goal: a network on which nothing happens is nearly silent, misses nothing for it, and nobody
//! takes its silence for more or less than it is (SPEC F-10, C-7).

use coinage_protocol::engine::{Input, PeerRef, SubmissionId, SyncState};
use coinage_protocol::limits::{HEARTBEAT_MS, HEARTBEAT_MS_MAX};
use coinage_protocol::{
    AccountId, Action, Bounded, ChainSpec, Charter, CharterParts, CheckedTransaction, Clause,
    Growth, Holder, Instant, NamedAccount, Period, PolicyBounds, Slot, Text, UnixMillis,
};
use coinage_simulation::block_builder::Forge;
use coinage_simulation::fixtures::{
    GENESIS_TIME, account, address, chain_spec, checked, genesis, transaction, transfer, units,
};
use coinage_simulation::sim_network::World;
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(1);
/// Slots from block to block on a quiet network of four: as many as fit ten seconds, but odd.
const BEAT: u64 = 19;
/// Slots in which a majority must be heard of where blocks are due: two rounds.
const ROUNDS: u64 = 8;
/// Slots in which a network settles after its start.
const START: u64 = 30;

fn quiet(seed: u64) -> World {
    World::quiet(chain_spec(4, 500), 4, seed, HEARTBEAT_MS)
}

fn payment(spec: &ChainSpec, salt: u64, until: UnixMillis) -> CheckedTransaction {
    transfer(spec, &account(1), address(&account(9)), 5, salt, until)
}

/// The slots of a node's chain after this one, the lowest first.
fn slots(world: &World, after: u64) -> Vec<u64> {
    let slots = world.disk(0).slots().into_iter().map(Slot::get);
    slots.filter(|slot| *slot > after).collect()
}

fn give(target: &mut Target, transaction: &CheckedTransaction) {
    let (submission, transaction) = (SubmissionId(1), Box::new(transaction.clone()));
    target.input(Input::Submit { submission, transaction, park: true });
}

#[test]
fn an_idle_network_has_a_block_in_ten_seconds_and_each_authority_its_turn() {
    // SPEC F-10, C-7
    let mut world = quiet(1);
    world.run_slots(START);
    for _ in 0..400 {
        world.run_slots(1);
        assert!((0..4).all(|node| world.view(node).sync == SyncState::Synced));
        assert!((0..4).all(|node| world.view(node).missing.is_empty()));
        assert!((0..4).all(|node| world.view(node).finality.silent.is_empty()));
    }
    let slots = slots(&world, START);
    assert!(slots.windows(2).all(|pair| pair[1] - pair[0] == BEAT), "{slots:?}");
    assert_eq!(slots.windows(5).next().map(|five| (five[4] - five[0]) % 4), Some(0));
    let turns: std::collections::BTreeSet<_> = slots.iter().map(|slot| slot % 4).collect();
    assert_eq!(turns.len(), 4, "{slots:?}");
}

#[test]
fn a_payment_on_a_quiet_network_is_written_at_once_and_costs_two_blocks() {
    // SPEC F-10, F-8
    for seed in 1..10 {
        let mut world = quiet(seed);
        world.run_slots(START + seed);
        let (before, until) = (world.slot().get(), world.expiry(200));
        let payment = payment(world.spec(), 1, until);
        world.submit(usize::try_from(seed % 4).unwrap_or(0), payment.clone(), false);
        world.run_until(3, "final everywhere", |world| {
            (0..4).all(|node| {
                let finalized = world.view(node).finality.finalized;
                finalized.slot.get() >= before && world.disk(node).transactions() == [payment.id()]
            })
        });
        world.run_slots(BEAT - 5);
        let written = slots(&world, before - 1);
        let beat = written.iter().filter(|slot| **slot > before + 3).count();
        assert!(written.len() - beat <= 3 && beat == 0, "seed {seed}: {written:?} from {before}");
    }
}

#[test]
fn a_transaction_that_comes_in_the_first_half_of_an_own_slot_is_written_then_and_later_is_not() {
    // SPEC F-10: later it would not be taken in before the next leader begins.
    let spec = chain_spec(4, 500);
    for (ms, in_time) in [(1, true), (250, true), (251, false), (499, false)] {
        let mut target = Target::quiet(&spec, Slot::new(21), 0, HEARTBEAT_MS);
        let head = Forge::new(&spec).push(Slot::new(20), Vec::new());
        target.offer(PEER, &head);
        target.wait_ms(1_500 + 4 * 500 * 2);
        assert_eq!(target.head().slot, 20, "nothing is due");
        target.wait_ms(ms);
        give(&mut target, &payment(&spec, 1, spec.slot_time(Slot::new(200))));
        let at_once = target.head().slot == 32;
        target.wait_ms(125);
        assert_eq!(target.head().slot == 32, in_time, "{ms} ms after the start of the slot");
        assert!(in_time || !at_once);
    }
}

#[test]
fn what_cannot_be_included_makes_nobody_write() {
    // SPEC F-10, P-1: of two that spend the same coins, one, and one that nobody can pay yet.
    let mut world = quiet(3);
    world.run_slots(START);
    let (spec, until) = (world.spec().clone(), world.expiry(1_000));
    let spend = |salt| transfer(&spec, &account(1), address(&account(9)), 600_000, salt, until);
    let poor = transfer(&spec, &account(20), address(&account(21)), 5, 1, until);
    [spend(1), spend(2), poor].into_iter().for_each(|one| world.submit(0, one, true));
    world.run_slots(10);
    let before = world.slot().get();
    assert_eq!(world.disk(0).transactions().len(), 1);
    assert!(world.view(0).pool_transactions > 0);
    world.run_slots(5 * BEAT);
    assert!(slots(&world, before).len() <= 6, "{:?}", slots(&world, before));
}

/// A network of one authority where a charter lets somebody issue five coins in each three seconds.
fn issuing() -> ChainSpec {
    let mut genesis = genesis(1, 500);
    let minute = u32::try_from(GENESIS_TIME / 60_000).expect("minutes of our days");
    let holder = Holder::Address(address(&account(1)));
    let board = NamedAccount { name: "board".parse().expect("a name"), holder };
    let period = Period::new(3).expect("seconds");
    let issue = Clause::Issue { officer: AccountId(0), amount: units(5).into(), period };
    let parts = CharterParts {
        token: "ISSUED".parse().expect("a symbol"),
        name: Text::default(),
        decimals: 2,
        anchor: Instant::new(minute, 0).expect("an instant"),
        accounts: Bounded::first_of([board]),
        clauses: Bounded::first_of([issue]),
    };
    genesis.version = 3;
    genesis.rules.growth = Some(Growth { block_max: 1_000, deposit: None });
    genesis.rules.policies = Some(PolicyBounds { charters_max: 1, standings_max: 10 });
    genesis.rules.tokens_max += 1;
    genesis.rules.balances_max += 10;
    genesis.charters = Bounded::first_of([Charter::new(parts).expect("a charter")]);
    ChainSpec::new(genesis).expect("in order")
}

#[test]
fn what_time_alone_makes_possible_is_included_when_its_time_has_come() {
    // SPEC F-10, P-2: no block comes that would have it looked at again.
    let spec = issuing();
    let mut target = Target::quiet(&spec, Slot::new(601), 0, HEARTBEAT_MS_MAX);
    target.wait_ms(1_000);
    let mint = |salt| {
        let (token, issuer) = ("ISSUED".parse().expect("a symbol"), address(&account(1)));
        let mint = Action::Mint { token, issuer, to: issuer, amount: units(5) };
        let until = spec.slot_time(Slot::new(900));
        checked(&spec, transaction(spec.chain(), &[&account(1)], salt, until, vec![mint]))
    };
    give(&mut target, &mint(1));
    give(&mut target, &mint(2));
    target.wait_ms(1_000);
    assert_eq!(target.disk.transactions(), [mint(1).id()]);
    // Slot 606 begins the next three seconds.
    target.wait_ms(400);
    assert_eq!(target.disk.transactions().len(), 1);
    target.wait_ms(400);
    assert_eq!(target.disk.transactions(), [mint(1).id(), mint(2).id()]);
}

#[test]
fn who_is_cut_off_from_a_quiet_network_knows_it_in_bounded_time() {
    // SPEC C-7. Method: one of four, and two of four, lose the others at each place of a beat.
    for (seed, alone) in [(1, &[3][..]), (2, &[2, 3]), (3, &[3]), (4, &[2, 3])] {
        let mut world = quiet(seed);
        world.run_slots(START + 5 * seed);
        let others: Vec<_> = (0..4).filter(|node| !alone.contains(node)).collect();
        world.partition(&[alone, &others]);
        world.run_slots(BEAT + ROUNDS + 2);
        for node in 0..4 {
            let is_cut_off = alone.contains(&node) || others.len() < 3;
            let synced = world.view(node).sync == SyncState::Synced;
            assert_eq!(synced, !is_cut_off, "node {node}: {:?}", world.view(node).sync);
        }
        world.heal();
        world.run_until(BEAT + ROUNDS, "all are synced", |world| {
            (0..4).all(|node| world.view(node).sync == SyncState::Synced)
        });
    }
}

#[test]
fn who_waits_for_others_while_blocks_are_due_knows_it_in_two_rounds() {
    // SPEC C-7: with one payment included and no quorum, blocks are due in each slot.
    let mut world = quiet(5);
    world.run_slots(START);
    world.partition(&[&[0, 1], &[2, 3]]);
    let until = world.expiry(400);
    let payment = payment(world.spec(), 1, until);
    world.submit(0, payment, false);
    world.run_slots(4 + ROUNDS + 2);
    assert_eq!(world.view(0).sync, SyncState::Alone);
    assert_eq!(world.view(0).missing, [2, 3]);
}

#[test]
fn who_starts_again_on_a_quiet_network_need_not_wait_for_its_next_block() {
    // SPEC C-7: whoever signed for its final block was there.
    let mut world = quiet(6);
    world.run_slots(START + 7);
    world.kill(2);
    world.run_slots(2);
    world.start(2);
    world.run_slots(2);
    assert_eq!(world.view(2).sync, SyncState::Synced);
}

#[test]
fn the_only_authority_is_synced_and_quiet() {
    // SPEC F-10, C-7
    let mut target = Target::quiet(&chain_spec(1, 500), Slot::new(20), 0, HEARTBEAT_MS);
    target.wait_ms(1_000);
    let mut heights = vec![target.head().height.get()];
    for _ in 0..120 {
        target.wait_ms(500);
        assert_eq!(target.view().sync, SyncState::Synced);
        heights.push(target.head().height.get());
    }
    heights.dedup();
    assert!((6..=8).contains(&heights.len()), "a minute: {heights:?}");
}

#[test]
fn finality_comes_back_on_a_quiet_network_after_votes_were_lost() {
    // SPEC F-5, F-10: what holds transactions waits for no heartbeat.
    let mut world = World::quiet(chain_spec(4, 100), 4, 7, HEARTBEAT_MS_MAX);
    world.run_slots(START);
    world.partition(&[&[0, 1], &[2, 3]]);
    let until = world.expiry(4_000);
    let payment = payment(world.spec(), 1, until);
    world.submit(0, payment.clone(), false);
    // Longer than a vote is of use.
    world.run_slots(200);
    assert!(world.view(0).finality.finalized.slot.get() < 150);
    world.heal();
    world.run_until(40, "the payment is final everywhere", |world| {
        (0..4).all(|node| {
            let finalized = world.view(node).finality.finalized.slot;
            finalized.get() > 200 && world.disk(node).transactions() == [payment.id()]
        })
    });
}

#[test]
fn a_clock_that_is_behind_takes_silence_for_no_hole() {
    // SPEC C-1: on a quiet network the next blocks are up to a minute away. Two of four are away:
    // nothing is final.
    let mut world = World::quiet(chain_spec(4, 500), 4, 8, 50_000);
    [2, 3].into_iter().for_each(|node| world.kill(node));
    world.run_slots(400);
    let before = world.head(0);
    [0, 1].into_iter().for_each(|node| world.set_clock(node, -80_000));
    world.run_slots(40);
    assert!(world.head(0).height >= before.height);
    assert!(world.disk(0).slots().contains(&before.slot));
}
