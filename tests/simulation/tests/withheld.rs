//! Goal: who keeps back what it shows, goes round in circles, or does not answer, costs others
//! little, and nobody is blamed for a lost message.

use coinage_protocol::engine::{Input, PeerRef, Publication, Question, Reply};
use coinage_protocol::{Answer, Bounded, Offence, Request, Slot, Topic, Verdict, encode};
use coinage_simulation::block_builder::Forge;
use coinage_simulation::fixtures::chain_spec;
use coinage_simulation::target::{Target, Trick};

const LIAR: PeerRef = PeerRef(2);
const HONEST: PeerRef = PeerRef(3);

fn empty_branch(slots: impl IntoIterator<Item = u64>) -> Forge {
    let mut forge = Forge::new(&chain_spec(4, 500));
    for slot in slots {
        forge.push(Slot::new(slot), Vec::new());
    }
    forge
}

fn own_blocks(target: &Target) -> usize {
    let is_block = |one: &&Publication| matches!(one, Publication::Block(_));
    target.published.iter().filter(is_block).count()
}

#[test]
fn headers_without_blocks_do_not_keep_a_better_chain_out_for_long() {
    // SPEC N-4, C-1
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(2_000));
    target.tricks.insert(LIAR, Trick::Withhold);
    target.peer(LIAR, empty_branch((1..1_900).step_by(2)).blocks);
    let honest = empty_branch(1..900);
    target.wait_ms(2_000);
    target.peer(HONEST, honest.blocks.clone());
    target.wait_ms(40_000);
    assert_eq!(target.head(), honest.tip, "the longest chain that anybody shows");
    assert!(target.charges.iter().all(|(peer, _)| *peer == LIAR), "{:?}", target.charges);
}

#[test]
fn a_branch_that_grows_without_its_blocks_keeps_a_better_chain_out_no_longer() {
    // SPEC N-4: its further headers are no progress.
    let withheld = empty_branch((1..400).step_by(2)).blocks;
    let honest = empty_branch(600..720);
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(2_000));
    target.tricks.insert(LIAR, Trick::Withhold);
    target.peer(LIAR, withheld[..150].to_vec());
    target.peer(HONEST, honest.blocks.clone());
    for seen in 151..180 {
        assert_ne!(target.head(), honest.tip, "longer headers come first, for now");
        target.wait_ms(500);
        target.serve(LIAR, withheld[..seen].to_vec());
    }
    target.wait_ms(5_000);
    assert_eq!(target.head(), honest.tip);
}

#[test]
fn headers_without_blocks_do_not_stop_production() {
    // SPEC C-5
    let mut target = Target::leading(&chain_spec(4, 500), Slot::new(2_000), 0);
    target.tricks.insert(LIAR, Trick::Withhold);
    target.peer(LIAR, empty_branch((1..1_900).step_by(2)).blocks);
    target.wait_ms(200_000);
    let blocks = own_blocks(&target);
    assert!(blocks >= 85, "of 100 slots it led, it used {blocks}");
}

#[test]
fn a_peer_whose_blocks_are_late_is_not_blamed_for_what_was_forgotten_meanwhile() {
    // SPEC X-1, N-3
    let honest = empty_branch(1..100);
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(200));
    target.tricks.insert(HONEST, Trick::Withhold);
    target.peer(HONEST, honest.blocks.clone());
    target.wait_ms(200_000);
    assert!(target.charges.is_empty(), "{:?}", target.charges);
    target.tricks.clear();
    target.wait_ms(10_000);
    assert_eq!(target.head(), honest.tip, "with its block, a header is taken at any time");
}

#[test]
fn known_headers_over_and_over_are_no_progress() {
    // SPEC N-4
    let long = empty_branch(1..600);
    let mut known = long.clone();
    known.blocks.truncate(550);
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(700));
    target.peer(HONEST, known.blocks);
    target.tricks.insert(LIAR, Trick::Repeat);
    target.peer(LIAR, long.blocks);
    target.wait_ms(10_000);
    let asked = target.asked.iter().filter(|asked| **asked == (LIAR, "headers")).count();
    assert!(asked <= 20, "asked {asked} times");
}

