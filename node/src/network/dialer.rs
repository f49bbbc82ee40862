//! Whom to dial, and when again.

use std::time::{Duration, Instant};

use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;

use super::book::ADDRESSES_KEPT;
use super::reach::{self, Reach};
use crate::workers::generator;

/// The pause before the first new attempt at an address that the operator gave; it doubles each
/// time.
const PAUSE_CONFIGURED_MIN: Duration = Duration::from_millis(250);
/// The pause before the first new attempt at any other address.
const PAUSE_FOUND_MIN: Duration = Duration::from_secs(2);
/// The longest pause for an address that the operator gave.
const PAUSE_CONFIGURED_MAX: Duration = Duration::from_secs(5);
/// The longest pause for any other address.
const PAUSE_FOUND_MAX: Duration = Duration::from_secs(300);
/// The pause after a peer turned out to be of another network.
const PAUSE_REFUSED: Duration = Duration::from_secs(30);
/// A connection that lasted this long begins the pauses anew.
const LASTING: Duration = Duration::from_secs(5);
/// Addresses that are taken on the word of one peer.
const TOLD_BY_ONE_MAX: usize = 16;
/// Attempts in vain after which an address makes room for another.
const ATTEMPTS_IN_VAIN: u32 = 4;
/// Peers that the node looks for by itself.
const OUTBOUND_WANTED: usize = 8;

/// All addresses worth dialling.
#[derive(Debug)]
pub(super) struct Dialer {
    own: PeerId,
    /// Whether peers are to get to know each other here.
    introduces: bool,
    targets: Vec<Target>,
    random: ChaCha20Rng,
}

#[derive(Debug)]
struct Target {
    address: Multiaddr,
    /// Who must be there, if the address says so.
    expected: Option<PeerId>,
    /// Who was there last time.
    seen: Option<PeerId>,
    /// Who told it.
    teller: Option<PeerId>,
    /// Whether the operator gave it.
    configured: bool,
    attempts: u32,
    due: Instant,
    dialing: Option<ConnectionId>,
}

impl Dialer {
    pub(super) fn new(own: PeerId, introduces: bool) -> Self {
        Self { own, introduces, targets: Vec::new(), random: generator() }
    }

    /// Adds an address that the operator gave.
    pub(super) fn configure(&mut self, address: Multiaddr, now: Instant) {
        self.add(address, None, true, now);
    }

    /// Adds an address where somebody was before.
    pub(super) fn remember(&mut self, address: Multiaddr, now: Instant) {
        if reach::told(&address).is_some() && self.targets.len() < ADDRESSES_KEPT {
            self.add(address, None, false, now);
        }
    }

    /// Adds an address that a peer told which is connected from this far; only with the id of who
    /// is there, or anybody could answer. A peer of the wide world knows nothing of the hosts next
    /// to this node: it would only have it knock at its neighbours' doors.
    pub(super) fn learn(&mut self, address: Multiaddr, teller: PeerId, from: Reach, now: Instant) {
        let far_enough = reach::told(&address).is_some_and(|reach| reach >= from);
        if far_enough && self.make_room(&teller) {
            self.add(address, Some(teller), false, now);
        }
    }

    /// Where those peers can be dialled, by their own word or because they were: for one who is
    /// connected from this far, beginning with another each time, as not all may fit.
    pub(super) fn introductions(
        &mut self,
        from: Reach,
        connected: impl Fn(&PeerId) -> bool,
    ) -> Vec<Multiaddr> {
        let known = |target: &Target| {
            let himself = || target.expected.filter(|who| target.teller == Some(*who));
            let who = target.seen.or_else(himself)?;
            let full = target.address.clone().with(Protocol::P2p(who));
            let sayable = reach::told(&full).is_some_and(|reach| reach >= from);
            (sayable && connected(&who)).then_some(full)
        };
        let targets = self.targets.iter().filter(|_| self.introduces);
        let mut known: Vec<_> = targets.filter_map(known).collect();
        if let Some(first) = (self.random.next_u32() as usize).checked_rem(known.len()) {
            known.rotate_left(first);
        }
        known
    }

