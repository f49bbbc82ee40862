//! A lone engine whose questions stay open until the test answers them.

use std::collections::BTreeMap;

use coinage_protocol::engine::{
    AskedId, Authority, Effect, Engine, Event, GossipToken, Input, MempoolBounds, Now, Outcome,
    PeerRef, Publication, Question, RequestId, Settings, TipKind,
};
use coinage_protocol::limits::WIRE_VERSION;
use coinage_protocol::{
    Answer, Block, BlockHash, Bounded, ChainSpec, Offence, Request, SignedSlots, Slot, Status,
    Text, Tip, Topic, VotingMemory, check_answer, check_gossip, encode,
};
use coinage_simulation::block_builder::{Forge, tip};
use coinage_simulation::fixtures::{authority, chain_spec, random};
use coinage_simulation::memory::MemoryChain;

/// A lone engine with questions that the test answers when it wants.
pub(crate) struct Asker {
    pub(crate) spec: ChainSpec,
    pub(crate) engine: Engine<MemoryChain>,
    disk: MemoryChain,
    now: Now,
    pub(crate) open: BTreeMap<RequestId, (PeerRef, Question)>,
    pub(crate) charges: Vec<(PeerRef, Offence)>,
    pub(crate) events: Vec<Event>,
    pub(crate) published: Vec<Publication>,
}

fn settings() -> Settings {
    let (agent, addresses, pool) = (Text::default(), Vec::new(), MempoolBounds::default());
    Settings {
        authority: None,
        agent,
        addresses,
        expects_peers: true,
        clock_vouched: false,
        joins: false,
        pool,
        heartbeat_ms: 0,
    }
}

impl Asker {
    /// A node at genesis, at the beginning of this slot.
    pub(crate) fn new(slot: Slot) -> Self {
        Self::with(slot, settings())
    }

    /// A node at genesis that has the key of an authority.
    pub(crate) fn signing(slot: Slot, number: u8) -> Self {
        let (signed, voting) = (SignedSlots::default(), VotingMemory::default());
        let own = Authority { key: authority(number), signed, voting, stop: None };
        Self::with(slot, Settings { authority: Some(own), ..settings() })
    }

    fn with(slot: Slot, settings: Settings) -> Self {
        let spec = chain_spec(4, 500);
        let disk = MemoryChain::new(&spec);
        let now = Now { wall: spec.slot_time(slot), uptime: 1_000 };
        let engine = Engine::restore(spec.clone(), settings, now, disk.stored());
        let engine = engine.expect("nothing is stored");
        let (open, charges) = (BTreeMap::new(), Vec::new());
        let (events, published) = (Vec::new(), Vec::new());
        Self { spec, engine, disk, now, open, charges, events, published }
    }

    /// A peer gossips a block.
    pub(crate) fn offer(&mut self, peer: PeerRef, block: &Block) {
        let message = check_gossip(Topic::Blocks, &encode(block), &self.spec, &(), random());
        self.input(Input::Gossip { peer, token: GossipToken(1), message });
    }

