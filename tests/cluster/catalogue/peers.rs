//! A node, an honest peer, and villains that come one after the other.

use coinage_protocol::{Block, Offence, Topic, TransactionBatch, Verdict, decode};
use coinage_simulation::block_builder::tip;
use coinage_simulation::conformance::{Delivery, Ground, Head, News, Sample};
use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::{Raw, Speech, Villain};

use super::script;
use crate::PROGRAM;

/// A node that follows the honest chain.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) node: SingleNode,
    pub(super) ground: Ground,
    honest: Villain,
    /// Hash at which the head has to be.
    head: String,
    suspects: Vec<Suspect>,
    words: u64,
}

/// A villain and what it may have to pay for.
#[derive(Debug)]
struct Suspect {
    name: String,
    what: String,
    blame: &'static [Offence],
    parted: bool,
    /// True if the input ended with a message that is worth a charge whatever came before.
    closed: bool,
}

impl Stage {
    /// A node of its own on this ground.
    pub(super) async fn new(ground: &Ground) -> Self {
        let ground = ground.clone();
        let mut node = SingleNode::start_on(PROGRAM, ground.spec.genesis().clone(), &[]);
        let blocks = ground.chain.blocks.clone();
        let honest = Villain::connect(&node, script::chain(&node.spec, blocks)).await;
        let head = ground.chain.tip.hash.to_string();
        node.wait("it follows the honest chain", |node| node.head().1 == head);
        Self { node, ground, honest, head, suspects: Vec::new(), words: 0 }
    }

    /// Replays inputs, all at the same time. Panics at what is not as expected.
    pub(super) async fn replay(&mut self, samples: &[&Sample]) {
        let mut villains = Vec::new();
        for sample in samples {
            self.bring(&sample.before);
            let script = script::of(&sample.delivery, &self.ground);
            let villain = Villain::connect(&self.node, script).await;
            villains.push(villain);
        }
        for (sample, villain) in samples.iter().zip(&mut villains) {
            deliver(villain, &sample.delivery);
        }
        for (sample, villain) in samples.iter().zip(&mut villains) {
            self.see(sample, villain).await;
            if let Head::Becomes(head) = sample.expected.head {
                self.head = head.hash.to_string();
                let head = self.head.clone();
                self.node.wait(&sample.what, |node| node.head().1 == head);
            }
            self.cure(sample);
        }
        assert_eq!(self.node.head().1, self.head, "{:?}", names(samples));
    }

    /// Checks that nobody paid for anything but its own, and that the node lives and is as healthy
    /// as before.
    pub(super) fn end(&self) {
        let log = self.node.log();
        let charges = |name: &str| -> Vec<String> {
            let lines = log.lines().filter(|line| line.contains("peer.misbehaved"));
            let own = lines.filter(|line| line.contains(name));
            own.filter_map(|line| Some(line.split_once("reason=")?.1))
                .map(|rest| rest.split(' ').next().unwrap_or_default().trim_matches('"').into())
                .collect()
        };
        assert!(charges(&self.honest.name()).is_empty(), "the honest peer pays: {log}");
        for suspect in &self.suspects {
            let mut seen = charges(&suspect.name);
            if suspect.closed {
                let last = seen.iter().position(|reason| reason == "undecodable");
                seen.remove(last.expect("its last words were noise"));
            }
            let blamed =
                |reason: &String| suspect.blame.iter().any(|one| one.reason() == reason.as_str());
            let right = seen.iter().all(blamed) && seen.is_empty() == suspect.blame.is_empty();
            assert!(right, "{}: {seen:?}, expected {:?}", suspect.what, suspect.blame);
            let banned = log
                .lines()
                .any(|line| line.contains("peer.banned") && line.contains(&suspect.name));
            let enough = suspect.blame.iter().all(|one| one.price() >= Offence::BAN_AT);
            let may = seen.len() + usize::from(suspect.closed) > 1;
            let must = enough && !suspect.blame.is_empty();
            assert!(banned || !must, "{} is not banned", suspect.what);
            let alone = banned && !must && !may;
            let one_price = suspect.blame.iter().any(|one| one.price() >= Offence::BAN_AT);
            assert!(!alone || one_price, "{} is banned", suspect.what);
            let parted = log
                .lines()
                .any(|line| line.contains("peer.rejected") && line.contains(&suspect.name));
            assert_eq!(parted, suspect.parted, "{}", suspect.what);
        }
        assert!(!log.contains("panicked"), "{log}");
        let health = self.node.get("/health/live").expect("it lives");
        assert_eq!(health.status, 200);
    }

    /// An honest payment still comes to wait, by gossip.
    pub(super) fn still_works(&mut self) {
        let payment = News::transactions(&[self.ground.payment()]);
        self.honest_news(&payment);
        self.node.wait_for_news("an honest payment", &payment, &self.ground);
    }

