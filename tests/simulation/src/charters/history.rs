//! Histories: what was accepted, and from that alone whether a clause was ever exceeded.
//!
//! No row of the state and none of the model is asked: every sum is made anew from the accepted
//! actions, period by period.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{
    AccountId, Action, Address, Body, Charter, Clause, ClauseId, Genesis, Party, Period, RoleId,
    Symbol,
};

use super::Scene;

/// Accepted actions, by tokens.
#[derive(Debug)]
pub(super) struct History {
    logs: BTreeMap<Symbol, Log>,
    /// Tokens that move by rules of the network, too.
    money: BTreeSet<Symbol>,
}

/// Accepted actions of one token, each with its time.
#[derive(Debug)]
struct Log {
    charter: Charter,
    deeds: Vec<(u64, Action)>,
}

impl History {
    pub(super) fn new(scene: &Scene, genesis: &Genesis) -> Self {
        let fee = genesis.rules.fee.map(|fee| fee.token);
        let deposit = genesis.rules.growth.and_then(|growth| growth.deposit);
        let known = |charter: &&Charter| genesis.charters.contains(charter);
        let logs = scene.charters.iter().filter(known).map(|one| (one.token, Log::new(one)));
        Self { logs: logs.collect(), money: fee.into_iter().chain(deposit).collect() }
    }

    /// Adds what was accepted, and looks whether it exceeds anything.
    pub(super) fn add(&mut self, time: u64, body: &Body) {
        for action in &body.actions {
            if let Action::CreateWithCharter(charter) = action {
                self.logs.insert(charter.token, Log::new(charter));
            } else if let Some(log) = self.logs.get_mut(&action.token()) {
                log.deeds.push((time, action.clone()));
                if !self.money.contains(&action.token()) {
                    log.check();
                }
            }
        }
    }
}

impl Log {
    fn new(charter: &Charter) -> Self {
        Self { charter: charter.clone(), deeds: Vec::new() }
    }

    /// Looks at the last deed.
    fn check(&self) {
        let now = self.deeds.len() - 1;
        let (time, action) = &self.deeds[now];
        match action {
            Action::Mint { issuer, to, .. } => self.check_mint(now, *issuer, *to),
            Action::Draw { account, clause, .. } => self.check_drawn(now, *account, *clause),
            Action::Claim { account, clause, .. } => self.check_claimed(now, *account, *clause),
            Action::Transfer { from, to, .. } => self.check_sent(now, *from, *to),
            Action::Burn { from, .. } => assert!(!self.is_frozen(now, *from)),
            Action::SetRole { .. } => self.check_roles(now),
            _ => {}
        }
        if let Some((to, _)) = received(action) {
            for (place, clause) in self.charter.numbered() {
                if let Clause::Hold { role, .. } = clause
                    && self.role(now, to) == Some(*role)
                {
                    assert!(self.balance(now, to) <= self.amount(now, place), "{place}: holds");
                }
            }
        }
        if issued(action) > 0 {
            self.check_all_issue(now, *time);
        }
    }

    fn check_all_issue(&self, now: usize, time: u64) {
        assert!(time >= self.charter.anchor.millis().get(), "before the anchor");
        for (place, clause) in self.charter.numbered() {
            match clause {
                Clause::Outstanding { .. } => {
                    assert!(
                        self.supply(now + 1) <= self.amount(now, place),
                        "{place}: outstanding"
                    );
                }
                Clause::Ever { .. } => {
                    let ever = self.created() + self.sum(now, |_, action| issued(action));
                    assert!(ever <= self.amount(now, place), "{place}: ever");
                }
                Clause::NotBefore { from } => assert!(time >= from.millis().get()),
                Clause::NotFrom { from } => assert!(time < from.millis().get()),
                _ => {}
            }
        }
    }

