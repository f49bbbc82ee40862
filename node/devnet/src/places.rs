//! Places: the directory of a devnet, and the paths of its parts.

use std::path::{Path, PathBuf};

use coinage_model::terminal::typed;

/// Number of nodes at most: their links grow with the square, and one machine runs them all.
pub(super) const NODES_MAX: u16 = 32;

/// Returns where the user's wallets and devnets are kept unless told otherwise, if the environment
/// says so: `COINAGE_HOME`, or else what the XDG base directory specification asks for.
pub fn home() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let absolute = |name| set(name).filter(|path| path.is_absolute());
    let data =
        || absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
    let user = || data().map(|data| data.join("coinage"));
    // A service of systemd may have no home, but a place of its own.
    set("COINAGE_HOME").or_else(user).or_else(|| absolute("STATE_DIRECTORY"))
}

/// Returns where a devnet is kept in such a directory.
pub fn dir_in(home: &Path) -> PathBuf {
    home.join("devnet")
}

/// Returns where a devnet is kept unless told otherwise, if the environment says where data belong.
pub(super) fn default_dir() -> Option<PathBuf> {
    home().as_deref().map(dir_in)
}

/// The names of the nodes of the devnet that is kept in this directory, or where devnets are kept
/// unless told otherwise; none if there is no devnet.
pub fn node_names(dir: Option<PathBuf>) -> Vec<String> {
    let Some(dir) = dir.or_else(default_dir) else { return Vec::new() };
    let names = (1..=NODES_MAX).map(|node| format!("n{node}"));
    names.filter(|name| dir.join(name).is_dir()).collect()
}

/// The flag that names a devnet's directory in a command to type, empty if none is needed.
pub fn flag_for(dir: &Path) -> String {
    let here = default_dir().is_some_and(|default| default == dir);
    if here { String::new() } else { format!(" --dir {}", typed(dir)) }
}

/// Returns the path of a node's chain.
pub(super) fn data_of(root: &Path, node: u16) -> PathBuf {
    root.join(format!("n{node}")).join("data")
}

/// Path of the genesis file.
pub(super) fn genesis_in(root: &Path) -> PathBuf {
    root.join("genesis.json")
}

/// Path of a node's authority key.
pub(super) fn key_of(root: &Path, node: u16) -> PathBuf {
    root.join("keys").join(format!("n{node}.json"))
}

/// Returns the path of a node's log.
pub(super) fn log_of(root: &Path, node: u16) -> PathBuf {
    root.join(format!("n{node}")).join("log")
}
