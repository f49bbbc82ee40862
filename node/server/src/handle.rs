//! How the HTTP API reaches the running node: by reading what it publishes, and by one channel.

use std::path::PathBuf;
use std::sync::Arc;

use coinage_model::Fingerprint;
use coinage_protocol::engine::SubmitOutcome;
use coinage_protocol::{
    BlockHash, Network, PublicKey, State, Transaction, TransactionError, TransactionId,
};
use tokio::sync::{mpsc, oneshot};

use crate::events::Events;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::storage::Storage;

/// A running node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    /// What the node is, once and for all.
    pub identity: Arc<Identity>,
    /// What it knows right now and keeps in memory.
    pub live: Arc<Live>,
    /// What happens to it.
    pub events: Arc<Events>,
    /// What it measures.
    pub metrics: Arc<Metrics>,
    /// What it has on disk.
    pub storage: Storage,
    /// Where to submit transactions.
    pub submissions: mpsc::Sender<Submission>,
    /// Where to ask for the state after a block.
    pub states: mpsc::Sender<StateQuery>,
}

/// What a node is, once and for all.
#[derive(Debug)]
pub struct Identity {
    /// The network.
    pub network: Network,
    /// The key that its peers must have, if the network is private.
    pub network_key: Option<Fingerprint>,
    /// What people call this node, if it has a name (`n1` in a devnet).
    pub name: Option<String>,
    /// Its libp2p peer id.
    pub peer_id: String,
    /// The key it signs blocks with, if it is an authority.
    pub authority: Option<PublicKey>,
    /// The directory of the devnet it belongs to, where the command line finds wallets.
    pub devnet: Option<PathBuf>,
}

/// A transaction that somebody submits. Its checks run on the driver's worker threads.
#[derive(Debug)]
pub struct Submission {
    /// The transaction.
    pub transaction: Transaction,
    /// Whether to keep it if it cannot be applied yet but might be later.
    pub park: bool,
    /// Where the outcome goes.
    pub reply: oneshot::Sender<Result<(TransactionId, SubmitOutcome), TransactionError>>,
}

/// A question for the state after a block. A state is cheap to hand out: versions share what did
/// not change.
#[derive(Debug)]
pub struct StateQuery {
    /// The block.
    pub block: BlockHash,
    /// Where the answer goes: the state, or the lowest height of which one is kept.
    pub reply: oneshot::Sender<Result<State, u64>>,
}
