//! Log lines from events. Names and fields are a contract: scripts rely on them.

mod evidence;

use std::path::Path;
use std::time::Instant;

use coinage_protocol::engine::{Event, PeerRef, Stop, StopCause, SyncState, Via, View};
use coinage_protocol::{ChainId, CheckedBlock, Height, ReorgRecord, ReorgRule, Slot, Status};
use libp2p::Multiaddr;
use tracing::{debug, error, info, warn};

pub(crate) use self::evidence::finality_conflict;
use crate::authority_log;
use crate::node_state::{NodeState, Peer};
use crate::peer_diagnostics::Diagnostic;

/// Writes what the engine reports.
#[deny(clippy::wildcard_enum_match_arm)]
pub(crate) fn event(event: &Event, chain: &ChainId, live: &NodeState) {
    match event {
        Event::BlockImported { block, authorities, via, delay_ms } => {
            let turn = authorities.turn(block.header().slot);
            block_imported(block, turn, *via, *delay_ms)
        }
        Event::BlockSide { hash, height, slot, turn } => {
            let (hash, leader) = (short(hash), leader(*turn));
            info!(height = height.get(), %hash, slot = slot.get(), %leader, "block.side");
        }
        Event::BlockRejected { hash, reason, peer } => {
            let hash = hash.map_or_else(|| "unknown".into(), |hash| short(&hash));
            let peer = peer.map_or_else(|| "none".into(), |peer| name(peer, live));
            warn!(%hash, %reason, %peer, "block.rejected");
        }
        Event::Misbehaviour { peer, offence, detail } => {
            info!(peer = %name(*peer, live), reason = offence.reason(), %detail, "peer.misbehaved");
        }
        Event::Reorg(record) => reorg(record),
        Event::TransactionAccepted { transaction, via, waits_for } => {
            let waits_for = waits_for.as_ref().map(ToString::to_string);
            debug!(id = %transaction.id(), via = word(*via), waits_for, "tx.accepted");
        }
        Event::TransactionRechecked { id, waits_for } => {
            let waits_for = waits_for.as_ref().map(ToString::to_string);
            debug!(%id, waits_for, "tx.rechecked");
        }
        Event::TransactionRejected { id, reason, peer } => {
            debug!(%id, %reason, peer = %name(*peer, live), "tx.rejected");
        }
        Event::TransactionDropped { id, reason } => info!(%id, %reason, "tx.dropped"),
        Event::TransactionLost { transaction, reason } => {
            info!(id = %transaction.id(), %reason, "tx.dropped")
        }
        Event::SyncStarted { from, target } => {
            info!(from = from.get(), target = target.get(), "sync.started")
        }
        Event::SyncProgress { .. } | Event::PeerStatus { .. } => {}
        Event::GossipSilent { peer } => {
            let hint = "its blocks are fetched; the connection is made anew";
            warn!(peer = %name(*peer, live), hint, "gossip.silent");
        }
        Event::SyncDone { height, took_ms } => info!(height = height.get(), took_ms, "sync.done"),
        Event::ClockSkewed { ahead_ms } => {
            let hint = "set this machine's clock: until then the node signs nothing";
            warn!(ahead_ms, hint, "clock.skewed");
        }
        Event::ClockFine => info!("clock.fine"),
        Event::ClockAbsurd { ahead_ms } => {
            let hint = "nobody confirms this clock: set it, or start once with --trust-clock if \
                        it is right; until then the node signs nothing";
            warn!(ahead_ms, hint, "clock.absurd");
        }
        Event::DoubleSigned { leader, headers } => evidence::double_signed(leader, headers, chain),
        Event::VotedTwice { ballots } => evidence::voted_twice(ballots),
        Event::EvidenceFound(checked) => evidence::evidence_found(checked),
        Event::BlockFinal { tip, delay_ms, .. } => {
            let (height, slot, hash) = (tip.height.get(), tip.slot.get(), short(&tip.hash));
            info!(height, %hash, slot, delay_ms, "block.final");
        }
        Event::SigningStopped(stop) => signing_stopped(*stop),
        Event::FinalInvalid(invalid) => evidence::final_invalid(invalid),
        Event::FinalityConflict(conflict) => finality_conflict(conflict),
        Event::ChangeWaits { change } => authority_log::change_waits(change),
        Event::Authorities { tip, set, next } => authority_log::in_force(tip, set, next.as_ref()),
    }
}

