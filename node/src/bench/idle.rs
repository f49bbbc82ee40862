//! What nodes take from the machine while nothing is asked of them.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::error::BenchError;
use super::stop::Stop;
use crate::devnet::DevnetStatus;

const POLL: Duration = Duration::from_millis(50);

/// What each node took while nothing was asked of it, n1 first.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Idle {
    /// How long that was looked at.
    pub(crate) seconds: u32,
    /// The share of one core, in percent; `null` where the system does not tell as Linux does.
    pub(crate) cpu_percent: Vec<Option<f64>>,
    /// Memory that is not swapped out, in MiB at the end.
    pub(crate) resident_mib: Vec<Option<f64>>,
}

/// Looks on for so long.
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

/// The processor time that a process has used.
fn cpu_seconds(pid: Option<u32>) -> Option<f64> {
    let text = proc_file(pid, "stat")?;
    // User and system time: proc_pid_stat(5), fields 14 and 15; the name before them may hold
    // anything.
    let fields: Vec<_> = text.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let per_second = rustix::param::clock_ticks_per_second();
    Some(super::float(ticks(11)? + ticks(12)?) / super::float(per_second))
}

fn resident_mib(pid: Option<u32>) -> Option<f64> {
    let text = proc_file(pid, "status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(super::rounded(f64::from(kib) / 1024.0, 1))
}

fn proc_file(pid: Option<u32>, name: &str) -> Option<String> {
    std::fs::read_to_string(Path::new("/proc").join(pid?.to_string()).join(name)).ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_has_worked() {
        let pid = Some(std::process::id());
        assert!(resident_mib(pid).is_some_and(|mib| mib > 0.1));
        assert!(cpu_seconds(pid).is_some_and(|seconds| seconds < 1e6));
        assert_eq!(cpu_seconds(None), None);
    }
}
