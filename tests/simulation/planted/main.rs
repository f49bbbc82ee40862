//! Faults put in on purpose: each is noticed within its budget of seeds, and by the checks.
//!
//! Run by `scripts/planted`, apart from the workspace: a feature that is on anywhere is on
//! everywhere.

use std::io::{Write as _, stdout};

use coinage_protocol::{Bug, plant};
use coinage_simulation::life::{Limits, Mode, Outcome, Plan, live};

/// Seeds within which every fault must be noticed.
const BUDGET: u64 = 400;

fn life(seed: u64, checks: bool) -> Outcome {
    live(&Plan::draw(seed, &Limits::default()), Mode { checks, ..Mode::default() })
}

/// How many seeds it takes to notice a fault, and how it shows.
fn noticed(bug: Bug) -> Option<(u64, Outcome)> {
    plant(Some(bug));
    let found = (0..BUDGET).map(|seed| (seed, life(seed, true)));
    let found = found.into_iter().find(|(_, outcome)| outcome.failure.is_some());
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
            Some((seed, outcome)) => {
                let how = outcome.failure.as_deref().unwrap_or_default();
                let how: String = how.chars().take(90).collect();
                format!("{name:<24} {:>4} seeds  {how}", seed + 1)
            }
        };
        let _ = writeln!(out, "{line}");
        missed.extend(found.is_none().then_some(name));
    }
    let (seed, _) = noticed(Bug::StateRootUnchecked).unwrap_or((0, life(0, true)));
    plant(Some(Bug::StateRootUnchecked));
    let unchecked = life(seed, false);
    plant(None);
    let sound = life(seed, true);
    let _ = std::panic::take_hook();
    assert!(missed.is_empty(), "not noticed: {missed:?}");
    assert_eq!(unchecked.failure, None, "without the checks nobody notices");
    assert_eq!(sound.failure, None, "without the fault there is nothing to notice");
}
