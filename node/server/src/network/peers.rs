//! Connected peers: libp2p's long names for them, and the engine's short numbers.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use coinage_protocol::engine::PeerRef;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};

use super::address_book::Source;
use super::dialer::LASTING;
use super::group::Group;

/// Time within which two connections in opposite directions mean that both dialled at once.
const AT_ONCE: Duration = Duration::from_secs(5);
/// Time that such a pair is kept, so that what was said first on either of them arrives.
const SETTLED_AFTER: Duration = Duration::from_secs(2);
/// Number of failed probes after which a connection counts as dead.
const PROBES_FAILED_MAX: u32 = 2;
/// Time since its last probe came back within which a connection is alive.
const ALIVE_WITHIN: Duration = Duration::from_secs(5);
/// Number of unanswered questions for its status after which a peer is of no use.
const SILENCES_MAX: u32 = 2;
/// Number of answers in a row that a peer did not take in time, after which it is of no use.
const UNTAKEN_MAX: u32 = 4;
/// Time that gossip to a peer may find no room before its streams count as dead. gossipsub tells
/// once a second.
const STUCK_AFTER: Duration = Duration::from_secs(5);
/// Time without such an event from gossipsub after which gossip to a peer has room again.
const UNSTUCK_AFTER: Duration = Duration::from_secs(2);
/// Number of times that a peer is given the genesis while it is connected: once is enough.
const GENESIS_GIVEN_MAX: u32 = 2;
/// Number of good peers that are dialled first after a restart.
const ANCHORS_MAX: usize = 8;
/// Number of those good peers that may be of one group of addresses.
const ANCHORS_OF_GROUP: usize = 2;

/// Peers that are connected, and how.
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
    /// Reason why this node closes the connection.
    closing: Option<&'static str>,
    /// Number of times in a row that the peer did not say where it stands.
    silences: u32,
    /// Number of answers in a row that the peer did not take.
    untaken: u32,
    /// Time since when and until when gossip to the peer found no room.
    stuck: Option<(Instant, Instant)>,
    /// Source that the peer is connected from.
    source: Source,
    /// Number of times that the peer was given the genesis.
    genesis_given: u32,
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    outbound: bool,
    address: Multiaddr,
    since: Instant,
    probes_failed: u32,
    /// Time when a probe last came back.
    answered: Option<Instant>,
}

/// A connection that is up now.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) connection: ConnectionId,
    pub(super) outbound: bool,
    /// Address of the other end.
    pub(super) address: Multiaddr,
    pub(super) source: Source,
}

/// Meaning of a new connection.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Arrival {
    /// A new peer.
    New(PeerRef),
    /// Both dialled at the same time: one of the two connections will be closed.
    AtOnce,
    /// The peer has begun anew and the older connection is a dead end. gossipsub tells its topics
    /// on a peer's first connection only (rust-libp2p #5097), so all of them must be closed. If
    /// the older one is no dead end, this is where it leads: another node has that identity.
    Restarted(Option<Multiaddr>),
}

/// A peer that was connected.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) peer: PeerRef,
    /// Reason for the departure, if it was this node's wish.
    pub(super) wished: Option<&'static str>,
    pub(super) lasted: Duration,
    pub(super) refused: bool,
}

impl Peers {
    pub(super) fn new(own: PeerId) -> Self {
        Self { own, entries: HashMap::new(), ids: BTreeMap::new(), last: 0 }
    }

    /// Returns the number of a connected peer.
    pub(super) fn number(&self, id: &PeerId) -> Option<PeerRef> {
        self.entries.get(id).map(|entry| entry.peer)
    }

    /// Returns the name of a connected peer.
    pub(super) fn id(&self, peer: PeerRef) -> Option<PeerId> {
        self.ids.get(&peer).copied()
    }

    /// Returns the source that a peer came from, if it made that connection.
    pub(super) fn came(&self, id: &PeerId, connection: ConnectionId) -> Option<Source> {
        let inbound = |one: &Connection| one.id == connection && !one.outbound;
        let entry = self.entries.get(id).filter(|entry| entry.connections.iter().any(inbound));
        entry.map(|entry| entry.source)
    }

