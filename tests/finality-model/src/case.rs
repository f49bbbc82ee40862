//! A case: the trees of a shape, searched one after the other.

use std::ops::ControlFlow;

use crate::search::{Search, Seen, Settings};
use crate::shape::Shape;

/// Trees of a shape and how they are searched.
#[derive(Clone, Copy, Debug)]
pub struct Case<'s> {
    /// Name in words.
    pub name: &'s str,
    /// Trees.
    pub shape: Shape<'s>,
    /// Rules, headers and claim.
    pub settings: Settings,
    /// End that the case must have.
    pub expected: Expected,
}

/// End that a case must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The claim holds in every state, of which there are at least so many.
    Holds {
        /// Floor under the count of states, so that an empty search is no success.
        states_min: u64,
    },
    /// The claim is refuted.
    Refuted,
}

/// Counts of a case that was run, and the way to the end of its claim.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Trees that were searched.
    pub trees: u64,
    /// States that were seen in trees where the claim holds.
    pub states: u64,
    /// States of the largest search.
    pub states_max: u64,
    /// The first tree where the claim is refuted.
    pub refutation: Option<Refutation>,
}

/// A tree, and the fewest steps on it that refute a claim.
#[derive(Clone, Debug)]
pub struct Refutation {
    /// Blocks in words.
    pub tree: String,
    /// Steps in words; the last line says what they come to.
    pub steps: Vec<String>,
}

impl Case<'_> {
    /// Searches every tree, up to the first that refutes the claim.
    pub fn run(&self) -> Report {
        let mut report = Report::default();
        let mut seen = Seen::default();
        let has_changes = self.shape.sets.len() > 1;
        let _ = self.shape.for_each_tree(self.settings.rules, &mut |tree| {
            if has_changes && !tree.has_changed_set() {
                // Trees without a change in force belong to the cases of one set.
                return ControlFlow::Continue(());
            }
            report.trees += 1;
            let search = Search::new(tree, self.settings);
            let Some(states) = search.run(&mut seen) else {
                let steps = search.shortest_trace().expect("the search in breadth finds it, too");
                report.refutation = Some(Refutation { tree: tree.describe(), steps });
                return ControlFlow::Break(());
            };
            report.states += states;
            report.states_max = report.states_max.max(states);
            ControlFlow::Continue(())
        });
        report
    }

    /// Checks that a report is what the case must come to.
    pub fn is_as_expected(&self, report: &Report) -> bool {
        match self.expected {
            Expected::Refuted => report.refutation.is_some(),
            Expected::Holds { states_min } => {
                report.refutation.is_none() && report.states >= states_min
            }
        }
    }
}
