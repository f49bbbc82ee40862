//! Faults put in on purpose: each is noticed within its budget of seeds, and by the checks.
//!
//! Run by `scripts/planted` in a copy of the workspace that has the faults.

#[path = "../simulation/tests/heavy.rs"]
mod heavy;

use std::env;
use std::io::{Write as _, stdout};
use std::panic::catch_unwind;

use coinage_protocol::plant;
use coinage_simulation::charters::{Chance, Trial};
use coinage_simulation::life::{Limits, Mode, Outcome, Plan, live};

/// Seeds within which a fault must be noticed whose patch does not say how many it takes.
const BUDGET: u64 = 500;
/// Word in the first line of a patch before the number of seeds that it took.
const AFTER: &str = "lives: ";

/// Trials of charters within which a fault must be noticed that no life notices.
const TRIALS: u64 = 2_000;

/// A fault that only the checks notice, for the proof that it is they who do.
const CANARY: &str = "state-root-unchecked";

/// The faults that there are, as the script names them.
fn faults() -> Vec<String> {
    let names = env::var("PLANTED").expect("scripts/planted says which faults are planted");
    names.split_whitespace().map(str::to_owned).collect()
}

fn life(seed: u64, checks: bool) -> Outcome {
    live(&Plan::draw(seed, &Limits::default()), Mode { checks, ..Mode::default() })
}

/// A trial of charters; how ledger and model differ, if they do.
fn trial(seed: u64) -> Option<String> {
    let run = || {
        let mut chance = Chance::of(seed);
        let mut trial = Trial::new(&mut chance);
        (0..30).for_each(|_| trial.block(&mut chance));
    };
    catch_unwind(run).err().map(|_| format!("trial {} of charters", seed + 1))
}

/// Seeds within which a fault must be noticed: twice as many as its patch says that it took.
fn budget(fault: &str) -> u64 {
    let patch = format!("{}/../planted/{fault}.patch", env!("CARGO_MANIFEST_DIR"));
    let patch = std::fs::read_to_string(patch).expect("the patch is beside this file");
    let said = patch.lines().next().and_then(|first| first.split_once(AFTER));
    let number = said.and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next());
    let lives = number.and_then(|number| number.parse::<u64>().ok());
    lives.map_or(BUDGET, |lives| BUDGET.max(2 * lives))
}

/// Counts the seeds that it takes to notice a fault, and says how it shows; no seed, if it is a
/// trial of charters or the story of full blocks that notices.
fn noticed(fault: &str) -> Option<(Option<u64>, String)> {
    plant(Some(fault));
    let mut lives = (0..budget(fault)).map(|seed| (Some(seed), life(seed, true).failure));
    let found = lives.find_map(|(seed, failure)| Some((seed, failure?)));
    let found = found.or_else(|| Some((None, (0..TRIALS).find_map(trial)?)));
    let full = || catch_unwind(heavy::full_blocks_and_a_newcomer).err();
    let found = found.or_else(|| full().map(|_| (None, "full blocks".into())));
    plant(None);
    found
}

// One test: there is one switch.
#[test]
fn every_planted_fault_is_noticed_and_it_is_the_checks_that_notice() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut missed = Vec::new();
    let mut out = stdout();
    for name in faults() {
        let found = noticed(&name);
        let line = match &found {
            None => format!("{name:<24} not within {} seeds", budget(&name)),
            Some((seed, how)) => {
                let how: String = how.chars().take(90).collect();
                let seeds = seed.map_or_else(String::new, |seed| (seed + 1).to_string());
                format!("{name:<24} {seeds:>4} seeds  {how}")
            }
        };
        let _ = writeln!(out, "{line}");
        missed.extend(found.is_none().then_some(name));
    }
    let canary = noticed(CANARY).and_then(|(seed, _)| seed);
    plant(Some(CANARY));
    let unchecked = canary.and_then(|seed| life(seed, false).failure);
    plant(None);
    let sound = canary.and_then(|seed| life(seed, true).failure);
    let _ = std::panic::take_hook();
    assert!(missed.is_empty(), "not noticed: {missed:?}");
    assert!(canary.is_some(), "the faults are in this program, and a life notices one");
    assert_eq!(unchecked, None, "without the checks nobody notices");
    assert_eq!(sound, None, "without the fault there is nothing to notice");
}
