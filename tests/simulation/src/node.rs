//! One node of a simulated network: an engine, its disk, and what its shell keeps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use coinage_protocol::engine::{
    Action, Actions, AskedId, Authority, Batch, BatchNumber, Engine, GossipToken, Input, Now,
    PeerRef, RequestId, Settings, Stored,
};
use coinage_protocol::{Network, Text, Topic};

use crate::memory::MemoryChain;
use crate::money::{GENESIS_TIME, authority};

/// A node and its shell.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) engine: Option<Engine<MemoryChain>>,
    pub(crate) disk: MemoryChain,
    /// Grows with each stop, so that what was under way for an earlier life is dropped.
    pub(crate) life: u64,
    pub(crate) peers: BTreeMap<usize, PeerRef>,
    pub(crate) open: BTreeSet<RequestId>,
    pub(crate) clock_ahead_ms: i64,
    authority: Option<u8>,
    /// The signing memory: survives everything.
    last_slot: u64,
    seen: BTreeSet<Vec<u8>>,
    tokens: BTreeMap<GossipToken, (Topic, Vec<u8>, usize)>,
    asked: BTreeMap<AskedId, (usize, RequestId)>,
    counter: u64,
    writing: VecDeque<(BatchNumber, Batch)>,
    held: VecDeque<(BatchNumber, Action)>,
    next_tick: Option<u64>,
}

impl Node {
    pub(crate) fn new(network: &Network, authority: Option<u8>) -> Self {
        Self {
            engine: None,
            disk: MemoryChain::new(network),
            life: 0,
            peers: BTreeMap::new(),
            open: BTreeSet::new(),
            clock_ahead_ms: 0,
            authority,
            last_slot: 0,
            seen: BTreeSet::new(),
            tokens: BTreeMap::new(),
            asked: BTreeMap::new(),
            counter: 0,
            writing: VecDeque::new(),
            held: VecDeque::new(),
            next_tick: None,
        }
    }

    pub(crate) fn engine(&self) -> &Engine<MemoryChain> {
        self.engine.as_ref().expect("the node runs")
    }

    pub(crate) fn start(&mut self, network: &Network, time: u64) {
        let last_slot = self.last_slot;
        let own = |number| Authority { key: authority(number), last_slot };
        let settings = Settings {
            authority: self.authority.map(own),
            agent: Text::try_from("simulated").expect("short"),
            addresses: Vec::new(),
            expects_peers: true,
        };
        let reader = self.disk.clone();
        let (head, entries) = (Some(reader.head().hash), reader.entries());
        let stored = Stored { reader, head, entries };
        let engine = Engine::restore(network.clone(), settings, self.clock(time), stored);
        self.engine = Some(engine.expect("what is stored fits together"));
        self.next_tick = None;
    }

    pub(crate) fn stop(&mut self) {
        let judged = self.tokens.is_empty() || self.engine.is_none();
        assert!(judged, "every gossip message got its verdict at once");
        self.engine = None;
        self.life += 1;
        self.seen.clear();
        self.asked.clear();
        self.open.clear();
        self.writing.clear();
        self.held.clear();
    }

    /// The actions for an input and the next deadline, unless the node is stopped.
    pub(crate) fn handle(&mut self, time: u64, input: Input) -> Option<(Actions, u64)> {
        let now = self.clock(time);
        let engine = self.engine.as_mut()?;
        let actions = engine.handle(now, input);
        Some((actions, engine.next_deadline()))
    }

    /// The scheduled tick has come.
    pub(crate) fn ticked(&mut self) {
        self.next_tick = None;
    }

    /// Whether a tick at this time is still to be scheduled.
    pub(crate) fn wants_tick(&mut self, deadline: u64) -> bool {
        let wants = self.next_tick.is_none_or(|scheduled| deadline < scheduled);
        if wants {
            self.next_tick = Some(deadline);
        }
        wants
    }

    /// The action, unless it has to wait for a batch.
    pub(crate) fn hold_back(&mut self, action: Action) -> Option<Action> {
        let free = matches!(
            action,
            Action::Judge { .. }
                | Action::Charge { .. }
                | Action::Ban { .. }
                | Action::Persist { .. }
        );
        match self.writing.back() {
            Some((number, _)) if !free => {
                self.held.push_back((*number, action));
                None
            }
            _ => Some(action),
        }
    }

    pub(crate) fn persist(&mut self, number: BatchNumber, batch: Batch) {
        self.writing.push_back((number, batch));
    }

    /// Writes what is durable now, and gives back the actions that waited for it.
    pub(crate) fn persisted(&mut self, number: BatchNumber) -> Vec<Action> {
        while self.writing.front().is_some_and(|(waiting, _)| *waiting <= number) {
            if let Some((_, batch)) = self.writing.pop_front() {
                self.disk.write(&batch);
            }
        }
        let mut released = Vec::new();
        while self.held.front().is_some_and(|(waits, _)| *waits <= number) {
            released.extend(self.held.pop_front().map(|(_, action)| action));
        }
        released
    }

    pub(crate) fn remember(&mut self, slot: u64) {
        assert!(slot > self.last_slot, "no authority signs twice for a slot");
        self.last_slot = slot;
    }

    pub(crate) fn assert_remembered(&self, slot: u64) {
        assert!(slot <= self.last_slot, "what is signed leaves only when it is remembered");
    }

    /// Whether these bytes are new here.
    pub(crate) fn see(&mut self, bytes: &[u8]) -> bool {
        self.seen.insert(bytes.to_vec())
    }

    pub(crate) fn token(&mut self, topic: Topic, bytes: Vec<u8>, from: usize) -> GossipToken {
        self.counter += 1;
        let token = GossipToken(self.counter);
        self.tokens.insert(token, (topic, bytes, from));
        token
    }

    pub(crate) fn judged(&mut self, token: GossipToken) -> Option<(Topic, Vec<u8>, usize)> {
        let judged = self.tokens.remove(&token);
        assert!(judged.is_some(), "each message gets one verdict");
        judged
    }

    pub(crate) fn asked(&mut self, from: usize, request: RequestId) -> AskedId {
        self.counter += 1;
        let asked = AskedId(self.counter);
        self.asked.insert(asked, (from, request));
        asked
    }

    pub(crate) fn answered(&mut self, asked: AskedId) -> Option<(usize, RequestId)> {
        self.asked.remove(&asked)
    }

    fn clock(&self, time: u64) -> Now {
        let wall = (GENESIS_TIME + time).saturating_add_signed(self.clock_ahead_ms);
        Now { wall, uptime: time }
    }
}