    /// Whether there is room for one more address of this teller; forgets one that leads nowhere
    /// if there has to be.
    fn make_room(&mut self, teller: &PeerId) -> bool {
        let by_teller = |target: &Target| target.teller == Some(*teller);
        let told = self.targets.iter().filter(|target| by_teller(target)).count();
        let crowded = told >= TOLD_BY_ONE_MAX;
        if !crowded && self.targets.len() < ADDRESSES_KEPT {
            return true;
        }
        let in_vain = |(_, target): &(usize, &Target)| {
            let found = !target.configured && target.dialing.is_none();
            found && target.attempts >= ATTEMPTS_IN_VAIN && (!crowded || by_teller(target))
        };
        let worst = self.targets.iter().enumerate().filter(in_vain);
        let worst = worst.max_by_key(|(_, target)| target.attempts).map(|(at, _)| at);
        worst.map(|at| self.targets.remove(at)).is_some()
    }

    fn add(&mut self, address: Multiaddr, teller: Option<PeerId>, configured: bool, now: Instant) {
        let (address, expected) = split(&address);
        let same = |target: &&mut Target| target.address == address && target.expected == expected;
        if let Some(known) = self.targets.iter_mut().find(same) {
            if teller.is_some() && teller == expected {
                known.teller = teller;
            }
            return;
        }
        if !address.iter().any(|part| matches!(part, Protocol::Tcp(port) if port != 0)) {
            return;
        }
        if expected == Some(self.own) {
            if configured {
                tracing::info!(%address, "peer.own_address");
            }
            return;
        }
        let (seen, attempts, dialing) = (None, 0, None);
        let due = now;
        self.targets.push(Target {
            address,
            expected,
            seen,
            teller,
            configured,
            attempts,
            due,
            dialing,
        });
    }

    /// Which addresses to dial now; each must be reported as established or failed.
    pub(super) fn due(
        &mut self,
        now: Instant,
        outbound: usize,
        unwanted: impl Fn(&PeerId) -> bool,
    ) -> Vec<DialOpts> {
        let underway = self.targets.iter().filter(|target| target.dialing.is_some()).count();
        let mut wanted = OUTBOUND_WANTED.saturating_sub(outbound + underway);
        let mut dials = Vec::new();
        for at in 0..self.targets.len() {
            let target = &self.targets[at];
            let ready = target.dialing.is_none() && target.due <= now;
            let who = target.expected.or(target.seen);
            let busy = who.is_some_and(|who| unwanted(&who) || self.is_dialing(&who));
            if !ready || busy || (!target.configured && wanted == 0) {
                continue;
            }
            wanted = wanted.saturating_sub(1);
            let target = &mut self.targets[at];
            let dial = dial(target);
            target.dialing = Some(dial.connection_id());
            dials.push(dial);
        }
        dials
    }

    /// A dial led to this peer. Gives the full address back.
    pub(super) fn established(&mut self, dial: ConnectionId, peer: PeerId) -> Option<Multiaddr> {
        let target = self.targets.iter_mut().find(|target| target.dialing == Some(dial))?;
        target.dialing = None;
        target.seen = Some(peer);
        Some(target.address.clone().with(Protocol::P2p(peer)))
    }

    /// A dial led nowhere. Gives the address back, and whether the operator gave it.
    pub(super) fn failed(&mut self, dial: ConnectionId, now: Instant) -> Option<(Multiaddr, bool)> {
        let jitter = self.random.next_u32();
        let target = self.targets.iter_mut().find(|target| target.dialing == Some(dial))?;
        target.dialing = None;
        target.wait(now, jitter);
        let address = target.address.clone();
        let address = match target.expected {
            Some(peer) => address.with(Protocol::P2p(peer)),
            None => address,
        };
        Some((address, target.configured))
    }

