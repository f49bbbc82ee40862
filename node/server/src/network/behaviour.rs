//! Protocols that a node speaks, and every bound on them.

use std::collections::HashSet;
use std::time::Duration;

use coinage_keys::NetworkKey;
use coinage_protocol::limits::{
    GENESIS_BYTES_MAX, MESSAGE_BYTES_MAX, REQUEST_BYTES_MAX, STATUS_BYTES_MAX, WIRE_VERSION,
};
use coinage_protocol::{ChainId, Topic};
use libp2p::gossipsub::{
    self, MaxCountSubscriptionFilter, MessageAuthenticity, MessageId, ValidationMode,
    WhitelistSubscriptionFilter,
};
use libp2p::identity::Keypair;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{StreamProtocol, Swarm, SwarmBuilder, allow_block_list, identify, ping};
use prometheus_client::registry::Registry;
use sha2::{Digest, Sha256};

use super::NetworkError;
use super::codec::BoundedCodec;
use super::frames::Counted;
use super::handshakes::{Begun, Handshakes};
use super::limits::Limits;
use super::sizes::{BALLOT_FRAME, BATCH_FRAME, BLOCK_FRAME, GOSSIP_BUFFER};
use super::topics::{Filter, Topics};
use crate::metrics::ConnectionCounts;

/// Streams of one connection at most of which nobody knows yet what they are for. Each may hold 256
/// KiB.
const NEGOTIATING_MAX: usize = 8;
/// Requests on one connection at a time at most, in both directions together (SPEC N-9).
const REQUESTS_MAX: usize = 8;
/// Time that a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Time that an idle connection is kept: as long as both want it; only a dead one ends, by ping.
const IDLE_TIMEOUT: Duration = Duration::from_secs(24 * 3600);
/// Time between two probes of a connection.
const PING_INTERVAL: Duration = Duration::from_secs(2);
/// Time that a probe may take.
const PING_TIMEOUT: Duration = Duration::from_secs(5);
/// Gossip messages that wait to be sent to one peer at most.
const GOSSIP_QUEUE: usize = 128;

/// Protocols of a node, all together. The order matters: what denies a connection comes first, so
/// that the others never see it.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) blocked: allow_block_list::Behaviour<allow_block_list::BlockedPeers>,
    // After the bans: whoever is banned makes nobody go.
    pub(super) limits: Limits,
    pub(super) gossip: Counted,
    pub(super) status: request_response::Behaviour<BoundedCodec>,
    pub(super) sync: request_response::Behaviour<BoundedCodec>,
    pub(super) genesis: request_response::Behaviour<BoundedCodec>,
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
}

/// Returns a swarm that speaks all the protocols and does nothing yet.
pub(super) fn swarm(
    keypair: Keypair,
    chain: &ChainId,
    key: Option<&NetworkKey>,
    registry: &mut Registry,
    connections: ConnectionCounts,
) -> Result<Swarm<Behaviour>, NetworkError> {
    let begun = Begun::default();
    let limits = Limits::new(connections, begun.clone());
    let behaviour = behaviour(&keypair, chain, registry, limits)?;
    let setup = |reason: &dyn std::fmt::Display| NetworkError::Setup { reason: reason.to_string() };
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_other_transport(|keypair| Handshakes::new(keypair, key, begun.clone()))
        .map_err(|error| setup(&error))?
        .with_bandwidth_metrics(registry)
        .with_behaviour(|_| behaviour)
        .map_err(|error| setup(&error))?
        .with_swarm_config(|config| {
            config
                .with_idle_connection_timeout(IDLE_TIMEOUT)
                .with_max_negotiating_inbound_streams(NEGOTIATING_MAX)
        })
        .build();
    Ok(swarm)
}

fn behaviour(
    keypair: &Keypair,
    chain: &ChainId,
    registry: &mut Registry,
    limits: Limits,
) -> Result<Behaviour, NetworkError> {
    let sync = StreamProtocol::try_from_owned(format!("/coinage/{chain}/{WIRE_VERSION}/sync"))
        .expect("it begins with a slash");
    let identify = identify::Config::new("/coinage/1".into(), keypair.public())
        .with_agent_version("coinage".into())
        .with_hide_listen_addrs(true)
        .with_cache_size(0);
    let pings = ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIMEOUT);
    Ok(Behaviour {
        blocked: allow_block_list::Behaviour::default(),
        limits,
        gossip: Counted::new(gossip(&Topics::new(chain), registry)?),
        status: requests(
            ProtocolSupport::Full,
            StreamProtocol::new("/coinage/status/1"),
            BoundedCodec {
                request_bytes_max: STATUS_BYTES_MAX,
                response_bytes_max: STATUS_BYTES_MAX,
            },
        ),
        sync: requests(
            ProtocolSupport::Full,
            sync,
            BoundedCodec {
                request_bytes_max: REQUEST_BYTES_MAX,
                response_bytes_max: MESSAGE_BYTES_MAX,
            },
        ),
        genesis: giving_genesis(ProtocolSupport::Inbound),
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(pings),
    })
}

