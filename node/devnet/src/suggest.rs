//! Nodes of a devnet, for a shell that completes words.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::places::{dir_in, node_names};

/// Offers the nodes of the devnet that the words typed so far name.
pub(super) fn nodes() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| {
        let home = || typed("--home").map(|home| dir_in(home.as_ref()));
        let dir = typed("--dir").map(PathBuf::from).or_else(home);
        matching(begun, node_names(dir).into_iter().map(|name| (name, None)).collect())
    })
}

/// Returns the candidates that begin as the word does, each with what is said about it.
pub fn matching(begun: &OsStr, names: Vec<(String, Option<String>)>) -> Vec<CompletionCandidate> {
    let Some(begun) = begun.to_str() else { return Vec::new() };
    let fitting = names.into_iter().filter(|(name, _)| name.starts_with(begun));
    fitting.map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into))).collect()
}

/// The value of an option among the words typed so far, which this process got as arguments.
pub fn typed(option: &str) -> Option<OsString> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let at = words.iter().rposition(|word| word == option);
    if let Some(value) = at.and_then(|at| words.get(at.saturating_add(1))) {
        return Some(value.clone());
    }
    let joined = words.iter().filter_map(|word| word.to_str()?.strip_prefix(option));
    joined.filter_map(|rest| rest.strip_prefix('=')).next_back().map(OsString::from)
}
