//! The clock of a simulation: it stops where a period begins, and where the curve has a point.

use coinage_protocol::{
    Charter, Clause, ClauseId, Instant, Period, PeriodNumber, Term, UnixMillis,
};

use super::{Bend, BendKind, Settings, SimulateError};

const DAY_MS: u64 = 86_400_000;
const SPAN_MS: u64 = 1_000 * 365 * DAY_MS;

/// Times at which something can be issued that could not be issued before, in order.
pub(super) struct Clock {
    anchor: Instant,
    periods: Vec<Period>,
    /// Single times at which the curve bends; it has a point there.
    dates: Vec<UnixMillis>,
    settings: Settings,
    next: Option<UnixMillis>,
}

/// A time at which the clock stops.
pub(super) struct Stop {
    pub(super) time: UnixMillis,
    /// True if the curve has a point here.
    pub(super) is_sample: bool,
}

impl Clock {
    pub(super) fn new(charter: &Charter, settings: Settings) -> Result<Self, SimulateError> {
        let start = charter.anchor.millis();
        if settings.until < start {
            return Err(SimulateError::Empty);
        }
        if settings.step_ms < 1_000 {
            return Err(SimulateError::Step);
        }
        let mut periods: Vec<_> = charter.clauses.iter().flat_map(renewed).collect();
        periods.sort_unstable();
        periods.dedup();
        let mut clock = Self {
            anchor: charter.anchor,
            periods,
            dates: Vec::new(),
            settings,
            next: Some(start),
        };
        let noticed = charter.clauses.iter().filter_map(|clause| {
            let Clause::Amend { notice, .. } = clause else { return None };
            Some(start.saturating_add(u64::from(notice.seconds()).saturating_mul(1_000)))
        });
        let bends = clock.known_bends(charter).into_iter().map(|bend| bend.time);
        clock.dates = noticed.chain(bends).filter(|time| *time > start).collect();
        clock.check_work(charter)?;
        Ok(clock)
    }

    /// Refuses what would take too long.
    fn check_work(&self, charter: &Charter) -> Result<(), SimulateError> {
        let lengths = self.periods.iter().map(|period| u64::from(period.seconds()) * 1_000);
        // Moments in a thousand years, of all periods and points together.
        let in_all = |ms: u64| u128::from(SPAN_MS / ms);
        let moments: u128 = lengths.chain([self.settings.step_ms]).map(in_all).sum();
        let roles = u128::from(charter.roles().next().is_some());
        let members = u128::from(self.settings.members).saturating_mul(roles).saturating_add(1);
        let work = moments.saturating_mul(members).max(1);
        let fits = u128::from(SPAN_MS).saturating_mul(u128::from(self.settings.work_max)) / work;
        let most_ms = u64::try_from(fits).unwrap_or(u64::MAX);
        let start = self.anchor.millis();
        if self.settings.until.since(start) <= most_ms {
            return Ok(());
        }
        Err(SimulateError::TooLong { until: start.saturating_add(most_ms) })
    }

    /// The bends that follow from the dates and numbers of clauses alone.
    pub(super) fn known_bends(&self, charter: &Charter) -> Vec<Bend> {
        charter.numbered().flat_map(|(id, clause)| self.bends_of(id, clause)).collect()
    }

    fn bends_of(&self, clause: ClauseId, said: &Clause) -> Vec<Bend> {
        let bend = |time, kind| Bend { time, clause, kind };
        match said {
            Clause::NotBefore { from } => vec![bend(from.millis(), BendKind::Begun)],
            Clause::NotFrom { from } => vec![bend(from.millis(), BendKind::Ended)],
            Clause::Evenly { days, from, .. } => {
                let all = u64::from(*days).saturating_mul(DAY_MS);
                vec![bend(from.millis().saturating_add(all), BendKind::Ended)]
            }
            Clause::Halving { amount, period, every, .. } => {
                let eras = 1..=u64::from(amount.units().checked_ilog2().unwrap_or_default());
                let start = |era: u64| {
                    let number = era.saturating_mul(u64::from(*every));
                    period.start(self.anchor, PeriodNumber::new(number))
                };
                eras.map(|era| bend(start(era), BendKind::Halved)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The first time after `time` at which the clock stops.
    fn after(&self, time: UnixMillis) -> Option<UnixMillis> {
        let number = |period: &Period| period.at(self.anchor, time).unwrap_or_default().next();
        let starts = self.periods.iter().map(|period| period.start(self.anchor, number(period)));
        let dates = self.dates.iter().copied().filter(|date| *date > time);
        let sample = self.sample(time);
        starts.chain(dates).chain(sample).filter(|next| *next <= self.settings.until).min()
    }

    /// The first point of the curve after `time`; the last is at the end.
    fn sample(&self, time: UnixMillis) -> Option<UnixMillis> {
        let (start, step) = (self.anchor.millis(), self.settings.step_ms);
        let done = time.since(start).checked_div(step)?.saturating_add(1);
        let next = start.saturating_add(done.saturating_mul(step));
        (time < self.settings.until).then_some(next.min(self.settings.until))
    }

    fn is_sample(&self, time: UnixMillis) -> bool {
        let since = time.since(self.anchor.millis());
        let is_end = time == self.settings.until || self.dates.contains(&time);
        since.is_multiple_of(self.settings.step_ms) || is_end
    }
}

impl Iterator for Clock {
    type Item = Stop;

    fn next(&mut self) -> Option<Stop> {
        let time = self.next?;
        self.next = self.after(time);
        Some(Stop { time, is_sample: self.is_sample(time) })
    }
}

/// The periods after which a clause lets more be issued. What is drawn adds up, so that it is
/// enough to draw where the curve has a point.
fn renewed(clause: &Clause) -> impl Iterator<Item = Period> {
    let own = match clause {
        Clause::Issue { period, .. }
        | Clause::Growth { period, .. }
        | Clause::Claim { period, .. }
        | Clause::Receive { period, .. } => Some(*period),
        _ => None,
    };
    let by_day = clause.formula().is_some_and(|formula| formula.has(|term| *term == Term::Days));
    own.into_iter().chain(by_day.then(Period::day))
}
