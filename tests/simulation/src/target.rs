//! A lone engine to offer blocks, gossip and answers to.

use std::collections::BTreeMap;

use coinage_protocol::engine::{
    AskedId, Authority, Effect, Effects, Engine, Event, GossipToken, Input, MempoolBounds, Now,
    Outcome, PeerRef, Publication, Question, Reply, RequestId, Settings, SubmitOutcome, View,
};
use coinage_protocol::{
    Answer, Block, BlockHash, Bounded, ChainSpec, HeaderContext, Height, Offence, Request,
    SignedSlots, Slot, Text, Tip, Topic, TransactionId, Verdict, VotingMemory, check_answer,
    check_gossip, encode,
};

use crate::block_builder::tip;
use crate::conformance::{Answers, nothing};
use crate::fixtures::{authority, random};
use crate::memory::MemoryChain;

/// A lone engine whose peers the test plays.
#[derive(Debug)]
pub struct Target {
    spec: ChainSpec,
    engine: Engine<MemoryChain>,
    settings: Settings,
    /// Disk of the engine.
    pub disk: MemoryChain,
    now: Now,
    tokens: u64,
    /// The last verdict it gave.
    pub verdict: Option<Verdict>,
    /// Peers that the engine charged, and for what.
    pub charges: Vec<(PeerRef, Offence)>,
    /// Peers that the engine banned.
    pub bans: Vec<PeerRef>,
    /// Branches that its peers claim and serve.
    serving: Vec<(PeerRef, Vec<(BlockHash, Block)>)>,
    /// Tricks with which peers misbehave.
    pub tricks: BTreeMap<PeerRef, Trick>,
    /// Answers of peers, whatever they are asked.
    pub lies: BTreeMap<PeerRef, Answers>,
    /// Milliseconds by which the clocks of the peers are ahead of the engine's own.
    pub peers_ahead_ms: i64,
    /// Peers that the engine refused because they are of another network or version.
    pub refusals: Vec<PeerRef>,
    /// Questions whose answers are owed.
    owed: Vec<(PeerRef, RequestId)>,
    /// Peers whose connections the engine wanted made anew.
    pub renewed: Vec<PeerRef>,
    /// Peers that the engine asked for headers, blocks, transactions and ballots.
    pub asked: Vec<(PeerRef, &'static str)>,
    /// Replies that the engine gave.
    pub answers: Vec<Reply>,
    /// Outcomes of submissions.
    pub outcomes: Vec<SubmitOutcome>,
    /// Publications of the engine.
    pub published: Vec<Publication>,
    /// Events that the engine reported.
    pub events: Vec<Event>,
}

/// The trick with which a peer misbehaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trick {
    /// The peer shows headers and keeps the blocks.
    Withhold,
    /// The peer takes questions for blocks and is gone before it answers.
    Owe,
    /// The peer answers every question for headers or waiting ids with its first ones.
    Repeat,
    /// The headers of the peer are lost on the way, as are its blocks.
    Silent,
}

fn own(number: u8, signed: SignedSlots) -> Authority {
    let voting = VotingMemory::default();
    Authority { key: authority(number), signed, voting, stop: None }
}

/// The engine of a process that starts with what is on a disk.
fn restored(
    spec: &ChainSpec,
    settings: &Settings,
    now: Now,
    disk: &MemoryChain,
) -> Engine<MemoryChain> {
    let engine = Engine::restore(spec.clone(), settings.clone(), now, disk.stored());
    engine.expect("what is stored fits")
}

