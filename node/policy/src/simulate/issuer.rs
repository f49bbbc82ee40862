//! The issuer of a simulation: it takes whatever the ledger lets it have.

use std::collections::BTreeSet;

use coinage_protocol::limits::CLAUSES_MAX;
use coinage_protocol::{
    Action, Address, Amount, Charter, Clause, ClauseId, LedgerError, PolicyReason, RoleId,
};

use super::{Bend, BendKind, binds_all};
use crate::ledger::Moment;

/// Issuers by a charter, and accounts that have its roles.
pub(super) struct Issuer<'c> {
    charter: &'c Charter,
    members_max: u32,
    /// Accounts that were given a role.
    members: Vec<(RoleId, Address)>,
    ways: Vec<Way>,
    /// Clauses that bind all issue, and already did.
    reached: BTreeSet<ClauseId>,
    amended: Vec<Bend>,
    has_begun: bool,
}

/// A way to issue.
#[derive(Clone, Copy, Debug)]
enum Way {
    Mint { officer: Address, to: Address },
    Draw { account: Address, clause: ClauseId },
    Claim { account: Address, clause: ClauseId, each: Amount, periods: u32 },
}

/// The outcome of an attempt to issue as much as possible.
enum Taken {
    /// Coins, as many as a limit leaves.
    Some,
    /// No coins, and no others for another receiver, because of this clause.
    NothingMore(ClauseId),
    /// No coins, because of who would receive them, or when.
    Nothing,
}

impl<'c> Issuer<'c> {
    pub(super) fn new(charter: &'c Charter, members_max: u32) -> Self {
        Self {
            charter,
            members_max,
            members: Vec::new(),
            ways: Vec::new(),
            reached: BTreeSet::new(),
            amended: Vec::new(),
            has_begun: false,
        }
    }

    /// Issues as much as the ledger allows; the clauses that bind all issue for the first time.
    pub(super) fn take_all(
        &mut self,
        now: &mut Moment<'_>,
    ) -> impl Iterator<Item = ClauseId> + use<> {
        if !self.has_begun {
            self.begin(now);
            self.has_begun = true;
        }
        let mut met = BTreeSet::new();
        let mut done = BTreeSet::new();
        for way in &self.ways {
            if let Way::Mint { officer, .. } = way
                && done.contains(officer)
            {
                continue;
            }
            if let Taken::NothingMore(clause) = self.take(*way, now) {
                if let Way::Mint { officer, .. } = way {
                    done.insert(*officer);
                }
                if self.charter.clause(clause).is_some_and(binds_all) {
                    met.insert(clause);
                }
            }
        }
        let new: Vec<_> = met.difference(&self.reached).copied().collect();
        self.reached.extend(new.iter().copied());
        new.into_iter()
    }

    /// The bends of amounts that were raised.
    pub(super) fn amended(&self) -> impl Iterator<Item = Bend> {
        self.amended.iter().copied()
    }

    /// Gives the roles, announces the highest amounts, and finds the ways to issue.
    fn begin(&mut self, now: &mut Moment<'_>) {
        let charter = self.charter;
        for (role, _, officer, _, max) in charter.roles() {
            let Some(officer) = charter.address(officer) else { continue };
            for number in 0..self.members_max.min(max) {
                let account = member(role, number);
                let give =
                    Action::SetRole { token: charter.token, officer, account, role: Some(role) };
                if now.act(officer, vec![give]).is_ok() {
                    self.members.push((role, account));
                }
            }
        }
        self.raise(now);
        self.find_ways();
    }

    fn raise(&mut self, now: &mut Moment<'_>) {
        for clause in &self.charter.clauses {
            let Clause::Amend { officer, clause, max, notice, .. } = clause else { continue };
            let Some(officer) = self.charter.address(*officer) else { continue };
            let notice_ms = u64::from(notice.seconds()).saturating_mul(1_000);
            let in_force_at = now.time().saturating_add(notice_ms);
            let (token, amount) = (self.charter.token, *max);
            let amend = Action::Amend { token, officer, clause: *clause, amount, in_force_at };
            if now.act(officer, vec![amend]).is_ok() {
                let kind = BendKind::Amended;
                self.amended.push(Bend { time: in_force_at, clause: *clause, kind });
            }
        }
    }

