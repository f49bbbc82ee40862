//! A data directory and an authority key, examined without a node and without a change.

use std::path::{Path, PathBuf};

use coinage_client::Client;
use coinage_files as files;
use coinage_keys::genesis_file;
use coinage_keys::{AuthorityKey, KeyFileError, memory_path};
use coinage_model::status::StatusJson;
use coinage_model::terminal::typed;
use coinage_protocol::ChainSpec;
use coinage_server::config::{Config, RunArgs};
use coinage_server::run;
use coinage_server::storage::{FREE_BYTES_LOW, Storage, StorageError, free_bytes};
use serde::Deserialize;
use serde_json::{Value, json};

use super::devnet;
use super::finding::{
    API_OPEN, DATA_FOREIGN, DATA_HELD, DATA_MISSING, DATA_RUNNING, DATA_UNUSABLE, DISK_LOW,
    Finding, KEY_FOREIGN, KEY_UNUSABLE, MEMORY_DAMAGED, MEMORY_IN_USE, MEMORY_MISSING,
};
use super::holder::{Holder, holder};
use super::trial;

/// Bytes of the small files of a data directory that make sense.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// The results of examining a directory.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) findings: Vec<Finding>,
    /// The URL of the node that runs on the directory.
    pub(super) api: Option<String>,
    /// True if a node could be started on the directory, but for what was found.
    pub(super) usable: bool,
}

/// The file that a node writes when it starts, with its addresses.
#[derive(Debug, Deserialize)]
struct Addresses {
    api: String,
    pid: u32,
}

pub(super) fn examine(directory: &Path, authority_key: Option<&Path>) -> Examined {
    let mut findings = Vec::new();
    let there = |name: &str| directory.join(name).try_exists();
    let found = there("genesis.json").and_then(|genesis| Ok(genesis || there("coinage.json")?));
    if let Err(source) = &found
        && source.kind() == std::io::ErrorKind::PermissionDenied
    {
        let what = format!("this user may not look into {}", directory.display());
        let hidden = Finding::new(DATA_UNUSABLE, what, as_its_user(directory));
        return Examined { findings: vec![hidden], api: None, usable: false };
    }
    if !found.unwrap_or(false) {
        let shown = directory.display();
        findings.push(Finding::new(
            DATA_MISSING,
            format!("{shown} is no data directory of a node"),
            format!(
                "`coinage join INVITE --data {0}` or `coinage node run --genesis FILE --data {0}` \
                 makes one",
                typed(directory)
            ),
        ));
        return Examined { findings, api: None, usable: false };
    }
    let held = holder(&directory.join("lock"));
    let look = held.is_none().then(|| Storage::look(directory).err()).flatten();
    if let Some(hidden) = look.as_ref().and_then(|error| hidden(directory, error)) {
        return Examined { findings: vec![hidden], api: None, usable: false };
    }
    let spec = chain_spec(directory, &mut findings);
    if let (Some(spec), None, None, true) = (&spec, &held, &look, findings.is_empty()) {
        findings.extend(trial::examine(directory, spec));
    }
    findings.extend(permissions(directory));
    findings.extend(network_key(directory));
    findings.extend(disk(directory));
    findings.extend(look.map(|error| damaged(directory, &error)));
    let (found, api) = running(directory, held.as_ref());
    findings.extend(found);
    let key = authority_key.map(Path::to_owned).or_else(|| configured_key(directory));
    if let Some(key) = key {
        findings.extend(authority(&key, directory, spec.as_ref(), held.as_ref()));
    }
    Examined { findings, api, usable: true }
}

