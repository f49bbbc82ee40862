//! Measures a change to a branch that is one block longer: what it takes, in time and memory.
//!
//! `cargo run --release -p coinage-simulation --example long_reorg -- BLOCKS [PAYMENTS]`
//!
//! A real engine with a chain of `BLOCKS` blocks, which hold `PAYMENTS` payments each, hears of
//! another chain of empty blocks and fetches it. The view is made as often as a node makes it: for
//! each new head and for each twentieth of a second.

#![expect(clippy::print_stdout, reason = "this program's output")]

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use coinage_protocol::engine::{
    Effect, Engine, Event, Input, MempoolBounds, Now, Outcome, PeerRef, Question, Settings,
};
use coinage_protocol::{
    Answer, Block, BlockHash, Bounded, ChainSpec, Request, Slot, Text, Tip, check_answer, encode,
};
use coinage_simulation::block_builder::{Forge, tip};
use coinage_simulation::fixtures::{account, address, chain_spec, random, transfer};
use coinage_simulation::memory::MemoryChain;

const PEER: PeerRef = PeerRef(1);
const VIEW_INTERVAL: Duration = Duration::from_millis(50);

struct Branch {
    tip: Tip,
    blocks: Vec<Block>,
    heights: BTreeMap<BlockHash, usize>,
}

impl Branch {
    fn new(spec: &ChainSpec, slots: impl Iterator<Item = u64>, payments: usize) -> Self {
        let mut forge = Forge::new(spec);
        let to = address(&account(77));
        let mut salt = 0;
        for slot in slots {
            let expiry = spec.slot_time(Slot::new(slot + 170_000));
            let mut pay = || {
                salt += 1;
                let payer = account(u8::try_from(1 + salt % 9).expect("one of nine"));
                transfer(spec, &payer, to, 1, salt, expiry).into_transaction()
            };
            let paid = (0..payments).map(|_| pay()).collect();
            forge.push(Slot::new(slot), paid);
        }
        let hashes = forge.blocks.iter().map(|block| tip(spec, block).hash);
        let heights = hashes.zip(0..).collect();
        Self { tip: forge.tip, blocks: forge.blocks, heights }
    }

    fn answer(&self, question: Question) -> Option<Answer> {
        Some(match question {
            Question::Request(Request::Headers { locator }) => {
                let from = locator.iter().find_map(|hash| self.heights.get(hash));
                let rest = self.blocks.iter().skip(from.map_or(0, |at| at + 1));
                Answer::Headers(Bounded::first_of(rest.map(|block| block.header.clone())))
            }
            Question::Request(Request::Blocks { hashes }) => {
                let find = |hash| self.heights.get(hash).map(|at| self.blocks[*at].clone());
                Answer::Blocks(Bounded::first_of(hashes.iter().map_while(find)))
            }
            Question::Request(Request::Waiting { .. }) => Answer::Waiting(Bounded::default()),
            Question::Request(_) => Answer::Transactions(Bounded::default()),
            Question::Status(_) => return None,
        })
    }
}

struct Node {
    spec: ChainSpec,
    engine: Engine<MemoryChain>,
    disk: MemoryChain,
    now: Now,
    shown: (BlockHash, Instant),
    longest: Duration,
    views: Duration,
    inputs: usize,
    told: BTreeMap<&'static str, usize>,
}