    /// Returns the groups of the peers that this node dialled.
    pub(super) fn outbound(&self) -> Vec<Group> {
        let outbound = self.entries.values().filter(|entry| entry.is_outbound());
        outbound.map(|entry| entry.source.group).collect()
    }

    /// Chooses the peers to dial first after a restart: those that this node chose before those
    /// that chose it, then those who have been here longest, few of one group.
    pub(super) fn anchors(&self, now: Instant) -> Vec<PeerId> {
        let lasting = |(_, entry): &(&PeerId, &Entry)| {
            !entry.refused && now.duration_since(entry.since) >= LASTING
        };
        let mut good: Vec<_> = self.entries.iter().filter(lasting).collect();
        good.sort_by_key(|(_, entry)| (!entry.is_outbound(), entry.since));
        let (mut anchors, mut groups) = (Vec::new(), Vec::new());
        for (id, Entry { source: Source { group, .. }, .. }) in good {
            let of_group = groups.iter().filter(|other| *other == group).count();
            if anchors.len() < ANCHORS_MAX && of_group < ANCHORS_OF_GROUP {
                anchors.push(*id);
                groups.push(*group);
            }
        }
        anchors
    }

    /// Notes that a peer is of another network. `false` if that was known.
    pub(super) fn refuse(&mut self, id: &PeerId) -> bool {
        let entry = self.entries.get_mut(id).filter(|entry| !entry.refused);
        entry.map(|entry| entry.refused = true).is_some()
    }

    /// Takes in a connection that is up.
    pub(super) fn opened(&mut self, id: PeerId, opened: Opened, now: Instant) -> Arrival {
        let Opened { connection, outbound, address, source } = opened;
        let (probes_failed, answered) = (0, None);
        let opened =
            Connection { id: connection, outbound, address, since: now, probes_failed, answered };
        if let Some(entry) = self.entries.get_mut(&id) {
            let at_once = |other: &Connection| {
                other.outbound != outbound && now.duration_since(other.since) < AT_ONCE
            };
            let alive = |other: &&Connection| {
                other.answered.is_some_and(|at| now.duration_since(at) < ALIVE_WITHIN)
            };
            let arrival = if entry.connections.iter().all(at_once) {
                Arrival::AtOnce
            } else {
                let alive = entry.connections.iter().find(alive);
                Arrival::Restarted(alive.map(|other| other.address.clone()))
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
            untaken: 0,
            stuck: None,
            source,
            genesis_given: 0,
            connections: vec![opened],
        };
        self.entries.insert(id, entry);
        self.ids.insert(peer, id);
        Arrival::New(peer)
    }

    /// Takes in that a connection is gone; tells if the peer is.
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

    /// Takes in that a peer said where it stands, or did not; tells if it counts as silent now.
    pub(super) fn spoke(&mut self, id: &PeerId, answered: bool) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        entry.silences = if answered { 0 } else { entry.silences + 1 };
        entry.silences >= SILENCES_MAX
    }

