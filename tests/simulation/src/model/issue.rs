//! Issue by a charter (SPEC ).

use coinage_protocol::{
    Address, Amount, Clause, ClauseId, Passes, PolicyReason, RoleId, Symbol, UnixMillis,
};

use super::charter::{Row, limit, refused};
use super::{MOST, Model, No, Turn};

/// Seconds of a day, in milliseconds.
const DAY: u64 = 86_400 * 1_000;

impl Model {
    /// SPEC R-6
    pub(super) fn issue(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        issuer: Address,
        to: Address,
        units: u128,
    ) -> Result<(), No> {
        let one = self.charted(token);
        let clauses = one.parts.clauses.to_vec();
        let officer = |clause: &Clause| match clause {
            Clause::Issue { officer, .. }
            | Clause::IssueFreely { officer }
            | Clause::Growth { officer, .. } => Some(one.who(*officer)),
            _ => None,
        };
        let rights: Vec<bool> =
            clauses.iter().map(|clause| officer(clause) == Some(issuer)).collect();
        if !rights.contains(&true) {
            let reason = PolicyReason::NotEntitled { address: issuer };
            return Err(refused(token, None, reason, one.once_people_change()));
        }
        self.in_its_dates(turn, token)?;
        self.may_receive(token, to)?;
        self.may_be_issued_to(token, to)?;
        let supply = self.tokens[&token].supply;
        for (place, clause) in clauses.iter().enumerate() {
            match clause {
                Clause::Receive { role, period, .. }
                    if self.charted(token).role(to) == Some(*role) =>
                {
                    self.count_each(turn, token, place, (to, period.seconds(), units))?;
                }
                Clause::Issue { period, .. } if rights[place] => {
                    let allowed = self.allowed(turn, token, place);
                    if self.charted(token).has_formula(place) {
                        // The amount of a period is kept where a part of the supply is.
                        let need = (period.seconds(), units, allowed);
                        self.use_up(turn, token, place, need, |kept| kept)?;
                    } else {
                        let need = (period.seconds(), units, supply);
                        self.use_up(turn, token, place, need, |_| allowed)?;
                    }
                }
                Clause::Growth { rate, period, .. } if rights[place] => {
                    let rate = u128::from(rate.millionths());
                    let need = (period.seconds(), units, supply);
                    self.use_up(turn, token, place, need, |base| base * rate / 1_000_000)?;
                }
                _ => {}
            }
        }
        self.bring(turn, token, to, units)?;
        self.may_hold(turn, token, to)
    }

