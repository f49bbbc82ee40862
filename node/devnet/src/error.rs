//! Errors of a devnet, with what to do about them.

use std::io;
use std::path::{Path, PathBuf};

use super::places::flag_for;

/// The reason why a devnet could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum DevnetError {
    /// A port that a node needs is taken by another program.
    #[error("port {port} (the {purpose} port of n{node}) is taken, choose others with --base-port")]
    PortTaken {
        /// Number of the port.
        port: u16,
        /// Number of the node that needs the port, from 1.
        node: u16,
        /// Use of the port: `API` or `P2P`.
        purpose: &'static str,
    },
    /// The ports would not fit.
    #[error("--base-port {base_port} leaves no room: base + 1000 + {nodes} exceeds 65535")]
    BasePort {
        /// Base port that was asked for.
        base_port: u16,
        /// Number of nodes that need ports.
        nodes: u16,
    },
    /// The number of nodes is too small or too large.
    #[error("{nodes} nodes, a devnet has 1 to {max}")]
    NodeCount {
        /// Number of nodes that was asked for.
        nodes: u16,
        /// Number of nodes at most.
        max: u16,
    },
    /// The length of a slot is none that the protocol allows.
    #[error("a slot of {asked} is not possible, it must be {min_ms} ms to {max_ms} ms")]
    Slot {
        /// Length that was asked for.
        asked: String,
        /// Length of the shortest slot, in milliseconds.
        min_ms: u32,
        /// Length of the longest slot, in milliseconds.
        max_ms: u32,
    },
    /// The directory belongs to a devnet that was created otherwise.
    #[error("the devnet in {} was created with {flag} {stored}, not {asked}", dir.display())]
    Mismatch {
        /// Path of the directory.
        dir: PathBuf,
        /// Flag that was given: `--nodes` or `--slot`.
        flag: &'static str,
        /// Value with which the devnet was created.
        stored: String,
        /// Value that was asked for.
        asked: String,
    },
    /// The directory holds something that no devnet wrote.
    #[error("{} is not the directory of a devnet, it is left alone", dir.display())]
    Foreign {
        /// Path of the directory.
        dir: PathBuf,
    },
    /// A file of the directory is missing or cannot be understood.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Description of what is wrong with the file.
        reason: String,
    },
    /// The devnet has no place to be put: there is no home directory.
    #[error("neither --dir nor --home, COINAGE_HOME or HOME says where to keep the devnet")]
    NoDirectory,
    /// The devnet is run by another process.
    #[error("the devnet in {} is already running{}", dir.display(), by(*pid))]
    AlreadyRunning {
        /// Path of the directory.
        dir: PathBuf,
        /// Id of that process, if it is known.
        pid: Option<u32>,
    },
    /// The devnet is not running.
    #[error("no devnet is running in {}", dir.display())]
    NotRunning {
        /// Path of the directory.
        dir: PathBuf,
    },
    /// The devnet has no such node.
    #[error("there is no node {asked}, the nodes are n1 to n{nodes}")]
    UnknownNode {
        /// Name of the node that was asked for.
        asked: String,
        /// Number of nodes that there are.
        nodes: u16,
    },
    /// Groups that are no partition of the nodes.
    #[error("not a partition: {reason}")]
    Partition {
        /// Description of why the groups are no partition.
        reason: String,
    },
    /// The node is running, and must not be for what was asked.
    #[error("n{node} is running")]
    NodeRunning {
        /// Number of the node, from 1.
        node: u16,
    },
    /// The node does not run.
    #[error("n{node} is not running")]
    NodeStopped {
        /// Number of the node, from 1.
        node: u16,
    },
    /// The node ended before it said where it listens.
    #[error("n{node} did not start: {reason}")]
    NodeFailed {
        /// Number of the node, from 1.
        node: u16,
        /// Last words of the node, or what it did not do.
        reason: String,
    },
    /// All nodes have ended.
    #[error("all nodes stopped before they agreed on a block; n{node} said last: {line}")]
    AllStopped {
        /// Number of the node that ended first, from 1.
        node: u16,
        /// Last line of that node.
        line: String,
    },
    /// The nodes do not agree, or not yet.
    #[error("the nodes did not agree on a block within {seconds} s; the devnet still runs")]
    NotReady {
        /// Seconds for which agreement was waited for.
        seconds: u64,
    },
    /// The supervisor in the background ended.
    #[error("the devnet ended in the background: {line}")]
    Background {
        /// Last line of the supervisor.
        line: String,
    },
    /// The lines for whoever looks on cannot be written.
    #[error("cannot write what happens: {0}")]
    Output(io::Error),
    /// The devnet's directory went away while it ran.
    #[error("the directory {} was deleted or moved, so the devnet stopped", dir.display())]
    DirectoryGone {
        /// Path of the directory.
        dir: PathBuf,
    },
    /// A command was refused or failed, as it is said to who gave it.
    #[error("{message}")]
    Refused {
        /// The code of the error.
        code: String,
        /// Message of the error, in a sentence.
        message: String,
        /// Advice on what to do about the error.
        hint: Option<String>,
    },
    /// The supervisor could not be understood.
    #[error("the devnet's supervisor: {reason}")]
    Control {
        /// Description of what was wrong with the conversation.
        reason: String,
    },
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// Action that was tried, with the path.
        what: String,
        /// Error of the operating system.
        source: io::Error,
    },
}

