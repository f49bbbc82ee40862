//! Policies at a block's time: a token's charter, and what of it was used, amended and held.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::Step;
use crate::amount::Amount;
use crate::ledger::{
    ClauseUse, ClauseUses, Entry, Key, LedgerError, Passes, PolicyReason, PolicyRefusal, Standing,
    Token, Usage,
};
use crate::lock::Address;
use crate::policy::{Charter, Clause, ClauseId, Party, Period, PeriodNumber};
use crate::symbol::Symbol;
use crate::units::UnixMillis;

/// The charter of a token at a block's time.
pub(super) struct Policy {
    pub(super) token: Symbol,
    pub(super) charter: Arc<Charter>,
    pub(super) time: UnixMillis,
    /// Accounts that have each role, counted once in an action if a formula asks.
    members: OnceCell<Vec<u128>>,
}

impl Policy {
    fn new(token: Symbol, charter: Arc<Charter>, time: UnixMillis) -> Self {
        Self { token, charter, time, members: OnceCell::new() }
    }

    /// The refusal of a clause, or of all of them.
    pub(super) fn refuse(
        &self,
        clause: Option<ClauseId>,
        reason: PolicyReason,
        passes: Passes,
    ) -> LedgerError {
        let charter = Arc::clone(&self.charter);
        let refusal = PolicyRefusal { charter, clause, reason, passes };
        LedgerError::Policy(Box::new(refusal))
    }

    pub(super) fn not_entitled(&self, address: Address) -> LedgerError {
        self.refuse(None, PolicyReason::NotEntitled { address }, self.if_places_change())
    }

    pub(super) fn has_no_issuer(&self) -> LedgerError {
        self.refuse(None, PolicyReason::NoIssuer, Passes::Never)
    }

    pub(super) fn other_clause(&self, clause: ClauseId) -> LedgerError {
        self.refuse(Some(clause), PolicyReason::OtherClause, Passes::Never)
    }

    /// Later if an account may get another role or name, else never.
    pub(super) fn if_places_change(&self) -> Passes {
        let changes =
            |clause: &Clause| matches!(clause, Clause::Role { .. } | Clause::HandOver { .. });
        if self.charter.clauses.iter().any(changes) { Passes::Later } else { Passes::Never }
    }

    /// Later if the amount of that clause may change, else never.
    pub(super) fn if_amended(&self, id: ClauseId) -> Passes {
        let amends =
            |clause: &Clause| matches!(clause, Clause::Amend { clause, .. } if *clause == id);
        if self.charter.clauses.iter().any(amends) { Passes::Later } else { Passes::Never }
    }

    /// Later if a clause may come to allow more, because it is amended or follows from the supply
    /// or a formula; else never.
    pub(super) fn if_more_is_allowed(&self, id: ClauseId) -> Passes {
        let follows = self.charter.clause(id).is_some_and(|clause| {
            matches!(clause, Clause::Growth { .. }) || clause.formula().is_some()
        });
        if follows { Passes::Later } else { self.if_amended(id) }
    }

    /// SPEC R-6: nothing is issued before the anchor, nor outside the dates that clauses set.
    pub(super) fn check_dates(&self) -> Result<(), LedgerError> {
        let too_early =
            |clause, from| self.refuse(clause, PolicyReason::TooEarly, Passes::At(from));
        let anchor = self.charter.anchor.millis();
        if self.time < anchor {
            return Err(too_early(None, anchor));
        }
        for (id, clause) in self.charter.numbered() {
            if let Clause::NotBefore { from } = clause
                && self.time < from.millis()
            {
                return Err(too_early(Some(id), from.millis()));
            }
            if let Clause::NotFrom { from } = clause
                && self.time >= from.millis()
            {
                return Err(self.refuse(Some(id), PolicyReason::TooLate, Passes::Never));
            }
        }
        Ok(())
    }

    /// Checks whether an address with that standing is a party of a clause.
    pub(super) fn is_party(&self, party: Party, address: Address, standing: &Standing) -> bool {
        match party {
            Party::Role(role) => standing.role == Some(role),
            Party::Account(account) => self.charter.is(account, address),
        }
    }

    /// The period of the block's time: before the anchor all time is the first one.
    pub(super) fn period(&self, period: Period) -> PeriodNumber {
        period.at(self.charter.anchor, self.time).unwrap_or_default()
    }

    /// The part of an account's uses that is not over (SPEC R-9).
    pub(super) fn running(&self, used: &ClauseUses) -> ClauseUses {
        used.only(|one| {
            let period = self.charter.clause(one.clause).and_then(Clause::period);
            period.is_some_and(|period| self.period(period) == one.period)
        })
    }
}

/// Demand on a limit: what is used, and what would be.
#[derive(Clone, Copy)]
pub(super) struct Demand {
    pub(super) used: Amount,
    pub(super) need: Amount,
    pub(super) allowed: Amount,
}

impl Demand {
    /// The amount used afterwards, if it is allowed.
    pub(super) fn granted(self) -> Option<Amount> {
        self.used.checked_add(self.need).filter(|sum| *sum <= self.allowed)
    }