impl Node {
    fn input(&mut self, input: Input, peer: &Branch) {
        let mut inputs = VecDeque::from([input]);
        loop {
            let Some(input) = inputs.pop_front() else {
                if self.engine.next_deadline() > self.now.uptime {
                    return;
                }
                inputs.push_back(Input::Tick);
                continue;
            };
            let begun = Instant::now();
            let actions = self.engine.handle(self.now, input);
            self.longest = self.longest.max(begun.elapsed());
            self.inputs += 1;
            for action in actions {
                match action {
                    Effect::Persist { number, batch } => {
                        self.disk.write(&batch);
                        inputs.push_back(Input::Persisted { number });
                    }
                    Effect::Ask { request, question, .. } => {
                        let outcome = self.ask(peer, question);
                        inputs.push_back(Input::Answered { request, outcome });
                    }
                    Effect::Report(event) => self.tell(&event),
                    _ => {}
                }
            }
            let head = self.engine.head().hash;
            if head != self.shown.0 || self.shown.1.elapsed() > VIEW_INTERVAL {
                let begun = Instant::now();
                assert_eq!(self.engine.view().head.hash, head);
                self.views += begun.elapsed();
                self.longest = self.longest.max(begun.elapsed());
                self.shown = (head, Instant::now());
            }
        }
    }

    fn tell(&mut self, event: &Event) {
        let what = match event {
            Event::TransactionAccepted { .. } => "accepted",
            Event::TransactionDropped { .. } => "dropped",
            Event::Reorg(record) => {
                println!("  {:?}, of {} named", record.counts, record.transactions.len());
                "reorg"
            }
            Event::BlockImported { .. } => "imported",
            _ => "other",
        };
        *self.told.entry(what).or_default() += 1;
    }

    fn ask(&self, peer: &Branch, question: Question) -> Outcome {
        if let Question::Status(mut status) = question {
            status.head = peer.tip;
            return Outcome::Status(status);
        }
        let Some(answer) = peer.answer(question) else { return Outcome::None };
        match check_answer(&encode(&answer), &self.spec, &(), random()) {
            Ok(answer) => Outcome::Answer(answer),
            Err(rejection) => Outcome::Rejected(rejection),
        }
    }

    fn follow(&mut self, branch: &Branch) {
        self.input(Input::Connected { peer: PEER }, branch);
        for _ in 0..1_000 {
            if self.engine.head() == branch.tip {
                break;
            }
            self.now = Now { wall: self.now.wall + 500, uptime: self.now.uptime + 500 };
            self.input(Input::Tick, branch);
        }
        assert_eq!(self.engine.head(), branch.tip, "it followed");
        self.input(Input::Disconnected { peer: PEER }, branch);
    }
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or("memory unknown").split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn main() {
    let mut given = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let blocks = given.next().unwrap_or(1_000_u64);
    let payments = usize::try_from(given.next().unwrap_or(1)).expect("few");
    let spec = chain_spec(4, 500);
    let own = Branch::new(&spec, (1..=blocks).map(|height| 2 * height), payments);
    let other = Branch::new(&spec, (1..=blocks + 1).map(|height| 2 * height + 1), 0);
    let disk = MemoryChain::new(&spec);
    let now = Now { wall: spec.slot_time(Slot::new(2 * blocks + 10)), uptime: 1_000 };
    let settings = Settings {
        authority: None,
        agent: Text::default(),
        addresses: Vec::new(),
        expects_peers: true,
        clock_vouched: false,
        joins: false,
        heartbeat_ms: 0,
        pool: MempoolBounds::default(),
    };
    let engine = Engine::restore(spec.clone(), settings, now, disk.stored()).expect("at genesis");
    let shown = (engine.head().hash, Instant::now());
    let (longest, views) = (Duration::ZERO, Duration::ZERO);
    let told = BTreeMap::new();
    let mut node = Node { spec, engine, disk, now, shown, longest, views, inputs: 0, told };
    for (what, branch) in [("own chain", &own), ("reorg", &other)] {
        let before = memory();
        let begun = Instant::now();
        (node.longest, node.views, node.inputs) = (Duration::ZERO, Duration::ZERO, 0);
        node.follow(branch);
        println!(
            "{what}: {blocks} blocks in {:?}, longest call {:?}, views {:?}, {} inputs, \
             memory {before} -> {}",
            begun.elapsed(),
            node.longest,
            node.views,
            node.inputs,
            memory(),
        );
    }
    println!("  told: {:?}", node.told);
}
