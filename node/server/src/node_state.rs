//! State that the running node keeps in memory, for everybody to read without waiting for it.
//!
//! The driver writes; the HTTP API reads. Locks are held for a look-up or a copy, never across an
//! await.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use coinage_protocol::engine::{Backlog, Event, PeerRef, Via, View};
use coinage_protocol::limits::DROPPED_KEPT;
use coinage_protocol::{
    CheckedTransaction, DropReason, LedgerError, Status, TransactionId, UnixMillis,
};
use libp2p::Multiaddr;
use tokio::sync::watch;

use crate::peer_diagnostics::{Diagnostic, Diagnostics};

/// State of the running node, as it is right now.
#[derive(Debug)]
pub struct NodeState {
    inner: RwLock<Inner>,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    view: View,
    peers: BTreeMap<PeerRef, Peer>,
    waiting: BTreeMap<TransactionId, Waiting>,
    dropped: BTreeMap<TransactionId, Dropped>,
    /// Order in which `dropped` was filled, so that the oldest goes first.
    dropped_order: std::collections::VecDeque<TransactionId>,
    troubles: Diagnostics,
    places: Vec<Multiaddr>,
}

/// A connected peer.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The peer's libp2p peer id.
    pub peer_id: String,
    /// Address that the peer is connected from or to, as a multiaddress.
    pub address: String,
    /// True if the peer dialled this node.
    pub inbound: bool,
    /// Time when the peer connected.
    pub since: SystemTime,
    /// Status in which the peer last said where it stands.
    pub status: Option<Status>,
    /// Milliseconds by which the peer's clock seemed ahead of ours then.
    pub clock_ahead_ms: i64,
}

/// A transaction that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The transaction that waits.
    pub transaction: Arc<CheckedTransaction>,
    /// Reason why the transaction waits, if it cannot be included at once.
    pub waits_for: Option<LedgerError>,
    /// Way in which the transaction came.
    pub via: Via,
    /// Time since when the transaction waits.
    pub since: SystemTime,
}

/// A transaction that this node held once.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// Reason why the node no longer holds the transaction.
    pub reason: DropReason,
    /// Time until which the transaction may still be included, in milliseconds since 1970.
    pub expires_at: UnixMillis,
}

impl NodeState {
    /// Begins with this view.
    pub fn new(view: View) -> Self {
        let inner = Inner {
            view,
            peers: BTreeMap::new(),
            waiting: BTreeMap::new(),
            dropped: BTreeMap::new(),
            dropped_order: std::collections::VecDeque::new(),
            troubles: Diagnostics::default(),
            places: Vec::new(),
        };
        Self { inner: RwLock::new(inner), changes: watch::Sender::new(0) }
    }

    /// Returns how the node stands.
    pub fn view(&self) -> View {
        self.read().view.clone()
    }

    /// Returns how far inclusion is behind what waits.
    pub fn backlog(&self) -> Backlog {
        self.read().view.backlog
    }

    /// Returns the connected peers.
    pub fn peers(&self) -> Vec<Peer> {
        self.read().peers.values().cloned().collect()
    }

