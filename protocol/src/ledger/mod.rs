//! Ledger: balances, tokens, and how a transaction changes them.

mod apply;
mod block;
mod changes;
mod deposit;
mod entry;
mod error;
mod refusal;
mod rules;
mod standing;
mod state;

pub use self::apply::{Overlay, apply_transaction, check_window};
pub use self::block::{BlockContext, BlockExecution, ExecutionError, apply_block};
pub use self::changes::{Change, Changes};
pub use self::deposit::{DEPOSITS, place_price};
pub use self::entry::{Amendment, Chartered, Entry, Key, Token, Usage};
pub use self::error::{ExpiryError, LedgerError};
pub(crate) use self::refusal::counted;
pub use self::refusal::{Passes, PolicyReason, PolicyRefusal};
pub use self::rules::{Fee, Growth, PolicyBounds, Rules};
pub use self::standing::{BadUses, ClauseUse, ClauseUses, Standing};
pub use self::state::{Counts, State, SupplyMismatch};

#[cfg(test)]
mod tests;
