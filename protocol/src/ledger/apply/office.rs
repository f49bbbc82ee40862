//! Offices of a charter: roles, freezing, moving, handing over and amending (SPEC ).

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::Step;
use super::policy::Policy;
use crate::amount::Amount;
use crate::ledger::{Amendment, Entry, Key, LedgerError, Passes, PolicyReason, Standing, Usage};
use crate::limits::AMENDMENT_AHEAD_MS_MAX;
use crate::lock::Address;
use crate::policy::{AccountId, Clause, ClauseId, PeriodNumber, RoleId};
use crate::units::UnixMillis;

impl Step<'_, '_> {
    /// SPEC R-9
    pub(super) fn set_role(
        &mut self,
        policy: &Policy,
        officer: Address,
        account: Address,
        role: Option<RoleId>,
    ) -> Result<(), LedgerError> {
        let standing = self.standing(policy, account);
        let old = standing.role;
        // With neither, what is left of a role that was taken: whoever gives any may clear it.
        if !gives(policy, old.or(role), officer) || !gives(policy, role.or(old), officer) {
            return Err(policy.not_entitled(officer));
        }
        let clears = role.is_none() && policy.running(&standing.used) != standing.used;
        if old == role && !clears {
            return Err(policy.refuse(None, PolicyReason::NothingChanges, Passes::Never));
        }
        if !standing.owed.is_zero() {
            let reason = PolicyReason::Owes { address: account, owed: standing.owed };
            return Err(policy.refuse(None, reason, Passes::Later));
        }
        if let Some(old) = old {
            self.count_role(policy, old, |count| count.saturating_sub(1))?;
        }
        if let Some(new) = role {
            self.count_role(policy, new, |count| count.saturating_add(1))?;
        }
        let next_claim = role.map(|role| first_claim(policy, role)).unwrap_or_default();
        // What it used is kept: the same account in the same period has the limit once.
        self.write_standing(policy, account, Standing { role, next_claim, ..standing })
    }

    /// SPEC R-11
    pub(super) fn set_frozen(
        &mut self,
        policy: &Policy,
        officer: Address,
        account: Address,
        frozen: bool,
    ) -> Result<(), LedgerError> {
        let may = |clause: &Clause| {
            matches!(clause, Clause::Freeze { officer: named }
            if policy.charter.is(*named, officer))
        };
        if !policy.charter.clauses.iter().any(may) {
            return Err(policy.not_entitled(officer));
        }
        let standing = self.standing(policy, account);
        if standing.frozen == frozen {
            return Err(policy.refuse(None, PolicyReason::NothingChanges, Passes::Never));
        }
        if standing.role.is_none() && self.balance(account, policy.token).is_zero() && frozen {
            let reason = PolicyReason::NothingToFreeze { address: account };
            return Err(policy.refuse(None, reason, Passes::Later));
        }
        self.write_standing(policy, account, Standing { frozen, ..standing })
    }

    /// SPEC R-11: nothing is asked of the owner, and nothing is counted against it.
    pub(super) fn move_coins(
        &mut self,
        policy: &Policy,
        officer: Address,
        from: Address,
        to: Address,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        let may = |clause: &Clause| {
            matches!(clause, Clause::Move { officer: named }
            if policy.charter.is(*named, officer))
        };
        if !policy.charter.clauses.iter().any(may) {
            return Err(policy.not_entitled(officer));
        }
        self.check_receiver(policy, to)?;
        self.transfer(policy.token, from, to, amount)?;
        self.check_hold(policy, to)
    }

    /// SPEC R-12
    pub(super) fn hand_over(
        &mut self,
        policy: &Policy,
        account: AccountId,
        from: Address,
        to: Address,
    ) -> Result<(), LedgerError> {
        let may = |clause: &Clause| {
            matches!(clause, Clause::HandOver { account: named }
            if *named == account)
        };
        let declared = policy.charter.clauses.iter().any(may);
        if !declared || !policy.charter.is(account, from) {
            return Err(policy.not_entitled(from));
        }
        if from == to {
            return Err(policy.refuse(None, PolicyReason::NothingChanges, Passes::Never));
        }
        let charter = Arc::new(policy.charter.handed_over(account, to));
        self.written.insert(Key::Charter(policy.token), Some(Entry::Charter(charter)));
        Ok(())
    }