    fn check_mint(&self, now: usize, issuer: Address, to: Address) {
        let mut rights = 0;
        for (place, clause) in self.charter.numbered() {
            match clause {
                Clause::IssueFreely { officer } if self.holder(now, *officer) == issuer => {
                    rights += 1;
                }
                Clause::Issue { officer, period, .. } if self.holder(now, *officer) == issuer => {
                    rights += 1;
                    let used =
                        self.sum(now, |at, action| self.minted(at, action, *officer, now, *period));
                    assert!(used <= self.amount(now, place), "{place}: issue");
                }
                Clause::Growth { officer, rate, period }
                    if self.holder(now, *officer) == issuer =>
                {
                    rights += 1;
                    let mints =
                        |at: usize| self.minted(at, &self.deeds[at].1, *officer, now, *period) > 0;
                    let first = (0..=now).find(|at| mints(*at)).expect("the last one does");
                    let allowed = self.supply(first) * u128::from(rate.millionths()) / 1_000_000;
                    let used =
                        self.sum(now, |at, action| self.minted(at, action, *officer, now, *period));
                    assert!(used <= allowed, "{place}: growth");
                }
                Clause::Receive { role, period, .. } if self.role(now, to) == Some(*role) => {
                    // Whoever had the role, lost it and has it again had it then, too.
                    let got = self.sum(now, |at, action| match action {
                        Action::Mint { to: other, amount, .. } if *other == to => {
                            let had = self.role(at, to) == Some(*role);
                            let counts = had && self.same_period(at, now, *period);
                            if counts { amount.units() } else { 0 }
                        }
                        _ => 0,
                    });
                    assert!(got <= self.amount(now, place), "{place}: receive");
                }
                _ => {}
            }
        }
        assert!(rights > 0, "nobody may issue that");
    }

    fn check_drawn(&self, now: usize, account: Address, place: ClauseId) {
        let drawn = self.sum(now, |_, action| match action {
            Action::Draw { clause, amount, .. } if *clause == place => amount.units(),
            _ => 0,
        });
        let time = self.deeds[now].0;
        let (named, due) = match self.charter.clause(place) {
            Some(Clause::Halving { account, amount, period, every }) => {
                let over = self.period(time, *period);
                let each =
                    (0..over).map(|period| amount.units() >> (period / u64::from(*every)).min(127));
                (*account, each.take_while(|each| *each > 0).sum())
            }
            Some(Clause::Evenly { account, total, days, from, first_days }) => {
                let whole = time.saturating_sub(from.millis().get()) / 86_400_000;
                let part = total.units() * u128::from(whole.min(u64::from(*days)));
                let begun = whole >= u64::from(*first_days);
                (*account, if begun { part / u128::from(*days) } else { 0 })
            }
            other => panic!("nobody draws by {other:?}"),
        };
        assert!(self.holder(now, named) == account && !self.is_frozen(now, account));
        assert!(drawn <= due, "{place}: {drawn} drawn of {due}");
    }

    /// Checks that nobody claims a period twice, nor one that began before the role was given; and
    /// that all places of a role together claim each period once for each place.
    fn check_claimed(&self, now: usize, account: Address, place: ClauseId) {
        let Some(Clause::Claim { role, period, missed, .. }) = self.charter.clause(place) else {
            panic!("nobody claims by {place}");
        };
        assert!(self.role(now, account) == Some(*role) && !self.is_frozen(now, account));
        let counted = |at: usize| match &self.deeds[at].1 {
            Action::Claim { account, clause, amount, .. } if *clause == place => {
                Some((*account, amount.units() / self.amount(at, place)))
            }
            _ => None,
        };
        let joined = self.joined(now, account);
        let (given, time) = (self.deeds[joined].0, self.deeds[now].0);
        let own: u128 = (joined..=now)
            .filter_map(counted)
            .filter(|(who, _)| *who == account)
            .map(|(_, count)| count)
            .sum();
        let early = given < self.charter.anchor.millis().get();
        let open = self.period(time, *period) + 1 - self.period(given, *period) - u64::from(!early);
        assert!(own <= u128::from(open), "{place}: {own} periods of {open}");
        let (_, last) = counted(now).expect("the last one claims");
        assert!(last <= u128::from(*missed) + 1, "{place}: missed");
        let max = self.charter.roles().find(|(id, ..)| id == role).map_or(0, |(.., max)| max);
        let all: u128 = (0..=now).filter_map(counted).map(|(_, count)| count).sum();
        let places = u128::from(max) * u128::from(self.period(time, *period) + 1);
        assert!(all <= places, "{place}: {all} claims for {places}");
    }

