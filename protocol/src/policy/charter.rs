//! Charters: what a token with a policy is created with.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Deref;

use serde::{Deserialize, Serialize};

use super::check;
use super::clause::{AccountId, Clause, ClauseId, RoleId};
use super::formula::Figures;
use super::name::Name;
use super::time::{DAY_MS, Instant, PeriodNumber};
use crate::amount::Amount;
use crate::bounded::{Bounded, Text};
use crate::codec::encode;
use crate::hash::{CharterHash, Tag, tagged};
use crate::limits::{CHARTER_ACCOUNTS_MAX, CHARTER_BYTES_MAX, CLAUSES_MAX, NAME_BYTES_MAX};
use crate::lock::{Address, Lock, Threshold};
use crate::symbol::Symbol;
use crate::units::UnixMillis;

/// The parts of a charter, not yet checked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CharterParts {
    /// Symbol of the token.
    pub token: Symbol,
    /// Name of the token, for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Digits after the decimal point.
    pub decimals: u8,
    /// Instant from which all periods count; before it nothing is issued but the creation.
    pub anchor: Instant,
    /// Accounts that clauses name.
    pub accounts: Bounded<NamedAccount, CHARTER_ACCOUNTS_MAX>,
    /// Clauses; their order means nothing but their numbers.
    pub clauses: Bounded<Clause, CLAUSES_MAX>,
}

/// An account that clauses name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NamedAccount {
    /// Name of the account, unique in its charter.
    pub name: Name,
    /// Holder of the account: whoever acts for it.
    pub holder: Holder,
}

/// The holder of a named account: whoever acts for it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Holder {
    /// An address, of which nothing more is said.
    Address(Address),
    /// So many of several keys, so that everybody sees whose.
    Threshold(Threshold),
}

/// A checked charter: what a token with a policy is created with (SPEC R-1).
///
/// # Invariant
///
/// Keeps every rule that needs no state (SPEC R-5), so that it can be printed and judged by.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "CharterParts", into = "CharterParts")]
pub struct Charter {
    parts: CharterParts,
    /// The addresses of the accounts, in their order.
    addresses: Vec<Address>,
}

/// The reason why parts make no charter (SPEC R-5).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CharterError {
    /// There are too many decimals (SPEC A-3).
    #[error("{decimals} decimals, at most 18 are allowed")]
    Decimals {
        /// Number of decimals that there would be.
        decimals: u8,
    },
    /// The display name could not be written between quotation marks.
    #[error("the name of a coin with a charter has no quotation mark")]
    Quote,
    /// A name stands for two things.
    #[error("the name {name} stands for two accounts or roles")]
    NameTwice {
        /// Name that stands twice.
        name: Name,
    },
    /// A clause names an account, a role or a clause that is not there.
    #[error("clause {clause} names an account, a role or a clause that is not there")]
    Dangling {
        /// Clause that does.
        clause: ClauseId,
    },
    /// A clause says nothing: an amount or a count of zero, or bounds that exclude each other.
    #[error("clause {clause} says nothing: {what}")]
    Empty {
        /// Clause that does.
        clause: ClauseId,
        /// Words for what is wrong.
        what: &'static str,
    },
    /// Two clauses say something about the same thing.
    #[error("clauses {first} and {second} speak of the same thing: one must go")]
    Twice {
        /// The first of the two.
        first: ClauseId,
        /// The second of the two.
        second: ClauseId,
    },
    /// More is created than may be outstanding or ever be issued.
    #[error("what is issued at creation is more than clause {clause} allows")]
    CreationAboveLimit {
        /// Clause that allows less.
        clause: ClauseId,
    },
    /// All that is created is more than any token may have (SPEC A-1).
    #[error("what is issued at creation is more than any token may have")]
    CreationTooLarge,
    /// A formula does not fit its clause (SPEC R-13).
    #[error("the formula of clause {clause} does not fit: {what}")]
    Formula {
        /// Clause that has it.
        clause: ClauseId,
        /// Words for what is wrong.
        what: &'static str,
    },
    /// Coins that nobody owes would stand beside debts (SPEC R-14).
    #[error("where accounts owe (clause {owe}), nothing else issues: clause {clause} must go")]
    IssueBesideOwe {
        /// Clause that issues.
        clause: ClauseId,
        /// Clause by which accounts owe.
        owe: ClauseId,
    },
    /// The encoding is too long, which takes many long formulas.
    #[error("the formulas are too long: a charter has at most {CHARTER_BYTES_MAX} bytes")]
    TooLong,
    /// The charter creates nothing, and nobody may ever issue.
    #[error("the coin would never have any units: no clause creates or issues any")]
    NeverAnyUnits,
}

impl Charter {
    /// The charter of these parts.
    ///
    /// # Errors
    ///
    /// [`CharterError`] if they break a rule that needs no state (SPEC R-5).
    pub fn new(parts: CharterParts) -> Result<Self, CharterError> {
        check::check(&parts)?;
        let addresses = parts.accounts.iter().map(|account| account.holder.address()).collect();
        Ok(Self { parts, addresses })
    }

