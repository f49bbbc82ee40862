//! The measurement of a network that is ready.

use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coinage_client::Client;
use coinage_devnet::{DevnetError, DevnetStatus};
use coinage_keys::genesis_file;
use coinage_model::submission::{
    SubmitOne, SubmittedJson, TransactionState, TransactionStatusJson,
};
use coinage_protocol::{ChainSpec, encode};

use super::audit::{check_books, committed, drain};
use super::error::BenchError;
use super::load::{Load, Pace, Tally};
use super::report::{Latency, Report};
use super::sampler::Sampler;
use super::stop::Stop;
use super::usage::{peak_mib, resident_mib};
use super::workload::Workload;
use super::{Plan, Progress, audit, float, idle, rounded};

/// Payments on their way if there is no rate: a few blocks of what a small machine can do.
const IN_FLIGHT_MAX: u64 = 4_000;
/// Time within which the accounts must get their money.
const FUNDING_PATIENCE: Duration = Duration::from_secs(30);
/// Time within which a node must answer.
const ANSWER_TIME: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// The surroundings of a measurement.
pub(super) struct Testbed<'a> {
    /// Plan of the measurement.
    pub(super) plan: &'a Plan,
    /// Signal to end early.
    pub(super) stop: &'a Stop,
    /// Function that is told of the progress.
    pub(super) tell: &'a dyn Fn(Progress),
    /// Payments per second that the machine could do at most.
    pub(super) limit: f64,
}

impl Testbed<'_> {
    /// Measures a network that is ready; how it started and stopped is for others to say.
    pub(super) fn measure(&self, devnet: &DevnetStatus) -> Result<Report, BenchError> {
        let Self { plan, stop, tell, .. } = *self;
        let nodes = devnet.nodes.iter().filter_map(|node| node.api.as_deref());
        let nodes = nodes.map(|api| Ok(Client::new(api)?.impatient(ANSWER_TIME)));
        let nodes = nodes.collect::<Result<Vec<_>, BenchError>>()?;
        let idle = if plan.idle > 0 {
            tell(Progress::Idle);
            Some(idle::watch(devnet, plan.idle, stop)?)
        } else {
            None
        };
        let payers = Workload::new(chain_spec(devnet)?);
        self.fund(&nodes, &payers)?;
        let watch = Sampler::begin(&nodes, stop)?;
        let measured = self.load(devnet, &nodes, &payers, &watch);
        watch.end();
        Ok(Report { idle, ..measured? })
    }

    /// Offers the load, and counts what came of it.
    fn load(
        &self,
        devnet: &DevnetStatus,
        nodes: &[Client],
        payers: &Workload,
        watch: &Sampler,
    ) -> Result<Report, BenchError> {
        let Self { plan, stop, tell, .. } = *self;
        let pace = plan.rate.map_or(Pace::Window(IN_FLIGHT_MAX), Pace::Rate);
        let time = Duration::from_secs(u64::from(plan.seconds));
        let began = Instant::now();
        let mut tally = Load { nodes, payers, watch, pace, time, stop }.offer(began, tell);
        tell(Progress::Draining);
        let waiting = drain(nodes, watch, stop)?;
        tell(Progress::Checking);
        let sent = std::mem::take(&mut tally.sent);
        let committed = committed(nodes, watch, sent, began, waiting > 0)?;
        check_books(nodes, payers, &committed)?;
        stop.check()?;
        Ok(self.report(devnet, tally, &committed, waiting))
    }

    /// Gives the accounts their money, and waits until every node knows.
    fn fund(&self, nodes: &[Client], payers: &Workload) -> Result<(), BenchError> {
        let funding = payers.funding();
        let bytes = Some(BASE64_STANDARD.encode(encode(&funding)));
        let body = SubmitOne { bytes, ..SubmitOne::default() };
        if let Some(node) = nodes.first() {
            node.post::<SubmittedJson>("/v1/transactions", &[], &body)?;
        }
        let path = format!("/v1/transactions/{}", funding.body.id(payers.spec().chain()));
        let deadline = Instant::now() + FUNDING_PATIENCE;
        for node in nodes {
            // A node that has not heard of it yet says so.
            let is_included = || {
                let answer = node.get::<TransactionStatusJson>(&path, &[]);
                answer.is_ok_and(|answer| {
                    matches!(answer.status, TransactionState::Included | TransactionState::Final)
                })
            };
            while !is_included() {
                self.stop.check()?;
                if Instant::now() >= deadline {
                    let seconds = FUNDING_PATIENCE.as_secs();
                    let what = "the first payment";
                    return Err(BenchError::Disagreement { what, seconds });
                }
                sleep(POLL);
            }
        }
        Ok(())
    }

    fn report(
        &self,
        devnet: &DevnetStatus,
        tally: Tally,
        committed: &audit::Committed,
        waiting: u64,
    ) -> Report {
        let Plan { nodes, seconds, rate, .. } = *self.plan;
        let count = u64::try_from(committed.latencies.len()).unwrap_or(u64::MAX);
        let measured = committed.last.as_secs_f64();
        let per_second = if count > 0 { float(count) / measured } else { 0.0 };
        let offered = rate.map(|rate| u64::from(rate) * u64::from(seconds));
        let offered = offered.unwrap_or(tally.submitted);
        let pending = committed.missing.min(waiting);
        let pids = || devnet.nodes.iter().map(|node| node.pid);
        Report {
            committed_per_second: rounded(per_second, 1),
            limit_per_second: rounded(self.limit, 1),
            ratio: rounded(per_second / self.limit, 4),
            latency_ms: Latency::of(&committed.latencies),
            nodes,
            slot_ms: devnet.slot_ms,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            seconds,
            rate,
            in_flight_max: rate.is_none().then_some(IN_FLIGHT_MAX),
            measured_seconds: rounded(measured, 2),
            offered,
            submitted: tally.submitted,
            unsent: offered.saturating_sub(tally.submitted),
            committed: count,
            refused: tally.refused.values().sum(),
            refused_by_code: tally.refused,
            dropped: committed.missing - pending,
            pending,
            unanswered: tally.unanswered,
            blocks: committed.blocks,
            reorgs: committed.reorgs.0,
            reorg_depth_max: committed.reorgs.1,
            peak_mib: pids().map(peak_mib).collect(),
            resident_mib: pids().map(resident_mib).collect(),
            ready_seconds: 0.0,
            stop_seconds: 0.0,
            idle: None,
        }
    }
}

/// The network that the nodes are on.
fn chain_spec(devnet: &DevnetStatus) -> Result<ChainSpec, BenchError> {
    let damaged = |reason: String| {
        BenchError::from(DevnetError::Damaged { path: devnet.genesis.clone(), reason })
    };
    let read = genesis_file::read(&devnet.genesis).map_err(|error| damaged(error.to_string()))?;
    ChainSpec::new(read).map_err(|error| damaged(error.to_string()))
}
