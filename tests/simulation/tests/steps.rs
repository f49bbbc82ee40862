//! Goal: a node is right in the middle of its work, too, and not only when all is done.
//! Method: a lone engine, called step by step; the test decides when its disk is done.

use std::collections::BTreeSet;

use coinage_protocol::engine::{
    BatchNumber, Effect, Effects, Engine, Event, GossipToken, Input, MempoolBounds, Now, PeerRef,
    RestoreError, Settings, Stored, Via,
};
use coinage_protocol::{
    Block, BlockHash, ChainSpec, DropReason, Entry, Height, Key, Slot, Text, Tip, Topic,
    Transaction, TransactionId, check_gossip, encode,
};
use coinage_simulation::block_builder::Forge;
use coinage_simulation::fixtures::{account, address, chain_spec, coin, random, transfer, units};
use coinage_simulation::memory::MemoryChain;

/// Bytes that a payment of one account to another takes.
const PAYMENT_BYTES: usize = 2_500;

/// An engine without peers whose disk is done when the test says so.
struct Lone {
    spec: ChainSpec,
    engine: Engine<MemoryChain>,
    disk: MemoryChain,
    now: Now,
    batches: Vec<BatchNumber>,
    /// Reorgs: where each led, and how many blocks it left.
    reorgs: Vec<(Tip, u64)>,
    rejected: usize,
    /// Transactions that came back from a branch that was left.
    back: Vec<TransactionId>,
    /// Transactions that could not come back.
    lost: Vec<(TransactionId, DropReason)>,
}

fn settings() -> Settings {
    let (agent, addresses, pool) = (Text::default(), Vec::new(), MempoolBounds::default());
    Settings {
        authority: None,
        agent,
        addresses,
        expects_peers: false,
        clock_vouched: false,
        joins: false,
        pool,
        heartbeat_ms: 0,
    }
}

/// Room for so many of these payments of one payer, and of all.
fn room_for(payments: usize) -> MempoolBounds {
    let bytes = payments * PAYMENT_BYTES;
    MempoolBounds { bytes, parked: bytes, share: bytes }
}

impl Lone {
    fn new(spec: &ChainSpec, slot: Slot) -> Self {
        Self::with(spec, slot, MempoolBounds::default())
    }

    fn with(spec: &ChainSpec, slot: Slot, pool: MempoolBounds) -> Self {
        let disk = MemoryChain::new(spec);
        let now = Now { wall: spec.slot_time(slot), uptime: 1_000 };
        let settings = Settings { pool, ..settings() };
        let engine = Engine::restore(spec.clone(), settings, now, disk.stored());
        let engine = engine.expect("nothing is stored");
        let (spec, batches, reorgs) = (spec.clone(), Vec::new(), Vec::new());
        let (back, lost) = (Vec::new(), Vec::new());
        Self { spec, engine, disk, now, batches, reorgs, rejected: 0, back, lost }
    }

    fn act(&mut self, actions: Effects) {
        for action in actions {
            match action {
                Effect::Persist { number, batch } => {
                    self.disk.write(&batch);
                    self.batches.push(number);
                }
                Effect::Report(Event::Reorg(record)) => {
                    self.reorgs.push((record.new_head, record.depth()))
                }
                Effect::Report(Event::BlockRejected { .. }) => self.rejected += 1,
                Effect::Report(Event::TransactionAccepted { transaction, via, .. }) => {
                    assert_eq!(via, Via::Reorg, "nobody else has any");
                    self.back.push(transaction.id());
                }
                Effect::Report(Event::TransactionLost { transaction, reason }) => {
                    self.lost.push((transaction.id(), reason));
                }
                _ => {}
            }
        }
    }

    /// Calls the engine once: news of a block, and a step of work.
    fn offer(&mut self, block: &Block) {
        let message = check_gossip(Topic::Blocks, &encode(block), &self.spec, &(), random());
        let (peer, token) = (PeerRef(1), GossipToken(1));
        let actions = self.engine.handle(self.now, Input::Gossip { peer, token, message });
        self.act(actions);
    }

    /// Calls the engine once: a step of work.
    fn tick(&mut self) {
        let actions = self.engine.handle(self.now, Input::Tick);
        self.act(actions);
    }

    /// Number of transactions that wait on disk for room in the pool.
    fn on_disk(&self) -> usize {
        let gauge = self.engine.gauges().find(|gauge| gauge.name == "returning transactions");
        gauge.expect("it is measured").value
    }

