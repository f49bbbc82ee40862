//! Clauses: the typed sentences of a charter (SPEC R-4).

use core::fmt;

use serde::{Deserialize, Serialize};

use super::formula::Ceiling;
use super::name::Name;
use super::time::{Instant, Period};
use crate::amount::Amount;
use crate::limits::RATE_MAX;

/// A named account of a charter, by its place in their list.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct AccountId(pub u8);

/// A role of a charter: its place among the clauses that say who gives a role.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct RoleId(pub u8);

/// A clause of a charter, by its place in their list, from 0; people count from 1.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ClauseId(pub u8);

/// A party of a clause: whoever sends or receives by it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Party {
    /// Each account that has a role.
    Role(RoleId),
    /// A named account.
    Account(AccountId),
}

/// A part of the supply, in millionths: 10,000 are one per cent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Rate(u32);

/// A number of millionths that is no [`Rate`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a rate is above 0 % and at most 100 %")]
pub struct BadRate;

/// A sentence of a charter. A count is never zero, but for `missed` and `first_days`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Clause {
    /// An amount that a named account has from the start.
    Creation {
        /// Account that receives.
        to: AccountId,
        /// Amount that it receives.
        amount: Amount,
    },
    /// The most that may exist at a time.
    Outstanding {
        /// Amount that the supply may reach.
        amount: Ceiling,
    },
    /// The most that may be issued in all time, whatever is burned.
    Ever {
        /// Amount that everything issued may sum to.
        amount: Ceiling,
    },
    /// A right to issue, so much in each period.
    Issue {
        /// Account that may issue.
        officer: AccountId,
        /// Amount that it may issue in a period.
        amount: Ceiling,
        /// Length of a period.
        period: Period,
    },
    /// A right to issue without a limit of its own.
    IssueFreely {
        /// Account that may issue.
        officer: AccountId,
    },
    /// A right to issue a part of the supply in each period.
    Growth {
        /// Account that may issue.
        officer: AccountId,
        /// Part of the supply just before the clause's first issue of the period.
        rate: Rate,
        /// Length of a period.
        period: Period,
    },
    /// A right to draw an amount for each period that is over, which halves.
    Halving {
        /// Account that draws.
        account: AccountId,
        /// Amount of each of the first periods.
        amount: Amount,
        /// Length of a period.
        period: Period,
        /// Number of periods after which the amount halves.
        every: u32,
    },
    /// A right to draw an amount in all, by the day.
    Evenly {
        /// Account that draws.
        account: AccountId,
        /// Amount in all.
        total: Amount,
        /// Days over which it is spread.
        days: u32,
        /// Instant from which the days count.
        from: Instant,
        /// Days at the beginning in which nothing can be drawn.
        first_days: u32,
    },
    /// A right of each account with a role to claim an amount in each period.
    Claim {
        /// Role whose accounts may claim.
        role: RoleId,
        /// Amount of one period.
        amount: Amount,
        /// Length of a period.
        period: Period,
        /// Number of past periods that can still be claimed.
        missed: u32,
    },
    /// The most that each account with a role may be issued in a period.
    Receive {
        /// Role of the accounts.
        role: RoleId,
        /// Amount of a period.
        amount: Amount,
        /// Length of a period.
        period: Period,
    },
    /// A time before which nothing may be issued.
    NotBefore {
        /// First instant at which it may.
        from: Instant,
    },
    /// A time from which on nothing may be issued.
    NotFrom {
        /// First instant at which it may not.
        from: Instant,
    },
    /// A role, and who gives and takes it.
    Role {
        /// Account that gives and takes it.
        officer: AccountId,
        /// Name of the role.
        name: Name,
        /// Number of accounts that may have it.
        max: u32,
    },
    /// A way in which coins may be sent. With one such clause there is no other way.
    Send {
        /// Party that may send.
        from: Party,
        /// Party that may receive from it.
        to: Party,
    },
    /// The most that each account with a role may hold.
    Hold {
        /// Role of the accounts.
        role: RoleId,
        /// Amount that may be held.
        amount: Amount,
    },
    /// The most that each account with a role may send in a period.
    SendLimit {
        /// Role of the accounts.
        role: RoleId,
        /// Amount of a period.
        amount: Amount,
        /// Length of a period.
        period: Period,
    },
    /// A right to freeze accounts and to unfreeze them.
    Freeze {
        /// Account that may.
        officer: AccountId,
    },
    /// A right to move the coins of any account.
    Move {
        /// Account that may.
        officer: AccountId,
    },
    /// An end of the coin: from then on it goes back, or is burned.
    End {
        /// First instant of the end.
        from: Instant,
        /// Account to which coins may still be sent.
        to: AccountId,
    },
    /// A right of a named account to put another address in its place.
    HandOver {
        /// Account that may.
        account: AccountId,
    },
    /// A right to change the amount in another clause.
    Amend {
        /// Account that may.
        officer: AccountId,
        /// Clause whose amount changes.
        clause: ClauseId,
        /// Lowest amount that may be set.
        min: Amount,
        /// Highest amount that may be set.
        max: Amount,
        /// Time between the announcement and its effect.
        notice: Period,
    },
    /// A right of each account with a role to owe: it draws coins, and burning repays them.
    Owe {
        /// Role whose accounts may owe.
        role: RoleId,
        /// Amount that each may owe at a time.
        amount: Amount,
    },
}

impl Rate {
    /// The rate of so many millionths.
    ///
    /// # Errors
    ///
    /// [`BadRate`] if it is 0, or above a million.
    pub fn new(millionths: u32) -> Result<Self, BadRate> {
        let fits = (1..=RATE_MAX).contains(&millionths);
        if fits { Ok(Self(millionths)) } else { Err(BadRate) }
    }

    /// The rate in millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// A part of an amount by this rate, rounded down.
    pub fn of(self, whole: Amount) -> Amount {
        // At most 10^30 * 10^6, which is below 2^127.
        let parts = whole.units().saturating_mul(u128::from(self.0));
        let units = parts.checked_div(u128::from(RATE_MAX)).unwrap_or_default();
        Amount::try_from(units).expect("a part of an amount is an amount")
    }
}

impl TryFrom<u32> for Rate {
    type Error = BadRate;

    fn try_from(millionths: u32) -> Result<Self, BadRate> {
        Self::new(millionths)
    }
}

impl From<Rate> for u32 {
    fn from(rate: Rate) -> Self {
        rate.0
    }
}

impl ClauseId {
    /// The number by which people know the clause: the first one is 1.
    pub fn number(self) -> u16 {
        u16::from(self.0).saturating_add(1)
    }
}

impl fmt::Display for ClauseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(formatter)
    }
}
