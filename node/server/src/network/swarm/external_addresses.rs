//! Addresses where this node is found, as far as it knows by now.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, identify};

use super::Task;
use crate::network::Notice;
use crate::network::address_book::Source;
use crate::network::address_scope;
use crate::network::behaviour::BehaviourEvent;
use crate::network::group::Group;

/// Places that are told at a time at most.
const PLACES_MAX: usize = 16;
/// Bytes of a place that somebody else names at most: a host name of ordinary length and a port.
const NAMED_BYTES_MAX: usize = 80;
/// Groups of addresses from which peers must have come to the same place before it counts: one may
/// say what it likes, under as many names as it likes.
const WITNESSES: usize = 2;
/// Places that count so at a time at most: where the node listens, it is in any case.
const CONFIRMED_MAX: usize = 2;

/// Addresses of this node, none with its name.
#[derive(Debug)]
pub(in crate::network) struct Places {
    own: PeerId,
    /// Addresses that the operator gave.
    given: Vec<Multiaddr>,
    /// Addresses that the node listens on.
    listening: Vec<Multiaddr>,
    /// Addresses that connected peers came to, in their words: the node itself does not see the
    /// outside of a router. One for each peer, with the group from which it came.
    named: HashMap<PeerId, (Group, Multiaddr)>,
    /// Addresses that were told last.
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

    /// Returns the addresses where others find this node, with its name, the most useful first:
    /// what the operator gave, then what can be dialled from far, then from near. What leads here
    /// from this machine alone is told only if there is nothing else.
    pub(in crate::network) fn known(&self) -> Vec<Multiaddr> {
        let mut found: Vec<_> = self.confirmed().into_iter().cloned().collect();
        found.extend(self.listening.iter().cloned());
        found.sort_by_key(|address| Reverse(address_scope::scope_of(address)));
        let far = |address: &Multiaddr| address_scope::leads_here(address);
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

    /// Returns the places to which peers of enough groups came, those of most groups first.
    fn confirmed(&self) -> Vec<&Multiaddr> {
        let mut groups: BTreeMap<Vec<u8>, (&Multiaddr, BTreeSet<Group>)> = BTreeMap::new();
        for (group, place) in self.named.values() {
            let entry = groups.entry(place.to_vec());
            entry.or_insert_with(|| (place, BTreeSet::new())).1.insert(*group);
        }
        let mut enough: Vec<_> =
            groups.into_values().filter(|(_, from)| from.len() >= WITNESSES).collect();
        enough.sort_by_key(|(_, from)| Reverse(from.len()));
        enough.into_iter().take(CONFIRMED_MAX).map(|(place, _)| place).collect()
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

    /// Takes in where a peer says that it came to. From the wide world nobody comes to a place that
    /// only a neighbour sees.
    fn named(&mut self, peer: PeerId, from: Source, address: &Multiaddr) {
        let address = bare(address);
        let whole = address.iter().count() == 2 && address.len() <= NAMED_BYTES_MAX;
        if whole && address_scope::scope_of(&address).is_some_and(|reach| reach >= from.reach) {
            self.named.insert(peer, (from.group, address));
        }
    }

    /// Returns what is known, if that is not what was told last.
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
    /// Takes in an event that may change where this node is found.
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
            })) => {
                let Some(from) = self.peers.came(peer_id, *connection_id) else { return };
                self.places.named(*peer_id, from, &info.observed_addr);
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.places.forget(peer_id);
            }
            _ => return,
        }
        self.outbox.extend(self.places.news().map(Notice::Located));
    }
}

/// Returns an address without the name of who is there.
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
    use crate::network::address_scope::AddressScope;

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

    /// Returns a source in the wide world, in the group of this number.
    fn from(group: u8) -> Source {
        Source { group: Group::V4([8, 8, group]), reach: AddressScope::World }
    }

    #[test]
    fn a_place_counts_when_peers_of_two_groups_came_to_it() {
        let mut places = places(&[], &[LOOP, NEAR]);
        let far = &all(&[FAR])[0];
        let (one, other) = (PeerId::random(), PeerId::random());
        places.named(one, from(1), far);
        places.named(one, from(1), &far.clone().with(Protocol::P2p(places.own)));
        assert_eq!(known(&places), [NEAR]);
        places.named(other, from(2), far);
        assert_eq!(known(&places), [FAR, NEAR]);
        places.forget(&one);
        assert_eq!(known(&places), [NEAR]);
        let long = format!("/dns/{}.example/tcp/1", "x".repeat(90));
        let near = "/ip4/10.0.0.9/tcp/1";
        let bad =
            [&*long, near, "/ip4/0.0.0.0/tcp/1", "/ip4/8.8.8.8/udp/1", "/ip4/8.8.8.8/tcp/1/ws"];
        for bad in bad {
            [one, other].iter().for_each(|peer| places.forget(peer));
            places.named(one, from(1), &all(&[bad])[0]);
            places.named(other, from(2), &all(&[bad])[0]);
            assert_eq!(known(&places), [NEAR], "{bad}");
        }
    }

    #[test]
    fn many_names_of_one_group_say_nothing_and_many_groups_push_out_no_own_place() {
        let mut places = places(&[], &[LOOP, NEAR]);
        let lie = |number: u8| all(&[&format!("/ip4/9.9.{number}.9/tcp/1")]).remove(0);
        for number in 0..40 {
            places.named(PeerId::random(), from(1), &lie(number / 2));
        }
        assert_eq!(known(&places), [NEAR]);
        for number in 0..40 {
            places.named(PeerId::random(), from(number), &lie(number / 2));
        }
        let known = known(&places);
        assert_eq!(
            (known.len(), known.last().map(String::as_str)),
            (1 + CONFIRMED_MAX, Some(NEAR))
        );
    }
}
