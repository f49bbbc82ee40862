//! The data directory of a node that joins: its genesis and its settings.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use coinage_protocol::Network;
use libp2p::Multiaddr;
use serde::{Deserialize, Serialize};

use crate::cli::failure::Failure;
use crate::keys::files;
use crate::model::genesis;

/// The settings of a node that joined, in its data directory.
pub(crate) const CONFIG: &str = "node.toml";
/// Bytes of that file that make sense.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// What the node is to be.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) name: Option<String>,
    pub(super) api: Option<SocketAddr>,
    pub(super) listen: Vec<Multiaddr>,
    pub(super) peers: Vec<Multiaddr>,
    pub(super) authority_key: Option<PathBuf>,
}

/// The file, whose fields are those that `node run --config` reads.
#[derive(Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
struct File {
    genesis: PathBuf,
    data: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<SocketAddr>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    listen: Vec<Multiaddr>,
    peers: Vec<Multiaddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority_key: Option<PathBuf>,
}

/// Puts genesis and settings into the directory. Gives the path of the settings.
///
/// # Errors
///
/// If there are other settings already; they stay as they are.
pub(super) fn prepare(data: &Path, network: &Network, wanted: &Wanted) -> Result<PathBuf, Failure> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::new("join.file", format!("cannot use {}: {error}", path.display()))
    };
    files::make_directory(data).map_err(|error| failed(data, &error))?;
    let copy = data.join("genesis.json");
    if !copy.exists() {
        genesis::write(&copy, network.genesis())?;
    }
    let path = data.join(CONFIG);
    let file = File {
        // Relative to the file itself, so that the directory can be moved.
        genesis: "genesis.json".into(),
        data: ".".into(),
        name: wanted.name.clone(),
        api: wanted.api,
        listen: wanted.listen.clone(),
        peers: wanted.peers.clone(),
        authority_key: wanted.authority_key.clone(),
    };
    let text = toml::to_string(&file).map_err(|error| failed(&path, &error))?;
    match files::create_atomically(&path, text.as_bytes(), 0o644) {
        Ok(()) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let there = files::read_bounded(&path, CONFIG_BYTES_MAX)
                .map_err(|error| failed(&path, &error))?;
            same(&path, &String::from_utf8_lossy(&there), &file)?;
            Ok(path)
        }
        Err(error) => Err(failed(&path, &error)),
    }
}

fn same(path: &Path, text: &str, wanted: &File) -> Result<(), Failure> {
    let exists = |what: &str| {
        let sentence = format!("{} is there already, and {what}", path.display());
        let run = format!("`coinage node run --config {}` runs the node as it is", path.display());
        Failure::new("join.settings_differ", sentence)
            .hint(format!("{run}; to begin anew, move that file away or name another --data"))
    };
    let there: File = toml::from_str(text).map_err(|_| exists("join did not write it"))?;
    let differs = [
        ("genesis", there.genesis != wanted.genesis),
        ("data", there.data != wanted.data),
        ("name", there.name != wanted.name),
        ("api", there.api != wanted.api),
        ("listen", there.listen != wanted.listen),
        ("peers", there.peers != wanted.peers),
        ("authority_key", there.authority_key != wanted.authority_key),
    ];
    let fields: Vec<_> =
        differs.iter().filter(|(_, differs)| *differs).map(|(field, _)| *field).collect();
    if fields.is_empty() {
        return Ok(());
    }
    Err(exists(&format!("says something else of {}", fields.join(", "))))
}
