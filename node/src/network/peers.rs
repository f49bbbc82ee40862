//! The connected peers: libp2p's long names for them, and the engine's short numbers.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use coinage_protocol::engine::PeerRef;
use libp2p::PeerId;
use libp2p::swarm::ConnectionId;

use super::reach::Reach;

/// Within this time, two connections in opposite directions mean that both dialled at once.
const AT_ONCE: Duration = Duration::from_secs(5);
/// How long such a pair is kept, so that what was said first on either of them arrives.
const SETTLED_AFTER: Duration = Duration::from_secs(2);
/// Failed probes after which a connection counts as dead.
const PROBES_FAILED_MAX: u32 = 2;
/// Unanswered questions for its status after which a peer is of no use.
const SILENCES_MAX: u32 = 2;
/// For how long gossip to a peer may find no room before its streams count as dead. gossipsub tells
/// once a second.
const STUCK_AFTER: Duration = Duration::from_secs(5);
/// How long it may not tell before that is over.
const UNSTUCK_AFTER: Duration = Duration::from_secs(2);
/// How often a peer is given the genesis while it is connected: once is enough.
const GENESIS_GIVEN_MAX: u32 = 2;

/// Who is connected, and how.
#[derive(Debug)]
pub(super) struct Peers {
    own: PeerId,
    entries: HashMap<PeerId, Entry>,
    ids: BTreeMap<PeerRef, PeerId>,
    last: u64,
}

#[derive(Debug)]
struct Entry {
    peer: PeerRef,
    since: Instant,
    refused: bool,
    /// Why this node closes the connection.
    closing: Option<&'static str>,
    /// How often in a row it did not say where it stands.
    silences: u32,
    /// Since when and until when gossip to it found no room.
    stuck: Option<(Instant, Instant)>,
    /// From how far it is connected.
    reach: Reach,
    /// How often it was given the genesis.
    genesis_given: u32,
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    outbound: bool,
    since: Instant,
    probes_failed: u32,
}

/// What a new connection means.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Arrival {
    /// A new peer.
    New(PeerRef),
    /// Both dialled at the same time: one of the two connections will be closed.
    AtOnce,
    /// The peer has begun anew and the older connection is a dead end. gossipsub tells its topics
    /// on a peer's first connection only (rust-libp2p #5097), so all of them must be closed.
    Restarted,
}

/// A peer that was connected.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) peer: PeerRef,
    /// Why, if that was this node's wish.
    pub(super) wished: Option<&'static str>,
    pub(super) lasted: Duration,
    pub(super) refused: bool,
}

impl Peers {
    pub(super) fn new(own: PeerId) -> Self {
        Self { own, entries: HashMap::new(), ids: BTreeMap::new(), last: 0 }
    }

    /// The number of a connected peer.
    pub(super) fn number(&self, id: &PeerId) -> Option<PeerRef> {
        self.entries.get(id).map(|entry| entry.peer)
    }

    /// The name of a connected peer.
    pub(super) fn id(&self, peer: PeerRef) -> Option<PeerId> {
        self.ids.get(&peer).copied()
    }

    /// Whether a connection is one that a peer made.
    pub(super) fn came(&self, id: &PeerId, connection: ConnectionId) -> bool {
        let inbound = |one: &Connection| one.id == connection && !one.outbound;
        self.entries.get(id).is_some_and(|entry| entry.connections.iter().any(inbound))
    }

    /// How many peers this node dialled.
    pub(super) fn outbound(&self) -> usize {
        let outbound = |entry: &&Entry| entry.connections.iter().any(|one| one.outbound);
        self.entries.values().filter(outbound).count()
    }

    /// Notes that a peer is of another network. `false` if that was known.
    pub(super) fn refuse(&mut self, id: &PeerId) -> bool {
        let entry = self.entries.get_mut(id).filter(|entry| !entry.refused);
        entry.map(|entry| entry.refused = true).is_some()
    }

    /// A connection is up.
    pub(super) fn opened(
        &mut self,
        id: PeerId,
        connection: ConnectionId,
        outbound: bool,
        reach: Reach,
        now: Instant,
    ) -> Arrival {
        let opened = Connection { id: connection, outbound, since: now, probes_failed: 0 };
        if let Some(entry) = self.entries.get_mut(&id) {
            let at_once = |other: &Connection| {
                other.outbound != outbound && now.duration_since(other.since) < AT_ONCE
            };
            let arrival = if entry.connections.iter().all(at_once) {
                Arrival::AtOnce
            } else {
                Arrival::Restarted
            };
            entry.connections.push(opened);
            return arrival;
        }
        self.last += 1;
        let peer = PeerRef(self.last);
        let entry = Entry {
            peer,
            since: now,
            refused: false,
            closing: None,
            silences: 0,
            stuck: None,
            reach,
            genesis_given: 0,
            connections: vec![opened],
        };
        self.entries.insert(id, entry);
        self.ids.insert(peer, id);
        Arrival::New(peer)
    }

    /// A connection is gone; tells if the peer is.
    pub(super) fn closed(
        &mut self,
        id: &PeerId,
        connection: ConnectionId,
        now: Instant,
    ) -> Option<Departure> {
        let entry = self.entries.get_mut(id)?;
        entry.connections.retain(|open| open.id != connection);
        if !entry.connections.is_empty() {
            return None;
        }
        let Entry { peer, since, refused, closing: wished, .. } = self.entries.remove(id)?;
        self.ids.remove(&peer);
        Some(Departure { peer, wished, lasted: now.duration_since(since), refused })
    }

