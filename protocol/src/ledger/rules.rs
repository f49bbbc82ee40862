//! Rules: what a network lets transactions do.

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::bounded::Bounded;
use crate::limits::CREATORS_MAX;
use crate::lock::Address;
use crate::symbol::Symbol;

/// The rules for transactions on a network (SPEC G-1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rules {
    /// Time for which a transaction may be valid at most, in milliseconds (SPEC T-7).
    pub lifetime_ms_max: u64,
    /// Number of balances that are not zero that the network holds at most (SPEC L-8).
    pub balances_max: u64,
    /// Number of tokens that the network holds at most (SPEC L-8).
    pub tokens_max: u64,
    /// Addresses that may create tokens, in strictly increasing order; `None` is anybody
    /// (SPEC L-8).
    pub creators: Option<Bounded<Address, CREATORS_MAX>>,
    /// Fee that every transaction burns (SPEC L-7).
    pub fee: Option<Fee>,
    /// Bounds on the growth of the state; from version 2 on, and only there.
    pub growth: Option<Growth>,
    /// Bounds on charters; from version 3 on, and only there. Without them there are none.
    pub policies: Option<PolicyBounds>,
}

/// The bounds on what charters add to the state (SPEC G-1).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PolicyBounds {
    /// Number of charters that the network holds at most (SPEC L-8).
    pub charters_max: u64,
    /// Number of standings, in all tokens, that the network holds at most (SPEC L-8).
    pub standings_max: u64,
}

/// The bounds on the growth of the state (SPEC G-1).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Growth {
    /// Number of balances and tokens by which a block may grow the state; not zero (SPEC L-11).
    pub block_max: u64,
    /// Token in which new balances and tokens take a deposit; `None` is not at all (SPEC L-10).
    pub deposit: Option<Symbol>,
}

/// A flat fee.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Fee {
    /// A token of the genesis.
    pub token: Symbol,
    /// Amount that each transaction burns; not zero.
    pub amount: Amount,
}
