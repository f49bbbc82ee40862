//! A running devnet: its nodes as child processes, and the links between them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use coinage_model::Heartbeat;
use tokio::process::Command;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep};

use super::demo::Demo;
use super::directory::{Directory, remove};
use super::error::DevnetError;
use super::links::Links;
use super::log::{Console, Line};
use super::material::accounts;
use super::ports::{tcp_port, wait_announced};
use super::probe::{self, Seen};
use super::process::Process;
use super::settings::Config;
use super::status::{DevnetStatus, NodeStatus};

/// Interval at which the nodes are asked whether they agree, until they do.
const POLL: Duration = Duration::from_millis(100);

/// A running devnet. Cheap to clone; dropping the last clone kills its nodes.
///
/// Nodes are numbered from 1. All methods need a tokio runtime with I/O and time.
#[derive(Clone, Debug)]
pub struct Devnet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    links: Links,
    console: Console,
    nodes: Vec<Node>,
    ready: AtomicBool,
    stopping: AtomicBool,
    demo: Option<Demo>,
    heartbeat: Option<Heartbeat>,
    // Last: the directory is free only when the nodes are gone.
    directory: Directory,
}

#[derive(Debug)]
struct Node {
    number: u16,
    /// Process of the node; locked while the node is started or stopped, so that both never happen
    /// at once.
    process: tokio::sync::Mutex<Option<Process>>,
    addresses: Mutex<Addresses>,
}

/// Addresses at which a node listens, as far as they are known.
#[derive(Clone, Debug, Default)]
struct Addresses {
    api: Option<String>,
    p2p: Option<String>,
}

impl Devnet {
    /// Creates or resumes the devnet and starts its nodes. They need not agree yet, see
    /// [`Devnet::wait_ready`].
    ///
    /// # Errors
    ///
    /// [`DevnetError`] if the directory cannot be used, a port is taken, or a node does not start.
    pub async fn start(config: Config) -> Result<Self, DevnetError> {
        let devnet = Self::prepare(config).await?;
        devnet.start_all().await?;
        Ok(devnet)
    }

    /// Does everything but start the nodes, so that somebody can look on from the first line.
    pub(super) async fn prepare(config: Config) -> Result<Self, DevnetError> {
        let (demo, heartbeat) = (config.demo.map(Demo::new), config.heartbeat);
        let (directory, program) = tokio::task::spawn_blocking(move || {
            Ok::<_, DevnetError>((Directory::open(&config)?, config.program))
        })
        .await
        .map_err(|error| DevnetError::Control { reason: error.to_string() })??;
        let count = directory.settings().nodes;
        let links = Links::bind(count).await.map_err(|source| DevnetError::Io {
            what: "cannot listen for the links between the nodes".to_owned(),
            source,
        })?;
        let nodes = (1..=count).map(Node::new).collect();
        Ok(Self(Arc::new(Inner {
            program,
            links,
            console: Console::new(),
            nodes,
            ready: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            demo,
            heartbeat,
            directory,
        })))
    }

    pub(super) async fn start_all(&self) -> Result<(), DevnetError> {
        let started = self.0.nodes.iter().map(|node| self.start_node(node.number, None));
        futures::future::try_join_all(started).await.map(drop)
    }

