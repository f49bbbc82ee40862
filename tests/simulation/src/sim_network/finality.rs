//! Finality in a simulated network: what nodes sign and tell, on its way into the books.

use std::collections::BTreeSet;

use coinage_protocol::engine::{Effect, Outcome, View};
use coinage_protocol::{
    Ballot, CheckedAnswer, CheckedGossip, Pledge, PublicKey, Rejection, Slot, Tip,
};

use super::{Family, World, short};

impl World {
    /// Keys that are in the hands of villains.
    pub(crate) fn traitors(&self) -> BTreeSet<PublicKey> {
        let villains = self.nodes.iter().filter(|one| one.villain.is_some());
        villains.filter_map(|one| one.key()).map(|key| key.public()).collect()
    }

    /// Notes the blocks that somebody makes part of its chain.
    pub(super) fn note_blocks(&mut self, action: &Effect) {
        let Effect::Persist { batch, .. } = action else { return };
        for linked in &batch.applied {
            self.finality.shown(linked.block.hash(), linked.block.header());
        }
    }

    /// Notes a block that came by gossip.
    pub(super) fn note_gossip(&mut self, message: &Result<CheckedGossip, Rejection>) {
        if let Ok(CheckedGossip::Block(block)) = message {
            self.finality.shown(block.hash(), block.header());
        }
    }

    /// Notes the blocks of an answer.
    pub(super) fn note_answer(&mut self, outcome: &Outcome) {
        if let Outcome::Answer(CheckedAnswer::Blocks(blocks)) = outcome {
            for block in blocks {
                self.finality.shown(block.hash(), block.header());
            }
        }
    }

    /// Slots between two blocks of a quiet network, as its node should count them (SPEC F-10).
    pub(super) fn heartbeat_slots(&self, node: usize) -> u64 {
        let turns = self.spec().genesis_authorities().len() as u64;
        let slots = self.nodes[node].heartbeat_ms / self.slot_ms();
        let divides = |number: u64, by: u64| number.is_multiple_of(by);
        let shares = |slots: &u64| (2..=turns).any(|by| divides(turns, by) && divides(*slots, by));
        (1..=slots).rev().find(|slots| !shares(slots)).unwrap_or(1)
    }

    /// Checks whether everything that the honest nodes' chains hold is final by what these say.
    pub(crate) fn is_settled(&self) -> bool {
        self.honest().all(|node| !self.finality.is_open(&self.head(node).hash))
    }

    /// Looks at a ballot that leaves.
    pub(super) fn watch_ballot(&mut self, node: usize, ballot: &Ballot) {
        if self.nodes[node].villain.is_some() {
            self.finality.cast(ballot);
        } else {
            if !self.nodes[node].remembers_ballot(ballot) {
                self.violation("I5", || format!("{ballot:?} is signed but not remembered"));
            }
            let left = self.finality.left(ballot);
            self.demand(node, left);
        }
        let Ballot { phase, slot, block, .. } = ballot;
        self.trace.note(self.time, node, &[], || {
            format!("signs a {phase:?} for {} of slot {slot}", short(block))
        });
    }

    /// A node tells that a block is final.
    pub(super) fn on_final(&mut self, node: usize, tip: &Tip) {
        self.tally.count(Family::Chain, "block final");
        self.trace.note(self.time, node, &[b"final", tip.hash.as_bytes()], || {
            format!("calls block {} of slot {} final", short(&tip.hash), tip.slot)
        });
        if self.nodes[node].villain.is_some() {
            return;
        }
        let stored = self.nodes[node].disk.finalized().map(|one| one.tip);
        if stored.is_none_or(|stored| stored.height < tip.height) {
            self.violation("I8", || format!("node {} tells of {tip:?} unstored", node + 1));
        }
        let traitors = self.traitors();
        let told = self.finality.told(node, tip, &traitors);
        self.demand(node, told);
    }

    /// Checks that what a node has told to be final stays so, and is below its head.
    pub(crate) fn check_final(&self, node: usize, view: &View) {
        let stands = self.finality.stands(node, &view.head, &view.finality.finalized);
        self.demand(node, stands);
    }

    /// Describes what a node has told to be final, what its key is bound to, and whether it has
    /// the blocks of that.
    pub(crate) fn final_standing(&self, node: usize) -> String {
        let one = &self.nodes[node];
        let has = |pledge: Pledge| pledge.block.is_some_and(|block| one.disk.holds(&block));
        let memory = one.voting_memory();
        let place = |pledge: Pledge| {
            let block = pledge.block.map(|block| short(&block)).unwrap_or_default();
            format!("{} {block}{}", pledge.slot, if has(pledge) { "" } else { " (lost)" })
        };
        let head = one.disk.head();
        format!(
            "node {}: final {}, head {} {}, vote {}, abandoned {}, lock {}, left {}",
            node + 1,
            self.final_slot(node),
            head.slot,
            short(&head.hash),
            place(memory.last_vote),
            memory.abandoned,
            place(memory.lock),
            memory.left,
        )
    }

    /// Slot of the last block that a node told to be final.
    pub(crate) fn final_slot(&self, node: usize) -> Slot {
        self.finality.last_told(node).map(|tip| tip.slot).unwrap_or_default()
    }
}
