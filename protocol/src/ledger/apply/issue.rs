//! Issue by a charter: creation, mints by officers, draws and claims (SPEC ).

use alloc::sync::Arc;

use super::Step;
use super::policy::{Demand, Policy};
use crate::amount::Amount;
use crate::ledger::{Chartered, Entry, Key, LedgerError, Passes, PolicyReason, Token, Usage};
use crate::lock::Address;
use crate::policy::{Charter, Clause, ClauseId, Party, PeriodNumber};

impl Step<'_, '_> {
    /// SPEC R-1
    pub(super) fn create_with_charter(&mut self, charter: &Charter) -> Result<(), LedgerError> {
        let token = charter.token;
        self.take_charter_place()?;
        self.take_token_place(token, &charter.name)?;
        let charter = Arc::new(charter.clone());
        self.written.insert(Key::Charter(token), Some(Entry::Charter(Arc::clone(&charter))));
        let record = Token {
            name: charter.name.clone(),
            decimals: charter.decimals,
            cap: None,
            issuer: None,
            supply: Amount::ZERO,
            charter: Some(Chartered { hash: charter.hash(), issued: Amount::ZERO }),
        };
        self.write_token(token, record);
        for (to, amount) in charter.creations() {
            let record = self.token(token)?;
            self.mint(token, record, to, amount)?;
        }
        Ok(())
    }

    /// SPEC R-6: an officer issues to somebody.
    pub(super) fn issue(
        &mut self,
        policy: &Policy,
        record: Token,
        officer: Address,
        to: Address,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        let charter = Arc::clone(&policy.charter);
        let names = |clause: &Clause| issuer(clause, policy, officer);
        if !charter.clauses.iter().any(names) {
            return Err(policy.not_entitled(officer));
        }
        policy.check_dates()?;
        self.check_receiver(policy, to)?;
        self.check_may_be_issued_to(policy, to)?;
        for (id, clause) in charter.numbered() {
            if matches!(clause, Clause::Receive { .. }) {
                self.use_each(policy, id, clause, to, amount)?;
            } else if names(clause) {
                self.use_right(policy, id, clause, &record, amount)?;
            }
        }
        self.bring(policy, record, to, amount)?;
        self.check_hold(policy, to)
    }

    /// SPEC R-7: a named account draws what has become due, or one with a role what it will owe.
    pub(super) fn draw(
        &mut self,
        policy: &Policy,
        record: Token,
        account: Address,
        id: ClauseId,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        let charter = Arc::clone(&policy.charter);
        let clause = charter.clause(id).ok_or_else(|| policy.other_clause(id))?;
        if let Clause::Owe { role, amount: written } = clause {
            return self.draw_debt(policy, record, account, (id, *role, *written), amount);
        }
        let (Clause::Halving { account: named, .. } | Clause::Evenly { account: named, .. }) =
            clause
        else {
            return Err(policy.other_clause(id));
        };
        if !charter.is(*named, account) {
            return Err(policy.not_entitled(account));
        }
        policy.check_dates()?;
        self.check_not_frozen(policy, account)?;
        let usage = self.usage(policy, id);
        let allowed = clause.drawable(charter.anchor, policy.time).unwrap_or_default();
        let demand = Demand { used: usage.total, need: amount, allowed };
        let Some(total) = demand.granted() else {
            let all = usage.total.checked_add(amount);
            let due = all.and_then(|all| clause.drawable_from(charter.anchor, all));
            let passes = due.map_or(Passes::Never, Passes::At);
            return Err(policy.refuse(Some(id), demand.reason(), passes));
        };
        self.write_usage(policy, id, Usage { total, ..usage });
        self.bring(policy, record, account, amount)?;
        self.check_hold(policy, account)
    }

    /// SPEC R-8: an account with a role claims the periods that it has not claimed.
    pub(super) fn claim(
        &mut self,
        policy: &Policy,
        record: Token,
        account: Address,
        id: ClauseId,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        let charter = Arc::clone(&policy.charter);
        let Some(Clause::Claim { role, amount: written, period, missed }) = charter.clause(id)
        else {
            return Err(policy.other_clause(id));
        };
        let mut standing = self.standing(policy, account);
        if standing.role != Some(*role) {
            return Err(policy.not_entitled(account));
        }
        policy.check_dates()?;
        self.check_not_frozen(policy, account)?;
        let each = self.in_force(policy, id, *written);
        let periods = whole_part(amount, each).ok_or_else(|| {
            let reason = PolicyReason::NotWhole { each, need: amount };
            policy.refuse(Some(id), reason, policy.if_amended(id))
        })?;
        let now = period.at(charter.anchor, policy.time).unwrap_or_default();
        let oldest = now.get().saturating_sub(u64::from(*missed));
        let first = standing.next_claim.get().max(oldest);
        let open = now.get().saturating_add(1).saturating_sub(first);
        if periods > open {
            let allowed = times(each, open);
            let demand = Demand { used: Amount::ZERO, need: amount, allowed };
            // The periods open up one by one, from the next one on that was not claimed.
            let last = standing.next_claim.get().saturating_add(periods).saturating_sub(1);
            let start = period.start(charter.anchor, PeriodNumber::new(last));
            let ever = periods <= u64::from(*missed).saturating_add(1);
            let passes = if ever { Passes::At(start) } else { Passes::Never };
            return Err(policy.refuse(Some(id), demand.reason(), passes));
        }
        standing.next_claim = PeriodNumber::new(first.saturating_add(periods));
        self.write_standing(policy, account, standing)?;
        let usage = self.usage(policy, id);
        let total = usage.total.checked_add(amount).unwrap_or(Amount::MAX);
        self.write_usage(policy, id, Usage { total, ..usage });
        self.bring(policy, record, account, amount)?;
        self.check_hold(policy, account)
    }

