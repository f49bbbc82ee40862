//! Charters and all that was done by them: what the model keeps, and how it reads it.

use std::collections::BTreeMap;
use std::rc::Rc;

use coinage_protocol::{
    AccountId, Action, Address, Amendment, Amount, Ceiling, Charter, CharterParts, Clause,
    ClauseId, Entry, Formula, Holder, Key, Lock, Party, Passes, PolicyReason, PolicyRefusal,
    RoleId, Symbol, UnixMillis, Usage, encode,
};

use super::{Model, ModelToken, Named, No, Stand, Turn, worked_out};
use crate::audit::tagged;

/// A charter, and all that was done by it (SPEC R, M-3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Charted {
    /// The charter, with the addresses that its accounts have now.
    pub parts: Rc<CharterParts>,
    /// Use of the clauses, by their places.
    pub used: BTreeMap<u8, Row>,
    /// Amendments of clauses, by their places: before, amount, in force at.
    pub amended: BTreeMap<u8, (u128, u128, u64)>,
    /// Standings.
    pub standings: BTreeMap<Address, Stand>,
}

/// Use of a clause (SPEC R-6).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Row {
    /// Period of `used` and `base`.
    pub period: u64,
    /// Units used in that period.
    pub used: u128,
    /// Units used in all time.
    pub total: u128,
    /// Supply before the first use in that period.
    pub base: u128,
}

/// The amendment as the model keeps it.
fn amended_by(amendment: &Amendment) -> (u128, u128, u64) {
    (amendment.before.units(), amendment.amount.units(), amendment.in_force_at.get())
}

impl From<&Usage> for Row {
    fn from(usage: &Usage) -> Self {
        Self {
            period: usage.period.get(),
            used: usage.used.units(),
            total: usage.total.units(),
            base: usage.base.units(),
        }
    }
}

/// A refusal by a charter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// Token whose charter refuses.
    pub token: Symbol,
    /// Clause that refuses, if one does.
    pub clause: Option<ClauseId>,
    /// Reason of the refusal.
    pub reason: PolicyReason,
    /// Time at which the same would be allowed.
    pub passes: Passes,
}

impl PartialEq<PolicyRefusal> for Refused {
    fn eq(&self, other: &PolicyRefusal) -> bool {
        self.token == other.charter.token
            && self.clause == other.clause
            && self.reason == other.reason
            && self.passes == other.passes
    }
}

/// The refusal of a charter; a clause is told by its place.
pub(super) fn refused(
    token: Symbol,
    clause: Option<usize>,
    reason: PolicyReason,
    passes: Passes,
) -> No {
    let clause = clause.map(|place| ClauseId(u8::try_from(place).expect("few clauses")));
    No::Charter(Box::new(Refused { token, clause, reason, passes }))
}

/// The reason of a limit.
pub(super) fn limit(used: u128, allowed: u128, need: u128) -> PolicyReason {
    let amount = |units: u128| Amount::try_from(units).unwrap_or(Amount::MAX);
    PolicyReason::Limit { used: amount(used), allowed: amount(allowed), need: amount(need) }
}

/// The formula of a clause, if it has one.
fn formula(clause: &Clause) -> Option<&Formula> {
    match clause {
        Clause::Outstanding { amount: Ceiling::Formula(formula) }
        | Clause::Ever { amount: Ceiling::Formula(formula) }
        | Clause::Issue { amount: Ceiling::Formula(formula), .. } => Some(formula),
        _ => None,
    }
}

impl Charted {
    /// A charter by which nothing was done yet.
    pub fn new(charter: &Charter) -> Self {
        let parts = Rc::new((**charter).clone());
        let (used, amended, standings) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { parts, used, amended, standings }
    }

    /// Number of entries that it has in a node's state.
    pub fn entries(&self) -> usize {
        1 + self.used.len() + self.amended.len() + self.standings.len()
    }

    /// The address of a named account, by the last who took its place.
    pub(super) fn who(&self, account: AccountId) -> Address {
        match &self.parts.accounts[usize::from(account.0)].holder {
            Holder::Address(address) => *address,
            Holder::Threshold(lock) => {
                Address::new(tagged(2, &[&encode(&Lock::Threshold(lock.clone()))]))
            }
        }
    }

    pub(super) fn has_name(&self, address: Address) -> bool {
        let mut places = 0..u8::try_from(self.parts.accounts.len()).unwrap_or(0);
        places.any(|place| self.who(AccountId(place)) == address)
    }

    pub(super) fn role(&self, address: Address) -> Option<RoleId> {
        self.standings.get(&address)?.role
    }

