//! Nodes of a simulated network: each an engine, its disk, and what its shell keeps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use coinage_protocol::engine::{
    AskedId, Authority, Batch, BatchNumber, Effects, Engine, Gate, GossipToken, Input,
    MempoolBounds, Now, PeerRef, Question, RequestId, RestoreError, Settings, Stop, Stored,
};
use coinage_protocol::{
    Ballot, BlockHash, ChainSpec, HeaderContext, Phase, SecretKey, SignedSlots, Slot, Text,
    UnixMillis, VotingMemory,
};

use super::message::{Digest, Message};
use crate::audit::{Promises, Shadow};
use crate::byzantine::Villain;
use crate::fixtures::{GENESIS_TIME, authority};
use crate::memory::{Found, MemoryChain};

/// The longest that a batch takes to become durable on a good disk, in milliseconds.
const DISK_MS: u64 = 20;
/// Milliseconds from which a clock is far off: in a short life that is never a small fault.
const FAR_MS: i64 = 60_000;

/// A node and its shell.
#[derive(Debug)]
pub struct Node {
    pub(crate) engine: Option<Engine<MemoryChain>>,
    pub(crate) disk: MemoryChain,
    /// Grows with each stop, so that what was under way for an earlier life is dropped.
    pub(crate) life: u64,
    pub(crate) peers: BTreeMap<usize, PeerRef>,
    /// Nodes that this one does not want to hear of.
    pub(crate) banned: BTreeSet<usize>,
    pub(crate) open: BTreeSet<RequestId>,
    pub(crate) clock_ahead_ms: i64,
    /// True if the clock was ever far ahead.
    pub(crate) was_far_ahead: bool,
    /// The longest that a batch takes to become durable, in milliseconds.
    pub(crate) disk_ms_max: u64,
    /// True if the disk is damaged: the node does not run until somebody cares for it.
    pub(crate) is_broken: bool,
    /// Bounds of the node's pool.
    pub(crate) pool: MempoolBounds,
    /// Heartbeat of the node, in milliseconds: with 0 it writes a block in each of its slots.
    pub(crate) heartbeat_ms: u64,
    /// Villain that acts through the node, if it is not honest.
    pub(crate) villain: Option<Villain>,
    pub(crate) authority: Option<u8>,
    /// The signing memory: survives everything.
    signed: SignedSlots,
    voting: VotingMemory,
    /// Every slot that was ever signed for.
    really_signed: BTreeSet<Slot>,
    /// Reason why it signs nothing any more.
    stop: Option<Stop>,
    /// Milliseconds by which the clock was ahead when the process looked at it last.
    pub(crate) seen_ahead_ms: i64,
    /// True if the operator vouches for the clock at the next start.
    pub(crate) is_vouched: bool,
    /// Every head that it ever had on disk.
    heads: BTreeSet<BlockHash>,
    seen: BTreeSet<Digest>,
    tokens: BTreeMap<GossipToken, (Rc<Message>, usize)>,
    asked: BTreeMap<AskedId, (usize, PeerRef, RequestId, Question)>,
    counter: u64,
    writing: VecDeque<(BatchNumber, Batch)>,
    /// The very gate of the real shell.
    pub(super) gate: Gate,
    /// Promises that the gate has to see to.
    pub(super) promises: Promises,
    /// Shadow of the node's pool, if it is honest and its events are true.
    pub(super) shadow: Option<Shadow>,
    next_tick: Option<u64>,
    /// The latest time that its clock ever showed, in milliseconds since 1970.
    pub(super) latest: u64,
}

impl Node {
    /// A node that has not started; the number is that of its authority key, if it has one.
    pub(crate) fn new(spec: &ChainSpec, authority: Option<u8>) -> Self {
        Self {
            engine: None,
            disk: MemoryChain::new(spec),
            life: 0,
            peers: BTreeMap::new(),
            banned: BTreeSet::new(),
            open: BTreeSet::new(),
            clock_ahead_ms: 0,
            was_far_ahead: false,
            disk_ms_max: DISK_MS,
            is_broken: false,
            pool: MempoolBounds::default(),
            heartbeat_ms: 0,
            villain: None,
            authority,
            signed: SignedSlots::default(),
            voting: VotingMemory::default(),
            really_signed: BTreeSet::new(),
            stop: None,
            seen_ahead_ms: 0,
            is_vouched: false,
            heads: BTreeSet::from([spec.genesis_hash()]),
            seen: BTreeSet::new(),
            tokens: BTreeMap::new(),
            asked: BTreeMap::new(),
            counter: 0,
            writing: VecDeque::new(),
            gate: Gate::default(),
            promises: Promises::default(),
            shadow: None,
            next_tick: None,
            latest: 0,
        }
    }

