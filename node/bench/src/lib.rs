//! `coinage bench`: how many payments a network on this machine commits, and how fast.
//!
//! A throw-away devnet of real processes in a temporary directory gets payments through its public
//! API. Only what the chain of every node holds in the end counts, as a share of what the same
//! cores could do if they did nothing but check and execute, measured in the same run.

mod audit;
mod error;
mod idle;
mod limit;
mod load;
mod report;
mod sampler;
mod stop;
mod testbed;
mod usage;
mod workload;

use std::fmt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub use self::error::BenchError;
pub use self::idle::Idle;
pub use self::report::{Latency, Report};
use coinage_devnet::{Config, Devnet};

use self::stop::Stop;
use self::testbed::Testbed;

/// Time within which the nodes must agree on their first block.
const READY_PATIENCE: Duration = Duration::from_secs(60);
/// Time that threads that wait for a node may take to end.
const THREADS_PATIENCE: Duration = Duration::from_millis(500);
/// Time that processes that were killed may take to be gone from their directory.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(20);

/// The plan of a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Number of nodes, 1 to 32.
    pub nodes: u16,
    /// Seconds for which to offer payments.
    pub seconds: u32,
    /// Payments to offer a second; `None`: as many as the nodes take.
    pub rate: Option<u32>,
    /// Seconds for which to look on before that; 0: not at all.
    pub idle: u32,
}

/// The progress of a measurement.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// The limit of the machine is measured.
    Limit,
    /// The nodes are starting.
    Starting,
    /// The nodes are looked at while they do nothing.
    Idle,
    /// Payments are offered to the nodes.
    Loading {
        /// Time for which payments have been offered so far.
        elapsed: Duration,
        /// Time for which payments are offered in all.
        time: Duration,
        /// Number of payments that the nodes were given and did not refuse.
        handed: u64,
        /// Number of payments handed over that are not on the chain of every node yet.
        in_flight: u64,
    },
    /// The payments that wait are being included.
    Draining,
    /// The books of every node are checked.
    Checking,
    /// The nodes are stopping.
    Stopping,
}

impl fmt::Display for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Limit => "measuring what the machine could do",
            Self::Starting => "starting a network of real processes",
            Self::Idle => "watching it do nothing",
            Self::Loading { elapsed, time, handed, in_flight } => {
                let (elapsed, time) = (elapsed.as_secs(), time.as_secs());
                let committed = handed.saturating_sub(*in_flight);
                return write!(
                    formatter,
                    "offering payments: {elapsed} of {time} s, {committed} on all nodes, \
                     {in_flight} on their way"
                );
            }
            Self::Draining => "waiting for what waits",
            Self::Checking => "checking the books of every node",
            Self::Stopping => "stopping",
        };
        formatter.write_str(text)
    }
}

/// Measures as planned; leaves no process and no file behind, however it ends.
///
/// # Errors
///
/// [`BenchError`] if there is no honest result.
pub fn run(plan: &Plan, tell: &dyn Fn(Progress)) -> Result<Report, BenchError> {
    let program = std::env::current_exe().map_err(BenchError::io("cannot find this program"))?;
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(BenchError::io("cannot start threads"))?;
    let stop = Stop::on_signals(&runtime)?;
    tell(Progress::Limit);
    let limit = limit::per_second(plan.nodes);
    stop.check()?;
    let directory = tempfile::Builder::new().prefix("coinage-bench-").tempdir();
    let directory = directory.map_err(BenchError::io("cannot make a temporary directory"))?;
    let mut config = Config::new(directory.path().join("devnet"), program);
    config.nodes = Some(plan.nodes);
    config.base_port = Some(0);
    let stage = Testbed { plan, stop: &stop, tell, limit };
    let measured = stage.on_devnet(&runtime, config);
    // Kills what a failed start has left.
    runtime.shutdown_timeout(THREADS_PATIENCE);
    remove(directory)?;
    measured
}

impl Testbed<'_> {
    /// Starts the nodes, measures them, and stops them.
    fn on_devnet(&self, runtime: &Runtime, config: Config) -> Result<Report, BenchError> {
        (self.tell)(Progress::Starting);
        let began = Instant::now();
        let devnet = runtime.block_on(Devnet::start(config))?;
        let ready = runtime.block_on(async {
            tokio::select! {
                () = self.stop.asked() => Err(BenchError::Interrupted),
                ready = devnet.wait_ready(READY_PATIENCE) => Ok(ready?),
            }
        });
        let ready_seconds = rounded(began.elapsed().as_secs_f64(), 2);
        let measured = ready.and_then(|status| self.measure(&status));
        (self.tell)(Progress::Stopping);
        let began = Instant::now();
        runtime.block_on(devnet.stop());
        let stop_seconds = rounded(began.elapsed().as_secs_f64(), 2);
        Ok(Report { ready_seconds, stop_seconds, ..measured? })
    }
}

/// Removes the directory, which a process that was just killed may still write to.
fn remove(directory: TempDir) -> Result<(), BenchError> {
    let path = directory.path().to_owned();
    let deadline = Instant::now() + REMOVAL_PATIENCE;
    let mut removed = directory.close();
    while removed.is_err() && path.exists() && Instant::now() < deadline {
        sleep(POLL);
        removed = std::fs::remove_dir_all(&path);
    }
    if path.exists() {
        removed.map_err(BenchError::io("cannot remove what it made"))
    } else {
        Ok(())
    }
}

/// A count as a number to divide.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

/// Rounds a number to so many decimals.
fn rounded(number: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (number * scale).round() / scale
}