/// Writes that this node signs nothing, and why.
pub(crate) fn signing_stopped(Stop { cause, slot, hash }: Stop) {
    let slot = slot.get();
    match cause {
        StopCause::Twin => {
            let hint = "another process signs with this node's authority key, so this one does \
                        not; `coinage doctor` says what to do";
            error!(slot, %hash, hint, "authority.twice");
        }
        StopCause::Conflict => {
            let hint = "a quorum committed this block, which contradicts what is final here: this \
                        node signs nothing; `coinage doctor` says what to do";
            error!(slot, %hash, hint, "authority.stopped");
        }
    }
}

/// Writes that one half of what the authority key signed cannot be read.
pub(crate) fn signing_memory_damaged(key: &Path, present: Slot) {
    let hint = "everything up to this slot counts as signed, and the key votes again once the \
                others have certified a newer block; where they are too few for that, `coinage \
                node reset-signing-memory --release-lock` is the way";
    warn!(key = %key.display(), slot = present.get(), hint, "authority.memory_damaged");
}

fn block_imported(block: &CheckedBlock, turn: usize, via: Via, delay_ms: i64) {
    let header = block.header();
    let (height, slot, txs) = (header.height.get(), header.slot, block.transactions().len());
    let (hash, parent) = (short(&block.hash()), short(&header.previous));
    let (leader, slot) = (leader(turn), slot.get());
    if via == Via::Own {
        info!(height, %hash, %parent, slot, txs, %leader, delay_ms, "block.produced");
    } else {
        let via = word(via);
        info!(height, %hash, %parent, slot, txs, %leader, via, delay_ms, "block.imported");
    }
}

fn reorg(record: &ReorgRecord) {
    let rule = match record.rule {
        ReorgRule::Longer => "longer",
        ReorgRule::EarlierSlot => "earlier_slot",
        ReorgRule::LowerHash => "lower_hash",
        ReorgRule::BeyondClock => "beyond_clock",
        ReorgRule::Certified => "certified",
        ReorgRule::Final => "final",
        ReorgRule::Detour => "detour",
    };
    let counts = record.counts;
    let back = counts.reincluded + counts.back_in_pool;
    let gone = counts.conflicting + counts.expired + counts.dropped;
    warn!(
        old_head = %short(&record.old_head.hash),
        new_head = %short(&record.new_head.hash),
        common_ancestor = %short(&record.common_ancestor.hash),
        height = record.new_head.height.get(),
        depth = record.depth(),
        reverted_txs = back + gone,
        rule,
        "chain.reorg"
    );
}

/// Measure of how fast a node catches up.
#[derive(Debug)]
pub(crate) struct SyncPace {
    height: u64,
    place: u64,
    uptime: u64,
    logged: u64,
}

/// Pace of a node that catches up: how far and how fast.
#[derive(Debug, Eq, PartialEq)]
struct Pace {
    percent: u64,
    blocks_per_s: u64,
    eta: String,
}

impl SyncPace {
    /// Begins to measure.
    pub(crate) fn new(height: u64, place: u64, uptime: u64) -> Self {
        Self { height, place, uptime, logged: uptime }
    }

    /// Writes how far it is, at most once a second. How far the chain goes on nobody has proven
    /// yet; that it ends by now is sure, so the way is measured in slots.
    pub(crate) fn progress(&mut self, heights: [u64; 2], slots: [u64; 2], uptime: u64) {
        let [height, target] = heights;
        let Some(pace) = self.pace(height, slots, uptime) else { return };
        let Pace { percent, blocks_per_s, eta } = pace;
        info!(height, target, percent, blocks_per_s, %eta, "sync.progress");
    }

