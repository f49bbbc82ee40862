//! Lists, balances, tokens and histories in JSON.

use coinage_protocol::limits::NAME_BYTES_MAX;
use coinage_protocol::{Address, Amount, Symbol, Text, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::{IdentifiedTransaction, TipJson};
use super::{schema, text};

/// A part of a list.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The cursor of the next part; `null` if this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// What an address has, in part.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AccountJson {
    /// The address.
    #[serde(with = "text")]
    #[schema(value_type = schema::Address)]
    pub address: Address,
    /// At which block it has this.
    pub head: TipJson,
    /// What it has, by symbol.
    #[serde(flatten)]
    pub balances: Page<BalanceJson>,
}

/// What an address has of a token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BalanceJson {
    /// The token.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// How much, in base units.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub amount: Amount,
    /// Where people put the decimal point.
    #[schema(maximum = 18)]
    pub decimals: u8,
}

/// Who holds a token, in part: whoever has most comes first.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HoldersJson {
    /// The token.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// Where people put the decimal point.
    #[schema(maximum = 18)]
    pub decimals: u8,
    /// The base units outstanding.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub supply: Amount,
    /// At which block it is so.
    pub head: TipJson,
    /// Who holds it.
    #[serde(flatten)]
    pub holders: Page<HolderJson>,
}

/// Who holds a token.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HolderJson {
    /// The holder.
    #[serde(with = "text")]
    #[schema(value_type = schema::Address)]
    pub address: Address,
    /// How much, in base units.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub amount: Amount,
}

/// What the chain knows of a token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TokenJson {
    /// Its symbol.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// Its name for people.
    #[schema(value_type = schema::Name)]
    pub name: Text<NAME_BYTES_MAX>,
    /// Where people put the decimal point.
    #[schema(maximum = 18)]
    pub decimals: u8,
    /// The base units outstanding.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub supply: Amount,
    /// The most base units that may be outstanding.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Amount>, required)]
    pub cap: Option<Amount>,
    /// Who may mint; `null` once issuance is closed, for ever.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Address>, required)]
    pub issuer: Option<Address>,
}

impl TokenJson {
    /// The token with this symbol.
    pub fn new(symbol: Symbol, token: &Token) -> Self {
        let Token { name, decimals, cap, issuer, supply } = token.clone();
        Self { token: symbol, name, decimals, supply, cap, issuer }
    }
}

/// A transaction in the history of an account.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HistoryItem {
    /// The transaction.
    #[serde(flatten)]
    pub transaction: IdentifiedTransaction,
    /// The block that holds it.
    pub block: TipJson,
    /// Its position in the block, from 0.
    pub position: u32,
}
