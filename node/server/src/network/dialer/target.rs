//! An address worth dialling, and when again.

use std::time::{Duration, Instant};

use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId};

use crate::network::book::{Rank, Source};
use crate::network::group::Group;

/// The pause before the first new attempt at an address that the operator gave; it doubles each
/// time.
const PAUSE_CONFIGURED_MIN: Duration = Duration::from_millis(250);
/// The pause before the first new attempt at any other address.
const PAUSE_FOUND_MIN: Duration = Duration::from_secs(2);
/// The longest pause for an address that the operator gave.
pub(super) const PAUSE_CONFIGURED_MAX: Duration = Duration::from_secs(5);
/// The longest pause for any other address.
pub(super) const PAUSE_FOUND_MAX: Duration = Duration::from_secs(300);

/// An address worth dialling.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) address: Multiaddr,
    /// Who must be there, if the address says so.
    pub(super) expected: Option<PeerId>,
    /// Who was there last time.
    pub(super) seen: Option<PeerId>,
    /// Who told it.
    pub(super) teller: Option<PeerId>,
    /// From where it was told.
    pub(super) source: Option<Source>,
    /// Whether the operator gave it.
    pub(super) configured: bool,
    /// What is known of it.
    pub(super) rank: Rank,
    pub(super) attempts: u32,
    pub(super) due: Instant,
    pub(super) dialing: Option<ConnectionId>,
}

impl Target {
    /// The one who is there, as far as that is known.
    pub(super) fn who(&self) -> Option<PeerId> {
        self.expected.or(self.seen)
    }

    pub(super) fn is(&self, peer: &PeerId) -> bool {
        self.who() == Some(*peer)
    }

    /// Whether it is there by the word of who is said to be there.
    pub(super) fn is_own_word(&self) -> bool {
        self.teller.is_some() && self.teller == self.expected
    }

    /// Whether who is said to be there says so, and from there.
    pub(super) fn is_vouched(&self) -> bool {
        self.is_own_word() && self.source.is_some_and(|source| source.group == self.group())
    }

    pub(super) fn group(&self) -> Group {
        Group::of(&self.address)
    }

    /// The address with who is there, as far as that is known.
    pub(super) fn full(&self) -> Multiaddr {
        match self.who() {
            Some(peer) => self.address.clone().with(Protocol::P2p(peer)),
            None => self.address.clone(),
        }
    }

    /// Half of the pause is certain, the other half left to chance, so that two nodes which dial
    /// each other at the same moment do not do so again.
    pub(super) fn wait(&mut self, now: Instant, jitter: u32) {
        let (min, max) = match self.configured {
            true => (PAUSE_CONFIGURED_MIN, PAUSE_CONFIGURED_MAX),
            false => (PAUSE_FOUND_MIN, PAUSE_FOUND_MAX),
        };
        let pause = min.saturating_mul(1 << self.attempts.min(16)).min(max);
        self.attempts = self.attempts.saturating_add(1);
        self.due = now + pause / 2 + (pause / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX));
    }

    /// What to tell libp2p to dial it, at these addresses.
    pub(super) fn dial(&self, addresses: Vec<Multiaddr>) -> DialOpts {
        dial(self.expected, addresses)
    }
}

/// From a new port: the one listened on would still be taken by an earlier connection to the same
/// address.
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

/// The address without the peer's id, and that id.
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
