//! Goal: every input of the catalogue has its outcome at a real process, too.
//! Method: a node without an authority key; villains over libp2p, each under a name of its own, and
//! requests over TCP.

mod http;
mod paging;
mod peers;
mod script;

use std::time::Instant;

use coinage_protocol::{Height, Offence, Topic};
use coinage_simulation::conformance::{Delivery, Entry, Ground, Head, Level, Sample, all};
use coinage_tests::single_node::{SLOTS_PAST, SingleNode};

use self::peers::Stage;

/// Number of inputs of an entry that are replayed at most, evenly spread over all there are.
const SAMPLES_MAX: usize = 16;
/// Villains at a time: fewer than the node takes.
const AT_ONCE: usize = 8;
/// Villains that one node meets: it writes some 400 lines about peers, and then few.
const NODE_MAX: usize = 72;
/// Memory that the node may use more after all inputs than before, in MiB.
const MEMORY_GROWTH_MAX: u64 = 256;

/// The test that an input belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    /// A peer brings it, and the head stays.
    Peer,
    /// A peer brings it, and the head is elsewhere afterwards.
    Mover,
    /// The input comes over HTTP.
    Http,
}

impl Part {
    fn of(sample: &Sample) -> Self {
        if matches!(sample.delivery, Delivery::Submission(_) | Delivery::Call(_)) {
            return Self::Http;
        }
        let by_cure = sample.cure.as_ref().is_some_and(|cure| cure.topic == Topic::Blocks);
        let stays = sample.before.is_empty() && sample.expected.head == Head::Stays;
        if by_cure || !stays { Self::Mover } else { Self::Peer }
    }

    /// The inputs of an entry that belong here.
    fn samples(self, entry: &Entry, ground: &Ground) -> Vec<Sample> {
        let mut samples = entry.samples(ground);
        samples.retain(|sample| Self::of(sample) == self);
        let step = samples.len().div_ceil(SAMPLES_MAX).max(1);
        samples.into_iter().step_by(step).collect()
    }

    /// All entries with their inputs that belong here.
    fn all(self, ground: &Ground) -> Vec<(Entry, Vec<Sample>)> {
        let here = |entry: Entry| {
            let samples = self.samples(&entry, ground);
            (entry, samples)
        };
        entries().map(here).filter(|(_, samples)| !samples.is_empty()).collect()
    }
}

/// The place of a sample in the order in which they are replayed; those of one place are replayed
/// together.
///
/// Whoever shows headers may leave the node waiting for their blocks. While it does, it asks nobody
/// what waits, nobody for a lower branch, and anybody who claims as high a head for those blocks:
/// so what is higher comes later, and who pays for an answer to that comes last.
fn place(sample: &Sample) -> (Option<Height>, bool) {
    let height = match &sample.delivery {
        Delivery::Chain(blocks) => blocks.last().map(|block| block.header.header.height),
        Delivery::Answers(answers) => answers.headers.as_ref().map(|_| answers.head.height),
        _ => None,
    };
    (height, height.is_some() && sample.expected.blame == [Offence::WrongAnswer])
}

/// An honest chain some 200 slots after its genesis.
fn ground() -> Ground {
    let value = SingleNode::genesis();
    let now = value.time + SLOTS_PAST * u64::from(value.slot_ms);
    let spec = Ground::network(value);
    let slot = spec.slot_at(now).expect("after the genesis");
    Ground::new(&spec, slot)
}

fn entries() -> impl Iterator<Item = Entry> {
    all().into_iter().filter(|entry| entry.names(Level::Process))
}

/// Says what was replayed, for whoever wants to see it.
fn tell(part: Part, entries: &[(Entry, Vec<Sample>)], start: Instant) {
    for (entry, samples) in entries {
        eprintln!("{part:?} {:4} {:5} {}", entry.id, samples.len(), entry.claim);
    }
    let count: usize = entries.iter().map(|(_, samples)| samples.len()).sum();
    eprintln!("{part:?}: {count} inputs in {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_peers_bring_a_node_blames_whom_it_should_and_keeps_its_head() {
    let start = Instant::now();
    let ground = ground();
    let entries = Part::Peer.all(&ground);
    let mut samples: Vec<&Sample> = entries.iter().flat_map(|(_, samples)| samples).collect();
    samples.sort_by_key(|sample| place(sample));
    for some in samples.chunks(NODE_MAX) {
        let mut stage = Stage::new(&ground).await;
        let memory = stage.node.memory_mib();
        let together = some.chunk_by(|one, next| place(one) == place(next));
        for group in together.flat_map(|alike| alike.chunks(AT_ONCE)) {
            stage.replay(group).await;
        }
        stage.still_works();
        stage.end();
        let grown = stage.node.memory_mib().saturating_sub(memory);
        assert!(grown < MEMORY_GROWTH_MAX, "{grown} MiB more than before");
    }
    tell(Part::Peer, &entries, start);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_should_move_the_head_of_a_node_moves_it() {
    let start = Instant::now();
    let ground = ground();
    let mut entries = Part::Mover.all(&ground);
    for (_, samples) in &mut entries {
        // Each needs a node of its own. Lone engines have had the others.
        samples.truncate(1);
        let mut stage = Stage::new(&ground).await;
        stage.replay(&[&samples[0]]).await;
        stage.still_works();
        stage.end();
    }
    tell(Part::Mover, &entries, start);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_over_http_a_node_answers_as_it_should() {
    let start = Instant::now();
    let stage = Stage::new(&ground()).await;
    let entries = Part::Http.all(&stage.ground);
    let mut wrong = Vec::new();
    for (entry, samples) in &entries {
        for sample in samples {
            let seen = http::replay(&stage.node, &stage.ground, sample).err();
            wrong.extend(seen.map(|seen| format!("{} {}: {seen}", entry.id, sample.what)));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    stage.end();
    tell(Part::Http, &entries, start);
}

#[test]
fn every_entry_that_names_a_real_process_is_replayed_by_one_of_these_tests() {
    let ground = ground();
    let parts = [Part::Peer, Part::Mover, Part::Http];
    for entry in entries() {
        let any = parts.iter().any(|part| !part.samples(&entry, &ground).is_empty());
        assert!(any, "{}", entry.id);
    }
}
