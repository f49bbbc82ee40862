//! Messages of a node to the supervisor of its process, as systemd is one.

use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use coinage_tests::cluster::get;
use coinage_tests::program::Desk;
use serde_json::Value;

use crate::PROGRAM;

/// Long enough for a loaded machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time without a word after which the supervisor would believe that the node hangs.
const WATCHDOG: Duration = Duration::from_secs(3);
/// Bytes that a pipe holds.
const PIPE: usize = 64 * 1024;

/// A node whose process is supervised by the test. Killed when dropped.
struct Supervised {
    desk: Desk,
    socket: UnixDatagram,
    node: Child,
}

impl Supervised {
    /// Starts an authority that runs alone.
    fn start(watchdog: Option<Duration>, log: Stdio) -> Self {
        let desk = Desk::new(PROGRAM);
        let spec = ["genesis", "new", "--name", "hamlet", "--slot", "200ms"];
        let files = ["--new-authority", "key", "--out", "genesis.json"];
        let said = desk.run(&[&spec[..], &files[..]].concat());
        assert_eq!(said.code, 0, "{said:?}");
        let socket = UnixDatagram::bind(desk.path("notify")).expect("a socket");
        let node = ["node", "run", "--no-discovery", "--genesis", "genesis.json"];
        let own = ["--data", "data", "--authority-key", "key", "--heartbeat", "200ms"];
        let ports = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0"];
        let mut command = desk.command(&[&node[..], &own, &ports].concat());
        // As systemd runs a service: without a home.
        for home in ["HOME", "COINAGE_HOME"] {
            command.env_remove(home);
        }
        command.env("STATE_DIRECTORY", desk.path("data"));
        command.env("NOTIFY_SOCKET", desk.path("notify"));
        if let Some(watchdog) = watchdog {
            command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let node = command.spawn().expect("the program runs");
        Self { desk, socket, node }
    }

    /// Waits for the next message, as lines; `None` if there is none for so long.
    fn hears(&self, patience: Duration) -> Option<Vec<String>> {
        self.socket.set_read_timeout(Some(patience)).expect("not zero");
        let mut message = [0; 4096];
        let bytes = match self.socket.recv(&mut message) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
            Err(error) => panic!("{error}"),
        };
        let text = std::str::from_utf8(&message[..bytes]).expect("a text");
        Some(text.lines().map(ToOwned::to_owned).collect())
    }

    /// Waits for a message with this line.
    fn wait_for(&self, line: &str) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self.hears(PATIENCE).expect("it says something");
            if message.iter().any(|one| one == line) {
                return message;
            }
            assert!(Instant::now() < deadline, "never {line}");
        }
    }

    fn api(&self) -> String {
        let text = std::fs::read(self.desk.path("data/addresses.json")).expect("its addresses");
        let addresses: Value = serde_json::from_slice(&text).expect("JSON");
        addresses["api"].as_str().expect("a URL").to_owned()
    }

    fn terminate(&mut self) {
        let mut kill = std::process::Command::new("kill");
        let sent = kill.args(["-s", "TERM", &self.node.id().to_string()]).status();
        assert!(sent.expect("there is kill").success());
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Errors mean that it is gone already.
        let _gone = self.node.kill();
        let _gone = self.node.wait();
    }
}

/// The height in what the node says of itself.
fn height(message: &[String]) -> u64 {
    let status = message.iter().find_map(|line| line.strip_prefix("STATUS=")).expect("a status");
    let (_, rest) = status.split_once(" at height ").expect("a height");
    rest.split(',').next().and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn a_supervisor_hears_that_the_node_is_ready_alive_and_stopping() {
    let mut node = Supervised::start(Some(WATCHDOG), Stdio::null());
    let ready = node.wait_for("READY=1");
    assert!(!ready.iter().any(|line| line == "WATCHDOG=1"), "{ready:?}");
    // What it says is true: nobody has to ask twice.
    let live = get(&format!("{}/health/live", node.api())).expect("it listens");
    assert_eq!(live.status, 200);
    let mut highest = height(&ready);
    while highest < 5 {
        let alive = node.wait_for("WATCHDOG=1");
        assert!(height(&alive) >= highest, "{alive:?} after {highest}");
        highest = height(&alive);
    }
    node.terminate();
    assert_eq!(node.wait_for("STOPPING=1"), ["STOPPING=1"]);
    assert!(node.node.wait().expect("a child").success());
    assert_eq!(node.hears(Duration::from_millis(1)), None);
}

#[test]
fn who_does_not_watch_hears_how_the_node_stands_and_no_more() {
    let mut node = Supervised::start(None, Stdio::null());
    node.wait_for("READY=1");
    let message = node.hears(PATIENCE).expect("it says something");
    assert!(message.len() == 1 && height(&message) > 0, "{message:?}");
    node.terminate();
    node.wait_for("STOPPING=1");
}

#[test]
fn a_node_whose_log_nobody_reads_goes_on_and_says_so() {
    let (log, write) = io::pipe().expect("a pipe");
    let mut fill = write.try_clone().expect("another end");
    let mut node = Supervised::start(Some(WATCHDOG), write.into());
    node.wait_for("WATCHDOG=1");
    // What it has logged so far leaves less room than this takes.
    let filling = std::thread::spawn(move || fill.write_all(&[b' '; PIPE]));
    for _ in 0..10 {
        node.wait_for("WATCHDOG=1");
    }
    let live = get(&format!("{}/health/live", node.api())).expect("the process lives");
    assert_eq!(live.status, 200);
    node.terminate();
    assert!(node.node.wait().expect("a child").success());
    drop(log);
    assert!(filling.join().expect("no panic").is_err(), "nobody has read it");
}
