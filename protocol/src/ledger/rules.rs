//! What a network lets transactions do.

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::bounded::Bounded;
use crate::limits::CREATORS_MAX;
use crate::lock::Address;
use crate::symbol::Symbol;

/// What transactions may do on a network (SPEC G-1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rules {
    /// For how long a transaction may be valid, in milliseconds (SPEC T-7).
    pub lifetime_ms_max: u64,
    /// How many balances that are not zero the network holds (SPEC L-8).
    pub balances_max: u64,
    /// How many tokens the network holds (SPEC L-8).
    pub tokens_max: u64,
    /// Who may create tokens, in strictly increasing order; `None` is anybody (SPEC L-8).
    pub creators: Option<Bounded<Address, CREATORS_MAX>>,
    /// What every transaction burns (SPEC L-7).
    pub fee: Option<Fee>,
    /// What bounds the growth of the state; from version 2 on, and only there.
    pub growth: Option<Growth>,
}

/// What bounds the growth of the state (SPEC G-1).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Growth {
    /// By how many balances and tokens a block may grow the state; not zero (SPEC L-11).
    pub block_max: u64,
    /// In which token new balances and tokens take a deposit; `None` is not at all (SPEC L-10).
    pub deposit: Option<Symbol>,
}

/// A flat fee.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Fee {
    /// A token of the genesis.
    pub token: Symbol,
    /// How much of it each transaction burns; not zero.
    pub amount: Amount,
}
