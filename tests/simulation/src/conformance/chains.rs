//! Branches that compete with the honest chain.

use coinage_protocol::Offence;

use super::setup::{Ground, pay};
use super::{Delivery, Expected, Head, Sample};
use crate::block_builder::{Forge, tip};
use crate::fixtures::coin;

fn served(what: &str, branch: &Forge, expected: Expected) -> Sample {
    Sample::new(what, Delivery::Chain(branch.blocks.clone()), expected)
}

fn won(branch: &Forge) -> Expected {
    Expected { head: Head::Becomes(branch.tip), ..Expected::nothing() }
}

pub(super) fn equal(ground: &Ground) -> Vec<Sample> {
    // SPEC C-1
    let mut fork = ground.chain.clone();
    let later = fork.push(ground.free_slot(2), vec![ground.payment()]);
    let earlier = super::blocks::block_of(ground, vec![ground.payment()]);
    let head = tip(&ground.spec, &earlier);
    vec![
        Sample::block("the later slot second", &later, Expected::accept())
            .after(vec![earlier.clone()]),
        Sample::block("the earlier slot second", &earlier, Expected::moves(head))
            .after(vec![later]),
    ]
}

/// Number of blocks of the honest chain that a rival does without.
const LEFT: usize = 2;

/// The place where rivals leave the honest chain.
fn fork(ground: &Ground) -> Forge {
    ground.fork(ground.chain.blocks.len() - LEFT)
}

/// A branch that leaves the honest chain before its end and is so many blocks longer.
fn rival(ground: &Ground, more: u64) -> Forge {
    let mut fork = fork(ground);
    for number in 0..2 + more {
        fork.push(ground.free_slot(number), vec![ground.payment()]);
    }
    fork
}

pub(super) fn longer_valid(ground: &Ground) -> Vec<Sample> {
    // SPEC C-1, N-4
    let (longer, shorter) = (rival(ground, 1), rival(ground, 0));
    vec![
        served("one longer", &longer, won(&longer)),
        // As long as the honest chain, with a later slot.
        served("not longer", &shorter, Expected::nothing()),
    ]
}

pub(super) fn bad_in_the_middle(ground: &Ground) -> Vec<Sample> {
    // SPEC B-7, C-1, X-1
    let invalid: &[Offence] = &[Offence::InvalidChain];
    let overdraft = || ground.sign(&[3], vec![pay(3, 61, coin(), 2_000_000)]);
    let mut early = fork(ground);
    early.push(ground.free_slot(0), vec![overdraft()]);
    (1..5).for_each(|number| drop(early.push(ground.free_slot(number), Vec::new())));
    let mut late = rival(ground, 2);
    let valid = late.tip;
    late.push(ground.free_slot(4), vec![overdraft()]);
    late.push(ground.free_slot(5), Vec::new());
    let partly = Expected { head: Head::Becomes(valid), ..Expected::charge(invalid) };
    vec![
        served("bad before it is longer", &early, Expected::charge(invalid)),
        served("bad after it is longer", &late, partly),
    ]
}

pub(super) fn deep(ground: &Ground) -> Vec<Sample> {
    // SPEC C-2, C-6
    const DEPTH: u64 = 1_000;
    let mut before = ground.chain.clone();
    let mut branch = ground.chain.clone();
    for number in 0..DEPTH {
        before.push(ground.free_slot(2 * number), Vec::new());
        branch.push(ground.free_slot(2 * number + 1), Vec::new());
    }
    branch.push(ground.free_slot(2 * DEPTH), vec![ground.payment()]);
    let before = before.blocks.split_off(ground.chain.blocks.len());
    vec![served("1,000 blocks", &branch, won(&branch)).after(before)]
}

pub(super) fn private(ground: &Ground) -> Vec<Sample> {
    // SPEC C-1, C-2
    let count = u64::try_from(ground.spec.genesis_authorities().len()).expect("few");
    let own = |blocks: u64| {
        let mut fork = ground.fork(1);
        let first = ground.free_slot(0);
        (0..blocks).for_each(|turn| drop(fork.push(first + turn * count, Vec::new())));
        fork
    };
    let height = ground.chain.tip.height;
    let (shorter, longer) = (own((height - 2).get()), own(height.get()));
    vec![served("shorter", &shorter, Expected::nothing()), served("longer", &longer, won(&longer))]
}
