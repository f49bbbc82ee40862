//! Settings of a devnet: those that it is asked for, and those that it keeps.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use coinage_model::Heartbeat;
use coinage_protocol::limits::{SLOT_MS_MAX, SLOT_MS_MIN};
use serde::{Deserialize, Serialize};

use super::error::DevnetError;
use super::places::NODES_MAX;

/// Difference between a node's P2P port and its API port.
const P2P_ABOVE_API: u16 = 1000;

/// The wishes for a devnet to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The directory that holds the devnet.
    pub dir: PathBuf,
    /// The `coinage` program that each node runs.
    pub program: PathBuf,
    /// Number of nodes, 1 to 32. `None`: as many as the devnet in `dir` has, or 4.
    pub nodes: Option<u16>,
    /// Length of a slot. `None`: as long as in the devnet in `dir`, or 500 ms.
    pub slot: Option<Duration>,
    /// The API port of n1. 0: the system chooses all ports, anew at every start of a node. `None`:
    /// as when the devnet was created, or 8600.
    pub base_port: Option<u16>,
    /// True if the devnet in `dir`, if there is one, is to be deleted and begun anew.
    pub reset: bool,
    /// Transactions a second that a demonstration sends, 1 to 100. `None`: there is none.
    pub demo: Option<u32>,
    /// The longest time from one block to the next on a quiet network. `None`: as nodes have it.
    pub heartbeat: Option<Heartbeat>,
}

impl Config {
    /// A devnet in `dir` as it was created, or with the usual settings.
    pub fn new(dir: PathBuf, program: PathBuf) -> Self {
        let (nodes, slot, base_port) = (None, None, None);
        Self { dir, program, nodes, slot, base_port, reset: false, demo: None, heartbeat: None }
    }
}

/// Settings that hold for a devnet from its creation on; `config.json` in its directory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The mark of the file, and with it of the directory, as a devnet's.
    pub(super) format: Format,
    pub(super) nodes: u16,
    pub(super) slot_ms: u32,
    pub(super) base_port: u16,
}

/// The format of `config.json`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Format {
    #[serde(rename = "coinage devnet 1")]
    V1,
}

impl Settings {
    /// Returns the settings of a new devnet.
    pub(super) fn of_new(config: &Config) -> Result<Self, DevnetError> {
        let nodes = config.nodes.unwrap_or(4);
        let slot_ms = config.slot.map_or(Ok(500), slot_ms)?;
        let base_port = config.base_port.unwrap_or(8600);
        Self { format: Format::V1, nodes, slot_ms, base_port }.checked()
    }

    /// Returns the settings of an existing devnet, with other ports if those are asked for.
    pub(super) fn resumed(self, config: &Config) -> Result<Self, DevnetError> {
        let mismatch = |flag, stored, asked| {
            Err(DevnetError::Mismatch { dir: config.dir.clone(), flag, stored, asked })
        };
        if let Some(nodes) = config.nodes.filter(|nodes| *nodes != self.nodes) {
            return mismatch("--nodes", self.nodes.to_string(), nodes.to_string());
        }
        if let Some(slot) = config.slot {
            let asked_ms = slot_ms(slot)?;
            if asked_ms != self.slot_ms {
                let [stored, asked] = [self.slot_ms, asked_ms].map(|ms| format!("{ms}ms"));
                return mismatch("--slot", stored, asked);
            }
        }
        Self { base_port: config.base_port.unwrap_or(self.base_port), ..self }.checked()
    }

    /// The API and P2P ports of a node; both 0 if the system chooses.
    pub(super) fn ports(&self, node: u16) -> (u16, u16) {
        if self.base_port == 0 {
            return (0, 0);
        }
        // `checked` has seen that nothing exceeds 65535.
        let api = self.base_port.saturating_add(node).saturating_sub(1);
        (api, api.saturating_add(P2P_ABOVE_API))
    }

    /// Binds every port once, so that a taken one is told before anything is started.
    pub(super) fn check_ports(&self) -> Result<(), DevnetError> {
        for node in 1..=self.nodes {
            let (api, p2p) = self.ports(node);
            for (port, purpose) in [(api, "API"), (p2p, "P2P")] {
                check_port((Ipv4Addr::LOCALHOST, port).into(), node, purpose)?;
            }
            // A browser may take either address for localhost.
            check_port((Ipv6Addr::LOCALHOST, api).into(), node, "API")?;
        }
        Ok(())
    }

    pub(super) fn checked(self) -> Result<Self, DevnetError> {
        let Self { nodes, slot_ms, base_port, .. } = self;
        if !(1..=NODES_MAX).contains(&nodes) {
            return Err(DevnetError::NodeCount { nodes, max: NODES_MAX });
        }
        let highest = base_port.checked_add(P2P_ABOVE_API).and_then(|port| port.checked_add(nodes));
        if highest.is_none() {
            return Err(DevnetError::BasePort { base_port, nodes });
        }
        if !(SLOT_MS_MIN..=SLOT_MS_MAX).contains(&slot_ms) {
            return Err(bad_slot(format!("{slot_ms} ms")));
        }
        Ok(self)
    }
}

fn check_port(at: SocketAddr, node: u16, purpose: &'static str) -> Result<(), DevnetError> {
    let port = at.port();
    match TcpListener::bind(at) {
        Ok(_free) => Ok(()),
        // The machine has no such address.
        Err(error) if at.is_ipv6() && error.kind() != ErrorKind::AddrInUse => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Err(DevnetError::PortTaken { port, node, purpose })
        }
        Err(source) => {
            let what = format!("cannot listen on port {port} (the {purpose} port of n{node})");
            Err(DevnetError::Io { what, source })
        }
    }
}

fn slot_ms(slot: Duration) -> Result<u32, DevnetError> {
    let whole = slot.subsec_nanos().is_multiple_of(1_000_000);
    let ms = u32::try_from(slot.as_millis()).ok().filter(|_| whole);
    ms.ok_or_else(|| bad_slot(format!("{slot:?}")))
}

fn bad_slot(asked: String) -> DevnetError {
    DevnetError::Slot { asked, min_ms: SLOT_MS_MIN, max_ms: SLOT_MS_MAX }
}
