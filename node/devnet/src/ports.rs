//! The ports of nodes, told by the nodes where the system chose them.

use std::path::Path;
use std::time::Duration;

use multiaddr::{Multiaddr, Protocol};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::directory::read_small;
use super::error::DevnetError;
use super::process::Process;

const POLL: Duration = Duration::from_millis(50);
/// Time within which a node must say where it listens.
const ADDRESSES_PATIENCE: Duration = Duration::from_secs(60);

/// A node's own record in its data directory of where it listens.
#[derive(Debug, Deserialize)]
pub(crate) struct Announced {
    pub(super) api: String,
    pub(super) p2p: Vec<Multiaddr>,
    pid: u32,
}

/// Returns what a node last wrote about where it listens; `None` if that is not there, or is only
/// half written.
pub(super) fn announced(path: &Path) -> Result<Option<Announced>, DevnetError> {
    Ok(read_small(path)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

pub(super) async fn wait_announced(
    node: u16,
    process: &Process,
    path: &Path,
) -> Result<Announced, DevnetError> {
    let deadline = Instant::now() + ADDRESSES_PATIENCE;
    loop {
        // Another process's: not yet.
        if let Some(announced) = announced(path)?.filter(|one| one.pid == process.pid()) {
            return Ok(announced);
        }
        let reason = match process.exit() {
            Some(exit) => exit.line,
            None if Instant::now() >= deadline => "it does not say where it listens".to_owned(),
            None => {
                sleep(POLL).await;
                continue;
            }
        };
        return Err(DevnetError::NodeFailed { node, reason });
    }
}

pub(super) fn tcp_port(address: &Multiaddr) -> Option<u16> {
    address.iter().find_map(|part| match part {
        Protocol::Tcp(port) => Some(port),
        _ => None,
    })
}
