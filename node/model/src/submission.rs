//! Submitting transactions, and what becomes of them, in JSON.

use coinage_protocol::TransactionId;
use coinage_protocol::engine::Via;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::{ProofJson, TipJson};
use super::problem::{Problem, Reason};
use super::transaction::TransactionJson;
use super::{schema, text, time};

/// A transaction to submit: exactly one of `transaction` and `bytes`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitOne {
    /// The transaction in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionJson>,
    /// Canonical bytes of the transaction, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// True to keep the transaction if it cannot be applied yet but might be later.
    #[serde(default)]
    pub park: bool,
}

/// Several transactions to submit.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitMany {
    /// The transactions, at most 1,000.
    #[schema(max_items = 1000)]
    pub transactions: Vec<SubmitOne>,
    /// True to keep each transaction if it cannot be applied yet but might be later.
    #[serde(default)]
    pub park: bool,
}

/// Status of a transaction, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransactionState {
    /// The transaction waits to be included.
    Pending,
    /// A block of the chain holds the transaction; a reorg can undo that.
    Included,
    /// The transaction is no longer held by this node; it may still be included: send the same
    /// bytes again.
    Dropped,
    /// The transaction's time has passed at the head; not final in this version.
    Expired,
}

/// Result of a submission that was taken.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SubmittedJson {
    /// Id of the transaction.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// Status of the transaction.
    pub status: TransactionState,
    /// True if this node knew the transaction before.
    pub known: bool,
    /// Reason why the transaction waits, if it cannot be included at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Reason>,
    /// Reason why the transaction was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The block that holds the transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<TipJson>,
}

/// Results of several submissions, in their order.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SubmittedMany {
    /// Results, one for each submission.
    pub results: Vec<SubmitResult>,
}

/// Result of one of several submissions.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum SubmitResult {
    /// The submission was taken.
    Taken(SubmittedJson),
    /// The submission was refused.
    Refused {
        /// Reason for the refusal.
        error: Problem,
    },
}

/// Status of a transaction, with all that is known of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TransactionStatusJson {
    /// Id of the transaction.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// Status of the transaction.
    pub status: TransactionState,
    /// Always false in this version: nothing is final.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Reason why the transaction was dropped or has expired.
    #[schema(required)]
    pub reason: Option<Reason>,
    /// Reason why the transaction waits, if it cannot be included at once.
    #[schema(required)]
    pub waits_for: Option<Reason>,
    /// The block that holds the transaction.
    #[schema(required)]
    pub block: Option<TipJson>,
    /// Position of the transaction in that block, from 0.
    #[schema(required)]
    pub position: Option<u32>,
    /// Time until which the transaction may be included, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub expires_at: u64,
    /// The transaction, if this node still holds it.
    #[schema(required)]
    pub transaction: Option<TransactionJson>,
    /// True if the node is alone: blocks of fewer than a majority of the authorities have come
    /// lately, so that the others may know nothing of what it says here.
    #[serde(default)]
    pub alone: bool,
    /// Proof that the block holds the transaction, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofJson>,
    /// True if the wait ended before what was waited for happened; absent if nobody waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timed_out: Option<bool>,
}

/// A transaction that waits.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct MempoolEntry {
    /// Id of the transaction.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// Number of bytes of the transaction.
    pub size: u32,
    /// Way in which the transaction came to the node.
    pub via: ViaJson,
    /// Time since when the transaction waits, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub since: u64,
    /// Time until which the transaction may be included, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub expires_at: u64,
    /// Reason why the transaction waits, if it cannot be included at once.
    #[schema(required)]
    pub waits_for: Option<Reason>,
    /// The transaction itself.
    pub transaction: TransactionJson,
}

/// Way in which a transaction or a block came to a node.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViaJson {
    /// The node itself brought it: it was submitted or written here.
    Own,
    /// Gossip brought it.
    Gossip,
    /// A peer was asked for it.
    Sync,
    /// A reorg brought it back from the branch that this node left.
    Reorg,
}

impl From<Via> for ViaJson {
    fn from(via: Via) -> Self {
        match via {
            Via::Own => Self::Own,
            Via::Gossip => Self::Gossip,
            Via::Sync => Self::Sync,
            Via::Reorg => Self::Reorg,
        }
    }
}
