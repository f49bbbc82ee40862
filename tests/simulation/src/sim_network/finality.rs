//! Finality in a simulated network: what nodes sign and tell, on its way into the books.

use std::collections::BTreeSet;

use coinage_protocol::engine::{Effect, Outcome, View};
use coinage_protocol::{
    AuthoritySet, Ballot, BlockHash, CheckedAnswer, CheckedGossip, Conflict, Evidence,
    EvidenceKind, Pledge, PublicKey, Rejection, Slot, Tip,
};

use super::{Family, World, short};

impl World {
    /// Keys that are in the hands of villains.
    pub(crate) fn traitors(&self) -> BTreeSet<PublicKey> {
        let villains = self.nodes.iter().filter(|one| one.villain.is_some());
        villains.filter_map(|one| one.key()).map(|key| key.public()).collect()
    }

    /// The keys of villains, and of those whose clock was ever far ahead.
    pub(crate) fn astray(&self) -> BTreeSet<PublicKey> {
        let astray = self.nodes.iter().filter(|one| one.villain.is_some() || one.was_far_ahead);
        astray.filter_map(|one| one.key()).map(|key| key.public()).collect()
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

    /// Slots between two blocks of a quiet network, as a node should count them that writes on
    /// this block (SPEC F-10).
    pub(super) fn heartbeat_slots(&self, node: usize, parent: &BlockHash) -> u64 {
        let turns = self.finality.authorities_on(parent).len() as u64;
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
            if self.nodes[node].disk.conflict().is_some() {
                self.violation("F-12", || format!("node {} signs after a conflict", node + 1));
            }
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
        match self.finality.told(node, tip, &traitors) {
            // Too many are traitors. What else follows is looked at when all hear each other.
            Err(("I1", error)) if self.conflict.is_none() => self.conflict = Some(error),
            told => self.demand(node, told),
        }
    }

    /// A node tells of evidence: it is against a traitor, and stored.
    pub(super) fn on_evidence(&mut self, node: usize, evidence: &Evidence) {
        let kind = match evidence.kind() {
            EvidenceKind::Blocks => "evidence: two blocks",
            EvidenceKind::Votes => "evidence: two votes",
            EvidenceKind::Commits => "evidence: two commits",
            EvidenceKind::CommitAndVote => "evidence: a broken commit",
        };
        self.tally.count(Family::Chain, kind);
        self.trace.note(self.time, node, &[kind.as_bytes()], || {
            format!("finds {kind} of {} of slot {}", evidence.signer(), evidence.slot())
        });
        if self.nodes[node].villain.is_some() {
            return;
        }
        if !self.keys_are_out && !self.traitors().contains(evidence.signer()) {
            self.violation("F-11", || format!("{evidence:?} is against an honest authority"));
        }
        if !self.nodes[node].disk.evidence().contains(evidence) {
            self.violation("I8", || format!("node {} tells of {evidence:?} unstored", node + 1));
        }
    }

    /// A node tells that two quorums contradict each other: it is so, it is stored, and the node
    /// signs nothing any more.
    pub(super) fn on_conflict(&mut self, node: usize, conflict: &Conflict) {
        self.tally.count(Family::Chain, "conflict told");
        let Conflict { ours, theirs, both } = conflict;
        self.trace.note(self.time, node, &[b"conflict"], || {
            format!("tells that {} and {} contradict", short(&ours.block), short(&theirs.block))
        });
        if self.nodes[node].villain.is_some() {
            return;
        }
        let (one, other) = ((ours.slot, ours.block), (theirs.slot, theirs.block));
        let apart =
            !self.finality.descends(&one.1, other) && !self.finality.descends(&other.1, one);
        let sets = [ours, theirs].map(|one| self.finality.authorities(&one.block));
        let third = 3 * both.len() > sets[0].len() || sets[0] != sets[1];
        if !apart || !third {
            self.violation("F-12", || format!("node {} tells {conflict:?}", node + 1));
        }
        let found = || {
            let names =
                [ours, theirs].map(|it| format!("{} of slot {}", short(&it.block), it.slot));
            format!("node {} finds both {} and {} final", node + 1, names[0], names[1])
        };
        self.conflict.get_or_insert_with(found);
        let stops = self.nodes[node].authority.is_none() || self.view(node).stop.is_some();
        if !stops || self.nodes[node].disk.conflict().as_ref() != Some(conflict) {
            self.violation("F-12", || format!("node {} goes on or forgets {conflict:?}", node + 1));
        }
    }

    /// The evidence that a node has, by signer and kind.
    pub(crate) fn evidence_of(&self, node: usize) -> BTreeSet<(PublicKey, EvidenceKind)> {
        let evidence = self.nodes[node].disk.evidence();
        evidence.iter().map(|one| (*one.signer(), one.kind())).collect()
    }

    /// A node tells who the authorities are, and who they will be.
    pub(super) fn on_authorities(
        &mut self,
        node: usize,
        set: &AuthoritySet,
        next: Option<&AuthoritySet>,
    ) {
        let what = if next.is_some() { "authorities to come" } else { "authorities in force" };
        self.tally.count(Family::Chain, what);
        self.trace.note(self.time, node, &[what.as_bytes(), set.hash().as_bytes()], || {
            let next = next.map(|next| format!(", to be {}", next.len())).unwrap_or_default();
            format!("has {} authorities{next}", set.len())
        });
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