    /// Returns the pace, if a second has passed since it was last told.
    fn pace(&mut self, height: u64, [place, end]: [u64; 2], uptime: u64) -> Option<Pace> {
        if uptime < self.logged.saturating_add(1000) {
            return None;
        }
        self.logged = uptime;
        let blocks = height.saturating_sub(self.height);
        let time = uptime.saturating_sub(self.uptime).max(1);
        // Not by the rate, which is rounded: a slow network has less than one block a second.
        let way = place.saturating_sub(self.place);
        let left_ms = end.saturating_sub(place).saturating_mul(time).checked_div(way);
        Some(Pace {
            percent: place.saturating_mul(100).checked_div(end).unwrap_or(100),
            blocks_per_s: blocks.saturating_mul(1000) / time,
            eta: left_ms.map_or_else(|| "unknown".into(), |ms| format!("{}s", ms.div_ceil(1000))),
        })
    }
}

/// Writes how far a rebuild of what is derived from the blocks is, at most once a second.
pub(crate) fn rebuilding() -> impl FnMut(u64, u64) {
    let begun = Instant::now();
    let mut pace = SyncPace::new(0, 0, 0);
    move |height, target| {
        let time = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Some(pace) = pace.pace(height, [height, target], time) else { return };
        let Pace { percent, blocks_per_s, eta } = pace;
        info!(height, target, percent, blocks_per_s, %eta, "storage.rebuild_progress");
    }
}

/// Writes that the end of what was stored could not be read, if so: the chain is shorter now.
pub(crate) fn journal_cut(bytes: u64, head: Height) {
    if bytes > 0 {
        let hint = "a write was cut short, or the disk is damaged; peers give what is missing";
        warn!(bytes, height = head.get(), hint, "storage.journal_cut");
    }
}

/// Writes how the node stands.
pub(crate) fn status(view: &View, peers: usize) {
    let state = state(view.sync);
    let target = match view.sync {
        SyncState::Syncing { target } => Some(target.get()),
        SyncState::Searching | SyncState::Synced | SyncState::Alone | SyncState::Stalled => None,
    };
    let (height, mempool) = (view.head.height.get(), view.pool_transactions);
    let heard = format!("{}/{}", view.heard, view.authorities.len());
    let head = short(&view.head.hash);
    let finalized = view.finality.finalized.height.get();
    let silent = (!view.finality.silent.is_empty()).then(|| turns(&view.finality.silent));
    info!(
        state, %head, height, "final" = finalized, target, peers, heard, silent, mempool, "status"
    );
}

/// Returns the names of the authorities of these turns.
fn turns(turns: &[usize]) -> String {
    turns.iter().map(|turn| format!("a{turn}")).collect::<Vec<_>>().join(",")
}

/// Returns how the node stands, for whoever supervises its process.
pub(crate) fn standing(view: &View, peers: usize) -> String {
    format!("{} at height {}, peers: {peers}", state(view.sync), view.head.height)
}

fn state(sync: SyncState) -> &'static str {
    match sync {
        SyncState::Searching => "searching",
        SyncState::Syncing { .. } => "syncing",
        SyncState::Synced => "synced",
        SyncState::Alone => "alone",
        SyncState::Stalled => "stalled",
    }
}

/// Writes that others find the node elsewhere than before.
pub(crate) fn located(places: &[Multiaddr]) {
    let places: Vec<_> = places.iter().map(ToString::to_string).collect();
    info!(p2p = places.join(","), "node.located");
}

/// Writes that somebody answers or calls, but no handshake succeeds.
pub(crate) fn no_handshake(trouble: &Diagnostic) {
    let address = trouble.address.as_deref().unwrap_or("inbound");
    let hint = "on one side the network key is another, or missing: `coinage doctor` says more";
    warn!(address, detail = %trouble.detail, hint, "peer.no_handshake");
}

/// Writes that two nodes have the same identity.
pub(crate) fn identity_twice(trouble: &Diagnostic) {
    let peer = trouble.peer_id.as_deref().unwrap_or_default();
    let hint = "one data directory is a copy of the other: remove node.key from one of them";
    warn!(%peer, detail = %trouble.detail, hint, "peer.identity_twice");
}

