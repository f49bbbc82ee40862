//! Trees are what the design says: what they forbid, and that none is forgotten.

use std::ops::ControlFlow;

use coinage_finality_model::{
    AuthoritySet, Block, Certificate, Fault, Header, Kind, Rules, Shape, Tree, Written,
};

const SETS: [AuthoritySet; 3] =
    [AuthoritySet::of(3, 1), AuthoritySet::of(4, 1), AuthoritySet::of(4, 1).without(0)];

/// A tree that grows by blocks of the next slot, each on the one before.
struct Chain {
    tree: Tree,
    tip: Block,
}

impl Chain {
    fn new() -> Self {
        Self { tree: Tree::new(&SETS), tip: Block::GENESIS }
    }

    fn header(&self, certificate: Option<(Kind, Block)>, change: Option<u8>) -> Header {
        let slot = self.tree.slot(self.tip) + 1;
        let certificate = certificate.map(|(kind, block)| Certificate { kind, block });
        Header { slot, parent: self.tip, certificate, change }
    }

    /// Adds a block, and returns it if no rule forbids it.
    fn add(&mut self, certificate: Option<(Kind, Block)>, change: Option<u8>) -> Option<Block> {
        self.tree = self.tree.with(self.header(certificate, change), Rules::DESIGN)?;
        self.tip = self.tree.blocks().last()?;
        Some(self.tip)
    }
}

#[test]
fn a_quorum_is_more_than_two_thirds() {
    let quorums = [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4)];
    for (size, quorum) in quorums {
        assert_eq!(AuthoritySet::of(size, 0).quorum(), quorum);
    }
    assert_eq!(AuthoritySet::of(5, 2).quorum(), 5);
    assert!(AuthoritySet::of(3, 1).is_trustworthy() && !AuthoritySet::of(2, 1).is_trustworthy());
}

#[test]
fn a_header_names_what_is_news_on_its_own_chain() {
    let mut chain = Chain::new();
    let first = chain.add(None, None).expect("a block on genesis");
    let second = chain.add(Some((Kind::Votes, first)), None).expect("votes raise J");
    assert_eq!(chain.tree.justified(second), first);
    assert_eq!(chain.add(Some((Kind::Votes, first)), None), None, "J is there already");
    let third = chain.add(Some((Kind::Commits, first)), None).expect("commits raise F");
    assert_eq!(chain.tree.justified(third), first);
    assert_eq!(chain.add(Some((Kind::Commits, first)), None), None, "F is there already");
    let fourth = chain.add(Some((Kind::Commits, third)), None).expect("commits raise both");
    assert_eq!(chain.tree.justified(fourth), third);
    assert_eq!(chain.add(Some((Kind::Votes, second)), None), None, "J never falls");
    assert_eq!(chain.add(Some((Kind::Votes, Block::GENESIS)), None), None);
    let mut low = chain.header(None, None);
    low.slot -= 1;
    assert!(chain.tree.with(low, Rules::DESIGN).is_none(), "slots rise");
}

#[test]
fn a_change_is_in_force_once_the_parents_chain_says_that_it_is_final() {
    let mut chain = Chain::new();
    let change = chain.add(None, Some(1)).expect("one is added");
    assert_eq!(chain.add(None, Some(1)), None, "one change is pending");
    let votes = chain.add(Some((Kind::Votes, change)), None).expect("votes");
    let commits = chain.add(Some((Kind::Commits, change)), None).expect("commits");
    assert_eq!(chain.tree.set(votes), SETS[0]);
    assert_eq!(chain.tree.set(commits), SETS[0], "the header that says so is of the old set");
    let next = chain.add(None, None).expect("a block");
    assert_eq!(chain.tree.set(next), SETS[1]);
    assert!(chain.tree.has_changed_set());
    assert!(chain.add(None, Some(2)).is_some(), "the next change may begin");
}

#[test]
fn a_change_is_of_one_authority_unless_a_fault_is_planted() {
    let chain = Chain::new();
    let replacement = chain.header(None, Some(2));
    assert!(chain.tree.with(replacement, Rules::DESIGN).is_none());
    assert!(chain.tree.with(replacement, Rules::with(Fault::Replacement)).is_some());
}

#[test]
fn every_tree_of_a_shape_is_visited_once() {
    let count = |blocks: &[u8]| {
        let shape = Shape { blocks, sets: &SETS[..1], written: Written::Nothing };
        let mut seen = Vec::new();
        let _ = shape.for_each_tree(Rules::DESIGN, &mut |tree| {
            seen.push(tree.describe());
            ControlFlow::Continue(())
        });
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all);
        all
    };
    // With one block a slot, the block of slot s has s parents to choose from.
    assert_eq!(count(&[1, 1, 1, 1, 1]), 120);
    // Both on genesis, one of them, both on one block of slot 1, or one on each.
    assert_eq!(count(&[2, 2]), 4);
    assert_eq!(count(&[3]), 1);
}