    /// SPEC R-12
    pub(super) fn amend(
        &mut self,
        policy: &Policy,
        officer: Address,
        id: ClauseId,
        amount: Amount,
        in_force_at: UnixMillis,
    ) -> Result<(), LedgerError> {
        let charter = Arc::clone(&policy.charter);
        let amends = charter.numbered().find_map(|(by, amends)| {
            let Clause::Amend { officer: named, clause, min, max, notice } = amends else {
                return None;
            };
            let may = *clause == id && charter.is(*named, officer);
            may.then_some((by, *min, *max, *notice))
        });
        let Some((by, min, max, notice)) = amends else {
            return Err(policy.not_entitled(officer));
        };
        if amount < min || amount > max {
            let reason = PolicyReason::OutOfBounds { min, max };
            return Err(policy.refuse(Some(by), reason, Passes::Never));
        }
        let target = charter.clause(id).ok_or_else(|| policy.other_clause(id))?;
        let before = self.in_force(policy, id, target.amendable().unwrap_or_default());
        // Who lowers what an office may issue takes nothing from anybody else.
        let at_once = matches!(target, Clause::Issue { .. }) && amount <= before;
        let wait = if at_once { 0 } else { u64::from(notice.seconds()).saturating_mul(1_000) };
        let earliest =
            if at_once { UnixMillis::default() } else { policy.time.saturating_add(wait) };
        let latest = policy.time.saturating_add(wait.saturating_add(AMENDMENT_AHEAD_MS_MAX));
        if in_force_at < earliest || in_force_at > latest {
            let reason = PolicyReason::Notice { earliest, latest };
            return Err(policy.refuse(Some(by), reason, Passes::Never));
        }
        let amendment = Amendment { before, amount, in_force_at };
        let entry = Entry::Amendment(Box::new(amendment));
        self.written.insert(Key::Amendment(policy.token, id), Some(entry));
        Ok(())
    }

    /// Counts the accounts that have a role, in the usage of its clause.
    fn count_role(
        &mut self,
        policy: &Policy,
        role: RoleId,
        change: impl Fn(u128) -> u128,
    ) -> Result<(), LedgerError> {
        let charter = Arc::clone(&policy.charter);
        let known = charter.roles().find(|(id, ..)| *id == role);
        let Some((_, clause, _, _, max)) = known else {
            return Err(policy.other_clause(ClauseId(0)));
        };
        let usage = self.usage(policy, clause);
        let count = change(usage.used.units());
        if count > u128::from(max) {
            let reason = PolicyReason::RoleFull { max };
            return Err(policy.refuse(Some(clause), reason, Passes::Later));
        }
        let used = Amount::try_from(count).unwrap_or(Amount::MAX);
        self.write_usage(policy, clause, Usage { used, ..usage });
        Ok(())
    }
}

/// Checks whether an officer gives a role, or any if none is named.
fn gives(policy: &Policy, role: Option<RoleId>, officer: Address) -> bool {
    policy.charter.roles().any(|(id, _, named, ..)| {
        role.is_none_or(|role| role == id) && policy.charter.is(named, officer)
    })
}

/// SPEC R-8: whoever gets a role claims from the next period on.
fn first_claim(policy: &Policy, role: RoleId) -> PeriodNumber {
    let period = policy.charter.clauses.iter().find_map(|clause| {
        let Clause::Claim { role: of, period, .. } = clause else { return None };
        (*of == role).then_some(*period)
    });
    let now = period.and_then(|period| period.at(policy.charter.anchor, policy.time));
    now.map(PeriodNumber::next).unwrap_or_default()
}
