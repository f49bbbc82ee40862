//! Charters of a running network: what was used, what is allowed, who has which role.

use coinage_protocol::{
    Address, Amount, CharterHash, CharterParts, ClauseUse, Name, Standing, Symbol,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::Page;
use super::chain::TipJson;
use super::charter::{CharterJson, role_name};
use super::{schema, text, time};

/// A token's charter as it is now, clause by clause.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CharterStateJson {
    /// Hash of the charter that the token was created with.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub hash: CharterHash,
    /// Charter with the accounts as they are now.
    pub charter: CharterJson,
    /// Head after which all this is so.
    pub head: TipJson,
    /// Clauses in their order, with what was used of each.
    pub clauses: Vec<ClauseStateJson>,
    /// Sentences about the whole: who else can issue, and what can change.
    pub notes: Vec<String>,
}

/// A clause, its sentences, and what was used of it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ClauseStateJson {
    /// Number of the clause, from 1.
    pub number: u16,
    /// The clause in English.
    pub english: String,
    /// The clause in Korean.
    pub korean: String,
    /// Amount that is allowed now: in this period, outstanding, ever, or due; of a role, the
    /// accounts that may have it. `null` if the clause is no limit.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Amount>)]
    pub allowed: Option<Amount>,
    /// Amount of it that is used, if that is the same for all accounts.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Amount>)]
    pub used: Option<Amount>,
    /// Amount that was used in all time, if it is counted.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Amount>)]
    pub total: Option<Amount>,
    /// Time when the next period begins, if the clause has periods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub next_period: Option<String>,
    /// Amendment that is announced and not in force yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<AnnouncedJson>,
}

/// A change of an amount that is announced.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AnnouncedJson {
    /// Amount from then on, in base units.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub amount: Amount,
    /// First block time at which it is in force.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub in_force_at: u64,
}

/// Accounts that have a role in a token, are frozen, or used something of a clause.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StandingsJson {
    /// Symbol of the token.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// Head after which they have them.
    pub head: TipJson,
    /// A part of them, by address.
    #[serde(flatten)]
    pub standings: Page<StandingJson>,
}

/// The standing of an account by a token's charter.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StandingJson {
    /// Address of the account.
    #[serde(with = "text")]
    #[schema(value_type = schema::Address)]
    pub address: Address,
    /// Name of its role; `null` if it has none.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::PolicyName>, required)]
    pub role: Option<Name>,
    /// True if nothing may leave it.
    pub frozen: bool,
    /// Number of the first period for which it has not claimed.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub next_claim: u64,
    /// Amount that it owes, in base units: it drew them, and burning repays.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub owed: Amount,
    /// Amounts that it used of clauses that limit each account with a role, by clause. A role that
    /// is taken and given again leaves them, so an account without one may have some, too.
    pub used: Vec<ClauseUseJson>,
}

/// An amount that an account used of a clause.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ClauseUseJson {
    /// Number of the clause, from 1.
    pub clause: u16,
    /// Number of the period in which it used that; in any other it has used nothing.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub period: u64,
    /// Amount that it sent or was issued in that period, in base units.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub amount: Amount,
}

impl StandingJson {
    /// The standing of an address by a charter.
    pub fn new(address: Address, standing: &Standing, charter: &CharterParts) -> Self {
        Self {
            address,
            role: standing.role.map(|role| role_name(charter, role)),
            frozen: standing.frozen,
            next_claim: standing.next_claim.get(),
            owed: standing.owed,
            used: standing.used.iter().map(ClauseUseJson::from).collect(),
        }
    }
}

impl From<&ClauseUse> for ClauseUseJson {
    fn from(used: &ClauseUse) -> Self {
        let ClauseUse { clause, period, amount } = *used;
        Self { clause: clause.number(), period: period.get(), amount }
    }
}
