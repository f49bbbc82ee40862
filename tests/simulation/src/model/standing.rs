//! Standings: what accounts are by a charter, and what they used of limits (SPEC R-9).

use std::collections::BTreeMap;

use coinage_protocol::{Address, Clause, Passes, RoleId, Standing, Symbol};

use super::charter::{limit, refused};
use super::{Charted, Model, No, Turn};

/// An account by a charter.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stand {
    /// Role that it has.
    pub role: Option<RoleId>,
    /// True if nothing may leave it.
    pub frozen: bool,
    /// First period that it has not claimed.
    pub next_claim: u64,
    /// Units that it owes.
    pub owed: u128,
    /// Last period in which it used a clause, and the units used in it, by places of clauses.
    pub used: BTreeMap<u8, (u64, u128)>,
}

impl From<&Standing> for Stand {
    fn from(standing: &Standing) -> Self {
        let used = standing.used.iter();
        let used = used.map(|one| (one.clause.0, (one.period.get(), one.amount.units())));
        Self {
            role: standing.role,
            frozen: standing.frozen,
            next_claim: standing.next_claim.get(),
            owed: standing.owed.units(),
            used: used.collect(),
        }
    }
}

impl Charted {
    /// The places of clauses of which an account used something in a period that is over.
    pub(super) fn over(&self, account: Address, time: u64) -> Vec<u8> {
        let Some(stand) = self.standings.get(&account) else { return Vec::new() };
        let is_over = |place: u8, last: u64| match &self.parts.clauses[usize::from(place)] {
            Clause::Receive { period, .. } | Clause::SendLimit { period, .. } => {
                last < self.period(period.seconds(), time)
            }
            other => panic!("no account uses {other:?}"),
        };
        let used = stand.used.iter().filter(|(place, (last, _))| is_over(**place, *last));
        used.map(|(place, _)| *place).collect()
    }

    /// Record of an account, to be changed: whatever is over goes with the change.
    pub(super) fn stand(&mut self, account: Address, time: u64) -> &mut Stand {
        let over = self.over(account, time);
        let stand = self.standings.get_mut(&account).expect("it has a role or used something");
        for place in over {
            stand.used.remove(&place);
        }
        stand
    }
}

impl Model {
    /// SPEC R-6 (d), R-10: what each account with a role may be issued or send in a period.
    pub(super) fn count_each(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        place: usize,
        (who, seconds, need): (Address, u32, u128),
    ) -> Result<(), No> {
        let one = self.charted(token);
        let (allowed, now) = (one.amount(place, turn.time), one.period(seconds, turn.time));
        let key = u8::try_from(place).expect("few clauses");
        let used = match one.standings[&who].used.get(&key) {
            Some((period, units)) if *period == now => *units,
            _ => 0,
        };
        if used + need > allowed {
            let passes = if need <= allowed {
                Passes::At(one.begins(seconds, now + 1))
            } else {
                one.once_amended(place)
            };
            return Err(refused(token, Some(place), limit(used, allowed, need), passes));
        }
        let stand = self.charted_mut(token).stand(who, turn.time);
        stand.used.insert(key, (now, used + need));
        Ok(())
    }
}
