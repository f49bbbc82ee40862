//! Goal: no order of faults and no villain costs agreement, money or an honest node's name.
//! Method: a seed draws a network's whole life; what must hold is checked at every step, and that
//! all is well again after peace is made. The command `simulate` lives more of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use coinage_simulation::life::{Limits, Mode, Outcome, Plan, live};

const SEEDS: u64 = 240;
/// Lives in which something once went wrong, before any were rich.
const REMEMBERED: [(u64, &str); 4] = [
    (7, "what was ready was not looked at again when the room for balances was full"),
    (12, "a clock from before the genesis took a block of slot 1"),
    (516, "headers were shunned for two minutes after peace"),
    (3564, "two time travellers of six authorities made the other four doubt their clocks"),
];

/// Rich ones.
const RICH: [(u64, &str); 3] = [
    (45, "what had expired in the same step was told after the block that held it"),
    (488, "a signer stopped for its own commit, of which a crash had taken the memory"),
    (605, "a signer stopped for its own commit, of which a crash had taken the memory"),
];

/// Seeds of lives in which traitors made conflicting blocks final: one of them will go on doing so.
const CONFLICTING: [u64; 4] = [2, 4, 10, 21];

fn life(seed: u64, mode: Mode) -> Outcome {
    live(&Plan::draw(seed, &Limits::default()), mode)
}

fn all_go_well(seeds: &[u64], limits: &Limits) {
    let (next, failures) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).expect("few");
                    let Some(seed) = seeds.get(at) else { return };
                    let outcome = live(&Plan::draw(*seed, limits), Mode::default());
                    if let Some(failure) = outcome.failure {
                        failures.lock().expect("nobody panics").push((*seed, failure));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("nobody panics");
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn whatever_befalls_honest_nodes_they_end_with_one_chain_and_every_payment_once() {
    // SPEC C-1, C-4, C-5, L-9, P-4, T-8, X-1
    all_go_well(&(0..SEEDS).collect::<Vec<_>>(), &Limits::default());
}

#[test]
fn with_a_third_of_traitors_there_are_conflicts_and_they_are_found() {
    // SPEC F-1
    let limits = Limits { traitors_too_many: true, ..Limits::default() };
    let found = CONFLICTING.map(|seed| {
        let outcome = live(&Plan::draw(seed, &limits), Mode::default());
        outcome.invariant().map(str::to_owned)
    });
    assert!(found.iter().any(|broken| broken.as_deref() == Some("I1")), "{found:?}");
}

#[test]
fn what_once_went_wrong_goes_well() {
    let plain = Limits { plain: true, ..Limits::default() };
    all_go_well(&REMEMBERED.map(|(seed, _)| seed), &plain);
    all_go_well(&RICH.map(|(seed, _)| seed), &Limits::default());
}

#[test]
fn the_same_seed_gives_the_same_history_also_with_every_check_done_anew() {
    for seed in 0..6 {
        let first = life(seed, Mode::default());
        let second = life(seed, Mode { text: true, ..Mode::default() });
        let third = life(seed, Mode { anew: true, ..Mode::default() });
        assert_eq!(first.digest, second.digest, "seed {seed}");
        assert_eq!(first.digest, third.digest, "seed {seed}");
        assert!(!second.text.is_empty());
    }
    assert_ne!(life(0, Mode::default()).digest, life(1, Mode::default()).digest);
}
