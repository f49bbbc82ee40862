//! Peers: what the node knows of each, and what each owes.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::exchange::{PeerRef, RequestId};
use super::taken::{self, Taken};
use crate::blame::Offence;
use crate::chain::Tip;
use crate::hash::{BlockHash, TransactionId};
use crate::wire::Status;

/// Points of guilt that a minute takes away (SPEC X-2).
const FORGIVEN_PER_MINUTE: u64 = 10;
/// Points' worth of requests that a peer may make at once (SPEC N-6).
const BUDGET_MAX: i64 = 400;
/// Points that a peer's budget may fall below zero before further requests are a flood (SPEC N-6).
const DEBT_MAX: i64 = 400;
/// Points that a request costs that is refused for lack of budget.
const REFUSED_PRICE: i64 = 4;
/// Points' worth of requests that a peer may make each second (SPEC N-6).
const BUDGET_PER_SECOND: u64 = 100;
/// Number of times that a peer's rest may double.
const DOUBLINGS_MAX: u32 = 3;
/// Heads in a row that a peer claims and that gossip does not bring before its streams count as
/// dead.
const UNHEARD_MAX: u32 = 4;
/// Ids fetched from a peer for nothing, of which so many are remembered.
const USELESS_MAX: usize = 4096;

/// The connected peers and the questions that are open.
#[derive(Debug, Default)]
pub(super) struct Peers {
    peers: BTreeMap<PeerRef, Peer>,
    open: BTreeMap<RequestId, (PeerRef, Asked)>,
    last_request: u64,
    /// Bytes that all peers together took of this node's answers.
    taken: Taken,
}

/// The state of a peer's budget for requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Budget {
    /// The peer may ask.
    Enough,
    /// The peer may not ask now, and that is no offence: an honest node that catches up meets this
    /// bound, too.
    Short,
    /// The peer goes on asking, whatever it is told.
    Flood,
}

/// A question that is open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// Question for the status, with its time, in milliseconds of uptime.
    Status {
        at: u64,
    },
    /// Question for the way to this claim, from the first of these blocks that the peer has.
    Headers {
        claim: Tip,
        locator: Vec<BlockHash>,
    },
    Blocks(Vec<Tip>),
    /// Question for ids after this one.
    Waiting(Option<TransactionId>),
    Certificates,
    Evidence,
    Ballots,
    Transactions(BTreeSet<TransactionId>),
}

/// A connected peer, with what it claimed and what was asked of it.
#[derive(Debug)]
pub(super) struct Peer {
    /// Last status that the peer sent; only of this network.
    pub(super) status: Option<Box<Status>>,
    /// The head of that status, until it is known here or found not to exist.
    pub(super) claim: Option<Tip>,
    /// True if it showed a certificate of a block that is not known here: its headers lead there.
    pub(super) has_certified: bool,
    /// The last header it sent: where to go on.
    pub(super) last_header: Option<Tip>,
    /// The last question for headers: whoever waited longest is asked next.
    pub(super) asked_headers: RequestId,
    /// Time of the last question for headers, in milliseconds of uptime.
    pub(super) asked_headers_at: u64,
    /// Time of the next exchange of statuses, in milliseconds of uptime.
    pub(super) next_status: u64,
    /// Time of the next question for waiting transactions.
    pub(super) next_waiting: u64,
    /// Id after which to go on asking, and the number of pages of ids in this round so far.
    pub(super) waiting_after: Option<TransactionId>,
    pub(super) waiting_pages: u32,
    /// Time until which not to ask the peer for blocks.
    pub(super) rests_until: u64,
    /// Time until which not to go by the peer's claims: it did not answer.
    pub(super) silent_until: u64,
    /// Questions in a row that it did not answer.
    silences: u32,
    /// Turn behind which it came when it connected.
    behind: u32,
    /// True once it was asked for the newest ballots of this node's key.
    pub(super) was_asked_for_ballots: bool,
    /// New heads in a row that it claimed while nothing came from it by gossip.
    unheard: u32,
    useless: BTreeSet<TransactionId>,
    guilt: u64,
    guilt_at: u64,
    budget: i64,
    budget_at: u64,
    taken: Taken,
}

