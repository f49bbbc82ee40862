//! What lately went wrong between a node and others, in JSON.

use coinage_protocol::{BlockHash, ChainId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{text, time};

/// Something that went wrong between a node and another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TroubleJson {
    /// What, in one word.
    pub kind: TroubleKindJson,
    /// The address that was dialled, or from which somebody came.
    pub address: Option<String>,
    /// Who is there, as far as that is known.
    pub peer_id: Option<String>,
    /// Whether the operator named the address.
    pub configured: bool,
    /// What exactly was seen.
    pub detail: String,
    /// Where this node stands, if that is what differs.
    pub ours: Option<StandpointJson>,
    /// Where the other one stands then.
    pub theirs: Option<StandpointJson>,
    /// When it was seen first.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub first: u64,
    /// When it was seen last.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub last: u64,
    /// How often it was seen.
    pub count: u32,
    /// Until when the node will have nothing to do with that peer.
    #[serde(with = "time_option")]
    #[schema(value_type = Option<String>)]
    pub until: Option<u64>,
}

/// What went wrong, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKindJson {
    /// Nobody answers at an address.
    Unreachable,
    /// Somebody answers at an address, or calls, but no handshake succeeds: it may have another
    /// network key, or none.
    NoHandshake,
    /// Somebody else answers at an address than the peer that it names.
    OtherIdentity,
    /// Another node has this node's identity.
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
    /// An authority signed two blocks for one slot.
    DoubleSigned,
    /// Two other nodes have the same identity.
    IdentityTwice,
}

/// What must be the same for two nodes to be peers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StandpointJson {
    /// The version of the protocol.
    pub version: u16,
    /// The network's id.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub chain_id: ChainId,
    /// The hash of block 0.
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
