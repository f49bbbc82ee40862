//! An authority that keeps its votes and commits, and lets them out when it suits it.

use coinage_protocol::Ballot;

use super::Villainy;
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};
use coinage_protocol::{Topic, encode};

/// Slots for which a ballot is kept at most.
const KEPT_SLOTS: u64 = 12;

impl World {
    /// Keeps a ballot for later.
    pub(super) fn withhold_ballot(&mut self, node: usize, ballot: &Ballot) {
        self.finality.cast(ballot);
        self.tally.count(Family::Villain, Villainy::VoteWithholder.name());
        let until = self.slot() + self.chance(KEPT_SLOTS);
        let message = Message::new(Topic::Votes, encode(ballot));
        self.villain(node).vault.push((until.get(), message));
    }

    /// Lets out, to one or two nodes, the ballots whose time has come.
    pub(super) fn let_ballots_out(&mut self, node: usize) {
        for message in self.due(node) {
            self.send_to_few(node, &message);
        }
    }

    /// Completes a quorum for one or two nodes: always if the block is off its head, now and then
    /// if it is not; at once, or so late in the slot that nobody can follow.
    pub(super) fn reveal_in_time(&mut self, node: usize, heard: &Ballot) {
        let Some(own) = self.nodes[node].key().map(|key| key.public()) else { return };
        let place = (heard.slot, heard.block);
        let signers = &self.villain(node).ears.signers;
        let signers = signers.get(&(heard.slot, heard.block, heard.phase));
        let others = signers.map_or(0, |all| all.iter().filter(|key| **key != own).count());
        let authorities = self.spec().genesis_authorities().len();
        let one_short = 3 * others <= 2 * authorities && 3 * (others + 1) > 2 * authorities;
        let Some(head) = self.nodes[node].engine.as_ref().map(|engine| engine.head()) else {
            return;
        };
        let is_off = !self.finality.descends(&head.hash, place);
        if !one_short || (!is_off && self.chance(4) != 0) {
            return;
        }
        let name = if is_off { "timed reveal off the head" } else { "timed reveal" };
        self.tally.count(Family::Villain, name);
        if let Some(message) = self.signed_ballot(node, heard.phase, place) {
            self.send_to_few(node, &message);
        }
    }

    /// Sends a message to one or two peers, now or before the slot ends.
    pub(super) fn send_to_few(&mut self, node: usize, message: &std::rc::Rc<Message>) {
        let peers = self.peers_of(node);
        let left = self.slot_ms() - self.time() % self.slot_ms();
        for _ in 0..=self.chance(2) {
            let at = usize::try_from(self.chance(peers.len() as u64)).unwrap_or(0);
            let delay = if self.chance(2) == 0 { 0 } else { self.chance(left) };
            if let Some(to) = peers.get(at) {
                self.send_later(node, delay, *to, message);
            }
        }
    }
}
