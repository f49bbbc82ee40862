//! Lists, balances, tokens and histories in JSON.

use coinage_protocol::limits::NAME_BYTES_MAX;
use coinage_protocol::{Address, Amount, CharterHash, Symbol, Text, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::{IdentifiedTransaction, TipJson};
use super::{schema, text};
use crate::first_tokens::FirstTokens;

/// A page of a list.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// Items on the page.
    pub items: Vec<T>,
    /// Cursor of the next page; `null` if this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// Balances of an address, in part.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AccountJson {
    /// Address that holds the balances.
    #[serde(with = "text")]
    #[schema(value_type = schema::Address)]
    pub address: Address,
    /// Block at which the address has these balances.
    pub head: TipJson,
    /// Balances of the address, by symbol.
    #[serde(flatten)]
    pub balances: Page<BalanceJson>,
}

/// Balance of an address in one token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BalanceJson {
    /// Symbol of the token.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// Amount that the address has, in base units.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub amount: Amount,
    /// Number of decimals of the token: where people put the decimal point.
    #[schema(maximum = 18)]
    pub decimals: u8,
}

/// Holders of a token, in part: whoever has most comes first.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HoldersJson {
    /// Symbol of the token.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// Number of decimals of the token: where people put the decimal point.
    #[schema(maximum = 18)]
    pub decimals: u8,
    /// Base units of the token that are outstanding.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub supply: Amount,
    /// Block at which the holders have these amounts.
    pub head: TipJson,
    /// Holders of the token, largest amount first.
    #[serde(flatten)]
    pub holders: Page<HolderJson>,
}

/// A holder of a token.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HolderJson {
    /// Address of the holder.
    #[serde(with = "text")]
    #[schema(value_type = schema::Address)]
    pub address: Address,
    /// Amount that the holder has, in base units.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub amount: Amount,
}

/// A token, as the chain knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TokenJson {
    /// Symbol of the token.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// Name of the token for people.
    #[schema(value_type = schema::Name)]
    pub name: Text<NAME_BYTES_MAX>,
    /// Number of decimals of the token: where people put the decimal point.
    #[schema(maximum = 18)]
    pub decimals: u8,
    /// Base units of the token that are outstanding.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub supply: Amount,
    /// Base units of the token that may be outstanding at most; `null` is no cap.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Amount>, required)]
    pub cap: Option<Amount>,
    /// Address that may mint; `null` once issuance is closed, for ever.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Address>, required)]
    pub issuer: Option<Address>,
    /// Hash of the charter that the token was created with; `null` if it has none.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Hash>, required)]
    pub charter: Option<CharterHash>,
    /// Base units of the token that were ever issued by its charter, the creation included: what of
    /// them is not outstanding was burned. `null` if it has none.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Amount>, required)]
    pub issued: Option<Amount>,
    /// True if the token is one of the genesis: the network began with it.
    #[serde(default)]
    #[schema(required)]
    pub genesis: bool,
    /// Token of the genesis whose name looks like that of this other one; `null` is none.
    #[serde(default)]
    #[schema(value_type = Option<schema::Symbol>, required)]
    pub looks_like: Option<Symbol>,
}

impl TokenJson {
    /// The token with this symbol, on the network that began with these.
    pub fn new(symbol: Symbol, token: &Token, first: &FirstTokens) -> Self {
        let Token { name, decimals, cap, issuer, supply, charter } = token.clone();
        let (charter, issued) = charter.map(|one| (one.hash, one.issued)).unzip();
        let (genesis, looks_like) = (first.has(symbol), first.looks_like(symbol, name.as_str()));
        let token = symbol;
        Self { token, name, decimals, supply, cap, issuer, charter, issued, genesis, looks_like }
    }
}

/// A transaction in the history of an account.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HistoryItem {
    /// The transaction.
    #[serde(flatten)]
    pub transaction: IdentifiedTransaction,
    /// The block that holds the transaction.
    pub block: TipJson,
    /// Position of the transaction in the block, from 0.
    pub position: u32,
}
