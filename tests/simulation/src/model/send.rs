//! Sending and holding by a charter (SPEC R-10).

use coinage_protocol::{Address, Clause, Passes, PolicyReason, Symbol};

use super::charter::{limit, refused};
use super::{Model, No, Turn};

impl Model {
    /// SPEC R-10
    pub(super) fn send(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        [from, to]: [Address; 2],
        units: u128,
    ) -> Result<(), No> {
        let one = self.charted(token);
        for (place, clause) in one.parts.clauses.iter().enumerate() {
            let Clause::End { from: end, to: heir } = clause else { continue };
            if turn.time >= end.millis().get() && one.who(*heir) != to {
                return Err(refused(token, Some(place), PolicyReason::TooLate, Passes::Never));
            }
        }
        self.not_frozen(token, from)?;
        let one = self.charted(token);
        let leads = |clause: &Clause| {
            matches!(clause, Clause::Send { from: giver, to: taker }
                if one.is(*giver, from) && one.is(*taker, to))
        };
        if one.any(is_way) && !one.any(leads) {
            let reason = PolicyReason::NoWay { from, to };
            return Err(refused(token, None, reason, one.once_people_change()));
        }
        super::rule(self.balance(from, token) >= units)?;
        self.count_sent(turn, token, from, units)?;
        self.transfer(turn, token, [from, to], units)?;
        self.may_hold(turn, token, to)
    }

    fn count_sent(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        from: Address,
        need: u128,
    ) -> Result<(), No> {
        let one = self.charted(token);
        let role = one.role(from);
        let limits =
            one.parts.clauses.iter().enumerate().find_map(|(place, clause)| match clause {
                Clause::SendLimit { role: of, period, .. } if Some(*of) == role => {
                    Some((place, period.seconds()))
                }
                _ => None,
            });
        let Some((place, seconds)) = limits else { return Ok(()) };
        self.count_each(turn, token, place, (from, seconds, need))
    }

    /// Refuses what leaves an account that is frozen.
    pub(super) fn not_frozen(&self, token: Symbol, address: Address) -> Result<(), No> {
        let standing = self.charted(token).standings.get(&address);
        if standing.is_some_and(|standing| standing.frozen) {
            let reason = PolicyReason::Frozen { address };
            return Err(refused(token, None, reason, Passes::Later));
        }
        Ok(())
    }

    /// SPEC R-6 (c), of Send clauses: with one, only people with a role or a name receive.
    pub(super) fn may_receive(&self, token: Symbol, to: Address) -> Result<(), No> {
        let one = self.charted(token);
        if !one.any(is_way) || one.role(to).is_some() || one.has_name(to) {
            return Ok(());
        }
        let reason = PolicyReason::NotAReceiver { to };
        Err(refused(token, None, reason, one.once_people_change()))
    }

    /// Refuses what an account has beyond what its role may hold.
    pub(super) fn may_hold(&self, turn: Turn<'_>, token: Symbol, to: Address) -> Result<(), No> {
        let (one, has) = (self.charted(token), self.balance(to, token));
        let Some(role) = one.role(to) else { return Ok(()) };
        let holds =
            |clause: &Clause| matches!(clause, Clause::Hold { role: of, .. } if *of == role);
        let Some(place) = one.parts.clauses.iter().position(holds) else { return Ok(()) };
        let allowed = one.amount(place, turn.time);
        if has <= allowed {
            return Ok(());
        }
        Err(refused(token, Some(place), limit(has, allowed, 0), Passes::Later))
    }
}

fn is_way(clause: &Clause) -> bool {
    matches!(clause, Clause::Send { .. })
}