    /// A dial led back to this node: nothing to find there.
    pub(super) fn own(&mut self, dial: ConnectionId) {
        let own = |target: &mut Target| target.dialing == Some(dial);
        for target in self.targets.extract_if(.., own) {
            tracing::info!(address = %target.address, "peer.own_address");
        }
    }

    /// A peer is gone that was connected for so long.
    pub(super) fn lost(&mut self, peer: &PeerId, lasted: Duration, refused: bool, now: Instant) {
        let Self { targets, random, .. } = self;
        for target in targets.iter_mut().filter(|target| target.is(peer)) {
            if lasted >= LASTING {
                target.attempts = 0;
            }
            target.wait(now, random.next_u32());
            if refused {
                target.due = now + PAUSE_REFUSED;
            }
        }
    }

    fn is_dialing(&self, peer: &PeerId) -> bool {
        self.targets.iter().any(|target| target.dialing.is_some() && target.is(peer))
    }
}

impl Target {
    fn is(&self, peer: &PeerId) -> bool {
        self.expected.or(self.seen) == Some(*peer)
    }

    /// Half of the pause is certain, the other half left to chance, so that two nodes which dial
    /// each other at the same moment do not do so again.
    fn wait(&mut self, now: Instant, jitter: u32) {
        let (min, max) = match self.configured {
            true => (PAUSE_CONFIGURED_MIN, PAUSE_CONFIGURED_MAX),
            false => (PAUSE_FOUND_MIN, PAUSE_FOUND_MAX),
        };
        let pause = min.saturating_mul(1 << self.attempts.min(16)).min(max);
        self.attempts = self.attempts.saturating_add(1);
        self.due = now + pause / 2 + (pause / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX));
    }
}

/// From a new port: the one listened on would still be taken by an earlier connection to the same
/// address.
fn dial(target: &Target) -> DialOpts {
    let address = target.address.clone();
    match target.expected {
        Some(peer) => DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(vec![address])
            .allocate_new_port()
            .build(),
        None => DialOpts::unknown_peer_id().address(address).allocate_new_port().build(),
    }
}

