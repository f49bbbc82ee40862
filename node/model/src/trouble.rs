//! Faults lately seen between a node and others, in JSON.

use coinage_protocol::{BlockHash, ChainId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{text, time};

/// A fault seen between a node and another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TroubleJson {
    /// Kind of the fault, in one word.
    pub kind: TroubleKindJson,
    /// Address that was dialled, or from which somebody came.
    pub address: Option<String>,
    /// Peer id of the other node, as far as that is known.
    pub peer_id: Option<String>,
    /// True if the operator named the address.
    pub configured: bool,
    /// Details of what was seen.
    pub detail: String,
    /// Standpoint of this node, if that is what differs.
    pub ours: Option<StandpointJson>,
    /// Standpoint of the other node, if that is what differs.
    pub theirs: Option<StandpointJson>,
    /// Time when the fault was seen first.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub first: u64,
    /// Time when the fault was seen last.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub last: u64,
    /// Number of times that the fault was seen.
    pub count: u32,
    /// Time until which the node will have nothing to do with that peer.
    #[serde(with = "time_option")]
    #[schema(value_type = Option<String>)]
    pub until: Option<u64>,
}

/// Kind of a fault between nodes, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKindJson {
    /// An address where nobody answers.
    Unreachable,
    /// An address answers, or somebody calls from it, but no handshake succeeds: it may have
    /// another network key, or none.
    NoHandshake,
    /// An address where somebody else answers than the peer that it names.
    OtherIdentity,
    /// A node other than this one has this node's identity.
    SameIdentity,
    /// A peer is of another network.
    OtherNetwork,
    /// A peer speaks another version.
    OtherVersion,
    /// A peer was banned.
    Banned,
    /// A peer sent what is no message.
    Undecodable,
    /// A peer closed the connection at once.
    HungUp,
    /// A peer's head moves, but its gossip does not arrive.
    GossipSilent,
    /// A block is signed with the node's authority key, but not by the node.
    AuthorityTwice,
    /// Two other nodes have the same identity.
    IdentityTwice,
}

/// Facts that must be the same for two nodes to be peers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StandpointJson {
    /// Version of the protocol.
    pub version: u16,
    /// Id of the network's chain.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub chain_id: ChainId,
    /// Hash of block 0.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub genesis_hash: BlockHash,
}

/// A time, or `null`.
mod time_option {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::time;

    pub(super) fn serialize<S: Serializer>(value: &Option<u64>, to: S) -> Result<S::Ok, S::Error> {
        value.map(time::format).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| time::parse(&text)).transpose().map_err(D::Error::custom)
    }
}