    /// Notes why this node closes the connections to a peer.
    pub(super) fn closing(&mut self, id: &PeerId, why: &'static str) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.closing.get_or_insert(why);
        }
    }

    /// A peer said where it stands, or did not; tells if it counts as silent now.
    pub(super) fn spoke(&mut self, id: &PeerId, answered: bool) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        entry.silences = if answered { 0 } else { entry.silences + 1 };
        entry.silences >= SILENCES_MAX
    }

    /// Gossip to a peer finds no room; tells if that has been so for too long: either it reads
    /// nothing, or it has dropped the stream, which nobody tells who writes to it (yamux 0.14).
    pub(super) fn takes_no_gossip(&mut self, id: &PeerId, now: Instant) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        let going_on = entry.stuck.filter(|(_, last)| now.duration_since(*last) < UNSTUCK_AFTER);
        let since = going_on.map_or(now, |(since, _)| since);
        entry.stuck = Some((since, now));
        now.duration_since(since) >= STUCK_AFTER
    }

    /// Whether a peer may be given the genesis once more.
    pub(super) fn may_have_genesis(&mut self, id: &PeerId) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        entry.genesis_given = entry.genesis_given.saturating_add(1);
        entry.genesis_given <= GENESIS_GIVEN_MAX
    }

    /// Who a peer is, and from how far it is connected.
    pub(super) fn reach(&self, peer: PeerRef) -> Option<(PeerId, Reach)> {
        let id = self.id(peer)?;
        self.entries.get(&id).map(|entry| (id, entry.reach))
    }

    /// A probe came back or failed; tells if the connection counts as dead now.
    pub(super) fn probed(&mut self, id: &PeerId, connection: ConnectionId, alive: bool) -> bool {
        let open = self
            .entries
            .get_mut(id)
            .and_then(|entry| entry.connections.iter_mut().find(|open| open.id == connection));
        let Some(open) = open else { return false };
        open.probes_failed = if alive { 0 } else { open.probes_failed + 1 };
        open.probes_failed >= PROBES_FAILED_MAX
    }

    /// The connections to close where both dialled at once: both ends keep the one that the lower
    /// id dialled.
    pub(super) fn surplus(&self, now: Instant) -> Vec<ConnectionId> {
        let settled = |entry: &&Entry| {
            let due = |open: &Connection| now.duration_since(open.since) >= SETTLED_AFTER;
            entry.connections.len() > 1 && entry.connections.iter().all(due)
        };
        let loser = |(id, entry): (&PeerId, &Entry)| {
            let keep_outbound = self.own.to_bytes() < id.to_bytes();
            entry.connections.iter().find(|open| open.outbound != keep_outbound).map(|open| open.id)
        };
        self.entries.iter().filter(|(_, entry)| settled(entry)).filter_map(loser).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    #[test]
    fn both_ends_of_a_simultaneous_dial_close_the_same_connection() {
        let (one, other) = (PeerId::random(), PeerId::random());
        let now = Instant::now();
        let mut losers = Vec::new();
        for (own, remote, dialled) in [(one, other, 1), (other, one, 2)] {
            let mut peers = Peers::new(own);
            let arrivals = [1, 2]
                .map(|n| peers.opened(remote, connection(n), n == dialled, Reach::World, now));
            assert_eq!(arrivals, [Arrival::New(PeerRef(1)), Arrival::AtOnce]);
            assert!(peers.surplus(now).is_empty(), "both are kept for a while");
            losers.push(peers.surplus(now + SETTLED_AFTER));
            let closed = peers.closed(&remote, losers[0][0], now);
            assert!(closed.is_none(), "the peer stays connected");
            assert_eq!(peers.number(&remote), Some(PeerRef(1)));
        }
        assert_eq!(losers[0].len(), 1);
        assert_eq!(losers[0], losers[1]);
    }

    #[test]
    fn a_peer_takes_no_gossip_if_that_lasts_without_a_break() {
        let (remote, start) = (PeerId::random(), Instant::now());
        let mut peers = Peers::new(PeerId::random());
        peers.opened(remote, connection(1), true, Reach::World, start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!((0..5).all(|second| !peers.takes_no_gossip(&remote, at(second))));
        assert!((7..12).all(|second| !peers.takes_no_gossip(&remote, at(second))), "a break");
        assert!(peers.takes_no_gossip(&remote, at(12)));
        assert!(!peers.takes_no_gossip(&PeerId::random(), at(12)));
    }

    #[test]
    fn a_second_connection_to_an_old_acquaintance_is_a_restart() {
        let (own, remote, start) = (PeerId::random(), PeerId::random(), Instant::now());
        let mut peers = Peers::new(own);
        assert_eq!(
            peers.opened(remote, connection(1), true, Reach::World, start),
            Arrival::New(PeerRef(1))
        );
        let later = start + AT_ONCE;
        assert_eq!(
            peers.opened(remote, connection(2), false, Reach::World, later),
            Arrival::Restarted
        );
        assert!(peers.closed(&remote, connection(1), later).is_none());
        assert!(peers.closed(&remote, connection(2), later).is_some());
        assert_eq!(
            peers.opened(remote, connection(3), true, Reach::World, later),
            Arrival::New(PeerRef(2))
        );
    }
}