    pub(super) fn reason(self) -> PolicyReason {
        let Self { used, need, allowed } = self;
        PolicyReason::Limit { used, allowed, need }
    }
}

impl Step<'_, '_> {
    /// The policy of a token with a charter.
    pub(super) fn policy(&self, record: &Token, token: Symbol) -> Option<Policy> {
        record.charter?;
        match self.read(&Key::Charter(token)) {
            Some(Entry::Charter(charter)) => {
                Some(Policy::new(token, Arc::clone(charter), self.time))
            }
            _ => None,
        }
    }

    /// The policy of a token, if it has one. Payments ask for no more of the record.
    pub(super) fn policy_of(&self, token: Symbol) -> Result<Option<Policy>, LedgerError> {
        match self.read(&Key::Token(token)) {
            Some(Entry::Token(record)) => Ok(self.policy(record, token)),
            _ => Err(LedgerError::UnknownToken { token }),
        }
    }

    /// The record and the policy of a token that must have one for what `actor` does.
    pub(super) fn chartered(
        &self,
        token: Symbol,
        actor: Address,
    ) -> Result<(Token, Policy), LedgerError> {
        let record = self.token(token)?;
        match self.policy(&record, token) {
            Some(policy) => Ok((record, policy)),
            None => Err(LedgerError::NotTheIssuer { token, named: actor }),
        }
    }

    /// The amount of a clause as it is in force (SPEC R-12).
    pub(super) fn in_force(&self, policy: &Policy, id: ClauseId, written: Amount) -> Amount {
        match self.read(&Key::Amendment(policy.token, id)) {
            Some(Entry::Amendment(amendment)) => amendment.at(policy.time),
            _ => written,
        }
    }

    /// The amount that a clause with a ceiling allows before an action (SPEC ).
    pub(super) fn allowed(&self, policy: &Policy, id: ClauseId, record: &Token) -> Amount {
        let Some(clause) = policy.charter.clause(id) else { return Amount::ZERO };
        let Some(formula) = clause.formula() else {
            return self.in_force(policy, id, clause.amendable().unwrap_or_default());
        };
        let figures = policy.charter.figures(clause, record.supply, record.issued(), policy.time);
        // No action that asks a formula gives or takes a role, so the counts stay.
        let members = || {
            let roles = policy.charter.roles();
            roles.map(|(_, clause, ..)| self.usage(policy, clause).used.units()).collect()
        };
        formula.amount(&figures, |role| {
            let counts = policy.members.get_or_init(members);
            counts.get(usize::from(role.0)).copied().unwrap_or_default()
        })
    }

    pub(super) fn usage(&self, policy: &Policy, id: ClauseId) -> Usage {
        match self.read(&Key::Usage(policy.token, id)) {
            Some(Entry::Usage(usage)) => (**usage).clone(),
            _ => Usage::default(),
        }
    }

    pub(super) fn write_usage(&mut self, policy: &Policy, id: ClauseId, usage: Usage) {
        let entry = (usage != Usage::default()).then(|| Entry::Usage(Box::new(usage)));
        self.written.insert(Key::Usage(policy.token, id), entry);
    }

    pub(super) fn standing(&self, policy: &Policy, address: Address) -> Standing {
        match self.read(&Key::Standing(address, policy.token)) {
            Some(Entry::Standing(standing)) => (**standing).clone(),
            _ => Standing::default(),
        }
    }

    /// Uses up what a clause allows each account with its role in a period (SPEC ).
    pub(super) fn use_each(
        &mut self,
        policy: &Policy,
        id: ClauseId,
        clause: &Clause,
        address: Address,
        need: Amount,
    ) -> Result<(), LedgerError> {
        let (Clause::Receive { role, amount: written, period }
        | Clause::SendLimit { role, amount: written, period }) = clause
        else {
            return Ok(());
        };
        let standing = self.standing(policy, address);
        if standing.role != Some(*role) {
            return Ok(());
        }
        let number = policy.period(*period);
        let used = standing.used.in_period(id, number);
        let demand = Demand { used, need, allowed: self.in_force(policy, id, *written) };
        let Some(amount) = demand.granted() else {
            let passes = if need <= demand.allowed {
                Passes::At(period.start(policy.charter.anchor, number.next()))
            } else {
                policy.if_amended(id)
            };
            return Err(policy.refuse(Some(id), demand.reason(), passes));
        };
        let used = standing.used.with(ClauseUse { clause: id, period: number, amount });
        self.write_standing(policy, address, Standing { used, ..standing })
    }

    /// Writes a standing without what is over, or removes it if it says nothing (SPEC R-9).
    pub(super) fn write_standing(
        &mut self,
        policy: &Policy,
        address: Address,
        standing: Standing,
    ) -> Result<(), LedgerError> {
        let key = Key::Standing(address, policy.token);
        let standing = Standing { used: policy.running(&standing.used), ..standing };
        let (was, is) = (self.read(&key).is_some(), standing.is_any());
        if is && !was {
            self.take_standing_place()?;
        } else if was && !is {
            self.counts.standings = self.counts.standings.saturating_sub(1);
        }
        self.written.insert(key, is.then(|| Entry::Standing(Box::new(standing))));
        Ok(())
    }
}
