//! How a node stands, for people who ask.

use alloc::vec::Vec;

use super::event::SyncState;
use super::settings::Twin;
use super::trust::ClockDoubt;
use crate::amount::Amount;
use crate::chain::{KnownTip, Tip};
use crate::ledger::{Rules, State};

/// How a node stands; cheap to make.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct View {
    /// The best block that it has applied.
    pub head: Tip,
    /// Whether it has what the network has.
    pub sync: SyncState,
    /// Of how many authorities blocks have come in the last two rounds.
    pub heard: usize,
    /// How many transactions wait.
    pub pool_transactions: usize,
    /// How many of them cannot be included yet.
    pub pool_parked: usize,
    /// How many bytes they have.
    pub pool_bytes: usize,
    /// How full the state is.
    pub room: Room,
    /// How far inclusion is behind what waits.
    pub backlog: Backlog,
    /// By how much the node's clock is ahead of the authorities', if by so much that it signs
    /// nothing; negative if behind.
    pub clock_ahead_ms: Option<i64>,
    /// Why the node does not sign by its clock, if it does not.
    pub clock_doubt: Option<ClockDoubt>,
    /// By how much the head is ahead of the node's clock, in milliseconds, if that is more than
    /// a block may be: the clock is behind, or was ahead when the head was signed.
    pub head_ahead_ms: Option<u64>,
    /// What made this node stop signing: another process has its key.
    pub twin: Option<Twin>,
    /// The ends of all known branches, the best first: the head, and side branches.
    pub tips: Vec<KnownTip>,
}

/// How full the state is, and what a new place in it takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Room {
    /// How many balances there are that are not zero.
    pub balances: u64,
    /// How many tokens there are.
    pub tokens: u64,
    /// What a new balance takes as a deposit, in units of the rules' token (SPEC L-10).
    pub balance_deposit: Amount,
    /// What a new token burns of the same (SPEC L-10).
    pub token_deposit: Amount,
}

impl Room {
    /// How full this state is.
    pub(super) fn of(state: &State, rules: &Rules) -> Self {
        Self {
            balances: state.balances(),
            tokens: state.tokens(),
            balance_deposit: state.balance_deposit(rules),
            token_deposit: state.token_deposit(rules),
        }
    }
}

/// How far inclusion is behind what waits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Backlog {
    /// Bytes of transactions that a leader puts into a block at most now, for the others to keep
    /// up.
    pub block_bytes: usize,
    /// Blocks of that size that it takes until what waits now is included.
    pub blocks: u64,
    /// Whether that is so many that the node takes nothing more from users for now.
    pub is_full: bool,
    /// Whether it is so many that other nodes' transactions are not worth a look, either.
    pub is_flooded: bool,
}