impl Target {
    /// An engine at genesis whose clock shows the start of a slot.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn new(spec: &ChainSpec, slot: Slot) -> Self {
        Self::with(spec, slot, None, (MempoolBounds::default(), 0))
    }

    /// An engine at genesis that has the key of an authority.
    pub fn leading(spec: &ChainSpec, slot: Slot, number: u8) -> Self {
        Self::leading_with(spec, slot, number, MempoolBounds::default())
    }

    /// An engine at genesis that has the key of an authority and a pool of this size.
    pub fn leading_with(spec: &ChainSpec, slot: Slot, number: u8, pool: MempoolBounds) -> Self {
        let own = own(number, SignedSlots::default());
        Self::with(spec, slot, Some(own), (pool, 0))
    }

    /// An engine at genesis that has the key of an authority and writes a block in each slot only
    /// if there is a reason; else one in so many milliseconds.
    pub fn quiet(spec: &ChainSpec, slot: Slot, number: u8, heartbeat_ms: u64) -> Self {
        let own = own(number, SignedSlots::default());
        Self::with(spec, slot, Some(own), (MempoolBounds::default(), heartbeat_ms))
    }

    /// An engine at genesis that has a key that has signed for these slots.
    pub fn remembering(spec: &ChainSpec, slot: Slot, number: u8, signed: SignedSlots) -> Self {
        Self::with(spec, slot, Some(own(number, signed)), (MempoolBounds::default(), 0))
    }

    fn with(
        spec: &ChainSpec,
        slot: Slot,
        authority: Option<Authority>,
        (pool, heartbeat_ms): (MempoolBounds, u64),
    ) -> Self {
        let disk = MemoryChain::new(spec);
        let settings = Settings {
            authority,
            agent: Text::default(),
            addresses: Vec::new(),
            expects_peers: true,
            clock_vouched: false,
            joins: true,
            pool,
            heartbeat_ms,
        };
        let now = Now { wall: spec.slot_time(slot), uptime: 1_000 };
        let mut target = Self {
            spec: spec.clone(),
            engine: restored(spec, &settings, now, &disk),
            settings,
            disk,
            now,
            tokens: 0,
            verdict: None,
            charges: Vec::new(),
            bans: Vec::new(),
            serving: Vec::new(),
            tricks: BTreeMap::new(),
            lies: BTreeMap::new(),
            peers_ahead_ms: 0,
            refusals: Vec::new(),
            owed: Vec::new(),
            renewed: Vec::new(),
            asked: Vec::new(),
            answers: Vec::new(),
            outcomes: Vec::new(),
            published: Vec::new(),
            events: Vec::new(),
        };
        target.peer(PeerRef(1), Vec::new());
        target
    }

    /// Stops the process and starts it again with what is on its disk.
    pub fn restart(&mut self) {
        self.engine = restored(&self.spec, &self.settings, self.now, &self.disk);
        self.events.clear();
        for (peer, _) in self.serving.clone() {
            self.input(Input::Connected { peer });
        }
    }

    /// Connects a peer that claims and serves a branch; an empty one is genesis.
    pub fn peer(&mut self, peer: PeerRef, branch: Vec<Block>) {
        self.serve(peer, branch);
        self.input(Input::Connected { peer });
    }

    /// A peer is gone; what it owes will not come.
    pub fn leave(&mut self, peer: PeerRef) {
        self.input(Input::Disconnected { peer });
        let owed = std::mem::take(&mut self.owed);
        let (gone, left): (Vec<_>, Vec<_>) = owed.into_iter().partition(|(one, _)| *one == peer);
        self.owed = left;
        for (_, request) in gone {
            self.input(Input::Answered { request, outcome: Outcome::None });
        }
    }

    /// Changes what a peer claims and serves.
    pub fn serve(&mut self, peer: PeerRef, branch: Vec<Block>) {
        self.serving.retain(|(one, _)| *one != peer);
        let named = |block: Block| (block.header.header.hash(self.spec.chain()), block);
        self.serving.push((peer, branch.into_iter().map(named).collect()));
    }

    /// The view of the engine.
    pub fn view(&self) -> View {
        self.engine.view()
    }

    /// Lets time pass, tick by tick.
    pub fn wait_ms(&mut self, ms: u64) {
        let until = self.now.uptime + ms;
        while self.now.uptime < until {
            let next = self.engine.next_deadline().clamp(self.now.uptime + 1, until);
            self.now.wall += next - self.now.uptime;
            self.now.uptime = next;
            self.input(Input::Tick);
        }
    }

    /// A peer gossips bytes; gives back the verdict.
    pub fn gossip(&mut self, peer: PeerRef, topic: Topic, bytes: &[u8]) -> Verdict {
        self.tokens += 1;
        let token = GossipToken(self.tokens);
        let message = check_gossip(topic, bytes, self.context(), &(), random());
        self.verdict = None;
        self.input(Input::Gossip { peer, token, message });
        self.verdict.expect("a message gets a verdict at once")
    }

    /// A peer gossips a block.
    pub fn offer(&mut self, peer: PeerRef, block: &Block) -> Verdict {
        self.gossip(peer, Topic::Blocks, &encode(block))
    }

    /// The head that is on disk.
    pub fn head(&self) -> Tip {
        self.disk.head()
    }

    /// Checks whether a block is on disk.
    pub fn stores(&self, hash: &BlockHash) -> bool {
        use coinage_protocol::engine::ChainReader;
        self.disk.block(hash).is_some()
    }

    /// The machine slept, or its clock was set: the time of day makes a step, the process does not.
    pub fn step_clock_ms(&mut self, ms: i64) {
        self.now.wall = self.now.wall.saturating_add_signed(ms);
    }

    /// A peer asks; gives back the answer.
    pub fn ask(&mut self, peer: PeerRef, question: Question) -> Reply {
        self.tokens += 1;
        self.input(Input::Asked { peer, asked: AskedId(self.tokens), question });
        self.answers.pop().expect("a question gets an answer at once")
    }

    /// Hands the engine an input and does what it says.
    pub fn input(&mut self, input: Input) {
        let mut actions = self.engine.handle(self.now, input);
        loop {
            let more = self.perform(actions);
            if more.is_empty() {
                break;
            }
            actions = Vec::new();
            for input in more {
                actions.extend(self.engine.handle(self.now, input));
            }
        }
        // What is to be done at once is done at once.
        if self.engine.next_deadline() <= self.now.uptime {
            self.input(Input::Tick);
        }
    }

    /// The context in which the shell checks messages.
    fn context(&self) -> HeaderContext<'_> {
        let authorities = self.engine.known_authorities();
        HeaderContext { chain: self.spec.chain(), authorities }
    }

    fn perform(&mut self, actions: Effects) -> Vec<Input> {
        let mut inputs = Vec::new();
        for action in actions {
            match action {
                Effect::Persist { number, batch } => {
                    self.disk.write(&batch);
                    inputs.push(Input::Persisted { number });
                }
                Effect::Judge { verdict, .. } => self.verdict = Some(verdict),
                Effect::Charge { peer, offence } => self.charges.push((peer, offence)),
                Effect::Ban { peer, .. } => self.bans.push(peer),
                Effect::Ask {
                    peer,
                    request,
                    question: Question::Request(Request::Blocks { .. }),
                } if self.tricks.get(&peer) == Some(&Trick::Owe) => self.owed.push((peer, request)),
                Effect::Ask { peer, request, question } => {
                    let outcome = self.play(peer, question);
                    inputs.push(Input::Answered { request, outcome });
                }
                Effect::Answer { reply, .. } => self.answers.push(reply),
                Effect::Publish(publication) => self.published.push(publication),
                Effect::Report(event) => self.events.push(event),
                Effect::Submitted { outcome, .. } => self.outcomes.push(outcome),
                Effect::Refuse { peer, .. } => self.refusals.push(peer),
                Effect::Renew { peer } => self.renewed.push(peer),
                Effect::RememberVoting(voting) => {
                    self.settings.authority.iter_mut().for_each(|own| own.voting = voting);
                }
                Effect::Remember { .. }
                | Effect::StopSigning(_)
                | Effect::ChangeSubmitted { .. } => {}
            }
        }
        inputs
    }

    /// Plays a peer that answers: it serves its branch as if it were its chain.
    fn play(&mut self, peer: PeerRef, question: Question) -> Outcome {
        match &question {
            Question::Request(Request::Headers { .. }) => self.asked.push((peer, "headers")),
            Question::Request(Request::Blocks { .. }) => self.asked.push((peer, "blocks")),
            Question::Request(Request::Transactions { .. }) => {
                self.asked.push((peer, "transactions"));
            }
            Question::Request(Request::Ballots { .. }) => self.asked.push((peer, "ballots")),
            _ => {}
        }
        if let Some(answers) = self.lies.get(&peer) {
            return answers.outcome(&question, &self.spec, self.engine.known_authorities());
        }
        let trick = self.tricks.get(&peer).copied();
        let branch = self.serving.iter().find(|(one, _)| *one == peer);
        let Some((_, branch)) = branch else { return Outcome::None };
        let answer = match question {
            Question::Status(mut theirs) => {
                let genesis = Tip {
                    height: Height::new(0),
                    slot: Slot::new(0),
                    hash: self.spec.genesis_hash(),
                };
                theirs.head = branch.last().map_or(genesis, |(_, block)| tip(&self.spec, block));
                theirs.time = theirs.time.saturating_add_signed(self.peers_ahead_ms);
                return Outcome::Status(theirs);
            }
            Question::Request(Request::Headers { .. } | Request::Blocks { .. })
                if trick == Some(Trick::Silent) =>
            {
                return Outcome::None;
            }
            Question::Request(Request::Blocks { .. }) if trick == Some(Trick::Withhold) => {
                Answer::Blocks(Bounded::default())
            }
            Question::Request(Request::Headers { .. }) if trick == Some(Trick::Repeat) => {
                Answer::Headers(Bounded::first_of(
                    branch.iter().map(|(_, block)| block.header.clone()),
                ))
            }
            Question::Request(Request::Headers { locator }) => {
                let from = branch.iter().rposition(|(hash, _)| locator.contains(hash));
                let rest = branch.iter().skip(from.map_or(0, |at| at + 1));
                Answer::Headers(Bounded::first_of(rest.map(|(_, block)| block.header.clone())))
            }
            Question::Request(Request::Blocks { hashes }) => {
                let find = |wanted: &BlockHash| branch.iter().find(|(hash, _)| hash == wanted);
                let found = hashes.iter().map_while(find).map(|(_, block)| block.clone());
                Answer::Blocks(Bounded::first_of(found))
            }
            Question::Request(Request::Waiting { .. }) if trick == Some(Trick::Repeat) => {
                let id = |byte: u16| {
                    let mut id = [0; 32];
                    id[..2].copy_from_slice(&byte.to_be_bytes());
                    TransactionId::new(id)
                };
                Answer::Waiting(Bounded::first_of((0..u16::MAX).map(id)))
            }
            Question::Request(request) => nothing(&request),
        };
        match check_answer(&encode(&answer), self.context(), &(), random()) {
            Ok(answer) => Outcome::Answer(answer),
            Err(rejection) => Outcome::Rejected(rejection),
        }
    }
}
