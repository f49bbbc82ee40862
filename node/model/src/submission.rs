//! Submitting transactions, and what becomes of them, in JSON.

use coinage_protocol::TransactionId;
use coinage_protocol::engine::Via;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::{ProofJson, TipJson};
use super::problem::{Problem, Reason};
use super::transaction::TransactionJson;
use super::{schema, text, time};

/// One transaction to submit: exactly one of `transaction` and `bytes`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitOne {
    /// The transaction in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionJson>,
    /// Its canonical bytes in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Whether to keep it if it cannot be applied yet but might be later.
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
    /// Whether to keep each if it cannot be applied yet but might be later.
    #[serde(default)]
    pub park: bool,
}

/// What becomes of a transaction, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransactionState {
    /// It waits to be included.
    Pending,
    /// A block of the chain holds it; a reorg can undo that.
    Included,
    /// This node no longer holds it; it may still be included: send the same bytes again.
    Dropped,
    /// Its time has passed at the head; not final in this version.
    Expired,
}

/// What became of a submission that was taken.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SubmittedJson {
    /// The transaction's id.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// What has become of it.
    pub status: TransactionState,
    /// Whether this node knew it before.
    pub known: bool,
    /// What it waits for, if it cannot be included at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Reason>,
    /// Why it was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The block that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<TipJson>,
}

/// What became of each of several submissions, in their order.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SubmittedMany {
    /// One result for each.
    pub results: Vec<SubmitResult>,
}

/// What became of one of several submissions.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum SubmitResult {
    /// It was taken.
    Taken(SubmittedJson),
    /// It was not.
    Refused {
        /// Why.
        error: Problem,
    },
}

/// What is known of a transaction.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TransactionStatusJson {
    /// Its id.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// What has become of it.
    pub status: TransactionState,
    /// Always false in this version: nothing is final.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Why it was dropped or has expired.
    #[schema(required)]
    pub reason: Option<Reason>,
    /// What it waits for, if it cannot be included at once.
    #[schema(required)]
    pub waits_for: Option<Reason>,
    /// The block that holds it.
    #[schema(required)]
    pub block: Option<TipJson>,
    /// Its position in that block, from 0.
    #[schema(required)]
    pub position: Option<u32>,
    /// Until when it may be included, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub expires_at: u64,
    /// The transaction, if this node still holds it.
    #[schema(required)]
    pub transaction: Option<TransactionJson>,
    /// Whether the node is alone: blocks of fewer than a majority of the authorities have come
    /// lately, so that the others may know nothing of what it says here.
    #[serde(default)]
    pub alone: bool,
    /// That the block holds it, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofJson>,
    /// Whether the wait ended before what was waited for happened; absent if nobody waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timed_out: Option<bool>,
}

/// A transaction that waits.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct MempoolEntry {
    /// Its id.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// How many bytes it has.
    pub size: u32,
    /// How it came.
    pub via: ViaJson,
    /// Since when it waits, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub since: u64,
    /// Until when it may be included, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub expires_at: u64,
    /// What it waits for, if it cannot be included at once.
    #[schema(required)]
    pub waits_for: Option<Reason>,
    /// The transaction.
    pub transaction: TransactionJson,
}

/// How a transaction came to a node.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViaJson {
    /// It was submitted here.
    Own,
    /// By gossip.
    Gossip,
    /// By asking a peer.
    Sync,
    /// From a branch that this node left.
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