    /// SPEC R-6 (b)
    fn in_its_dates(&self, turn: Turn<'_>, token: Symbol) -> Result<(), No> {
        let one = self.charted(token);
        let early = |place, from| {
            let passes = Passes::At(UnixMillis::new(from));
            Err(refused(token, place, PolicyReason::TooEarly, passes))
        };
        if turn.time < one.anchor() {
            return early(None, one.anchor());
        }
        for (place, clause) in one.parts.clauses.iter().enumerate() {
            match clause {
                Clause::NotBefore { from } if turn.time < from.millis().get() => {
                    return early(Some(place), from.millis().get());
                }
                Clause::NotFrom { from } if turn.time >= from.millis().get() => {
                    let (reason, passes) = (PolicyReason::TooLate, Passes::Never);
                    return Err(refused(token, Some(place), reason, passes));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// SPEC R-6 (c), of the roles that Receive clauses name.
    fn may_be_issued_to(&self, token: Symbol, to: Address) -> Result<(), No> {
        let one = self.charted(token);
        let role = one.role(to);
        let names = |clause: &Clause| matches!(clause, Clause::Receive { .. });
        let fits = |clause: &Clause| {
            let Clause::Receive { role: of, .. } = clause else { return false };
            role == Some(*of)
        };
        if !one.any(names) || one.any(fits) {
            return Ok(());
        }
        let reason = PolicyReason::NotAReceiver { to };
        Err(refused(token, None, reason, one.once_people_change()))
    }

    /// SPEC R-6 (d), of a right to issue; what is allowed may depend on the supply at the
    /// beginning.
    fn use_up(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        place: usize,
        (seconds, need, supply): (u32, u128, u128),
        allows: impl Fn(u128) -> u128,
    ) -> Result<(), No> {
        let one = self.charted_mut(token);
        let now = one.period(seconds, turn.time);
        let row = one.used.get(&u8::try_from(place).expect("few")).copied();
        let (used, base) = match row {
            Some(row) if row.period == now => (row.used, row.base),
            _ => (0, supply),
        };
        let allowed = allows(base);
        if used + need > allowed {
            let passes = match one.parts.clauses[place] {
                _ if need <= allowed => Passes::At(one.begins(seconds, now + 1)),
                Clause::Growth { .. } => Passes::Later,
                _ => one.once_amended(place),
            };
            return Err(refused(token, Some(place), limit(used, allowed, need), passes));
        }
        let total = row.map_or(0, |row| row.total).saturating_add(need).min(MOST);
        *one.row(place) = Row { period: now, used: used + need, total, base };
        Ok(())
    }

    /// SPEC R-6 (e), (f)
    pub(super) fn bring(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        to: Address,
        units: u128,
    ) -> Result<(), No> {
        let clauses = self.charted(token).parts.clauses.to_vec();
        let (supply, issued) = (self.tokens[&token].supply, self.tokens[&token].issued);
        for (place, clause) in clauses.iter().enumerate() {
            let (used, passes) = match clause {
                Clause::Outstanding { .. } => (supply, Passes::Later),
                Clause::Ever { .. } => (issued, self.charted(token).once_amended(place)),
                _ => continue,
            };
            let allowed = self.allowed(turn, token, place);
            if used + units > allowed {
                return Err(refused(token, Some(place), limit(used, allowed, units), passes));
            }
        }
        self.mint(turn, token, to, units)
    }

    /// SPEC R-7
    pub(super) fn draw(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        account: Address,
        clause: ClauseId,
        units: u128,
    ) -> Result<(), No> {
        let (one, place) = (self.charted(token), usize::from(clause.0));
        let said = one.parts.clauses.get(place).cloned();
        if let Some(Clause::Owe { role, .. }) = said {
            return self.owe(turn, token, account, (place, role), units);
        }
        let Some(Clause::Halving { account: named, .. } | Clause::Evenly { account: named, .. }) =
            &said
        else {
            return Err(other_clause(token, place));
        };
        if one.who(*named) != account {
            let reason = PolicyReason::NotEntitled { address: account };
            return Err(refused(token, None, reason, one.once_people_change()));
        }
        self.in_its_dates(turn, token)?;
        self.not_frozen(token, account)?;
        let one = self.charted(token);
        let drawn = one.used.get(&clause.0).map_or(0, |row| row.total);
        let said = said.expect("it is one of both");
        let due = match &said {
            Clause::Halving { amount, period, every, .. } => {
                let over = one.period(period.seconds(), turn.time);
                due_by_halves(amount.units(), u64::from(*every), over)
            }
            Clause::Evenly { total, days, from, first_days, .. } => {
                let whole = turn.time.saturating_sub(from.millis().get()) / DAY;
                let spread = total.units() * u128::from(whole.min(u64::from(*days)));
                let begun = whole >= u64::from(*first_days);
                if begun { spread / u128::from(*days) } else { 0 }
            }
            _ => 0,
        };
        if drawn + units > due {
            let passes = one.due_at(&said, drawn + units).map_or(Passes::Never, Passes::At);
            return Err(refused(token, Some(place), limit(drawn, due, units), passes));
        }
        self.charted_mut(token).row(place).total = drawn + units;
        self.bring(turn, token, account, units)?;
        self.may_hold(turn, token, account)
    }

    /// SPEC R-14
    fn owe(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        who: Address,
        (place, role): (usize, RoleId),
        units: u128,
    ) -> Result<(), No> {
        let one = self.charted(token);
        if one.role(who) != Some(role) {
            let reason = PolicyReason::NotEntitled { address: who };
            return Err(refused(token, None, reason, one.once_people_change()));
        }
        self.in_its_dates(turn, token)?;
        self.not_frozen(token, who)?;
        let one = self.charted(token);
        let (owed, allowed) = (one.owed(who), one.amount(place, turn.time));
        if owed + units > allowed {
            let passes = if units <= allowed { Passes::Later } else { one.once_amended(place) };
            let reason = limit(owed, allowed, units);
            return Err(refused(token, Some(place), reason, passes));
        }
        self.put_standing(turn, token, who, |stand| stand.owed += units)?;
        self.bring(turn, token, who, units)?;
        self.may_hold(turn, token, who)
    }

    /// SPEC
    pub(super) fn give_up(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        who: Address,
        units: u128,
    ) -> Result<(), No> {
        self.not_frozen(token, who)?;
        self.burn(turn, token, who, units)?;
        let one = self.charted(token);
        if !one.any(|clause| matches!(clause, Clause::Owe { .. })) {
            return Ok(());
        }
        let owed = one.owed(who);
        if units > owed {
            let owed = Amount::try_from(owed).expect("an amount");
            let reason = PolicyReason::OwesLess { address: who, owed };
            return Err(refused(token, None, reason, Passes::Later));
        }
        self.put_standing(turn, token, who, |stand| stand.owed -= units)
    }

    /// SPEC R-8
    pub(super) fn claim(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        account: Address,
        clause: ClauseId,
        units: u128,
    ) -> Result<(), No> {
        let (one, place) = (self.charted(token), usize::from(clause.0));
        let Some(Clause::Claim { role, period, missed, .. }) = one.parts.clauses.get(place) else {
            return Err(other_clause(token, place));
        };
        let (role, seconds, missed) = (*role, period.seconds(), u128::from(*missed));
        if one.role(account) != Some(role) {
            let reason = PolicyReason::NotEntitled { address: account };
            return Err(refused(token, None, reason, one.once_people_change()));
        }
        self.in_its_dates(turn, token)?;
        self.not_frozen(token, account)?;
        let one = self.charted(token);
        let each = one.amount(place, turn.time);
        if each == 0 || !units.is_multiple_of(each) {
            let amount = |units| Amount::try_from(units).expect("an amount");
            let reason = PolicyReason::NotWhole { each: amount(each), need: amount(units) };
            return Err(refused(token, Some(place), reason, one.once_amended(place)));
        }
        let (count, now) = (units / each, u128::from(one.period(seconds, turn.time)));
        let next = u128::from(one.standings[&account].next_claim);
        let first = next.max(now.saturating_sub(missed));
        let open = (now + 1).saturating_sub(first);
        if count > open {
            let last = u64::try_from(next + count - 1).unwrap_or(u64::MAX);
            let passes = if count <= missed + 1 {
                Passes::At(one.begins(seconds, last))
            } else {
                Passes::Never
            };
            let reason = limit(0, each.saturating_mul(open), units);
            return Err(refused(token, Some(place), reason, passes));
        }
        let claimed = u64::try_from(first + count).expect("a period of these times");
        let one = self.charted_mut(token);
        one.stand(account, turn.time).next_claim = claimed;
        one.row(place).total = (one.row(place).total + units).min(MOST);
        self.bring(turn, token, account, units)?;
        self.may_hold(turn, token, account)
    }
}

impl super::Charted {
    /// Time at which so much is due in all, if ever.
    fn due_at(&self, clause: &Clause, need: u128) -> Option<UnixMillis> {
        if let Clause::Halving { amount, period, every, .. } = clause {
            let (every, mut era, mut sum) = (u128::from(*every), 0_u32, 0_u128);
            // Era by era, until it lies in one, or nothing is left.
            loop {
                let each = amount.units() >> era;
                let missing = need - sum;
                if each == 0 || need > MOST {
                    return None;
                }
                if missing <= each.saturating_mul(every) {
                    let over = u128::from(era) * every + missing.div_ceil(each);
                    return Some(self.begins(period.seconds(), u64::try_from(over).ok()?));
                }
                (sum, era) = (sum + each.saturating_mul(every), era + 1);
            }
        }
        let Clause::Evenly { total, days, from, first_days, .. } = clause else { return None };
        if need > total.units() {
            return None;
        }
        let day = (need * u128::from(*days)).div_ceil(total.units()).max(u128::from(*first_days));
        Some(from.millis().saturating_add(u64::try_from(day).ok()? * DAY))
    }
}

/// Amount due of one that halves after so many periods, when so many are over: period by
/// period in words, era by era in numbers.
fn due_by_halves(amount: u128, every: u64, over: u64) -> u128 {
    let eras = (0..100).map_while(|era| {
        let before = every.checked_mul(era).filter(|before| *before < over)?;
        Some((amount >> era).saturating_mul(u128::from((over - before).min(every))))
    });
    eras.fold(0, u128::saturating_add).min(MOST)
}

fn other_clause(token: Symbol, place: usize) -> No {
    refused(token, Some(place), PolicyReason::OtherClause, Passes::Never)
}
