//! Where this node is found, as far as it knows by now.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, identify};

use super::Notice;
use super::behaviour::BehaviourEvent;
use super::reach::{self, Reach};
use super::task::Task;

/// Places that are told at a time.
const PLACES_MAX: usize = 16;
/// Bytes of a place that somebody else names: a host name of ordinary length and a port.
const NAMED_BYTES_MAX: usize = 80;
/// Peers that must have come to the same place before it counts: one may say what it likes.
const WITNESSES: usize = 2;

/// The addresses of this node, none with its name.
#[derive(Debug)]
pub(super) struct Places {
    own: PeerId,
    /// Those that the operator gave.
    given: Vec<Multiaddr>,
    /// Those that it listens on.
    listening: Vec<Multiaddr>,
    /// Where connected peers came to, in their words: the node itself does not see the outside of
    /// a router. One for each peer.
    named: HashMap<PeerId, Multiaddr>,
    /// What was told last.
    told: Vec<Multiaddr>,
}

impl Places {
    pub(super) fn new(own: PeerId, given: &[Multiaddr], listening: &[Multiaddr]) -> Self {
        let bare = |addresses: &[Multiaddr]| addresses.iter().map(bare).collect();
        let (given, listening) = (bare(given), bare(listening));
        let mut places = Self { own, given, listening, named: HashMap::new(), told: Vec::new() };
        places.told = places.known();
        places
    }

    /// Where others find this node, with its name, the most useful first: what the operator gave,
    /// then what can be dialled from far, then from near. What leads here from this machine alone
    /// is told only if there is nothing else.
    pub(super) fn known(&self) -> Vec<Multiaddr> {
        let mut found: Vec<_> = self.confirmed().into_iter().cloned().collect();
        found.extend(self.listening.iter().cloned());
        found.sort_by_key(|address| Reverse(reach::reach(address)));
        let far = |address: &Multiaddr| reach::leads_here(address);
        if !self.given.is_empty() || found.iter().any(far) {
            found.retain(far);
        }
        let (mut known, mut seen) = (Vec::new(), BTreeSet::new());
        for address in self.given.iter().cloned().chain(found) {
            if known.len() < PLACES_MAX && seen.insert(address.to_vec()) {
                known.push(address.with(Protocol::P2p(self.own)));
            }
        }
        known
    }

    /// The places to which enough peers came, in an order that does not change.
    fn confirmed(&self) -> BTreeSet<&Multiaddr> {
        let enough = |place: &&Multiaddr| {
            self.named.values().filter(|named| *named == *place).count() >= WITNESSES
        };
        self.named.values().filter(enough).collect()
    }

    fn listens(&mut self, address: &Multiaddr) {
        let address = bare(address);
        if !self.listening.contains(&address) {
            self.listening.push(address);
        }
    }

    fn left(&mut self, address: &Multiaddr) {
        let address = bare(address);
        self.listening.retain(|known| *known != address);
    }

    /// A peer says where it came to.
    fn named(&mut self, peer: PeerId, address: &Multiaddr) {
        let address = bare(address);
        let whole = address.iter().count() == 2 && address.len() <= NAMED_BYTES_MAX;
        if whole && reach::reach(&address).is_some_and(|reach| reach >= Reach::Machine) {
            self.named.insert(peer, address);
        }
    }

    /// What is known, if that is not what was told last.
    fn news(&mut self) -> Option<Vec<Multiaddr>> {
        let known = self.known();
        if known == self.told {
            return None;
        }
        self.told.clone_from(&known);
        Some(known)
    }

    fn forget(&mut self, peer: &PeerId) {
        self.named.remove(peer);
    }
}

impl Task {
    /// What may change where this node is found.
    pub(super) fn on_place(&mut self, event: &SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                self.mirror.is_at(address);
                self.places.listens(address);
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => self.places.left(address),
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                connection_id,
                peer_id,
                info,
            })) if self.peers.came(peer_id, *connection_id) => {
                self.places.named(*peer_id, &info.observed_addr);
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.places.forget(peer_id);
            }
            _ => return,
        }
        self.outbox.extend(self.places.news().map(Notice::Located));
    }
}

/// An address without the name of who is there.
pub(super) fn bare(address: &Multiaddr) -> Multiaddr {
    let mut address = address.clone();
    if matches!(address.iter().last(), Some(Protocol::P2p(_))) {
        address.pop();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&str]) -> Vec<Multiaddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    fn places(given: &[&str], listening: &[&str]) -> Places {
        Places::new(PeerId::random(), &all(given), &all(listening))
    }

    fn known(places: &Places) -> Vec<String> {
        let known = places.known();
        assert!(known.iter().all(|one| one.iter().last() == Some(Protocol::P2p(places.own))));
        known.iter().map(|one| bare(one).to_string()).collect()
    }

    const LOOP: &str = "/ip4/127.0.0.1/tcp/9600";
    const NEAR: &str = "/ip4/192.168.1.2/tcp/9600";
    const FAR: &str = "/ip4/8.8.8.8/tcp/9600";
    const LINK: &str = "/ip6/fe80::1/tcp/9600";

    #[test]
    fn the_most_useful_comes_first_and_this_machine_only_if_there_is_nothing_else() {
        assert_eq!(known(&places(&[], &[LOOP, NEAR, LINK, FAR])), [FAR, NEAR]);
        assert_eq!(known(&places(&[], &[LOOP])), [LOOP]);
        let given = "/dns/node.example/tcp/443";
        assert_eq!(known(&places(&[given], &[LOOP, NEAR])), [given, NEAR]);
        assert_eq!(known(&places(&[given, NEAR], &[LOOP, NEAR])), [given, NEAR]);
        assert_eq!(known(&places(&[LOOP], &[LOOP])), [LOOP], "the operator knows best");
        let many: Vec<_> = (1..100).map(|one| format!("/ip4/10.0.0.{one}/tcp/1")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(known(&places(&[], &many)).len(), PLACES_MAX);
    }

    #[test]
    fn what_is_learned_later_is_known_from_then_on_until_it_is_over() {
        let mut places = places(&[], &[LOOP]);
        let near = &all(&[NEAR])[0];
        places.listens(near);
        places.listens(near);
        assert_eq!(known(&places), [NEAR]);
        places.left(near);
        assert_eq!(known(&places), [LOOP]);
    }

    #[test]
    fn a_place_counts_when_two_peers_came_to_it_and_one_alone_can_say_what_it_likes() {
        let mut places = places(&[], &[LOOP, NEAR]);
        let far = &all(&[FAR])[0];
        let (one, other) = (PeerId::random(), PeerId::random());
        places.named(one, far);
        places.named(one, &far.clone().with(Protocol::P2p(places.own)));
        assert_eq!(known(&places), [NEAR]);
        places.named(other, far);
        assert_eq!(known(&places), [FAR, NEAR]);
        places.forget(&one);
        assert_eq!(known(&places), [NEAR]);
        let long = format!("/dns/{}.example/tcp/1", "x".repeat(90));
        for bad in [&*long, "/ip4/0.0.0.0/tcp/1", "/ip4/8.8.8.8/udp/1", "/ip4/8.8.8.8/tcp/1/ws"] {
            [one, other].iter().for_each(|peer| places.forget(peer));
            [one, other].iter().for_each(|peer| places.named(*peer, &all(&[bad])[0]));
            assert_eq!(known(&places), [NEAR], "{bad}");
        }
    }
}
