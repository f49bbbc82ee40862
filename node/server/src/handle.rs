//! Handle by which the HTTP API reaches the running node: by reading what it publishes, and by one
//! channel.

use std::path::PathBuf;
use std::sync::Arc;

use coinage_model::Fingerprint;
use coinage_protocol::engine::{ChangeRefusal, SubmitOutcome};
use coinage_protocol::{
    AuthorityChange, BlockHash, ChainSpec, Height, PublicKey, State, Transaction, TransactionError,
    TransactionId,
};
use tokio::sync::{mpsc, oneshot};

use crate::events::Events;
use crate::metrics::Metrics;
use crate::node_state::NodeState;
use crate::storage::Storage;

/// Handle of a running node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    /// Identity of the node, once and for all.
    pub identity: Arc<Identity>,
    /// State that the node knows right now and keeps in memory.
    pub live: Arc<NodeState>,
    /// Events of the node.
    pub events: Arc<Events>,
    /// Metrics of the node.
    pub metrics: Arc<Metrics>,
    /// Chain that the node has on disk.
    pub storage: Storage,
    /// Channel to submit transactions.
    pub submissions: mpsc::Sender<Submission>,
    /// Channel to submit changes of authorities.
    pub changes: mpsc::Sender<ChangeSubmission>,
    /// Channel to ask for the state after a block.
    pub states: mpsc::Sender<StateQuery>,
}

/// Identity of a node, once and for all.
#[derive(Debug)]
pub struct Identity {
    /// Network that the node is of.
    pub spec: ChainSpec,
    /// Fingerprint of the key that the node's peers must have, if the network is private.
    pub network_key: Option<Fingerprint>,
    /// Name that people call the node by, if it has one (`n1` in a devnet).
    pub name: Option<String>,
    /// The node's libp2p peer id.
    pub peer_id: String,
    /// Public key that the node signs blocks with, if it is an authority.
    pub authority: Option<PublicKey>,
    /// Directory of the devnet that the node belongs to, where the command line finds wallets.
    pub devnet: Option<PathBuf>,
}

/// A transaction that somebody submits. Its checks run on the driver's worker threads.
#[derive(Debug)]
pub struct Submission {
    /// The transaction to submit.
    pub transaction: Transaction,
    /// True to keep the transaction if it cannot be applied yet but might be later.
    pub park: bool,
    /// Channel that the outcome goes to.
    pub reply: oneshot::Sender<Result<(TransactionId, SubmitOutcome), TransactionError>>,
}

/// A change of authorities that somebody submits; its approval was checked.
#[derive(Debug)]
pub struct ChangeSubmission {
    /// The change to submit.
    pub change: AuthorityChange,
    /// Channel that the outcome goes to.
    pub reply: oneshot::Sender<Result<(), ChangeRefusal>>,
}

/// A question for the state after a block. A state is cheap to hand out: versions share what did
/// not change.
#[derive(Debug)]
pub struct StateQuery {
    /// Hash of the block.
    pub block: BlockHash,
    /// Channel that the answer goes to: the state, or the lowest height of which one is kept.
    pub reply: oneshot::Sender<Result<State, Height>>,
}
