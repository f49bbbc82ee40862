//! A node as a child process: started, asked to stop, killed, watched.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::BufReader;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::log::{Console, LogFile, follow};

/// Time within which a node must stop after it was asked: it promises two seconds.
const STOP_PATIENCE: Duration = Duration::from_millis(3500);
/// Time for which the rest of the log of a node that ended is waited for: something else may hold
/// its end.
const LOG_PATIENCE: Duration = Duration::from_millis(500);

/// A running child process. Dropping it kills the process.
#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    orders: mpsc::Sender<Order>,
    exit: watch::Receiver<Option<Exit>>,
}

/// The end of a process.
#[derive(Clone, Debug)]
pub(super) struct Exit {
    /// The last line that the process wrote, or how it ended if it wrote none.
    pub(super) line: String,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Stop,
    Kill,
}

impl Process {
    /// Starts a program whose stdin, while it is open, tells it to go on.
    pub(super) fn spawn(
        mut command: Command,
        node: u16,
        log: PathBuf,
        console: Console,
    ) -> io::Result<Self> {
        let log = LogFile::open(log)?;
        // A group of its own, or Ctrl-C at the terminal would end the nodes before they are asked.
        command.process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let pid = child.id().ok_or(io::ErrorKind::NotFound)?;
        let stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let stderr = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let saying = tokio::spawn(follow(BufReader::new(stderr), node, log, console.clone()));
        let (orders, received) = mpsc::channel(4);
        let (ended, exit) = watch::channel(None);
        tokio::spawn(async move {
            let (status, asked) = watch_over(child, stdin, received).await;
            let exit = exit_of(status, saying).await;
            if !asked {
                let text = format!(
                    "n{node} stopped by itself ({}); its last line: {}",
                    how(status),
                    exit.line
                );
                console.say(None, text);
            }
            ended.send_replace(Some(exit));
        });
        Ok(Self { pid, orders, exit })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns how the process ended, if it did.
    pub(super) fn exit(&self) -> Option<Exit> {
        self.exit.borrow().clone()
    }

    /// Closes the process's stdin and waits until it is gone; kills it if that takes too long.
    pub(super) async fn stop(&self) {
        self.order(Order::Stop).await;
    }

    /// Ends the process at once (SIGKILL) and waits until it is gone.
    pub(super) async fn kill(&self) {
        self.order(Order::Kill).await;
    }

    async fn order(&self, order: Order) {
        // Errors mean that it is gone already, as wanted.
        let _gone = self.orders.send(order).await;
        let mut exit = self.exit.clone();
        let _gone = exit.wait_for(Option::is_some).await;
    }
}

/// Carries out orders until the child is gone; says how it ended and whether that was asked for.
async fn watch_over(
    mut child: Child,
    stdin: ChildStdin,
    mut orders: mpsc::Receiver<Order>,
) -> (Option<ExitStatus>, bool) {
    let mut stdin = Some(stdin);
    let mut asked = false;
    let mut deadline = None;
    loop {
        let late = deadline.unwrap_or_else(Instant::now);
        tokio::select! {
            status = child.wait() => return (status.ok(), asked),
            order = orders.recv(), if !orders.is_closed() || !asked => {
                asked = true;
                match order {
                    Some(Order::Stop) => {
                        drop(stdin.take());
                        deadline.get_or_insert_with(|| Instant::now() + STOP_PATIENCE);
                    }
                    Some(Order::Kill) | None => kill(&mut child),
                }
            }
            () = sleep_until(late), if deadline.is_some() => {
                kill(&mut child);
                deadline = None;
            }
        }
    }
}

fn kill(child: &mut Child) {
    // An error means that it is gone already.
    let _gone = child.start_kill();
}

async fn exit_of(status: Option<ExitStatus>, saying: JoinHandle<String>) -> Exit {
    let line = timeout(LOG_PATIENCE, saying).await.ok().and_then(Result::ok);
    Exit { line: line.filter(|line| !line.is_empty()).unwrap_or_else(|| how(status)) }
}

fn how(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "unknown".to_owned(), |status| status.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn start(script: &str, console: &Console) -> (Process, tempfile::TempDir) {
        let dir = tempfile::tempdir().expect("a directory");
        let log = dir.path().join("log");
        (Process::spawn(shell(script), 1, log, console.clone()).expect("a shell"), dir)
    }

    #[tokio::test]
    async fn closing_its_stdin_stops_a_node_and_its_lines_are_kept() {
        let console = Console::new();
        let mut lines = console.subscribe();
        let (process, dir) = start("echo hello >&2; cat; echo bye >&2", &console);
        assert_eq!(lines.recv().await.expect("a line").text, "hello");
        assert!(process.exit().is_none());
        let before = Instant::now();
        process.stop().await;
        assert!(before.elapsed() < STOP_PATIENCE, "it had to be killed");
        assert_eq!(process.exit().expect("gone").line, "bye");
        assert_eq!(lines.recv().await.expect("a line").text, "bye");
        assert!(lines.try_recv().is_err(), "a stop that was asked for is no news");
        let log = std::fs::read_to_string(dir.path().join("log")).expect("a log");
        assert_eq!(log, "hello\nbye\n");
    }

    #[tokio::test]
    async fn a_node_that_does_not_stop_is_killed() {
        let console = Console::new();
        let (process, _dir) = start("exec sleep 1000", &console);
        process.stop().await;
        assert!(process.exit().expect("gone").line.contains("signal: 9"));
    }

    #[tokio::test]
    async fn an_unexpected_end_is_told_with_the_last_line() {
        let console = Console::new();
        let mut lines = console.subscribe();
        let (process, _dir) = start("echo 'the disk is full' >&2; exit 7", &console);
        assert_eq!(lines.recv().await.expect("a line").node, Some(1));
        let told = lines.recv().await.expect("a line");
        assert_eq!(told.node, None);
        assert!(told.text.contains("exit status: 7"), "{}", told.text);
        assert!(told.text.ends_with("the disk is full"), "{}", told.text);
        process.stop().await;
        process.kill().await;
    }

    #[tokio::test]
    async fn a_process_that_is_dropped_is_killed() {
        let console = Console::new();
        let (process, _dir) = start("exec sleep 1000", &console);
        let mut exit = process.exit.clone();
        drop(process);
        let gone = exit.wait_for(Option::is_some).await.expect("its watcher runs").clone();
        assert!(gone.expect("gone").line.contains("signal: 9"));
    }
}
