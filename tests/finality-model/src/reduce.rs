//! Reductions: parts of a state that cannot matter any more.
//!
//! Each leaves out only what no later step could tell apart, or what cannot refute the claim; a
//! test compares with searches that leave out nothing.

use crate::search::{Headers, Search};
use crate::state::{State, VOTERS_MAX};
use crate::tree::Blocks;

/// A state after its reduction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reduced {
    /// Old place of each voter.
    pub(crate) order: [usize; VOTERS_MAX],
    /// The claim can no longer be refuted, whatever is signed from here on.
    pub(crate) is_settled: bool,
}

impl Search<'_> {
    /// Makes states equal that differ in nothing that matters.
    ///
    /// 1. *Abandoned* at or below the lock: C1 asks for more than C3.
    /// 2. *Left*, if every certificate below a block counts: that of a lock on its chain does, and
    ///    then V3's first half is true.
    /// 3. Signatures beyond a quorum, and those for a block that can have no quorum any more.
    /// 4. Names of voters that are in the same sets.
    pub(crate) fn reduce(&self, state: &mut State) -> Reduced {
        for voter in &mut state.voters[..self.voters] {
            if voter.abandoned <= self.tree.slot(voter.lock) {
                voter.abandoned = 0;
            }
            if self.settings.headers == Headers::Any {
                voter.left = 0;
            }
        }
        let (mut votes, mut commits) = (state.votes, state.commits);
        for (voter, memory) in state.voters[..self.voters].iter().enumerate() {
            let prospect = self.prospects.of(voter, memory);
            votes = votes.plus(prospect.votes);
            commits = commits.plus(prospect.commits);
        }
        let (mut certified, mut committed) = (Blocks::NONE, Blocks::NONE);
        for block in self.tree.blocks() {
            let needed = self.needed[block.index()];
            // Without votes in reach there will be no commits.
            let has_votes = votes.of(block) >= needed;
            let has_commits = has_votes && commits.of(block) >= needed;
            if has_votes {
                certified.insert(block);
            }
            if has_commits {
                committed.insert(block);
            }
            state.votes = state.votes.kept(block, has_votes, needed);
            state.commits = state.commits.kept(block, has_commits, needed);
        }
        let is_settled = self.refutation(certified, committed).is_none();
        Reduced { order: self.sort(state), is_settled }
    }

    /// Sorts the memories of voters that are in the same sets; they stand side by side.
    fn sort(&self, state: &mut State) -> [usize; VOTERS_MAX] {
        let mut order = std::array::from_fn(|voter| voter);
        for end in 1..self.voters {
            let mut at = end;
            while self.alike[at] && state.voters[at] < state.voters[at - 1] {
                state.voters.swap(at, at - 1);
                order.swap(at, at - 1);
                at -= 1;
            }
        }
        order
    }
}
