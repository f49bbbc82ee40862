//! Block execution: the one way in which a block changes the state (SPEC B-7).

use alloc::collections::BTreeSet;

use super::apply::{Overlay, apply_transaction, check_window};
use super::{Changes, ExpiryError, LedgerError, Rules, State};
use crate::hash::{StateRoot, TransactionId};
use crate::transaction::Body;
use crate::units::{Height, Slot, UnixMillis};

/// The place and time at which a block is executed.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext<'a> {
    /// Height of the block.
    pub height: Height,
    /// Slot of the block.
    pub slot: Slot,
    /// Time of the block, in milliseconds since 1970 (SPEC B-4).
    pub time: UnixMillis,
    /// Rules for the block's transactions.
    pub rules: &'a Rules,
}

/// The reason why a block does not follow from the state before it. Blame: its leader, and whoever
/// serves it as part of a chain; not who passes it on as news (SPEC X-1).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExecutionError {
    /// A transaction does not fit the state (SPEC B-7, L-1).
    #[error("transaction {id}: {error}")]
    Ledger {
        /// Id of the transaction.
        id: TransactionId,
        /// Rule that the transaction breaks.
        error: LedgerError,
    },
    /// A transaction is out of its time (SPEC T-7).
    #[error("transaction {id}: {error}")]
    Expiry {
        /// Id of the transaction.
        id: TransactionId,
        /// Rule that the transaction breaks.
        error: ExpiryError,
    },
    /// A transaction is in this branch already (SPEC T-8).
    #[error("transaction {id} is in this branch already")]
    Repeated {
        /// Id of the transaction.
        id: TransactionId,
    },
    /// The header commits to another state (SPEC B-7).
    #[error("the header commits to state {claimed}, the transactions lead to {computed}")]
    StateRoot {
        /// Root that the header commits to.
        claimed: StateRoot,
        /// Root that the transactions lead to.
        computed: StateRoot,
    },
}

/// A block whose transactions are applied one after the other.
#[derive(Debug)]
pub struct BlockExecution<'a> {
    before: &'a State,
    context: BlockContext<'a>,
    overlay: Overlay<'a>,
    ids: BTreeSet<TransactionId>,
}

impl<'a> BlockExecution<'a> {
    /// A block without transactions, after this state.
    pub fn new(before: &'a State, context: BlockContext<'a>) -> Self {
        Self { before, context, overlay: Overlay::new(before), ids: BTreeSet::new() }
    }

    /// Applies one more transaction. Whether the branch below holds it is not looked at.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks; the block is then as it was.
    pub fn apply(&mut self, id: TransactionId, body: &Body) -> Result<(), ExecutionError> {
        let BlockContext { time, rules, .. } = self.context;
        if self.ids.contains(&id) {
            return Err(ExecutionError::Repeated { id });
        }
        check_window(body, time, rules).map_err(|error| ExecutionError::Expiry { id, error })?;
        apply_transaction(&mut self.overlay, rules, time, body)
            .map_err(|error| ExecutionError::Ledger { id, error })?;
        self.ids.insert(id);
        Ok(())
    }

    /// The state after the block, and what the block changed.
    ///
    /// # Panics
    ///
    /// If money was made or lost (SPEC L-9).
    pub fn finish(self) -> (State, Changes) {
        let changes = self.overlay.into_changes();
        (self.before.with(&changes), changes)
    }
}

/// The state after a block that commits to `state_root`, and what the block changed (SPEC B-7).
///
/// `taken` tells whether the branch below holds a transaction (SPEC T-8).
///
/// # Errors
///
/// The first rule that the block breaks.
pub fn apply_block<'t>(
    before: &State,
    context: BlockContext<'_>,
    transactions: impl IntoIterator<Item = (TransactionId, &'t Body)>,
    state_root: StateRoot,
    taken: impl Fn(&TransactionId) -> bool,
) -> Result<(State, Changes), ExecutionError> {
    let mut block = BlockExecution::new(before, context);
    for (id, body) in transactions {
        if taken(&id) {
            return Err(ExecutionError::Repeated { id });
        }
        block.apply(id, body)?;
    }
    let (after, changes) = block.finish();
    let (claimed, computed) = (state_root, after.root());
    if claimed != computed {
        return Err(ExecutionError::StateRoot { claimed, computed });
    }
    Ok((after, changes))
}
