//! Evidence: do the signatures of one honest voter ever convict it, whatever the others do?
//!
//! Whatever the others do, they can only show the voter blocks and certificates. Here every block
//! of a tree is there and certified from the start, and the headers say what J is: nothing that
//! can happen to one voter is left out. At any moment the voter may lose all blocks but keep its
//! memory, and find them again.

use std::collections::HashSet;
use std::ops::ControlFlow;

use crate::fault::Rules;
use crate::rules::Voter;
use crate::shape::Shape;
use crate::tree::{Block, Blocks, Tree};

/// Signatures of one voter that count as proof that it is a traitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Votes for two blocks of one slot.
    TwoVotes(Block, Block),
    /// Commits of two blocks of one slot.
    TwoCommits(Block, Block),
    /// A commit, and a vote for a block of its slot or a higher one that is off the committed
    /// block's branch and whose J is below that slot.
    CommitAndVote(Block, Block),
}

/// A voter, and all that it ever signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct History {
    voter: Voter,
    voted: Blocks,
    committed: Blocks,
}

/// Counts of a look for evidence, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Trees that were searched.
    pub trees: u64,
    /// Histories that were seen.
    pub histories: u64,
    /// A tree and what the voter signed on it, in words, if it convicts an honest voter.
    pub conviction: Option<String>,
}

/// Looks for evidence against an honest voter on every tree of a shape.
///
/// The shape's headers carry votes, which is what J needs.
pub fn try_voter(shape: &Shape<'_>, rules: Rules) -> Trial {
    let mut trial = Trial::default();
    let _ = shape.for_each_tree(rules, &mut |tree| {
        trial.trees += 1;
        let mut seen = HashSet::from([History::default()]);
        let mut ahead = vec![History::default()];
        while let Some(history) = ahead.pop() {
            if let Some(evidence) = history.evidence(tree) {
                trial.conviction = Some(history.describe(tree, evidence));
                return ControlFlow::Break(());
            }
            let next = history.next(tree, rules);
            ahead.extend(next.filter(|one| seen.insert(*one)));
        }
        trial.histories += u64::try_from(seen.len()).expect("histories fit into memory");
        ControlFlow::Continue(())
    });
    trial
}

impl History {
    fn next(self, tree: &Tree, rules: Rules) -> impl Iterator<Item = Self> {
        let may_vote =
            move |block: &Block| self.voter.may_vote(tree, rules, *block, tree.justified(*block));
        let votes = tree.blocks().filter(may_vote).map(move |block| {
            let mut next = self;
            next.voter = self.voter.after_vote(tree, block);
            next.voted.insert(block);
            next
        });
        let may_commit = move |block: &Block| self.voter.may_commit(tree, rules, *block);
        let commits = tree.blocks().filter(may_commit).map(move |block| {
            let mut next = self;
            next.voter = self.voter.after_commit(tree, block);
            next.committed.insert(block);
            next
        });
        let data = [true, false].map(|are_lost| {
            let voter = self.voter.after_blocks(are_lost);
            Self { voter, ..self }
        });
        votes.chain(commits).chain(data)
    }

    fn evidence(&self, tree: &Tree) -> Option<Evidence> {
        let in_one_slot = |signed: Blocks| {
            let later = move |one: Block| signed.iter().filter(move |other| *other > one);
            let same = move |one: Block, other: &Block| tree.slot(one) == tree.slot(*other);
            signed.iter().find_map(move |one| Some((one, later(one).find(|it| same(one, it))?)))
        };
        let two_votes = in_one_slot(self.voted).map(|(one, two)| Evidence::TwoVotes(one, two));
        let two_commits =
            || in_one_slot(self.committed).map(|(one, two)| Evidence::TwoCommits(one, two));
        let pair = || {
            self.committed.iter().find_map(|commit| {
                let convicts = |vote: &Block| is_evidence(tree, commit, *vote);
                Some(Evidence::CommitAndVote(commit, self.voted.iter().find(convicts)?))
            })
        };
        two_votes.or_else(two_commits).or_else(pair)
    }

    fn describe(&self, tree: &Tree, evidence: Evidence) -> String {
        let names = |blocks: Blocks| {
            blocks.iter().map(|block| tree.name(block)).collect::<Vec<_>>().join(" and ")
        };
        let what = match evidence {
            Evidence::TwoVotes(one, two) => {
                format!("votes for {} and {}", tree.name(one), tree.name(two))
            }
            Evidence::TwoCommits(one, two) => {
                format!("commits of {} and {}", tree.name(one), tree.name(two))
            }
            Evidence::CommitAndVote(commit, vote) => {
                format!("commit of {}, vote for {}", tree.name(commit), tree.name(vote))
            }
        };
        let (voted, committed) = (names(self.voted), names(self.committed));
        let tree = tree.describe();
        format!("{tree}: voted for {voted}; committed {committed}; evidence: {what}")
    }
}

/// Checks whether a commit and a vote of one voter, in either order, are evidence against it.
fn is_evidence(tree: &Tree, commit: Block, vote: Block) -> bool {
    let slot = tree.slot(commit);
    let is_off = !tree.is_on(commit, vote);
    is_off && tree.slot(vote) >= slot && tree.slot(tree.justified(vote)) < slot
}
