//! Holders: which process has a file open, and since when, as far as the system tells.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use coinage_model::time;
use coinage_server::invite::without_invites;

/// Characters of a command line that are shown.
const COMMAND_LEN_MAX: usize = 200;

/// A process that has a file open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Holder {
    pub(super) pid: u32,
    command: String,
    since: Option<SystemTime>,
}

impl Holder {
    /// Describes the process in words.
    pub(super) fn words(&self) -> String {
        let since =
            self.since.map(|since| format!(", since {}", time::format(time::millis(since))));
        format!("process {} ({}{})", self.pid, self.command, since.unwrap_or_default())
    }
}

/// The first process besides this one that has the file open and that this user may look at.
pub(super) fn holder(path: &Path) -> Option<Holder> {
    let path = path.canonicalize().ok()?;
    let own = std::process::id();
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pid = pids.filter(|pid| *pid != own).find(|pid| has_open(*pid, &path))?;
    Some(Holder { pid, command: command(pid), since: since(pid) })
}

fn has_open(pid: u32, path: &Path) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target == path))
}

fn command(pid: u32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = without_invites(String::from_utf8_lossy(&words).split('\0').map(str::to_owned));
    text.trim().chars().filter(|one| !one.is_control()).take(COMMAND_LEN_MAX).collect()
}

/// Returns when a process was started: so many ticks after the machine.
fn since(pid: u32) -> Option<SystemTime> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; behind it come numbers, the 20th is the start.
    let (_, numbers) = stat.rsplit_once(')')?;
    let ticks: u64 = numbers.split_whitespace().nth(19)?.parse().ok()?;
    let machine = fs::read_to_string("/proc/stat").ok()?;
    let booted = machine.lines().find_map(|line| line.strip_prefix("btime "))?;
    let per_second = rustix::param::clock_ticks_per_second();
    let seconds = ticks.checked_div(per_second)?;
    Some(UNIX_EPOCH + Duration::from_secs(booted.trim().parse::<u64>().ok()? + seconds))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_that_has_a_file_open_is_found_with_its_command_and_start() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("held");
        fs::write(&path, "").expect("written");
        assert_eq!(holder(&path), None);
        let file = fs::File::open(&path).expect("there");
        assert_eq!(holder(&path), None, "this process does not count");
        let mut child =
            Command::new("cat").arg("-").stdin(Stdio::piped()).stdout(file).spawn().expect("cat");
        let found = holder(&path).expect("it holds the file");
        assert_eq!((found.pid, found.command.as_str()), (child.id(), "cat -"));
        let age = SystemTime::now().duration_since(found.since.expect("a start"));
        assert!(age.is_ok_and(|age| age < Duration::from_secs(60)), "{found:?}");
        drop(child.stdin.take());
        child.wait().expect("it ends");
        assert_eq!(holder(&path), None);
    }
}
