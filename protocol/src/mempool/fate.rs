//! Words for what becomes of a transaction.

use crate::chain::Tip;
use crate::ledger::{ExpiryError, LedgerError};

/// The reason why a transaction is not taken, or what it waits for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The ledger refuses it in the head's state.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The transaction is out of its time.
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
    /// The pool has no room (SPEC P-3). Nothing is wrong with the transaction: send the same bytes
    /// again later.
    #[error("the pool has no room for it now")]
    PoolFull,
}

/// The fate of a transaction, as far as this node knows (SPEC P-5).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fate {
    /// The transaction waits; `None` if it could be included at once, or else what it waits for.
    Pending(Option<Refusal>),
    /// A block of the chain holds it. Until finality exists, a reorg can undo that.
    Included(Tip),
    /// The transaction is no longer held by this node. It may still be included until it expires.
    Dropped(DropReason),
}

/// The reason why a node no longer holds a transaction.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DropReason {
    /// The transaction has expired.
    #[error("expired")]
    Expired,
    /// Others needed the room more.
    #[error("evicted: the pool was full")]
    Evicted,
    /// The transaction can no longer be valid on this chain.
    #[error("no longer possible: {0}")]
    Impossible(Refusal),
}
