//! Transactions: what is to happen, and the signatures of everybody who must agree.
//!
//! A transaction climbs a ladder of types: bytes, [`Transaction`] (well-formed), and
//! [`CheckedTransaction`] (everything checked that does not depend on the chain's state).

mod action;
mod check;
mod footprint;
mod named;
mod witness;

use alloc::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::action::{Action, CreateToken};
pub(crate) use self::check::check_named;
pub use self::check::{CheckedTransaction, TransactionError, check_all, check_each};
pub use self::footprint::{Footprint, Movement, MovementKind};
pub(crate) use self::named::NamedTransaction;
pub use self::witness::{KeySignature, Witness, Witnesses};
use crate::bounded::{Bounded, Text};
use crate::codec::encode;
use crate::hash::{ChainId, TransactionId};
use crate::limits::{ACTIONS_MAX, MEMO_BYTES_MAX};
use crate::lock::Address;
use crate::units::UnixMillis;

/// A body and the signatures of exactly those who must agree to it (SPEC T-3).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Transaction {
    /// Body: what is to happen.
    pub body: Body,
    /// Witnesses: who agrees.
    pub witnesses: Witnesses,
}

/// The body of a transaction: what is to happen, all of it or nothing (SPEC T-1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Body {
    /// Address that sends the transaction and pays the fee, if the network has one.
    pub sender: Address,
    /// Number of any value; makes two otherwise equal payments two transactions.
    pub salt: u64,
    /// The last block time at which it may be included, in milliseconds since 1970 (SPEC T-7).
    pub expires_at: UnixMillis,
    /// Actions of the transaction, at least one, applied in this order.
    pub actions: Bounded<Action, ACTIONS_MAX>,
    /// Public words for whoever reads it.
    pub memo: Text<MEMO_BYTES_MAX>,
}

impl Body {
    /// The id of every transaction with this body on that chain, and what its witnesses sign
    /// (SPEC T-2).
    pub fn id(&self, chain: &ChainId) -> TransactionId {
        named::id(chain, &encode(self))
    }

    /// The addresses that must sign: the sender, and whoever an action takes something from or
    /// needs the consent of (SPEC T-3).
    pub fn required_witnesses(&self) -> BTreeSet<Address> {
        let consents = self.actions.iter().flat_map(|action| action.footprint().consents());
        core::iter::once(self.sender).chain(consents).collect()
    }
}

#[cfg(test)]
mod tests;