impl DevnetError {
    /// The stable code that scripts match.
    pub fn code(&self) -> &str {
        match self {
            Self::PortTaken { .. } => "devnet.port_taken",
            Self::BasePort { .. } | Self::NodeCount { .. } | Self::Slot { .. } => "devnet.usage",
            Self::Mismatch { .. } => "devnet.mismatch",
            Self::Foreign { .. } => "devnet.foreign_directory",
            Self::DirectoryGone { .. } => "devnet.directory_gone",
            Self::Damaged { .. } => "devnet.damaged",
            Self::NoDirectory => "devnet.no_directory",
            Self::AlreadyRunning { .. } => "devnet.already_running",
            Self::NotRunning { .. } => "devnet.not_running",
            Self::UnknownNode { .. } => "devnet.unknown_node",
            Self::Partition { .. } => "devnet.bad_partition",
            Self::NodeRunning { .. } => "devnet.node_running",
            Self::NodeStopped { .. } => "devnet.node_not_running",
            Self::NodeFailed { .. } | Self::AllStopped { .. } => "devnet.node_failed",
            Self::NotReady { .. } => "devnet.not_ready",
            Self::Background { .. } => "devnet.background",
            Self::Refused { code, .. } => code,
            Self::Output(_) => "output.write",
            Self::Control { .. } => "devnet.control",
            Self::Io { .. } => "devnet.io",
        }
    }

    /// Returns advice on what to do about the error, where there is some.
    pub fn hint(&self) -> Option<String> {
        self.hint_at("")
    }

    /// Returns the same error with advice that reaches the devnet in this directory.
    pub(super) fn of(self, dir: &Path) -> Self {
        match self {
            Self::Output(_) | Self::Refused { .. } => self,
            error => Self::Refused {
                code: error.code().to_owned(),
                message: error.to_string(),
                hint: error.hint_at(&flag_for(dir)),
            },
        }
    }

    /// Returns advice with this flag in every command that is to reach the devnet.
    fn hint_at(&self, flag: &str) -> Option<String> {
        let hint = match self {
            Self::PortTaken { .. } | Self::BasePort { .. } => {
                return Some(format!("for example: coinage devnet{flag} --base-port 8700"));
            }
            Self::Mismatch { .. } => {
                "leave the flag away to resume it, --reset to begin anew (its chain is deleted), \
                 or --dir for a second devnet"
            }
            Self::Foreign { .. } => "name an empty or new directory with --dir",
            Self::Damaged { .. } => "--reset begins anew (the chain is deleted)",
            Self::NoDirectory => "name a directory with --dir",
            Self::AlreadyRunning { dir, .. } => {
                let dir = flag_for(dir);
                return Some(format!(
                    "see it with `coinage devnet{dir} status`, \
                     end it with `coinage devnet{dir} stop`"
                ));
            }
            Self::NotRunning { dir } | Self::DirectoryGone { dir } => {
                return Some(format!("start it with `coinage devnet{}`", flag_for(dir)));
            }
            Self::Partition { .. } => {
                return Some(format!("for example: coinage devnet{flag} partition 1,2/3,4"));
            }
            Self::NodeRunning { node } => {
                return Some(format!("end it first: coinage devnet{flag} kill {node}"));
            }
            Self::NodeStopped { node } => {
                return Some(format!("start it: coinage devnet{flag} start {node}"));
            }
            Self::NotReady { .. } | Self::NodeFailed { .. } => {
                return Some(format!(
                    "see `coinage devnet{flag} status` and `coinage devnet{flag} logs`"
                ));
            }
            Self::Refused { hint, .. } => return hint.clone(),
            Self::NodeCount { .. } => {
                return Some(format!("for example: coinage devnet{flag} --nodes 4"));
            }
            Self::Slot { .. } => {
                return Some(format!("for example: coinage devnet{flag} --slot 500ms"));
            }
            Self::UnknownNode { .. }
            | Self::AllStopped { .. }
            | Self::Background { .. }
            | Self::Output(_)
            | Self::Control { .. }
            | Self::Io { .. } => return None,
        };
        Some(hint.to_owned())
    }

    /// Returns a closure for `map_err` on file operations.
    pub(super) fn io<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io {
            what: format!("cannot {doing} {}", path.display()),
            source: coinage_files::plain(source),
        }
    }
}

fn by(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}
