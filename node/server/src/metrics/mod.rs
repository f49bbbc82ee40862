//! Metrics of a node, as OpenMetrics text: one registry, shared with libp2p's own.
//!
//! Each metric is named, described and registered once, in [`Metrics::new`]. No label value comes
//! from outside: routes are those of the router, reasons those of the program.

mod process;
#[cfg(test)]
mod strict;

use std::fmt;
use std::time::{Duration, Instant};

use coinage_model::code::Coded;
use coinage_protocol::engine::{Event, SubmitOutcome, SyncState, Via, View};
use coinage_protocol::{DropReason, Refusal, TransactionError};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::event_log::word;
use crate::node_state::{NodeState, Peer};

mod http;

use self::http::HttpDurations;
pub use self::http::Request;

/// Media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A label, whose values are words of the program.
type Label = [(&'static str, &'static str); 1];
type Counters = Family<Label, Counter>;
type Gauges = Family<Label, Gauge>;

/// Counters of the checks of signatures, by what brought them.
#[derive(Clone, Debug)]
pub(crate) struct SignatureChecks(Counters);

impl SignatureChecks {
    /// Counts that a message of this kind was checked.
    pub(crate) fn count(&self, of: &'static str) {
        self.0.get_or_create(&[("of", of)]).inc();
    }

    #[cfg(test)]
    pub(crate) fn unread() -> Self {
        Self(Family::default())
    }
}

/// Counters of strangers that found no place, and of guests that lost theirs.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionCounts(Counters);

impl ConnectionCounts {
    /// Counts that a guest made room for another.
    pub(crate) fn evicted(&self) {
        self.0.get_or_create(&[("how", "evicted")]).inc();
    }

    /// Counts that a handshake or a connection was turned away.
    pub(crate) fn turned_away(&self) {
        self.0.get_or_create(&[("how", "turned_away")]).inc();
    }

    #[cfg(test)]
    pub(crate) fn unread() -> Self {
        Self(Family::default())
    }
}

/// Metrics of a node. Counters and histograms are written as things happen; gauges when somebody
/// asks.
pub struct Metrics {
    registry: Registry,
    started: Instant,
    chain: Chain,
    finality: Finality,
    pool: Pool,
    node: Node,
    http: HttpDurations,
    signature_checks: SignatureChecks,
    connections: ConnectionCounts,
}

struct Chain {
    head_height: Gauge,
    head_slot: Gauge,
    branches: Gauge,
    side_blocks: Counter,
    double_signed: Counter,
    reorgs: Counter,
    reorg_depth: Histogram,
    imported: Counters,
    produced: Counter,
    rejected: Counters,
    import_duration: Histogram,
    propagation_delay: Histogram,
    sync_state: Gauges,
    sync_target: Gauge,
}

struct Pool {
    transactions: Gauge,
    parked: Gauge,
    block_bytes: Gauge,
    backlog_blocks: Gauge,
    bytes: Gauge,
    balances: Gauge,
    tokens: Gauge,
    accepted: Counters,
    rejected: Counters,
    dropped: Counters,
    included: Counter,
}

struct Node {
    peers: Gauges,
    offences: Counters,
    gossip_renewals: Counter,
    connections: Gauge,
    event_streams: Gauge,
    storage_bytes: Gauge,
    storage_write_duration: Histogram,
    clock_ahead: Gauge<f64, std::sync::atomic::AtomicU64>,
    uptime: Gauge<f64, std::sync::atomic::AtomicU64>,
    resident_memory: Gauge,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Values that are only known to whoever asks for the text.
#[derive(Clone, Copy, Debug)]
pub struct Present {
    /// Number of readers of events.
    pub event_streams: usize,
    /// Number of bytes that the chain takes on disk.
    pub storage_bytes: u64,
}

impl Metrics {
    /// Registers all metrics.
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let ours = registry.sub_registry_with_prefix("coinage");
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        ours.register("build", "The program's version", Info::new(version));
        let chain = Chain::new(ours);
        let finality = Finality::new(ours);
        let pool = Pool::new(ours);
        let node = Node::new(ours);
        let http = HttpDurations::new(ours);
        let help = "Messages whose signatures were checked, by what brought them";
        let kinds = ["submission", "gossip", "answer"];
        let counted = counters_of(ours, ("signature_checks", help), "of", kinds);
        let signature_checks = SignatureChecks(counted);
        let help = "Peers without a place: guests evicted, handshakes and connections turned away";
        let ways = ["evicted", "turned_away"];
        let connections =
            ConnectionCounts(counters_of(ours, ("peers_without_place", help), "how", ways));
        let started = Instant::now();
        Self { registry, started, chain, finality, pool, node, http, signature_checks, connections }
    }

