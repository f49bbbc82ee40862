//! State of a node and of its peers, in JSON.

use std::path::PathBuf;

use coinage_protocol::{Amount, BlockHash, ChainId, PublicKey, Symbol};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::TipJson;
use super::conflict::ConflictJson;
use super::genesis::FeeJson;
use super::{schema, text, time};
use crate::Fingerprint;

/// Sign that a node answers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct LiveJson {
    /// Always true.
    pub live: bool,
}

/// Sign that a node has what the network has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReadyJson {
    /// Always true.
    pub ready: bool,
}

/// State of a node.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct StatusJson {
    /// Name that people call the node by, or else its peer id.
    pub node: String,
    /// The node's libp2p peer id.
    pub peer_id: String,
    /// Addresses where other nodes find the node now, as multiaddresses, the most useful first.
    pub addresses: Vec<String>,
    /// Version of the program.
    pub version: String,
    /// Name that people call the network by.
    pub network: String,
    /// Id of the network's chain.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub chain_id: ChainId,
    /// Hash of block 0.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub genesis_hash: BlockHash,
    /// Fingerprint of the key that the node's peers must have; `null` is a network that anybody may
    /// join.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<String>, required)]
    pub network_key: Option<Fingerprint>,
    /// Role of the node: whether it writes blocks.
    pub role: Role,
    /// The best block that the node has applied.
    pub head: TipJson,
    /// The final block: nothing undoes it, nor what is below it; `null` from an older node.
    #[serde(rename = "final")]
    #[schema(required)]
    pub final_block: Option<FinalJson>,
    /// The highest block that a quorum has voted for or committed; `null` from an older node.
    #[serde(default)]
    #[schema(required)]
    pub certified: Option<TipJson>,
    /// Number of authorities that must agree to make a block final; `null` from an older node.
    #[serde(default)]
    #[schema(required)]
    pub quorum: Option<u32>,
    /// Authorities of which no vote has come lately: in the last two rounds, and on a quiet network
    /// a heartbeat besides; empty from an older node.
    #[serde(default)]
    #[schema(required)]
    pub silent: Vec<AuthorityJson>,
    /// Sentence about what is final, and what is waited for if too few authorities vote.
    pub finality: String,
    /// Authorities of which neither a block nor a vote has come lately; empty from an older node.
    #[serde(default)]
    #[schema(required)]
    pub missing: Vec<AuthorityJson>,
    /// Progress of the node towards what the network has.
    pub sync: SyncJson,
    /// Number of peers that are connected.
    pub peers: u32,
    /// Load of the mempool: the transactions that wait.
    pub mempool: MempoolStatus,
    /// Authorities, which may write blocks, in the order of their turns.
    pub authorities: Vec<AuthorityJson>,
    /// The node's clock.
    pub clock: ClockJson,
    /// Length of a slot, in milliseconds.
    pub slot_ms: u32,
    /// Fee that every transaction burns; `null` is nothing.
    #[serde(default)]
    #[schema(required)]
    pub fee: Option<FeeJson>,
    /// Room in the state; `null` from an older node.
    #[serde(default)]
    #[schema(required)]
    pub room: Option<RoomJson>,
    /// Disk of the node's data directory; `null` if the system does not tell, or from an older
    /// node.
    #[serde(default)]
    #[schema(required)]
    pub disk: Option<DiskJson>,
    /// Directory of the devnet that the node belongs to.
    #[schema(value_type = Option<String>, required)]
    pub devnet: Option<PathBuf>,
    /// Number of pieces of evidence against authorities that the node has; 0 from an older node.
    #[serde(default)]
    #[schema(required)]
    pub evidence: u32,
    /// Commits of two quorums that contradict each other, if the node has seen any; `null` from an
    /// older node.
    #[serde(default)]
    #[schema(required)]
    pub conflict: Option<ConflictJson>,
    /// Warnings: what somebody should look after.
    pub warnings: Vec<String>,
}

impl StatusJson {
    /// Number of authorities that are heard of, and of how many: `3/4`.
    pub fn heard(&self) -> String {
        let heard = self.sync.heard.map_or_else(|| "?".to_owned(), |heard| heard.to_string());
        format!("{heard}/{}", self.authorities.len())
    }

    /// Checks whether too few authorities vote to make anything final; unknown of an older node.
    pub fn is_finality_held_up(&self) -> bool {
        let voting = self.authorities.len().saturating_sub(self.silent.len());
        let quorum = self.quorum.and_then(|quorum| usize::try_from(quorum).ok());
        quorum.is_some_and(|quorum| voting < quorum)
    }
}

/// The final block, and how far the head is beyond it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct FinalJson {
    /// Place of the block.
    #[serde(flatten)]
    pub tip: TipJson,
    /// Number of blocks of the chain above it.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub lag: u64,
}

