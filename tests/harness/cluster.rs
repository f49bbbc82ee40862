//! A devnet of real processes for tests: real binary, real libp2p, real disks, free ports.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use coinage_devnet::{Config, Devnet, DevnetStatus};
use coinage_model::Heartbeat;
use coinage_protocol::Height;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub use crate::http::{Answer, get, post};
use crate::raw_process::Announced;
use crate::retry::Turn;

/// Length of a slot in tests, in milliseconds.
pub const SLOT_MS: u64 = 250;
/// Factor by which a busy machine may take longer than planned.
const PATIENCE: u32 = 8;
const POLL: Duration = Duration::from_millis(25);
/// A running devnet, and the program to talk to it. Everything ends when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    runtime: Runtime,
    devnet: Option<Devnet>,
    program: PathBuf,
    directory: TempDir,
    nodes: u16,
    slot: Duration,
    heartbeat: Option<Heartbeat>,
    // Last: the next cluster may start when everything else is gone.
    _turn: Turn,
}

/// The ending of a command.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Exit code; -1 if a signal ended the command.
    pub code: i32,
    /// The envelope that `--json` prints.
    pub envelope: Value,
    /// Text that went to stderr.
    pub stderr: String,
}

impl Ended {
    /// The data of a success.
    ///
    /// # Panics
    ///
    /// If the command failed.
    pub fn data(&self) -> &Value {
        assert_eq!(self.code, 0, "{self:?}");
        &self.envelope["data"]
    }

    /// The code of a failure.
    pub fn error(&self) -> &str {
        self.envelope["error"]["code"].as_str().unwrap_or_default()
    }
}

impl Cluster {
    /// Starts so many nodes, all authorities, and waits until they agree. There is a block in each
    /// slot, as on a network that is in use; see [`start_quiet`](Self::start_quiet).
    ///
    /// # Panics
    ///
    /// If they do not.
    pub fn start(program: &str, nodes: u16) -> Self {
        Self::start_with_slot(program, nodes, SLOT_MS)
    }

    /// [`start`](Self::start) with slots of so many milliseconds.
    ///
    /// # Panics
    ///
    /// If the nodes do not agree in time.
    pub fn start_with_slot(program: &str, nodes: u16, slot_ms: u64) -> Self {
        let each_slot = "0s".parse().expect("a heartbeat");
        Self::start_with(program, nodes, slot_ms, Some(each_slot))
    }

    /// [`start`](Self::start) as a network is without any wish: quiet while nothing happens.
    ///
    /// # Panics
    ///
    /// If the nodes do not agree in time.
    pub fn start_quiet(program: &str, nodes: u16) -> Self {
        Self::start_with(program, nodes, SLOT_MS, None)
    }

    fn start_with(program: &str, nodes: u16, slot_ms: u64, heartbeat: Option<Heartbeat>) -> Self {
        let turn = Turn::take();
        let slot = Duration::from_millis(slot_ms);
        let runtime = Runtime::new().expect("a runtime");
        let directory = TempDir::new().expect("a temporary directory");
        let program = PathBuf::from(program);
        let mut cluster =
            Self { runtime, devnet: None, program, directory, nodes, slot, heartbeat, _turn: turn };
        cluster.resume();
        cluster
    }

    /// Starts the devnet, or starts it again after [`stop`](Self::stop).
    ///
    /// # Panics
    ///
    /// If its nodes do not agree in time.
    pub fn resume(&mut self) {
        let mut config = Config::new(self.directory.path().join("devnet"), self.program.clone());
        config.nodes = Some(self.nodes);
        config.slot = Some(self.slot);
        config.base_port = Some(0);
        config.heartbeat = self.heartbeat;
        let devnet = self.runtime.block_on(async {
            let devnet = Devnet::start(config).await.expect("the devnet starts");
            devnet.wait_ready(Duration::from_secs(60)).await.expect("the nodes agree");
            devnet
        });
        self.devnet = Some(devnet);
    }

    /// Stops all nodes as Ctrl-C does, and keeps what they have.
    pub fn stop(&mut self) {
        if let Some(devnet) = self.devnet.take() {
            self.runtime.block_on(devnet.stop());
        }
    }

