//! Groups of metrics: their names and what they mean.

use std::sync::atomic::AtomicU64;

use coinage_protocol::Tip;

use super::*;

/// Metrics of votes, commits and what they make final.
pub(super) struct Finality {
    pub(super) voted_twice: Counter,
    convicted: Counter,
    evidence: Gauge,
    conflict: Gauge,
    finalized: Counter,
    final_height: Gauge,
    finality_lag: Gauge,
    finality_delay: Histogram,
    silent: Gauge,
}

impl Chain {
    pub(super) fn new(to: &mut Registry) -> Self {
        let reorg_depth = Histogram::new(exponential_buckets(1.0, 2.0, 12));
        let depth_help = "Blocks that left the chain at a change of branches";
        to.register("chain_reorg_depth", depth_help, reorg_depth.clone());
        let sync_state = Gauges::default();
        let state_help =
            "1 for the state that the node is in: searching, syncing, synced, alone, stalled";
        to.register("sync_state", state_help, sync_state.clone());
        Self {
            head_height: gauge(to, "chain_head_height", "Height of the head"),
            head_slot: gauge(to, "chain_head_slot", "Slot of the head"),
            branches: gauge(to, "chain_side_branches", "Known branches besides the chain"),
            side_blocks: counter(to, "chain_side_blocks", "Blocks seen that are not on the chain"),
            double_signed: counter(
                to,
                "chain_double_signed_slots",
                "Slots of which two blocks were seen, signed by one authority",
            ),
            reorgs: counter(to, "chain_reorgs", "Changes of branches"),
            reorg_depth,
            imported: counters_of(
                to,
                ("blocks_imported", "Blocks of others that joined the chain, by how they came"),
                "via",
                ["gossip", "sync"],
            ),
            produced: counter(to, "blocks_produced", "Own blocks that joined the chain"),
            rejected: counters_of(
                to,
                ("blocks_rejected", "Blocks refused, by who is to blame"),
                "blamed",
                ["peer", "leader"],
            ),
            import_duration: duration(
                to,
                "block_import_duration",
                "How long the state machine worked on a step that moved the head",
            ),
            propagation_delay: duration(
                to,
                "block_propagation_delay",
                "From the start of a block's slot to its joining the chain, for gossiped blocks",
            ),
            sync_state,
            sync_target: gauge(
                to,
                "sync_target_height",
                "Height up to which the way is proven; that of its head unless syncing",
            ),
        }
    }

    pub(super) fn look(&self, view: &View) {
        let height = whole(view.head.height.get());
        self.head_height.set(height);
        self.head_slot.set(whole(view.head.slot.get()));
        self.branches.set(whole(view.tips.len().saturating_sub(1)));
        let (state, target) = match view.sync {
            SyncState::Searching => ("searching", height),
            SyncState::Syncing { target } => ("syncing", whole(target.get())),
            SyncState::Synced => ("synced", height),
            SyncState::Alone => ("alone", height),
            SyncState::Stalled => ("stalled", height),
        };
        for other in ["searching", "syncing", "synced", "alone", "stalled"] {
            self.sync_state.get_or_create(&[("state", other)]).set((other == state).into());
        }
        self.sync_target.set(target);
    }

    pub(super) fn imported(&self, via: Via, delay_ms: i64) {
        if via == Via::Own {
            self.produced.inc();
            return;
        }
        self.imported.get_or_create(&[("via", word(via))]).inc();
        if via == Via::Gossip {
            self.propagation_delay.observe(seconds(delay_ms.max(0)));
        }
    }
}

impl Finality {
    pub(super) fn new(to: &mut Registry) -> Self {
        Self {
            voted_twice: counter(
                to,
                "chain_voted_twice_slots",
                "Slots of which an authority voted for, or committed, two blocks",
            ),
            convicted: counter(
                to,
                "evidence_found",
                "Pieces of evidence against authorities that were new",
            ),
            evidence: gauge(to, "evidence", "Pieces of evidence against authorities"),
            conflict: gauge(
                to,
                "finality_conflict",
                "1 once two quorums committed blocks that contradict each other",
            ),
            finalized: counter(to, "blocks_final", "Blocks that became final"),
            final_height: gauge(to, "final_height", "Height of the final block"),
            finality_lag: gauge(
                to,
                "finality_lag_blocks",
                "Blocks of the chain above the final one",
            ),
            finality_delay: duration(
                to,
                "block_finality_delay",
                "From the start of a block's slot to its being final, where one was told",
            ),
            silent: gauge(
                to,
                "finality_silent_authorities",
                "Authorities of which no vote has come lately",
            ),
        }
    }