    pub(super) fn is(&self, party: Party, address: Address) -> bool {
        match party {
            Party::Role(role) => self.role(address) == Some(role),
            Party::Account(account) => self.who(account) == address,
        }
    }

    pub(super) fn any(&self, says: impl Fn(&Clause) -> bool) -> bool {
        self.parts.clauses.iter().any(says)
    }

    /// The amount of a clause at a time (SPEC R-12).
    pub(super) fn amount(&self, place: usize, time: u64) -> u128 {
        let key = u8::try_from(place).expect("few clauses");
        match (self.amended.get(&key), &self.parts.clauses[place]) {
            (Some((before, _, from)), _) if time < *from => *before,
            (Some((_, after, _)), _) => *after,
            (
                None,
                Clause::Outstanding { amount: Ceiling::Amount(amount) }
                | Clause::Ever { amount: Ceiling::Amount(amount) }
                | Clause::Issue { amount: Ceiling::Amount(amount), .. }
                | Clause::Claim { amount, .. }
                | Clause::Receive { amount, .. }
                | Clause::Hold { amount, .. }
                | Clause::SendLimit { amount, .. }
                | Clause::Owe { amount, .. },
            ) => amount.units(),
            (None, other) => panic!("{other:?} has no such amount"),
        }
    }

    /// Checks whether the clause in that place has a formula.
    pub(super) fn has_formula(&self, place: usize) -> bool {
        formula(&self.parts.clauses[place]).is_some()
    }

    /// Passing of a refusal once a clause says more, if a formula or an amendment can make it.
    pub(super) fn once_amended(&self, place: usize) -> Passes {
        if formula(&self.parts.clauses[place]).is_some() {
            return Passes::Later;
        }
        let amends = |clause: &Clause| {
            let Clause::Amend { clause, .. } = clause else { return false };
            usize::from(clause.0) == place
        };
        if self.any(amends) { Passes::Later } else { Passes::Never }
    }

    /// Passing of a refusal once somebody is somebody else, if there are roles to give or
    /// places to hand over.
    pub(super) fn once_people_change(&self) -> Passes {
        let changes =
            |clause: &Clause| matches!(clause, Clause::Role { .. } | Clause::HandOver { .. });
        if self.any(changes) { Passes::Later } else { Passes::Never }
    }

    pub(super) fn row(&mut self, place: usize) -> &mut Row {
        self.used.entry(u8::try_from(place).expect("few clauses")).or_default()
    }

    pub(super) fn anchor(&self) -> u64 {
        u64::from(self.parts.anchor.minutes()) * 60_000
    }

    /// The period of so many seconds at a time (SPEC R-3).
    pub(super) fn period(&self, seconds: u32, time: u64) -> u64 {
        time.saturating_sub(self.anchor()) / (u64::from(seconds) * 1_000)
    }

