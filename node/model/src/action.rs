//! Forms of actions in JSON.

use coinage_protocol::limits::NAME_BYTES_MAX;
use coinage_protocol::{
    AccountId, Action, Address, Amount, Charter, ClauseId, CreateToken, RoleId, Symbol, Text,
    UnixMillis,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::charter::{CharterJson, number};
use super::{charter, schema, text, time};

/// An action: one step of a transaction.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActionJson {
    /// The sender creates a token.
    CreateToken {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Name of the token for people.
        #[schema(value_type = schema::Name)]
        name: Text<NAME_BYTES_MAX>,
        /// Number of decimals of the token: where people put the decimal point.
        #[schema(maximum = 18)]
        decimals: u8,
        /// Base units of the token that may be outstanding at most; `null` is no cap.
        #[serde(default, with = "text::option")]
        #[schema(value_type = Option<schema::Amount>)]
        cap: Option<Amount>,
        /// Address that may mint; `null` closes issuance from the start.
        #[serde(with = "text::option")]
        #[schema(value_type = Option<schema::Address>, required)]
        issuer: Option<Address>,
        /// Amount that exists at first, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        supply: Amount,
        /// Address that has the first supply.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        to: Address,
    },
    /// The issuer brings more of a token into being.
    Mint {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address of the issuer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        issuer: Address,
        /// Address that receives the new units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        to: Address,
        /// Amount that is minted, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// An owner gives units of a token to another.
    Transfer {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address that gives.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        from: Address,
        /// Address that receives.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        to: Address,
        /// Amount that is given, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// An owner destroys units that it has.
    Burn {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address that gives the units up.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        from: Address,
        /// Amount that is burnt, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// The issuer of a token passes its right on.
    SetIssuer {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address of the present issuer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        issuer: Address,
        /// Address of the next issuer; `null`, which must be said, closes issuance for ever.
        #[serde(with = "text::option")]
        #[schema(value_type = Option<schema::Address>, required)]
        new: Option<Address>,
    },
    /// The sender creates a token with a charter.
    CreateWithCharter {
        /// Charter of the token.
        #[serde(with = "charter")]
        #[schema(value_type = CharterJson)]
        charter: Box<Charter>,
    },
    /// A named account draws what a clause of the charter lets it.
    Draw {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address that draws.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        account: Address,
        /// Number of the clause, from 1.
        #[serde(with = "number")]
        #[schema(value_type = u8, minimum = 1)]
        clause: ClauseId,
        /// Amount that is issued to it, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// An account with a role claims what a clause of the charter lets it.
    Claim {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address that claims.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        account: Address,
        /// Number of the clause, from 1.
        #[serde(with = "number")]
        #[schema(value_type = u8, minimum = 1)]
        clause: ClauseId,
        /// Amount that is issued to it, in base units: that of a whole number of periods.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// An officer gives a role to an account, or takes its role.
    SetRole {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address of the officer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        officer: Address,
        /// Address that gets or loses the role.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        account: Address,
        /// Number of the role among those that the charter declares, from 1; `null`, which must be
        /// said, takes the role.
        #[serde(with = "number::option")]
        #[schema(value_type = Option<u8>, minimum = 1, required)]
        role: Option<RoleId>,
    },
    /// An officer freezes an account, or unfreezes it.
    SetFrozen {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address of the officer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        officer: Address,
        /// Address that is frozen or unfrozen.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        account: Address,
        /// True to freeze it.
        frozen: bool,
    },
    /// An officer moves units of somebody else.
    Move {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address of the officer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        officer: Address,
        /// Address that loses, and is not asked.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        from: Address,
        /// Address that receives.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        to: Address,
        /// Amount that is moved, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// A named account puts another address in its place.
    HandOver {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Number of the account among those that the charter names, from 1.
        #[serde(with = "number")]
        #[schema(value_type = u8, minimum = 1)]
        account: AccountId,
        /// Address that has the place.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        from: Address,
        /// Address that takes the place.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        to: Address,
    },
    /// An officer changes the amount in a clause.
    Amend {
        /// Symbol of the token.
        #[schema(value_type = schema::Symbol)]
        token: Symbol,
        /// Address of the officer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Address)]
        officer: Address,
        /// Number of the clause, from 1.
        #[serde(with = "number")]
        #[schema(value_type = u8, minimum = 1)]
        clause: ClauseId,
        /// Amount from then on, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
        /// First block time at which it is in force: RFC 3339, or milliseconds since 1970.
        #[serde(with = "time")]
        #[schema(value_type = schema::Time)]
        in_force_at: u64,
    },
}

impl From<&Action> for ActionJson {
    fn from(action: &Action) -> Self {
        match action.clone() {
            Action::CreateToken(create) => {
                let CreateToken { token, name, decimals, cap, issuer, supply, to } = create;
                Self::CreateToken { token, name, decimals, cap, issuer, supply, to }
            }
            Action::Mint { token, issuer, to, amount } => Self::Mint { token, issuer, to, amount },
            Action::Transfer { token, from, to, amount } => {
                Self::Transfer { token, from, to, amount }
            }
            Action::Burn { token, from, amount } => Self::Burn { token, from, amount },
            Action::SetIssuer { token, issuer, new } => Self::SetIssuer { token, issuer, new },
            Action::CreateWithCharter(charter) => Self::CreateWithCharter { charter },
            Action::Draw { token, account, clause, amount } => {
                Self::Draw { token, account, clause, amount }
            }
            Action::Claim { token, account, clause, amount } => {
                Self::Claim { token, account, clause, amount }
            }
            Action::SetRole { token, officer, account, role } => {
                Self::SetRole { token, officer, account, role }
            }
            Action::SetFrozen { token, officer, account, frozen } => {
                Self::SetFrozen { token, officer, account, frozen }
            }
            Action::Move { token, officer, from, to, amount } => {
                Self::Move { token, officer, from, to, amount }
            }
            Action::HandOver { token, account, from, to } => {
                Self::HandOver { token, account, from, to }
            }
            Action::Amend { token, officer, clause, amount, in_force_at } => {
                Self::Amend { token, officer, clause, amount, in_force_at: in_force_at.get() }
            }
        }
    }
}

impl From<ActionJson> for Action {
    fn from(json: ActionJson) -> Self {
        match json {
            ActionJson::CreateToken { token, name, decimals, cap, issuer, supply, to } => {
                Self::CreateToken(CreateToken { token, name, decimals, cap, issuer, supply, to })
            }
            ActionJson::Mint { token, issuer, to, amount } => {
                Self::Mint { token, issuer, to, amount }
            }
            ActionJson::Transfer { token, from, to, amount } => {
                Self::Transfer { token, from, to, amount }
            }
            ActionJson::Burn { token, from, amount } => Self::Burn { token, from, amount },
            ActionJson::SetIssuer { token, issuer, new } => Self::SetIssuer { token, issuer, new },
            ActionJson::CreateWithCharter { charter } => Self::CreateWithCharter(charter),
            ActionJson::Draw { token, account, clause, amount } => {
                Self::Draw { token, account, clause, amount }
            }
            ActionJson::Claim { token, account, clause, amount } => {
                Self::Claim { token, account, clause, amount }
            }
            ActionJson::SetRole { token, officer, account, role } => {
                Self::SetRole { token, officer, account, role }
            }
            ActionJson::SetFrozen { token, officer, account, frozen } => {
                Self::SetFrozen { token, officer, account, frozen }
            }
            ActionJson::Move { token, officer, from, to, amount } => {
                Self::Move { token, officer, from, to, amount }
            }
            ActionJson::HandOver { token, account, from, to } => {
                Self::HandOver { token, account, from, to }
            }
            ActionJson::Amend { token, officer, clause, amount, in_force_at } => {
                let in_force_at = UnixMillis::new(in_force_at);
                Self::Amend { token, officer, clause, amount, in_force_at }
            }
        }
    }
}
