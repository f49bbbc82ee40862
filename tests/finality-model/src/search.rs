//! Search over all orders of votes and commits on one tree.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use crate::fault::{Fault, Rules};
use crate::prospects::Prospects;
use crate::state::{BLOCKS_MAX, Deed, KeyHasher, SLOT_MAX, State, Step, VOTERS_MAX};
use crate::tree::{Block, Blocks, Kind, Tree};

/// Certificates that count as being on the chain of a block, for V3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// All certificates of blocks below it: every way to place votes in headers at once.
    Any,
    /// Certificates that the tree's headers name; a block is there once its own exists.
    Written,
}

/// Claim that the search tries to refute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Two blocks of different branches are never both final.
    NoConflict,
    /// No block is certified at or above the slot of a final block and off its branch.
    ///
    /// The safety argument shows this; it is more than `NoConflict`.
    NoBadPair,
}

/// Rules and bounds of a search.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Rules of the honest voters.
    pub rules: Rules,
    /// Certificates that V3 sees.
    pub headers: Headers,
    /// Claim to refute.
    pub claim: Claim,
    /// Leaves out what cannot matter any more; see `reduce.rs`.
    pub is_reduced: bool,
}

impl Settings {
    /// The design, with every placement of votes in headers, against conflicts.
    pub const DESIGN: Self = Self {
        rules: Rules::DESIGN,
        headers: Headers::Any,
        claim: Claim::NoConflict,
        is_reduced: true,
    };
}

/// Facts of a state that depend on no voter's memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Blocks with a quorum of votes.
    pub(crate) certified: Blocks,
    /// Blocks with a quorum of commits.
    pub(crate) committed: Blocks,
    /// Blocks whose chain's certificates all exist.
    shown: Blocks,
}

/// Search of one tree.
#[derive(Debug)]
pub struct Search<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) settings: Settings,
    pub(crate) voters: usize,
    /// Honest signatures that a quorum needs, by block.
    pub(crate) needed: [u8; BLOCKS_MAX],
    /// Blocks that voters can still sign for.
    pub(crate) prospects: Prospects,
    /// Voters that are in the same sets as the voter before.
    pub(crate) alike: [bool; VOTERS_MAX],
    /// Blocks that refute the claim, by final block.
    pub(crate) refuting: [Blocks; BLOCKS_MAX],
}

/// Keys of the states that were seen; it can be used again, and keeps its room.
#[derive(Debug, Default)]
pub struct Seen(HashSet<u128, BuildHasherDefault<KeyHasher>>);

impl<'t> Search<'t> {
    /// Prepares the search of a tree.
    ///
    /// # Panics
    ///
    /// If the tree is larger than a state has room for.
    pub fn new(tree: &'t Tree, settings: Settings) -> Self {
        let honest = tree.sets().iter().fold(0_u8, |all, set| all | set.honest);
        let voters = (u8::BITS - honest.leading_zeros()) as usize;
        assert!(voters <= VOTERS_MAX, "{voters} voters");
        let mut needed = [0; BLOCKS_MAX];
        let mut refuting = [Blocks::NONE; BLOCKS_MAX];
        for block in tree.blocks() {
            assert!(block.index() < BLOCKS_MAX && tree.slot(block) <= SLOT_MAX, "{tree:?}");
            needed[block.index()] = honest_signatures_needed(tree, settings.rules, block);
            for other in tree.blocks() {
                if is_refuted(tree, settings.claim, block, other) {
                    refuting[block.index()].insert(other);
                }
            }
        }
        let is_alike = |voter: usize| {
            voter > 0 && tree.sets().iter().all(|set| set.has(voter) == set.has(voter - 1))
        };
        let alike = std::array::from_fn(is_alike);
        let prospects = Prospects::new(tree, settings.rules, voters);
        Self { tree, settings, voters, needed, prospects, alike, refuting }
    }

    /// Visits every state. Returns how many there are, or nothing if one refutes the claim.
    pub fn run(&self, seen: &mut Seen) -> Option<u64> {
        let Seen(seen) = seen;
        seen.clear();
        let start = State::default();
        let mut ahead = vec![start];
        seen.insert(start.key());
        while let Some(state) = ahead.pop() {
            let facts = self.facts(&state);
            if self.refutation(facts.certified, facts.committed).is_some() {
                return None;
            }
            self.for_each_step(&state, facts, |_, mut next| {
                let is_settled = self.settings.is_reduced && self.reduce(&mut next).is_settled;
                if !is_settled && seen.insert(next.key()) {
                    ahead.push(next);
                }
            });
        }
        Some(u64::try_from(seen.len()).expect("states fit into memory"))
    }

