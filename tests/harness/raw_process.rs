//! A node beside a devnet: a process of its own, and a link that can be cut.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::{Answer, get};

const POLL: Duration = Duration::from_millis(20);
/// Time that a node may take to say where it listens.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// Time that a node may take to stop before it is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A running node that is no authority. It is stopped when dropped.
#[derive(Debug)]
pub struct RawProcess {
    child: Child,
    directory: PathBuf,
    /// Addresses at which the node can be reached.
    pub announced: Announced,
}

impl RawProcess {
    /// Starts a node that keeps everything in `directory` and dials these peers only.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start(program: &Path, genesis: &Path, directory: &Path, peers: &[String]) -> Self {
        Self::run(program, genesis, directory, peers, &["--no-discovery"])
    }

    /// Starts a node that also dials where it met somebody before, and whom others name.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn seeking(program: &Path, genesis: &Path, directory: &Path, peers: &[String]) -> Self {
        Self::run(program, genesis, directory, peers, &[])
    }

    /// A seeking node that peers find again when it starts again: it listens on this address.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn seeking_at(
        program: &Path,
        genesis: &Path,
        directory: &Path,
        peers: &[String],
        listen: &str,
    ) -> Self {
        Self::run(program, genesis, directory, peers, &["--listen", listen])
    }

    fn run(
        program: &Path,
        genesis: &Path,
        directory: &Path,
        peers: &[String],
        more: &[&str],
    ) -> Self {
        let data = directory.join("data");
        std::fs::create_dir_all(&data).expect("a directory");
        // What an earlier process said.
        let _none = std::fs::remove_file(data.join("addresses.json"));
        let log = File::options().create(true).append(true).open(directory.join("log"));
        let mut command = Command::new(program);
        command.args(["node", "run", "--stop-with-stdin", "--name", "lone"]).args(more);
        // A block in each slot, as on a network that is in use.
        command.args(["--api", "127.0.0.1:0", "--heartbeat", "0s"]);
        if !more.contains(&"--listen") {
            command.args(["--listen", "/ip4/127.0.0.1/tcp/0"]);
        }
        command.arg("--genesis").arg(genesis).arg("--data").arg(&data);
        command.args(peers.iter().flat_map(|peer| ["--peer", peer]));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log.expect("a log"));
        let mut child = command.spawn().expect("it starts");
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            if let Some(announced) = Announced::read(&data) {
                return Self { child, directory: directory.to_owned(), announced };
            }
            let ended = child.try_wait().expect("its state");
            let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
            assert!(ended.is_none(), "it ended: {ended:?}\n{log}");
            assert!(Instant::now() < deadline, "it does not say where it listens\n{log}");
            std::thread::sleep(POLL);
        }
    }

    /// Asks the node for a path of its API.
    pub fn get(&self, path: &str) -> Option<Answer> {
        get(&format!("{}{path}", self.announced.api))
    }

    /// The status of the node.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn status(&self) -> Value {
        self.get("/v1/status").expect("it answers").body
    }

    /// The log of the node.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// The directory in which the node keeps its chain.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }
}

impl Drop for RawProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + STOP_PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        // Errors mean that it is gone, as wanted.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The announcement that a node writes into its data directory when it listens.
#[derive(Clone, Debug)]
pub struct Announced {
    /// URL of the node's API.
    pub api: String,
    /// Multiaddress at which peers reach the node.
    pub p2p: String,
    /// Process id of the node.
    pub pid: u64,
}

impl Announced {
    /// Reads what the node that uses this data directory says.
    pub fn read(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join("addresses.json")).ok()?;
        let said: Value = serde_json::from_str(&text).ok()?;
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let (api, p2p) = (word(&said["api"])?, word(&said["p2p"][0])?);
        Some(Self { api, p2p, pid: said["pid"].as_u64()? })
    }
}

/// A TCP link whose bytes can be stopped without either end being told.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    open: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
    sockets: Arc<Mutex<Vec<TcpStream>>>,
}

impl Link {
    /// Listens, and leads to the TCP port of this multiaddress.
    ///
    /// # Panics
    ///
    /// If there is no such port.
    pub fn to(multiaddress: &str) -> Self {
        let mut parts = multiaddress.split('/').skip_while(|part| *part != "tcp");
        let port = parts.nth(1).and_then(|port| port.parse().ok()).expect("a TCP port");
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let link = Self {
            address,
            open: Arc::new(AtomicBool::new(true)),
            ended: Arc::default(),
            sockets: Arc::default(),
        };
        let (open, ended, sockets) =
            (Arc::clone(&link.open), Arc::clone(&link.ended), Arc::clone(&link.sockets));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                // A connection that fails is dialled again.
                let _lost = client.and_then(|client| join(client, target, &open, &sockets));
            }
        });
        link
    }

    /// The multiaddress to dial.
    pub fn address(&self) -> String {
        format!("/ip4/127.0.0.1/tcp/{}", self.address.port())
    }

    /// Stops the bytes, or lets them go on.
    pub fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.set_open(true);
        // Wakes the listener.
        let _refused = TcpStream::connect(self.address);
        for socket in self.sockets.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _closed = socket.shutdown(Shutdown::Both);
        }
    }
}

fn join(
    client: TcpStream,
    target: SocketAddr,
    open: &Arc<AtomicBool>,
    sockets: &Mutex<Vec<TcpStream>>,
) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let mut kept = sockets.lock().unwrap_or_else(PoisonError::into_inner);
    kept.extend([client.try_clone()?, server.try_clone()?]);
    for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        let open = Arc::clone(open);
        std::thread::spawn(move || carry(from, to, &open));
    }
    Ok(())
}

fn carry(mut from: TcpStream, mut to: TcpStream, open: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(got) = from.read(&mut buffer) {
        while !open.load(Ordering::Relaxed) {
            std::thread::sleep(POLL);
        }
        let bytes = buffer.get(..got).unwrap_or_default();
        if got == 0 || to.write_all(bytes).is_err() {
            break;
        }
    }
    let _closed = to.shutdown(Shutdown::Both);
    let _closed = from.shutdown(Shutdown::Both);
}
