//! Faults put in on purpose: each is noticed within its budget of seeds, and by the checks.
//!
//! Run by `scripts/planted`, apart from the workspace: a feature that is on anywhere is on
//! everywhere.

#[path = "../tests/heavy.rs"]
mod heavy;

use std::io::{Write as _, stdout};
use std::panic::catch_unwind;

use coinage_protocol::{Bug, plant};
use coinage_simulation::life::{Limits, Mode, Outcome, Plan, live};

/// Seeds within which every fault must be noticed.
const BUDGET: u64 = 150;

fn life(seed: u64, checks: bool) -> Outcome {
    live(&Plan::draw(seed, &Limits::default()), Mode { checks, ..Mode::default() })
}

/// Counts the seeds that it takes to notice a fault, and says how it shows; no seed, if it is the
/// story of full blocks that notices.
fn noticed(bug: Bug) -> Option<(Option<u64>, String)> {
    plant(Some(bug));
    let mut lives = (0..BUDGET).map(|seed| (Some(seed), life(seed, true).failure));
    let found = lives.find_map(|(seed, failure)| Some((seed, failure?)));
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
    for bug in Bug::ALL {
        let (name, found) = (format!("{bug:?}"), noticed(*bug));
        let line = match &found {
            None => format!("{name:<24} not within {BUDGET} seeds"),
            Some((seed, how)) => {
                let how: String = how.chars().take(90).collect();
                let seeds = seed.map_or_else(String::new, |seed| (seed + 1).to_string());
                format!("{name:<24} {seeds:>4} seeds  {how}")
            }
        };
        let _ = writeln!(out, "{line}");
        missed.extend(found.is_none().then_some(name));
    }
    let seed = noticed(Bug::StateRootUnchecked).and_then(|(seed, _)| seed).unwrap_or_default();
    plant(Some(Bug::StateRootUnchecked));
    let unchecked = life(seed, false);
    plant(None);
    let sound = life(seed, true);
    let _ = std::panic::take_hook();
    assert!(missed.is_empty(), "not noticed: {missed:?}");
    assert_eq!(unchecked.failure, None, "without the checks nobody notices");
    assert_eq!(sound.failure, None, "without the fault there is nothing to notice");
}