/// The network of the directory, if genesis and chain fit.
fn chain_spec(directory: &Path, findings: &mut Vec<Finding>) -> Option<ChainSpec> {
    let path = directory.join("genesis.json");
    let read = genesis_file::read(&path).map_err(|error| error.to_string());
    let spec = match read.and_then(|value| ChainSpec::new(value).map_err(|it| it.to_string())) {
        Ok(spec) => spec,
        Err(error) => {
            let mend = format!("copy the network's genesis file to {}", path.display());
            findings.push(Finding::new(DATA_UNUSABLE, format!("the genesis: {error}"), mend));
            return None;
        }
    };
    let marker = files::read_bounded(&directory.join("coinage.json"), FILE_BYTES_MAX);
    let marker: Value = serde_json::from_slice(&marker.unwrap_or_default()).unwrap_or_default();
    let (stored, ours) = (marker["chain"].as_str(), spec.chain().to_string());
    if let Some(stored) = stored.filter(|stored| *stored != ours) {
        let shown = directory.display();
        let what = format!(
            "{shown} holds the chain {stored}, but its genesis.json makes the chain {ours}"
        );
        let mend = "put the genesis file of that chain back, or use a new directory: `coinage \
                    join INVITE --data NEW-DIRECTORY`";
        let seen = json!({ "stored": stored, "genesis": ours });
        findings.push(Finding::new(DATA_FOREIGN, what, mend).seen(seen));
    }
    findings.extend(chain(directory, marker["complete"].as_bool()));
    Some(spec)
}

/// Checks that the chain is where the marker says that there is one.
fn chain(directory: &Path, complete: Option<bool>) -> Option<Finding> {
    let (chain, marker) = (directory.join("chain"), directory.join("coinage.json"));
    let (gone, rest) = match (complete, chain.exists()) {
        (Some(true), false) => (chain, marker),
        (None, true) if !marker.exists() => (marker, chain),
        _ => return None,
    };
    let what = format!("{} is missing, though the directory was in use before", gone.display());
    let mend = format!(
        "put it back, or delete {} to begin anew with what the peers have; nothing else need go",
        rest.display()
    );
    Some(Finding::new(DATA_UNUSABLE, what, mend))
}

fn permissions(directory: &Path) -> Option<Finding> {
    let path = directory.join("node.key");
    let mode = files::open_to_others(&path).ok().flatten()?;
    let what = format!("{} can be read by others (mode {mode:03o})", path.display());
    Some(Finding::new(DATA_UNUSABLE, what, format!("`chmod 600 {}`", typed(&path))))
}

/// Finds that the directory is another user's: nothing can be said about what is in it, nor whether
/// a node runs on it.
fn hidden(directory: &Path, error: &StorageError) -> Option<Finding> {
    let StorageError::NotWritable { source, .. } = error else { return None };
    let denied = source.kind() == std::io::ErrorKind::PermissionDenied;
    denied.then(|| Finding::new(DATA_UNUSABLE, error.to_string(), as_its_user(directory)))
}

fn as_its_user(directory: &Path) -> String {
    format!(
        "ask as the user who runs the node, such as `sudo -u USER coinage doctor --data {}`",
        typed(directory)
    )
}

pub(super) fn damaged(directory: &Path, error: &StorageError) -> Finding {
    let shown = directory.display();
    let mend = format!(
        "put the file back from a copy; or, if other nodes have the chain, delete {shown}/chain \
         and {shown}/coinage.json: the node begins anew with what they have, and the keys stay"
    );
    Finding::new(DATA_UNUSABLE, error.to_string(), mend)
}

/// Checks that a private network's key is there.
fn network_key(directory: &Path) -> Option<Finding> {
    let path = run::genesis_of(directory);
    let named = genesis_file::read_file(&path).ok()?.network_key;
    let error = run::key(&[(&path, named)], settings(directory)?.network_key.as_deref()).err()?;
    let mend = "`coinage invite` on a node of the network prints a line that carries the key; or \
                copy the key's file from there, and `chmod 600` it";
    Some(Finding::new(DATA_UNUSABLE, error.to_string(), mend))
}

