//! The data directory of a node that joins: its genesis and its settings.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use coinage_files as files;
use coinage_keys::NetworkKey;
use coinage_keys::genesis_file;
use coinage_model::Fingerprint;
use coinage_model::genesis::GenesisFile;
use coinage_model::terminal::typed;
use coinage_protocol::ChainSpec;
use coinage_server::run;
use libp2p::Multiaddr;
use serde::{Deserialize, Serialize};

use crate::cli::failure::Failure;

/// The settings of a node that joined, in its data directory.
pub(crate) const CONFIG: &str = "node.toml";
/// Files that a node has in its data directory once it was started, besides its key's memory.
const USED: [&str; 4] = ["chain", "coinage.json", "lock", "node.key"];
/// Bytes of that file that make sense.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// The wishes for the node that joins.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) name: Option<String>,
    pub(super) api: Option<SocketAddr>,
    pub(super) listen: Vec<Multiaddr>,
    pub(super) peers: Vec<Multiaddr>,
    pub(super) authority_key: Option<PathBuf>,
    pub(super) join_authorities: bool,
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    join_authorities: bool,
}

/// Puts genesis and settings into the directory. Gives the path of the settings.
///
/// # Errors
///
/// If there are other settings already, another key, or a node of other settings: all stays as it
/// is.
pub(super) fn prepare(
    data: &Path,
    spec: &ChainSpec,
    key: Option<&NetworkKey>,
    wanted: &Wanted,
) -> Result<PathBuf, Failure> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::new("join.file", format!("cannot use {}: {error}", path.display()))
    };
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
        join_authorities: wanted.join_authorities,
    };
    let text = toml::to_string(&file).map_err(|error| failed(&path, &error))?;
    let joined = match files::read_bounded(&path, CONFIG_BYTES_MAX) {
        Ok(there) => {
            same(&path, &String::from_utf8_lossy(&there), &file)?;
            true
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            refuse_used(data)?;
            false
        }
        Err(error) => return Err(failed(&path, &error)),
    };
    files::make_directory(data).map_err(|error| failed(data, &error))?;
    put_genesis(data, spec, key)?;
    if !joined {
        files::create_atomically(&path, text.as_bytes(), 0o644)
            .map_err(|error| failed(&path, &error))?;
    }
    Ok(path)
}

/// Fails if a node uses the directory that is no node that joined: settings that it does not know
/// would be taken for its own, and they lack its authority key.
fn refuse_used(data: &Path) -> Result<(), Failure> {
    let Ok(entries) = std::fs::read_dir(data) else { return Ok(()) };
    let mut names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let used = |name: &String| USED.contains(&name.as_str()) || name.ends_with(".memory");
    let Some(name) = names.find(used) else { return Ok(()) };
    let shown = data.display();
    let sentence = format!("{shown} is a node's already ({name} is there); nothing was changed");
    Err(Failure::new("join.directory_used", sentence).hint(format!(
        "`coinage node run --data {}` runs that node; to join beside it, name another \
         directory with --data",
        typed(data)
    )))
}

/// The genesis, and the key if the network is private. What is there already stays as it is.
fn put_genesis(data: &Path, spec: &ChainSpec, key: Option<&NetworkKey>) -> Result<(), Failure> {
    let copy = run::genesis_of(data);
    let kept = copy.exists().then(|| genesis_file::read_file(&copy)).transpose()?;
    let named = kept.as_ref().and_then(|kept| kept.network_key);
    let Some(key) = key else { return put(&copy, kept.is_none(), spec, None) };
    let fingerprint = key.fingerprint();
    let there = run::key(&[(&copy, named)], None).ok().flatten();
    let there = there.map(|there| there.fingerprint());
    if [named, there].into_iter().flatten().any(|other| other != fingerprint) {
        let sentence = format!("{} has another network key than the invite", data.display());
        return Err(Failure::new("join.settings_differ", sentence)
            .hint("if the network has a new key, name another directory with --data"));
    }
    run::keep(key, data)?;
    put(&copy, kept.is_none(), spec, Some(fingerprint))?;
    if kept.is_some() && named.is_none() {
        genesis_file::note_network_key(&copy, fingerprint)?;
    }
    Ok(())
}

fn put(
    copy: &Path,
    is_new: bool,
    spec: &ChainSpec,
    network_key: Option<Fingerprint>,
) -> Result<(), Failure> {
    if is_new {
        genesis_file::write(copy, GenesisFile { network_key, ..spec.genesis().into() })?;
    }
    Ok(())
}

fn same(path: &Path, text: &str, wanted: &File) -> Result<(), Failure> {
    let exists = |what: &str| {
        let sentence = format!("{} is there already, and {what}", path.display());
        let run = format!("`coinage node run --config {}` runs the node as it is", typed(path));
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
        ("join_authorities", there.join_authorities != wanted.join_authorities),
    ];
    let fields: Vec<_> =
        differs.iter().filter(|(_, differs)| *differs).map(|(field, _)| *field).collect();
    if fields.is_empty() {
        return Ok(());
    }
    Err(exists(&format!("says something else of {}", fields.join(", "))))
}
