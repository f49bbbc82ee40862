//! Sending and holding by a charter (SPEC R-10).

use alloc::sync::Arc;

use super::Step;
use super::policy::{Demand, Policy};
use crate::amount::Amount;
use crate::ledger::{LedgerError, Passes, PolicyReason};
use crate::lock::Address;
use crate::policy::Clause;

impl Step<'_, '_> {
    /// SPEC R-10
    pub(super) fn send(
        &mut self,
        policy: &Policy,
        from: Address,
        to: Address,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        check_end(policy, to)?;
        self.check_not_frozen(policy, from)?;
        self.check_way(policy, from, to)?;
        let freed = self.debit(from, policy.token, amount)?;
        self.use_send_limit(policy, from, amount)?;
        self.credit(to, policy.token, amount)?;
        self.release(freed, &[to, from]);
        self.check_hold(policy, to)
    }

    pub(super) fn check_not_frozen(
        &self,
        policy: &Policy,
        address: Address,
    ) -> Result<(), LedgerError> {
        if self.standing(policy, address).frozen {
            return Err(policy.refuse(None, PolicyReason::Frozen { address }, Passes::Later));
        }
        Ok(())
    }

    /// SPEC R-10: once a clause says who sends to whom, nobody else receives.
    pub(super) fn check_receiver(&self, policy: &Policy, to: Address) -> Result<(), LedgerError> {
        let known = || {
            self.standing(policy, to).role.is_some()
                || policy.charter.accounts_of(to).next().is_some()
        };
        if !has_ways(policy) || known() {
            return Ok(());
        }
        let reason = PolicyReason::NotAReceiver { to };
        Err(policy.refuse(None, reason, policy.if_places_change()))
    }

    /// SPEC R-10: the most that an account with a role may hold.
    pub(super) fn check_hold(&self, policy: &Policy, to: Address) -> Result<(), LedgerError> {
        let charter = Arc::clone(&policy.charter);
        for (id, clause) in charter.numbered() {
            let Clause::Hold { role, amount } = clause else { continue };
            if self.standing(policy, to).role != Some(*role) {
                continue;
            }
            let allowed = self.in_force(policy, id, *amount);
            let used = self.balance(to, policy.token);
            if used > allowed {
                let demand = Demand { used, need: Amount::ZERO, allowed };
                return Err(policy.refuse(Some(id), demand.reason(), Passes::Later));
            }
        }
        Ok(())
    }

    fn check_way(&self, policy: &Policy, from: Address, to: Address) -> Result<(), LedgerError> {
        if !has_ways(policy) {
            return Ok(());
        }
        let (sender, receiver) = (self.standing(policy, from), self.standing(policy, to));
        let leads = |clause: &Clause| {
            let Clause::Send { from: one, to: other } = clause else { return false };
            policy.is_party(*one, from, &sender) && policy.is_party(*other, to, &receiver)
        };
        if policy.charter.clauses.iter().any(leads) {
            return Ok(());
        }
        let reason = PolicyReason::NoWay { from, to };
        Err(policy.refuse(None, reason, policy.if_places_change()))
    }

    fn use_send_limit(
        &mut self,
        policy: &Policy,
        from: Address,
        need: Amount,
    ) -> Result<(), LedgerError> {
        let charter = Arc::clone(&policy.charter);
        let limits = charter.numbered().filter(|(_, one)| matches!(one, Clause::SendLimit { .. }));
        for (id, clause) in limits {
            self.use_each(policy, id, clause, from, need)?;
        }
        Ok(())
    }
}

fn has_ways(policy: &Policy) -> bool {
    policy.charter.clauses.iter().any(|clause| matches!(clause, Clause::Send { .. }))
}

/// SPEC R-10: after its end a coin goes only to one account.
fn check_end(policy: &Policy, to: Address) -> Result<(), LedgerError> {
    for (id, clause) in policy.charter.numbered() {
        if let Clause::End { from, to: heir } = clause
            && policy.time >= from.millis()
            && !policy.charter.is(*heir, to)
        {
            return Err(policy.refuse(Some(id), PolicyReason::TooLate, Passes::Never));
        }
    }
    Ok(())
}