impl Peers {
    pub(super) fn connect(&mut self, peer: PeerRef, uptime: u64) {
        let new = Peer {
            status: None,
            claim: None,
            has_certified: false,
            last_header: None,
            asked_headers: RequestId(0),
            asked_headers_at: 0,
            next_status: uptime,
            next_waiting: uptime,
            waiting_after: None,
            waiting_pages: 0,
            rests_until: 0,
            silent_until: 0,
            silences: 0,
            // Whoever connects anew whenever it owes an answer must not come before all others.
            behind: self.peers.values().map(Peer::turn).max().unwrap_or(0),
            was_asked_for_ballots: false,
            unheard: 0,
            useless: BTreeSet::new(),
            guilt: 0,
            guilt_at: uptime,
            budget: BUDGET_MAX,
            budget_at: uptime,
            taken: Taken::of_newcomer(uptime),
        };
        self.peers.insert(peer, new);
    }

    pub(super) fn disconnect(&mut self, peer: PeerRef) {
        self.peers.remove(&peer);
    }

    pub(super) fn get(&self, peer: PeerRef) -> Option<&Peer> {
        self.peers.get(&peer)
    }

    pub(super) fn get_mut(&mut self, peer: PeerRef) -> Option<&mut Peer> {
        self.peers.get_mut(&peer)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerRef, &Peer)> {
        self.peers.iter().map(|(peer, known)| (*peer, known))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (PeerRef, &mut Peer)> {
        self.peers.iter_mut().map(|(peer, known)| (*peer, known))
    }

    /// Checks whether any peer has said where it stands.
    pub(super) fn any_status(&self) -> bool {
        self.peers.values().any(|peer| peer.status.is_some())
    }

    /// Opens a question to a peer.
    pub(super) fn open(&mut self, peer: PeerRef, asked: Asked) -> RequestId {
        self.last_request = self.last_request.saturating_add(1);
        let request = RequestId(self.last_request);
        self.open.insert(request, (peer, asked));
        request
    }

    /// Closes a question, if it is open.
    pub(super) fn close(&mut self, request: RequestId) -> Option<(PeerRef, Asked)> {
        self.open.remove(&request)
    }

    /// The questions that are open.
    pub(super) fn open_questions(&self) -> impl Iterator<Item = (PeerRef, &Asked)> {
        self.open.values().map(|(peer, asked)| (*peer, asked))
    }

    /// Number of open questions for blocks.
    pub(super) fn asked_for_blocks(&self) -> usize {
        self.open_questions().filter(|(_, asked)| matches!(asked, Asked::Blocks(_))).count()
    }

    /// Checks whether a question of that kind to that peer is open.
    pub(super) fn is_asking(&self, peer: PeerRef, kind: impl Fn(&Asked) -> bool) -> bool {
        self.open_questions().any(|(asked_peer, asked)| asked_peer == peer && kind(asked))
    }

    /// Adds to a peer's guilt; whether that makes it a case for a ban (SPEC X-2).
    pub(super) fn charge(&mut self, peer: PeerRef, offence: Offence, uptime: u64) -> bool {
        let Some(known) = self.peers.get_mut(&peer) else { return false };
        let minutes = uptime.saturating_sub(known.guilt_at) / 60_000;
        if minutes > 0 {
            known.guilt = known.guilt.saturating_sub(minutes.saturating_mul(FORGIVEN_PER_MINUTE));
            known.guilt_at = uptime;
        }
        known.guilt = known.guilt.saturating_add(u64::from(offence.price()));
        known.guilt >= u64::from(Offence::BAN_AT)
    }

    /// Takes the price of a question from a peer's budget (SPEC N-6).
    pub(super) fn afford(&mut self, peer: PeerRef, price: i64, uptime: u64) -> Budget {
        let Some(known) = self.peers.get_mut(&peer) else { return Budget::Short };
        let earned =
            uptime.saturating_sub(known.budget_at).saturating_mul(BUDGET_PER_SECOND) / 1000;
        if earned > 0 {
            let earned = i64::try_from(earned).unwrap_or(i64::MAX);
            known.budget = known.budget.saturating_add(earned).min(BUDGET_MAX);
            known.budget_at = uptime;
        }
        if known.budget >= price {
            known.budget = known.budget.saturating_sub(price);
            return Budget::Enough;
        }
        if known.budget <= DEBT_MAX.saturating_neg() {
            return Budget::Flood;
        }
        known.budget = known.budget.saturating_sub(REFUSED_PRICE);
        Budget::Short
    }

    /// Checks whether a peer may take more bytes of answers now (SPEC N-6).
    pub(super) fn may_take(&mut self, peer: PeerRef, uptime: u64) -> bool {
        let takers = self.peers.values().filter(|known| known.taken.is_any()).count();
        let each = self.peers.values_mut().map(|known| &mut known.taken);
        taken::pass_time(&mut self.taken, each, takers, uptime);
        self.peers.get(&peer).is_some_and(|known| taken::may_take(known.taken, self.taken))
    }

    /// A peer is given an answer of so many bytes.
    pub(super) fn took(&mut self, peer: PeerRef, bytes: usize) {
        self.taken.add(bytes);
        if let Some(known) = self.peers.get_mut(&peer) {
            known.taken.add(bytes);
        }
    }
}

impl Peer {
    /// Notes that the peer did not answer; the more often in a row, the longer it rests.
    pub(super) fn was_silent(&mut self, uptime: u64, rest_ms: u64) {
        let factor = 1_u64.checked_shl(self.silences.min(DOUBLINGS_MAX)).unwrap_or(1);
        let until = uptime.saturating_add(rest_ms.saturating_mul(factor));
        self.silences = self.silences.saturating_add(1);
        self.claim = None;
        (self.rests_until, self.silent_until) = (until, until);
    }

