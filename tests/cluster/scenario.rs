//! The stories that the simulated network plays in milliseconds, played by real processes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use coinage_simulation::scenario::{Scenario, Simulated, Stage as _, play};
use coinage_tests::stage::RealStage;

use crate::PROGRAM;

/// Declares a test for each story.
macro_rules! stories {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            tell(&stringify!($name).replace('_', "-"));
        })+

        const STORIES: &[&str] = &[$(stringify!($name)),+];
    };
}

stories! {
    alone,
    back_and_forth,
    blackout,
    chain_of_payments,
    clock_a_little_ahead,
    clock_ahead,
    clock_behind,
    double_spend,
    expiry,
    late,
    long_split,
    majority,
    one_name,
    only_copy,
    parked,
    paused,
    rebuilt,
    refused,
    resend,
    solo,
    split,
    swap,
    tie,
    token,
    two_issuers,
    wiped,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Plays a story with real processes.
fn tell(name: &str) {
    let file = format!("{name}.scenario");
    let text = std::fs::read_to_string(directory().join(&file)).expect("the story is there");
    let scenario = Scenario::parse(&file, &text).expect("a story");
    let mut stage = RealStage::start(PROGRAM, &scenario);
    // What a story says of money is true in both worlds only if both begin alike.
    let simulated = Simulated::new(&scenario, 1);
    let (real, simulated) = (stage.spec().genesis(), simulated.spec().genesis());
    assert_eq!((&real.rules, &real.balances), (&simulated.rules, &simulated.balances));
    let known = |genesis: &coinage_protocol::Genesis| {
        let tokens = genesis.tokens.iter();
        tokens.map(|one| (one.token, one.decimals, one.cap, one.issuer)).collect::<Vec<_>>()
    };
    assert_eq!(known(real), known(simulated));
    if let Err(failure) = play(&scenario, &mut stage, &mut |_, _| ()) {
        panic!("{failure}\n{}", stage.tails());
    }
}

#[test]
fn every_story_is_played_by_real_processes() {
    let entries = std::fs::read_dir(directory()).expect("stories");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("readable").file_name().into_string().expect("UTF-8");
        name.strip_suffix(".scenario").map(|name| name.replace('-', "_"))
    };
    let files: BTreeSet<_> = entries.filter_map(name).collect();
    let played: BTreeSet<_> = STORIES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(files, played);
}

#[test]
fn a_story_that_is_not_true_of_real_processes_fails_and_says_what_was_seen() {
    let told = "nodes 1\nslot 50ms\nalice pays 30 COIN to dave via n1 as rent\n\
                expect rent included once within 12 slots\nexpect dave has 30.01 COIN";
    let scenario = Scenario::parse("tale", told).expect("a story");
    let mut stage = RealStage::start(PROGRAM, &scenario);
    let said = play(&scenario, &mut stage, &mut |_, _| ()).expect_err("it is not true").to_string();
    let expected = "tale:5: expect dave has 30.01 COIN\n  it is not so\n  n1: dave has 30.00 COIN";
    assert_eq!(said, expected);
}