/// Returns the protocol in which one side asks with nothing, and gets the genesis of the network
/// (SPEC N-7).
pub(super) fn giving_genesis(
    support: ProtocolSupport,
) -> request_response::Behaviour<BoundedCodec> {
    let codec = BoundedCodec { request_bytes_max: 0, response_bytes_max: GENESIS_BYTES_MAX };
    requests(support, StreamProtocol::new("/coinage/genesis/1"), codec)
}

fn requests(
    support: ProtocolSupport,
    protocol: StreamProtocol,
    codec: BoundedCodec,
) -> request_response::Behaviour<BoundedCodec> {
    let config = request_response::Config::default()
        .with_request_timeout(REQUEST_TIMEOUT)
        .with_max_concurrent_streams(REQUESTS_MAX);
    request_response::Behaviour::with_codec(codec, [(protocol, support)], config)
}

fn gossip(
    topics: &Topics,
    registry: &mut Registry,
) -> Result<gossipsub::Behaviour<Topics, Filter>, NetworkError> {
    let setup = |reason: &dyn std::fmt::Display| NetworkError::Setup { reason: reason.to_string() };
    // Payloads prove their own origin, so messages are anonymous, and the same payload is the same
    // message whoever sends it. Peer scores stay off: their defaults punish quiet topics.
    let config = gossipsub::ConfigBuilder::default()
        .validate_messages()
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(message_id)
        .flood_publish(true)
        .max_transmit_size(GOSSIP_BUFFER)
        .max_transmit_size_for_topic(BATCH_FRAME, topics.of(Topic::Transactions).hash())
        .max_transmit_size_for_topic(BLOCK_FRAME, topics.of(Topic::Blocks).hash())
        .max_transmit_size_for_topic(BALLOT_FRAME, topics.of(Topic::Votes).hash())
        .duplicate_cache_time(Duration::from_secs(90))
        .connection_handler_queue_len(GOSSIP_QUEUE)
        .max_publish_messages(64)
        .max_control_messages_sent(500)
        // Whom a peer names when it leaves the mesh is nobody to dial.
        .prune_peers(0)
        .build()
        .map_err(|error| setup(&error))?;
    let allowed: HashSet<_> = Topic::ALL.iter().map(|topic| topics.of(*topic).hash()).collect();
    let filter = MaxCountSubscriptionFilter {
        filter: WhitelistSubscriptionFilter(allowed),
        max_subscribed_topics: 8,
        max_subscriptions_per_request: 8,
    };
    let mut gossip = gossipsub::Behaviour::new_with_subscription_filter_and_transform(
        MessageAuthenticity::Anonymous,
        config,
        filter,
        topics.clone(),
    )
    .map_err(|error| setup(&error))?
    .with_metrics(registry.sub_registry_with_prefix("libp2p_gossipsub"), metrics());
    for topic in Topic::ALL {
        gossip.subscribe(topics.of(topic)).map_err(|error| setup(&error))?;
    }
    Ok(gossip)
}

/// Settings of gossipsub's metrics. Topics are labels: only those of this network, which peers do
/// not choose.
fn metrics() -> gossipsub::MetricsConfig {
    gossipsub::MetricsConfig {
        max_topics: Topic::ALL.len(),
        max_never_subscribed_topics: 0,
        // Scores are off; and the format knows no sum of what may be negative.
        score_buckets: vec![0.0],
    }
}

/// Name of a message by its content (SPEC N-10).
fn message_id(message: &gossipsub::Message) -> MessageId {
    let topic = message.topic.as_str().as_bytes();
    let mut hash = Sha256::new();
    hash.update(u64::try_from(topic.len()).unwrap_or(u64::MAX).to_le_bytes());
    hash.update(topic);
    hash.update(&message.data);
    let mut id = hash.finalize().to_vec();
    id.truncate(20);
    MessageId::from(id)
}

#[cfg(test)]
mod tests {
    use libp2p::gossipsub::TopicHash;

    use super::*;

    #[test]
    fn a_message_is_named_by_its_topic_and_its_bytes() {
        // SPEC N-10; computed with: printf '\7\0\0\0\0\0\0\0/a/1/bcdata' | sha256sum
        let message = |topic: &str, data: &[u8]| gossipsub::Message {
            source: None,
            data: data.to_vec(),
            sequence_number: None,
            topic: TopicHash::from_raw(topic),
        };
        let id = |topic, data| message_id(&message(topic, data)).to_string();
        assert_eq!(id("/a/1/bc", b"data"), "7a87741f4d0e81b8b69cc3c09305209ddc6f3b6b");
        assert_ne!(id("/a/1/b", b"cdata"), "7a87741f4d0e81b8b69cc3c09305209ddc6f3b6b");
    }
}