    /// Checks the clauses that bind all issue, and makes the coins.
    pub(super) fn bring(
        &mut self,
        policy: &Policy,
        record: Token,
        to: Address,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        let charter = Arc::clone(&policy.charter);
        for (id, clause) in charter.numbered() {
            let (used, passes) = if matches!(clause, Clause::Outstanding { .. }) {
                (record.supply, Passes::Later)
            } else if matches!(clause, Clause::Ever { .. }) {
                (record.issued(), policy.if_more_is_allowed(id))
            } else {
                continue;
            };
            let demand = Demand { used, need: amount, allowed: self.allowed(policy, id, &record) };
            if demand.granted().is_none() {
                return Err(policy.refuse(Some(id), demand.reason(), passes));
            }
        }
        self.mint(policy.token, record, to, amount)
    }

    /// Uses up a right to issue in the period of the block's time.
    fn use_right(
        &mut self,
        policy: &Policy,
        id: ClauseId,
        clause: &Clause,
        record: &Token,
        need: Amount,
    ) -> Result<(), LedgerError> {
        let Some(period) = clause.period() else { return Ok(()) };
        let anchor = policy.charter.anchor;
        let number = period.at(anchor, policy.time).unwrap_or_default();
        let usage = self.usage(policy, id);
        let is_current = usage.period == number && !usage.total.is_zero();
        let by_formula = clause.formula().is_some();
        let (used, base) = if is_current {
            (usage.used, usage.base)
        } else if by_formula {
            (Amount::ZERO, self.allowed(policy, id, record))
        } else {
            (Amount::ZERO, record.supply)
        };
        let allowed = if by_formula {
            base
        } else if let Clause::Growth { rate, .. } = clause {
            rate.of(base)
        } else {
            self.allowed(policy, id, record)
        };
        let demand = Demand { used, need, allowed };
        let Some(used) = demand.granted() else {
            let passes = if need <= allowed {
                Passes::At(period.start(anchor, number.next()))
            } else {
                policy.if_more_is_allowed(id)
            };
            return Err(policy.refuse(Some(id), demand.reason(), passes));
        };
        let total = usage.total.checked_add(need).unwrap_or(Amount::MAX);
        self.write_usage(policy, id, Usage { period: number, used, total, base });
        Ok(())
    }

    /// SPEC R-6: with a clause that limits what a role is issued, nobody else is issued anything.
    fn check_may_be_issued_to(&self, policy: &Policy, to: Address) -> Result<(), LedgerError> {
        let standing = self.standing(policy, to);
        let mut roles = policy.charter.clauses.iter().filter_map(|clause| {
            let Clause::Receive { role, .. } = clause else { return None };
            Some(Party::Role(*role))
        });
        let Some(first) = roles.next() else { return Ok(()) };
        let mut roles = core::iter::once(first).chain(roles);
        if roles.any(|role| policy.is_party(role, to, &standing)) {
            return Ok(());
        }
        let reason = PolicyReason::NotAReceiver { to };
        Err(policy.refuse(None, reason, policy.if_places_change()))
    }
}

/// Checks whether a clause lets an officer issue.
fn issuer(clause: &Clause, policy: &Policy, officer: Address) -> bool {
    let (Clause::Issue { officer: named, .. }
    | Clause::IssueFreely { officer: named }
    | Clause::Growth { officer: named, .. }) = clause
    else {
        return false;
    };
    policy.charter.is(*named, officer)
}

/// Number of times that an amount holds another, if it does so exactly and at least once.
fn whole_part(amount: Amount, each: Amount) -> Option<u64> {
    let (amount, each) = (amount.units(), each.units());
    let count = amount.checked_div(each)?;
    let whole = count.checked_mul(each) == Some(amount) && count > 0;
    whole.then(|| u64::try_from(count).unwrap_or(u64::MAX))
}

fn times(each: Amount, count: u64) -> Amount {
    let units = each.units().saturating_mul(u128::from(count));
    Amount::try_from(units).unwrap_or(Amount::MAX)
}
