//! Blocks that a voter can still sign for, worked out once for every memory.

use crate::fault::{Fault, Rules};
use crate::rules::Voter;
use crate::state::{BLOCKS_MAX, SLOT_MAX};
use crate::tally::Tally;
use crate::tree::{Block, Tree};

/// Counts of one for each block that a voter can still sign for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prospect {
    pub(crate) votes: Tally,
    pub(crate) commits: Tally,
}

/// Prospects by voter and memory.
#[derive(Debug)]
pub(crate) struct Prospects(Vec<Vec<Prospect>>);

impl Prospects {
    pub(crate) fn new(tree: &Tree, rules: Rules, voters: usize) -> Self {
        Self((0..voters).map(|voter| of_voter(tree, rules, voter)).collect())
    }

    pub(crate) fn of(&self, voter: usize, memory: &Voter) -> Prospect {
        self.0[voter][place(memory)]
    }
}

/// Place of a memory in the table; what is left and what is forgotten forbid no commit.
fn place(memory: &Voter) -> usize {
    let slot = usize::from(memory.abandoned);
    let slots = usize::from(SLOT_MAX) + 1;
    (memory.last.index() * slots + slot) * BLOCKS_MAX + memory.lock.index()
}

fn of_voter(tree: &Tree, rules: Rules, voter: usize) -> Vec<Prospect> {
    let blocks = || std::iter::once(Block::GENESIS).chain(tree.blocks());
    let mut table =
        vec![Prospect::default(); BLOCKS_MAX * BLOCKS_MAX * (usize::from(SLOT_MAX) + 1)];
    for last in blocks() {
        for lock in blocks() {
            for abandoned in 0..=tree.slot(last) {
                let memory = Voter { last, abandoned, lock, ..Voter::default() };
                table[place(&memory)] = of_memory(tree, rules, voter, &memory);
            }
        }
    }
    table
}

fn of_memory(tree: &Tree, rules: Rules, voter: usize, memory: &Voter) -> Prospect {
    let mut prospect = Prospect::default();
    for block in tree.blocks().filter(|block| tree.set(*block).has(voter)) {
        if memory.v2(tree, rules, block) {
            prospect.votes = prospect.votes.plus_one(block);
        }
        if may_ever_commit(tree, rules, memory, block) {
            prospect.commits = prospect.commits.plus_one(block);
        }
    }
    prospect
}

/// Checks whether a voter can still come to commit a block.
///
/// A voter whose last vote is at or above the block's slot and on another branch comes back only
/// by a vote that puts *abandoned* at or above that slot, and *abandoned* never falls: with C2, C3
/// and one vote a slot, such a voter never commits the block.
fn may_ever_commit(tree: &Tree, rules: Rules, memory: &Voter, block: Block) -> bool {
    let is_bound = !matches!(
        rules.fault,
        Some(
            Fault::C3Dropped
                | Fault::C3Lax
                | Fault::C2AndC3Dropped
                | Fault::TwoVotesPerSlot
                | Fault::TwoVotesAndC3Lax
        )
    );
    let may_vote = tree.slot(block) > tree.slot(memory.last);
    let stands = memory.c2(tree, rules, block) && memory.c3(tree, rules, block);
    memory.c1(tree, block) && (may_vote || stands || !is_bound)
}
