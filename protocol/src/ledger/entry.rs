//! Entries: everything that the state consists of.

use alloc::boxed::Box;
use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

use super::standing::Standing;
use crate::amount::Amount;
use crate::bounded::Text;
use crate::codec::encode;
use crate::hash::{CharterHash, Tag, tagged};
use crate::limits::NAME_BYTES_MAX;
use crate::lock::Address;
use crate::policy::{Charter, ClauseId, PeriodNumber};
use crate::symbol::{FoldedSymbol, Symbol};
use crate::trie::{TrieKey, TrieValue};
use crate::units::UnixMillis;

/// The key of an entry of the state (SPEC M-3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Key {
    /// The balance that an address has of a token.
    Balance(Address, Symbol),
    /// The record of a token.
    Token(Symbol),
    /// The deposit for a balance (SPEC L-10).
    Deposit(Address, Symbol),
    /// The charter of a token (SPEC R-1).
    Charter(Symbol),
    /// Usage of a clause: what was used up of it (SPEC R-6).
    Usage(Symbol, ClauseId),
    /// The amended amount of a clause (SPEC R-12).
    Amendment(Symbol, ClauseId),
    /// The standing of an address by a token's charter (SPEC R-9).
    Standing(Address, Symbol),
    /// The token whose symbol looks like this (SPEC A-4).
    Lookalike(FoldedSymbol),
}

/// An entry of the state (SPEC M-3).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "Encoded", into = "Encoded")]
pub enum Entry {
    /// The amount of a balance, or of the deposit for it; never zero.
    Balance(Amount),
    /// The record of a token.
    Token(Box<Token>),
    /// The charter of a token.
    Charter(Arc<Charter>),
    /// Usage of a clause.
    Usage(Box<Usage>),
    /// The amended amount of a clause.
    Amendment(Box<Amendment>),
    /// The standing of an address by a token's charter.
    Standing(Box<Standing>),
    /// A symbol that is taken, with all that look like it.
    Symbol(Symbol),
}

/// The chain's record of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// Name of the token, for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Digits after the decimal point, for people.
    pub decimals: u8,
    /// The most base units that may be outstanding; `None` with a charter.
    pub cap: Option<Amount>,
    /// Address that may mint; `None` once issuance is closed, for ever, and with a charter.
    pub issuer: Option<Address>,
    /// The base units outstanding: the sum of all balances (SPEC L-9).
    pub supply: Amount,
    /// The charter that the token was created with, if it has one (SPEC R-1).
    pub charter: Option<Chartered>,
}

/// The part of a token's record that only a charter brings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chartered {
    /// Hash of the charter that the token was created with.
    pub hash: CharterHash,
    /// The base units ever issued, the creation included; at most [`Amount::MAX`] is counted.
    pub issued: Amount,
}

/// Usage of a clause: what was used up of it (SPEC R-6).
///
/// A row is written only by what uses the clause.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Usage {
    /// Period that `used` and `base` are of.
    pub period: PeriodNumber,
    /// Base units used in that period; of a role, the accounts that have it now.
    pub used: Amount,
    /// Base units used in all time.
    pub total: Amount,
    /// Supply just before the first use in that period, or what a formula came to then.
    pub base: Amount,
}

/// The amended amount of a clause (SPEC R-12).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Amendment {
    /// Amount until then.
    pub before: Amount,
    /// Amount from then on.
    pub amount: Amount,
    /// First block time at which it is in force, in milliseconds since 1970.
    pub in_force_at: UnixMillis,
}

impl Token {
    /// The base units that were ever issued by a charter; zero without one.
    pub fn issued(&self) -> Amount {
        self.charter.map_or(Amount::ZERO, |charter| charter.issued)
    }
}

impl Chartered {
    /// The part with so much more issued.
    pub(crate) fn with_issued(self, amount: Amount) -> Self {
        Self { issued: self.issued.checked_add(amount).unwrap_or(Amount::MAX), ..self }
    }
}

impl Amendment {
    /// The amount in force at a block time.
    pub fn at(&self, time: UnixMillis) -> Amount {
        if time < self.in_force_at { self.before } else { self.amount }
    }
}

/// Entries as they are encoded: tokens without a charter as they always were.
#[derive(Deserialize, Serialize)]
enum Encoded {
    Balance(Amount),
    Token(PlainToken),
    CharteredToken(CharteredToken),
    Charter(Box<Charter>),
    Usage(Box<Usage>),
    Amendment(Box<Amendment>),
    Standing(Box<Standing>),
    Symbol(Symbol),
}

#[derive(Deserialize, Serialize)]
struct PlainToken {
    name: Text<NAME_BYTES_MAX>,
    decimals: u8,
    cap: Option<Amount>,
    issuer: Option<Address>,
    supply: Amount,
}

#[derive(Deserialize, Serialize)]
struct CharteredToken {
    name: Text<NAME_BYTES_MAX>,
    decimals: u8,
    supply: Amount,
    issued: Amount,
    charter: CharterHash,
}

impl From<Encoded> for Entry {
    fn from(encoded: Encoded) -> Self {
        match encoded {
            Encoded::Balance(amount) => Self::Balance(amount),
            Encoded::Token(PlainToken { name, decimals, cap, issuer, supply }) => {
                Token { name, decimals, cap, issuer, supply, charter: None }.into()
            }
            Encoded::CharteredToken(CharteredToken { name, decimals, supply, issued, charter }) => {
                let (cap, issuer) = (None, None);
                let charter = Some(Chartered { hash: charter, issued });
                Token { name, decimals, cap, issuer, supply, charter }.into()
            }
            Encoded::Charter(charter) => Self::Charter(Arc::from(charter)),
            Encoded::Usage(usage) => Self::Usage(usage),
            Encoded::Amendment(amendment) => Self::Amendment(amendment),
            Encoded::Standing(standing) => Self::Standing(standing),
            Encoded::Symbol(symbol) => Self::Symbol(symbol),
        }
    }
}

impl From<Entry> for Encoded {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Balance(amount) => Self::Balance(amount),
            Entry::Token(token) => {
                let Token { name, decimals, cap, issuer, supply, charter } = *token;
                match charter {
                    None => Self::Token(PlainToken { name, decimals, cap, issuer, supply }),
                    Some(Chartered { hash: charter, issued }) => {
                        let chartered = CharteredToken { name, decimals, supply, issued, charter };
                        Self::CharteredToken(chartered)
                    }
                }
            }
            Entry::Charter(charter) => Self::Charter(Box::new(Arc::unwrap_or_clone(charter))),
            Entry::Usage(usage) => Self::Usage(usage),
            Entry::Amendment(amendment) => Self::Amendment(amendment),
            Entry::Standing(standing) => Self::Standing(standing),
            Entry::Symbol(symbol) => Self::Symbol(symbol),
        }
    }
}

impl Key {
    /// The key by which the trie knows it.
    pub(crate) fn hashed(&self) -> TrieKey {
        tagged(Tag::StateKey, &[&encode(self)])
    }
}

impl From<Token> for Entry {
    fn from(token: Token) -> Self {
        Self::Token(Box::new(token))
    }
}

impl TrieValue for Entry {
    fn commitment(&self) -> [u8; 32] {
        tagged(Tag::StateValue, &[&encode(self)])
    }
}
