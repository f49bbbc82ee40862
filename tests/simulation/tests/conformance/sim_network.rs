//! Level 2: a simulated network, one of whose nodes says what a villain would.

use std::collections::BTreeSet;

use coinage_protocol::engine::ChainReader;
use coinage_protocol::{
    Block, ChainSpec, Height, Topic, Transaction, TransactionId, UnixMillis, Verdict, decode,
};
use coinage_simulation::conformance::{Delivery, Expected, Ground, Head, News, Sample};
use coinage_simulation::fixtures::{checked, genesis};
use coinage_simulation::sim_network::World;

/// More authorities than there are nodes: the slots of the others are free for villains.
const AUTHORITIES: u8 = 12;
const NODES: usize = 5;
/// The last node; its engine is honest, what is said in its name is not.
const VILLAIN: usize = 4;
/// An honest node.
const HONEST: usize = 0;
/// Slots within which everybody has a payment, with a whole turn of free slots in between.
const SOON: u64 = 30;

/// Slots within which a better chain is followed, or its server found out.
const SYNC_SLOTS: u64 = 2;

/// A network in which an entry is tried.
#[derive(Debug)]
pub(crate) struct Theatre {
    world: World,
    expires_at: UnixMillis,
}

impl Theatre {
    /// A network that has what every [`Ground`] has.
    pub(crate) fn new() -> Self {
        let mut world = World::new(Ground::network(genesis(AUTHORITIES, 500)), NODES, 1);
        let expires_at = world.expiry(20_000);
        let mut theatre = {
            world.run_slots(1);
            world.make_puppet(VILLAIN);
            Self { world, expires_at }
        };
        let spec = theatre.spec();
        for one in Ground::prelude(&spec, expires_at) {
            theatre.include(one);
        }
        theatre
    }

    /// Opens a theatre whose own invariants are off.
    pub(crate) fn unchecked() -> Self {
        let mut theatre = Self::new();
        theatre.world.checks = false;
        theatre
    }

    /// Replays inputs and says what is wrong with what came of them.
    pub(crate) fn replay(&mut self, samples: &[Sample]) -> Result<(), String> {
        for sample in samples {
            self.bring(sample).map_err(|seen| format!("{}: {seen}", sample.what))?;
        }
        self.world.run_slots(2);
        for sample in samples {
            self.look(sample).map_err(|seen| format!("{}: {seen}", sample.what))?;
        }
        let charges = &self.world.charges;
        let honest = charges.iter().any(|(_, whom, _)| *whom != VILLAIN);
        ensure(!honest, || format!("an honest node pays: {charges:?}"))
    }

    /// Checks that everybody still agrees, and that an honest payment is included.
    pub(crate) fn still_works(&mut self) {
        self.world.rename(VILLAIN);
        let payment = self.ground().payment();
        self.include(payment);
        self.world.run_until(SOON, "all nodes agree", World::agree);
    }

    /// The chain at the end of a turn, when many slots are free.
    pub(crate) fn ground(&mut self) -> Ground {
        while self.world.slot().get() % u64::from(AUTHORITIES) != u64::from(AUTHORITIES) - 1 {
            self.world.run_slots(1);
        }
        let disk = self.world.disk(HONEST);
        let block = |height| disk.block(&disk.canonical(height)?);
        let blocks: Vec<Block> = (1..).map(Height::new).map_while(block).collect();
        Ground::following(&self.spec(), &blocks, self.world.slot(), self.expires_at)
    }

    fn spec(&self) -> ChainSpec {
        self.world.spec().clone()
    }

    fn bring(&mut self, sample: &Sample) -> Result<(), String> {
        let before = self.world.charges.len();
        match &sample.delivery {
            Delivery::News(news) => self.say(news, sample),
            Delivery::Chain(blocks) => {
                self.world.claim(VILLAIN, blocks.clone());
                self.world.rename(VILLAIN);
                self.world.run_slots(SYNC_SLOTS);
                self.world.claim(VILLAIN, Vec::new());
            }
            _ => return Err("nobody brings it".into()),
        }
        let charges: Vec<_> = self.world.charges[before..].to_vec();
        let Expected { blame, .. } = sample.expected;
        let right = charges.iter().all(|(_, _, offence)| blame.contains(offence))
            && charges.is_empty() == blame.is_empty();
        ensure(right, || format!("charged: {charges:?}"))?;
        // A villain that is banned comes again.
        self.world.rename(VILLAIN);
        Ok(())
    }

    /// The villain says it to a node; to another one on another topic.
    fn say(&mut self, news: &News, sample: &Sample) {
        let victim = usize::from(news.topic == Topic::Blocks);
        for block in &sample.before {
            let News { topic, bytes } = News::block(block);
            self.world.inject(VILLAIN, victim, topic, bytes);
        }
        if sample.expected.verdict != Some(Verdict::Accept) {
            self.world.forbid(news.topic, news.bytes.clone());
        }
        self.world.inject(VILLAIN, victim, news.topic, news.bytes.clone());
    }

    /// Checks that what is expected to be on the chain is, everywhere, and nothing else of it.
    fn look(&self, sample: &Sample) -> Result<(), String> {
        let on_chain = |hash, height| {
            (0..VILLAIN)
                .filter(|node| self.world.disk(*node).canonical(height) == Some(hash))
                .count()
        };
        if let Head::Becomes(head) = sample.expected.head {
            let seen = on_chain(head.hash, head.height);
            return ensure(seen == VILLAIN, || format!("on {seen} chains"));
        }
        let Delivery::News(news) = &sample.delivery else { return Ok(()) };
        if let Ok(block) = decode::<Block>(&news.bytes, news.bytes.len()) {
            let header = &block.header.header;
            let seen = on_chain(header.hash(self.world.spec().chain()), header.height);
            ensure(seen == 0 || header.height == 0, || format!("on {seen} chains"))?;
        }
        Ok(())
    }

    /// Submits a transaction to an honest node and waits until every honest node has it.
    fn include(&mut self, transaction: Transaction) {
        let spec = self.spec();
        let transaction = checked(&spec, transaction);
        let id = transaction.id();
        self.world.submit(1, transaction, false);
        self.world.run_until(SOON, "a payment is included", |world| {
            let has = |node| world.disk(node).transactions().contains(&id);
            (0..VILLAIN).all(has)
        });
        let all: Vec<TransactionId> = self.world.disk(HONEST).transactions();
        let once: BTreeSet<_> = all.iter().collect();
        assert_eq!(once.len(), all.len(), "each once");
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