    pub(super) fn look(&self, view: &View) {
        let finalized = view.finality.finalized.height;
        self.final_height.set(whole(finalized.get()));
        self.finality_lag.set(whole(view.head.height.since(finalized)));
        self.silent.set(whole(view.finality.silent.len()));
        self.evidence.set(whole(view.evidence));
        self.conflict.set(view.finality.conflict.is_some().into());
    }

    pub(super) fn twice(&self) {
        self.voted_twice.inc();
    }

    pub(super) fn found(&self) {
        self.convicted.inc();
    }

    pub(super) fn settled(&self, tip: &Tip, before: &Tip, delay_ms: i64) {
        self.finalized.inc_by(tip.height.since(before.height));
        self.finality_delay.observe(seconds(delay_ms.max(0)));
    }
}

impl Pool {
    pub(super) fn new(to: &mut Registry) -> Self {
        Self {
            transactions: gauge(to, "mempool_transactions", "Transactions that wait"),
            parked: gauge(
                to,
                "mempool_parked_transactions",
                "Transactions that wait and cannot be included yet",
            ),
            bytes: bytes(to, "mempool", "Size of the transactions that wait"),
            balances: gauge(to, "state_balances", "Balances that are not zero"),
            tokens: gauge(to, "state_tokens", "Tokens that exist"),
            block_bytes: bytes(
                to,
                "block_pace",
                "Size of the transactions that a leader puts into a block at most now",
            ),
            backlog_blocks: gauge(
                to,
                "mempool_backlog_blocks",
                "Blocks until what waits now is included",
            ),
            accepted: counters_of(
                to,
                ("transactions_accepted", "Transactions that began to wait, by how they came"),
                "via",
                ["own", "gossip", "sync", "reorg"],
            ),
            rejected: counters(to, "transactions_rejected", "Transactions not taken, by code"),
            dropped: counters_of(
                to,
                (
                    "transactions_dropped",
                    "Transactions that no longer wait without having been included",
                ),
                "reason",
                ["expired", "evicted", "impossible"],
            ),
            included: counter(
                to,
                "transactions_included",
                "Transactions of the blocks that joined the chain",
            ),
        }
    }
}

impl Node {
    pub(super) fn new(to: &mut Registry) -> Self {
        let peers = Gauges::default();
        to.register("peers", "Connected peers, by who dialled", peers.clone());
        let clock_help =
            "How far the clock is ahead of the authorities', if by more than a slot; else 0";
        Self {
            peers,
            offences: counters(to, "peer_offences", "What no honest peer does, by what it was"),
            gossip_renewals: counter(
                to,
                "gossip_renewals",
                "Connections made anew because no gossip came from a peer whose head moved",
            ),
            connections: gauge(to, "http_connections", "Open connections to the HTTP API"),
            event_streams: gauge(to, "event_streams", "Readers of /v1/events"),
            storage_bytes: bytes(to, "storage", "What the chain takes on disk"),
            storage_write_duration: duration(
                to,
                "storage_write_duration",
                "How long a durable write took",
            ),
            clock_ahead: float_seconds(to, "clock_ahead", clock_help),
            uptime: float_seconds(to, "process_uptime", "Since the node started"),
            resident_memory: bytes(
                to,
                "process_resident_memory",
                "Memory of the process, where the system tells it; else 0",
            ),
        }
    }
}

fn float_seconds(to: &mut Registry, name: &str, help: &str) -> Gauge<f64, AtomicU64> {
    let gauge = Gauge::<f64, AtomicU64>::default();
    to.register_with_unit(name, help, Unit::Seconds, gauge.clone());
    gauge
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}
