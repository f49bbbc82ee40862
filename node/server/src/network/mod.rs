//! The peer-to-peer network: one task that owns a libp2p swarm, and two channels to it.
//!
//! The task always takes commands, so sending one never waits for a peer. It stops reading from
//! peers while nobody takes its notices, so nothing piles up here.

mod address_book;
mod address_scope;
mod behaviour;
mod codec;
mod dialer;
mod doubles;
mod eviction;
mod fetch;
mod frames;
mod group;
mod handshakes;
mod limits;
mod listen;
mod merits;
mod pace;
mod peers;
mod resolve;
mod sending;
mod sizes;
mod streams;
mod swarm;
#[cfg(test)]
mod tests;
mod topics;
mod transport;
mod verify_pool;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use coinage_protocol::engine::{AskedId, GossipToken, Input, PeerRef, Question, Reply, RequestId};
use coinage_protocol::{ChainSpec, HeaderContext, Topic, Verdict};
use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use self::address_scope::is_dialable;
pub use self::fetch::{FetchError, fetch_genesis};
pub(crate) use self::listen::check_free;
pub(crate) use self::swarm::BAN_TIME;
pub(crate) use self::swarm::requests::GARBLED_TIME;
use coinage_keys::NetworkKey;

use crate::metrics::Metrics;
use crate::node_state::Peer;
use crate::peer_diagnostics::Diagnostic;
use crate::workers::{Known, Sets};

/// Commands and notices that wait at most, each way.
const CHANNEL: usize = 1024;
/// Checked gossip of transactions that waits at most; what is not heard yet keeps its place in the
/// checks.
const TRANSACTIONS_CHANNEL: usize = 16;

/// Settings for a node's part in a network.
#[derive(Debug)]
pub(crate) struct NetworkSettings {
    /// Key pair that gives the node its name among peers.
    pub(crate) keypair: Keypair,
    /// Network that the node takes part in.
    pub(crate) spec: ChainSpec,
    /// The key without which nobody can connect, if the network is private.
    pub(crate) key: Option<NetworkKey>,
    /// Addresses to listen on.
    pub(crate) listen: Vec<Multiaddr>,
    /// Addresses to dial, for ever.
    pub(crate) peers: Vec<Multiaddr>,
    /// Addresses where others find this node, besides those where it listens.
    pub(crate) external: Vec<Multiaddr>,
    /// True to look for more peers: those met before, and those that others name.
    pub(crate) discovery: bool,
    /// The file that keeps the addresses of peers met.
    pub(crate) book: Option<PathBuf>,
}

/// A node's running part in the network. It ends when `commands` is dropped.
#[derive(Debug)]
pub(crate) struct Link {
    /// Channel for commands to the network.
    pub(crate) commands: mpsc::Sender<Command>,
    /// Channel of notices of what happened, except for what may wait.
    pub(crate) notices: mpsc::Receiver<Notice>,
    /// Channel for gossip of transactions: consensus goes before it.
    pub(crate) transactions: mpsc::Receiver<Notice>,
    /// Set while transactions of others are not worth a look: there is more than blocks hold.
    pub(crate) flooded: Arc<AtomicBool>,
    /// Signatures that were verified of what peers sent.
    pub(crate) verified: Known,
    /// Sets of authorities by which it is verified.
    pub(crate) sets: Sets,
    /// Addresses where the node listens, with the peer id at the end.
    pub(crate) addresses: Vec<Multiaddr>,
    /// Addresses where others find the node, the most useful first, with the peer id at the end.
    pub(crate) places: Vec<Multiaddr>,
    /// The task that owns the swarm.
    pub(crate) task: JoinHandle<()>,
}

/// Channels to which notices of what happened go.
#[derive(Clone, Debug)]
struct Outlets {
    notices: mpsc::Sender<Notice>,
    transactions: mpsc::Sender<Notice>,
    flooded: Arc<AtomicBool>,
}

/// Command to the network.
#[derive(Debug)]
pub(crate) enum Command {
    /// Gossip a message.
    Publish { topic: Topic, bytes: Vec<u8> },
    /// Pass a message of a peer on, or do not.
    Judge { token: GossipToken, verdict: Verdict },
    /// Ask a peer; gets exactly one [`Input::Answered`].
    Ask { peer: PeerRef, request: RequestId, question: Question },
    /// Answer a peer.
    Answer { asked: AskedId, reply: Reply },
    /// Close the connection to a peer and refuse it for ten minutes.
    Ban { peer: PeerRef },
    /// Close the connection to a peer of another network once it knows why.
    Refuse { peer: PeerRef },
    /// Close the connection to a peer, which comes again: its gossip does not arrive any more.
    Renew { peer: PeerRef },
    /// A peer says that these addresses lead to more peers.
    Learn { peer: PeerRef, addresses: Vec<Multiaddr> },
}

/// Notice of what happened on the network.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A peer is connected.
    Connected { peer: PeerRef, shown: Box<Peer> },
    /// A peer is no longer connected.
    Disconnected { peer: PeerRef, reason: String },
    /// An input for the engine.
    Input(Input),
    /// A peer sent what cannot be a request; its connection is closed.
    Garbled { peer: PeerRef, detail: String },
    /// A peer sends far more than an honest one can.
    Flooded { peer: PeerRef, detail: &'static str },
    /// Others find this node elsewhere than before.
    Located(Vec<Multiaddr>),
    /// A fault was seen with somebody who is no peer.
    Diagnostic(Box<Diagnostic>),
}

/// Reason why a node cannot take part in a network.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NetworkError {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}: {reason} (choose another with --listen)")]
    Listen {
        /// Address to listen on.
        address: Multiaddr,
        /// Reason in words.
        reason: String,
    },
    /// libp2p could not be set up.
    #[error("cannot set up the peer-to-peer network: {reason}")]
    Setup {
        /// Reason in words.
        reason: String,
    },
}

/// Starts the network: listens, and begins to dial. What libp2p measures is registered with the
/// rest.
///
/// # Errors
///
/// [`NetworkError`] if one of the addresses to listen on cannot be had.
pub(crate) async fn start(
    settings: NetworkSettings,
    metrics: &mut Metrics,
) -> Result<Link, NetworkError> {
    let (commands, taken) = mpsc::channel(CHANNEL);
    let (given, notices) = mpsc::channel(CHANNEL);
    let (told, transactions) = mpsc::channel(TRANSACTIONS_CHANNEL);
    let verified = Known::default();
    let sets = Sets::new(HeaderContext::from(&settings.spec).authorities.clone());
    let flooded = Arc::new(AtomicBool::new(false));
    let outlets = Outlets { notices: given, transactions: told, flooded: Arc::clone(&flooded) };
    let (task, addresses) =
        swarm::Task::start(settings, (&sets, &verified), metrics, taken, outlets).await?;
    let places = task.places.known();
    let task = tokio::spawn(task.run());
    Ok(Link { commands, notices, transactions, flooded, verified, sets, addresses, places, task })
}
