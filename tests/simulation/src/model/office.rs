//! Offices of a charter (SPEC ).

use std::rc::Rc;

use coinage_protocol::{
    AccountId, Address, Amount, Bounded, CharterParts, Clause, ClauseId, Holder, Passes,
    PolicyReason, RoleId, Symbol, UnixMillis,
};

use super::charter::refused;
use super::{Charted, Model, No, Stand, Turn};

/// 365 days (SPEC R-12).
const YEAR: u64 = 365 * 86_400 * 1_000;

impl Charted {
    /// The place of the clause that says of a role who gives it, and the most who may have it.
    fn role_clause(&self, role: RoleId) -> Option<(usize, Address, u32)> {
        let roles = self.parts.clauses.iter().enumerate().filter_map(|(place, clause)| {
            let Clause::Role { officer, max, .. } = clause else { return None };
            Some((place, self.who(*officer), *max))
        });
        { roles }.nth(usize::from(role.0))
    }

    /// Units that an account owes.
    pub(super) fn owed(&self, who: Address) -> u128 {
        self.standings.get(&who).map_or(0, |stand| stand.owed)
    }

    fn gives_any(&self, who: Address) -> bool {
        self.any(|clause| match clause {
            Clause::Role { officer, .. } => self.who(*officer) == who,
            _ => false,
        })
    }

    fn not_entitled(&self, address: Address) -> No {
        let reason = PolicyReason::NotEntitled { address };
        refused(self.parts.token, None, reason, self.once_people_change())
    }

    /// The first period for which somebody claims who gets a role now (SPEC R-9).
    fn first_claim(&self, role: RoleId, time: u64) -> u64 {
        let seconds = self.parts.clauses.iter().find_map(|clause| match clause {
            Clause::Claim { role: of, period, .. } if *of == role => Some(period.seconds()),
            _ => None,
        });
        match seconds {
            Some(seconds) if time >= self.anchor() => self.period(seconds, time) + 1,
            _ => 0,
        }
    }

    /// Adds to the number of accounts that have a role, or takes from it; no row says that none
    /// has.
    fn count(&mut self, place: usize, by: i8) -> u128 {
        let used = self.row(place).used.strict_add_signed(by.into());
        self.row(place).used = used;
        if used == 0 {
            self.used.remove(&u8::try_from(place).expect("few clauses"));
        }
        used
    }
}

impl Model {
    /// SPEC R-9
    pub(super) fn set_role(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        officer: Address,
        account: Address,
        role: Option<RoleId>,
    ) -> Result<(), No> {
        let one = self.charted(token);
        let old = one.role(account);
        for role in [old, role].into_iter().flatten() {
            if one.role_clause(role).map(|(_, giver, _)| giver) != Some(officer) {
                return Err(one.not_entitled(officer));
            }
        }
        if old.is_none() && role.is_none() && !one.gives_any(officer) {
            return Err(one.not_entitled(officer));
        }
        let is_left = role.is_none() && !one.over(account, turn.time).is_empty();
        if old == role && !is_left {
            return Err(refused(token, None, PolicyReason::NothingChanges, Passes::Never));
        }
        let owed = one.owed(account);
        if owed > 0 {
            let owed = Amount::try_from(owed).expect("an amount");
            let reason = PolicyReason::Owes { address: account, owed };
            return Err(refused(token, None, reason, Passes::Later));
        }
        let clauses = [old, role].map(|role| one.role_clause(role?));
        let next_claim = role.map_or(0, |role| one.first_claim(role, turn.time));
        let one = self.charted_mut(token);
        if let [Some((place, ..)), _] = clauses {
            one.count(place, -1);
        }
        if let [_, Some((place, _, max))] = clauses
            && one.count(place, 1) > u128::from(max)
        {
            let reason = PolicyReason::RoleFull { max };
            return Err(refused(token, Some(place), reason, Passes::Later));
        }
        self.put_standing(turn, token, account, |stand| {
            (stand.role, stand.next_claim) = (role, next_claim);
        })
    }