/// Room in the state: how full it is, and what a new place in it takes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RoomJson {
    /// Number of balances that are not zero.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub balances: u64,
    /// Number of balances that there may be at most.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub balances_max: u64,
    /// Number of tokens that exist.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub tokens: u64,
    /// Number of tokens that there may be at most.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub tokens_max: u64,
    /// Number of balances and tokens by which a block may grow the state; `null` is without bound.
    #[serde(with = "text::option")]
    #[schema(value_type = Option<schema::Unsigned>, required)]
    pub block_max: Option<u64>,
    /// Token in which new places take a deposit; `null` is not at all.
    #[schema(value_type = Option<schema::Symbol>, required)]
    pub deposit: Option<Symbol>,
    /// Deposit that a new balance takes now, in base units of that token; it comes back when the
    /// balance ends.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub balance_deposit: Amount,
    /// Amount that a new token burns now, in base units of the deposit's token.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub token_deposit: Amount,
}

/// Disk on which a node keeps its chain.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct DiskJson {
    /// Number of bytes that are free for the node.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub free_bytes: u64,
    /// True if that is so little that the node may soon have to stop.
    pub low: bool,
}

/// Role of a node.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The node writes blocks in its slots.
    Authority,
    /// The node validates, relays and answers.
    Observer,
}

/// Progress of a node towards what the network has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SyncJson {
    /// State of the sync, in one word.
    pub state: SyncStateJson,
    /// Height up to which the way is proven, while syncing; the chain may go on beyond it.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Unsigned>, required)]
    pub target: Option<u64>,
    /// Number of authorities of which a block or a vote has come lately: with half of them or fewer
    /// the node may be cut off from the others; `null` from an older node.
    #[serde(default)]
    #[schema(required)]
    pub heard: Option<u32>,
}

/// State of a node's sync, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncStateJson {
    /// The node does not know yet where the network stands.
    Searching,
    /// The node is fetching or applying a better chain.
    Syncing,
    /// The node has the best chain that any peer has shown.
    Synced,
    /// The node has the best chain shown, but of no majority of the authorities has a block or a
    /// vote come lately: do not rely on what it shows.
    Alone,
    /// No block has come for many slots, and for longer than a quiet network has none.
    Stalled,
}

/// Load of the mempool: the transactions that wait.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct MempoolStatus {
    /// Number of transactions that wait.
    pub transactions: u32,
    /// Number of waiting transactions that cannot be included yet.
    pub parked: u32,
    /// Bytes of memory that the waiting transactions take.
    pub bytes: u32,
    /// Bytes of transactions that a leader puts into a block at most now, for the others to keep
    /// up.
    #[serde(default)]
    pub block_bytes: u32,
    /// Number of blocks of that size that it takes until what waits now is included; from 8 on the
    /// node takes no more from users for the moment.
    #[serde(default)]
    pub backlog_blocks: u32,
}

/// An authority, which may write blocks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuthorityJson {
    /// Turn of the authority: it leads the slots that leave this remainder when divided by the
    /// number of authorities.
    pub index: u32,
    /// Public key of the authority.
    #[serde(with = "text")]
    #[schema(value_type = schema::Key)]
    pub key: PublicKey,
    /// True if the authority is this node.
    #[serde(rename = "self")]
    pub is_self: bool,
}

/// A node's clock.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ClockJson {
    /// Milliseconds by which the clock is ahead of the authorities', if that is more than a slot.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Signed>, required)]
    pub ahead_ms: Option<i64>,
    /// True if the clock is off by so much that the node signs nothing.
    pub skewed: bool,
    /// True if nobody confirms the clock, and it is so far from the last known time that the node
    /// signs nothing without its operator's word; `ahead_ms` says how far.
    #[serde(default)]
    #[schema(required)]
    pub absurd: bool,
    /// Milliseconds by which the head is ahead of the clock, if that is more than a block may be.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Unsigned>, required)]
    pub head_ahead_ms: Option<u64>,
}

/// A connected peer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PeerJson {
    /// The peer's libp2p peer id.
    pub peer_id: String,
    /// Address that the peer is connected from or to, as a multiaddress.
    pub address: String,
    /// True if the peer dialled this node.
    pub inbound: bool,
    /// Time when the peer connected, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub since: u64,
    /// Program and version of the peer, once it has said so.
    #[schema(required)]
    pub agent: Option<String>,
    /// The best block that the peer said it has.
    #[schema(required)]
    pub head: Option<TipJson>,
    /// Milliseconds by which the peer's clock seemed ahead of this node's.
    #[serde(with = "text")]
    #[schema(value_type = schema::Signed)]
    pub clock_ahead_ms: i64,
}
