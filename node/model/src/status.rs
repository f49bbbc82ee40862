//! How a node stands, in JSON.

use std::path::PathBuf;

use coinage_protocol::{Amount, BlockHash, ChainId, PublicKey, Symbol};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::TipJson;
use super::genesis::FeeJson;
use super::{schema, text, time};
use crate::Fingerprint;

/// That a node answers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct LiveJson {
    /// Always true.
    pub live: bool,
}

/// That a node has what the network has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReadyJson {
    /// Always true.
    pub ready: bool,
}

/// How a node stands.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct StatusJson {
    /// What people call the node, or else its peer id.
    pub node: String,
    /// Its libp2p peer id.
    pub peer_id: String,
    /// Where other nodes find it now, as multiaddresses, the most useful first.
    pub addresses: Vec<String>,
    /// The program's version.
    pub version: String,
    /// What people call the network.
    pub network: String,
    /// The network's id.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub chain_id: ChainId,
    /// The hash of block 0.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub genesis_hash: BlockHash,
    /// The fingerprint of the key that its peers must have; `null` is a network that anybody may
    /// join.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<String>, required)]
    pub network_key: Option<Fingerprint>,
    /// Whether it writes blocks.
    pub role: Role,
    /// The best block that it has applied.
    pub head: TipJson,
    /// Always `null` in this version.
    #[serde(rename = "final")]
    #[schema(required)]
    pub final_block: Option<TipJson>,
    /// Always `null` in this version.
    #[schema(required)]
    pub justified: Option<TipJson>,
    /// What that means.
    pub finality: String,
    /// Whether it has what the network has.
    pub sync: SyncJson,
    /// How many peers are connected.
    pub peers: u32,
    /// What waits.
    pub mempool: MempoolStatus,
    /// Who may write blocks, in the order of their turns.
    pub authorities: Vec<AuthorityJson>,
    /// The node's clock.
    pub clock: ClockJson,
    /// How long a slot is, in milliseconds.
    pub slot_ms: u32,
    /// What every transaction burns; `null` is nothing.
    #[serde(default)]
    #[schema(required)]
    pub fee: Option<FeeJson>,
    /// How full the state is; `null` from an older node.
    #[serde(default)]
    #[schema(required)]
    pub room: Option<RoomJson>,
    /// The directory of the devnet it belongs to.
    #[schema(value_type = Option<String>, required)]
    pub devnet: Option<PathBuf>,
    /// What somebody should look after.
    pub warnings: Vec<String>,
}

/// How full the state is, and what a new place in it takes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RoomJson {
    /// Balances that are not zero.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub balances: u64,
    /// How many there may be.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub balances_max: u64,
    /// Tokens.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub tokens: u64,
    /// How many there may be.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub tokens_max: u64,
    /// By how many balances and tokens a block may grow the state; `null` is without bound.
    #[serde(with = "text::option")]
    #[schema(value_type = Option<schema::Unsigned>, required)]
    pub block_max: Option<u64>,
    /// In which token new places take a deposit; `null` is not at all.
    #[schema(value_type = Option<schema::Symbol>, required)]
    pub deposit: Option<Symbol>,
    /// What a new balance takes now, in base units of that; it comes back when the balance ends.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub balance_deposit: Amount,
    /// What a new token burns now, in base units of that.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub token_deposit: Amount,
}

/// What a node does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It writes blocks in its slots.
    Authority,
    /// It validates, relays and answers.
    Observer,
}

/// Whether a node has what the network has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SyncJson {
    /// In one word.
    pub state: SyncStateJson,
    /// The height up to which the way is proven, while syncing; the chain may go on beyond it.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Unsigned>, required)]
    pub target: Option<u64>,
}

/// Whether a node has what the network has, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncStateJson {
    /// It does not know yet where the network stands.
    Searching,
    /// It is fetching or applying a better chain.
    Syncing,
    /// It has the best chain that any peer has shown.
    Synced,
    /// It has that, but blocks of fewer than a majority of the authorities have come in their last
    /// two rounds: do not rely on what it shows.
    Alone,
    /// No block has come for many slots.
    Stalled,
}

/// What waits.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct MempoolStatus {
    /// How many transactions.
    pub transactions: u32,
    /// How many of them cannot be included yet.
    pub parked: u32,
    /// How many bytes of memory they take.
    pub bytes: u32,
    /// Bytes of transactions that a leader puts into a block at most now, for the others to keep
    /// up.
    #[serde(default)]
    pub block_bytes: u32,
    /// Blocks of that size that it takes until what waits now is included; from 8 on the node
    /// takes no more from users for the moment.
    #[serde(default)]
    pub backlog_blocks: u32,
}

/// One who may write blocks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuthorityJson {
    /// Its turn: it leads the slots with this remainder.
    pub index: u32,
    /// Its key.
    #[serde(with = "text")]
    #[schema(value_type = schema::Key)]
    pub key: PublicKey,
    /// Whether it is this node.
    #[serde(rename = "self")]
    pub is_self: bool,
}

/// A node's clock.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ClockJson {
    /// By how many milliseconds it is ahead of the authorities', if that is more than a slot.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Signed>, required)]
    pub ahead_ms: Option<i64>,
    /// Whether it is off by so much that the node signs nothing.
    pub skewed: bool,
    /// Whether nobody confirms it, and it is so far from the last known time that the node signs
    /// nothing without its operator's word; `ahead_ms` says how far.
    #[serde(default)]
    #[schema(required)]
    pub absurd: bool,
    /// By how many milliseconds the head is ahead of it, if that is more than a block may be.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Unsigned>, required)]
    pub head_ahead_ms: Option<u64>,
}

/// A connected peer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PeerJson {
    /// Its libp2p peer id.
    pub peer_id: String,
    /// Where it is connected from or to, as a multiaddress.
    pub address: String,
    /// Whether it dialled this node.
    pub inbound: bool,
    /// Since when, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub since: u64,
    /// Its program and version, once it has said so.
    #[schema(required)]
    pub agent: Option<String>,
    /// The best block it said it has.
    #[schema(required)]
    pub head: Option<TipJson>,
    /// By how many milliseconds its clock seemed ahead of this node's.
    #[serde(with = "text")]
    #[schema(value_type = schema::Signed)]
    pub clock_ahead_ms: i64,
}