    /// Returns waiting transactions by id, after a certain one.
    pub fn waiting(&self, after: Option<TransactionId>, limit: usize) -> Vec<Waiting> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        let inner = self.read();
        inner.waiting.range((from, Unbounded)).take(limit).map(|(_, one)| one.clone()).collect()
    }

    /// Returns a transaction, if it waits.
    pub fn pending(&self, id: &TransactionId) -> Option<Waiting> {
        self.read().waiting.get(id).cloned()
    }

    /// Returns a transaction, if this node held it and no longer does, and no block holds it.
    pub fn dropped(&self, id: &TransactionId) -> Option<Dropped> {
        self.read().dropped.get(id).cloned()
    }

    /// Returns what lately went wrong between this node and others, the latest first, each with the
    /// number that it keeps when it happens again.
    pub fn troubles(&self, now: SystemTime) -> Vec<(u32, Diagnostic)> {
        self.read().troubles.latest(now)
    }

    /// Remembers that something went wrong.
    pub fn note(&self, trouble: Diagnostic) {
        self.write().troubles.note(trouble);
    }

    /// Returns the addresses where others find this node, with its peer id at the end, the most
    /// useful first.
    pub fn places(&self) -> Vec<Multiaddr> {
        self.read().places.clone()
    }

    /// Shows the addresses where others find this node from now on.
    pub fn located(&self, places: Vec<Multiaddr>) {
        self.write().places = places;
    }

    /// Returns a receiver that ticks after every change of head, pool or peers.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Takes in what the engine reported.
    pub fn apply(&self, event: &Event, wall: SystemTime) {
        self.write().apply(event, wall);
        self.tick();
    }

    /// Shows how the node stands now.
    pub fn publish(&self, view: View) {
        self.write().view = view;
        self.tick();
    }

    /// Shows a new peer.
    pub fn connected(&self, peer: PeerRef, shown: Peer) {
        self.write().peers.insert(peer, shown);
        self.tick();
    }

    /// Shows a peer no longer; gives back what was shown.
    pub fn disconnected(&self, peer: PeerRef) -> Option<Peer> {
        let gone = self.write().peers.remove(&peer);
        self.tick();
        gone
    }

    /// Returns a connected peer.
    pub fn peer(&self, peer: PeerRef) -> Option<Peer> {
        self.read().peers.get(&peer).cloned()
    }

    fn tick(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    // Nothing here panics while it holds the lock, so a poisoned one still guards sound data.
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    #[deny(clippy::wildcard_enum_match_arm)]
    fn apply(&mut self, event: &Event, since: SystemTime) {
        match event {
            Event::TransactionAccepted { transaction, via, waits_for } => {
                let (waits_for, via) = (waits_for.clone(), *via);
                let shown = Waiting { transaction: Arc::clone(transaction), waits_for, via, since };
                self.dropped.remove(&transaction.id());
                self.waiting.insert(transaction.id(), shown);
            }
            Event::TransactionRechecked { id, waits_for } => {
                if let Some(shown) = self.waiting.get_mut(id) {
                    shown.waits_for.clone_from(waits_for);
                }
            }
            Event::TransactionDropped { id, reason } => {
                let gone = self.waiting.remove(id).map(|shown| shown.transaction);
                gone.into_iter().for_each(|gone| self.drop_one(&gone, reason));
            }
            Event::TransactionLost { transaction, reason } => self.drop_one(transaction, reason),
            Event::BlockImported { block, .. } => {
                for included in block.transactions() {
                    self.waiting.remove(&included.id());
                    self.dropped.remove(&included.id());
                }
            }
            Event::PeerStatus { peer, status } => {
                if let Some(shown) = self.peers.get_mut(peer) {
                    shown.clock_ahead_ms = ahead_ms(status.time.get(), since);
                    shown.status = Some((**status).clone());
                    self.troubles.settled(&shown.peer_id, &shown.address, since);
                }
            }
            Event::BlockSide { .. }
            | Event::BlockRejected { .. }
            | Event::Misbehaviour { .. }
            | Event::Reorg(_)
            | Event::TransactionRejected { .. }
            | Event::SyncStarted { .. }
            | Event::SyncProgress { .. }
            | Event::SyncDone { .. }
            | Event::GossipSilent { .. }
            | Event::ClockSkewed { .. }
            | Event::ClockFine
            | Event::ClockAbsurd { .. }
            | Event::ChangeWaits { .. }
            | Event::Authorities { .. }
            | Event::DoubleSigned { .. }
            | Event::VotedTwice { .. }
            | Event::EvidenceFound(_)
            | Event::FinalityConflict(_)
            | Event::FinalInvalid(_)
            | Event::BlockFinal { .. }
            | Event::SigningStopped(_) => {}
        }
    }

    fn drop_one(&mut self, gone: &CheckedTransaction, reason: &DropReason) {
        let id = gone.id();
        let expires_at = gone.transaction().body.expires_at;
        if self.dropped.insert(id, Dropped { reason: reason.clone(), expires_at }).is_none() {
            self.dropped_order.push_back(id);
        }
        while self.dropped_order.len() > DROPPED_KEPT {
            if let Some(oldest) = self.dropped_order.pop_front() {
                self.dropped.remove(&oldest);
            }
        }
    }
}

fn ahead_ms(theirs: u64, ours: SystemTime) -> i64 {
    let ours = ours.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let difference = i128::from(theirs) - i128::try_from(ours).unwrap_or(i128::MAX);
    i64::try_from(difference).unwrap_or(i64::MAX)
}
