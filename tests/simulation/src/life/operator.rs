//! Operators look after nodes: they start what has ended, and empty a disk that is damaged.

use super::Life;
use crate::sim_network::{Family, World};

/// Slots until somebody notices that a node does not run.
const NOTICED_SLOTS: u64 = 5;

impl Life<'_> {
    /// A node's operator comes so many slots from now.
    pub(super) fn visit(&mut self, node: usize, slots: u64) {
        self.visits.insert(node, (self.world.slot() + slots).get());
    }

    /// Operators do what is due.
    pub(super) fn tend(&mut self) {
        for node in 0..self.world.nodes.len() {
            if self.world.nodes[node].is_broken && !self.visits.contains_key(&node) {
                self.visit(node, NOTICED_SLOTS);
            }
        }
        let now = self.world.slot();
        let due = self.visits.iter().filter(|(_, slot)| **slot <= now.get());
        let due: Vec<_> = due.map(|(node, _)| *node).collect();
        for node in due {
            self.visits.remove(&node);
            self.care_for(node);
        }
    }

    /// Makes sure that a node runs, on a disk of which every record is in order.
    pub(super) fn repair(&mut self, node: usize) {
        self.care_for(node);
        // A start looks at what it needs, and not at every block.
        if self.world.runs(node) && self.world.nodes[node].disk.is_damaged() {
            self.world.kill(node);
            self.world.nodes[node].is_broken = true;
            self.world.tally.count(Family::Disk, "found by a look at everything");
        }
        self.care_for(node);
    }

    /// Starts a node again with its operator's word for its clock, if blocks are ahead of that.
    pub(super) fn vouch_for(&mut self, node: usize) {
        let ahead = |world: &World| {
            let engine = world.nodes[node].engine.as_ref();
            engine.is_some_and(|engine| engine.view().head_ahead_ms.is_some())
        };
        if self.world.nodes[node].villain.is_none() && ahead(&self.world) {
            self.world.kill(node);
            self.world.nodes[node].is_vouched = true;
            self.care_for(node);
            self.world.nodes[node].is_vouched = false;
            self.world.tally.count(Family::Chain, "clock vouched for by an operator");
        }
    }

    fn care_for(&mut self, node: usize) {
        if self.world.nodes[node].is_broken {
            if self.world.is_only_copy(node) && self.world.restore_copy(node) {
                self.world.tally.count(Family::Disk, "copied back by its operator");
            } else {
                self.world.wipe(node);
                self.world.tally.count(Family::Disk, "wiped by its operator");
            }
        }
        if !self.world.runs(node) {
            self.world.start(node);
        }
    }
}
