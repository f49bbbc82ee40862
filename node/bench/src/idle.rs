//! Use of the machine by nodes while nothing is asked of them.

use std::thread;
use std::time::{Duration, Instant};

use coinage_devnet::DevnetStatus;
use serde::Serialize;

use super::error::BenchError;
use super::stop::Stop;
use super::usage::{cpu_seconds, resident_mib};

const POLL: Duration = Duration::from_millis(50);

/// The use of the machine by each node while nothing was asked of it, n1 first.
#[derive(Clone, Debug, Serialize)]
pub struct Idle {
    /// Seconds for which the nodes were looked at.
    pub seconds: u32,
    /// The share of one core, in percent; `null` where the system does not tell as Linux does.
    pub cpu_percent: Vec<Option<f64>>,
    /// Memory that is not swapped out, in MiB at the end.
    pub resident_mib: Vec<Option<f64>>,
}

/// Looks on for so many seconds.
pub(super) fn watch(devnet: &DevnetStatus, seconds: u32, stop: &Stop) -> Result<Idle, BenchError> {
    let pids: Vec<_> = devnet.nodes.iter().map(|node| node.pid).collect();
    let used = || pids.iter().map(|pid| cpu_seconds(*pid)).collect::<Vec<_>>();
    let (began, before) = (Instant::now(), used());
    let time = Duration::from_secs(u64::from(seconds));
    while began.elapsed() < time {
        stop.check()?;
        thread::sleep(POLL.min(time.saturating_sub(began.elapsed())));
    }
    let (after, elapsed) = (used(), began.elapsed().as_secs_f64());
    let share = |(before, after): (Option<f64>, Option<f64>)| {
        Some(super::rounded((after? - before?) * 100.0 / elapsed, 1))
    };
    let cpu_percent = before.into_iter().zip(after).map(share).collect();
    Ok(Idle { seconds, cpu_percent, resident_mib: pids.into_iter().map(resident_mib).collect() })
}
