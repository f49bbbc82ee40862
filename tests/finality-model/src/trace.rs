//! Shortest way to a refuted claim, in words.

use std::collections::HashSet;

use crate::reduce::Reduced;
use crate::search::{Claim, Search};
use crate::state::{Deed, State, Step, VOTERS_MAX};
use crate::tree::Block;

/// A state of the search in breadth, and how it came about.
struct Visit {
    state: State,
    /// Place of the state before, with the step from there.
    from: Option<(usize, Step)>,
    /// Place of each voter before voters were sorted.
    order: [usize; VOTERS_MAX],
}

impl Search<'_> {
    /// Returns the fewest steps that refute the claim, in words, or nothing if none do.
    pub fn shortest_trace(&self) -> Option<Vec<String>> {
        let start = State::default();
        let order = std::array::from_fn(|voter| voter);
        let mut visits = vec![Visit { state: start, from: None, order }];
        let mut seen = HashSet::from([start.key()]);
        let mut at = 0;
        while at < visits.len() {
            let state = visits[at].state;
            let facts = self.facts(&state);
            if let Some((block, other)) = self.refutation(facts.certified, facts.committed) {
                let mut words = self.steps_in_words(&visits, at);
                words.push(self.end_in_words(block, other));
                return Some(words);
            }
            self.for_each_step(&state, facts, |step, mut next| {
                let Reduced { order, is_settled } = self.reduce(&mut next);
                if !is_settled && seen.insert(next.key()) {
                    visits.push(Visit { state: next, from: Some((at, step)), order });
                }
            });
            at += 1;
        }
        None
    }

    fn steps_in_words(&self, visits: &[Visit], end: usize) -> Vec<String> {
        let mut way = Vec::new();
        let mut at = end;
        while let Some((before, step)) = visits[at].from {
            way.push((step, visits[at].order));
            at = before;
        }
        let mut names: [usize; VOTERS_MAX] = std::array::from_fn(|voter| voter);
        let mut words = Vec::new();
        for (step, order) in way.into_iter().rev() {
            words.push(self.step_in_words(names[step.voter], step.deed));
            names = order.map(|before| names[before]);
        }
        words
    }

    fn step_in_words(&self, voter: usize, deed: Deed) -> String {
        let name = ["Ann", "Ben", "Cleo", "Dan", "Eve"][voter];
        match deed {
            Deed::Vote(block) => format!("{name} votes for {}", self.tree.name(block)),
            Deed::Commit(block) => format!("{name} commits {}", self.tree.name(block)),
            Deed::ForgetLock => format!("{name} crashes and forgets the lock"),
        }
    }

    fn end_in_words(&self, block: Block, other: Block) -> String {
        let (block, other) = (self.tree.name(block), self.tree.name(other));
        match self.settings.claim {
            Claim::NoConflict => format!("{block} and {other} are both final"),
            Claim::NoBadPair => format!("{block} is final and {other} is certified"),
        }
    }
}
