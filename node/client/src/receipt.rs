//! Checks receipts without a node.

use coinage_model::receipt::ReceiptDocument;
use coinage_protocol::{ChainSpec, Receipt, ReceiptError, Settled, ThresholdError};

/// The first thing that is wrong with a receipt.
#[derive(Debug, thiserror::Error)]
pub enum NotSettled {
    /// The transaction cannot be read.
    #[error("the transaction: {0}")]
    Transaction(#[from] ThresholdError),
    /// The receipt does not show that the transaction is final.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

/// Checks that a transaction is in a final block of this network (SPEC M-6), and returns the
/// receipt as it was understood.
///
/// # Errors
///
/// [`NotSettled`] for the first thing that is wrong.
pub fn check(
    document: &ReceiptDocument,
    spec: &ChainSpec,
) -> Result<(Receipt, Settled), NotSettled> {
    let receipt = Receipt::try_from(document)?;
    let settled = receipt.check(spec)?;
    Ok((receipt, settled))
}

#[cfg(test)]
mod tests;