fn disk(directory: &Path) -> Option<Finding> {
    let free = free_bytes(directory).filter(|free| *free < FREE_BYTES_LOW)?;
    let mend = format!("make room; `du -sh {}` shows what the node uses", typed(directory));
    Some(disk_low(&directory.display().to_string(), free, mend))
}

/// The finding that so little is left of the disk of a directory.
pub(super) fn disk_low(whose: &str, free: u64, mend: String) -> Finding {
    let mib = free / (1024 * 1024);
    let what = format!("the disk of {whose} has {mib} MiB left; when it is full the node stops");
    Finding::new(DISK_LOW, what, mend).seen(json!({ "free_bytes": free.to_string() }))
}

/// Finds who has the directory, and where its node answers.
fn running(directory: &Path, held: Option<&Holder>) -> (Vec<Finding>, Option<String>) {
    let Some(holder) = held else { return (Vec::new(), None) };
    let (shown, who) = (directory.display(), holder.words());
    let addresses = files::read_bounded(&directory.join("addresses.json"), FILE_BYTES_MAX).ok();
    let addresses = addresses.and_then(|text| serde_json::from_slice::<Addresses>(&text).ok());
    let addresses = addresses.filter(|said| said.pid == holder.pid);
    let seen = json!({ "pid": holder.pid });
    if let Some(said) = &addresses {
        let everywhere = ["//0.0.0.0:", "//[::]:"].iter().any(|host| said.api.contains(host));
        let url = said.api.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
        let answers = |client: &Client| client.get::<StatusJson>("/v1/status", &[]).is_ok();
        if Client::new(&url).is_ok_and(|client| answers(&client.hasty())) {
            let what = format!("the node of {shown} runs: {who}, at {url}");
            let stop = format!("`kill {}` stops it", holder.pid);
            let mut findings = vec![Finding::new(DATA_RUNNING, what, stop).seen(seen)];
            findings.extend(everywhere.then(|| open(&said.api)));
            return (findings, Some(url));
        }
    }
    let what = format!("{shown} is in use by {who}, which does not answer as a node");
    let mend = format!(
        "if it is `coinage node verify`, wait for its end; if it hangs, `kill {}`, or `kill -CONT \
         {}` if it was stopped",
        holder.pid, holder.pid
    );
    (vec![Finding::new(DATA_HELD, what, mend).seen(seen)], None)
}

fn open(api: &str) -> Finding {
    let what = format!(
        "the HTTP API listens on all interfaces ({api}): whoever reaches the machine can ask it"
    );
    let mend = "`coinage node run --api 127.0.0.1:8600` keeps it to this machine";
    Finding::new(API_OPEN, what, mend)
}

/// Says what starts the node of a directory: with its settings if it has some, and with the key
/// that was examined. Without either it may be an authority all the same, or an observer.
pub(super) fn started_by(directory: &Path, authority_key: Option<&Path>) -> String {
    if let Some(by) = devnet::started_by(directory) {
        return by;
    }
    let settings = directory.join("node.toml");
    let mut flags = if settings.exists() {
        format!("--config {}", typed(&settings))
    } else {
        format!("--data {}", typed(directory))
    };
    let configured = configured_key(directory);
    if let Some(key) = authority_key.filter(|key| configured.as_deref() != Some(*key)) {
        flags.push_str(&format!(" --authority-key {}", typed(key)));
    }
    let doubt = if authority_key.is_none() && configured.is_none() {
        "; it observes then: an authority needs --authority-key FILE, too"
    } else {
        ""
    };
    format!("`coinage node run {flags}` starts it{doubt}")
}

/// The key that the settings in the directory name.
fn configured_key(directory: &Path) -> Option<PathBuf> {
    settings(directory)?.authority_key
}

/// The settings in the directory, or those of a node without any.
fn settings(directory: &Path) -> Option<Config> {
    let config = Some(directory.join("node.toml")).filter(|path| path.exists());
    Config::new(RunArgs { config, ..RunArgs::default() }).ok()
}

