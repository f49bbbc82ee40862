//! Looking at the nodes of a simulated network.

use std::collections::BTreeSet;

use coinage_protocol::engine::View;
use coinage_protocol::{State, Tip};

use super::World;
use crate::memory::MemoryChain;

impl World {
    /// The state after a node's head.
    ///
    /// # Panics
    ///
    /// If it is stopped.
    pub fn state(&self, node: usize) -> &State {
        self.nodes[node].engine().state()
    }

    /// The view of a node.
    ///
    /// # Panics
    ///
    /// If it is stopped.
    pub fn view(&self, node: usize) -> View {
        self.nodes[node].engine().view()
    }

    /// The head on a node's disk.
    pub fn head(&self, node: usize) -> Tip {
        self.nodes[node].disk.head()
    }

    /// Checks whether a node runs.
    pub fn runs(&self, node: usize) -> bool {
        self.nodes[node].engine.is_some()
    }

    /// A node's disk.
    pub fn disk(&self, node: usize) -> &MemoryChain {
        &self.nodes[node].disk
    }

    /// Checks whether all running nodes have one head.
    pub fn agree(&self) -> bool {
        let running = (0..self.nodes.len()).filter(|node| self.nodes[*node].engine.is_some());
        let heads: BTreeSet<_> = running.map(|node| self.head(node).hash).collect();
        heads.len() == 1
    }
}