    /// The turn in which it is asked for what others may have, too: those of the least come first.
    pub(super) fn turn(&self) -> u32 {
        self.silences.max(self.behind)
    }

    /// Gossip came from it.
    pub(super) fn was_heard(&mut self) {
        self.unheard = 0;
    }

    /// Notes that the peer claims a head; true if that is one too many that gossip has not brought.
    pub(super) fn is_unheard(&mut self, head: Tip, missed: bool) -> bool {
        let moved = self.status.as_ref().is_some_and(|status| status.head != head);
        if !missed {
            self.unheard = 0;
        } else if moved {
            self.unheard = self.unheard.saturating_add(1);
        }
        self.unheard >= UNHEARD_MAX
    }

    /// The head of a peer whose chain has a certified block that is not known here.
    pub(super) fn certified_claim(&self) -> Option<Tip> {
        self.status.as_ref().filter(|_| self.has_certified).map(|status| status.head)
    }

    /// Notes that the peer brought this node on.
    pub(super) fn was_useful(&mut self) {
        (self.silences, self.behind) = (0, 0);
    }

    /// Remembers that a transaction fetched from this peer was not taken.
    pub(super) fn note_useless(&mut self, id: TransactionId) {
        if self.useless.len() >= USELESS_MAX {
            self.useless.clear();
        }
        self.useless.insert(id);
    }

    /// Forgets the useless ids: the clock by which they were too old or too new was wrong.
    pub(super) fn forget_useless(&mut self) {
        self.useless.clear();
    }

