//! Connections as they come and go, and the addresses that lead to more.

use std::time::{Duration, Instant, SystemTime};

use coinage_protocol::engine::PeerRef;
use libp2p::core::ConnectedPoint;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId};

use super::Task;
use crate::network::Notice;
use crate::network::address_book::{Book, Rank, Source};
use crate::network::address_scope::{AddressScope, scope_of};
use crate::network::dialer::{Dialer, Due};
use crate::network::group::Group;
use crate::network::peers::{Arrival, Opened};
use crate::network::resolve::look_up;
use crate::node_state::Peer;

/// Pause between two writes of the book, if it changed: a node may be killed at any time, but
/// strangers must not keep the disk busy.
const BOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Returns the addresses to dial, by the operator's word and the book's, and the peers to keep a
/// place for.
pub(super) fn acquaintances(
    own: PeerId,
    discovery: bool,
    peers: &[Multiaddr],
    book: Option<&Book>,
) -> (Dialer, Vec<PeerId>) {
    let now = Instant::now();
    let mut dialer = Dialer::new(own, discovery);
    peers.iter().for_each(|address| dialer.configure(address, now));
    let entries = book.filter(|_| discovery).map_or(&[][..], Book::entries);
    entries.iter().for_each(|entry| dialer.remember(entry, now));
    let anchors = entries.iter().filter(|entry| entry.rank == Rank::Anchor);
    let known = peers.iter().chain(anchors.map(|entry| &entry.address));
    (dialer, known.filter_map(named).collect())
}

/// Returns the peer that an address names.
fn named(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

impl Task {
    pub(super) fn learn(&mut self, peer: PeerRef, addresses: &[Multiaddr]) {
        let Some((teller, source)) = self.peers.source(peer).filter(|_| self.discovery) else {
            return;
        };
        let now = Instant::now();
        for address in addresses.iter().filter(|address| !self.mirror.is_here(address)) {
            self.dialer.learn(address, teller, source, now);
        }
    }

    pub(super) fn dial(&mut self, now: Instant) {
        let Self { peers, bans, dialer, .. } = self;
        let unwanted = |id: &PeerId| peers.number(id).is_some() || bans.contains_key(id);
        for due in dialer.due(now, &peers.outbound(), unwanted) {
            match due {
                Due::Dial(opts) => self.dial_now(opts, now),
                Due::LookUp(number, name, at_least) => {
                    let found = async move { (number, look_up(&name, at_least).await) };
                    self.lookups.spawn(found);
                }
            }
        }
    }

    /// Dials the addresses that a host name leads to, which somebody told.
    pub(super) fn on_looked_up(&mut self, number: ConnectionId, addresses: Vec<Multiaddr>) {
        let (now, outbound) = (Instant::now(), self.peers.outbound());
        if let Some(opts) = self.dialer.looked_up(number, addresses, &outbound, now) {
            self.dial_now(opts, now);
        }
    }

    fn dial_now(&mut self, opts: DialOpts, now: Instant) {
        let connection = opts.connection_id();
        if self.swarm.dial(opts).is_err() {
            self.dialer.failed(connection, now);
        }
    }

    /// Writes into the book what is known by now.
    pub(super) fn write_book(&mut self, now: Instant) {
        if let Some(book) = &mut self.book {
            self.book_due = now + BOOK_INTERVAL;
            book.save(self.dialer.entries(&self.peers.anchors(now)));
        }
    }

    pub(super) fn on_opened(
        &mut self,
        id: PeerId,
        connection: ConnectionId,
        endpoint: &ConnectedPoint,
    ) {
        let (outbound, now) = (endpoint.is_dialer(), Instant::now());
        if self.dialer.established(connection, id) == Some(true) {
            self.swarm.behaviour_mut().limits.befriend(id);
        }
        let address = endpoint.get_remote_address().clone();
        // What cannot be told is as far away as can be.
        let reach = scope_of(&address).unwrap_or(AddressScope::World);
        let source = Source { group: Group::of(&address), reach };
        let opened = Opened { connection, outbound, address: address.clone(), source };
        match self.peers.opened(id, opened, now) {
            Arrival::New(peer) => {
                let shown = Peer {
                    peer_id: id.to_string(),
                    address: address.to_string(),
                    inbound: !outbound,
                    since: SystemTime::now(),
                    status: None,
                    clock_ahead_ms: 0,
                };
                self.outbox.push_back(Notice::Connected { peer, shown: Box::new(shown) });
            }
            Arrival::AtOnce => {}
            Arrival::Restarted(other) => {
                if let Some(other) = other
                    && self.doubles.came_again(id, now)
                {
                    self.tell_double(&id, &other, &address);
                }
                self.close(&id, "connected anew");
            }
        }
    }

    pub(super) fn on_closed(
        &mut self,
        id: &PeerId,
        connection: ConnectionId,
        endpoint: &ConnectedPoint,
        reason: String,
    ) {
        let now = Instant::now();
        let Some(gone) = self.peers.closed(id, connection, now) else { return };
        self.refusals.retain(|(_, refused)| refused != id);
        self.dialer.lost(id, gone.lasted, gone.refused, now);
        self.checks.forget(gone.peer);
        if gone.wished.is_none() && !gone.refused && endpoint.is_dialer() {
            self.on_hung_up(id, endpoint.get_remote_address().clone(), gone.lasted);
        }
        let reason = gone.wished.map_or(reason, Into::into);
        self.outbox.push_back(Notice::Disconnected { peer: gone.peer, reason });
    }
}
