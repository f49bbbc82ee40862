//! A network of real engines under one simulated clock, with simulated links and disks.
//!
//! Everything follows from the seed: the same seed gives the same history. Whatever an invariant
//! forbids makes the world panic with the invariant's number, at the moment at which it happens.

mod act;
mod connect;
mod coverage;
mod fault;
mod finality;
mod happening;
mod inspect;
mod links;
pub(crate) mod message;
mod node;
mod steps;
mod trace;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::engine::{Event, Input, SubmitOutcome};
use coinage_protocol::limits::FUTURE_SLOTS_MAX;
use coinage_protocol::{
    AuthorityChange, ChainSpec, CheckedTransaction, Offence, Slot, Topic, Transaction,
    TransactionId, UnixMillis, encode,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub use self::coverage::{Family, Tally};
use self::happening::Happening;
pub use self::links::Links;
use self::message::{Digest, Intake, Message};
pub use self::node::Node;
use self::steps::Steps;
pub use self::trace::Trace;
use crate::audit::{Auditor, FinalityBooks};

/// Time that an unanswered question stays open, in milliseconds.
const QUESTION_MS: u64 = 3_000;
/// Peers are numbered `connection * NODES_MAX + node`.
const NODES_MAX: u64 = 1_000;

/// A simulated network.
#[derive(Debug)]
pub struct World {
    spec: ChainSpec,
    pub(crate) nodes: Vec<Node>,
    /// Links between the nodes: who reaches whom.
    pub links: Links,
    queue: BTreeMap<(u64, u64), (usize, u64, Happening)>,
    /// Happenings that came to processes that are frozen, in order.
    frozen: BTreeMap<usize, Vec<Happening>>,
    /// Time when the last message from one node to another arrives.
    arrivals: BTreeMap<(usize, usize), u64>,
    sequence: u64,
    steps: Steps,
    connections: u64,
    time: u64,
    pub(crate) random: ChaCha8Rng,
    intake: Intake,
    pub(crate) auditor: Auditor,
    pub(crate) finality: FinalityBooks,
    /// Final blocks that contradict each other, once honest nodes have told any: from then on only
    /// what nodes make of that is looked at.
    pub(crate) conflict: Option<String>,
    /// True once somebody outside the network has sent something: every key may be in its hands.
    pub(crate) keys_are_out: bool,
    /// True if the only disk with a final block, or with one that an authority is bound to, was
    /// lost: the way out of that is by hand (SPEC F-7).
    pub(crate) has_lost_for_good: bool,
    /// Messages that no honest node may accept.
    pub(crate) forbidden: BTreeMap<Digest, &'static str>,
    /// True to check invariants. Only the canary turns them off.
    pub checks: bool,
    /// True to keep [`events`](Self::events).
    pub keep_events: bool,
    /// Trace of what happened, in order.
    pub trace: Trace,
    /// Counts of what happened.
    pub tally: Tally,
    /// Events that the nodes reported, each with its node.
    pub events: Vec<(usize, Event)>,
    /// Charges: who charged whom, and for what.
    pub charges: Vec<(usize, usize, Offence)>,
    /// Transactions that a node did not take, or holds no longer, for lack of room, as it says.
    pub(crate) without_room: Vec<(usize, TransactionId)>,
    /// Outcomes of submissions.
    pub outcomes: Vec<(TransactionId, SubmitOutcome)>,
}

/// Rules that are looked at when final blocks contradict each other.
const AFTER_A_CONFLICT: [&str; 2] = ["F-11", "F-12"];

impl World {
    /// Creates a world of so many nodes, all connected; the first ones hold the authorities' keys.
    ///
    /// There is a block in each slot; see [`quiet`](Self::quiet).
    pub fn new(spec: ChainSpec, nodes: usize, seed: u64) -> Self {
        Self::quiet(spec, nodes, seed, 0)
    }

    /// Creates such a world in which leaders write nothing without a reason, but one block in so
    /// many milliseconds.
    pub fn quiet(spec: ChainSpec, nodes: usize, seed: u64, heartbeat_ms: u64) -> Self {
        let authorities = spec.genesis_authorities().len();
        let node = |number| {
            let authority = (number < authorities).then(|| u8::try_from(number).unwrap_or(0));
            let mut node = Node::new(&spec, authority);
            node.heartbeat_ms = heartbeat_ms;
            node
        };
        let nodes = (0..nodes).map(node).collect();
        let mut world = Self::of(spec, nodes, seed);
        (0..world.nodes.len()).for_each(|node| world.start(node));
        world
    }

    /// Creates a world of these nodes, none of which has started.
    pub(crate) fn of(spec: ChainSpec, nodes: Vec<Node>, seed: u64) -> Self {
        Self {
            auditor: Auditor::new(&spec),
            finality: FinalityBooks::new(&spec),
            conflict: None,
            keys_are_out: false,
            has_lost_for_good: false,
            nodes,
            spec,
            links: Links::default(),
            queue: BTreeMap::new(),
            frozen: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            sequence: 0,
            steps: Steps::default(),
            connections: 0,
            time: 0,
            random: ChaCha8Rng::seed_from_u64(seed),
            intake: Intake::default(),
            forbidden: BTreeMap::new(),
            checks: true,
            keep_events: true,
            trace: Trace::default(),
            tally: Tally::default(),
            events: Vec::new(),
            charges: Vec::new(),
            without_room: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// The network that is simulated.
    pub fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// Milliseconds since the beginning.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// The slot that the clocks show.
    pub fn slot(&self) -> Slot {
        Slot::new(self.time / self.slot_ms())
    }

    pub(crate) fn slot_ms(&self) -> u64 {
        u64::from(self.spec.genesis().slot_ms)
    }

    /// A time so many slots from now, for a transaction to expire at.
    pub fn expiry(&self, slots: u64) -> UnixMillis {
        self.spec.slot_time(self.slot() + slots)
    }

    /// Checks each arrival of a message anew, as real nodes do: slower, and the same history.
    pub fn check_everything_anew(&mut self) {
        self.intake.forgetful = true;
    }

    /// Lets so many slots pass.
    ///
    /// # Panics
    ///
    /// If anything breaks an invariant.
    pub fn run_slots(&mut self, slots: u64) {
        self.run_ms(slots * self.slot_ms());
    }

    /// Lets so many milliseconds pass.
    ///
    /// # Panics
    ///
    /// If anything breaks an invariant.
    pub fn run_ms(&mut self, ms: u64) {
        let until = self.time + ms;
        while let Some(entry) = self.queue.first_entry() {
            let (time, _) = *entry.key();
            if time > until {
                break;
            }
            let (node, life, happening) = entry.remove();
            self.time = time;
            if self.nodes[node].life == life {
                self.step(node, &happening);
                self.happen(node, happening);
            }
        }
        self.time = until;
        if let Err((invariant, error)) = self.auditor.settle() {
            self.violation(invariant, || error);
        }
    }

    /// Lets slots pass until something holds.
    ///
    /// # Panics
    ///
    /// If it does not within so many slots, or anything breaks an invariant.
    pub fn run_until(&mut self, slots: u64, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..slots {
            if holds(self) {
                return;
            }
            self.run_slots(1);
        }
        let heads: Vec<_> = (0..self.nodes.len()).map(|node| self.head(node)).collect();
        assert!(holds(self), "not within {slots} slots: {what}; heads {heads:?}");
    }

    /// A transaction that an honest user has just signed, with its checks done.
    pub(crate) fn signed(&self, transaction: Transaction) -> CheckedTransaction {
        self.intake.signed(transaction, &self.spec)
    }

    /// Checks whether a transaction gets past the checks that need no state.
    pub(crate) fn takes(&self, transaction: &Transaction, told: bool) -> bool {
        self.intake.takes(transaction, told, &self.spec)
    }

    /// Submits a transaction to a node.
    pub fn submit(&mut self, node: usize, transaction: CheckedTransaction, park: bool) {
        self.trace.note(self.time, node, &[transaction.id().as_bytes()], || {
            format!("is given transaction {}", short(&transaction.id()))
        });
        self.intake.keep_transaction(&transaction);
        if let Err((rule, error)) = self.auditor.consent(transaction.transaction()) {
            self.violation(rule, || error);
        }
        let transaction = Box::new(transaction);
        self.happen(node, Happening::Submitted { transaction, park });
    }

    /// Submits a change of authorities that was approved to a node.
    pub(crate) fn submit_change(&mut self, node: usize, change: AuthorityChange) {
        self.trace.note(self.time, node, &[&encode(&change)], || {
            format!("is given a change of authorities: {:?}", change.step)
        });
        self.intake.have_authorities_changed = true;
        self.happen(node, Happening::Change { change: Box::new(change) });
    }

    /// Delivers bytes to a node as if another had gossiped them.
    pub fn inject(&mut self, from: usize, to: usize, topic: Topic, bytes: Vec<u8>) {
        self.keys_are_out = true;
        self.happen(to, Happening::Gossip { from, message: Message::new(topic, bytes) });
    }

    /// Fails the run because of what an invariant forbids.
    pub(crate) fn violation(&self, invariant: &str, text: impl FnOnce() -> String) {
        let counts = self.conflict.is_none() || AFTER_A_CONFLICT.contains(&invariant);
        assert!(!self.checks || !counts, "{invariant}: {}", text());
    }

    fn schedule(&mut self, delay: u64, node: usize, happening: Happening) {
        self.sequence += 1;
        let life = self.nodes[node].life;
        self.queue.insert((self.time + delay, self.sequence), (node, life, happening));
    }

    /// A number below a bound, by chance.
    pub(crate) fn chance(&mut self, below: u64) -> u64 {
        self.random.next_u64() % below.max(1)
    }

    pub(crate) fn input(&mut self, node: usize, input: Input) {
        let time = self.time;
        let Some((actions, deadline)) = self.nodes[node].handle(time, input) else { return };
        if self.nodes[node].disk.has_failed() {
            return self.fail(node);
        }
        self.watch(node, &actions);
        for action in actions {
            if let Some(action) = self.nodes[node].gate.pass(action) {
                self.perform(node, action);
            }
        }
        if self.nodes[node].wants_tick(deadline) {
            self.schedule(deadline.saturating_sub(time), node, Happening::Tick);
        }
    }

    /// The nodes that do what they should.
    pub(crate) fn honest(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].villain.is_none())
    }

    /// Checks whether people would go to a node: it runs, answers, is honest and knows what day it
    /// is.
    pub(crate) fn is_usable(&self, node: usize) -> bool {
        let one = &self.nodes[node];
        let head = one.engine.as_ref().map(coinage_protocol::engine::Engine::head);
        let is_beyond = head.is_some_and(|head| head.slot > self.slot() + FUTURE_SLOTS_MAX);
        let knows = !one.has_far_clock() && !is_beyond;
        knows && one.villain.is_none() && self.runs(node) && !self.is_paused(node)
    }

    /// The ids on the chain that a node has on disk.
    pub(crate) fn ids_on_disk(&self, node: usize) -> BTreeSet<TransactionId> {
        self.nodes[node].disk.transactions().into_iter().collect()
    }
}

/// The beginning of a hash, for people.
pub(crate) fn short(hash: &impl std::fmt::Display) -> String {
    hash.to_string().chars().take(8).collect()
}