    fn check_sent(&self, now: usize, from: Address, to: Address) {
        let time = self.deeds[now].0;
        assert!(!self.is_frozen(now, from));
        let is = |party: &Party, who| match party {
            Party::Role(role) => self.role(now, who) == Some(*role),
            Party::Account(account) => self.holder(now, *account) == who,
        };
        let (mut ways, mut leads) = (0, 0);
        for (place, clause) in self.charter.numbered() {
            match clause {
                Clause::Send { from: giver, to: taker } => {
                    ways += 1;
                    leads += i32::from(is(giver, from) && is(taker, to));
                }
                Clause::End { from: end, to: heir } if time >= end.millis().get() => {
                    assert_eq!(self.holder(now, *heir), to, "{place}: the end");
                }
                Clause::SendLimit { role, period, .. } if self.role(now, from) == Some(*role) => {
                    let sent = self.sum(now, |at, action| match action {
                        Action::Transfer { from: other, amount, .. } if *other == from => {
                            let had = self.role(at, from) == Some(*role);
                            let counts = had && self.same_period(at, now, *period);
                            if counts { amount.units() } else { 0 }
                        }
                        _ => 0,
                    });
                    assert!(sent <= self.amount(now, place), "{place}: sent");
                }
                _ => {}
            }
        }
        assert!(ways == 0 || leads > 0, "no way leads there");
    }

    fn check_roles(&self, now: usize) {
        for (role, place, _, _, max) in self.charter.roles() {
            let ever: BTreeSet<_> = self
                .deeds
                .iter()
                .filter_map(|(_, action)| match action {
                    Action::SetRole { account, .. } => Some(*account),
                    _ => None,
                })
                .collect();
            let having = ever.into_iter().filter(|who| self.role(now, *who) == Some(role)).count();
            assert!(
                having <= usize::try_from(max).unwrap_or(usize::MAX),
                "{place}: {having} have it"
            );
        }
    }

    /// Units that a deed mints for an account, if in the period of the last one.
    fn minted(
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

    fn sum(&self, now: usize, of: impl Fn(usize, &Action) -> u128) -> u128 {
        self.deeds[..=now].iter().enumerate().map(|(at, (_, action))| of(at, action)).sum()
    }

    fn created(&self) -> u128 {
        self.charter.creations().map(|(_, amount)| amount.units()).sum()
    }

    /// The supply before a deed.
    fn supply(&self, before: usize) -> u128 {
        self.deeds[..before].iter().fold(self.created(), |supply, (_, action)| match action {
            Action::Burn { amount, .. } => supply - amount.units(),
            action => supply + issued(action),
        })
    }

    fn balance(&self, now: usize, who: Address) -> u128 {
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

    fn holder(&self, now: usize, named: AccountId) -> Address {
        let first = self.charter.address(named).expect("a named account");
        self.deeds[..now].iter().fold(first, |holder, (_, action)| match action {
            Action::HandOver { account, to, .. } if *account == named => *to,
            _ => holder,
        })
    }

    /// The deed that gave an account its role, or 0.
    fn joined(&self, now: usize, who: Address) -> usize {
        let gave = |(_, action): &(u64, Action)| {
            let Action::SetRole { account, .. } = action else { return false };
            *account == who
        };
        self.deeds[..=now].iter().rposition(gave).unwrap_or(0)
    }

    fn role(&self, now: usize, who: Address) -> Option<RoleId> {
        self.deeds[..=now].iter().rev().find_map(|(_, action)| match action {
            Action::SetRole { account, role, .. } if *account == who => Some(*role),
            _ => None,
        })?
    }

    fn is_frozen(&self, now: usize, who: Address) -> bool {
        let last = self.deeds[..=now].iter().rev().find_map(|(_, action)| match action {
            Action::SetFrozen { account, frozen, .. } if *account == who => Some(*frozen),
            _ => None,
        });
        last == Some(true)
    }

    /// The amount of a clause at the time of a deed.
    fn amount(&self, now: usize, place: ClauseId) -> u128 {
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

    fn period(&self, time: u64, length: Period) -> u64 {
        let since = time.saturating_sub(self.charter.anchor.millis().get());
        since / 1_000 / u64::from(length.seconds())
    }

    fn same_period(&self, one: usize, other: usize, length: Period) -> bool {
        let [one, other] = [one, other].map(|at| self.period(self.deeds[at].0, length));
        one == other
    }
}

fn issued(action: &Action) -> u128 {
    match action {
        Action::Mint { amount, .. }
        | Action::Draw { amount, .. }
        | Action::Claim { amount, .. } => amount.units(),
        _ => 0,
    }
}

fn received(action: &Action) -> Option<(Address, u128)> {
    match action {
        Action::Mint { to, amount, .. }
        | Action::Transfer { to, amount, .. }
        | Action::Move { to, amount, .. }
        | Action::Draw { account: to, amount, .. }
        | Action::Claim { account: to, amount, .. } => Some((*to, amount.units())),
        _ => None,
    }
}
