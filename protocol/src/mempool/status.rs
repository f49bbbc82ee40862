//! The status of a transaction, and the reasons for it.

use crate::chain::{ReorgOutcome, Tip};
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

/// The status of a transaction, as far as a node knows (SPEC P-5).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TransactionStatus {
    /// The transaction waits; `None` if it could be included at once, or else what it waits for.
    Pending(Option<LedgerError>),
    /// A block of the chain holds it. Until finality exists, a reorg can undo that.
    Included(Tip),
    /// The transaction is no longer held by this node. It may still be included until it expires.
    Dropped(DropReason),
    /// The time of the transaction is over, and this is why the node no longer holds it.
    Expired(DropReason),
}

/// The outcome of offering a transaction to a node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SubmitOutcome {
    /// The transaction was taken, and waits now.
    Accepted(TransactionStatus),
    /// The transaction was known before.
    Known(TransactionStatus),
    /// The transaction was not taken.
    Refused(Refusal),
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

impl From<DropReason> for TransactionStatus {
    /// The status of a transaction at the moment at which a node lets it go.
    fn from(reason: DropReason) -> Self {
        match reason {
            DropReason::Expired => Self::Expired(reason),
            DropReason::Evicted | DropReason::Impossible(_) => Self::Dropped(reason),
        }
    }
}

impl From<&TransactionStatus> for ReorgOutcome {
    /// The outcome of a reorg for a transaction that has this status after it.
    fn from(status: &TransactionStatus) -> Self {
        match status {
            TransactionStatus::Included(_) => Self::Reincluded,
            TransactionStatus::Pending(None) => Self::BackInPool,
            TransactionStatus::Pending(Some(_))
            | TransactionStatus::Dropped(DropReason::Impossible(_)) => Self::Conflicting,
            TransactionStatus::Expired(_) | TransactionStatus::Dropped(DropReason::Expired) => {
                Self::Expired
            }
            TransactionStatus::Dropped(DropReason::Evicted) => Self::Dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::BlockHash;
    use crate::samples::symbol;
    use crate::units::{Height, Slot};

    #[test]
    fn the_outcome_of_a_reorg_follows_from_the_status_after_it() {
        // SPEC C-3, P-5
        let lacking = LedgerError::UnknownToken { token: symbol("GOLD") };
        let impossible = DropReason::Impossible(Refusal::from(lacking.clone()));
        let tip = Tip { height: Height::new(1), slot: Slot::new(1), hash: BlockHash::new([1; 32]) };
        for (status, outcome) in [
            (TransactionStatus::Included(tip), ReorgOutcome::Reincluded),
            (TransactionStatus::Pending(None), ReorgOutcome::BackInPool),
            (TransactionStatus::Pending(Some(lacking)), ReorgOutcome::Conflicting),
            (impossible.into(), ReorgOutcome::Conflicting),
            (DropReason::Expired.into(), ReorgOutcome::Expired),
            (DropReason::Evicted.into(), ReorgOutcome::Dropped),
        ] {
            assert_eq!(ReorgOutcome::from(&status), outcome, "{status:?}");
        }
    }
}