    /// Works until there is nothing left to do at once.
    fn settle(&mut self) {
        self.persisted();
        while self.engine.next_deadline() <= self.now.uptime {
            self.tick();
        }
    }

    /// All batches so far are durable.
    fn persisted(&mut self) {
        let number = *self.batches.last().expect("there are batches");
        let actions = self.engine.handle(self.now, Input::Persisted { number });
        self.act(actions);
    }
}

/// Blocks of these slots from genesis; each pays something, and `payer` makes them other ones.
fn branch(spec: &ChainSpec, payer: u8, slots: impl IntoIterator<Item = u64>) -> Forge {
    let mut forge = Forge::new(spec);
    let expiry = spec.slot_time(Slot::new(1_000));
    for slot in slots {
        let to = address(&account(77));
        let paid = transfer(spec, &account(payer), to, 1, slot, expiry);
        forge.push(Slot::new(slot), vec![paid.into_transaction()]);
    }
    forge
}

/// A node with a chain of 4 and two side branches of as many, the better one first.
fn three_branches() -> (Lone, Forge, Forge) {
    let spec = chain_spec(4, 500);
    let mut lone = Lone::new(&spec, Slot::new(50));
    let (better, other) = (branch(&spec, 1, 11..17), branch(&spec, 2, 21..26));
    for block in branch(&spec, 3, 1..5).blocks {
        lone.offer(&block);
    }
    for block in better.blocks[..4].iter().chain(&other.blocks[..4]) {
        lone.offer(block);
    }
    lone.persisted();
    assert_eq!(
        (lone.disk.head().height, lone.disk.head().slot, lone.reorgs.len()),
        (Height::new(4), Slot::new(4), 0)
    );
    (lone, better, other)
}

#[test]
fn a_better_branch_that_comes_in_the_middle_of_a_switch_is_the_one_that_is_taken() {
    // SPEC C-1
    let (mut lone, better, other) = three_branches();
    lone.offer(&other.blocks[4]);
    assert_eq!(lone.disk.head().height, 4, "the switch to the other branch has begun");
    lone.offer(&better.blocks[4]);
    for _ in 0..8 {
        lone.tick();
    }
    let hash = better.blocks[4].header.header.hash(lone.spec.chain());
    assert_eq!(lone.disk.head(), Tip { height: Height::new(5), slot: Slot::new(15), hash });
    assert_eq!(lone.reorgs, [(lone.disk.head(), 4)], "without a detour");
    assert_eq!(lone.rejected, 0);
}

#[test]
fn a_branch_that_grows_in_the_middle_of_a_switch_does_not_make_it_begin_again() {
    // SPEC C-1
    let (mut lone, better, _) = three_branches();
    lone.offer(&better.blocks[4]);
    lone.tick();
    lone.tick();
    lone.offer(&better.blocks[5]);
    assert!(lone.reorgs.is_empty(), "four of its blocks are applied");
    lone.tick();
    assert_eq!(lone.disk.head().height, 5, "one call for each block");
    lone.tick();
    assert_eq!(lone.disk.head(), better.tip);
    assert_eq!((lone.reorgs.len(), lone.rejected), (1, 0));
}

#[test]
fn a_node_does_not_run_away_from_its_disk() {
    let spec = chain_spec(4, 500);
    let blocks = branch(&spec, 1, 1..101).blocks;
    let mut lone = Lone::new(&spec, Slot::new(200));
    for block in &blocks {
        lone.offer(block);
    }
    for _ in 0..10 {
        lone.tick();
    }
    assert_eq!(lone.engine.head().height, 64, "so many batches may be under way");
    lone.persisted();
    for _ in 0..100 {
        lone.tick();
    }
    assert_eq!(lone.engine.head().height, 100);
    assert!(lone.batches.iter().map(|number| number.0).eq(1..=100), "numbered without gaps");
    assert_eq!(lone.engine.state().root(), blocks[99].header.header.state_root);
}

