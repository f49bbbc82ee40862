//! The program as a person runs it: in the foreground, in a terminal of its own, with signals.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::retry::Turn;

/// Time that anything may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// A place for a person: a home, an environment without surprises, and a turn to run processes.
#[derive(Debug)]
pub struct Desk {
    program: PathBuf,
    directory: TempDir,
    _turn: Option<Turn>,
}

/// A program that runs. Killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
}

/// The ending of a command, with its words for people.
#[derive(Clone, Debug)]
pub struct Said {
    /// Exit code; -1 if a signal ended the command.
    pub code: i32,
    /// Text that went to stdout.
    pub out: String,
    /// Text that went to stderr.
    pub err: String,
}

impl Desk {
    /// Waits for room, and sits down.
    ///
    /// # Panics
    ///
    /// If there is no temporary directory.
    pub fn new(program: &str) -> Self {
        let turn = Turn::take();
        Self { program: program.into(), directory: directory(), _turn: Some(turn) }
    }

    /// A desk for somebody who runs nothing that stays, beside one that has the turn.
    ///
    /// # Panics
    ///
    /// If there is no temporary directory.
    pub fn beside(program: &str) -> Self {
        Self { program: program.into(), directory: directory(), _turn: None }
    }

    /// A path in the directory of this desk.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A path in the directory of this desk, as text.
    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The program with these words.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).current_dir(self.directory.path());
        command.env("COINAGE_HOME", self.path("home"));
        for unset in ["COINAGE_NODE", "COINAGE_PASSWORD", "XDG_DATA_HOME"] {
            command.env_remove(unset);
        }
        command
    }

    /// A shell that types one line in a directory of this desk, which has a home of its own. The
    /// program is `coinage` there; the password of every wallet is in the environment.
    ///
    /// # Panics
    ///
    /// If the directory cannot be made.
    pub fn shell(&self, place: &str, line: &str) -> Command {
        let (directory, bin) = (self.path(place), self.path("bin"));
        fs::create_dir_all(&directory).expect("made");
        fs::create_dir_all(&bin).expect("made");
        let program = bin.join("coinage");
        if !program.exists() {
            std::os::unix::fs::symlink(&self.program, program).expect("linked");
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command.args(["-ec", line]).current_dir(&directory);
        for unset in ["COINAGE_NODE", "XDG_DATA_HOME"] {
            command.env_remove(unset);
        }
        command.env("PATH", format!("{}:{path}", bin.display())).env("HOME", self.path(""));
        command.env("COINAGE_HOME", directory.join("home"));
        command.env("COINAGE_PASSWORD", "a password");
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn run(&self, words: &[&str]) -> Said {
        self.finish(self.command(words))
    }

    /// Runs a command that was made here to its end.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn finish(&self, mut command: Command) -> Said {
        said(&command.stdin(Stdio::null()).output().expect("the program runs"))
    }

    /// Starts a command that goes on.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn start(&self, words: &[&str]) -> Running {
        self.begin(self.command(words))
    }

    /// Starts a command that was made here and goes on.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn begin(&self, mut command: Command) -> Running {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let said = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().expect("a pipe"), &said);
        collect(child.stderr.take().expect("a pipe"), &said);
        Running { child, said }
    }
}

impl Drop for Desk {
    /// Stops devnets that a failed test left in the background.
    fn drop(&mut self) {
        let entries = fs::read_dir(self.directory.path()).into_iter().flatten().flatten();
        let usual = [".local/share/coinage/devnet", "home/devnet"].map(|path| self.path(path));
        for directory in entries.map(|entry| entry.path()).chain(usual) {
            if directory.join("control.sock").exists() {
                let mut stop = self.command(&["devnet", "stop", "--dir"]);
                // It may end on its own in the meantime.
                let _gone = stop.arg(directory).output();
            }
        }
    }
}

impl Running {
    /// The process id of the command.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The text that the process has said so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks whether the process has ended.
    ///
    /// # Panics
    ///
    /// If the system does not know it.
    pub fn ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }

    /// Waits until it has said something.
    ///
    /// # Panics
    ///
    /// If it ends or does not say it in time.
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.said().contains(text) {
            let ended = self.child.try_wait().expect("a child");
            // What it said last may still be in the pipe.
            let over = ended.is_some() && !self.said().contains(text);
            assert!(!over || Instant::now() < deadline - PATIENCE + POLL * 50, "{}", self.said());
            assert!(Instant::now() < deadline, "{text:?} is not in {}", self.said());
            std::thread::sleep(POLL);
        }
    }

    /// Sends it a signal by name: `INT`, `TERM`, `KILL`.
    ///
    /// # Panics
    ///
    /// If it is gone.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(sent.expect("there is kill").success());
    }

    /// Waits until it has ended, and gives its exit code; -1 if a signal ended it.
    ///
    /// # Panics
    ///
    /// If it does not end in time.
    pub fn wait(&mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.said());
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it is gone already.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Checks whether a process runs: one that is only waited for by its parent does not.
pub fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    let state = stat.ok().and_then(|stat| stat.rsplit(')').next()?.trim().chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Waits until something holds.
///
/// # Panics
///
/// If it does not in a minute.
pub fn eventually(what: &str, holds: impl FnMut() -> bool) {
    within(PATIENCE, what, holds);
}

/// Waits until something holds, for so long at most.
///
/// # Panics
///
/// If it does not in that time.
pub fn within(patience: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(POLL);
    }
}

fn directory() -> TempDir {
    TempDir::new().expect("a temporary directory")
}

fn said(output: &Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn collect(pipe: impl Read + Send + 'static, said: &Arc<Mutex<String>>) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
        }
    });
}
