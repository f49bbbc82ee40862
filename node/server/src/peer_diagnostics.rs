//! Troubles that lately came up between this node and others, for whoever asks why.
//!
//! The log tells of each case when it happens; this remembers the latest ones, so that the question
//! may come later.

use std::time::{Duration, SystemTime};

use coinage_protocol::engine::{Stop, StopCause};
use coinage_protocol::{BlockHash, ChainId, Status};

/// Number of troubles that are remembered at most; the one that happened longest ago makes room.
pub(crate) const TROUBLES_MAX: usize = 64;
/// Number of remembered troubles with nodes that the operator did not name: anybody can make them.
const OF_STRANGERS_MAX: usize = 32;
/// Time that a trouble is remembered that does not happen again.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

/// A trouble between this node and another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Kind of the trouble, in one word.
    pub kind: TroubleKind,
    /// Address that was dialled, or from which somebody came.
    pub address: Option<String>,
    /// Peer id of the other node, as far as that is known.
    pub peer_id: Option<String>,
    /// True if the operator named the address.
    pub configured: bool,
    /// Details of what was seen.
    pub detail: String,
    /// Standpoints of this node and of the other one, if that is what differs.
    pub differs: Option<[Standpoint; 2]>,
    /// Time when the trouble was seen first.
    pub first: SystemTime,
    /// Time when the trouble was seen last.
    pub last: SystemTime,
    /// Number of times that the trouble was seen.
    pub count: u32,
    /// Time until which this node will have nothing to do with that peer.
    pub until: Option<SystemTime>,
}

/// Kind of a trouble, in one word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TroubleKind {
    /// An address where nobody answers.
    Unreachable,
    /// An address answers, or somebody calls from it, but no handshake succeeds: it may have
    /// another network key, or none.
    NoHandshake,
    /// An address where somebody else answers than the peer that it names.
    OtherIdentity,
    /// A node other than this one has this node's identity.
    SameIdentity,
    /// A peer is of another network.
    OtherNetwork,
    /// A peer speaks another version.
    OtherVersion,
    /// A peer was banned.
    Banned,
    /// A peer sent what is no message.
    Undecodable,
    /// A peer closed the connection at once.
    HungUp,
    /// A peer's head moves, but its gossip does not arrive.
    GossipSilent,
    /// A block is signed with this node's authority key, but not by this node.
    AuthorityTwice,
    /// Two other nodes have the same identity.
    IdentityTwice,
}

impl TroubleKind {
    /// True if the trouble may still last when the peer is connected.
    fn outlives_a_connection(self) -> bool {
        matches!(self, Self::AuthorityTwice | Self::GossipSilent | Self::IdentityTwice)
    }
}

/// Facts that must be the same for two nodes to be peers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standpoint {
    /// Version of the protocol.
    pub version: u16,
    /// Id of the network's chain.
    pub chain: ChainId,
    /// Hash of the network's block 0.
    pub genesis: BlockHash,
}

/// Remembered troubles, the latest ones, each under a number of its own by which a reader finds it
/// again.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    kept: Vec<(u32, Diagnostic)>,
    /// Number of the newest trouble.
    last: u32,
}

impl Diagnostic {
    /// Makes a trouble that is seen for the first time, now.
    pub fn new(kind: TroubleKind, detail: impl ToString, now: SystemTime) -> Self {
        let (detail, differs, until) = (detail.to_string(), None, None);
        let (address, peer_id, configured) = (None, None, false);
        let (first, last, count) = (now, now, 1);
        Self { kind, address, peer_id, configured, detail, differs, first, last, count, until }
    }

    /// Adds the address and the name of the peer that the trouble is about.
    #[must_use]
    pub fn of(self, address: Option<String>, peer_id: Option<String>) -> Self {
        Self { address, peer_id, ..self }
    }

    /// Makes the trouble that another process signs with this node's authority key, if it has
    /// stopped for that.
    pub fn authority_twice(stop: Stop, now: SystemTime) -> Option<Self> {
        let detail = format!("block {} of slot {} is signed with it", stop.hash, stop.slot);
        let is_twin = stop.cause == StopCause::Twin;
        is_twin.then(|| Self::new(TroubleKind::AuthorityTwice, detail, now))
    }

    /// Makes the trouble of a peer that this node cannot be a peer of.
    pub fn refused(ours: &Status, theirs: &Status, now: SystemTime) -> Self {
        let (kind, detail) = if ours.version == theirs.version {
            (TroubleKind::OtherNetwork, "it is a node of another network")
        } else {
            (TroubleKind::OtherVersion, "it speaks another version of the protocol")
        };
        let standpoint = |status: &Status| {
            let Status { version, chain, genesis, .. } = *status;
            Standpoint { version, chain, genesis }
        };
        let differs = Some([standpoint(ours), standpoint(theirs)]);
        Self { differs, ..Self::new(kind, detail, now) }
    }

    /// True if anybody could have made the trouble who only knows this node's address.
    fn is_of_stranger(&self) -> bool {
        let own = matches!(self.kind, TroubleKind::SameIdentity | TroubleKind::AuthorityTwice);
        !self.configured && !own
    }

