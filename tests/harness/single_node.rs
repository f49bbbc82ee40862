//! Solo: one real node process without an authority key. Its head moves only by what peers bring,
//! so a test knows exactly what it may become.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use coinage_keys::genesis_file;
use coinage_protocol::{ChainSpec, Genesis, UnixMillis};
use coinage_simulation::fixtures;
use libp2p::Multiaddr;
use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::{Answer, get};

/// Long enough for a busy machine; nothing waits for it when all is well.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Slots that are over when a test begins.
pub const SLOTS_PAST: u64 = 200;
const SLOT_MS: u32 = 1_000;
/// Bytes of the log that a failed test shows.
const LOG_SHOWN: usize = 6_000;
const POLL: Duration = Duration::from_millis(20);

/// A running node and its directory. Killed when dropped.
#[derive(Debug)]
pub struct SingleNode {
    /// Network of the node: two authorities, whose keys are those of [`fixtures::authority`].
    pub spec: ChainSpec,
    directory: TempDir,
    child: Child,
    addresses: Value,
}

impl SingleNode {
    /// Starts a node of a network whose genesis was some 200 slots ago; none has a block.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start(program: &str, more: &[&str]) -> Self {
        Self::start_on(program, Self::genesis(), more)
    }

    /// A genesis of some 200 slots ago.
    ///
    /// # Panics
    ///
    /// If the machine's clock is before 1970.
    pub fn genesis() -> Genesis {
        let mut value = fixtures::genesis(2, SLOT_MS);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let now = u64::try_from(now.as_millis()).expect("a sane clock");
        value.time = UnixMillis::new(now - SLOTS_PAST * u64::from(SLOT_MS));
        value
    }

    /// Starts a node of this network, which has no block.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_on(program: &str, value: Genesis, more: &[&str]) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().join("genesis.json");
        genesis_file::write(&path, &value).expect("writable");
        let spec = ChainSpec::new(value).expect("a valid genesis");
        let log = File::create(directory.path().join("log")).expect("writable");
        let data = directory.path().join("data");
        let mut command = Command::new(program);
        command.args(["node", "run", "--no-discovery", "--stop-with-stdin", "--genesis"]);
        command.arg(&path).arg("--data").arg(&data);
        command.args(["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0"]);
        // A block in each slot, as on a network that is in use.
        command.args(["--heartbeat", "0s"]).args(more);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("the program runs");
        let mut node = Self { spec, directory, child, addresses: Value::Null };
        node.wait("it says where it is", |node| {
            let text = fs::read(data.join("addresses.json")).unwrap_or_default();
            node.addresses = serde_json::from_slice(&text).unwrap_or_default();
            node.addresses.is_object()
        });
        node
    }

    /// The address at which peers connect, with the node's peer id.
    ///
    /// # Panics
    ///
    /// Never: the node said so.
    pub fn p2p(&self) -> Multiaddr {
        let text = self.addresses["p2p"][0].as_str().expect("a text");
        text.parse().expect("an address")
    }

    /// The TCP address of the P2P port or, without `p2p`, of the API.
    ///
    /// # Panics
    ///
    /// Never: the node said so.
    pub fn socket(&self, p2p: bool) -> String {
        if p2p {
            let text = self.p2p().to_string();
            let port = text.split('/').nth(4).expect("a port");
            return format!("127.0.0.1:{port}");
        }
        let api = self.addresses["api"].as_str().expect("a text");
        api.trim_start_matches("http://").to_owned()
    }

    /// Asks the node for a path of its API.
    pub fn get(&self, path: &str) -> Option<Answer> {
        get(&format!("http://{}{path}", self.socket(false)))
    }

    /// The head of the node: height and hash.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn head(&self) -> (u64, String) {
        let head = self.get("/v1/status").expect("it lives").body["head"].clone();
        let height = head["height"].as_str().and_then(|text| text.parse().ok());
        (height.expect("a height"), head["hash"].as_str().expect("a hash").to_owned())
    }

    /// Number of peers that the node shows.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn peers(&self) -> usize {
        let body = self.get("/v1/peers").expect("it lives").body;
        body["items"].as_array().map_or(0, Vec::len)
    }

    /// The log that the node wrote so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// The lines of its log that contain all these words.
    pub fn lines(&self, words: &[&str]) -> Vec<String> {
        let text = self.log();
        let fits = |line: &&str| words.iter().all(|word| line.contains(word));
        text.lines().filter(fits).map(str::to_owned).collect()
    }

    /// The directory in which the node keeps its chain.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The memory it uses, in MiB.
    ///
    /// # Panics
    ///
    /// If it is gone.
    pub fn memory_mib(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/statm", self.child.id())).expect("it runs");
        let pages: u64 = text.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("pages");
        pages * 4 / 1024
    }

    /// Waits until something holds of the node.
    ///
    /// # Panics
    ///
    /// If it never does, or the node ends.
    pub fn wait(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "{what}: the node ended: {ended:?}\n{}", self.log());
            assert!(Instant::now() < deadline, "{what}\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }

    /// Tells it to stop, and waits until it has; how long that took.
    ///
    /// # Panics
    ///
    /// If it fails or takes very long.
    pub fn stop(mut self) -> Duration {
        let start = Instant::now();
        drop(self.child.stdin.take());
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                assert!(status.success(), "{status}\n{}", self.log());
                return start.elapsed();
            }
            assert!(start.elapsed() < PATIENCE, "it does not stop\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for SingleNode {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let first = log.len().saturating_sub(LOG_SHOWN);
            eprintln!("--- the node's log ends so:\n{}", log.get(first..).unwrap_or(&log));
        }
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