    /// The devnet's directory.
    pub fn directory(&self) -> PathBuf {
        self.directory.path().join("devnet")
    }

    /// The numbers of the nodes.
    pub fn nodes(&self) -> std::ops::RangeInclusive<u16> {
        1..=self.nodes
    }

    /// The status of the devnet.
    pub fn status(&self) -> DevnetStatus {
        self.runtime.block_on(self.devnet().status())
    }

    /// The URL of a node's API.
    ///
    /// # Panics
    ///
    /// If the node has not started.
    pub fn api(&self, node: u16) -> String {
        self.announced(node).expect("it has started").api
    }

    /// Reads what a node says of itself since its last start; `None` while it starts.
    pub fn announced(&self, node: u16) -> Option<Announced> {
        Announced::read(&self.data(node))
    }

    /// The directory in which a node keeps its chain.
    pub fn data(&self, node: u16) -> PathBuf {
        self.directory().join(format!("n{node}/data"))
    }

    /// The file of a node's authority key; its signing memory lies beside it.
    pub fn key(&self, node: u16) -> PathBuf {
        self.directory().join(format!("keys/n{node}.json"))
    }

    /// The network's genesis file.
    pub fn genesis(&self) -> PathBuf {
        self.directory().join("genesis.json")
    }

    /// A directory that goes with the cluster.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The program under test.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The length of a slot.
    pub fn slot(&self) -> Duration {
        self.slot
    }

    /// Kills a node, as `kill -9` does.
    ///
    /// # Panics
    ///
    /// If the node does not run.
    pub fn kill(&self, node: u16) {
        self.runtime.block_on(self.devnet().kill(node)).expect("it runs");
    }

