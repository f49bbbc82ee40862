//! Goal: every input of the catalogue has exactly the outcome that SPEC gives it.
//! Method: replayed against a lone engine and in a simulated network.

mod crowds;
mod engine;
mod sim_network;

use coinage_protocol::{Offence, Slot, Topic};
use coinage_simulation::conformance::{
    Delivery, Entry, Expected, Ground, Head, Level, News, Replay, Sample, all,
};
use coinage_simulation::fixtures::genesis;

use self::engine::Bench;
use self::sim_network::Theatre;

/// The slot that the clock of a lone engine shows: many are over.
const SLOT: u64 = 5_000;
/// Beyond so many inputs an entry's share an engine: they are variants of one message.
const APART_MAX: usize = 60;
/// Longer messages are left to lone engines and real processes: the invariants look at everything
/// on a chain again and again.
const IN_NETWORK_BYTES: usize = 1024 * 1024;
/// Number of inputs of an entry that are replayed in a network.
const IN_NETWORK_MAX: usize = 60;

fn ground() -> Ground {
    Ground::new(&Ground::network(genesis(4, 500)), Slot::new(SLOT))
}

/// Replays an entry's inputs: what is wrong with what came of them, and how many there were.
fn against_an_engine(entry: &Entry, ground: &Ground) -> (usize, Vec<String>) {
    let samples = entry.samples(ground);
    let apart = samples.len() <= APART_MAX;
    let mut shared = Bench::new(ground);
    let mut wrong = Vec::new();
    for sample in &samples {
        let mut own = apart.then(|| Bench::new(ground));
        let bench = own.as_mut().unwrap_or(&mut shared);
        let mut seen = bench.replay(sample);
        if apart {
            seen = seen.and_then(|()| bench.still_works());
        }
        wrong.extend(seen.err().map(|seen| format!("{} {}: {seen}", entry.id, sample.what)));
    }
    let seen = shared.still_works();
    wrong.extend(seen.err().map(|seen| format!("{} afterwards: {seen}", entry.id)));
    (samples.len(), wrong)
}

/// Replays an entry's inputs in a network: gossip that leaves the head where it is at once, all
/// else one by one.
fn in_a_network(entry: &Entry) -> (usize, Vec<String>) {
    let brought = |ground: &Ground| {
        let mut samples = entry.samples(ground);
        samples.retain(|sample| match &sample.delivery {
            Delivery::News(news) => news.bytes.len() < IN_NETWORK_BYTES,
            delivery => matches!(delivery, Delivery::Chain(_)),
        });
        let step = samples.len().div_ceil(IN_NETWORK_MAX).max(1);
        samples.into_iter().step_by(step).collect::<Vec<_>>()
    };
    let mut wrong = Vec::new();
    let mut theatre = Theatre::new();
    let mut samples = brought(&theatre.ground());
    let count = samples.len();
    let stays = |sample: &Sample| {
        let gossip = matches!(sample.delivery, Delivery::News(_));
        gossip && sample.expected.head == Head::Stays
    };
    let apart: Vec<_> = (0..count).filter(|at| !stays(&samples[*at])).collect();
    samples.retain(stays);
    wrong.extend(theatre.replay(&samples).err());
    theatre.still_works();
    for at in apart {
        let mut theatre = Theatre::new();
        let sample = brought(&theatre.ground()).swap_remove(at);
        wrong.extend(theatre.replay(&[sample]).err());
        theatre.still_works();
    }
    (count, wrong.into_iter().map(|seen| format!("{}: {seen}", entry.id)).collect())
}

/// Replays every entry that names the level, and demands that each was.
fn replay_all(level: Level, part: char, replay: impl Fn(&Entry) -> (usize, Vec<String>)) {
    let mut wrong = Vec::new();
    for entry in all().iter().filter(|entry| entry.names(level) && entry.id.starts_with(part)) {
        let start = std::time::Instant::now();
        let (count, seen) = replay(entry);
        eprintln!("{level:?} {:4} {count:5} {} {:?}", entry.id, entry.claim, start.elapsed());
        assert!(count > 0, "{} has nothing to replay", entry.id);
        wrong.extend(seen);
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_lone_engine_gives_every_input_its_outcome() {
    let ground = ground();
    for part in ['W', 'B', 'T'] {
        replay_all(Level::Engine, part, |entry| against_an_engine(entry, &ground));
    }
}

#[test]
fn a_network_passes_no_bad_message_on() {
    replay_all(Level::Simulator, 'W', in_a_network);
}

#[test]
fn a_network_agrees_whatever_blocks_it_is_sent() {
    replay_all(Level::Simulator, 'B', in_a_network);
}

#[test]
fn a_network_includes_what_is_good_whatever_it_is_sent() {
    replay_all(Level::Simulator, 'T', in_a_network);
}

#[test]
fn ids_are_numbered_in_order_and_every_entry_is_tried_or_says_why_not() {
    let mut last = (' ', 0);
    for entry in all() {
        let (part, number) = entry.id.split_at(1);
        let (part, number) = (part.chars().next(), number.parse::<u32>());
        let (part, number) = (part.expect("a letter"), number.expect("a number"));
        let expected = if part == last.0 { last.1 + 1 } else { 1 };
        assert_eq!(number, expected, "{}", entry.id);
        last = (part, number);
        let socket = entry.levels == [Level::Process];
        match entry.replay {
            Replay::Samples(_) => {
                assert!(entry.levels.is_sorted_by(|one, next| one < next), "{}", entry.id);
                assert!(entry.names(Level::Engine) || (socket && part == 'A'), "{}", entry.id);
            }
            Replay::Told(tests) => assert!(!tests.is_empty(), "{}", entry.id),
            Replay::Waits(why) => assert!(!why.is_empty(), "{}", entry.id),
        }
        if !matches!(entry.replay, Replay::Samples(_)) {
            assert!(entry.levels.is_empty(), "{} is not replayed", entry.id);
        }
    }
}

/// Honest inputs as if they were bad, and bad ones as if they were others.
fn mistaken(ground: &Ground) -> Vec<Sample> {
    let payment = || News::transactions(&[ground.payment()]);
    let block = ground.next_block();
    let bad = Expected::reject(&[Offence::BadTransaction]);
    let garbage = |expected| Sample::news("garbage", Topic::Blocks, vec![1, 2, 3], expected);
    vec![
        Sample::new("an honest payment", Delivery::News(payment()), bad),
        Sample::block("an honest block", &block, Expected::reject(&[Offence::BadHeader])),
        Sample::block("a block that moves the head", &block, Expected::accept()),
        garbage(Expected::ignore()),
        garbage(Expected::reject(&[Offence::BadHeader])),
    ]
}

#[test]
fn the_check_of_a_lone_engine_notices_what_is_not_as_expected() {
    let ground = ground();
    for sample in mistaken(&ground) {
        let seen = Bench::new(&ground).replay(&sample);
        assert!(seen.is_err(), "{} passes", sample.what);
    }
}

#[test]
fn the_check_of_a_network_notices_what_is_not_as_expected() {
    let count = mistaken(&ground()).len();
    for at in 0..count {
        let mut theatre = Theatre::unchecked();
        let sample = mistaken(&theatre.ground()).swap_remove(at);
        assert!(theatre.replay(std::slice::from_ref(&sample)).is_err(), "{} passes", sample.what);
    }
}

#[test]
#[should_panic(expected = "accepts what is forbidden")]
fn a_network_notices_that_a_node_passes_on_what_it_should_not() {
    let mut theatre = Theatre::new();
    let sample = mistaken(&theatre.ground()).swap_remove(0);
    drop(theatre.replay(&[sample]));
}
