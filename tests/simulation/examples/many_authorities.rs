//! Measures what authorities cost: bytes and signatures of a block, with 4, 16 and 64 of them.
//!
//! `cargo run --release -p coinage-simulation --example many_authorities`

#![expect(clippy::print_stdout, reason = "this program's output")]

use std::hint::black_box;
use std::time::Instant;

use coinage_protocol::{Ballot, Phase, SignedHeader, Slot, VerifiedHeader, encode, quorum};
use coinage_simulation::block_builder::{Forge, ballot, certificate_by};
use coinage_simulation::fixtures::chain_spec;
use coinage_simulation::sim_network::{Family, World};

/// Slots for which whole networks run.
const SLOTS: u64 = 8;
/// Verifications that are timed together.
const ROUNDS: u32 = 200;

fn main() {
    println!(
        "authorities  header  with commits  ballots a block  bytes  verified in ballots' time"
    );
    for count in [4, 16, 64] {
        proofs(count);
    }
    println!("\nauthorities  blocks  final  ballots heard a block and node  seconds of one core");
    // Here every node is connected with every other one: 64 would be another network.
    for count in [4, 16] {
        network(count);
    }
}

/// Sizes of headers and ballots, and what it takes to verify a header with commits, as a multiple
/// of what one ballot takes.
fn proofs(count: u8) {
    let spec = chain_spec(count, 500);
    let mut forge = Forge::new(&spec);
    let plain = forge.push(Slot::new(1), Vec::new()).header;
    let one = ballot(&spec, Phase::Vote, forge.tip, 0);
    let commits = certificate_by(spec.genesis_authorities(), &spec, Phase::Commit, forge.tip);
    let certified = forge.certify(Slot::new(2), commits).header;
    let [header, with] = [&plain, &certified].map(|header| encode(header).len());
    let (ballots, size) = (2 * usize::from(count), encode(&one).len());
    let verify_ballot = |ballot: &Ballot| ballot.check(spec.chain(), &()).is_ok();
    let verify = |header: &SignedHeader| VerifiedHeader::new(header.clone(), &spec).is_ok();
    let single = seconds(|| verify_ballot(black_box(&one)));
    let whole = seconds(|| verify(black_box(&certified)));
    println!(
        "{count:>11}  {header:>6}  {with:>12}  {ballots:>15}  {:>5}  {:>6.1} (of {} signatures)",
        ballots * size,
        whole / single,
        1 + quorum(usize::from(count)),
    );
}

fn seconds(work: impl Fn() -> bool) -> f64 {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        assert!(work(), "it is in order");
    }
    start.elapsed().as_secs_f64()
}

/// A network in which every authority has a node.
fn network(count: u8) {
    let mut world = World::new(chain_spec(count, 500), usize::from(count), 1);
    let start = Instant::now();
    world.run_slots(SLOTS);
    let seconds = start.elapsed().as_secs_f64();
    let view = world.view(0);
    let (blocks, finalized) = (view.head.height, view.finality.finalized.height);
    let heard = world.tally.get(Family::Message, "gossip of a ballot");
    let each = heard as f64 / f64::from(count) / blocks.get().max(1) as f64;
    println!("{count:>11}  {blocks:>6}  {finalized:>5}  {each:>30.1}  {seconds:>18.1}");
}
