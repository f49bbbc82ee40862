//! Events that a node sends as they happen, in JSON: the data of `GET /v1/events`.

use std::fmt;
use std::str::FromStr;

use coinage_protocol::engine::Via;
use coinage_protocol::{
    Action, Address, AuthoritySet, BlockHash, ChainSpec, CheckedBlock, PublicKey, ReorgRecord, Tip,
    TransactionId, TransactionStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::action::ActionJson;
use super::chain::{CountsJson, ReorgJson, RuleJson, TipJson};
use super::conflict::ConflictJson;
use super::evidence::EvidenceJson;
use super::problem::Reason;
use super::submission::{StatusParts, TransactionState, ViaJson};
use super::{schema, text, time};

/// An event, under the name of its kind.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventJson {
    /// The head is another block now. Also the first event of a stream that resumes nothing: what
    /// follows begins at this block.
    Head(TipJson),
    /// A block joined the chain; its parent is the block before it.
    Block(BlockEvent),
    /// Blocks left the chain. The blocks of the branch that replaces them follow.
    Reorg(ReorgEvent),
    /// A block became final, with all below it: nothing undoes them.
    Final(FinalEvent),
    /// An authority signed two things of which no honest one signs both.
    Evidence(Box<EvidenceJson>),
    /// Two quorums committed blocks that contradict each other: rely on nothing that is final.
    Conflict(ConflictJson),
    /// A transaction changed its status.
    Transaction(TransactionEvent),
    /// A transaction did something by a token's charter, or its block left the chain. Follows the
    /// `transaction` that says so.
    Charter(CharterEvent),
    /// A peer came or went.
    Peer(PeerEvent),
    /// Events are missing here: forget what was followed, and begin again at this head.
    Reset(ResetEvent),
}

/// A kind of events that a reader can choose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// The head is another block.
    Head,
    /// A block joined the chain.
    Block,
    /// Blocks left the chain.
    Reorg,
    /// A block became final.
    Final,
    /// An authority signed two things of which no honest one signs both.
    Evidence,
    /// Two quorums contradict each other.
    Conflict,
    /// A transaction changed its status.
    Transaction,
    /// A transaction did something by a charter.
    Charter,
    /// A peer came or went.
    Peer,
}

impl EventKind {
    /// All kinds of events.
    pub const ALL: [Self; 9] = [
        Self::Head,
        Self::Block,
        Self::Reorg,
        Self::Final,
        Self::Evidence,
        Self::Conflict,
        Self::Transaction,
        Self::Charter,
        Self::Peer,
    ];

    /// Returns the name of the kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Block => "block",
            Self::Reorg => "reorg",
            Self::Final => "final",
            Self::Evidence => "evidence",
            Self::Conflict => "conflict",
            Self::Transaction => "transaction",
            Self::Charter => "charter",
            Self::Peer => "peer",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there are no events of this kind; there are {names}")
        })
    }
}

/// A block that joined the chain.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BlockEvent {
    /// Place of the block on its chain.
    #[serde(flatten)]
    pub tip: TipJson,
    /// Hash of the block before it.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub previous: BlockHash,
    /// Public key of the authority that wrote the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Key)]
    pub leader: PublicKey,
    /// Number of transactions that the block holds.
    pub transactions: u32,
    /// Way in which the block came to the node.
    pub via: ViaJson,
    /// Time from the start of the block's slot until it joined, in milliseconds; negative if clocks
    /// differ.
    #[serde(with = "text")]
    #[schema(value_type = schema::Signed)]
    pub delay_ms: i64,
}

impl BlockEvent {
    /// Returns the event of a block that joined the chain.
    pub fn new(
        (block, authorities): (&CheckedBlock, &AuthoritySet),
        via: Via,
        delay_ms: i64,
        spec: &ChainSpec,
    ) -> Self {
        let header = block.header();
        let tip = Tip { height: header.height, slot: header.slot, hash: block.hash() };
        Self {
            tip: TipJson::new(&tip, spec),
            previous: header.previous,
            leader: *authorities.leader(header.slot),
            transactions: u32::try_from(block.transactions().len()).unwrap_or(u32::MAX),
            via: via.into(),
            delay_ms,
        }
    }
}

/// A change of branches. `/v1/chain/reorgs` tells what became of every transaction.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReorgEvent {
    /// Time of the reorg by this node's clock, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub time: u64,
    /// Number of blocks that left the chain: all above the common ancestor.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub depth: u64,
    /// The last block that both branches share.
    pub common_ancestor: TipJson,
    /// The head before the reorg.
    pub old_head: TipJson,
    /// The head after the reorg.
    pub new_head: TipJson,
    /// Part of the fork-choice rule that decided.
    pub rule: RuleJson,
    /// Number of transactions of the abandoned branch, by what became of them.
    pub counts: CountsJson,
}