/// The address without the peer's id, and that id.
fn split(address: &Multiaddr) -> (Multiaddr, Option<PeerId>) {
    let mut address = address.clone();
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => {
            address.pop();
            (address, Some(peer))
        }
        _ => (address, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> Multiaddr {
        format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("an address")
    }

    #[test]
    fn pauses_grow_to_a_limit_that_is_lower_for_configured_addresses() {
        let start = Instant::now();
        let mut dialer = Dialer::new(PeerId::random(), true);
        dialer.configure(address(1), start);
        dialer.remember(address(2).with(Protocol::P2p(PeerId::random())), start);
        for _ in 0..40 {
            let now = start + Duration::from_secs(100_000);
            for dial in dialer.due(now, 0, |_| false) {
                dialer.failed(dial.connection_id(), start);
            }
        }
        let pauses: Vec<_> = dialer.targets.iter().map(|target| target.due - start).collect();
        assert!(pauses[0] <= PAUSE_CONFIGURED_MAX && pauses[0] >= PAUSE_CONFIGURED_MAX / 2);
        assert!(pauses[1] <= PAUSE_FOUND_MAX && pauses[1] >= PAUSE_FOUND_MAX / 2);
    }

    #[test]
    fn found_addresses_need_an_id_and_room_among_the_outbound_peers() {
        let now = Instant::now();
        let own = PeerId::random();
        let mut dialer = Dialer::new(own, true);
        dialer.remember(address(1), now);
        dialer.remember(address(2).with(Protocol::P2p(own)), now);
        assert!(dialer.targets.is_empty());
        let there = |port| address(port).with(Protocol::P2p(PeerId::random()));
        (1..=20).for_each(|port| dialer.remember(there(port), now));
        assert_eq!(dialer.due(now, 3, |_| false).len(), OUTBOUND_WANTED - 3);
        assert!(dialer.due(now, 3, |_| false).is_empty(), "five are underway");
    }

    #[test]
    fn connected_and_banned_peers_are_not_dialled() {
        let now = Instant::now();
        let mut dialer = Dialer::new(PeerId::random(), true);
        dialer.configure(address(1).with(Protocol::P2p(PeerId::random())), now);
        assert!(dialer.due(now, 0, |_| true).is_empty());
        assert_eq!(dialer.due(now, 0, |_| false).len(), 1);
    }

    #[test]
    fn one_teller_fills_no_book_and_what_leads_nowhere_makes_room() {
        let now = Instant::now();
        let mut dialer = Dialer::new(PeerId::random(), true);
        let (teller, other) = (PeerId::random(), PeerId::random());
        let told = |port| address(port).with(Protocol::P2p(PeerId::random()));
        (1..=100).for_each(|port| dialer.learn(told(port), teller, Reach::Machine, now));
        assert_eq!(dialer.targets.len(), TOLD_BY_ONE_MAX);
        dialer.learn(told(101), other, Reach::Machine, now);
        assert_eq!(dialer.targets.len(), TOLD_BY_ONE_MAX + 1);
        for _ in 0..ATTEMPTS_IN_VAIN * 3 {
            for dial in dialer.due(now + PAUSE_FOUND_MAX, 0, |_| false) {
                dialer.failed(dial.connection_id(), now);
            }
        }
        dialer.learn(told(102), teller, Reach::Machine, now);
        assert_eq!(dialer.targets.len(), TOLD_BY_ONE_MAX + 1);
        assert!(dialer.targets.iter().any(|target| target.address == address(102)));
    }

    #[test]
    fn a_stranger_names_no_hosts_of_the_neighbourhood() {
        let now = Instant::now();
        let mut dialer = Dialer::new(PeerId::random(), true);
        let teller = PeerId::random();
        let at = |host: &str| -> Multiaddr {
            let address: Multiaddr = format!("{host}/tcp/80").parse().expect("an address");
            address.with(Protocol::P2p(PeerId::random()))
        };
        for near in ["/ip4/127.0.0.1", "/ip4/10.0.0.1", "/dns/router", "/ip4/0.0.0.0"] {
            dialer.learn(at(near), teller, Reach::World, now);
        }
        dialer.learn(at("/ip4/127.0.0.1"), teller, Reach::Site, now);
        assert!(dialer.targets.is_empty());
        dialer.learn(at("/ip4/10.0.0.1"), teller, Reach::Site, now);
        dialer.learn(at("/ip4/8.8.8.8"), teller, Reach::World, now);
        assert_eq!(dialer.targets.len(), 2);
    }

    #[test]
    fn peers_are_introduced_by_their_own_word_or_because_they_were_reached() {
        let now = Instant::now();
        let mut dialer = Dialer::new(PeerId::random(), true);
        let [himself, hearsay, reached, gone] = [1, 2, 3, 4].map(|_| PeerId::random());
        let at = |port, id| address(port).with(Protocol::P2p(id));
        dialer.learn(at(1, himself), himself, Reach::Machine, now);
        dialer.learn(at(2, hearsay), himself, Reach::Machine, now);
        dialer.learn(at(4, gone), gone, Reach::Machine, now);
        dialer.configure(address(3), now);
        for dial in dialer.due(now, 0, |id| *id == himself || *id == hearsay || *id == gone) {
            dialer.established(dial.connection_id(), reached);
        }
        let mut known = dialer.introductions(Reach::Machine, |id| *id != gone);
        known.sort();
        let mut expected = vec![at(1, himself), at(3, reached)];
        expected.sort();
        assert_eq!(known, expected);
        dialer.learn(at(2, hearsay), hearsay, Reach::Machine, now);
        assert_eq!(dialer.introductions(Reach::Machine, |id| *id != gone).len(), 3);
        assert!(dialer.introductions(Reach::Site, |_| true).is_empty(), "of no use from afar");
        dialer.introduces = false;
        assert!(dialer.introductions(Reach::Machine, |_| true).is_empty());
    }
}
