//! A villain that does nothing of its own accord.

use coinage_protocol::{Block, Topic};

use super::{Villain, Villainy};
use crate::sim_network::World;
use crate::sim_network::message::Message;

impl World {
    /// Makes a running node a villain: what it does is up to whoever holds the strings. It goes on
    /// relaying, answering and signing as an honest node does.
    pub fn make_puppet(&mut self, node: usize) {
        self.nodes[node].villain = Some(Villain::new(Villainy::LongChain));
    }

    /// Has a puppet claim these blocks as its chain and serve them; its own chain if there is none.
    ///
    /// # Panics
    ///
    /// If it is no villain.
    pub fn claim(&mut self, puppet: usize, blocks: Vec<Block>) {
        self.villain(puppet).branch = blocks;
    }

    /// Has a puppet leave, and come back under a name that nobody has banned.
    pub fn rename(&mut self, puppet: usize) {
        for other in 0..self.nodes.len() {
            self.disconnect(puppet, other);
        }
        self.come_back(puppet);
    }

    /// Forbids a message: from now on it is a violation if an honest node passes it on.
    pub fn forbid(&mut self, topic: Topic, bytes: Vec<u8>) {
        let digest = Message::new(topic, bytes).digest;
        self.forbidden.insert(digest, "what is forbidden");
    }
}
