//! Receipts in JSON: files that show without a node that a transaction is final.

use coinage_protocol::limits::RECEIPT_CHANGES_MAX;
use coinage_protocol::{
    Bounded, ChainId, ChangeProof, FullHash, InclusionProof, Receipt, ThresholdError, Transaction,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::proof::{BareHeaderJson, ChangeProofJson, FinalityJson};
use crate::text::Spelled;
use crate::transaction::TransactionJson;
use crate::{shape, text};

/// Partners on the way through the tree of a block's transactions.
const PARTNERS_MAX: usize = 32;

/// A transaction, and everything that shows it to be in a final block but the network's genesis.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptDocument {
    /// Format of the document.
    pub format: ReceiptFormat,
    /// Id of the network's chain.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub chain_id: ChainId,
    /// The transaction, with its signatures.
    pub transaction: TransactionJson,
    /// Position of the transaction in its block, from 0.
    pub position: u32,
    /// Number of transactions that the block holds.
    pub count: u32,
    /// Partner hashes on the way from the transaction to the root.
    #[schema(value_type = Vec<String>)]
    pub partners: Bounded<Spelled<FullHash>, PARTNERS_MAX>,
    /// Header of the block.
    pub header: BareHeaderJson,
    /// Proof that the block is final.
    pub finality: FinalityJson,
    /// Changes of authorities since genesis up to those who committed, the oldest first.
    #[schema(value_type = Vec<ChangeProofJson>)]
    pub changes: Bounded<ChangeProofJson, RECEIPT_CHANGES_MAX>,
}

/// The one format of receipts so far.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub enum ReceiptFormat {
    /// The first format of receipts.
    #[serde(rename = "coinage receipt 1")]
    V1,
}

/// The reason why a text is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum NoReceipt {
    /// The text is not the JSON of a receipt.
    #[error("{}", shape::describe(.0))]
    Json(#[from] serde_json::Error),
    /// The text says what a receipt says, and is written in another way: every byte counts.
    #[error("it was changed since it was made: line {line} is not as a receipt is written")]
    Spelling {
        /// First line that differs, from 1.
        line: usize,
    },
}

impl ReceiptDocument {
    /// Reads a receipt, of which there is exactly one spelling.
    ///
    /// # Errors
    ///
    /// Why the text is none.
    pub fn read(text: &[u8]) -> Result<Self, NoReceipt> {
        let document: Self = shape::read(text)?;
        let written = document.write()?;
        if written == text {
            return Ok(document);
        }
        let lines = |text| <[u8]>::split(text, |byte| *byte == b'\n');
        let alike = lines(text).zip(lines(&written)).take_while(|(one, other)| one == other);
        Err(NoReceipt::Spelling { line: alike.count().saturating_add(1) })
    }

    /// Writes the receipt: indented by two blanks, and with a line's end after the last brace.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn write(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }
}

impl From<&Receipt> for ReceiptDocument {
    fn from(receipt: &Receipt) -> Self {
        let InclusionProof { position, count, partners } = &receipt.inclusion;
        let partners = partners.iter().map(|partner| Spelled(FullHash::new(*partner)));
        Self {
            format: ReceiptFormat::V1,
            chain_id: receipt.chain,
            transaction: (&receipt.transaction).into(),
            position: *position,
            count: *count,
            partners: Bounded::first_of(partners),
            header: (&receipt.header).into(),
            finality: (&receipt.finality).into(),
            changes: Bounded::first_of(receipt.changes.iter().map(ChangeProofJson::from)),
        }
    }
}

impl TryFrom<&ReceiptDocument> for Receipt {
    type Error = ThresholdError;

    fn try_from(json: &ReceiptDocument) -> Result<Self, ThresholdError> {
        let partners = json.partners.iter().map(|partner| *partner.0.as_bytes());
        let (position, count) = (json.position, json.count);
        Ok(Self {
            chain: json.chain_id,
            transaction: Transaction::try_from(json.transaction.clone())?,
            inclusion: InclusionProof { position, count, partners: Bounded::first_of(partners) },
            header: (&json.header).into(),
            finality: (&json.finality).into(),
            changes: Bounded::first_of(json.changes.iter().map(ChangeProof::from)),
        })
    }
}