    /// Starts a node that does not run; `clock_offset_ms` is added to the time it believes in.
    ///
    /// # Errors
    ///
    /// [`DevnetError::NodeRunning`], or why it does not start.
    pub async fn start_node(
        &self,
        number: u16,
        clock_offset_ms: Option<i64>,
    ) -> Result<(), DevnetError> {
        let node = self.node(number)?;
        let mut process = node.process.lock().await;
        if process.as_ref().is_some_and(|process| process.exit().is_none()) {
            return Err(DevnetError::NodeRunning { node: number });
        }
        let directory = &self.0.directory;
        let announced = directory.data(number).join("addresses.json");
        remove(&announced)?;
        let (api, p2p) = directory.settings().ports(number);
        let command = self.command(number, clock_offset_ms);
        let spawned =
            Process::spawn(command, number, directory.log(number), self.0.console.clone());
        let started = process.insert(spawned.map_err(DevnetError::io("start", &self.0.program))?);
        if api != 0 {
            self.0.links.set_target(number, SocketAddr::from((Ipv4Addr::LOCALHOST, p2p)));
            *node.addresses() = Addresses {
                api: Some(format!("http://127.0.0.1:{api}")),
                p2p: Some(format!("/ip4/127.0.0.1/tcp/{p2p}")),
            };
            return Ok(());
        }
        let announced = wait_announced(number, started, &announced).await?;
        let found = announced.p2p.iter().find_map(|address| Some((address, tcp_port(address)?)));
        let Some((address, port)) = found else {
            let reason = "it listens on no TCP port for peers".to_owned();
            return Err(DevnetError::NodeFailed { node: number, reason });
        };
        self.0.links.set_target(number, SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        *node.addresses() = Addresses { api: Some(announced.api), p2p: Some(address.to_string()) };
        Ok(())
    }

    /// Ends a node at once, as a power cut would (SIGKILL).
    ///
    /// # Errors
    ///
    /// [`DevnetError::NodeStopped`] if it does not run.
    pub async fn kill(&self, number: u16) -> Result<(), DevnetError> {
        let mut process = self.node(number)?.process.lock().await;
        match process.take() {
            Some(running) if running.exit().is_none() => running.kill().await,
            _ => return Err(DevnetError::NodeStopped { node: number }),
        }
        Ok(())
    }

    /// Deletes the chain of a node that does not run; its key and what it remembers of having
    /// signed stay.
    ///
    /// # Errors
    ///
    /// [`DevnetError::NodeRunning`], or why it cannot be deleted.
    pub async fn wipe(&self, number: u16) -> Result<(), DevnetError> {
        let process = self.node(number)?.process.lock().await;
        if process.as_ref().is_some_and(|process| process.exit().is_none()) {
            return Err(DevnetError::NodeRunning { node: number });
        }
        let data = self.0.directory.data(number);
        remove(&data)?;
        std::fs::create_dir_all(&data).map_err(DevnetError::io("create", &data))
    }

    /// Cuts every link between two of these groups and heals every link within one. Each node is in
    /// one group.
    ///
    /// # Errors
    ///
    /// [`DevnetError`] if the groups are no partition; nothing has changed then.
    pub fn partition(&self, groups: &[Vec<u16>]) -> Result<(), DevnetError> {
        self.0.links.partition(groups)
    }

    /// Heals every link between nodes.
    pub fn heal(&self) {
        self.0.links.heal();
    }

    /// Returns how the devnet and each of its nodes stand now.
    pub async fn status(&self) -> DevnetStatus {
        self.look().await.0
    }

    /// Waits until all nodes agree on a block: the same genesis, all synced, and one hash at one
    /// height of 1 or more.
    ///
    /// # Errors
    ///
    /// [`DevnetError::AllStopped`] if no node is left; [`DevnetError::NotReady`] after `patience`.
    pub async fn wait_ready(&self, patience: Duration) -> Result<DevnetStatus, DevnetError> {
        let deadline = Instant::now() + patience;
        loop {
            let (mut status, seen) = self.look().await;
            if probe::agree(&seen).await {
                self.0.ready.store(true, Ordering::Relaxed);
                status.ready = true;
                return Ok(status);
            }
            if status.nodes.iter().all(|node| !node.running) {
                return Err(self.all_stopped().await);
            }
            if Instant::now() >= deadline {
                return Err(DevnetError::NotReady { seconds: patience.as_secs() });
            }
            sleep(POLL).await;
        }
    }

    /// Asks all nodes to stop and waits until they are gone. What they have stays; the directory is
    /// free when the last clone of this is dropped.
    pub async fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
        let stopping = self.0.nodes.iter().map(|node| async {
            if let Some(process) = node.process.lock().await.take() {
                process.stop().await;
            }
        });
        futures::future::join_all(stopping).await;
    }

    /// True once all nodes were asked to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    /// Returns the lines that nodes write from now on, and news of what becomes of the nodes. Who
    /// reads too slowly misses lines.
    pub fn lines(&self) -> broadcast::Receiver<Line> {
        self.0.console.subscribe()
    }

    /// Tells who looks on.
    pub(super) fn say(&self, text: &str) {
        self.0.console.say(None, text);
    }

    /// The demonstration, if there is one.
    pub(super) fn demo(&self) -> Option<&Demo> {
        self.0.demo.as_ref()
    }

