//! The cases that are run: a small tier with the tests, a large one by `scripts/finality-model`.
//!
//! The design is tried against bad pairs, which is more than against conflicts: of two final
//! blocks on different branches, the one of the higher slot makes a bad pair with the other.

use crate::authorities::AuthoritySet;
use crate::case::{Case, Expected};
use crate::fault::{Fault, Rules};
use crate::search::{Claim, Headers, Settings};
use crate::shape::{Shape, Written};

const ONE: &[AuthoritySet] = &[AuthoritySet::of(1, 0)];
const TWO: &[AuthoritySet] = &[AuthoritySet::of(2, 0)];
const THREE: &[AuthoritySet] = &[AuthoritySet::of(3, 0)];
const FOUR: &[AuthoritySet] = &[AuthoritySet::of(3, 1)];
const FIVE: &[AuthoritySet] = &[AuthoritySet::of(4, 1)];
const SEVEN: &[AuthoritySet] = &[AuthoritySet::of(5, 2)];

const HALF_TRAITORS: &[AuthoritySet] = &[AuthoritySet::of(2, 2)];

const ONE_ADDED: &[AuthoritySet] = &[AuthoritySet::of(3, 1), AuthoritySet::of(4, 1)];
const ONE_REMOVED: &[AuthoritySet] = &[AuthoritySet::of(4, 1), AuthoritySet::of(3, 1)];
const TRAITOR_ADDED: &[AuthoritySet] = &[AuthoritySet::of(3, 0), AuthoritySet::of(3, 1)];
const TRAITOR_REMOVED: &[AuthoritySet] = &[AuthoritySet::of(3, 1), AuthoritySet::of(3, 0)];
const ADDED_THEN_REMOVED: &[AuthoritySet] =
    &[AuthoritySet::of(3, 1), AuthoritySet::of(4, 1), AuthoritySet::of(4, 1).without(0)];
const ADDED_OR_REMOVED: &[AuthoritySet] =
    &[AuthoritySet::of(4, 1), AuthoritySet::of(5, 1), AuthoritySet::of(3, 1)];
const ONE_TO_THREE: &[AuthoritySet] =
    &[AuthoritySet::of(1, 0), AuthoritySet::of(2, 0), AuthoritySet::of(3, 0)];
const REPLACED: &[AuthoritySet] = &[AuthoritySet::of(3, 1), AuthoritySet::of(4, 1).without(0)];

/// Cases of one set in the small tier.
pub fn one_set() -> Vec<Case<'static>> {
    vec![
        design("1 authority", &[2, 2, 2], ONE, 600),
        design("2 authorities", &[2, 2, 2], TWO, 2_000),
        design("3 authorities", &[2, 2, 2], THREE, 7_000),
        design("4 authorities, 1 traitor", &[2, 2, 2], FOUR, 80_000),
        design("4 authorities, 1 traitor", &[1, 1, 1, 1, 1], FOUR, 500_000),
        design("4 authorities, 1 traitor", &[1, 2, 2, 2], FOUR, 4_000_000),
        design("4 authorities, 1 traitor", &[2, 1, 2, 2], FOUR, 2_000_000),
        design("4 authorities, 1 traitor", &[2, 2, 1, 2], FOUR, 2_000_000),
        design("4 authorities, 1 traitor", &[2, 2, 2, 1], FOUR, 2_000_000),
        design("5 authorities, 1 traitor", &[2, 2, 2], FIVE, 200_000),
        design("7 authorities, 2 traitors", &[2, 2, 2], SEVEN, 2_000_000),
        written("4 authorities, 1 traitor", &[2, 2, 2], FOUR, 400_000),
        written("4 authorities, 1 traitor", &[1, 1, 2, 1], FOUR, 2_000_000),
    ]
}

/// Cases with changes of authorities in the small tier.
pub fn changes() -> Vec<Case<'static>> {
    vec![
        design("one added", &[1, 1, 1, 1, 1], ONE_ADDED, 4_000_000),
        design("one removed", &[1, 1, 1, 1, 1], ONE_REMOVED, 9_000_000),
        design("the traitor added", &[1, 1, 1, 1, 1], TRAITOR_ADDED, 400_000),
        design("the traitor removed", &[1, 1, 1, 1, 1], TRAITOR_REMOVED, 1_000_000),
        design("one added, then one removed", &[1, 1, 1, 2], ADDED_THEN_REMOVED, 4_000_000),
        design("one added or one removed", &[1, 1, 1, 1], ADDED_OR_REMOVED, 100_000),
        design("1, 2, then 3 authorities", &[1, 1, 1, 1, 1], ONE_TO_THREE, 10_000),
        written("one added", &[1, 1, 1, 2], ONE_ADDED, 3_000_000),
        written("one removed", &[1, 1, 2, 1], ONE_REMOVED, 1_000_000),
    ]
}