    /// The name of the charter among all: what a creator shows beforehand (SPEC R-1).
    pub fn hash(&self) -> CharterHash {
        CharterHash::new(tagged(Tag::Charter, &[&encode(&self.parts)]))
    }

    /// The parts, to change and check again.
    pub fn into_parts(self) -> CharterParts {
        self.parts
    }

    /// Checks whether an address is that of a named account.
    pub fn is(&self, account: AccountId, address: Address) -> bool {
        self.addresses.get(usize::from(account.0)) == Some(&address)
    }

    /// The address of a named account.
    pub fn address(&self, account: AccountId) -> Option<Address> {
        self.addresses.get(usize::from(account.0)).copied()
    }

    /// The addresses of the named accounts, in their order.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.iter()
    }

    /// The amounts that the creation issues, and to whom.
    pub fn creations(&self) -> impl Iterator<Item = (Address, Amount)> {
        self.parts.clauses.iter().filter_map(|clause| {
            let Clause::Creation { to, amount } = clause else { return None };
            Some((self.address(*to)?, *amount))
        })
    }

    /// The figures that a formula of a clause names, at a time.
    pub fn figures(
        &self,
        clause: &Clause,
        supply: Amount,
        issued: Amount,
        time: UnixMillis,
    ) -> Figures {
        let anchor = self.parts.anchor;
        let days = time.checked_since(anchor.millis()).and_then(|ms| ms.checked_div(DAY_MS));
        let period = clause.period().and_then(|period| period.at(anchor, time));
        Figures {
            supply,
            issued,
            days: days.unwrap_or_default(),
            periods: period.map_or(0, PeriodNumber::get),
        }
    }

    /// Checks whether accounts can owe: then the supply is the sum of their debts (SPEC R-14).
    pub fn has_debts(&self) -> bool {
        self.parts.clauses.iter().any(|clause| matches!(clause, Clause::Owe { .. }))
    }

    /// The balances that addresses have by the creation.
    pub(crate) fn first_balances(&self) -> BTreeMap<Address, Amount> {
        let mut balances = BTreeMap::<Address, Amount>::new();
        for (to, amount) in self.creations() {
            let balance = balances.entry(to).or_default();
            *balance = balance.checked_add(amount).unwrap_or(Amount::MAX);
        }
        balances
    }

    /// The charter with another address in a named account's place.
    pub(crate) fn handed_over(&self, account: AccountId, to: Address) -> Self {
        let mut accounts = self.parts.accounts.clone().into_vec();
        let mut addresses = self.addresses.clone();
        let place = usize::from(account.0);
        if let (Some(named), Some(address)) = (accounts.get_mut(place), addresses.get_mut(place)) {
            named.holder = Holder::Address(to);
            *address = to;
        }
        let accounts = Bounded::first_of(accounts);
        Self { parts: CharterParts { accounts, ..self.parts.clone() }, addresses }
    }

    /// The named accounts that an address is.
    pub fn accounts_of(&self, address: Address) -> impl Iterator<Item = AccountId> {
        let named = (0..=u8::MAX).zip(&self.addresses);
        named.filter(move |(_, known)| **known == address).map(|(id, _)| AccountId(id))
    }
}

impl CharterParts {
    /// The clauses with their ids.
    pub fn numbered(&self) -> impl Iterator<Item = (ClauseId, &Clause)> {
        (0..=u8::MAX).map(ClauseId).zip(&self.clauses)
    }

    /// A clause.
    pub fn clause(&self, id: ClauseId) -> Option<&Clause> {
        self.clauses.get(usize::from(id.0))
    }

    /// A named account.
    pub fn account(&self, id: AccountId) -> Option<&NamedAccount> {
        self.accounts.get(usize::from(id.0))
    }

    /// The roles: the clause, the officer, the name and the most accounts of each.
    pub fn roles(&self) -> impl Iterator<Item = (RoleId, ClauseId, AccountId, &Name, u32)> {
        let roles = self.numbered().filter_map(|(id, clause)| {
            let Clause::Role { officer, name, max } = clause else { return None };
            Some((id, *officer, name, *max))
        });
        let numbered = (0..=u8::MAX).map(RoleId).zip(roles);
        numbered.map(|(role, (clause, officer, name, max))| (role, clause, officer, name, max))
    }
}

impl Deref for Charter {
    type Target = CharterParts;

    fn deref(&self) -> &CharterParts {
        &self.parts
    }
}

impl Holder {
    /// The address of the account.
    pub fn address(&self) -> Address {
        match self {
            Self::Address(address) => *address,
            Self::Threshold(threshold) => Lock::Threshold(threshold.clone()).address(),
        }
    }
}

impl TryFrom<CharterParts> for Charter {
    type Error = CharterError;

    fn try_from(parts: CharterParts) -> Result<Self, CharterError> {
        Self::new(parts)
    }
}

impl From<Charter> for CharterParts {
    fn from(charter: Charter) -> Self {
        charter.parts
    }
}