    /// Starts a node that does not run.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_node(&self, node: u16) {
        self.runtime.block_on(self.devnet().start_node(node, None)).expect("it starts");
    }

    /// Starts a node that does not run, with its clock so far ahead.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_node_with_clock(&self, node: u16, ahead_ms: i64) {
        let start = self.devnet().start_node(node, Some(ahead_ms));
        self.runtime.block_on(start).expect("it starts");
    }

    /// Sends a signal, such as `STOP`, to the process of a node that runs.
    ///
    /// # Panics
    ///
    /// If it cannot be sent.
    pub fn signal(&self, node: u16, name: &str) {
        let pid = self.announced(node).expect("it runs").pid.to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Deletes the chain of a node that does not run.
    ///
    /// # Panics
    ///
    /// If it runs.
    pub fn wipe(&self, node: u16) {
        self.runtime.block_on(self.devnet().wipe(node)).expect("it does not run");
    }

    /// Cuts the links between groups of nodes.
    ///
    /// # Panics
    ///
    /// If not every node is in one group.
    pub fn partition(&self, groups: &[&[u16]]) {
        let groups: Vec<_> = groups.iter().map(|group| group.to_vec()).collect();
        self.devnet().partition(&groups).expect("every node is in one group");
    }

    /// Lets all nodes reach each other.
    pub fn heal(&self) {
        self.devnet().heal();
    }

    /// Asks a node for a path of its API.
    ///
    /// # Panics
    ///
    /// If it does not answer with JSON.
    pub fn get(&self, node: u16, path: &str) -> Answer {
        self.try_get(node, path).expect("the node answers")
    }

    /// Asks a node that may be down.
    pub fn try_get(&self, node: u16, path: &str) -> Option<Answer> {
        get(&format!("{}{path}", self.announced(node)?.api))
    }

    /// Sends JSON to a node.
    ///
    /// # Panics
    ///
    /// If it does not answer with JSON.
    pub fn post(&self, node: u16, path: &str, body: &Value) -> Answer {
        post(&format!("{}{path}", self.api(node)), body).expect("the node answers")
    }

    /// Sends JSON to a node that may be down.
    pub fn try_post(&self, node: u16, path: &str, body: &Value) -> Option<Answer> {
        post(&format!("{}{path}", self.announced(node)?.api), body)
    }

    /// Runs the program as a person would, with `--json`, against a node.
    ///
    /// # Panics
    ///
    /// If the program cannot be run or prints no envelope.
    pub fn cli(&self, node: u16, words: &[&str]) -> Ended {
        self.cli_at(&self.api(node), words)
    }

    /// Runs the program against whatever is at a URL.
    ///
    /// # Panics
    ///
    /// If the program cannot be run or prints no envelope.
    pub fn cli_at(&self, url: &str, words: &[&str]) -> Ended {
        let mut command = Command::new(&self.program);
        command.args(["--node", url, "--json", "--no-input"]).args(words);
        command.env("COINAGE_HOME", self.directory.path().join("home"));
        ended(&command.output().expect("the program runs"))
    }

    /// The hash of a node's head, if it runs.
    pub fn head(&self, node: u16) -> Option<(u64, String)> {
        let status = self.try_get(node, "/v1/status")?.body;
        let height = status["head"]["height"].as_str()?.parse().ok()?;
        Some((height, status["head"]["hash"].as_str()?.to_owned()))
    }

    /// The hash of a node's block at a height.
    pub fn block(&self, node: u16, height: Height) -> Option<String> {
        let answer = self.try_get(node, &format!("/v1/blocks/{height}"))?;
        answer.body["hash"].as_str().map(str::to_owned)
    }

    /// The balance that an account has of a token at a node, in base units.
    pub fn balance(&self, node: u16, address: &str, token: &str) -> u128 {
        let answer = self.get(node, &format!("/v1/accounts/{address}?limit=1000"));
        let items = answer.body["items"].as_array().cloned().unwrap_or_default();
        let found = items.iter().find(|balance| balance["token"] == json!(token));
        found.and_then(|found| found["amount"].as_str()?.parse().ok()).unwrap_or(0)
    }

    /// Checks whether these nodes have the same block at the lowest of their heads, and that is at
    /// least as high as `height`.
    pub fn agree(&self, nodes: &[u16], height: Height) -> bool {
        let heads: Option<Vec<_>> = nodes.iter().map(|node| self.head(*node)).collect();
        let Some(lowest) = heads.and_then(|heads| heads.iter().map(|head| head.0).min()) else {
            return false;
        };
        let blocks: Vec<_> =
            nodes.iter().map(|node| self.block(*node, Height::new(lowest))).collect();
        lowest >= height.get() && blocks.iter().all(|block| block.is_some() && *block == blocks[0])
    }

    /// Waits until something holds.
    ///
    /// # Panics
    ///
    /// If it does not within so many slots, with much patience for a busy machine.
    pub fn wait(&self, slots: u32, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + self.slot * slots * PATIENCE + Duration::from_secs(10);
        while !holds() {
            assert!(
                Instant::now() < deadline,
                "not within {slots} slots: {what}\n{:#?}\n{}",
                self.status(),
                self.tails()
            );
            std::thread::sleep(POLL);
        }
    }

    /// The last lines of every node's log.
    pub fn tails(&self) -> String {
        let tail = |node: u16| {
            let text = self.log(node);
            let lines: Vec<_> = text.lines().rev().take(30).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        self.nodes().map(|node| format!("--- n{node}\n{}\n", tail(node))).collect()
    }

    /// Reads the log of a node.
    pub fn log(&self, node: u16) -> String {
        let path = self.directory().join(format!("n{node}")).join("log");
        std::fs::read_to_string(path).unwrap_or_default()
    }

    fn devnet(&self) -> &Devnet {
        self.devnet.as_ref().expect("the devnet runs")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs the program with these words and a home of its own.
///
/// # Panics
///
/// If the program cannot be run or prints no envelope.
pub fn run(program: &str, home: &Path, words: &[&str]) -> Ended {
    let mut command = Command::new(program);
    command.args(["--json", "--no-input"]).args(words).env("COINAGE_HOME", home);
    ended(&command.output().expect("the program runs"))
}

fn ended(output: &Output) -> Ended {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let envelope = serde_json::from_str(&stdout)
        .unwrap_or_else(|error| panic!("no envelope ({error}): {stdout:?} {stderr:?}"));
    Ended { code: output.status.code().unwrap_or(-1), envelope, stderr }
}
