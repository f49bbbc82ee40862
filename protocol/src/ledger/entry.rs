//! Entries: everything that the state consists of.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::bounded::Text;
use crate::codec::encode;
use crate::hash::{Tag, tagged};
use crate::limits::NAME_BYTES_MAX;
use crate::lock::Address;
use crate::symbol::Symbol;
use crate::trie::{TrieKey, TrieValue};

/// The key of an entry of the state (SPEC M-3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Key {
    /// The balance that an address has of a token.
    Balance(Address, Symbol),
    /// The record of a token.
    Token(Symbol),
    /// The deposit for a balance (SPEC L-10).
    Deposit(Address, Symbol),
}

/// An entry of the state (SPEC M-3).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Entry {
    /// The amount of a balance, or of the deposit for it; never zero.
    Balance(Amount),
    /// The record of a token.
    Token(Box<Token>),
}

/// The chain's record of a token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Token {
    /// Name of the token, for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Digits after the decimal point, for people.
    pub decimals: u8,
    /// The most base units that may be outstanding.
    pub cap: Option<Amount>,
    /// Address that may mint; `None` once issuance is closed, for ever.
    pub issuer: Option<Address>,
    /// The base units outstanding: the sum of all balances (SPEC L-9).
    pub supply: Amount,
}

impl Key {
    /// The key by which the trie knows it.
    pub(crate) fn hashed(&self) -> TrieKey {
        tagged(Tag::StateKey, &[&encode(self)])
    }
}

impl TrieValue for Entry {
    fn commitment(&self) -> [u8; 32] {
        tagged(Tag::StateValue, &[&encode(self)])
    }
}