fn authority(
    key: &Path,
    directory: &Path,
    spec: Option<&ChainSpec>,
    held: Option<&Holder>,
) -> Option<Finding> {
    let genesis = directory.join("genesis.json");
    let reset = format!(
        "put it back; if it is lost, make sure that no other node uses the key, then `coinage node \
         reset-signing-memory {} --genesis {}`",
        key.display(),
        genesis.display()
    );
    let seen = match AuthorityKey::inspect(key) {
        Ok(seen) => seen,
        Err(error) => {
            let what = error.to_string();
            return match error {
                KeyFileError::MemoryMissing { path } => {
                    let what = format!(
                        "{} is missing: without it the key might sign twice for one slot",
                        path.display()
                    );
                    Some(Finding::new(MEMORY_MISSING, what, reset))
                }
                KeyFileError::MemoryDamaged { path } => {
                    let what = format!("{} is damaged", path.display());
                    Some(Finding::new(MEMORY_DAMAGED, what, reset))
                }
                KeyFileError::InUse { .. } => in_use(key, held),
                KeyFileError::OpenToOthers { path, .. } => {
                    let mend = format!("`chmod 600 {}`", typed(&path));
                    Some(Finding::new(KEY_UNUSABLE, what, mend))
                }
                _ => {
                    let mend = "name the key's file with --authority-key; `coinage node \
                                new-authority-key FILE` makes one before the genesis is made";
                    Some(Finding::new(KEY_UNUSABLE, what, mend))
                }
            };
        }
    };
    if seen.damaged {
        let what = format!(
            "one half of {} is damaged: the key may have forgotten what it signed last",
            memory_path(key).display()
        );
        let mend = "start its node: everything up to the slot of its start counts as signed, and \
                    it votes again once the others have certified a newer block; where they are \
                    too few, `coinage node reset-signing-memory --release-lock` is the way";
        return Some(Finding::new(MEMORY_DAMAGED, what, mend));
    }
    let spec = spec?;
    let bound = seen.chain.is_some_and(|chain| chain != *spec.chain());
    if !bound && spec.genesis_authorities().contains(&seen.public) {
        return None;
    }
    let what = if bound {
        format!("the key in {} has signed on another network", key.display())
    } else {
        format!("the key in {} ({}) is no authority of this network", key.display(), seen.public)
    };
    let mend = "run the node without --authority-key, or with the key that the genesis names: \
                `coinage genesis show FILE`";
    Some(Finding::new(KEY_FOREIGN, what, mend).seen(json!({ "public": seen.public.to_string() })))
}

/// A memory that somebody else has locked; not the directory's own node, which is in order.
fn in_use(key: &Path, held: Option<&Holder>) -> Option<Finding> {
    let who = holder(&memory_path(key));
    if who.is_some() && who.as_ref().map(|who| who.pid) == held.map(|held| held.pid) {
        return None;
    }
    let words = who.as_ref().map_or_else(|| "another process".into(), Holder::words);
    let what = format!("the key in {} is in use by {words}", key.display());
    let stop = who.as_ref().map_or_else(String::new, |who| format!("`kill {}`: ", who.pid));
    let mend = format!("{stop}one key belongs to one node; stop one of them");
    let seen = json!({ "pid": who.map(|who| who.pid) });
    Some(Finding::new(MEMORY_IN_USE, what, mend).seen(seen))
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn who_may_not_look_is_not_told_to_delete_the_chain() {
        let directory = Path::new("/var/lib/of another");
        let look = |kind| {
            let (directory, source) = (directory.to_owned(), Error::from(kind));
            hidden(
                Path::new("/var/lib/of another"),
                &StorageError::NotWritable { directory, source },
            )
        };
        let found = look(ErrorKind::PermissionDenied).expect("a finding");
        assert!(found.mend.contains("sudo -u USER") && !found.mend.contains("delete"), "{found:?}");
        assert!(look(ErrorKind::ReadOnlyFilesystem).is_none());
    }
}
