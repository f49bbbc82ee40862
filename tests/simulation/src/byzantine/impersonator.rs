//! Villains that claim a forged chain and serve it.

use coinage_protocol::engine::{Effect, Question, Reply};
use coinage_protocol::{Answer, Block, BlockHash, Bounded, Request, Slot, Tip, Topic, encode};

use super::Villainy;
use crate::accounts::VILLAIN;
use crate::block_builder::{Forge, seal, tip};
use crate::fixtures::account;
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};

/// Blocks in a forged chain.
const FORGED_MAX: u64 = 40;

impl World {
    /// A new forged chain now and then.
    pub(super) fn forge_long_chain(&mut self, node: usize) {
        if self.chance(4) != 0 {
            return;
        }
        let spec = self.spec().clone();
        let turns = spec.genesis_authorities().len() as u64;
        let stranger = account(VILLAIN);
        let own = self.nodes[node].authority;
        let key = self.nodes[node].key().unwrap_or(stranger);
        let (count, now) = (1 + self.chance(FORGED_MAX), self.slot().get());
        let mut forge = Forge::new(&spec);
        let mut blocks = Vec::new();
        let way = self.chance(4);
        let name = ["foreign slots", "own slots", "own slots to come", "heights skipped"]
            [usize::try_from(way).unwrap_or(0)];
        for number in 0..count {
            let slot = match (way, own) {
                (0, _) | (_, None) => now.saturating_sub(count) + number + 1,
                (2, Some(own)) => (now / turns + number + 1) * turns + u64::from(own),
                (_, Some(own)) => (number + 1) * turns + u64::from(own),
            };
            if way != 2 && own.is_some() && slot > now {
                break;
            }
            let (mut header, _) = forge.header(Slot::new(slot), &[]);
            header.height += if way == 3 { number * 100 } else { 0 };
            let block = seal(&spec, header, &key, Vec::new());
            forge.tip = tip(&spec, &block);
            blocks.push(block);
        }
        self.tally.count(Family::Villain, Villainy::LongChain.name());
        self.tally.count(Family::Villain, name);
        let note = || format!("forges {} blocks: {name}", blocks.len());
        self.trace.note(self.time(), node, &[name.as_bytes()], note);
        self.villain(node).branch = blocks;
    }

    /// Blocks of its own slots that have not come, told and served as its chain.
    pub(super) fn write_the_future(&mut self, node: usize) {
        let (Some(own), Some(key)) = (self.nodes[node].authority, self.nodes[node].key()) else {
            return;
        };
        if self.nodes[node].engine.is_none() || self.chance(4) != 0 {
            return;
        }
        let spec = self.spec().clone();
        let turns = spec.genesis_authorities().len() as u64;
        let engine = self.nodes[node].engine();
        let mut forge = Forge::on(&spec, engine.head(), engine.state().clone());
        let first = (self.slot().get() / turns + 1 + self.chance(100)) * turns + u64::from(own);
        let mut blocks = Vec::new();
        for number in 0..1 + self.chance(5) {
            let slot = first + number * turns;
            if slot <= forge.tip.slot.get() {
                continue;
            }
            let (header, _) = forge.header(Slot::new(slot), &[]);
            let block = seal(&spec, header, &key, Vec::new());
            forge.tip = tip(&spec, &block);
            blocks.push(block);
        }
        self.tally.count(Family::Villain, Villainy::TimeTraveller.name());
        for block in &blocks {
            let message = Message::new(Topic::Blocks, encode(block));
            self.spread(node, node, &message);
        }
        self.villain(node).branch = blocks;
    }

    /// Claims the forged chain wherever it is asked, and serves it.
    pub(super) fn pretend(&mut self, node: usize, action: Effect) -> Option<Effect> {
        let branch = self.villain(node).branch.clone();
        let Some(last) = branch.last() else { return Some(action) };
        let claim = tip(self.spec(), last);
        match action {
            Effect::Ask { peer, request, question: Question::Status(mut status) } => {
                status.head = claim;
                Some(Effect::Ask { peer, request, question: Question::Status(status) })
            }
            Effect::Answer { asked, reply: Reply::Status(mut status) } => {
                status.head = claim;
                Some(Effect::Answer { asked, reply: Reply::Status(status) })
            }
            Effect::Answer { asked, reply } => {
                let (to, request, question) = self.nodes[node].answered(asked)?;
                let forged = match question {
                    Question::Request(request) => self.forged_answer(&branch, &request),
                    Question::Status(_) => None,
                };
                let reply = forged.map_or(reply, Reply::Answer);
                self.reply(node, to, request, crate::sim_network::message::Wire::new(reply));
                None
            }
            other => Some(other),
        }
    }

    fn forged_answer(&self, branch: &[Block], request: &Request) -> Option<Answer> {
        let hash = |block: &Block| -> BlockHash { self.tip_of(block).hash };
        match request {
            Request::Headers { locator } => {
                let from = branch.iter().rposition(|block| locator.contains(&hash(block)));
                let first = branch.first()?.header.header.previous;
                (from.is_some() || locator.contains(&first)).then(|| {
                    let rest = branch.iter().skip(from.map_or(0, |at| at + 1));
                    Answer::Headers(Bounded::first_of(rest.map(|block| block.header.clone())))
                })
            }
            Request::Blocks { hashes } => {
                let find = |wanted: &BlockHash| branch.iter().find(|block| hash(block) == *wanted);
                let found: Vec<_> = hashes.iter().map_while(find).cloned().collect();
                (!found.is_empty()).then(|| Answer::Blocks(Bounded::first_of(found)))
            }
            Request::Waiting { .. }
            | Request::Transactions { .. }
            | Request::Certificates
            | Request::Evidence { .. }
            | Request::Ballots { .. } => None,
        }
    }

    fn tip_of(&self, block: &Block) -> Tip {
        tip(self.spec(), block)
    }
}
