//! Words for what becomes of a transaction.

use crate::chain::Tip;
use crate::ledger::{ExpiryError, LedgerError};

/// Why a transaction is not taken, or what it waits for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The ledger refuses it in the head's state.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It is out of its time.
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
    /// No room (SPEC P-3). Nothing is wrong with it: send the same bytes again later.
    #[error("the pool has no room for it now")]
    PoolFull,
}

/// What became of a transaction, as far as this node knows (SPEC P-5).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It waits; `None` if it could be included at once, or else what it waits for.
    Pending(Option<Refusal>),
    /// A block of the chain holds it. Until finality exists, a reorg can undo that.
    Included(Tip),
    /// This node no longer holds it. It may still be included until it expires.
    Dropped(DropReason),
}

/// Why a node no longer holds a transaction.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DropReason {
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Others needed the room more.
    #[error("evicted: the pool was full")]
    Evicted,
    /// It can no longer be valid on this chain.
    #[error("no longer possible: {0}")]
    Impossible(Refusal),
}