#[test]
fn what_is_stored_is_resumed_only_if_it_is_what_the_head_commits_to() {
    // SPEC L-9, M-3
    let spec = chain_spec(4, 500);
    let mut lone = Lone::new(&spec, Slot::new(50));
    for block in branch(&spec, 1, 1..4).blocks {
        lone.offer(&block);
    }
    let (head, good) = (lone.disk.head().hash, lone.disk.entries());
    let restore = |head, entries: Vec<(Key, Entry)>| {
        let stored = Stored { head: Some(head), entries, ..lone.disk.stored() };
        Engine::restore(spec.clone(), settings(), lone.now, stored).map(|engine| engine.head())
    };
    assert_eq!(restore(head, good.clone()), Ok(lone.disk.head()));
    // Two accounts have each other's balance: the supply is right, the state is not.
    let mut swapped = good.clone();
    let key = |n: u8| Key::Balance(address(&account(n)), coin());
    let place = |n| good.iter().position(|(at, _)| *at == key(n)).expect("has a balance");
    (swapped[place(1)].1, swapped[place(2)].1) =
        (good[place(2)].1.clone(), good[place(1)].1.clone());
    assert_eq!(restore(head, swapped), Err(RestoreError::StateDiffers { head }));
    let mut richer = good.clone();
    richer[place(1)].1 = Entry::Balance(units(2_000_000));
    assert_eq!(restore(head, richer), Err(RestoreError::StateDiffers { head }));
    let head = BlockHash::new([7; 32]);
    assert_eq!(restore(head, good), Err(RestoreError::HeadMissing { head }));
}

/// Payments of one payer, each in the block of its slot, which expire so many slots later.
fn paying(spec: &ChainSpec, slots: impl IntoIterator<Item = u64>, life: u64) -> Forge {
    let mut forge = Forge::new(spec);
    for slot in slots {
        let (to, expiry) = (address(&account(77)), spec.slot_time(Slot::new(slot + life)));
        let pay = |n| transfer(spec, &account(1), to, 1, 10 * slot + n, expiry);
        forge.push(Slot::new(slot), (0..4).map(|n| pay(n).into_transaction()).collect());
    }
    forge
}

fn ids(spec: &ChainSpec, blocks: &[Block]) -> BTreeSet<TransactionId> {
    let of = |one: &Transaction| one.body.id(spec.chain());
    blocks.iter().flat_map(|block| block.transactions.iter().map(of)).collect()
}

/// A node that has left a branch of 40 payments, of which its pool has room for some ten, for
/// another one.
fn left(life: u64) -> (Lone, BTreeSet<TransactionId>, Forge) {
    let spec = chain_spec(4, 500);
    let mut lone = Lone::with(&spec, Slot::new(100), room_for(10));
    let (own, mut other) = (paying(&spec, 1..11, life), Forge::new(&spec));
    (21..32).for_each(|slot| drop(other.push(Slot::new(slot), Vec::new())));
    own.blocks.iter().for_each(|block| lone.offer(block));
    lone.persisted();
    other.blocks.iter().for_each(|block| lone.offer(block));
    lone.settle();
    assert_eq!((lone.engine.head(), lone.reorgs.len()), (other.tip, 1));
    let all = ids(&spec, &own.blocks);
    assert_eq!(all.len(), 40);
    (lone, all, other)
}

#[test]
fn what_an_abandoned_branch_held_beyond_all_room_returns_from_disk_as_room_comes() {
    // SPEC C-4
    let (mut lone, all, mut other) = left(500);
    let fit = lone.back.len();
    assert!((5..35).contains(&fit), "{fit}");
    assert_eq!((lone.on_disk(), lone.lost.len()), (40 - fit, 0));
    for slot in 32..100 {
        let waiting: Vec<_> =
            lone.engine.waiting().map(|(one, _)| one.transaction().clone()).take(3).collect();
        let block = other.push(Slot::new(slot), waiting);
        lone.offer(&block);
        lone.settle();
    }
    assert_eq!(lone.disk.transactions().into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(
        (lone.on_disk(), lone.back.len(), lone.lost.len()),
        (0, 40, 0),
        "each came back once"
    );
}

#[test]
fn what_cannot_return_any_more_is_told_with_its_id() {
    // SPEC C-4
    let (mut lone, all, mut other) = left(150);
    let fit = lone.back.len();
    for slot in 165..185 {
        lone.now.wall = lone.spec.slot_time(Slot::new(slot));
        let block = other.push(Slot::new(slot), Vec::new());
        lone.offer(&block);
        lone.settle();
    }
    assert_eq!(lone.on_disk(), 0, "all have expired");
    let back: BTreeSet<_> = lone.back.iter().copied().collect();
    let lost: BTreeSet<_> = lone.lost.iter().map(|(id, _)| *id).collect();
    assert!(lone.lost.iter().all(|(_, reason)| *reason == DropReason::Expired), "{:?}", lone.lost);
    assert_eq!(lost.len(), lone.lost.len(), "each once");
    assert!(lost.len() >= 30 - fit && back.union(&lost).copied().collect::<BTreeSet<_>>() == all);
}
