//! Clauses in JSON, each of its own type.

use coinage_protocol::{Amount, Instant, Name};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::formula::CeilingJson;
use super::instant;
use crate::{schema, text};

/// Party of a clause: whoever sends or receives by it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum PartyJson {
    /// Each account that has a role.
    Role {
        /// Name of the role.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        role: Name,
    },
    /// A named account.
    Account {
        /// Name of the account.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        account: Name,
    },
}

/// A clause of a charter (SPEC R-4); accounts and roles by their names in the charter.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClauseJson {
    /// An amount that a named account has from the start.
    Creation {
        /// Account that receives.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        to: Name,
        /// Amount that it receives, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// The most that may exist at a time.
    Outstanding {
        /// Amount that the supply may reach, in base units.
        amount: CeilingJson,
    },
    /// The most that may be issued in all time, whatever is burned.
    Ever {
        /// Amount that everything issued may sum to, in base units.
        amount: CeilingJson,
    },
    /// A right to issue, so much in each period.
    Issue {
        /// Account that may issue.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        officer: Name,
        /// Amount of a period, in base units.
        amount: CeilingJson,
        /// Length of a period, in seconds.
        period_s: u32,
    },
    /// A right to issue without a limit of its own.
    IssueFreely {
        /// Account that may issue.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        officer: Name,
    },
    /// A right to issue a part of the supply in each period.
    Growth {
        /// Account that may issue.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        officer: Name,
        /// Part of the supply, in millionths.
        millionths: u32,
        /// Length of a period, in seconds.
        period_s: u32,
    },
    /// A right to draw an amount for each period that is over, which halves.
    Halving {
        /// Account that draws.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        account: Name,
        /// Amount of each of the first periods, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
        /// Length of a period, in seconds.
        period_s: u32,
        /// Number of periods after which the amount halves.
        every: u32,
    },
    /// A right to draw an amount in all, by the day.
    Evenly {
        /// Account that draws.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        account: Name,
        /// Amount in all, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        total: Amount,
        /// Number of days over which it is spread.
        days: u32,
        /// Instant from which the days count.
        #[serde(with = "instant")]
        #[schema(value_type = schema::Instant)]
        from: Instant,
        /// Number of days at the beginning in which nothing can be drawn.
        first_days: u32,
    },
    /// A right of each account with a role to claim an amount in each period.
    Claim {
        /// Role whose accounts may claim.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        role: Name,
        /// Amount of a period, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
        /// Length of a period, in seconds.
        period_s: u32,
        /// Number of past periods that can still be claimed.
        missed: u32,
    },
    /// The most that each account with a role may be issued in a period.
    Receive {
        /// Role of the accounts.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        role: Name,
        /// Amount of a period, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
        /// Length of a period, in seconds.
        period_s: u32,
    },
    /// A time before which nothing may be issued.
    NotBefore {
        /// First instant at which it may.
        #[serde(with = "instant")]
        #[schema(value_type = schema::Instant)]
        from: Instant,
    },
    /// A time from which on nothing may be issued.
    NotFrom {
        /// First instant at which it may not.
        #[serde(with = "instant")]
        #[schema(value_type = schema::Instant)]
        from: Instant,
    },
    /// A role, and who gives and takes it.
    Role {
        /// Account that gives and takes it.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        officer: Name,
        /// Name of the role.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        name: Name,
        /// Number of accounts that may have it.
        max: u32,
    },
    /// A way in which coins may be sent.
    Send {
        /// Party that may send.
        from: PartyJson,
        /// Party that may receive from it.
        to: PartyJson,
    },
    /// The most that each account with a role may hold.
    Hold {
        /// Role of the accounts.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        role: Name,
        /// Amount that may be held, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// The most that each account with a role may send in a period.
    SendLimit {
        /// Role of the accounts.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        role: Name,
        /// Amount of a period, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
        /// Length of a period, in seconds.
        period_s: u32,
    },
    /// A right to freeze accounts and to unfreeze them.
    Freeze {
        /// Account that may.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        officer: Name,
    },
    /// A right to move the coins of any account.
    Move {
        /// Account that may.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        officer: Name,
    },
    /// An end of the coin: from then on it goes back, or is burned.
    End {
        /// First instant of the end.
        #[serde(with = "instant")]
        #[schema(value_type = schema::Instant)]
        from: Instant,
        /// Account to which coins may still be sent.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        to: Name,
    },
    /// A right of a named account to put another address in its place.
    HandOver {
        /// Account that may.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        account: Name,
    },
    /// A right to change the amount in another clause.
    Amend {
        /// Account that may.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        officer: Name,
        /// Number of the clause whose amount changes, from 1.
        clause: u8,
        /// Lowest amount that may be set, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        min: Amount,
        /// Highest amount that may be set, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        max: Amount,
        /// Time between the announcement and its effect, in seconds.
        notice_s: u32,
    },
    /// A right of each account with a role to owe: it draws coins, and burning repays them.
    Owe {
        /// Role whose accounts may owe.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        role: Name,
        /// Amount that each may owe at a time, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
}
