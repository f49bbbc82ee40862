//! Addresses worth dialling, and when again.

use std::time::{Duration, Instant};

use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId};

use crate::network::address_book::{Rank, Source};
use crate::network::group::Group;

/// Pause before the first new attempt at an address that the operator gave; it doubles each time.
const PAUSE_CONFIGURED_MIN: Duration = Duration::from_millis(250);
/// Pause before the first new attempt at any other address.
const PAUSE_FOUND_MIN: Duration = Duration::from_secs(2);
/// Longest pause for an address that the operator gave.
pub(super) const PAUSE_CONFIGURED_MAX: Duration = Duration::from_secs(5);
/// Longest pause for any other address.
pub(super) const PAUSE_FOUND_MAX: Duration = Duration::from_secs(300);

/// An address worth dialling.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) address: Multiaddr,
    /// Peer that must be there, if the address says so.
    pub(super) expected: Option<PeerId>,
    /// Peer that was there last time.
    pub(super) seen: Option<PeerId>,
    /// Peer that told the address.
    pub(super) teller: Option<PeerId>,
    /// Source that told the address.
    pub(super) source: Option<Source>,
    /// True if the operator gave the address.
    pub(super) configured: bool,
    /// Rank of the address by what is known of it.
    pub(super) rank: Rank,
    pub(super) attempts: u32,
    pub(super) due: Instant,
    pub(super) dialing: Option<ConnectionId>,
}

impl Target {
    /// Returns the peer that is there, as far as that is known.
    pub(super) fn who(&self) -> Option<PeerId> {
        self.expected.or(self.seen)
    }

    pub(super) fn is(&self, peer: &PeerId) -> bool {
        self.who() == Some(*peer)
    }

    /// True if the peer that is said to be there told the address itself.
    pub(super) fn is_own_word(&self) -> bool {
        self.teller.is_some() && self.teller == self.expected
    }

    /// True if the peer that is said to be there says so, and from there.
    pub(super) fn is_vouched(&self) -> bool {
        self.is_own_word() && self.source.is_some_and(|source| source.group == self.group())
    }

    pub(super) fn group(&self) -> Group {
        Group::of(&self.address)
    }

    /// Returns the address with the peer that is there, as far as that is known.
    pub(super) fn full(&self) -> Multiaddr {
        match self.who() {
            Some(peer) => self.address.clone().with(Protocol::P2p(peer)),
            None => self.address.clone(),
        }
    }

    /// Sets the next attempt after a pause. Half of the pause is certain, the other half left to
    /// chance, so that two nodes which dial each other at the same moment do not do so again.
    pub(super) fn wait(&mut self, now: Instant, jitter: u32) {
        let (min, max) = match self.configured {
            true => (PAUSE_CONFIGURED_MIN, PAUSE_CONFIGURED_MAX),
            false => (PAUSE_FOUND_MIN, PAUSE_FOUND_MAX),
        };
        let pause = min.saturating_mul(1 << self.attempts.min(16)).min(max);
        self.attempts = self.attempts.saturating_add(1);
        self.due = now + pause / 2 + (pause / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX));
    }

    /// Returns the options for libp2p to dial the target, at these addresses.
    pub(super) fn dial(&self, addresses: Vec<Multiaddr>) -> DialOpts {
        dial(self.expected, addresses)
    }
}

/// Returns the options for a dial from a new port: the one listened on would still be taken by an
/// earlier connection to the same address.
fn dial(expected: Option<PeerId>, addresses: Vec<Multiaddr>) -> DialOpts {
    match expected {
        Some(peer) => DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(addresses)
            .allocate_new_port()
            .build(),
        None => {
            let address = addresses.into_iter().next().unwrap_or_else(Multiaddr::empty);
            DialOpts::unknown_peer_id().address(address).allocate_new_port().build()
        }
    }
}

/// Splits an address into the part without the peer's id, and that id.
pub(super) fn split(address: &Multiaddr) -> (Multiaddr, Option<PeerId>) {
    let mut address = address.clone();
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => {
            address.pop();
            (address, Some(peer))
        }
        _ => (address, None),
    }
}
