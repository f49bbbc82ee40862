//! An authority that votes for, and commits, whatever there is.

use std::rc::Rc;

use coinage_protocol::{Ballot, BlockHash, Phase, Slot, Topic, encode};

use super::Villainy;
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};

impl World {
    /// Signs for every block of a slot: to each peer for another one, or to all for all.
    pub(super) fn vote_for_anything(&mut self, node: usize, slot: Slot) {
        let blocks = self.villain(node).ears.of_slot(slot);
        if blocks.is_empty() || slot + 2 < self.slot() {
            return;
        }
        self.tally.count(Family::Villain, Villainy::DoubleVoter.name());
        let all = self.chance(4) == 0;
        for to in self.peers_of(node) {
            // Villains who share nothing but this rule tell each peer the same.
            let chosen = if all { &blocks[..] } else { &blocks[to % blocks.len()..][..1] };
            for block in chosen {
                self.sign_for(node, to, (slot, *block));
            }
        }
        if self.chance(8) == 0 {
            self.sign_for_the_past(node);
        }
    }

    /// Signs both for a block, to one peer.
    fn sign_for(&mut self, node: usize, to: usize, place: (Slot, BlockHash)) {
        for phase in Phase::ALL {
            let message = self.signed_ballot(node, phase, place);
            message.into_iter().for_each(|message| self.gossip(node, to, &message));
        }
    }

    /// Signs for an old block that it may have been silent about, or against, before.
    fn sign_for_the_past(&mut self, node: usize) {
        let known: Vec<_> = self.villain(node).ears.blocks.iter().copied().collect();
        let at = usize::try_from(self.chance(known.len() as u64)).unwrap_or(0);
        for to in self.peers_of(node) {
            known.get(at).into_iter().for_each(|place| self.sign_for(node, to, *place));
        }
    }

    /// A ballot of a villain's key for a block, as a message.
    pub(super) fn signed_ballot(
        &mut self,
        node: usize,
        phase: Phase,
        place: (Slot, BlockHash),
    ) -> Option<Rc<Message>> {
        let key = self.nodes[node].key()?;
        let ballot = Ballot::new(phase, place, self.spec().chain(), &key);
        self.finality.cast(&ballot);
        Some(Message::new(Topic::Votes, encode(&ballot)))
    }

    /// Lets the others who vote for anything know of blocks that one of them wrote.
    pub(super) fn tell_accomplices(&mut self, node: usize, slot: Slot) {
        let all = self.villain(node).ears.of_slot(slot);
        for other in 0..self.nodes.len() {
            let Some(villain) = &mut self.nodes[other].villain else { continue };
            if villain.kind == Villainy::DoubleVoter {
                villain.ears.blocks.extend(all.iter().map(|block| (slot, *block)));
                self.vote_for_anything(other, slot);
            }
        }
    }
}