    /// SPEC R-11
    pub(super) fn set_frozen(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        officer: Address,
        account: Address,
        frozen: bool,
    ) -> Result<(), No> {
        let one = self.charted(token);
        let may = |clause: &Clause| {
            let Clause::Freeze { officer: named } = clause else { return false };
            one.who(*named) == officer
        };
        if !one.any(may) {
            return Err(one.not_entitled(officer));
        }
        let standing = one.standings.get(&account).cloned().unwrap_or_default();
        if standing.frozen == frozen {
            return Err(refused(token, None, PolicyReason::NothingChanges, Passes::Never));
        }
        if frozen && standing.role.is_none() && self.balance(account, token) == 0 {
            let reason = PolicyReason::NothingToFreeze { address: account };
            return Err(refused(token, None, reason, Passes::Later));
        }
        self.put_standing(turn, token, account, |stand| stand.frozen = frozen)
    }

    /// SPEC R-9, L-8, L-10: a standing takes a place while it says something.
    pub(super) fn put_standing(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        account: Address,
        change: impl Fn(&mut Stand),
    ) -> Result<(), No> {
        let is_new = !self.charted(token).standings.contains_key(&account);
        if is_new {
            let bounds = turn.rules.policies.ok_or(No::Rule)?;
            self.pay_for_place(turn, self.standings(), bounds.standings_max)?;
            self.charted_mut(token).standings.insert(account, Stand::default());
        }
        let one = self.charted_mut(token);
        let stand = one.stand(account, turn.time);
        change(stand);
        if stand.role.is_none() && !stand.frozen && stand.owed == 0 && stand.used.is_empty() {
            one.standings.remove(&account);
        }
        Ok(())
    }

    /// SPEC R-11
    pub(super) fn move_coins(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        officer: Address,
        [from, to]: [Address; 2],
        units: u128,
    ) -> Result<(), No> {
        let one = self.charted(token);
        let may = |clause: &Clause| {
            let Clause::Move { officer: named } = clause else { return false };
            one.who(*named) == officer
        };
        if !one.any(may) {
            return Err(one.not_entitled(officer));
        }
        self.may_receive(token, to)?;
        self.transfer(turn, token, [from, to], units)?;
        self.may_hold(turn, token, to)
    }

    /// SPEC R-12
    pub(super) fn hand_over(
        &mut self,
        token: Symbol,
        account: AccountId,
        from: Address,
        to: Address,
    ) -> Result<(), No> {
        let one = self.charted_mut(token);
        let may = |clause: &Clause| {
            let Clause::HandOver { account: named } = clause else { return false };
            *named == account
        };
        if !one.any(may) || one.who(account) != from {
            return Err(one.not_entitled(from));
        }
        if from == to {
            return Err(refused(token, None, PolicyReason::NothingChanges, Passes::Never));
        }
        let mut accounts = one.parts.accounts.to_vec();
        accounts[usize::from(account.0)].holder = Holder::Address(to);
        let accounts = Bounded::first_of(accounts);
        one.parts = Rc::new(CharterParts { accounts, ..(*one.parts).clone() });
        Ok(())
    }

    /// SPEC R-12
    pub(super) fn amend(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        officer: Address,
        (clause, units, from): (ClauseId, u128, u64),
    ) -> Result<(), No> {
        let one = self.charted_mut(token);
        let place = usize::from(clause.0);
        let amends = one.parts.clauses.iter().enumerate().find_map(|(by, other)| match other {
            Clause::Amend { officer: named, clause: of, min, max, notice }
                if *of == clause && one.who(*named) == officer =>
            {
                Some((by, *min, *max, u64::from(notice.seconds()) * 1_000))
            }
            _ => None,
        });
        let Some((by, min, max, notice)) = amends else {
            return Err(one.not_entitled(officer));
        };
        if !(min.units()..=max.units()).contains(&units) {
            let reason = PolicyReason::OutOfBounds { min, max };
            return Err(refused(token, Some(by), reason, Passes::Never));
        }
        let before = one.amount(place, turn.time);
        let lowers = matches!(one.parts.clauses[place], Clause::Issue { .. }) && units <= before;
        let (earliest, latest) = if lowers {
            (0, turn.time + YEAR)
        } else {
            (turn.time + notice, turn.time + notice + YEAR)
        };
        if !(earliest..=latest).contains(&from) {
            let [earliest, latest] = [earliest, latest].map(UnixMillis::new);
            let reason = PolicyReason::Notice { earliest, latest };
            return Err(refused(token, Some(by), reason, Passes::Never));
        }
        one.amended.insert(clause.0, (before, units, from));
        Ok(())
    }
}
