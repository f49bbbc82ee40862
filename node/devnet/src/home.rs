//! A devnet on this machine, seen from its directory by who only looks on.

use std::path::PathBuf;

use super::directory::{inspect, is_held};
use super::error::DevnetError;
use super::log::{Line, tail};
use super::logs::Followed;
use super::places::{data_of, default_dir, log_of};
use super::ports::announced;
use super::settings::Settings;

/// A running devnet on this machine. Looks into its directory only, so it never waits.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
    settings: Settings,
}

impl Home {
    /// The devnet in this directory, or in the usual one.
    ///
    /// # Errors
    ///
    /// [`DevnetError::NotRunning`] if there is none, or nobody runs it.
    pub fn find(dir: Option<PathBuf>) -> Result<Self, DevnetError> {
        let root = dir.or_else(default_dir).ok_or(DevnetError::NoDirectory)?;
        match inspect(&root)? {
            Some(settings) if is_held(&root) => Ok(Self { root, settings }),
            _ => Err(DevnetError::NotRunning { dir: root }),
        }
    }

    /// Returns the number of nodes; they are numbered from 1.
    pub fn nodes(&self) -> u16 {
        self.settings.nodes
    }

    /// The URL of a node's API as it was told at its last start, if it was.
    pub fn api(&self, node: u16) -> Option<String> {
        let path = data_of(&self.root, node).join("addresses.json");
        Some(announced(&path).ok()??.api)
    }

    /// Returns the nodes' logs: at first so many lines of each, then what is new.
    pub fn log(&self, lines: u32) -> LogFeed {
        let (mut first, mut followed) = (Vec::new(), Vec::new());
        for node in 1..=self.settings.nodes {
            let path = log_of(&self.root, node);
            followed.push(Followed::from_end(node, path.clone()));
            let found = tail(&path, lines).unwrap_or_default();
            first.extend(found.into_iter().map(|text| Line { node: Some(node), text }));
        }
        // Each line begins with its time.
        first.sort_by(|one, next| one.text.cmp(&next.text));
        LogFeed { first, followed }
    }
}

/// The logs of a devnet's nodes as they grow.
#[derive(Debug)]
pub struct LogFeed {
    first: Vec<Line>,
    followed: Vec<Followed>,
}

impl LogFeed {
    /// The lines that are new. A log that cannot be read says so in its place.
    pub fn new_lines(&mut self) -> Vec<Line> {
        let mut lines = std::mem::take(&mut self.first);
        for log in &mut self.followed {
            match log.next() {
                Ok(new) => lines.extend(new),
                Err(error) => {
                    let text = format!("its log cannot be read: {error}");
                    lines.push(Line { node: Some(log.node), text });
                }
            }
        }
        lines
    }
}
