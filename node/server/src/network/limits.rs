//! Limits on connections: who may connect, and who has to go for it (SPEC N-8).
//!
//! Places are of three kinds. Those of *guests*, who dialled this node and whom nobody vouches for,
//! are shared fairly between groups of addresses ([`eviction`](super::eviction)). Those of
//! *friends*, whom the operator named, who were here at the last run's end, or who bring blocks,
//! are kept for them. And connections that this node dialled are its own choice: no number of
//! guests uses them up.
//!
//! Handshakes under way are shared between groups, too. Nobody is refused for the sake of others
//! who are silent: the oldest of the most crowded group is given up.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use coinage_protocol::Topic;
use futures::future::AbortHandle;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};

use super::address_scope::{AddressScope, scope_of};
use super::eviction::{Guest, victim};
use super::group::Group;
use super::handshakes::Begun;
use super::merits::Merits;
use super::pace::Pace;
use crate::metrics::ConnectionCounts;

/// Connections of guests at most.
const GUESTS_MAX: usize = 48;
/// Guests of one group of the wide world. On one machine or site, all peers may be of one group:
/// there no group is kept small, and only gives way to others.
const GUESTS_OF_GROUP_MAX: usize = 8;
/// Connections of friends who dialled this node at most.
const FRIENDS_MAX: usize = 16;
/// Connections that this node dialled at most: its own choice and its operator's.
const DIALLED_MAX: usize = 64;
/// Connections to one peer at most: both may dial at once.
const OF_PEER_MAX: usize = 2;
/// Dials under way at most.
const DIALLING_MAX: usize = 16;
/// Handshakes of others under way at most.
const HANDSHAKES_MAX: usize = 64;
/// Handshakes under way with one group of the wide world at most.
const HANDSHAKES_OF_GROUP_MAX: usize = 8;
/// Handshakes under way with one machine or site at most.
const HANDSHAKES_NEARBY_MAX: usize = 16;
/// Time that a handshake may take before it is given up for another of its own group: an honest one
/// is over by then.
const HANDSHAKE_TIME: Duration = Duration::from_secs(1);
/// Handshakes with groups that get no more places, all together: a friend may be among them, whom
/// only the handshake shows.
const CROWDED_BURST: u32 = 64;
/// Pause between two more handshakes with groups that get no more places.
const CROWDED_EVERY: Duration = Duration::from_millis(20);

/// Reason why somebody cannot connect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Full {
    /// Too many handshakes with the peer's group have just begun.
    Handshakes,
    /// There is no place for the peer's group.
    Places,
    /// There is a connection to the peer already.
    Twice,
    /// The node dials or has dialled too many.
    Dialled,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handshakes => "too many handshakes with this group of addresses are under way",
            Self::Places => "no place is left for this group of addresses",
            Self::Twice => "this peer is connected already",
            Self::Dialled => "too many peers are dialled",
        })
    }
}

impl std::error::Error for Full {}

/// The connections of a node, and who is to be let go.
#[derive(Debug)]
pub(super) struct Limits {
    /// Handshakes under way, the oldest first.
    handshakes: Vec<Handshake>,
    begun: Begun,
    dialling: HashSet<ConnectionId>,
    guests: Vec<Guest>,
    /// Connections of friends who dialled, and of peers whom this node dialled.
    others: HashMap<ConnectionId, (PeerId, Kind)>,
    friends: HashSet<PeerId>,
    merits: Merits,
    crowded: Pace<()>,
    evicted: VecDeque<PeerId>,
    counts: ConnectionCounts,
}

#[derive(Debug)]
struct Handshake {
    connection: ConnectionId,
    group: Group,
    since: Instant,
    give_up: Option<AbortHandle>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Friend,
    Dialled,
    /// A guest that made room and is on its way out.
    Leaving,
}

impl Limits {
    pub(super) fn new(counts: ConnectionCounts, begun: Begun) -> Self {
        Self {
            handshakes: Vec::new(),
            begun,
            dialling: HashSet::new(),
            guests: Vec::new(),
            others: HashMap::new(),
            friends: HashSet::new(),
            merits: Merits::default(),
            crowded: Pace::new(CROWDED_BURST, CROWDED_EVERY),
            evicted: VecDeque::new(),
            counts,
        }
    }

    /// Keeps a place for a peer.
    pub(super) fn befriend(&mut self, peer: PeerId) {
        self.friends.insert(peer);
    }

    /// A peer was the first to bring something valid.
    pub(super) fn brought(&mut self, peer: &PeerId, what: Topic, now: Instant) {
        if what == Topic::Blocks {
            self.merits.brought(*peer);
        }
        for guest in self.guests.iter_mut().filter(|guest| guest.peer == *peer) {
            guest.brought = Some(now);
        }
    }

    /// A peer answered so fast.
    pub(super) fn answered(&mut self, connection: ConnectionId, latency: Duration) {
        for guest in self.guests.iter_mut().filter(|guest| guest.connection == connection) {
            guest.latency = Some(guest.latency.map_or(latency, |best| best.min(latency)));
        }
    }

    fn of_peer(&self, peer: &PeerId) -> usize {
        let guests = self.guests.iter().filter(|guest| guest.peer == *peer).count();
        guests + self.others.values().filter(|(id, _)| id == peer).count()
    }

    fn count(&self, kind: Kind) -> usize {
        self.others.values().filter(|(_, other)| *other == kind).count()
    }

