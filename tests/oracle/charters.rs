//! Charters by the ledger and by the model, and by the sums of what was accepted.

use std::collections::BTreeSet;

use coinage_simulation::charters::{Chance, Trial};

/// Blocks of a trial.
const BLOCKS: u64 = 30;

/// Number of trials: as many as the environment says, or some.
fn trials() -> u64 {
    let said = std::env::var("COINAGE_ORACLE_TRIALS").ok();
    said.and_then(|number| number.parse().ok()).unwrap_or(1_000)
}

fn outcomes(seed: u64) -> BTreeSet<String> {
    let mut chance = Chance::of(seed);
    let mut trial = Trial::new(&mut chance);
    (0..BLOCKS).for_each(|_| trial.block(&mut chance));
    trial.seen
}

#[test]
fn the_ledger_judges_charters_as_the_model_does_and_no_clause_is_exceeded() {
    // SPEC, L-8, L-10, L-11, M-3
    let mut seen = BTreeSet::new();
    for seed in 0..trials() {
        let run = std::panic::catch_unwind(|| outcomes(seed));
        seen.extend(run.unwrap_or_else(|_| panic!("seed {seed}: see above")));
    }
    for name in [
        "Frozen",
        "InsufficientBalance",
        "Limit",
        "LooksLike",
        "NoIssuer",
        "NoWay",
        "NotACreator",
        "NotAReceiver",
        "NotEntitled",
        "NotTheIssuer",
        "NotWhole",
        "NothingChanges",
        "NothingToFreeze",
        "Notice",
        "Ok",
        "OtherClause",
        "OutOfBounds",
        "Owes",
        "OwesLess",
        "PlaceTooDear",
        "RoleFull",
        "SymbolTaken",
        "TooEarly",
        "TooLate",
        "TooManyBalances",
        "TooManyCharters",
        "TooManyStandings",
        "TooManyTokens",
        "TooMuchGrowth",
        "UnknownToken",
    ] {
        assert!(seen.contains(name), "{name} was never tried; there was {seen:?}");
    }
}
