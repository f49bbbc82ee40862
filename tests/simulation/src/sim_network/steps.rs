//! Steps in a slot: a life that goes round in circles ends, and says who does.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Happening, World};
use coinage_protocol::Slot;

/// Happenings in one slot at most; ten times as many as there ever were in a life that ended.
const STEPS_MAX: u64 = 400_000;
/// Number of those who are named.
const NAMED: usize = 4;

/// The steps of one slot: what happened in it.
#[derive(Debug, Default)]
pub(super) struct Steps {
    slot: Slot,
    count: u64,
    by: BTreeMap<(usize, &'static str), u64>,
}

impl World {
    /// Counts a step, and fails the run if there are too many.
    pub(super) fn step(&mut self, node: usize, what: &Happening) {
        let slot = self.slot();
        if self.steps.slot != slot {
            self.steps = Steps { slot, ..Steps::default() };
        }
        self.steps.count += 1;
        *self.steps.by.entry((node, kind(what))).or_default() += 1;
        // Not a matter of checks: without an end nobody could tell.
        assert!(self.steps.count <= STEPS_MAX, "I14: {}", self.circles());
    }

    /// Describes who does what all the time, and what it is after.
    fn circles(&self) -> String {
        let mut all: Vec<_> = self.steps.by.iter().collect();
        all.sort_by_key(|(_, count)| Reverse(**count));
        let named = all.into_iter().take(NAMED).map(|((node, what), count)| {
            let stands = self.nodes[*node].engine.as_ref().map(|engine| {
                let view = engine.view();
                let best = view.tips.iter().map(|known| known.tip).max_by_key(|tip| tip.height);
                format!("head {:?}, {:?}, highest known {best:?}", view.head, view.sync)
            });
            format!("node {}: {count} x {what}: {}", node + 1, stands.unwrap_or_default())
        });
        let named: Vec<_> = named.collect();
        format!("no end to slot {}: {}", self.steps.slot, named.join("; "))
    }
}

fn kind(what: &Happening) -> &'static str {
    match what {
        Happening::Tick => "tick",
        Happening::Gossip { .. } => "gossip",
        Happening::Arrival { what, .. } => kind(what),
        Happening::Asked { .. } => "question",
        Happening::Answered { .. } => "answer",
        Happening::Persisted { .. } => "batch on disk",
        Happening::Connected { .. } => "connected",
        Happening::Disconnected { .. } => "disconnected",
        Happening::Submitted { .. } | Happening::Change { .. } => "submission",
        Happening::Reconnect { .. } => "reconnection",
        Happening::Thaw => "thaw",
        Happening::Mischief => "mischief",
        Happening::Errand { .. } => "errand",
    }
}