    /// The URLs of the nodes that run.
    pub(super) fn apis(&self) -> Vec<String> {
        let runs = |node: &&Node| {
            let process = node.process.try_lock().ok();
            process.is_some_and(|one| one.as_ref().is_some_and(|one| one.exit().is_none()))
        };
        self.0.nodes.iter().filter(runs).filter_map(|node| node.addresses().api.clone()).collect()
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    fn node(&self, number: u16) -> Result<&Node, DevnetError> {
        let found = self.0.nodes.iter().find(|node| node.number == number);
        found.ok_or_else(|| DevnetError::UnknownNode {
            asked: number.to_string(),
            nodes: self.0.directory.settings().nodes,
        })
    }

    fn command(&self, number: u16, clock_offset_ms: Option<i64>) -> Command {
        let directory = &self.0.directory;
        let (api, p2p) = directory.settings().ports(number);
        let mut command = Command::new(&self.0.program);
        command.args(["node", "run", "--no-discovery", "--stop-with-stdin"]);
        command.arg("--name").arg(format!("n{number}"));
        command.arg("--genesis").arg(directory.genesis());
        command.arg("--data").arg(directory.data(number));
        command.arg("--authority-key").arg(directory.key(number));
        command.arg("--devnet-dir").arg(directory.root());
        command.arg("--api").arg(format!("127.0.0.1:{api}"));
        command.arg("--listen").arg(format!("/ip4/127.0.0.1/tcp/{p2p}"));
        for relay in self.0.links.dialled_by(number) {
            command.arg("--peer").arg(format!("/ip4/127.0.0.1/tcp/{}", relay.port()));
        }
        if let Some(heartbeat) = self.0.heartbeat {
            command.arg("--heartbeat").arg(heartbeat.to_string());
        }
        if let Some(offset) = clock_offset_ms {
            command.arg("--clock-offset-ms").arg(offset.to_string());
        }
        command
    }

    async fn look(&self) -> (DevnetStatus, Vec<(String, Option<Seen>)>) {
        let looked = self.0.nodes.iter().map(Node::look);
        let looked = futures::future::join_all(looked).await;
        let mut nodes = Vec::new();
        let mut all_seen = Vec::new();
        for (status, seen) in looked {
            all_seen.push((status.api.clone().unwrap_or_default(), seen));
            nodes.push(status);
        }
        let directory = &self.0.directory;
        let status = DevnetStatus {
            dir: directory.root().to_owned(),
            genesis: directory.genesis(),
            pid: std::process::id(),
            ready: self.0.ready.load(Ordering::Relaxed),
            slot_ms: directory.settings().slot_ms,
            nodes,
            links_cut: self.0.links.cut(),
            accounts: accounts(),
            demo: self.0.demo.as_ref().map(Demo::status),
        };
        (status, all_seen)
    }

    async fn all_stopped(&self) -> DevnetError {
        for node in &self.0.nodes {
            let exit = node.process.lock().await.as_ref().and_then(Process::exit);
            if let Some(exit) = exit {
                return DevnetError::AllStopped { node: node.number, line: exit.line };
            }
        }
        DevnetError::NodeStopped { node: 1 }
    }
}

impl Node {
    fn new(number: u16) -> Self {
        Self { number, process: Default::default(), addresses: Mutex::default() }
    }

    // Nothing panics while it holds the lock, so a poisoned one still guards sound data.
    fn addresses(&self) -> MutexGuard<'_, Addresses> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look(&self) -> (NodeStatus, Option<Seen>) {
        let pid = match self.process.try_lock() {
            Ok(process) => process.as_ref().filter(|one| one.exit().is_none()).map(Process::pid),
            // It is being started or stopped.
            Err(_) => None,
        };
        let Addresses { api, p2p } = self.addresses().clone();
        let seen = match (&api, pid) {
            (Some(api), Some(_)) => probe::status(api.clone()).await,
            _ => None,
        };
        let word = if pid.is_some() { "silent" } else { "stopped" };
        let status = NodeStatus {
            name: format!("n{}", self.number),
            role: seen.as_ref().map(|seen| seen.role.clone()),
            api,
            p2p,
            pid,
            running: pid.is_some(),
            head: seen.as_ref().map(|seen| seen.head.clone()),
            final_height: seen.as_ref().and_then(|seen| seen.final_height),
            peers: seen.as_ref().map(|seen| seen.peers),
            heard: seen.as_ref().and_then(|seen| seen.heard),
            authorities: seen.as_ref().map(|seen| seen.authorities),
            state: seen.as_ref().map_or_else(|| word.to_owned(), |seen| seen.state.clone()),
        };
        (status, seen)
    }
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
