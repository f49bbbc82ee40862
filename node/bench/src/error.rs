//! Errors of a measurement.

use std::io;

use coinage_client::ClientError;
use coinage_devnet::DevnetError;

/// The reason why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The throw-away devnet could not be run.
    #[error(transparent)]
    Devnet(#[from] DevnetError),
    /// A node did not answer when its books were looked at.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The measurement was interrupted with Ctrl-C.
    #[error("interrupted; nothing was measured")]
    Interrupted,
    /// The nodes do not have the same chain.
    #[error("the nodes did not agree on {what} within {seconds} s")]
    Disagreement {
        /// Subject on which the nodes disagree.
        what: &'static str,
        /// Seconds for which agreement was waited for.
        seconds: u64,
    },
    /// Money came from nowhere, or went there.
    #[error("the books of {node} are wrong at block {height}: {what} is {found}, not {expected}")]
    Books {
        /// Name of the node.
        node: String,
        /// Height of the block at which the books were checked.
        height: u64,
        /// Account that is wrong, or the supply.
        what: String,
        /// Balance that the payments lead to, in base units.
        expected: u128,
        /// Balance that the node has, in base units.
        found: u128,
    },
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// Action that was tried.
        what: &'static str,
        /// Error of the operating system.
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

    /// Returns a closure for `map_err` on what the operating system does.
    pub(super) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
