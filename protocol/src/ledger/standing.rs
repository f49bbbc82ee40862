//! Standings: what an address is by a token's charter, what it owes and used (SPEC ).

use alloc::vec::Vec;
use core::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::bounded::Bounded;
use crate::limits::CLAUSES_MAX;
use crate::policy::{ClauseId, PeriodNumber, RoleId};

/// The standing of an address by a token's charter (SPEC R-9): there only while it has a role, is
/// frozen, owes or has used something.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Standing {
    /// Role that it has.
    pub role: Option<RoleId>,
    /// True if nothing may leave it.
    pub frozen: bool,
    /// First period for which it has not claimed.
    pub next_claim: PeriodNumber,
    /// Base units that it owes: it has a role while it owes any (SPEC R-14).
    pub owed: Amount,
    /// Amounts that it used of clauses that limit each account with a role.
    pub used: ClauseUses,
}

/// An amount that an account used of a clause in a period: in any other one it is zero.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ClauseUse {
    /// Clause whose limit it is.
    pub clause: ClauseId,
    /// Period that the amount is of.
    pub period: PeriodNumber,
    /// Base units in that period.
    pub amount: Amount,
}

/// The amounts that an account used of clauses.
///
/// # Invariant
///
/// Strictly increasing by clause, and none is zero: the same uses have one encoding.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "List", into = "List")]
pub struct ClauseUses(List);

type List = Bounded<ClauseUse, CLAUSES_MAX>;

/// A list of uses that is not the one encoding of what it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("what was used is not in strictly increasing order of clauses, or some of it is zero")]
pub struct BadUses;

impl Standing {
    /// Checks whether it says anything: only then is it an entry of the state.
    pub(crate) fn is_any(&self) -> bool {
        self.role.is_some() || self.frozen || !self.owed.is_zero() || !self.used.is_empty()
    }
}

impl ClauseUses {
    /// The amount used of a clause in a period.
    pub fn in_period(&self, clause: ClauseId, period: PeriodNumber) -> Amount {
        let found = self.iter().find(|one| one.clause == clause && one.period == period);
        found.map_or(Amount::ZERO, |one| one.amount)
    }

    /// The uses with this one in the place of that of the same clause.
    #[must_use]
    pub(crate) fn with(&self, new: ClauseUse) -> Self {
        let others = self.iter().filter(|one| one.clause != new.clause);
        let mut list: Vec<_> = others.chain([&new]).copied().collect();
        list.retain(|one| !one.amount.is_zero());
        list.sort_unstable_by_key(|one| one.clause);
        Self(Bounded::first_of(list))
    }

    /// The uses of which this is true.
    #[must_use]
    pub(crate) fn only(&self, is_kept: impl Fn(&ClauseUse) -> bool) -> Self {
        Self(Bounded::first_of(self.iter().filter(|one| is_kept(one)).copied()))
    }
}

impl Deref for ClauseUses {
    type Target = [ClauseUse];

    fn deref(&self) -> &[ClauseUse] {
        &self.0
    }
}

impl TryFrom<List> for ClauseUses {
    type Error = BadUses;

    fn try_from(list: List) -> Result<Self, BadUses> {
        let increasing = list.is_sorted_by(|one, next| one.clause < next.clause);
        let something = list.iter().all(|one| !one.amount.is_zero());
        if increasing && something { Ok(Self(list)) } else { Err(BadUses) }
    }
}

impl From<ClauseUses> for List {
    fn from(uses: ClauseUses) -> Self {
        uses.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};
    use crate::samples::amount;

    fn used(clause: u8, period: u64, units: u128) -> ClauseUse {
        let (clause, period) = (ClauseId(clause), PeriodNumber::new(period));
        ClauseUse { clause, period, amount: amount(units) }
    }

    #[test]
    fn uses_have_one_encoding_and_whatever_else_says_the_same_is_refused() {
        // SPEC R-9, M-3
        let uses = ClauseUses::default().with(used(7, 2, 5)).with(used(3, 9, 1));
        let uses = uses.with(used(7, 3, 6)).with(used(9, 3, 0));
        assert_eq!(*uses, [used(3, 9, 1), used(7, 3, 6)]);
        assert_eq!(uses.in_period(ClauseId(7), PeriodNumber::new(3)), amount(6));
        assert_eq!(uses.in_period(ClauseId(7), PeriodNumber::new(2)), Amount::ZERO);
        assert_eq!(uses.with(used(3, 9, 0)).len(), 1, "a use of zero is none");
        let standing = Standing { used: uses, ..Standing::default() };
        assert_eq!(decode::<Standing>(&encode(&standing), 9_999).as_ref(), Ok(&standing));
        let bad = [
            alloc::vec![used(7, 2, 5), used(3, 9, 1)],
            alloc::vec![used(3, 2, 5), used(3, 9, 1)],
            alloc::vec![used(3, 2, 0)],
            (0..33).map(|clause| used(clause, 0, 1)).collect(),
        ];
        for list in bad {
            let raw = (None::<RoleId>, false, PeriodNumber::default(), Amount::ZERO, list);
            assert!(decode::<Standing>(&encode(&raw), 9_999).is_err(), "{raw:?}");
        }
        let all: Vec<_> = (0..32).map(|clause| used(clause, 0, 1)).collect();
        let raw = (None::<RoleId>, false, PeriodNumber::default(), Amount::ZERO, all);
        assert_eq!(decode::<Standing>(&encode(&raw), 9_999).map(|one| one.used.len()), Ok(32));
    }
}