#[test]
fn a_silent_peer_is_asked_ever_less_often() {
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(700));
    target.tricks.insert(LIAR, Trick::Silent);
    target.peer(LIAR, empty_branch(1..10).blocks);
    target.wait_ms(600_000);
    let asked = target.asked.iter().filter(|(peer, _)| *peer == LIAR).count();
    assert!((3..=45).contains(&asked), "asked {asked} times");
    assert!(target.charges.is_empty(), "{:?}", target.charges);
}

#[test]
fn who_connects_anew_whenever_it_owes_blocks_keeps_them_from_nobody() {
    // SPEC N-4: a newcomer that has shown nothing does not come before an honest peer that once
    // was slow.
    let honest = empty_branch(1..30);
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(200));
    target.tricks.insert(HONEST, Trick::Silent);
    target.peer(HONEST, honest.blocks.clone());
    target.wait_ms(6_000);
    target.tricks.clear();
    for newcomer in (100..200).map(PeerRef) {
        target.tricks.insert(newcomer, Trick::Owe);
        target.peer(newcomer, honest.blocks.clone());
        target.wait_ms(400);
        target.leave(PeerRef(newcomer.0 - 1));
    }
    assert_eq!(target.head(), honest.tip);
}

#[test]
fn who_asks_too_much_is_told_to_wait_before_it_is_charged() {
    // SPEC N-6, X-1
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(10));
    target.peer(HONEST, Vec::new());
    let ask = |target: &mut Target| {
        let hashes = Bounded::default();
        target.ask(HONEST, Question::Request(Request::Blocks { hashes }))
    };
    let mut busy = 0;
    while !matches!(ask(&mut target), Reply::Answer(Answer::Busy)) {}
    while target.charges.is_empty() {
        assert!(matches!(ask(&mut target), Reply::Answer(Answer::Busy)));
        busy += 1;
    }
    assert!(busy >= 100, "told {busy} times");
    assert_eq!(target.charges, [(HONEST, Offence::Flood)]);
    target.wait_ms(10_000);
    assert!(matches!(ask(&mut target), Reply::Answer(Answer::Blocks(_))), "it may ask again");
}

#[test]
fn a_machine_that_slept_hears_its_peers_before_it_signs() {
    // SPEC C-5
    let mut target = Target::leading(&chain_spec(4, 500), Slot::new(2), 0);
    target.wait_ms(10_000);
    let before = own_blocks(&target);
    assert!(before > 0);
    // In the meantime the others went on.
    let others = empty_branch(1..60);
    target.peer(HONEST, Vec::new());
    target.serve(HONEST, others.blocks.clone());
    target.step_clock_ms(31_000);
    target.input(Input::Tick);
    target.wait_ms(200);
    assert!(target.stores(&others.tip.hash), "it follows first");
    let is_block = |one: &&Publication| matches!(one, Publication::Block(_));
    let own = target.published.iter().rfind(is_block);
    let Some(Publication::Block(block)) = own else { panic!("it leads this slot: {own:?}") };
    assert_eq!(own_blocks(&target), before + 1);
    assert_eq!(block.header.header.previous, others.tip.hash, "and builds on what is new");
}

#[test]
fn old_news_after_a_sleep_is_no_proof_of_a_wrong_clock() {
    // SPEC B-9
    let blocks = empty_branch(1..40).blocks;
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(1));
    target.tricks.insert(PeerRef(1), Trick::Silent);
    for block in &blocks[..4] {
        target.offer(PeerRef(1), block);
    }
    target.step_clock_ms(600_000);
    target.input(Input::Disconnected { peer: PeerRef(1) });
    for block in &blocks[4..] {
        assert_ne!(target.gossip(HONEST, Topic::Blocks, &encode(block)), Verdict::Reject);
    }
    assert_eq!(target.view().clock_ahead_ms, None);
}
