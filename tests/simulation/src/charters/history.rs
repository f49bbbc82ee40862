//! Histories: what was accepted, and from that alone whether a clause was ever exceeded.
//!
//! No row of the state and none of the model is asked: every sum is made anew from the accepted
//! actions, period by period.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{Action, Address, Body, Charter, Clause, ClauseId, Genesis, Party, Symbol};

use super::Scene;
use super::log::{Log, drawer, issued, received};

/// Accepted actions, by tokens.
#[derive(Debug)]
pub(super) struct History {
    logs: BTreeMap<Symbol, Log>,
    /// Tokens that move by rules of the network, too.
    money: BTreeSet<Symbol>,
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
    /// Looks at the last deed.
    fn check(&self) {
        let now = self.deeds.len() - 1;
        let (time, action) = &self.deeds[now];
        match action {
            Action::Mint { issuer, to, .. } => self.check_mint(now, *issuer, *to),
            Action::Draw { account, clause, .. } => self.check_drawn(now, *account, *clause),
            Action::Claim { account, clause, .. } => self.check_claimed(now, *account, *clause),
            Action::Transfer { from, to, .. } => self.check_sent(now, *from, *to),
            Action::Burn { from, .. } => {
                assert!(!self.is_frozen(now, *from));
                self.check_debts(now);
            }
            Action::SetRole { account, .. } => {
                assert_eq!(self.owed(now, *account), 0, "whoever owes keeps its role");
                self.check_roles(now);
            }
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
                    let mints =
                        |at: usize| self.minted(at, &self.deeds[at].1, *officer, now, *period) > 0;
                    let has_formula = clause.amendable().is_none();
                    let first = (0..=now).find(|at| mints(*at)).expect("the last one does");
                    let at = if has_formula { first } else { now };
                    assert!(used <= self.amount(at, place), "{place}: issue");
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

    /// Checks that nobody owes more than it may or less than nothing, and that there are as many
    /// coins as debts.
    fn check_debts(&self, now: usize) {
        if !self.charter.has_debts() {
            return;
        }
        let people: BTreeSet<_> = self.deeds.iter().filter_map(|(_, one)| drawer(one)).collect();
        let all: u128 = people.into_iter().map(|who| self.owed(now, who)).sum();
        assert_eq!(all, self.supply(now + 1), "the supply is the sum of the debts");
    }

    fn check_drawn(&self, now: usize, account: Address, place: ClauseId) {
        if let Some(Clause::Owe { role, .. }) = self.charter.clause(place) {
            assert!(self.role(now, account) == Some(*role) && !self.is_frozen(now, account));
            assert!(self.owed(now, account) <= self.amount(now, place), "{place}: owes");
            return self.check_debts(now);
        }
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
}