    /// Has an honest peer bring blocks, one after the other.
    fn bring(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.honest_news(&News::block(block));
            let mut hash = tip(&self.ground.spec, block).hash.to_string();
            hash.truncate(12);
            self.node.wait("it takes the block in", |node| !node.lines(&[&hash]).is_empty());
        }
        if !blocks.is_empty() {
            self.head = self.node.head().1;
        }
    }

    fn honest_news(&mut self, news: &News) {
        let topic = self.honest.topic(news.topic);
        self.honest.gossip(&topic, &news.bytes);
    }

    /// Waits until the node has dealt with an input.
    async fn see(&mut self, sample: &Sample, villain: &mut Villain) {
        let expected = &sample.expected;
        let name = villain.name();
        let suspect = |closed| Suspect {
            name: name.clone(),
            what: sample.what.clone(),
            blame: expected.blame,
            parted: expected.parted,
            closed,
        };
        if expected.parted {
            self.suspects.push(suspect(false));
            villain.gone().await;
            let words = ["peer.rejected", &name];
            self.node.wait(&sample.what, |node| !node.lines(&words).is_empty());
            return;
        }
        if !expected.blame.is_empty() {
            self.suspects.push(suspect(false));
            let what = format!("{} by {name}", sample.what);
            let words = ["peer.misbehaved", &name];
            self.node.wait(&what, |node| !node.lines(&words).is_empty());
            return self.not_taken(sample);
        }
        match &sample.delivery {
            Delivery::Question(_) => drop(villain.answered(Speech::Sync).await.expect("answered")),
            Delivery::Status(_) => drop(villain.answered(Speech::Status).await.expect("answered")),
            Delivery::Answers(_) | Delivery::Chain(_) => drop(villain.asked(Speech::Status).await),
            _ => {}
        }
        self.suspects.push(suspect(true));
        let topic = match &sample.delivery {
            Delivery::News(news) => news.topic,
            _ => Topic::Blocks,
        };
        self.words += 1;
        let last = format!("{} last words", self.words);
        villain.gossip(&villain.topic(topic), last.as_bytes());
        let words = ["peer.misbehaved", &name];
        self.node.wait(&sample.what, |node| !node.lines(&words).is_empty());
        if let Delivery::News(news) = &sample.delivery
            && expected.verdict == Some(Verdict::Accept)
        {
            self.node.wait_for_news(&sample.what, news, &self.ground);
        }
    }

    /// Checks that what was rejected does not wait.
    fn not_taken(&self, sample: &Sample) {
        let Delivery::News(news) = &sample.delivery else { return };
        for id in ids(news, &self.ground) {
            let found = self.node.get(&format!("/v1/transactions/{id}")).expect("it lives");
            assert_eq!(found.status, 404, "{}", sample.what);
        }
    }

    /// The honest counterpart is still taken.
    fn cure(&mut self, sample: &Sample) {
        let Some(cure) = &sample.cure else { return };
        self.honest_news(cure);
        self.node.wait_for_news(&sample.what, cure, &self.ground);
        if let Ok(block) = decode::<Block>(&cure.bytes, cure.bytes.len()) {
            self.head = tip(&self.ground.spec, &block).hash.to_string();
            let head = self.head.clone();
            self.node.wait("the right block is taken", |node| node.head().1 == head);
        }
    }
}

/// Waiting for what is taken.
trait Taken {
    /// Waits until every transaction of a message is known.
    fn wait_for_news(&mut self, what: &str, news: &News, ground: &Ground);
}

impl Taken for SingleNode {
    fn wait_for_news(&mut self, what: &str, news: &News, ground: &Ground) {
        for id in ids(news, ground) {
            self.wait(what, |node| {
                let found = node.get(&format!("/v1/transactions/{id}"));
                found.is_some_and(|answer| answer.status == 200)
            });
        }
    }
}

/// The ids of the transactions in a message.
fn ids(news: &News, ground: &Ground) -> Vec<String> {
    if news.topic != Topic::Transactions {
        return Vec::new();
    }
    let batch = decode::<TransactionBatch>(&news.bytes, news.bytes.len()).unwrap_or_default();
    batch.iter().map(|one| one.body.id(ground.spec.chain()).to_string()).collect()
}

fn deliver(villain: &mut Villain, delivery: &Delivery) {
    match delivery {
        Delivery::News(news) => villain.gossip(&villain.topic(news.topic), &news.bytes),
        Delivery::Question(bytes) => villain.ask(Speech::Sync, Raw::Bytes(bytes.clone())),
        Delivery::Status(bytes) => villain.ask(Speech::Status, Raw::Bytes(bytes.clone())),
        // These answer when they are asked.
        Delivery::Answers(_) | Delivery::Chain(_) => {}
        Delivery::Submission(_) | Delivery::Call(_) => panic!("no peer brings it"),
    }
}

fn names(samples: &[&Sample]) -> Vec<String> {
    samples.iter().map(|sample| sample.what.clone()).collect()
}
