//! Control words of gossip, besides messages: joining and leaving topics, offers, wishes.
//!
//! gossipsub works all of it off within itself and charges nobody (its scores are off, see
//! [`behaviour`](super::behaviour)). Here it is counted before it is worked off, and whoever sends
//! far more than a peer can have to say is noticed.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::task::{Context, Poll};
use std::time::Instant;

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::gossipsub;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use super::topics::{Filter, Topics};

/// Words that a peer may say at once: for each of the messages of half a minute one that it need
/// not be sent, and all that the topics need.
const WORDS_MAX: u32 = 20_000;
/// Words that a peer may say each second: a network of a hundred busy nodes has no more to say.
const WORDS_PER_SECOND: u32 = 2_000;

type Gossip = gossipsub::Behaviour<Topics, Filter>;
/// Event that gossipsub's connections tell it; the type itself is not exported.
type Told = THandlerOutEvent<Gossip>;

/// gossipsub, behind a counter.
pub(super) struct Counted {
    gossip: Gossip,
    said: HashMap<PeerId, Words>,
    /// Peers whose words are used up, until somebody asks.
    flooding: Vec<PeerId>,
}

/// Words that a peer may still say.
#[derive(Clone, Copy, Debug)]
struct Words {
    left: u32,
    since: Instant,
    /// True if it was noted that the words were used up.
    noted: bool,
}

impl Words {
    fn new(now: Instant) -> Self {
        Self { left: WORDS_MAX, since: now, noted: false }
    }

    /// Takes so many words, if there are.
    fn take(&mut self, count: u32, now: Instant) -> bool {
        let millis = now.saturating_duration_since(self.since).as_millis();
        let earned = u32::try_from(millis * u128::from(WORDS_PER_SECOND) / 1000);
        let earned = earned.unwrap_or(u32::MAX);
        if earned > 0 {
            self.left = self.left.saturating_add(earned).min(WORDS_MAX);
            self.since = now;
        }
        let left = self.left.checked_sub(count);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

impl Counted {
    pub(super) fn new(gossip: Gossip) -> Self {
        Self { gossip, said: HashMap::new(), flooding: Vec::new() }
    }

    /// Takes the peers that said far too much since the last time.
    pub(super) fn flooding(&mut self) -> Vec<PeerId> {
        std::mem::take(&mut self.flooding)
    }

    /// Checks whether a peer may say this; notes whoever may not.
    fn passes(&mut self, peer: PeerId, told: &Told) -> bool {
        let Told::Message { rpc, invalid_messages } = told else { return true };
        // A frame with messages is paid for with them; one without is a word by itself.
        let words = rpc.control_msgs.len() + rpc.subscriptions.len() + invalid_messages.len();
        let words = words.max(usize::from(rpc.messages.is_empty()));
        let now = Instant::now();
        let said = self.said.entry(peer).or_insert_with(|| Words::new(now));
        let passes = said.take(u32::try_from(words).unwrap_or(u32::MAX), now);
        if !passes && !std::mem::replace(&mut said.noted, true) {
            self.flooding.push(peer);
        }
        passes
    }
}

impl Deref for Counted {
    type Target = Gossip;

    fn deref(&self) -> &Gossip {
        &self.gossip
    }
}

impl DerefMut for Counted {
    fn deref_mut(&mut self) -> &mut Gossip {
        &mut self.gossip
    }
}

impl NetworkBehaviour for Counted {
    type ConnectionHandler = THandler<Gossip>;
    type ToSwarm = gossipsub::Event;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.gossip.handle_pending_inbound_connection(connection, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.gossip.handle_established_inbound_connection(connection, peer, local, remote)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.gossip.handle_pending_outbound_connection(connection, peer, addresses, role)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.gossip.handle_established_outbound_connection(connection, peer, address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ConnectionClosed(closed) = &event
            && closed.remaining_established == 0
        {
            self.said.remove(&closed.peer_id);
        }
        self.gossip.on_swarm_event(event);
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, told: Told) {
        if self.passes(peer, &told) {
            self.gossip.on_connection_handler_event(peer, connection, told);
        }
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.gossip.poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn words_are_used_up_and_come_back_with_time() {
        let start = Instant::now();
        let mut words = Words::new(start);
        assert!(words.take(WORDS_MAX, start));
        assert!(!words.take(1, start));
        assert!(words.take(WORDS_PER_SECOND, start + Duration::from_secs(1)));
        assert!(!words.take(1, start + Duration::from_secs(1)));
        assert!(words.take(WORDS_MAX, start + Duration::from_secs(3600)));
        assert!(!words.take(1, start + Duration::from_secs(3600)));
    }
}
