//! Reasons why a node does not start.

use std::io;
use std::path::PathBuf;

use coinage_keys::KeyFileError;
use coinage_keys::genesis_file::GenesisFileError;
use coinage_protocol::engine::RestoreError;
use coinage_protocol::{ChainId, GenesisError};

use super::PrivateError;
use crate::storage::StorageError;

/// Reason why a node does not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file cannot be read or written.
    #[error("cannot use {}: {error}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The settings name no network.
    #[error("{} holds no network yet: name its genesis file with --genesis", data.display())]
    NoGenesis {
        /// Path of the data directory.
        data: PathBuf,
    },
    /// The genesis file is not one.
    #[error(transparent)]
    Genesis(#[from] GenesisFileError),
    /// The genesis breaks a rule.
    #[error("the genesis makes no network: {0}")]
    Network(#[from] GenesisError),
    /// The data directory is another network's.
    #[error(
        "{} belongs to the chain {theirs}, but {} makes the chain {ours}: name another directory \
         with --data",
        data.display(),
        genesis.display()
    )]
    OtherNetwork {
        /// Path of the data directory.
        data: PathBuf,
        /// Chain of the data directory.
        theirs: ChainId,
        /// Path of the genesis file given.
        genesis: PathBuf,
        /// Chain that the genesis file makes.
        ours: ChainId,
    },
    /// A key file cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The key of the private network is missing or wrong.
    #[error(transparent)]
    Private(#[from] PrivateError),
    /// The authority key is not one of the network's.
    #[error(
        "the key in {} is not an authority of this network; if it is to become one, start with \
         --join-authorities",
        path.display()
    )]
    NotAnAuthority {
        /// Path of the key file.
        path: PathBuf,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The stored chain cannot be resumed even after a rebuild.
    #[error("the stored chain cannot be resumed: {0}")]
    Restore(#[from] RestoreError),
    /// The API's address is taken.
    #[error("cannot listen on {address} for the API: {error} (choose another with --api)")]
    Api {
        /// Address that the API should have.
        address: std::net::SocketAddr,
        /// Error of the operating system.
        error: io::Error,
    },
    /// An address for peers is taken.
    #[error("{0}")]
    Listen(String),
    /// The network cannot be joined, or the node cannot go on.
    #[error("{0}")]
    Node(String),
}
