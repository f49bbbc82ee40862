//! Charters in JSON: what a token with a policy is created with.

mod clause;
mod convert;
mod formula;
mod instant;
pub mod number;

use coinage_protocol::limits::{
    CHARTER_ACCOUNTS_MAX, CLAUSES_MAX, NAME_BYTES_MAX, THRESHOLD_KEYS_MAX,
};
use coinage_protocol::{Address, Bounded, Charter, Instant, Name, PublicKey, Symbol, Text};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

pub use self::clause::{ClauseJson, PartyJson};
pub(crate) use self::convert::role_name;
pub use self::formula::{CeilingJson, FormulaJson, TermJson};
use super::text::Spelled;
use super::{schema, text};

/// A charter: the rules of a token, as typed clauses (SPEC R-1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CharterJson {
    /// Symbol of the token.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// Name of the token for people.
    #[schema(value_type = schema::Name)]
    pub name: Text<NAME_BYTES_MAX>,
    /// Number of decimals of the token: where people put the decimal point.
    #[schema(maximum = 18)]
    pub decimals: u8,
    /// Instant from which all periods count, to the minute.
    #[serde(with = "instant")]
    #[schema(value_type = schema::Instant)]
    pub anchor: Instant,
    /// Accounts that clauses name.
    #[schema(value_type = Vec<NamedAccountJson>, max_items = 16)]
    pub accounts: Bounded<NamedAccountJson, CHARTER_ACCOUNTS_MAX>,
    /// Clauses, whose numbers are their places, from 1.
    #[schema(value_type = Vec<ClauseJson>, max_items = 32)]
    pub clauses: Bounded<ClauseJson, CLAUSES_MAX>,
}

/// An account that clauses name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedAccountJson {
    /// Name of the account.
    #[serde(with = "text")]
    #[schema(value_type = schema::PolicyName)]
    pub name: Name,
    /// Holder of the account: whoever acts for it.
    pub holder: HolderJson,
}

/// Holder of a named account: whoever acts for it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum HolderJson {
    /// An address, of which nothing more is said.
    Address {
        /// The address.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        address: Address,
    },
    /// So many of several keys.
    Threshold {
        /// Number of holders that must sign.
        required: u8,
        /// Keys of the holders, strictly increasing.
        #[schema(value_type = Vec<schema::Key>, max_items = 16)]
        keys: Bounded<Spelled<PublicKey>, THRESHOLD_KEYS_MAX>,
    },
}

/// Writes a charter, for `#[serde(with)]`.
pub fn serialize<S: Serializer>(charter: &Charter, to: S) -> Result<S::Ok, S::Error> {
    CharterJson::from(charter).serialize(to)
}

/// Reads a charter, for `#[serde(with)]`.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Box<Charter>, D::Error> {
    let json = CharterJson::deserialize(from)?;
    Charter::try_from(json).map(Box::new).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests;
