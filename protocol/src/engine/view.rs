//! Views of a node, for people who ask.

use alloc::vec::Vec;

use super::changes::ChangeView;
use super::event::SyncState;
use super::finality::FinalityView;
use super::settings::Stop;
use super::trust::ClockDoubt;
use crate::amount::Amount;
use crate::authority::{AuthoritySet, KnownAuthorities};
use crate::chain::{KnownTip, Tip};
use crate::hash::BlockHash;
use crate::ledger::{Rules, State};

/// A view of a node's state; cheap to make.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct View {
    /// Head of the node: the best block that it has applied.
    pub head: Tip,
    /// Authorities in force after the head (SPEC B-6).
    pub authorities: AuthoritySet,
    /// The block that holds the newest change of authorities, or block 0: a proposal follows it.
    pub changed: BlockHash,
    /// A change of authorities that is on its way.
    pub change: Option<ChangeView>,
    /// Every set of authorities that a header may name.
    pub known: KnownAuthorities,
    /// State of the sync with the network.
    pub sync: SyncState,
    /// Number of authorities of which a block or a ballot has come lately (SPEC C-7).
    pub heard: usize,
    /// Turns of the other authorities, in order.
    pub missing: Vec<usize>,
    /// Number of transactions that wait.
    pub pool_transactions: usize,
    /// Number of waiting transactions that cannot be included yet.
    pub pool_parked: usize,
    /// Bytes of the waiting transactions.
    pub pool_bytes: usize,
    /// Places in the state that are taken, and what new ones take.
    pub room: Room,
    /// Backlog of inclusion behind what waits.
    pub backlog: Backlog,
    /// Milliseconds by which the node's clock is ahead of the authorities', if by so much that it
    /// signs nothing; negative if behind.
    pub clock_ahead_ms: Option<i64>,
    /// Reason why the node does not sign by its clock, if it does not.
    pub clock_doubt: Option<ClockDoubt>,
    /// Milliseconds by which the head is ahead of the node's clock, if that is more than
    /// a block may be: the clock is behind, or was ahead when the head was signed.
    pub head_ahead_ms: Option<u64>,
    /// Reason why this node has stopped signing, if it has.
    pub stop: Option<Stop>,
    /// Finality as the node sees it.
    pub finality: FinalityView,
    /// Number of pieces of evidence against authorities that the node has.
    pub evidence: usize,
    /// The ends of all known branches, the best first: the head, and side branches.
    pub tips: Vec<KnownTip>,
}

/// The room in the state: how full it is, and what a new place in it takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Room {
    /// Number of balances that are not zero.
    pub balances: u64,
    /// Number of tokens.
    pub tokens: u64,
    /// Deposit for a new balance, in units of the rules' token (SPEC L-10).
    pub balance_deposit: Amount,
    /// Amount that a new token burns, in units of the rules' token (SPEC L-10).
    pub token_deposit: Amount,
}

impl Room {
    /// The room in this state.
    pub(super) fn of(state: &State, rules: &Rules) -> Self {
        Self {
            balances: state.balances(),
            tokens: state.tokens(),
            balance_deposit: state.balance_deposit(rules),
            token_deposit: state.token_deposit(rules),
        }
    }
}

/// The backlog: how far inclusion is behind what waits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Backlog {
    /// Bytes of transactions that a leader puts into a block at most now, for the others to keep
    /// up.
    pub block_bytes: usize,
    /// Blocks of that size that it takes until what waits now is included.
    pub blocks: u64,
    /// True if the backlog is so long that the node takes nothing more from users for now.
    pub is_full: bool,
    /// True if the backlog is so long that other nodes' transactions are not worth a look, either.
    pub is_flooded: bool,
}
