//! A network of real engines under one simulated clock, with simulated links and disks.
//!
//! Everything follows from the seed: the same seed gives the same history.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::engine::{
    Action, BatchNumber, Event, GossipToken, Input, Outcome, PeerRef, Publication, Question, Reply,
    RequestId, SubmissionId, SubmitOutcome,
};
use coinage_protocol::{
    CheckedTransaction, Network, Offence, Topic, TransactionId, Verdict, check_answer,
    check_gossip, encode,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::memory::MemoryChain;
use crate::money::random;
use crate::node::Node;

/// How long an unanswered question stays open, in milliseconds.
const QUESTION_MS: u64 = 3_000;
/// The longest that a batch takes to become durable, in milliseconds.
const DISK_MS: u64 = 20;
/// Peers are numbered `connection * NODES_MAX + node`.
const NODES_MAX: u64 = 1_000;

/// A simulated network.
#[derive(Debug)]
pub struct World {
    network: Network,
    pub(crate) nodes: Vec<Node>,
    /// Pairs of nodes, the lower first, between which nothing passes.
    cut: BTreeSet<(usize, usize)>,
    queue: BTreeMap<(u64, u64), (usize, u64, Happening)>,
    sequence: u64,
    connections: u64,
    time: u64,
    random: ChaCha8Rng,
    /// The longest that a message travels, in milliseconds.
    pub latency_ms_max: u64,
    /// Of so many in a thousand messages of gossip, none arrives.
    pub loss_per_mille: u64,
    /// What every node reported: node and event.
    pub events: Vec<(usize, Event)>,
    /// Who charged whom, and for what.
    pub charges: Vec<(usize, usize, Offence)>,
    /// What became of submissions.
    pub outcomes: Vec<(TransactionId, SubmitOutcome)>,
}

#[derive(Debug)]
enum Happening {
    Tick,
    Gossip { from: usize, topic: Topic, bytes: Vec<u8> },
    Asked { from: usize, request: RequestId, question: Question },
    Answered { request: RequestId, reply: Option<Reply> },
    Persisted { number: BatchNumber },
}

impl World {
    /// So many nodes, all connected; the first ones hold the authorities' keys.
    pub fn new(network: Network, nodes: usize, seed: u64) -> Self {
        let authorities = network.genesis().authorities.len();
        let node = |number| {
            let authority = (number < authorities).then(|| u8::try_from(number).unwrap_or(0));
            Node::new(&network, authority)
        };
        let mut world = Self {
            nodes: (0..nodes).map(node).collect(),
            network,
            cut: BTreeSet::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            connections: 0,
            time: 0,
            random: ChaCha8Rng::seed_from_u64(seed),
            latency_ms_max: 40,
            loss_per_mille: 0,
            events: Vec::new(),
            charges: Vec::new(),
            outcomes: Vec::new(),
        };
        (0..nodes).for_each(|node| world.start(node));
        world
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The slot that the clocks show.
    pub fn slot(&self) -> u64 {
        self.time / u64::from(self.network.genesis().slot_ms)
    }

    /// A time so many slots from now, for a transaction to expire at.
    pub fn expiry(&self, slots: u64) -> u64 {
        self.network.slot_time(self.slot() + slots)
    }

    /// Lets so many slots pass.
    pub fn run_slots(&mut self, slots: u64) {
        self.run_ms(slots * u64::from(self.network.genesis().slot_ms));
    }

    /// Lets so many milliseconds pass.
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
                self.happen(node, happening);
            }
        }
        self.time = until;
    }

    /// Lets slots pass until something holds.
    ///
    /// # Panics
    ///
    /// If it does not within so many slots.
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

    /// Separates the groups from each other. Nodes in no group stay connected to all.
    pub fn partition(&mut self, groups: &[&[usize]]) {
        for (position, group) in groups.iter().enumerate() {
            for other in &groups[position + 1..] {
                for (one, two) in
                    group.iter().flat_map(|one| other.iter().map(move |two| (one, two)))
                {
                    self.cut.insert((*one.min(two), *one.max(two)));
                    self.disconnect(*one, *two);
                }
            }
        }
    }

    /// Connects everybody again.
    pub fn heal(&mut self) {
        self.cut.clear();
        for one in 0..self.nodes.len() {
            for two in 0..one {
                self.connect(one, two);
            }
        }
    }

    /// Stops a node at once; what was not durable is lost.
    pub fn kill(&mut self, node: usize) {
        for other in 0..self.nodes.len() {
            self.disconnect(node, other);
        }
        self.nodes[node].stop();
    }

    /// Starts a stopped node with what is on its disk.
    pub fn start(&mut self, node: usize) {
        self.nodes[node].start(&self.network, self.time);
        self.schedule(0, node, Happening::Tick);
        for other in 0..self.nodes.len() {
            self.connect(node, other);
        }
    }

    /// Empties the disk of a stopped node. Its memory of what it signed stays.
    pub fn wipe(&mut self, node: usize) {
        self.nodes[node].disk = MemoryChain::new(&self.network);
    }

    /// Sets a node's clock ahead, or back.
    pub fn set_clock(&mut self, node: usize, ahead_ms: i64) {
        self.nodes[node].clock_ahead_ms = ahead_ms;
    }

    /// Submits a transaction to a node.
    pub fn submit(&mut self, node: usize, transaction: CheckedTransaction, park: bool) {
        let submission = SubmissionId(0);
        let transaction = Box::new(transaction);
        self.input(node, Input::Submit { submission, transaction, park });
    }

    /// Delivers bytes to a node as if another had gossiped them.
    pub fn inject(&mut self, from: usize, to: usize, topic: Topic, bytes: Vec<u8>) {
        self.happen(to, Happening::Gossip { from, topic, bytes });
    }

    fn schedule(&mut self, delay: u64, node: usize, happening: Happening) {
        self.sequence += 1;
        let life = self.nodes[node].life;
        self.queue.insert((self.time + delay, self.sequence), (node, life, happening));
    }

    fn chance(&mut self, below: u64) -> u64 {
        self.random.next_u64() % below.max(1)
    }

    fn is_cut(&self, one: usize, two: usize) -> bool {
        self.cut.contains(&(one.min(two), one.max(two)))
    }

    fn connect(&mut self, one: usize, two: usize) {
        let up = |node: usize| self.nodes[node].engine.is_some();
        let already = self.nodes[one].peers.contains_key(&two);
        if one == two || already || self.is_cut(one, two) || !up(one) || !up(two) {
            return;
        }
        self.connections += 1;
        for (node, peer) in [(one, two), (two, one)] {
            let number = u64::try_from(peer).unwrap_or(0);
            let peer_ref = PeerRef(self.connections * NODES_MAX + number);
            self.nodes[node].peers.insert(peer, peer_ref);
            self.input(node, Input::Connected { peer: peer_ref });
        }
    }

    fn disconnect(&mut self, one: usize, two: usize) {
        for (node, peer) in [(one, two), (two, one)] {
            if let Some(peer_ref) = self.nodes[node].peers.remove(&peer)
                && self.nodes[node].engine.is_some()
            {
                self.input(node, Input::Disconnected { peer: peer_ref });
            }
        }
    }

    fn happen(&mut self, node: usize, happening: Happening) {
        let input = match happening {
            Happening::Tick => {
                self.nodes[node].ticked();
                Input::Tick
            }
            Happening::Persisted { number } => {
                let released = self.nodes[node].persisted(number);
                self.input(node, Input::Persisted { number });
                released.into_iter().for_each(|action| self.perform(node, action));
                return;
            }
            Happening::Gossip { from, topic, bytes } => {
                let (Some(peer), true) =
                    (self.nodes[node].peers.get(&from).copied(), self.nodes[node].see(&bytes))
                else {
                    return;
                };
                let message = check_gossip(topic, &bytes, &self.network, random());
                let token = self.nodes[node].token(topic, bytes, from);
                Input::Gossip { peer, token, message }
            }
            Happening::Asked { from, request, question } => {
                let Some(peer) = self.nodes[node].peers.get(&from).copied() else { return };
                let asked = self.nodes[node].asked(from, request);
                Input::Asked { peer, asked, question }
            }
            Happening::Answered { request, reply } => {
                if !self.nodes[node].open.remove(&request) {
                    return;
                }
                let outcome = match reply {
                    None => Outcome::None,
                    Some(Reply::Status(status)) => Outcome::Status(status),
                    Some(Reply::Answer(answer)) => {
                        match check_answer(&encode(&answer), &self.network, random()) {
                            Ok(answer) => Outcome::Answer(answer),
                            Err(rejection) => Outcome::Rejected(rejection),
                        }
                    }
                };
                Input::Answered { request, outcome }
            }
        };
        self.input(node, input);
    }

    fn input(&mut self, node: usize, input: Input) {
        let time = self.time;
        let Some((actions, deadline)) = self.nodes[node].handle(time, input) else { return };
        for action in actions {
            if let Some(action) = self.nodes[node].hold_back(action) {
                self.perform(node, action);
            }
        }
        if self.nodes[node].wants_tick(deadline) {
            self.schedule(deadline.saturating_sub(time), node, Happening::Tick);
        }
    }

    fn perform(&mut self, node: usize, action: Action) {
        match action {
            Action::Persist { number, batch } => {
                self.nodes[node].persist(number, *batch);
                let delay = self.chance(DISK_MS) + 1;
                self.schedule(delay, node, Happening::Persisted { number });
            }
            Action::Remember { slot } => self.nodes[node].remember(slot),
            Action::Publish(publication) => {
                let (topic, bytes) = match publication {
                    Publication::Transactions(batch) => (Topic::Transactions, encode(&batch)),
                    Publication::Block(block) => {
                        self.nodes[node].assert_remembered(block.header.header.slot);
                        (Topic::Blocks, encode(&*block))
                    }
                };
                self.nodes[node].see(&bytes);
                self.spread(node, node, topic, &bytes);
            }
            Action::Judge { token, verdict } => self.judge(node, token, verdict),
            Action::Ask { peer, request, question } => {
                let to = index(peer);
                self.nodes[node].open.insert(request);
                self.schedule(QUESTION_MS, node, Happening::Answered { request, reply: None });
                let delay = self.travel();
                if self.nodes[node].peers.contains_key(&to) {
                    self.schedule(delay, to, Happening::Asked { from: node, request, question });
                }
            }
            Action::Answer { asked, reply } => {
                let Some((to, request)) = self.nodes[node].answered(asked) else { return };
                if self.nodes[node].peers.contains_key(&to) {
                    let delay = self.travel();
                    let reply = Some(reply);
                    self.schedule(delay, to, Happening::Answered { request, reply });
                }
            }
            Action::Charge { peer, offence } => {
                self.charges.push((node, index(peer), offence));
            }
            Action::Ban { peer, .. } | Action::Refuse { peer, .. } => {
                self.disconnect(node, index(peer));
            }
            Action::Submitted { id, outcome, .. } => self.outcomes.push((id, outcome)),
            Action::Report(event) => self.events.push((node, event)),
        }
    }

    fn judge(&mut self, node: usize, token: GossipToken, verdict: Verdict) {
        let judged = self.nodes[node].judged(token);
        if let (Some((topic, bytes, from)), Verdict::Accept) = (judged, verdict) {
            self.spread(node, from, topic, &bytes);
        }
    }

    fn spread(&mut self, node: usize, but: usize, topic: Topic, bytes: &[u8]) {
        let to: Vec<_> = self.nodes[node].peers.keys().copied().filter(|to| *to != but).collect();
        for to in to {
            if self.chance(1000) < self.loss_per_mille {
                continue;
            }
            let delay = self.travel();
            let bytes = bytes.to_vec();
            self.schedule(delay, to, Happening::Gossip { from: node, topic, bytes });
        }
    }

    fn travel(&mut self) -> u64 {
        self.chance(self.latency_ms_max) + 1
    }
}

fn index(peer: PeerRef) -> usize {
    usize::try_from(peer.0 % NODES_MAX).unwrap_or(0)
}