    /// Takes in that a peer took an answer, or did not in time; tells if it counts as deaf now.
    pub(super) fn took(&mut self, id: &PeerId, taken: bool) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        entry.untaken = if taken { 0 } else { entry.untaken + 1 };
        entry.untaken >= UNTAKEN_MAX
    }

    /// Takes in that gossip to a peer finds no room; tells if that has been so for too long: either
    /// it reads nothing, or it has dropped the stream, which nobody tells who writes to it (yamux
    /// 0.14).
    pub(super) fn takes_no_gossip(&mut self, id: &PeerId, now: Instant) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        let going_on = entry.stuck.filter(|(_, last)| now.duration_since(*last) < UNSTUCK_AFTER);
        let since = going_on.map_or(now, |(since, _)| since);
        entry.stuck = Some((since, now));
        now.duration_since(since) >= STUCK_AFTER
    }

    /// Counts a request of a peer for the genesis; true if it may be given once more.
    pub(super) fn may_have_genesis(&mut self, id: &PeerId) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        entry.genesis_given = entry.genesis_given.saturating_add(1);
        entry.genesis_given <= GENESIS_GIVEN_MAX
    }

    /// Returns the name of a peer, and the source that it is connected from.
    pub(super) fn source(&self, peer: PeerRef) -> Option<(PeerId, Source)> {
        let id = self.id(peer)?;
        self.entries.get(&id).map(|entry| (id, entry.source))
    }

    /// Takes in that a probe came back or failed; tells if the connection counts as dead now.
    pub(super) fn probed(
        &mut self,
        id: &PeerId,
        connection: ConnectionId,
        alive: bool,
        now: Instant,
    ) -> bool {
        let open = self
            .entries
            .get_mut(id)
            .and_then(|entry| entry.connections.iter_mut().find(|open| open.id == connection));
        let Some(open) = open else { return false };
        open.answered = if alive { Some(now) } else { open.answered };
        open.probes_failed = if alive { 0 } else { open.probes_failed + 1 };
        open.probes_failed >= PROBES_FAILED_MAX
    }

    /// Chooses the connections to close where both dialled at once: both ends keep the one that the
    /// lower id dialled.
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

impl Entry {
    fn is_outbound(&self) -> bool {
        self.connections.iter().any(|one| one.outbound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::address_scope::AddressScope;

    fn connection(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    /// Returns a connection with the host of this number.
    fn opened(number: usize, outbound: bool, host: u8) -> Opened {
        let address: Multiaddr = format!("/ip4/8.8.{host}.8/tcp/1").parse().expect("an address");
        let source = Source { group: Group::of(&address), reach: AddressScope::World };
        Opened { connection: connection(number), outbound, address, source }
    }

    #[test]
    fn both_ends_of_a_simultaneous_dial_close_the_same_connection() {
        let (one, other) = (PeerId::random(), PeerId::random());
        let now = Instant::now();
        let mut losers = Vec::new();
        for (own, remote, dialled) in [(one, other, 1), (other, one, 2)] {
            let mut peers = Peers::new(own);
            let arrivals = [1, 2].map(|n| peers.opened(remote, opened(n, n == dialled, 1), now));
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
        peers.opened(remote, opened(1, true, 1), start);
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
        let first = peers.opened(remote, opened(1, true, 1), start);
        assert_eq!(first, Arrival::New(PeerRef(1)));
        let later = start + AT_ONCE;
        let second = peers.opened(remote, opened(2, false, 1), later);
        assert_eq!(second, Arrival::Restarted(None));
        assert!(peers.closed(&remote, connection(1), later).is_none());
        assert!(peers.closed(&remote, connection(2), later).is_some());
        let third = peers.opened(remote, opened(3, true, 1), later);
        assert_eq!(third, Arrival::New(PeerRef(2)));
        peers.probed(&remote, connection(3), true, later + AT_ONCE);
        let twin = peers.opened(remote, opened(4, false, 2), later + AT_ONCE);
        assert_eq!(twin, Arrival::Restarted(Some(opened(3, true, 1).address)));
    }

    #[test]
    fn anchors_are_lasting_peers_of_many_groups_and_own_choices_first() {
        let start = Instant::now();
        let mut peers = Peers::new(PeerId::random());
        let crowd: Vec<_> = (0..20).map(|_| PeerId::random()).collect();
        let [chosen, friend, young] = [0; 3].map(|_| PeerId::random());
        for (number, id) in crowd.iter().enumerate() {
            peers.opened(*id, opened(number, false, 1), start);
        }
        peers.opened(friend, opened(100, false, 2), start);
        peers.opened(chosen, opened(101, true, 3), start);
        let now = start + LASTING;
        peers.opened(young, opened(102, true, 4), now);
        let anchors = peers.anchors(now);
        assert_eq!((anchors.len(), anchors[0]), (4, chosen));
        assert!(anchors.contains(&friend));
        peers.refuse(&friend);
        assert!(!peers.anchors(now).contains(&friend));
    }
}
