//! An authority that writes its block when its slot is nearly over, and shows it to some.

use coinage_protocol::{Block, Topic, encode};

use super::Villainy;
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};

/// The last milliseconds of a slot, in which such blocks arrive before it ends, or after it.
const LAST_MS: u64 = 120;

impl World {
    /// Shows a block to a part of the others at the end of its slot.
    pub(super) fn come_late(&mut self, node: usize, block: &Block) {
        self.tally.count(Family::Villain, Villainy::LateLeader.name());
        let left = self.slot_ms() - self.time() % self.slot_ms();
        let delay = left.saturating_sub(self.chance(LAST_MS));
        let message = Message::new(Topic::Blocks, encode(block));
        let part = 1 + self.chance(3);
        for to in self.peers_of(node) {
            if self.chance(4) < part {
                self.send_later(node, delay, to, &message);
            }
        }
    }
}
