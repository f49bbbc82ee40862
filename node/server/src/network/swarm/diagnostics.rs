//! Troubles with those who are no peers: who cannot be dialled, and who is this node's twin.

use std::time::{Duration, Instant, SystemTime};

use libp2p::multiaddr::Protocol;
use libp2p::swarm::{ConnectionId, DialError, ListenError};
use libp2p::{Multiaddr, PeerId, TransportError};

use super::Task;
use super::external_addresses::bare;
use crate::network::Notice;
use crate::network::transport::{LinkError, innermost, link_error};
use crate::peer_diagnostics::{Diagnostic, TroubleKind};

/// Time before or after the node dialled itself within which a call from its own identity is its
/// own.
const ECHO: Duration = Duration::from_secs(3);
/// Calls from this node's own identity that wait to be told from echoes at most.
const CALLS_MAX: usize = 16;
/// Time within which a connection that the other side ends is one that it does not want.
const HUNG_UP_WITHIN: Duration = Duration::from_secs(2);

/// Time that no more is told of callers with whom no handshake succeeds.
const KNOCKS_PAUSE: Duration = Duration::from_secs(10);

/// Knowledge of the node's own addresses, to tell the node from a twin.
#[derive(Debug)]
pub(super) struct Mirror {
    own: PeerId,
    /// Addresses where the node is found, without its name.
    addresses: Vec<Multiaddr>,
    /// Time when the node dialled itself last.
    dialled: Option<Instant>,
    /// Times and addresses of calls with the node's own name.
    calls: Vec<(Instant, Multiaddr)>,
    /// Time when it was last told of somebody with whom no handshake succeeded.
    knocked: Option<Instant>,
}

impl Mirror {
    pub(super) fn new(own: PeerId, addresses: impl IntoIterator<Item = Multiaddr>) -> Self {
        let addresses = addresses.into_iter().map(|address| bare(&address)).collect();
        Self { own, addresses, dialled: None, calls: Vec::new(), knocked: None }
    }

    /// True if an address that names this node is none of its own.
    pub(super) fn is_twin(&self, address: &Multiaddr) -> bool {
        let named = address.iter().last() == Some(Protocol::P2p(self.own));
        named && !self.is_here(address)
    }

    /// Notes that this node is found at an address, too.
    pub(super) fn is_at(&mut self, address: &Multiaddr) {
        if !self.is_here(address) {
            self.addresses.push(bare(address));
        }
    }

    /// True if an address is one of this node's own.
    pub(super) fn is_here(&self, address: &Multiaddr) -> bool {
        self.addresses.contains(&bare(address))
    }

    /// Decides whether to tell of somebody with whom no handshake succeeded.
    fn knocks(&mut self, now: Instant) -> bool {
        let lately = |at: Instant| now.saturating_duration_since(at) < KNOCKS_PAUSE;
        let tell = !self.knocked.is_some_and(lately);
        self.knocked = if tell { Some(now) } else { self.knocked };
        tell
    }

    /// Returns calls that were no echoes of own dials.
    fn strangers(&mut self, now: Instant) -> Vec<Multiaddr> {
        let settled = |(at, _): &mut (Instant, Multiaddr)| now.duration_since(*at) >= ECHO;
        let dialled = self.dialled;
        let echo = |at: Instant| {
            dialled.is_some_and(|own| {
                own.saturating_duration_since(at).max(at.saturating_duration_since(own)) < ECHO
            })
        };
        let over: Vec<_> = self.calls.extract_if(.., settled).collect();
        over.into_iter().filter(|(at, _)| !echo(*at)).map(|(_, from)| from).collect()
    }
}

impl Task {
    /// Tells of twins that the operator named.
    pub(super) fn look_for_twins(&mut self, configured: &[Multiaddr]) {
        for address in configured {
            if self.mirror.is_twin(address) {
                self.tell_twin(address, true, "the address names this node's own identity");
            }
        }
    }

    pub(super) fn on_dial_failed(&mut self, dial: ConnectionId, error: &DialError) {
        tracing::debug!(%error, "peer.unreachable");
        let now = Instant::now();
        if let DialError::LocalPeerId { address } = error
            && self.mirror.is_here(address)
        {
            self.mirror.dialled = Some(now);
            return self.dialer.own(dial);
        }
        let Some((address, configured)) = self.dialer.failed(dial, now) else { return };
        let own = self.mirror.own;
        let (kind, detail) = match error {
            DialError::LocalPeerId { .. } => {
                return self.tell_twin(&address, configured, "whoever answers there has it");
            }
            DialError::WrongPeerId { obtained, .. } if *obtained == own => {
                return self.tell_twin(&address, configured, "whoever answers there has it");
            }
            DialError::WrongPeerId { obtained, .. } => {
                (TroubleKind::OtherIdentity, format!("{obtained} answers there"))
            }
            DialError::Aborted | DialError::DialPeerConditionFalse(_) => return,
            error if no_handshake(error) => (TroubleKind::NoHandshake, reason(error)),
            error => (TroubleKind::Unreachable, reason(error)),
        };
        let named = address.iter().last().and_then(|part| match part {
            Protocol::P2p(peer) => Some(peer.to_string()),
            _ => None,
        });
        let trouble = Diagnostic::new(kind, detail, SystemTime::now());
        self.tell(Diagnostic { configured, ..trouble.of(Some(address.to_string()), named) });
    }