/// Cases of the large tier.
pub fn large() -> Vec<Case<'static>> {
    vec![
        design("4 authorities, 1 traitor", &[2, 2, 2, 2], FOUR, 21_000_000),
        design("4 authorities, 1 traitor", &[3, 3, 2], FOUR, 500_000),
        design("4 authorities, 1 traitor", &[1, 2, 1, 2, 1], FOUR, 18_000_000),
        design("4 authorities, 1 traitor", &[1, 1, 2, 1, 2], FOUR, 25_000_000),
        design("4 authorities, 1 traitor", &[1, 1, 1, 1, 1, 1], FOUR, 15_000_000),
        design("5 authorities, 1 traitor", &[1, 2, 2, 2], FIVE, 19_000_000),
        design("5 authorities, 1 traitor", &[2, 2, 2, 2], FIVE, 90_000_000),
        design("7 authorities, 2 traitors", &[1, 2, 2, 1], SEVEN, 22_000_000),
        design("7 authorities, 2 traitors", &[1, 1, 1, 1, 1], SEVEN, 20_000_000),
        written("4 authorities, 1 traitor", &[1, 1, 1, 1, 1], FOUR, 12_000_000),
        written("4 authorities, 1 traitor", &[1, 1, 2, 2], FOUR, 44_000_000),
        written("one removed", &[1, 1, 1, 2], ONE_REMOVED, 8_000_000),
        design("one added or one removed", &[1, 1, 1, 2], ADDED_OR_REMOVED, 9_000_000),
        design("one added, then one removed", &[1, 1, 1, 1, 1], ADDED_THEN_REMOVED, 27_000_000),
        design("one added", &[1, 1, 2, 2], ONE_ADDED, 17_000_000),
        design("one removed", &[1, 1, 2, 2], ONE_REMOVED, 51_000_000),
        design("the traitor added", &[1, 1, 1, 2, 1], TRAITOR_ADDED, 8_000_000),
        design("the traitor removed", &[1, 1, 1, 2, 1], TRAITOR_REMOVED, 29_000_000),
        design("1, 2, then 3 authorities", &[1, 1, 1, 1, 1, 1], ONE_TO_THREE, 9_000_000),
    ]
}

/// Planted faults, and one assumption that does not hold: each gives a conflict.
pub fn faults() -> Vec<Case<'static>> {
    vec![
        fault("no lock", Fault::NoLock, &[1, 1], FOUR),
        fault("lock forgotten", Fault::LockForgotten, &[1, 1], FOUR),
        fault("C3 dropped", Fault::C3Dropped, &[1, 1, 2], FOUR),
        fault("C2 and C3 dropped", Fault::C2AndC3Dropped, &[1, 1], FOUR),
        fault("two votes a slot, C3 lax", Fault::TwoVotesAndC3Lax, &[2, 2], FOUR),
        fault("quorum n/2 + 1 of 5", Fault::SimpleMajority, &[2], FIVE),
        fault("change in force at once", Fault::ChangeAtOnce, &[2, 1, 1], ADDED_THEN_REMOVED),
        fault("replacement in one step", Fault::Replacement, &[1, 2, 1], REPLACED),
        fault("the old set's quorum", Fault::OldQuorum, &[1, 2, 1], ONE_ADDED),
        Case {
            expected: Expected::Refuted,
            settings: Settings::DESIGN,
            ..design("2 traitors of 4", &[2], HALF_TRAITORS, 0)
        },
    ]
}

/// Planted faults that another rule makes up for: no conflict, but at times other harm.
pub fn harmless_faults() -> Vec<Case<'static>> {
    let faulty = |fault, case: Case<'static>| {
        let rules = Rules::with(fault);
        Case { settings: Settings { rules, ..case.settings }, ..case }
    };
    vec![
        faulty(Fault::TwoVotesPerSlot, design("two votes a slot", &[2, 2, 2], FOUR, 900_000)),
        faulty(Fault::C3Lax, design("C3 lax", &[2, 2, 2], FOUR, 140_000)),
        faulty(Fault::LeftIgnored, written("left ignored", &[1, 1, 2, 1], FOUR, 1_000_000)),
        faulty(Fault::ChangeAtOnce, design("one change at once", &[1, 1, 2], ONE_ADDED, 100_000)),
    ]
}

/// Trees on which one voter is tried against every environment.
pub fn one_voter() -> Vec<Shape<'static>> {
    let shapes: [&[u8]; 5] = [&[2, 2], &[1, 1, 1, 1], &[2, 2, 2], &[1, 1, 2, 1], &[1, 1, 1, 1, 1]];
    let with_votes = |blocks| Shape { blocks, sets: FOUR, written: Written::Votes };
    shapes.map(with_votes).to_vec()
}

/// The design, with every way to place votes in headers at once.
fn design<'s>(
    name: &'s str,
    blocks: &'s [u8],
    sets: &'s [AuthoritySet],
    states_min: u64,
) -> Case<'s> {
    let written = if sets.len() > 1 { Written::Commits } else { Written::Nothing };
    Case {
        name,
        shape: Shape { blocks, sets, written },
        settings: Settings { claim: Claim::NoBadPair, ..Settings::DESIGN },
        expected: Expected::Holds { states_min },
    }
}

/// The design, with votes and commits in headers as each tree has them.
fn written<'s>(
    name: &'s str,
    blocks: &'s [u8],
    sets: &'s [AuthoritySet],
    states_min: u64,
) -> Case<'s> {
    let mut case = design(name, blocks, sets, states_min);
    case.shape.written = Written::Both;
    case.settings.headers = Headers::Written;
    case
}

fn fault<'s>(name: &'s str, fault: Fault, blocks: &'s [u8], sets: &'s [AuthoritySet]) -> Case<'s> {
    let case = design(name, blocks, sets, 0);
    let settings = Settings { rules: Rules::with(fault), ..Settings::DESIGN };
    Case { settings, expected: Expected::Refuted, ..case }
}