    /// True if the other trouble is about the same thing.
    fn is_again(&self, other: &Self) -> bool {
        let same = match (&self.peer_id, &other.peer_id) {
            // Who dials in comes from another port each time.
            (Some(one), Some(other)) => one == other,
            _ => self.address == other.address,
        };
        self.kind == other.kind && same
    }
}

impl Diagnostics {
    /// Remembers a trouble, or that it happened again.
    pub(crate) fn note(&mut self, new: Diagnostic) {
        if let Some((_, known)) = self.kept.iter_mut().find(|(_, known)| known.is_again(&new)) {
            let (first, count) = (known.first, known.count.saturating_add(1));
            *known = Diagnostic { first, count, ..new };
            return;
        }
        let of_strangers = self.kept.iter().filter(|(_, one)| one.is_of_stranger()).count();
        let crowded = new.is_of_stranger() && of_strangers >= OF_STRANGERS_MAX;
        if crowded || self.kept.len() >= TROUBLES_MAX {
            let leaves = |(_, one): &&(u32, Diagnostic)| !crowded || one.is_of_stranger();
            let oldest = self.kept.iter().filter(leaves).min_by_key(|(_, one)| one.last);
            let oldest = oldest.map(|(number, _)| *number);
            self.kept.retain(|(number, _)| Some(*number) != oldest);
        }
        // Whoever has seen so many has forgotten the first.
        self.last = self.last.wrapping_add(1);
        self.kept.push((self.last, new));
    }

    /// Forgets what went wrong with a peer that is connected and on this network.
    ///
    /// Whoever is kept away cannot be: what tells of it is a status on its way when it was banned.
    pub(crate) fn settled(&mut self, peer_id: &str, address: &str, now: SystemTime) {
        let bare = |address: &str| address.split("/p2p/").next().map(str::to_owned);
        let there = bare(address);
        self.kept.retain(|(_, one)| {
            let of_peer = one.peer_id.as_deref() == Some(peer_id);
            let of_place = one.address.as_deref().and_then(bare) == there;
            let kept_away = one.until.is_some_and(|until| until > now);
            kept_away || one.kind.outlives_a_connection() || !(of_peer || of_place)
        });
    }

    /// Returns the troubles of late with their numbers, the latest first.
    pub(crate) fn latest(&self, now: SystemTime) -> Vec<(u32, Diagnostic)> {
        let recent = |time: SystemTime| now.duration_since(time).is_ok_and(|age| age < REMEMBERED);
        let lasts = |(_, one): &&(u32, Diagnostic)| {
            recent(one.last)
                || one.until.is_some_and(|until| until > now)
                || one.kind == TroubleKind::AuthorityTwice
        };
        let mut latest: Vec<_> = self.kept.iter().filter(lasts).cloned().collect();
        latest.sort_by_key(|(_, one)| std::cmp::Reverse(one.last));
        latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn unreachable(port: usize, seconds: u64) -> Diagnostic {
        let address = format!("/ip4/127.0.0.1/tcp/{port}");
        Diagnostic::new(TroubleKind::Unreachable, "refused", at(seconds)).of(Some(address), None)
    }

    #[test]
    fn what_happens_again_is_one_trouble_with_a_count() {
        let mut troubles = Diagnostics::default();
        troubles.note(unreachable(1, 10));
        troubles.note(unreachable(2, 11));
        troubles.note(unreachable(1, 12));
        let latest = troubles.latest(at(13));
        assert_eq!(latest.len(), 2);
        let (number, again) = &latest[0];
        assert_eq!((*number, again.count, again.first, again.last), (1, 2, at(10), at(12)));
    }

    #[test]
    fn strangers_fill_no_more_than_their_part_of_the_list_and_push_out_strangers() {
        let mut troubles = Diagnostics::default();
        let named = Diagnostic { configured: true, ..unreachable(1, 0) };
        troubles.note(named.clone());
        (2..=100).for_each(|port| troubles.note(unreachable(port, port as u64)));
        let mut latest = troubles.latest(at(100));
        assert_eq!(latest.pop().map(|(_, one)| one), Some(named));
        assert_eq!(latest.len(), OF_STRANGERS_MAX);
        let oldest = 101 - OF_STRANGERS_MAX as u64;
        assert_eq!(latest.last().map(|(_, one)| one.last), Some(at(oldest)));
    }

    #[test]
    fn what_is_over_or_long_ago_is_told_no_more() {
        let mut troubles = Diagnostics::default();
        troubles.note(unreachable(1, 0));
        let banned = Diagnostic::new(TroubleKind::Banned, "flood", at(0));
        let until = Some(at(2_000));
        troubles.note(Diagnostic { until, ..banned.of(None, Some("other".into())) });
        assert_eq!(troubles.latest(at(899)).len(), 2);
        assert_eq!(troubles.latest(at(901)).len(), 1, "the ban lasts");
        troubles.settled("peer", "/ip4/127.0.0.1/tcp/1/p2p/peer", at(1));
        assert_eq!(troubles.latest(at(1)).len(), 1);
        troubles.settled("other", "/ip4/127.0.0.1/tcp/2", at(1_999));
        assert_eq!(troubles.latest(at(1)).len(), 1, "a status that came too late ends no ban");
        troubles.settled("other", "/ip4/127.0.0.1/tcp/2", at(2_000));
        assert!(troubles.latest(at(1)).is_empty());
    }
}