    /// Checks whether an id was fetched from the peer for nothing.
    pub(super) fn is_useless(&self, id: &TransactionId) -> bool {
        self.useless.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerRef = PeerRef(1);

    #[test]
    fn guilt_adds_up_to_a_ban_and_is_forgiven_with_time() {
        // SPEC X-2
        let mut peers = Peers::default();
        peers.connect(PEER, 0);
        assert!(!peers.charge(PEER, Offence::Undecodable, 0));
        assert!(!peers.charge(PEER, Offence::LyingStatus, 0));
        assert!(!peers.charge(PEER, Offence::LyingStatus, 10 * 60_000), "70 points were forgiven");
        assert!(!peers.charge(PEER, Offence::Undecodable, 10 * 60_000));
        assert!(peers.charge(PEER, Offence::Undecodable, 10 * 60_000));
        assert!(!peers.charge(PeerRef(2), Offence::BadHeader, 0), "unknown peers owe nothing");
    }

    #[test]
    fn parts_of_a_minute_add_up_to_forgiveness() {
        // SPEC X-2
        let mut peers = Peers::default();
        peers.connect(PEER, 0);
        for uptime in [0, 30_000, 59_999] {
            assert!(!peers.charge(PEER, Offence::LyingStatus, uptime));
        }
        assert!(!peers.charge(PEER, Offence::WrongAnswer, 60_000), "94 points, 10 forgiven");
        assert!(!peers.charge(PEER, Offence::Flood, 60_000));
        assert!(!peers.charge(PEER, Offence::Flood, 60_000));
        assert!(!peers.charge(PEER, Offence::Flood, 119_999), "99 points");
        assert!(peers.charge(PEER, Offence::Flood, 119_999));
    }

    #[test]
    fn a_budget_is_spent_and_grows_back() {
        // SPEC N-6
        let mut peers = Peers::default();
        peers.connect(PEER, 0);
        assert_eq!(peers.afford(PEER, BUDGET_MAX, 0), Budget::Enough);
        assert_eq!(peers.afford(PEER, 8, 0), Budget::Short);
        assert_eq!(peers.afford(PEER, 90, 1000), Budget::Enough);
        assert_eq!(peers.afford(PEER, 8, 1000), Budget::Short);
        assert_eq!(peers.afford(PeerRef(2), 8, 0), Budget::Short, "strangers owe nothing");
    }

    #[test]
    fn only_who_goes_on_asking_when_refused_floods() {
        // SPEC N-6
        let mut peers = Peers::default();
        peers.connect(PEER, 0);
        peers.afford(PEER, BUDGET_MAX, 0);
        let answers: Vec<_> = (0..101).map(|_| peers.afford(PEER, 8, 0)).collect();
        assert!(answers.iter().take(100).all(|answer| *answer == Budget::Short));
        assert_eq!(answers.last(), Some(&Budget::Flood));
    }

    #[test]
    fn what_was_fetched_for_nothing_is_remembered_within_bounds() {
        // SPEC P-4
        let mut peers = Peers::default();
        peers.connect(PEER, 0);
        let peer = peers.get_mut(PEER).expect("connected");
        let id = |n: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&n.to_le_bytes());
            TransactionId::new(bytes)
        };
        (0..USELESS_MAX).for_each(|n| peer.note_useless(id(n)));
        assert!((0..USELESS_MAX).all(|n| peer.is_useless(&id(n))));
        assert!(!peer.is_useless(&id(USELESS_MAX)));
        peer.note_useless(id(USELESS_MAX));
        assert!(peer.is_useless(&id(USELESS_MAX)) && peer.useless.len() <= USELESS_MAX);
    }

    #[test]
    fn a_silent_peer_rests_longer_each_time() {
        let mut peers = Peers::default();
        peers.connect(PEER, 0);
        let peer = peers.get_mut(PEER).expect("connected");
        let mut rest = || {
            peer.was_silent(0, 10);
            peer.rests_until
        };
        assert_eq!([rest(), rest(), rest()], [10, 20, 40]);
        peer.was_useful();
        peer.was_silent(0, 10);
        assert_eq!(peer.rests_until, 10);
    }
}
