//! Makes a failure smaller, so that a person can understand it.

use std::collections::BTreeSet;

use super::fault::Fault;
use super::plan::{Limits, Plan};
use super::{Mode, live};

/// Lives that are tried at most.
const TRIES_MAX: u32 = 400;

/// The narrowest limits found within which the seed still breaks the same invariant: fewer classes
/// of misfortune, then fewer nodes, slots and events.
pub fn shrink(seed: u64, limits: &Limits) -> Limits {
    let outcome = live(&Plan::draw(seed, limits), Mode::default());
    let Some(invariant) = outcome.invariant().map(str::to_owned) else { return limits.clone() };
    let mut shrinker = Shrinker { seed, invariant, best: limits.clone(), tries: 0 };
    shrinker.classes();
    shrinker.nodes();
    shrinker.slots();
    shrinker.events();
    shrinker.best
}

struct Shrinker {
    seed: u64,
    invariant: String,
    best: Limits,
    tries: u32,
}

impl Shrinker {
    /// Keeps narrower limits if the failure stays.
    fn accept(&mut self, limits: Limits) -> bool {
        if self.tries >= TRIES_MAX || limits == self.best {
            return false;
        }
        self.tries += 1;
        let outcome = live(&Plan::draw(self.seed, &limits), Mode::default());
        let same = outcome.invariant() == Some(&self.invariant);
        if same {
            self.best = limits;
        }
        same
    }

    fn classes(&mut self) {
        self.accept(Limits { no_villains: true, ..self.best.clone() });
        self.accept(Limits { plain: true, ..self.best.clone() });
        for fault in Fault::ALL {
            let mut limits = self.best.clone();
            if limits.without.insert(fault) {
                self.accept(limits);
            }
        }
    }

    fn nodes(&mut self) {
        let most = Plan::draw(self.seed, &self.best).nodes();
        for nodes in 1..most {
            if self.accept(Limits { nodes: Some(nodes), ..self.best.clone() }) {
                return;
            }
        }
    }

    fn slots(&mut self) {
        let (mut low, mut high) = (0, Plan::draw(self.seed, &self.best).slots);
        while low + 1 < high {
            let middle = u64::midpoint(low, high);
            if self.accept(Limits { slots: Some(middle), ..self.best.clone() }) {
                high = middle;
            } else {
                low = middle;
            }
        }
    }

    /// Takes out events, first in large pieces, then one by one.
    fn events(&mut self) {
        let plan = Plan::draw(self.seed, &Limits { events: None, ..self.best.clone() });
        let mut kept: BTreeSet<usize> = (0..plan.events()).collect();
        let mut piece = kept.len().div_ceil(2);
        while piece > 0 && self.tries < TRIES_MAX {
            for part in kept.clone().into_iter().collect::<Vec<_>>().chunks(piece) {
                let rest: BTreeSet<_> =
                    kept.iter().copied().filter(|event| !part.contains(event)).collect();
                if self.accept(Limits { events: Some(rest.clone()), ..self.best.clone() }) {
                    kept = rest;
                }
            }
            piece /= 2;
        }
    }
}
