//! What can go wrong with a measurement.

use std::io;

use coinage_client::ClientError;
use coinage_devnet::DevnetError;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The throw-away devnet could not be run.
    #[error(transparent)]
    Devnet(#[from] DevnetError),
    /// A node did not answer when its books were looked at.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Somebody pressed Ctrl-C.
    #[error("interrupted; nothing was measured")]
    Interrupted,
    /// The nodes do not have the same chain.
    #[error("the nodes did not agree on {what} within {seconds} s")]
    Disagreement {
        /// On what.
        what: &'static str,
        /// How long it was waited.
        seconds: u64,
    },
    /// Money came from nowhere, or went there.
    #[error("the books of {node} are wrong at block {height}: {what} is {found}, not {expected}")]
    Books {
        /// Which node.
        node: String,
        /// At which block.
        height: u64,
        /// What is wrong: an account or the supply.
        what: String,
        /// What the payments lead to, in base units.
        expected: u128,
        /// What the node has, in base units.
        found: u128,
    },
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl BenchError {
    /// The stable code that scripts match.
    pub fn code(&self) -> String {
        let own = match self {
            Self::Devnet(error) => error.code(),
            Self::Client(error) => error.code(),
            Self::Interrupted => "bench.interrupted",
            Self::Disagreement { .. } => "bench.disagreement",
            Self::Books { .. } => "bench.books",
            Self::Io { .. } => "bench.io",
        };
        own.to_owned()
    }

    /// For `map_err` on what the operating system does.
    pub(super) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