impl ReorgEvent {
    /// Returns the record of a reorg without its transactions.
    pub fn new(record: &ReorgRecord, spec: &ChainSpec) -> Self {
        let shown = ReorgJson::new(0, record, spec);
        let ReorgJson { time, depth, common_ancestor, old_head, new_head, rule, counts, .. } =
            shown;
        Self { time, depth, common_ancestor, old_head, new_head, rule, counts }
    }
}

/// A change of a transaction's status.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TransactionEvent {
    /// Id of the transaction.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// New status of the transaction.
    pub status: TransactionChange,
    /// The block that the transaction is in, or was in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<TipJson>,
    /// Way in which the transaction came, when it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<ViaJson>,
    /// Reason why the transaction waits, if it was accepted but cannot be included at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Reason>,
    /// Reason why the transaction was dropped or expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl TransactionEvent {
    /// Returns the event that a transaction has this status from now on.
    pub fn new(id: TransactionId, status: &TransactionStatus, spec: &ChainSpec) -> Self {
        let StatusParts { state, waits_for, reason, block } = StatusParts::new(status, spec);
        Self { id, status: state.into(), block, via: None, waits_for, reason }
    }

    /// Returns the event that the block which held a transaction left the chain.
    pub fn reverted(id: TransactionId, block: TipJson) -> Self {
        let status = TransactionChange::Reverted;
        Self { id, status, block: Some(block), via: None, waits_for: None, reason: None }
    }
}

/// New status of a transaction.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransactionChange {
    /// The transaction waits to be included.
    Accepted,
    /// A block holds the transaction.
    Included,
    /// The block that held the transaction left the chain. If it was included anew, waits again or
    /// was dropped, that is told next.
    Reverted,
    /// The node no longer holds the transaction; the same bytes can be sent again.
    Dropped,
    /// The transaction's time is over.
    Expired,
}

impl From<TransactionState> for TransactionChange {
    fn from(state: TransactionState) -> Self {
        match state {
            TransactionState::Pending => Self::Accepted,
            TransactionState::Included | TransactionState::Final => Self::Included,
            TransactionState::Dropped => Self::Dropped,
            TransactionState::Expired => Self::Expired,
        }
    }
}

/// Actions of a transaction by charters: creations, issue and burns, draws and claims, roles,
/// freezing, moves, hand-overs, amendments.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CharterEvent {
    /// Id of the transaction.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// Address that sent the transaction.
    #[serde(with = "text")]
    #[schema(value_type = schema::Address)]
    pub sender: Address,
    /// Change of the chain: the actions are done, or undone.
    pub status: CharterChange,
    /// The block that the transaction is in, or was in.
    pub block: TipJson,
    /// Actions by a charter, in their order; others of the transaction are left out.
    #[schema(min_items = 1, max_items = 64)]
    pub actions: Vec<ActionJson>,
}

impl CharterEvent {
    /// Returns the event of these actions of a transaction.
    pub fn new<'a>(
        (id, sender): (TransactionId, Address),
        status: CharterChange,
        block: TipJson,
        actions: impl IntoIterator<Item = &'a Action>,
    ) -> Self {
        let actions = actions.into_iter().map(ActionJson::from).collect();
        Self { id, sender, status, block, actions }
    }
}

/// Change of the chain that actions by a charter are told with.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CharterChange {
    /// A block holds the transaction.
    Included,
    /// The block that held the transaction left the chain: nothing of it is done any more.
    Reverted,
}

/// A block that became final.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct FinalEvent {
    /// Place of the block.
    #[serde(flatten)]
    pub tip: TipJson,
    /// Height of the final block before it: those in between became final with it.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub after: u64,
    /// Time from the start of the block's slot until it was final here, in milliseconds; negative
    /// if clocks differ.
    #[serde(with = "text")]
    #[schema(value_type = schema::Signed)]
    pub delay_ms: i64,
}

/// A peer that came or went.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PeerEvent {
    /// The peer's libp2p peer id.
    pub peer_id: String,
    /// Address that the peer is or was connected from or to, as a multiaddress.
    pub address: String,
    /// True if the peer dialled this node.
    pub inbound: bool,
    /// Change of the connection to the peer.
    pub change: PeerChange,
    /// Reason for the change, unless the peer connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Change of the connection to a peer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeerChange {
    /// The peer is connected.
    Connected,
    /// The peer is no longer connected.
    Disconnected,
    /// The peer is of another network or version, and is let go.
    Refused,
    /// The peer did too often what no honest node does, and is locked out for a while.
    Banned,
}

/// A gap in the events: some are missing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ResetEvent {
    /// Reason why events are missing.
    pub reason: ResetReason,
    /// The head at which the events that follow begin.
    pub head: TipJson,
}

/// Reason why events are missing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// The node has started anew since the event to resume after.
    Restarted,
    /// Events after the one to resume after are no longer kept.
    TooOld,
    /// The reader is too slow: what it had not read yet is no longer kept.
    TooSlow,
    /// `Last-Event-ID` names no event of this node.
    UnknownId,
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