    fn find_ways(&mut self) {
        let charter = self.charter;
        let (mut officers, mut growing) = (BTreeSet::new(), BTreeSet::new());
        for (clause, said) in charter.numbered() {
            match said {
                Clause::Issue { officer, .. } | Clause::IssueFreely { officer } => {
                    officers.extend(charter.address(*officer));
                }
                Clause::Growth { officer, .. } => growing.extend(charter.address(*officer)),
                Clause::Halving { account, .. } | Clause::Evenly { account, .. } => {
                    let account = charter.address(*account);
                    self.ways.extend(account.map(|account| Way::Draw { account, clause }));
                }
                Clause::Claim { role, amount, missed, .. } => {
                    let (each, periods) = (*amount, missed.saturating_add(1));
                    let members = self.members.iter().filter(|(given, _)| given == role);
                    self.ways.extend(members.map(|(_, account)| {
                        let account = *account;
                        Way::Claim { account, clause, each, periods }
                    }));
                }
                Clause::Owe { role, .. } => {
                    let members = self.members.iter().filter(|(given, _)| given == role);
                    self.ways.extend(members.map(|(_, account)| {
                        let account = *account;
                        Way::Draw { account, clause }
                    }));
                }
                _ => {}
            }
        }
        // A part of the supply is taken last, when the supply is greatest.
        for officer in officers.difference(&growing).chain(&growing) {
            let others = charter.addresses().filter(|to| *to != officer);
            let members = self.members.iter().map(|(_, account)| account);
            let receivers = std::iter::once(officer).chain(others).chain(members);
            self.ways.extend(receivers.map(|to| Way::Mint { officer: *officer, to: *to }));
        }
    }

    /// Issues in one way as much as the ledger allows.
    fn take(&self, way: Way, now: &mut Moment<'_>) -> Taken {
        let (mut amount, mut each) = (Amount::MAX, None);
        if let Way::Claim { each: written, periods, .. } = way {
            (amount, each) = (times(written, periods), Some(written));
        }
        let mut binding = None;
        // Each refusal is of another clause, which then allows what is left.
        for _ in 0..=2 * CLAUSES_MAX {
            if amount.is_zero() {
                break;
            }
            match now.act(actor(way), vec![self.action(way, amount)]) {
                Ok(()) => return Taken::Some,
                Err(LedgerError::CapExceeded { supply, .. }) => {
                    amount = Amount::MAX.checked_sub(supply).unwrap_or_default();
                }
                Err(LedgerError::Policy(refusal)) => match refusal.reason {
                    PolicyReason::Limit { used, allowed, need } => {
                        binding = refusal.clause;
                        amount = rounded(less(amount, used, need, allowed), each);
                    }
                    PolicyReason::NotWhole { each: in_force, .. } => {
                        let Way::Claim { periods, .. } = way else { return Taken::Nothing };
                        (amount, each) = (times(in_force, periods), Some(in_force));
                    }
                    _ => return Taken::Nothing,
                },
                Err(_) => return Taken::Nothing,
            }
        }
        match binding {
            Some(clause) if self.is_of_receiver(clause) => Taken::Nothing,
            Some(clause) => Taken::NothingMore(clause),
            None => Taken::Nothing,
        }
    }

    /// Checks whether a clause limits one account, so that another may still receive.
    fn is_of_receiver(&self, clause: ClauseId) -> bool {
        let clause = self.charter.clause(clause);
        matches!(clause, Some(Clause::Receive { .. } | Clause::Hold { .. }))
    }

    fn action(&self, way: Way, amount: Amount) -> Action {
        let token = self.charter.token;
        match way {
            Way::Mint { officer, to } => Action::Mint { token, issuer: officer, to, amount },
            Way::Draw { account, clause } => Action::Draw { token, account, clause, amount },
            Way::Claim { account, clause, .. } => Action::Claim { token, account, clause, amount },
        }
    }
}

fn actor(way: Way) -> Address {
    match way {
        Way::Mint { officer, .. } => officer,
        Way::Draw { account, .. } | Way::Claim { account, .. } => account,
    }
}

/// The amount, less what is above a limit.
fn less(amount: Amount, used: Amount, need: Amount, allowed: Amount) -> Amount {
    let wanted = used.units().saturating_add(need.units());
    let above = wanted.saturating_sub(allowed.units());
    Amount::try_from(amount.units().saturating_sub(above)).unwrap_or_default()
}

/// The amount, rounded down to a multiple.
fn rounded(amount: Amount, each: Option<Amount>) -> Amount {
    let Some(each) = each else { return amount };
    let rest = amount.units().checked_rem(each.units()).unwrap_or_default();
    Amount::try_from(amount.units().saturating_sub(rest)).unwrap_or_default()
}

fn times(each: Amount, count: u32) -> Amount {
    let units = each.units().saturating_mul(u128::from(count));
    Amount::try_from(units).unwrap_or(Amount::MAX)
}

/// An account that the simulation gives a role. Nobody has its key.
fn member(role: RoleId, number: u32) -> Address {
    let mut bytes = [0xff; 32];
    let [a, b, c, d] = number.to_be_bytes();
    bytes[..5].copy_from_slice(&[role.0, a, b, c, d]);
    Address::new(bytes)
}
