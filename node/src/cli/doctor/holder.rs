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
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    Some(Holder { pid, command: command(pid, &stat), since: since(&stat) })
}

fn has_open(pid: u32, path: &Path) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target == path))
}

/// The command line of a process; in brackets its name while it has none, just as it starts.
fn command(pid: u32, stat: &str) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    let text = without_invites(words.split('\0').map(str::to_owned));
    let text = if text.trim().is_empty() { format!("[{}]", name(stat)) } else { text };
    text.trim().chars().filter(|one| !one.is_control()).take(COMMAND_LEN_MAX).collect()
}

/// The name of a process, in parentheses in its state; it may hold anything, these too.
fn name(stat: &str) -> &str {
    let name = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')'));
    name.map_or("without a name", |(name, _)| name)
}

/// Returns when a process was started: so many ticks after the machine.
fn since(stat: &str) -> Option<SystemTime> {
    // Behind the name come numbers, and the 20th is the start.
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
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_process_that_has_a_file_open_is_found_with_its_command_and_start() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("held");
        let file = fs::File::create(&path).expect("written");
        assert_eq!(holder(&path), None, "this process does not count");
        let mut child =
            Command::new("cat").arg("-").stdin(Stdio::piped()).stdout(file).spawn().expect("cat");
        let mut input = child.stdin.take().expect("piped");
        // A process that is only starting has no command line yet; one that writes has.
        input.write_all(b"x").expect("taken");
        let deadline = Instant::now() + Duration::from_secs(30);
        while fs::read(&path).expect("there").is_empty() {
            assert!(Instant::now() < deadline, "cat never wrote");
            thread::sleep(Duration::from_millis(2));
        }
        let found = holder(&path).expect("it holds the file");
        assert_eq!((found.pid, found.command.as_str()), (child.id(), "cat -"));
        let age = SystemTime::now().duration_since(found.since.expect("a start"));
        assert!(age.is_ok_and(|age| age < Duration::from_secs(60)), "{found:?}");
        drop(input);
        child.wait().expect("it ends");
        assert_eq!(holder(&path), None);
    }

    #[test]
    fn a_process_without_a_command_line_is_called_by_its_name() {
        let nobody = u32::MAX;
        assert_eq!(command(nobody, "7 (cat) S 1 7"), "[cat]");
        assert_eq!(command(nobody, "7 (a) (b)) S 1 7"), "[a) (b)]");
        assert_eq!(command(nobody, ""), "[without a name]");
    }
}