    /// Checks whether a guest of a group would get a place, and finds who would have to make room
    /// for it.
    fn place(
        &self,
        group: Group,
        from: AddressScope,
        now: Instant,
    ) -> Result<Option<ConnectionId>, Full> {
        let own = self.guests.iter().filter(|guest| guest.group == group).count();
        if from == AddressScope::World && own >= GUESTS_OF_GROUP_MAX {
            return Err(Full::Places);
        }
        if self.guests.len() < GUESTS_MAX {
            return Ok(None);
        }
        let out = victim(&self.guests, group, now).ok_or(Full::Places)?;
        Ok(Some(out.connection))
    }

    fn knocks(
        &mut self,
        connection: ConnectionId,
        from: &Multiaddr,
        now: Instant,
    ) -> Result<(), Full> {
        let give_up = self.begun.take();
        let (group, reach) = whence(from);
        if let Err(full) = self.place(group, reach, now)
            && !self.crowded.takes((), now)
        {
            return Err(full);
        }
        let own_max = match reach {
            AddressScope::World => HANDSHAKES_OF_GROUP_MAX,
            AddressScope::Machine | AddressScope::Site => HANDSHAKES_NEARBY_MAX,
        };
        let crowd = match self.shaking(group) {
            own if own >= own_max => Some(group),
            _ if self.handshakes.len() >= HANDSHAKES_MAX => self.most_shaking(),
            _ => None,
        };
        let oldest = |one: &Handshake| Some(one.group) == crowd;
        if let Some(at) = self.handshakes.iter().position(oldest) {
            let young = now.duration_since(self.handshakes[at].since) < HANDSHAKE_TIME;
            if young && crowd == Some(group) {
                return Err(Full::Handshakes);
            }
            let gone = self.handshakes.remove(at);
            gone.give_up.inspect(AbortHandle::abort);
            self.counts.turned_away();
        }
        self.handshakes.push(Handshake { connection, group, since: now, give_up });
        Ok(())
    }

    fn shaking(&self, group: Group) -> usize {
        self.handshakes.iter().filter(|one| one.group == group).count()
    }

    fn most_shaking(&self) -> Option<Group> {
        self.handshakes.iter().map(|one| one.group).max_by_key(|group| self.shaking(*group))
    }

    fn enters(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        from: &Multiaddr,
        now: Instant,
    ) -> Result<(), Full> {
        if self.of_peer(&peer) >= OF_PEER_MAX {
            return Err(Full::Twice);
        }
        let friend = self.friends.contains(&peer) || self.merits.has(&peer);
        if friend && self.count(Kind::Friend) < FRIENDS_MAX {
            self.others.insert(connection, (peer, Kind::Friend));
            return Ok(());
        }
        let (group, reach) = whence(from);
        if let Some(out) = self.place(group, reach, now)?
            && let Some(at) = self.guests.iter().position(|guest| guest.connection == out)
        {
            let gone = self.guests.swap_remove(at);
            self.others.insert(gone.connection, (gone.peer, Kind::Leaving));
            self.evicted.push_back(gone.peer);
            self.counts.evicted();
        }
        let (since, latency, brought) = (now, None, None);
        self.guests.push(Guest { connection, peer, group, since, latency, brought });
        Ok(())
    }

    fn turn_away(&mut self, full: Full) -> ConnectionDenied {
        self.counts.turned_away();
        ConnectionDenied::new(full)
    }

    fn ended(&mut self, connection: ConnectionId) {
        self.handshakes.retain(|one| one.connection != connection);
        self.dialling.remove(&connection);
        self.others.remove(&connection);
        self.guests.retain(|guest| guest.connection != connection);
    }
}

/// Returns the group of an address, and from how far it is.
fn whence(address: &Multiaddr) -> (Group, AddressScope) {
    (Group::of(address), scope_of(address).unwrap_or(AddressScope::World))
}

impl NetworkBehaviour for Limits {
    type ConnectionHandler = dummy::ConnectionHandler;
    /// The peer that makes room for another.
    type ToSwarm = PeerId;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.knocks(connection, from, Instant::now()).map_err(|full| self.turn_away(full))
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handshakes.retain(|one| one.connection != connection);
        self.enters(connection, peer, from, Instant::now())
            .map(|()| dummy::ConnectionHandler)
            .map_err(|full| self.turn_away(full))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        _: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if self.dialling.len() >= DIALLING_MAX {
            return Err(ConnectionDenied::new(Full::Dialled));
        }
        self.dialling.insert(connection);
        Ok(Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.dialling.remove(&connection);
        if self.of_peer(&peer) >= OF_PEER_MAX {
            return Err(ConnectionDenied::new(Full::Twice));
        }
        if self.count(Kind::Dialled) >= DIALLED_MAX {
            return Err(ConnectionDenied::new(Full::Dialled));
        }
        self.others.insert(connection, (peer, Kind::Dialled));
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(closed) => self.ended(closed.connection_id),
            FromSwarm::DialFailure(failed) => self.ended(failed.connection_id),
            FromSwarm::ListenFailure(failed) => self.ended(failed.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        let never: Infallible = event;
        match never {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        // Somebody is evicted only while the swarm is at work, which asks again before it rests.
        match self.evicted.pop_front() {
            Some(peer) => Poll::Ready(ToSwarm::GenerateEvent(peer)),
            None => Poll::Pending,
        }
    }
}