    /// Returns what is certified, final and there, with the traitors' signatures for everything.
    pub(crate) fn facts(&self, state: &State) -> Facts {
        let mut facts =
            Facts { certified: Blocks::NONE, committed: Blocks::NONE, shown: Blocks::GENESIS };
        for block in self.tree.blocks() {
            let needed = self.needed[block.index()];
            if state.votes.of(block) >= needed {
                facts.certified.insert(block);
            }
            if state.commits.of(block) >= needed {
                facts.committed.insert(block);
            }
        }
        for block in self.tree.blocks() {
            let header = self.tree.header(block);
            let exists = header.certificate.is_none_or(|one| match one.kind {
                Kind::Votes => facts.certified.contains(one.block),
                Kind::Commits => facts.committed.contains(one.block),
            });
            if exists && facts.shown.contains(header.parent) {
                facts.shown.insert(block);
            }
        }
        facts
    }

    /// Returns a final block and one that refutes the claim, if there is such a pair.
    pub(crate) fn refutation(
        &self,
        certified: Blocks,
        committed: Blocks,
    ) -> Option<(Block, Block)> {
        let others = match self.settings.claim {
            Claim::NoConflict => committed,
            Claim::NoBadPair => certified,
        };
        let refuting = |block: Block| self.refuting[block.index()].and(others).iter().next();
        committed.iter().find_map(|block| Some((block, refuting(block)?)))
    }

    /// Tries every vote, commit and planted crash of every voter.
    pub(crate) fn for_each_step(
        &self,
        state: &State,
        facts: Facts,
        mut visit: impl FnMut(Step, State),
    ) {
        for voter in 0..self.voters {
            let is_twin = self.alike[voter] && state.voters[voter] == state.voters[voter - 1];
            if is_twin && self.settings.is_reduced {
                continue;
            }
            for block in self.tree.blocks() {
                let is_member = self.tree.set(block).has(voter);
                if is_member && facts.shown.contains(block) {
                    self.try_vote(state, facts, voter, block, &mut visit);
                    self.try_commit(state, facts, voter, block, &mut visit);
                }
            }
            let memory = state.voters[voter];
            let can_forget = memory.lock != Block::GENESIS && !memory.forgot_lock;
            if can_forget && self.settings.rules.have(Fault::LockForgotten) {
                let mut next = *state;
                next.voters[voter].forgot_lock = true;
                visit(Step { voter, deed: Deed::ForgetLock }, next);
            }
        }
    }

    fn try_vote(
        &self,
        state: &State,
        facts: Facts,
        voter: usize,
        block: Block,
        visit: &mut impl FnMut(Step, State),
    ) {
        let memory = state.voters[voter];
        let justified = self.justified(facts, block);
        if memory.may_vote(self.tree, self.settings.rules, block, justified) {
            let mut next = *state;
            next.voters[voter] = memory.after_vote(self.tree, block);
            next.votes = next.votes.plus_one(block);
            visit(Step { voter, deed: Deed::Vote(block) }, next);
        }
    }

    fn try_commit(
        &self,
        state: &State,
        facts: Facts,
        voter: usize,
        block: Block,
        visit: &mut impl FnMut(Step, State),
    ) {
        let memory = state.voters[voter];
        let is_certified = facts.certified.contains(block);
        if is_certified && memory.may_commit(self.tree, self.settings.rules, block) {
            let mut next = *state;
            next.voters[voter] = memory.after_commit(self.tree, block);
            next.commits = next.commits.plus_one(block);
            visit(Step { voter, deed: Deed::Commit(block) }, next);
        }
    }

    /// J of a block, by the certificates that count.
    fn justified(&self, facts: Facts, block: Block) -> Block {
        match self.settings.headers {
            Headers::Written => self.tree.justified(block),
            Headers::Any => {
                let parent = self.tree.header(block).parent;
                facts.certified.and(self.tree.chain(parent)).highest()
            }
        }
    }
}

/// Returns the quorum of the block's set without its traitors, who sign for every block.
fn honest_signatures_needed(tree: &Tree, rules: Rules, block: Block) -> u8 {
    let set = tree.set(block);
    let quorum = match rules.fault {
        Some(Fault::SimpleMajority) => set.size() / 2 + 1,
        Some(Fault::OldQuorum) => tree.sets()[0].quorum(),
        _ => set.quorum(),
    };
    quorum.saturating_sub(set.traitor_count())
}

/// Checks whether a final block and another one, final or certified, cannot be under a claim.
fn is_refuted(tree: &Tree, claim: Claim, block: Block, other: Block) -> bool {
    let is_off = !tree.is_on(block, other);
    match claim {
        Claim::NoConflict => is_off && !tree.is_on(other, block),
        Claim::NoBadPair => is_off && tree.slot(other) >= tree.slot(block),
    }
}