    pub(crate) fn input(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for action in self.engine.handle(self.now, input) {
                match action {
                    Effect::Persist { number, batch } => {
                        self.disk.write(&batch);
                        inputs.push(Input::Persisted { number });
                    }
                    Effect::Ask { peer, request, question } => {
                        self.open.insert(request, (peer, question));
                    }
                    Effect::Charge { peer, offence } => self.charges.push((peer, offence)),
                    Effect::Report(event) => self.events.push(event),
                    Effect::Publish(one) => self.published.push(one),
                    _ => {}
                }
            }
            if inputs.is_empty() && self.engine.next_deadline() <= self.now.uptime {
                inputs.push(Input::Tick);
            }
        }
    }

    /// Lets time pass.
    pub(crate) fn wait_ms(&mut self, mut ms: u64) {
        while ms > 0 {
            // In longer steps it would look like a pause of the process.
            let step = ms.min(1_000);
            self.sleep_ms(step);
            ms -= step;
        }
    }

    /// The process stands still, and goes on.
    pub(crate) fn sleep_ms(&mut self, ms: u64) {
        self.now = Now { wall: self.now.wall + ms, uptime: self.now.uptime + ms };
        self.input(Input::Tick);
    }

    /// The process begins anew with what is on disk.
    pub(crate) fn restart(&mut self) {
        let engine = Engine::restore(self.spec.clone(), settings(), self.now, self.disk.stored());
        self.engine = engine.expect("what it wrote");
        self.open.clear();
    }

    /// Connects a peer that says where it stands.
    pub(crate) fn connect(&mut self, peer: PeerRef, head: Tip) {
        self.input(Input::Connected { peer });
        self.claim(peer, head);
    }

    /// A peer says where it stands.
    pub(crate) fn claim(&mut self, peer: PeerRef, head: Tip) {
        let question = Question::Status(Box::new(Status {
            version: WIRE_VERSION,
            chain: *self.spec.chain(),
            genesis: self.spec.genesis_hash(),
            head,
            time: self.now.wall,
            agent: Text::default(),
            addresses: Bounded::default(),
        }));
        self.input(Input::Asked { peer, asked: AskedId(1), question });
    }

    /// The open questions of a kind to a peer, the first one first.
    pub(crate) fn open<T>(
        &self,
        peer: PeerRef,
        kind: impl Fn(&Request) -> Option<T>,
    ) -> Vec<(RequestId, T)> {
        let requests = self.open.iter().filter(|(_, (one, _))| *one == peer);
        let found = requests.filter_map(|(request, (_, question))| match question {
            Question::Request(asked) => Some((*request, kind(asked)?)),
            Question::Status(_) => None,
        });
        found.collect()
    }

    pub(crate) fn headers(&self, peer: PeerRef) -> Vec<(RequestId, Vec<BlockHash>)> {
        self.open(peer, |request| match request {
            Request::Headers { locator } => Some(locator.clone().into_vec()),
            _ => None,
        })
    }

    pub(crate) fn blocks(&self, peer: PeerRef) -> Vec<(RequestId, Vec<BlockHash>)> {
        self.open(peer, |request| match request {
            Request::Blocks { hashes } => Some(hashes.clone().into_vec()),
            _ => None,
        })
    }

    pub(crate) fn answer(&mut self, request: RequestId, answer: &Answer) {
        assert!(self.open.remove(&request).is_some(), "it is open");
        let answer = check_answer(&encode(answer), &self.spec, &(), random());
        let outcome = match answer {
            Ok(answer) => Outcome::Answer(answer),
            Err(rejection) => Outcome::Rejected(rejection),
        };
        self.input(Input::Answered { request, outcome });
    }

    /// A peer answers its one open question for headers.
    pub(crate) fn show(&mut self, peer: PeerRef, blocks: &[Block]) {
        let open = self.headers(peer);
        let [(request, _)] = open.as_slice() else { panic!("{peer:?} is asked once: {open:?}") };
        let headers = blocks.iter().map(|block| block.header.clone());
        self.answer(*request, &Answer::Headers(Bounded::first_of(headers)));
    }

    /// A peer answers its first open question for blocks.
    pub(crate) fn give(&mut self, peer: PeerRef, blocks: &[Block]) {
        let request = self.blocks(peer).first().expect("it is asked").0;
        self.answer(request, &Answer::Blocks(Bounded::first_of(blocks.iter().cloned())));
    }

    pub(crate) fn hashes(&self, blocks: &[Block]) -> Vec<BlockHash> {
        blocks.iter().map(|block| tip(&self.spec, block).hash).collect()
    }

    /// Returns how much there is of something bounded.
    pub(crate) fn gauge(&self, name: &str) -> usize {
        let found = self.engine.gauges().find(|gauge| gauge.name == name);
        found.expect("it is measured").value
    }

    /// The ends of branches of which the headers are known and the blocks are not.
    pub(crate) fn headers_only(&self) -> Vec<Tip> {
        let tips = self.engine.view().tips.into_iter();
        tips.filter(|end| end.kind == TipKind::HeadersOnly).map(|end| end.tip).collect()
    }
}

/// Empty blocks of these slots, from genesis.
pub(crate) fn branch(slots: impl IntoIterator<Item = u64>) -> Forge {
    let mut forge = Forge::new(&chain_spec(4, 500));
    slots.into_iter().for_each(|slot| drop(forge.push(Slot::new(slot), Vec::new())));
    forge
}

/// Numbers so many peers, from 1.
pub(crate) fn peers(count: u64) -> impl Iterator<Item = PeerRef> {
    (1..=count).map(PeerRef)
}
