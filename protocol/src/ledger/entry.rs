//! What the state consists of.

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

/// Where an entry of the state stands (SPEC M-3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Key {
    /// What an address has of a token.
    Balance(Address, Symbol),
    /// What is known of a token.
    Token(Symbol),
    /// What was deposited for a balance (SPEC L-10).
    Deposit(Address, Symbol),
}

/// An entry of the state (SPEC M-3).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Entry {
    /// What an address has of a token, or what was deposited for that; never zero.
    Balance(Amount),
    /// What is known of a token.
    Token(Box<Token>),
}

/// What the chain knows of a token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Token {
    /// Its name for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Where people put the decimal point.
    pub decimals: u8,
    /// The most base units that may be outstanding.
    pub cap: Option<Amount>,
    /// Who may mint; `None` once issuance is closed, for ever.
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