    /// The context in which its shell checks messages.
    pub(super) fn context<'a>(&'a self, spec: &'a ChainSpec) -> HeaderContext<'a> {
        let genesis = HeaderContext::from(spec);
        let engine = self.engine.as_ref();
        let authorities = engine.map_or(genesis.authorities, Engine::known_authorities);
        HeaderContext { authorities, ..genesis }
    }

    pub(crate) fn engine(&self) -> &Engine<MemoryChain> {
        self.engine.as_ref().expect("the node runs")
    }

    /// The key of the node's authority.
    pub(crate) fn key(&self) -> Option<SecretKey> {
        self.authority.map(authority)
    }

    /// Restores an engine from what is on the disk, if that can be read.
    pub(super) fn restore(
        &self,
        spec: &ChainSpec,
        time: u64,
        found: Found,
    ) -> Option<Result<Engine<MemoryChain>, RestoreError>> {
        let (head, entries) = found.stored?;
        let (signed, voting, stop) = (self.signed.clone(), self.voting, self.stop);
        let own = |number| Authority { key: authority(number), signed, voting, stop };
        let settings = Settings {
            authority: self.authority.map(own),
            agent: Text::try_from("simulated").expect("short"),
            addresses: Vec::new(),
            expects_peers: true,
            // A villain signs by any clock.
            clock_vouched: self.is_vouched || self.villain.is_some(),
            joins: true,
            pool: self.pool,
            heartbeat_ms: self.heartbeat_ms,
        };
        let (finalized, evidence) = (self.disk.finalized(), self.disk.evidence());
        let conflict = self.disk.conflict();
        let (reader, head) = (self.disk.clone(), Some(head.hash));
        let stored = Stored { reader, head, finalized, conflict, evidence, entries };
        Some(Engine::restore(spec.clone(), settings, self.clock(time), stored))
    }

    pub(super) fn start(&mut self, engine: Engine<MemoryChain>) {
        self.shadow = Some(Shadow::new(engine.head().hash));
        self.engine = Some(engine);
        self.next_tick = None;
    }

    /// Forgets everything that is not on disk; fails if the engine owed a verdict.
    pub(super) fn stop(&mut self) -> Result<(), String> {
        let judged = self.tokens.is_empty() || self.engine.is_none();
        self.engine = None;
        self.life += 1;
        self.seen.clear();
        self.tokens.clear();
        self.asked.clear();
        self.open.clear();
        self.banned.clear();
        self.writing.clear();
        self.gate = Gate::default();
        self.promises = Promises::default();
        if judged { Ok(()) } else { Err("a message never got its verdict".into()) }
    }

    /// The actions for an input and the next deadline, unless the node is stopped.
    pub(super) fn handle(&mut self, time: u64, input: Input) -> Option<(Effects, u64)> {
        let now = self.clock(time);
        self.latest = self.latest.max(now.wall.get());
        self.seen_ahead_ms = self.clock_ahead_ms;
        let engine = self.engine.as_mut()?;
        let actions = engine.handle(now, input);
        Some((actions, engine.next_deadline()))
    }

    /// The scheduled tick has come.
    pub(super) fn ticked(&mut self) {
        self.next_tick = None;
    }

    /// Checks whether a tick at this time is still to be scheduled.
    pub(super) fn wants_tick(&mut self, deadline: u64) -> bool {
        let wants = self.next_tick.is_none_or(|scheduled| deadline < scheduled);
        if wants {
            self.next_tick = Some(deadline);
        }
        wants
    }

    pub(super) fn persist(&mut self, number: BatchNumber, batch: Batch) {
        self.writing.push_back((number, batch));
    }

    /// The batches up to this one, which are durable now.
    pub(super) fn durable(&mut self, number: BatchNumber) -> Vec<Batch> {
        let done = self.writing.iter().take_while(|(waiting, _)| *waiting <= number).count();
        self.writing.drain(..done).map(|(_, batch)| batch).collect()
    }

    /// Checks whether anything that the node writes is not durable yet.
    pub(crate) fn is_writing(&self) -> bool {
        !self.writing.is_empty()
    }

