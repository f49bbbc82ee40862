//! Applying a block to the state before it.

use alloc::collections::BTreeSet;

use crate::block::{BlockError, CheckedBlock};
use crate::hash::{StateRoot, TransactionId};
use crate::ledger::{
    Changes, ExpiryError, LedgerError, Overlay, State, apply_transaction, check_window,
};
use crate::network::Network;
use crate::planted::{Bug, planted};

/// Why a block does not follow from the state before it. Blame: its leader, and whoever serves it
/// as part of a chain; not who passes it on as news (SPEC X-1).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExecutionError {
    /// A transaction does not fit the state (SPEC B-7, L-1).
    #[error("transaction {id}: {error}")]
    Ledger {
        /// Which.
        id: TransactionId,
        /// Why.
        error: LedgerError,
    },
    /// A transaction is out of its time (SPEC T-7).
    #[error("transaction {id}: {error}")]
    Expiry {
        /// Which.
        id: TransactionId,
        /// Why.
        error: ExpiryError,
    },
    /// A transaction is in this branch already (SPEC T-8).
    #[error("transaction {id} is in this branch already")]
    Repeated {
        /// Which.
        id: TransactionId,
    },
    /// The header commits to another state (SPEC B-7).
    #[error("the header commits to state {claimed}, the transactions lead to {computed}")]
    StateRoot {
        /// What the header says.
        claimed: StateRoot,
        /// What is true.
        computed: StateRoot,
    },
    /// A block of a stored branch is wrong by itself.
    #[error(transparent)]
    Block(#[from] BlockError),
}

/// The state after a block and what the block changed (SPEC B-7).
///
/// `taken` tells whether the branch below holds a transaction.
///
/// # Errors
///
/// The first rule that the block breaks.
pub fn execute(
    network: &Network,
    before: &State,
    block: &CheckedBlock,
    taken: impl Fn(&TransactionId) -> bool,
) -> Result<(State, Changes), ExecutionError> {
    let rules = network.rules();
    let block_time = network.slot_time(block.header().slot);
    let mut overlay = Overlay::new(before);
    let mut seen = BTreeSet::new();
    for transaction in block.transactions() {
        let (id, body) = (transaction.id(), &transaction.transaction().body);
        if (taken(&id) && !planted(Bug::IdTakenTwice)) || !seen.insert(id) {
            return Err(ExecutionError::Repeated { id });
        }
        check_window(body, block_time, rules)
            .map_err(|error| ExecutionError::Expiry { id, error })?;
        apply_transaction(&mut overlay, rules, body)
            .map_err(|error| ExecutionError::Ledger { id, error })?;
    }
    let changes = overlay.into_changes();
    let after = before.with(&changes);
    let (claimed, computed) = (block.header().state_root, after.root());
    if claimed != computed && !planted(Bug::StateRootUnchecked) {
        return Err(ExecutionError::StateRoot { claimed, computed });
    }
    Ok((after, changes))
}
