//! Logs: the accepted actions of a token, and what follows from them alone.

use std::collections::BTreeSet;

use coinage_protocol::{
    AccountId, Action, Address, Charter, Clause, ClauseId, Formula, Period, RoleId,
};

use crate::model::{Named, worked_out};

/// Accepted actions of one token, each with its time.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) charter: Charter,
    pub(super) deeds: Vec<(u64, Action)>,
}

impl Log {
    pub(super) fn new(charter: &Charter) -> Self {
        Self { charter: charter.clone(), deeds: Vec::new() }
    }

    /// Units that a deed mints for an account, if in the period of the last one.
    pub(super) fn minted(
        &self,
        at: usize,
        action: &Action,
        officer: AccountId,
        now: usize,
        period: Period,
    ) -> u128 {
        match action {
            Action::Mint { issuer, amount, .. }
                if self.holder(at, officer) == *issuer && self.same_period(at, now, period) =>
            {
                amount.units()
            }
            _ => 0,
        }
    }

    pub(super) fn sum(&self, now: usize, of: impl Fn(usize, &Action) -> u128) -> u128 {
        self.deeds[..=now].iter().enumerate().map(|(at, (_, action))| of(at, action)).sum()
    }

    pub(super) fn created(&self) -> u128 {
        self.charter.creations().map(|(_, amount)| amount.units()).sum()
    }

    /// The supply before a deed.
    pub(super) fn supply(&self, before: usize) -> u128 {
        self.deeds[..before].iter().fold(self.created(), |supply, (_, action)| match action {
            Action::Burn { amount, .. } => supply - amount.units(),
            action => supply + issued(action),
        })
    }

    pub(super) fn balance(&self, now: usize, who: Address) -> u128 {
        let created = self.charter.creations().filter(|(to, _)| *to == who);
        let first: u128 = created.map(|(_, amount)| amount.units()).sum();
        self.deeds[..=now].iter().fold(first, |balance, (_, action)| {
            let got = received(action).filter(|(to, _)| *to == who).map_or(0, |(_, units)| units);
            let gave = match action {
                Action::Transfer { from, amount, .. }
                | Action::Move { from, amount, .. }
                | Action::Burn { from, amount, .. }
                    if *from == who =>
                {
                    amount.units()
                }
                _ => 0,
            };
            balance + got - gave
        })
    }

    pub(super) fn holder(&self, now: usize, named: AccountId) -> Address {
        let first = self.charter.address(named).expect("a named account");
        self.deeds[..now].iter().fold(first, |holder, (_, action)| match action {
            Action::HandOver { account, to, .. } if *account == named => *to,
            _ => holder,
        })
    }

    /// The deed that gave an account its role, or 0.
    pub(super) fn joined(&self, now: usize, who: Address) -> usize {
        let gave = |(_, action): &(u64, Action)| {
            let Action::SetRole { account, .. } = action else { return false };
            *account == who
        };
        self.deeds[..=now].iter().rposition(gave).unwrap_or(0)
    }

    pub(super) fn role(&self, now: usize, who: Address) -> Option<RoleId> {
        self.deeds[..=now].iter().rev().find_map(|(_, action)| match action {
            Action::SetRole { account, role, .. } if *account == who => Some(*role),
            _ => None,
        })?
    }

    pub(super) fn is_frozen(&self, now: usize, who: Address) -> bool {
        let last = self.deeds[..=now].iter().rev().find_map(|(_, action)| match action {
            Action::SetFrozen { account, frozen, .. } if *account == who => Some(*frozen),
            _ => None,
        });
        last == Some(true)
    }

    /// The amount of a clause at the time of a deed.
    pub(super) fn amount(&self, now: usize, place: ClauseId) -> u128 {
        let clause = self.charter.clause(place).expect("there");
        if let Some(formula) = clause.formula() {
            return self.by_formula(now, formula, clause.period());
        }
        let written = self.charter.clause(place).and_then(Clause::amendable).expect("an amount");
        // Of each change the time from which it is in force, and what was before that.
        let mut told = (0, written.units(), written.units());
        let at = |(from, before, after): (u64, u128, u128), time: u64| {
            if time < from { before } else { after }
        };
        for (time, action) in &self.deeds[..=now] {
            if let Action::Amend { clause, amount, in_force_at, .. } = action
                && *clause == place
            {
                told = (in_force_at.get(), at(told, *time), amount.units());
            }
        }
        at(told, self.deeds[now].0)
    }

    /// The amount of a formula just before a deed.
    pub(super) fn by_formula(&self, now: usize, formula: &Formula, period: Option<Period>) -> u128 {
        let time = self.deeds[now].0;
        let before = self.deeds[..now].iter().map(|(_, action)| issued(action)).sum::<u128>();
        let named = Named {
            supply: self.supply(now),
            issued: self.created() + before,
            days: self.period(time, Period::day()),
            periods: period.map_or(0, |period| self.period(time, period)),
        };
        worked_out(formula, &named, &|role| {
            let people = self.deeds[..now].iter().filter_map(|(_, action)| match action {
                Action::SetRole { account, .. } => Some(*account),
                _ => None,
            });
            let people: BTreeSet<_> = people.collect();
            people.into_iter().filter(|who| self.role(now, *who) == Some(role)).count() as u128
        })
    }

    pub(super) fn period(&self, time: u64, length: Period) -> u64 {
        let since = time.saturating_sub(self.charter.anchor.millis().get());
        since / 1_000 / u64::from(length.seconds())
    }

    pub(super) fn same_period(&self, one: usize, other: usize, length: Period) -> bool {
        let [one, other] = [one, other].map(|at| self.period(self.deeds[at].0, length));
        one == other
    }

    /// Units that an account drew and did not burn.
    pub(super) fn owed(&self, now: usize, who: Address) -> u128 {
        if !self.charter.has_debts() {
            return 0;
        }
        self.deeds[..=now].iter().fold(0_u128, |owed, (_, action)| match action {
            Action::Draw { account, amount, .. } if *account == who => owed + amount.units(),
            Action::Burn { from, amount, .. } if *from == who => {
                owed.checked_sub(amount.units()).expect("nobody repays more than it owes")
            }
            _ => owed,
        })
    }
}

pub(super) fn issued(action: &Action) -> u128 {
    match action {
        Action::Mint { amount, .. }
        | Action::Draw { amount, .. }
        | Action::Claim { amount, .. } => amount.units(),
        _ => 0,
    }
}

pub(super) fn drawer(action: &Action) -> Option<Address> {
    match action {
        Action::Draw { account, .. } => Some(*account),
        _ => None,
    }
}

pub(super) fn received(action: &Action) -> Option<(Address, u128)> {
    match action {
        Action::Mint { to, amount, .. }
        | Action::Transfer { to, amount, .. }
        | Action::Move { to, amount, .. }
        | Action::Draw { account: to, amount, .. }
        | Action::Claim { account: to, amount, .. } => Some((*to, amount.units())),
        _ => None,
    }
}
