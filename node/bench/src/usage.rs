//! Use of the machine by a process, where the system tells as Linux does.

use std::path::Path;

/// The processor time that a process has used.
pub(super) fn cpu_seconds(pid: Option<u32>) -> Option<f64> {
    let text = proc_file(pid, "stat")?;
    // User and system time: proc_pid_stat(5), fields 14 and 15; the name before them may hold
    // anything.
    let fields: Vec<_> = text.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let per_second = rustix::param::clock_ticks_per_second();
    Some(super::float(ticks(11)? + ticks(12)?) / super::float(per_second))
}

/// The memory that a process has, in MiB, without what is swapped out.
pub(super) fn resident_mib(pid: Option<u32>) -> Option<f64> {
    status_mib(pid, "VmRSS:")
}

/// The most memory that a process ever had, in MiB.
pub(super) fn peak_mib(pid: Option<u32>) -> Option<f64> {
    status_mib(pid, "VmHWM:")
}

fn status_mib(pid: Option<u32>, field: &str) -> Option<f64> {
    let text = proc_file(pid, "status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
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
        assert!(peak_mib(pid) >= resident_mib(pid));
        assert!(cpu_seconds(pid).is_some_and(|seconds| seconds < 1e6));
        assert_eq!(cpu_seconds(None), None);
    }
}
