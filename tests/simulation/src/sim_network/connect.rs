//! Connections: who is connected to whom.

use coinage_protocol::engine::PeerRef;

use super::{Happening, NODES_MAX, World};

impl World {
    pub(crate) fn connect(&mut self, one: usize, two: usize) {
        let up = |node: usize| self.nodes[node].engine.is_some();
        let already = self.nodes[one].peers.contains_key(&two);
        let banned = self.nodes[one].banned.contains(&two) || self.nodes[two].banned.contains(&one);
        let apart = self.links.are_apart(one, two) || one == two;
        if already || banned || apart || !up(one) || !up(two) {
            return;
        }
        self.connections += 1;
        for (node, peer) in [(one, two), (two, one)] {
            let number = u64::try_from(peer).unwrap_or(0);
            let peer_ref = PeerRef(self.connections * NODES_MAX + number);
            self.nodes[node].peers.insert(peer, peer_ref);
            self.happen(node, Happening::Connected { peer: peer_ref });
        }
    }

    pub(crate) fn disconnect(&mut self, one: usize, two: usize) {
        for (node, peer) in [(one, two), (two, one)] {
            if let Some(peer_ref) = self.nodes[node].peers.remove(&peer)
                && self.nodes[node].engine.is_some()
            {
                // Not within what the engine is doing now.
                self.schedule(0, node, Happening::Disconnected { peer: peer_ref });
            }
        }
    }

    /// Names the connection between two nodes, if there is one.
    pub(crate) fn connection(&self, node: usize, peer: usize) -> Option<u64> {
        self.nodes[node].peers.get(&peer).map(|peer| peer.0 / NODES_MAX)
    }

    /// The nodes that a node is connected to.
    pub(crate) fn peers_of(&self, node: usize) -> Vec<usize> {
        self.nodes[node].peers.keys().copied().collect()
    }
}