/// Writes that a peer is connected.
pub(crate) fn peer_connected(shown: &Peer) {
    let direction = if shown.inbound { "inbound" } else { "outbound" };
    info!(peer = %shown.peer_id, address = %shown.address, direction, "peer.connected");
}

/// Writes that a peer is gone.
pub(crate) fn peer_disconnected(shown: &Peer, reason: &str) {
    info!(peer = %shown.peer_id, address = %shown.address, reason, "peer.disconnected");
}

/// Writes that a peer is of another network or version; gives which of the two.
pub(crate) fn peer_refused(shown: &Peer, ours: &Status, theirs: &Status) -> &'static str {
    let (reason, differs, ours, theirs, hint) = if ours.version != theirs.version {
        let hint = "the node with the lower version needs a newer program";
        let (ours, theirs) = (ours.version.to_string(), theirs.version.to_string());
        ("version_mismatch", "version", ours, theirs, hint)
    } else if ours.chain != theirs.chain {
        let hint = "that node runs another network: compare the genesis files";
        let (ours, theirs) = (ours.chain.to_string(), theirs.chain.to_string());
        ("chain_mismatch", "chain_id", ours, theirs, hint)
    } else {
        let hint = "the genesis is the same: one of the two programs computes its block 0 wrongly";
        let (ours, theirs) = (ours.genesis.to_string(), theirs.genesis.to_string());
        ("chain_mismatch", "block_0", ours, theirs, hint)
    };
    let (peer, address) = (&shown.peer_id, &shown.address);
    warn!(%peer, %address, reason, differs, %ours, %theirs, hint, "peer.rejected");
    reason
}

/// Writes that a peer sent what is no message.
pub(crate) fn peer_garbled(shown: &Peer, detail: &str) {
    let (peer, address) = (&shown.peer_id, &shown.address);
    let hint = "it runs another or a broken program";
    let (reason, ours) = ("undecodable", "a request");
    warn!(%peer, %address, reason, ours, theirs = detail, hint, "peer.rejected");
}

/// Writes that a peer did what no honest node does.
pub(crate) fn peer_charged(shown: &Peer, reason: &str, price: u32) {
    info!(peer = %shown.peer_id, reason, price, "peer.charged");
}

/// Writes that a peer did what no honest node does too often.
pub(crate) fn peer_banned(shown: &Peer, reason: &str) {
    warn!(peer = %shown.peer_id, address = %shown.address, reason, "peer.banned");
}

fn name(peer: PeerRef, live: &NodeState) -> String {
    live.peer(peer).map_or_else(|| format!("#{}", peer.0), |shown| shown.peer_id)
}

/// Returns the first twelve digits of a hash: enough to tell blocks apart by eye.
fn short(hash: &impl ToString) -> String {
    let mut digits = hash.to_string();
    digits.truncate(12);
    digits
}

/// Returns the name of an authority, by its place in the order of turns.
fn leader(turn: usize) -> String {
    format!("a{turn}")
}

/// Returns the word for how a transaction or a block came, as the log and the metrics name it.
pub(crate) fn word(via: Via) -> &'static str {
    match via {
        Via::Own => "own",
        Via::Gossip => "gossip",
        Via::Sync => "sync",
        Via::Reorg => "reorg",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_known_also_below_one_block_a_second() {
        let mut pace = SyncPace::new(100, 100, 5_000);
        assert_eq!(pace.pace(101, [101, 200], 5_999), None, "once a second");
        let eta = "unknown".to_owned();
        let stuck = Pace { percent: 50, blocks_per_s: 0, eta };
        assert_eq!(pace.pace(100, [100, 200], 6_000), Some(stuck));
        let slow = Pace { percent: 55, blocks_per_s: 0, eta: "180s".into() };
        assert_eq!(pace.pace(110, [110, 200], 25_000), Some(slow));
        let fast = Pace { percent: 95, blocks_per_s: 3, eta: "4s".into() };
        assert_eq!(pace.pace(190, [190, 200], 35_000), Some(fast));
        assert_eq!(pace.pace(0, [0, 0], 36_000).map(|pace| pace.percent), Some(100));
    }
}
