//! Submitting transactions, and what becomes of them, in JSON.

use coinage_protocol::engine::Via;
use coinage_protocol::{ChainId, ChainSpec, DropReason, TransactionId, TransactionStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::{ProofJson, TipJson};
use super::code::Code;
use super::problem::{Problem, Reason};
use super::transaction::TransactionJson;
use super::{schema, text, time};

/// Words of P-5 for a transaction whose time is over, while no later block is final.
const NOT_FINAL: &str = "expired, not final";
/// Words of P-5 for a transaction whose time is over for good.
const EXPIRED: &str = "expired";

/// A transaction to submit: exactly one of `transaction` and `bytes`. The file in which the command
/// line keeps a transaction is one, too.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "bytes": "AAAA", "park": false }))]
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
    /// Format of a transaction file; says nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<TransactionFormat>,
    /// Chain that the transaction is for; if it is another than the node's, that is the refusal.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Hash>)]
    pub chain_id: Option<ChainId>,
}

/// Format of a transaction file.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub enum TransactionFormat {
    /// The first format of transaction files.
    #[serde(rename = "coinage transaction 1")]
    V1,
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
    /// A final block holds the transaction: nothing undoes that.
    Final,
    /// The transaction is no longer held by this node; it may still be included: send the same
    /// bytes again.
    Dropped,
    /// The transaction's time has passed at the head; definitive once it has at the final block.
    Expired,
}

/// Parts of a status that answers and events show, each under the same name.
pub(crate) struct StatusParts {
    pub(crate) state: TransactionState,
    pub(crate) waits_for: Option<Reason>,
    pub(crate) reason: Option<Reason>,
    pub(crate) block: Option<TipJson>,
}

impl StatusParts {
    pub(crate) fn new(status: &TransactionStatus, spec: &ChainSpec) -> Self {
        let of = |state| Self { state, waits_for: None, reason: None, block: None };
        match status {
            TransactionStatus::Pending(waits_for) => {
                let waits_for = waits_for.as_ref().map(Into::into);
                Self { waits_for, ..of(TransactionState::Pending) }
            }
            TransactionStatus::Included(tip) => {
                let block = Some(TipJson::new(tip, spec));
                Self { block, ..of(TransactionState::Included) }
            }
            TransactionStatus::Dropped(reason) => {
                Self { reason: Some(reason.into()), ..of(TransactionState::Dropped) }
            }
            TransactionStatus::Expired(reason) => {
                Self { reason: Some(reason.into()), ..of(TransactionState::Expired) }
            }
        }
    }
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

impl SubmittedJson {
    /// Returns what a submission shows of the status of its transaction.
    pub fn new(
        id: TransactionId,
        known: bool,
        status: &TransactionStatus,
        spec: &ChainSpec,
    ) -> Self {
        let StatusParts { state, waits_for, reason, block } = StatusParts::new(status, spec);
        Self { id, status: state, known, waits_for, reason, block }
    }

    /// Returns the same where the chain up to this height is final.
    #[must_use]
    pub fn settled(self, final_height: u64) -> Self {
        Self { status: settled(self.status, self.block, final_height), ..self }
    }
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
    /// True if the status never changes any more: the transaction is in a final block, or its time
    /// was over before one.
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
    /// lately, so that the others may know nothing of what it says here. Never of what is final.
    #[serde(default)]
    pub alone: bool,
    /// Proof that the block holds the transaction, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofJson>,
    /// True if the wait ended before what was waited for happened; absent if nobody waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timed_out: Option<bool>,
}

impl TransactionStatusJson {
    /// True if the node let the transaction go because its time was over, and the chain has not
    /// got to that time yet: only a block that is on its way can still hold it.
    pub fn is_over(&self) -> bool {
        let is_expiry = |reason: &Reason| reason.code == Code::Expired.name();
        self.status == TransactionState::Dropped && self.reason.as_ref().is_some_and(is_expiry)
    }

    /// Returns the same where the chain up to this block is final: one that is included there is
    /// final, and one whose time was over there can never be included.
    #[must_use]
    pub fn settled(mut self, finalized: &TipJson) -> Self {
        self.status = settled(self.status, self.block, finalized.height);
        let is_over = self.status == TransactionState::Expired && self.expires_at < finalized.time;
        self.is_final = is_over || self.status == TransactionState::Final;
        if let Some(reason) = self.reason.as_mut().filter(|_| is_over) {
            reason.detail = reason.detail.replacen(NOT_FINAL, EXPIRED, 1);
        }
        self
    }

    /// Returns what a status shows by itself.
    pub fn new(
        id: TransactionId,
        status: &TransactionStatus,
        expires_at: u64,
        spec: &ChainSpec,
    ) -> Self {
        let StatusParts { state, waits_for, mut reason, block } = StatusParts::new(status, spec);
        if let (TransactionStatus::Expired(why), Some(reason)) = (status, &mut reason) {
            reason.detail = match why {
                DropReason::Expired => NOT_FINAL.into(),
                DropReason::Evicted | DropReason::Impossible(_) => {
                    format!("{NOT_FINAL}; {}", reason.detail)
                }
            };
        }
        Self {
            id,
            status: state,
            is_final: false,
            reason,
            waits_for,
            block,
            position: None,
            expires_at,
            transaction: None,
            alone: false,
            proof: None,
            timed_out: None,
        }
    }
}

/// The state of a transaction of this block where the chain up to a height is final.
fn settled(state: TransactionState, block: Option<TipJson>, final_height: u64) -> TransactionState {
    let is_final = block.is_some_and(|block| block.height <= final_height);
    if state == TransactionState::Included && is_final { TransactionState::Final } else { state }
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

#[cfg(test)]
#[path = "submission_tests.rs"]
mod tests;
