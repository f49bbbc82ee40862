//! Refusals of a charter: which clause, what is used, what is allowed, and when it would pass.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Key;
use crate::amount::Amount;
use crate::lock::Address;
use crate::policy::{Charter, Clause, ClauseId, Term};
use crate::units::UnixMillis;

/// A refusal by a token's charter (SPEC R-6).
///
/// Blame: as for every [`LedgerError`](super::LedgerError).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}: {reason}{}", charter.token, Of(*clause))]
pub struct PolicyRefusal {
    /// Charter that refuses, as it was then.
    pub charter: Arc<Charter>,
    /// Clause that refuses; `None` if no clause allows it.
    pub clause: Option<ClauseId>,
    /// Reason of the refusal.
    pub reason: PolicyReason,
    /// Time at which the same would be allowed.
    pub passes: Passes,
}

/// The end of a sentence that names a clause.
struct Of(Option<ClauseId>);

/// The time at which a charter would allow what it refuses now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Passes {
    /// Passes from a block time on, in milliseconds since 1970, if nothing else changes.
    At(UnixMillis),
    /// After another transaction: one that burns, gives a role, amends, hands over.
    Later,
    /// Never.
    Never,
}

/// The reason why a charter refuses (SPEC ).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PolicyReason {
    /// No clause lets the address do this.
    #[error("no clause of its charter lets {address} do this")]
    NotEntitled {
        /// Address that acts.
        address: Address,
    },
    /// The clause that is named is of another kind.
    #[error("the clause that is named does not say this")]
    OtherClause,
    /// A token with a charter has no issuer.
    #[error("a coin with a charter has no issuer, its charter says who issues")]
    NoIssuer,
    /// The time is too early.
    #[error("it is too early")]
    TooEarly,
    /// The time is too late.
    #[error("it is too late")]
    TooLate,
    /// The address is frozen: nothing may leave it.
    #[error("{address} is frozen")]
    Frozen {
        /// Address that is frozen.
        address: Address,
    },
    /// No clause lets the one send to the other.
    #[error("no clause of its charter lets {from} send to {to}")]
    NoWay {
        /// Address that sends.
        from: Address,
        /// Address that would receive.
        to: Address,
    },
    /// Coins go only to accounts that have a role or a name, and this one has none that fits.
    #[error("{to} has no role or name by which it may receive this")]
    NotAReceiver {
        /// Address that would receive.
        to: Address,
    },
    /// More would be used than is allowed.
    #[error("{need} base units are more than the {allowed} allowed, of which {used} are used")]
    Limit {
        /// Base units that are used.
        used: Amount,
        /// Base units that are allowed.
        allowed: Amount,
        /// Base units that would be used in addition.
        need: Amount,
    },
    /// The claim is no whole number of periods' worth.
    #[error("{need} base units are no whole number of {each}, the amount of a period")]
    NotWhole {
        /// Base units of one period.
        each: Amount,
        /// Base units that would be claimed.
        need: Amount,
    },
    /// The role is full: as many accounts have it as may have it.
    #[error("{max} accounts have the role, as many as may have it")]
    RoleFull {
        /// Number of accounts that may have the role.
        max: u32,
    },
    /// The action would change nothing.
    #[error("nothing would change")]
    NothingChanges,
    /// The account would give up more than it owes (SPEC R-14).
    #[error("{address} owes {owed} base units, and coins are burned only to repay")]
    OwesLess {
        /// Address that would burn more.
        address: Address,
        /// Base units that it owes.
        owed: Amount,
    },
    /// The account owes, so it keeps its role (SPEC R-14).
    #[error("{address} owes {owed} base units, and keeps its role until they are repaid")]
    Owes {
        /// Address that owes.
        address: Address,
        /// Base units that it owes.
        owed: Amount,
    },
    /// An account without a role and without a balance cannot be frozen.
    #[error("{address} has neither a role nor a balance, so there is nothing to freeze")]
    NothingToFreeze {
        /// Address that would be frozen.
        address: Address,
    },
    /// The amount is outside the bounds of the clause that lets it change.
    #[error("the amount must be between {min} and {max} base units")]
    OutOfBounds {
        /// Lowest amount that may be set.
        min: Amount,
        /// Highest amount that may be set.
        max: Amount,
    },
    /// The announcement comes too late, or too long before.
    #[error("the change can be in force from {earliest} to {latest} (ms since 1970)")]
    Notice {
        /// Earliest time at which the change can be in force.
        earliest: UnixMillis,
        /// Latest time at which the change can be in force.
        latest: UnixMillis,
    },
}

impl core::fmt::Display for Of {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.map_or(Ok(()), |clause| write!(formatter, " (clause {clause})"))
    }
}

/// The entries in which the accounts are counted that formulas of a charter name.
pub(crate) fn counted(charter: &Charter) -> impl Iterator<Item = Key> {
    let formulas = charter.clauses.iter().filter_map(Clause::formula);
    let terms = formulas.flat_map(|formula| formula.iter());
    let roles = terms.filter_map(|term| {
        let Term::Members(role) = term else { return None };
        charter.roles().find(|(id, ..)| id == role)
    });
    roles.map(|(_, clause, ..)| Key::Usage(charter.token, clause))
}

impl PolicyRefusal {
    /// Checks whether a block up to that time could hold the same transaction (SPEC P-2).
    pub fn may_pass_until(&self, expires_at: UnixMillis) -> bool {
        match self.passes {
            Passes::At(time) => time <= expires_at,
            Passes::Later => true,
            Passes::Never => false,
        }
    }

    /// The entries of the state whose change can change the outcome, besides those of the
    /// addresses that the transaction names.
    pub(crate) fn watched(&self) -> Vec<Key> {
        let token = self.charter.token;
        let whole = [Key::Token(token), Key::Charter(token)];
        let clause = self.clause.map(|id| [Key::Usage(token, id), Key::Amendment(token, id)]);
        let clauses = clause.into_iter().flatten();
        whole.into_iter().chain(clauses).chain(counted(&self.charter)).collect()
    }
}