    /// The first so many batches that are not durable yet.
    pub(super) fn under_way(&mut self, count: usize) -> Vec<Batch> {
        let count = count.min(self.writing.len());
        self.writing.drain(..count).map(|(_, batch)| batch).collect()
    }

    pub(super) fn write(&mut self, batch: &Batch) {
        self.disk.write(batch);
        self.heads.insert(batch.head.hash);
    }

    /// Checks whether this was ever the node's head on disk.
    pub(super) fn had(&self, head: &BlockHash) -> bool {
        self.heads.contains(head)
    }

    pub(super) fn remember(&mut self, slot: Slot) -> Result<(), String> {
        self.may_remember()?;
        self.signed.insert(slot);
        let new = self.really_signed.insert(slot);
        if new { Ok(()) } else { Err(format!("slot {slot} is signed twice")) }
    }

    pub(super) fn remember_voting(&mut self, memory: VotingMemory) -> Result<(), String> {
        self.may_remember()?;
        self.voting = memory;
        Ok(())
    }

    /// Checks that the signer has not stopped: a memory on disk refuses what comes after that.
    fn may_remember(&self) -> Result<(), String> {
        match self.stop {
            Some(Stop { slot, .. }) => {
                Err(format!("it signs on, stopped by a block of slot {slot}"))
            }
            None => Ok(()),
        }
    }

    /// The memory of what its key signed for finality.
    pub(super) fn voting_memory(&self) -> VotingMemory {
        self.voting
    }

    /// Blocks that must not be lost: the final one, and those of the lock and of the last vote.
    pub(super) fn relied_on(&self) -> impl Iterator<Item = BlockHash> {
        let finalized = self.disk.finalized().map(|one| one.tip.hash);
        let pledged = [self.voting.last_vote, self.voting.lock].map(|pledge| pledge.block);
        finalized.into_iter().chain(pledged.into_iter().flatten())
    }

    /// Slot of the last vote that it remembers.
    pub(crate) fn last_vote(&self) -> Slot {
        self.voting.last_vote.slot
    }

    /// Checks whether the signing memory covers a ballot.
    pub(super) fn remembers_ballot(&self, ballot: &Ballot) -> bool {
        let pledge = match ballot.phase {
            Phase::Vote => self.voting.last_vote,
            Phase::Commit => self.voting.lock,
        };
        pledge.slot >= ballot.slot
    }

    /// Checks whether the signing memory covers a slot.
    pub(super) fn remembers(&self, slot: Slot) -> bool {
        self.really_signed.contains(&slot)
    }

    /// Checks whether the clock is off by more than what a life takes for a small fault.
    pub(crate) fn has_far_clock(&self) -> bool {
        self.clock_ahead_ms.abs() >= FAR_MS
    }

    /// Remembers why it signs nothing any more.
    pub(super) fn stop_signing(&mut self, stop: Stop) {
        self.stop = Some(stop);
    }

    /// Notes a message; true if it is new here.
    pub(super) fn see(&mut self, digest: Digest) -> bool {
        self.seen.insert(digest)
    }

    pub(super) fn token(&mut self, message: Rc<Message>, from: usize) -> GossipToken {
        self.counter += 1;
        let token = GossipToken(self.counter);
        self.tokens.insert(token, (message, from));
        token
    }

    pub(super) fn judged(&mut self, token: GossipToken) -> Option<(Rc<Message>, usize)> {
        self.tokens.remove(&token)
    }

    pub(super) fn asked(&mut self, from: usize, request: RequestId, what: &Question) -> AskedId {
        self.counter += 1;
        let asked = AskedId(self.counter);
        if let Some(peer) = self.peers.get(&from) {
            self.asked.insert(asked, (from, *peer, request, what.clone()));
        }
        asked
    }

    /// Takes a question and who asked it, if the connection on which it was asked is still up.
    pub(crate) fn answered(&mut self, asked: AskedId) -> Option<(usize, RequestId, Question)> {
        let (from, peer, request, question) = self.asked.remove(&asked)?;
        (self.peers.get(&from) == Some(&peer)).then_some((from, request, question))
    }

    /// The question that was asked under an id.
    pub(super) fn question(&self, asked: AskedId) -> Option<&Question> {
        self.asked.get(&asked).map(|(.., question)| question)
    }

    fn clock(&self, time: u64) -> Now {
        let wall = (GENESIS_TIME + time).saturating_add_signed(self.clock_ahead_ms);
        Now { wall: UnixMillis::new(wall), uptime: time }
    }
}