    /// Returns the registry, where others register what they measure.
    pub(crate) fn registry_mut(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// Returns the counters of strangers that found no place.
    pub(crate) fn connections(&self) -> ConnectionCounts {
        self.connections.clone()
    }

    pub(crate) fn signature_checks(&self) -> SignatureChecks {
        self.signature_checks.clone()
    }

    /// Writes all metrics, in the form of [`MEDIA_TYPE`]. Reads the system's files: may block.
    ///
    /// # Errors
    ///
    /// Never but for a fault of a library.
    pub fn text(&self, live: &NodeState, present: Present) -> Result<String, fmt::Error> {
        self.look(&live.view(), &live.peers(), present);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn look(&self, view: &View, peers: &[Peer], present: Present) {
        let Self { chain, pool, node, .. } = self;
        chain.look(view);
        self.finality.look(view);
        pool.transactions.set(whole(view.pool_transactions));
        pool.parked.set(whole(view.pool_parked));
        pool.bytes.set(whole(view.pool_bytes));
        pool.balances.set(whole(view.room.balances));
        pool.tokens.set(whole(view.room.tokens));
        pool.block_bytes.set(whole(view.backlog.block_bytes));
        pool.backlog_blocks.set(i64::try_from(view.backlog.blocks).unwrap_or(i64::MAX));
        let inbound = peers.iter().filter(|peer| peer.inbound).count();
        node.peers.get_or_create(&[("direction", "inbound")]).set(whole(inbound));
        let outbound = peers.len() - inbound;
        node.peers.get_or_create(&[("direction", "outbound")]).set(whole(outbound));
        node.event_streams.set(whole(present.event_streams));
        node.storage_bytes.set(whole(present.storage_bytes));
        node.clock_ahead.set(seconds(view.clock_ahead_ms.unwrap_or(0)));
        node.uptime.set(self.started.elapsed().as_secs_f64());
        if let Some(bytes) = process::resident_bytes() {
            node.resident_memory.set(whole(bytes));
        }
    }

    /// Takes in what the engine reported.
    #[deny(clippy::wildcard_enum_match_arm)]
    pub(crate) fn event(&self, event: &Event) {
        let Self { chain, pool, node, .. } = self;
        match event {
            Event::BlockImported { block, via, delay_ms, .. } => {
                let included = u64::try_from(block.transactions().len()).unwrap_or(u64::MAX);
                pool.included.inc_by(included);
                chain.imported(*via, *delay_ms);
            }
            Event::BlockSide { .. } => {
                chain.side_blocks.inc();
            }
            Event::DoubleSigned { .. } => {
                chain.double_signed.inc();
            }
            Event::VotedTwice { .. } => self.finality.twice(),
            Event::EvidenceFound(_) => self.finality.found(),
            Event::BlockFinal { tip, before, delay_ms } => {
                self.finality.settled(tip, before, *delay_ms)
            }
            Event::BlockRejected { peer, .. } => {
                let blamed = if peer.is_some() { "peer" } else { "leader" };
                chain.rejected.get_or_create(&[("blamed", blamed)]).inc();
            }
            Event::GossipSilent { .. } => {
                node.gossip_renewals.inc();
            }
            Event::Misbehaviour { offence, .. } => {
                node.offences.get_or_create(&[("reason", offence.reason())]).inc();
            }
            Event::Reorg(record) => {
                chain.reorgs.inc();
                // Exact up to 2^53 blocks.
                let depth = u32::try_from(record.depth()).unwrap_or(u32::MAX);
                chain.reorg_depth.observe(f64::from(depth));
            }
            Event::TransactionAccepted { via, .. } => {
                pool.accepted.get_or_create(&[("via", word(*via))]).inc();
            }
            Event::TransactionRejected { reason, .. } => self.refused(reason),
            Event::TransactionDropped { reason, .. } | Event::TransactionLost { reason, .. } => {
                let reason = match reason {
                    DropReason::Expired => "expired",
                    DropReason::Evicted => "evicted",
                    DropReason::Impossible(_) => "impossible",
                };
                pool.dropped.get_or_create(&[("reason", reason)]).inc();
            }
            Event::TransactionRechecked { .. }
            | Event::SyncStarted { .. }
            | Event::SyncProgress { .. }
            | Event::SyncDone { .. }
            | Event::PeerStatus { .. }
            | Event::ClockSkewed { .. }
            | Event::ClockFine
            | Event::ClockAbsurd { .. }
            | Event::FinalityConflict(_)
            | Event::FinalInvalid(_)
            | Event::ChangeWaits { .. }
            | Event::Authorities { .. }
            | Event::SigningStopped(_) => {}
        }
    }

    /// Counts a submission that came to an end.
    pub(crate) fn submitted(&self, outcome: &SubmitOutcome) {
        if let SubmitOutcome::Refused(reason) = outcome {
            self.refused(reason);
        }
    }

    /// Counts a submitted transaction that is none.
    pub(crate) fn invalid(&self, error: &TransactionError) {
        self.pool.rejected.get_or_create(&[("reason", error.code().name())]).inc();
    }

    fn refused(&self, reason: &Refusal) {
        self.pool.rejected.get_or_create(&[("reason", reason.code().name())]).inc();
    }

    /// Measures how long the engine worked on a step that moved the head.
    pub(crate) fn imported_in(&self, time: Duration) {
        self.chain.import_duration.observe(time.as_secs_f64());
    }

    /// Measures how long a durable write took.
    pub(crate) fn written_in(&self, time: Duration) {
        self.node.storage_write_duration.observe(time.as_secs_f64());
    }

    /// Counts a client as connected, for as long as what is returned lives.
    pub(crate) fn connected(&self) -> Connected {
        self.node.connections.inc();
        Connected(self.node.connections.clone())
    }

    /// Measures how long it took until a request was answered, or its stream begun.
    pub(crate) fn answered(&self, request: Request, time: Duration) {
        self.http.answered(request, time);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn whole(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// Converts milliseconds that are no more than some years to seconds.
fn seconds(ms: i64) -> f64 {
    let side = if ms < 0 { -1.0 } else { 1.0 };
    side * Duration::from_millis(ms.unsigned_abs()).as_secs_f64()
}

fn counters(registry: &mut Registry, name: &str, help: &str) -> Counters {
    let counters = Counters::default();
    registry.register(name, help, counters.clone());
    counters
}

/// Registers counters that begin at 0: a rate is known from the first one counted.
fn counters_of<const COUNT: usize>(
    registry: &mut Registry,
    (name, help): (&str, &str),
    label: &'static str,
    values: [&'static str; COUNT],
) -> Counters {
    let counters = counters(registry, name, help);
    for value in values {
        counters.get_or_create(&[(label, value)]).inc_by(0);
    }
    counters
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn bytes(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register_with_unit(name, help, Unit::Bytes, gauge.clone());
    gauge
}

/// Buckets from half a millisecond to sixteen seconds.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
}

fn duration(registry: &mut Registry, name: &str, help: &str) -> Histogram {
    let histogram = durations();
    registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
    histogram
}

mod groups;
use self::groups::Finality;

#[cfg(test)]
mod tests;