    /// Takes in that somebody called who could not be answered.
    pub(super) fn on_call_failed(&mut self, from: Multiaddr, error: &ListenError) {
        let twin = matches!(error, ListenError::LocalPeerId { .. });
        if twin && self.mirror.calls.len() < CALLS_MAX {
            self.mirror.calls.push((Instant::now(), from));
            return;
        }
        let ListenError::Transport(TransportError::Other(error)) = error else { return };
        if let Some(LinkError::NoHandshake(_)) = link_error(error)
            && self.mirror.knocks(Instant::now())
        {
            // Without address: however many there are, they are one trouble.
            let detail = format!("the last from {}: {}", host(from), innermost(error));
            self.tell(Diagnostic::new(TroubleKind::NoHandshake, detail, SystemTime::now()));
        }
    }

    /// Tells of calls that were no echoes.
    pub(super) fn check_calls(&mut self, now: Instant) {
        for from in self.mirror.strangers(now) {
            self.tell_twin(&host(from), false, "whoever called from there has it");
        }
    }

    /// Takes in that a connection is over that this node did not end.
    pub(super) fn on_hung_up(&mut self, id: &PeerId, address: Multiaddr, lasted: Duration) {
        if lasted < HUNG_UP_WITHIN {
            let detail = format!("it closed the connection after {} ms", lasted.as_millis());
            let trouble = Diagnostic::new(TroubleKind::HungUp, detail, SystemTime::now());
            self.tell(trouble.of(Some(address.to_string()), Some(id.to_string())));
        }
    }

    /// Tells of two nodes with one identity, which push each other off.
    pub(super) fn tell_double(&mut self, id: &PeerId, one: &Multiaddr, other: &Multiaddr) {
        let mut both = [bare(one).to_string(), bare(other).to_string()];
        both.sort();
        let detail = format!("it is at {} and at {} at the same time", both[0], both[1]);
        let trouble = Diagnostic::new(TroubleKind::IdentityTwice, detail, SystemTime::now());
        self.tell(trouble.of(Some(bare(other).to_string()), Some(id.to_string())));
    }

    fn tell_twin(&mut self, address: &Multiaddr, configured: bool, detail: &str) {
        let trouble = Diagnostic::new(TroubleKind::SameIdentity, detail, SystemTime::now());
        let peer = Some(self.mirror.own.to_string());
        self.tell(Diagnostic { configured, ..trouble.of(Some(bare(address).to_string()), peer) });
    }

    fn tell(&mut self, trouble: Diagnostic) {
        self.outbox.push_back(Notice::Diagnostic(Box::new(trouble)));
    }
}

/// Returns an address without its port: each call comes from another.
fn host(mut address: Multiaddr) -> Multiaddr {
    while address.iter().count() > 1 {
        address.pop();
    }
    address
}

/// True if somebody answers, but no handshake comes about.
pub(in crate::network) fn no_handshake(error: &DialError) -> bool {
    let DialError::Transport(attempts) = error else { return false };
    attempts.iter().any(|(_, error)| {
        let TransportError::Other(error) = error else { return false };
        matches!(link_error(error), Some(LinkError::NoHandshake(_)))
    })
}

/// Returns the reason why a dial failed, in the words of the operating system where it is to blame.
pub(in crate::network) fn reason(error: &DialError) -> String {
    let DialError::Transport(attempts) = error else { return error.to_string() };
    let mut reasons = Vec::new();
    for (_, error) in attempts {
        let reason = match error {
            TransportError::MultiaddrNotSupported(_) => "not an address for TCP".into(),
            TransportError::Other(error) => innermost(error),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Multiaddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_call_is_an_echo_only_next_to_an_own_dial() {
        let start = Instant::now();
        let mut mirror = Mirror::new(PeerId::random(), [address("/ip4/127.0.0.1/tcp/1")]);
        let caller = address("/ip4/10.0.0.2/tcp/5");
        mirror.calls.push((start, caller.clone()));
        assert!(mirror.strangers(start + ECHO / 2).is_empty(), "it is too early to tell");
        assert_eq!(mirror.strangers(start + ECHO), std::slice::from_ref(&caller));
        mirror.calls.push((start, caller));
        mirror.dialled = Some(start + ECHO / 2);
        assert!(mirror.strangers(start + ECHO).is_empty());
    }

    #[test]
    fn an_address_that_names_this_node_is_a_twins_if_the_node_is_not_there() {
        let own = PeerId::random();
        let here = address("/ip4/127.0.0.1/tcp/1").with(Protocol::P2p(own));
        let mirror = Mirror::new(own, [here.clone()]);
        assert!(!mirror.is_twin(&here));
        assert!(mirror.is_twin(&address("/ip4/127.0.0.1/tcp/2").with(Protocol::P2p(own))));
        assert!(!mirror.is_twin(&address("/ip4/127.0.0.1/tcp/2")));
    }
}