    /// Begin of a period, or the end of time.
    pub(super) fn begins(&self, seconds: u32, period: u64) -> UnixMillis {
        let ms = u128::from(self.anchor()) + u128::from(seconds) * 1_000 * u128::from(period);
        UnixMillis::new(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    /// Takes over an entry of a node's state.
    pub fn put(&mut self, key: &Key, entry: &Entry) {
        match (key, entry) {
            (Key::Charter(_), Entry::Charter(charter)) => {
                self.parts = Rc::new((***charter).clone())
            }
            (Key::Usage(_, place), Entry::Usage(usage)) => {
                self.used.insert(place.0, Row::from(&**usage));
            }
            (Key::Amendment(_, place), Entry::Amendment(one)) => {
                self.amended.insert(place.0, amended_by(one));
            }
            (Key::Standing(who, _), Entry::Standing(one)) => {
                self.standings.insert(*who, Stand::from(&**one));
            }
            _ => panic!("{key:?} has an entry of another kind"),
        }
    }

    /// Checks whether a node's entry says the same.
    pub fn holds(&self, key: &Key, entry: &Entry) -> bool {
        match (key, entry) {
            (Key::Charter(_), Entry::Charter(charter)) => ***charter == *self.parts,
            (Key::Usage(_, place), Entry::Usage(usage)) => {
                self.used.get(&place.0) == Some(&Row::from(&**usage))
            }
            (Key::Amendment(_, place), Entry::Amendment(one)) => {
                self.amended.get(&place.0) == Some(&amended_by(one))
            }
            (Key::Standing(who, _), Entry::Standing(one)) => {
                self.standings.get(who) == Some(&Stand::from(&**one))
            }
            _ => false,
        }
    }
}

impl Model {
    /// A token with a charter of the genesis (SPEC G-4).
    pub(super) fn found(&mut self, charter: &Charter) {
        let rules = coinage_protocol::Rules {
            lifetime_ms_max: 0,
            balances_max: u64::MAX,
            tokens_max: u64::MAX,
            creators: None,
            fee: None,
            growth: None,
            policies: None,
        };
        let turn = Turn { rules: &rules, sender: super::HELD, time: 0 };
        self.bring_about(turn, charter).expect("a genesis is in order");
    }

    /// SPEC R-1
    pub(super) fn create_with_charter(
        &mut self,
        turn: Turn<'_>,
        charter: &Charter,
    ) -> Result<(), No> {
        let bounds = turn.rules.policies.ok_or(No::Rule)?;
        self.pay_for_place(turn, self.charters.len(), bounds.charters_max)?;
        // That a charter is there counts before its token does.
        self.make_room_for_token(turn, charter.token, charter.name.as_str())?;
        self.bring_about(turn, charter)
    }

    fn bring_about(&mut self, turn: Turn<'_>, charter: &Charter) -> Result<(), No> {
        let token = charter.token;
        let record = ModelToken {
            name: charter.name.as_str().to_owned(),
            decimals: charter.decimals,
            capped: None,
            issuer: None,
            supply: 0,
            charter: Some(tagged(15, &[&encode(charter)])),
            issued: 0,
        };
        self.tokens.insert(token, record);
        let charted = Charted::new(charter);
        self.charters.insert(token, charted.clone());
        for clause in &charted.parts.clauses {
            if let Clause::Creation { to, amount } = clause {
                self.mint(turn, token, charted.who(*to), amount.units())?;
            }
        }
        Ok(())
    }

    /// Units that a clause allows just now (SPEC ).
    pub(super) fn allowed(&self, turn: Turn<'_>, token: Symbol, place: usize) -> u128 {
        let (one, record) = (self.charted(token), &self.tokens[&token]);
        let clause = &one.parts.clauses[place];
        let Some(formula) = formula(clause) else { return one.amount(place, turn.time) };
        let seconds = if let Clause::Issue { period, .. } = clause { period.seconds() } else { 1 };
        let named = Named {
            supply: record.supply,
            issued: record.issued,
            days: turn.time.saturating_sub(one.anchor()) / 86_400_000,
            periods: one.period(seconds, turn.time),
        };
        let has = |role| one.standings.values().filter(|stand| stand.role == Some(role)).count();
        worked_out(formula, &named, &|role| has(role) as u128)
    }

    pub(super) fn charted(&self, token: Symbol) -> &Charted {
        &self.charters[&token]
    }

    pub(super) fn charted_mut(&mut self, token: Symbol) -> &mut Charted {
        self.charters.get_mut(&token).expect("it has a charter")
    }

    /// Action on a token with a charter, by its kind.
    pub(super) fn by_charter(&mut self, turn: Turn<'_>, action: &Action) -> Result<(), No> {
        let token = action.token();
        match action {
            Action::Mint { issuer, to, amount, .. } => {
                self.issue(turn, token, *issuer, *to, amount.units())
            }
            Action::Draw { account, clause, amount, .. } => {
                self.draw(turn, token, *account, *clause, amount.units())
            }
            Action::Claim { account, clause, amount, .. } => {
                self.claim(turn, token, *account, *clause, amount.units())
            }
            Action::Transfer { from, to, amount, .. } => {
                self.send(turn, token, [*from, *to], amount.units())
            }
            Action::Burn { from, amount, .. } => self.give_up(turn, token, *from, amount.units()),
            Action::SetIssuer { .. } => {
                Err(refused(token, None, PolicyReason::NoIssuer, Passes::Never))
            }
            Action::SetRole { officer, account, role, .. } => {
                self.set_role(turn, token, *officer, *account, *role)
            }
            Action::SetFrozen { officer, account, frozen, .. } => {
                self.set_frozen(turn, token, *officer, *account, *frozen)
            }
            Action::Move { officer, from, to, amount, .. } => {
                self.move_coins(turn, token, *officer, [*from, *to], amount.units())
            }
            Action::HandOver { account, from, to, .. } => {
                self.hand_over(token, *account, *from, *to)
            }
            Action::Amend { officer, clause, amount, in_force_at, .. } => {
                self.amend(turn, token, *officer, (*clause, amount.units(), in_force_at.get()))
            }
            Action::CreateToken(_) | Action::CreateWithCharter(_) => Err(No::Rule),
        }
    }
}
