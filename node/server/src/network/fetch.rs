//! Fetches the genesis of a network from a node, before there is a node here (SPEC N-7).

use std::time::Duration;

use coinage_keys::NetworkKey;
use coinage_protocol::limits::GENESIS_BYTES_MAX;
use coinage_protocol::{ChainSpec, Genesis, GenesisError, decode};
use futures::StreamExt;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::request_response::{Behaviour, Event, Message, OutboundFailure, ProtocolSupport};
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder};

use super::behaviour::giving_genesis;
use super::codec::BoundedCodec;
use super::swarm::diagnostics::{no_handshake, reason};
use super::transport::transport;

/// Time that one peer may take to answer, all its addresses together.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reason why no genesis came.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address names no peer, so that anybody could answer there.
    #[error("the address {address} does not say which peer is there")]
    NoPeer {
        /// Address that names no peer.
        address: Multiaddr,
    },
    /// libp2p could not be set up.
    #[error("the peer-to-peer network cannot be set up: {0}")]
    Setup(String),
    /// The peer does not answer, or not as a node would.
    #[error("{0}")]
    Unreachable(String),
    /// The handshake failed: somebody is there, and what he says makes no sense.
    #[error("{0}; the network's key may have changed since the invite was made")]
    NoHandshake(String),
    /// The peer answers, but not this question.
    #[error("it runs a version that cannot be joined by an invite")]
    TooOld,
    /// The peer has answered, but with nothing that makes a network.
    #[error("what it gave is no genesis")]
    Malformed,
    /// The peer has given a genesis that breaks a rule.
    #[error("what it gave is no valid genesis: {0}")]
    Invalid(#[from] GenesisError),
}

/// Fetches the network of the peer at these addresses, all of which name it. If the network is
/// private, nobody answers without its key.
///
/// # Errors
///
/// [`FetchError`], after at most ten seconds.
pub async fn fetch_genesis(
    addresses: &[Multiaddr],
    key: Option<&NetworkKey>,
) -> Result<ChainSpec, FetchError> {
    let mut peer = None;
    for address in addresses {
        match address.iter().last() {
            Some(Protocol::P2p(named)) => peer = Some(named),
            _ => return Err(FetchError::NoPeer { address: address.clone() }),
        }
    }
    let Some(peer) = peer else { return Err(FetchError::Unreachable("no address".into())) };
    let asked = tokio::time::timeout(PATIENCE, ask(peer, addresses.to_vec(), key)).await;
    let late = || FetchError::Unreachable(format!("no answer within {} s", PATIENCE.as_secs()));
    let bytes = asked.map_err(|_| late())??;
    let genesis: Genesis = decode(&bytes, GENESIS_BYTES_MAX).map_err(|_| FetchError::Malformed)?;
    Ok(ChainSpec::new(genesis)?)
}

async fn ask(
    peer: PeerId,
    addresses: Vec<Multiaddr>,
    key: Option<&NetworkKey>,
) -> Result<Vec<u8>, FetchError> {
    let mut swarm = swarm(key)?;
    let unreachable = |why: String| FetchError::Unreachable(why);
    let dial = DialOpts::peer_id(peer).addresses(addresses).build();
    swarm.dial(dial).map_err(|error| unreachable(error.to_string()))?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                swarm.behaviour_mut().send_request(&peer_id, Vec::new());
            }
            SwarmEvent::OutgoingConnectionError { error, .. } if no_handshake(&error) => {
                return Err(FetchError::NoHandshake(reason(&error)));
            }
            SwarmEvent::OutgoingConnectionError { error, .. } => {
                return Err(unreachable(reason(&error)));
            }
            SwarmEvent::Behaviour(Event::Message {
                message: Message::Response { response, .. },
                ..
            }) => return Ok(response),
            SwarmEvent::Behaviour(Event::OutboundFailure { error, .. }) => {
                return Err(match error {
                    OutboundFailure::UnsupportedProtocols => FetchError::TooOld,
                    error => unreachable(error.to_string()),
                });
            }
            _ => {}
        }
    }
}

/// Returns a swarm that only asks, under a name that it never uses again.
fn swarm(key: Option<&NetworkKey>) -> Result<Swarm<Behaviour<BoundedCodec>>, FetchError> {
    let setup = |error: &dyn std::fmt::Display| FetchError::Setup(error.to_string());
    let asking = giving_genesis(ProtocolSupport::Outbound);
    let swarm = SwarmBuilder::with_existing_identity(Keypair::generate_ed25519())
        .with_tokio()
        .with_other_transport(|keypair| transport(keypair, key))
        .map_err(|error| setup(&error))?
        .with_behaviour(|_| asking)
        .map_err(|error| setup(&error))?
        .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
        .build();
    Ok(swarm)
}
