//! Instants and periods of a charter: no calendar, only minutes and seconds.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{INSTANT_MINUTES_MAX, PERIOD_SECONDS_MAX};
use crate::units::UnixMillis;

/// Milliseconds of a day.
pub(super) const DAY_MS: u64 = 86_400_000;

/// A minute of the world's time, with the offset in which people wrote it (SPEC R-3).
///
/// The offset changes nothing but how it is written; it is part of the value, so that a charter
/// prints as it was read.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "(u32, i8)", into = "(u32, i8)")]
pub struct Instant {
    minutes: u32,
    offset: i8,
}

/// Minutes and an offset that are no [`Instant`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an instant is before the year 2500, its offset is from -12:00 to +14:00")]
pub struct BadInstant;

impl Instant {
    /// The instant so many minutes after 1970-01-01 00:00 UTC, written with an offset of so many
    /// quarters of an hour.
    ///
    /// # Errors
    ///
    /// [`BadInstant`] if it is after 2499, would be written as a time before 1970 or after 2499, or
    /// if there is no such offset.
    pub fn new(minutes: u32, offset: i8) -> Result<Self, BadInstant> {
        let written = i64::from(minutes).saturating_add(i64::from(offset).saturating_mul(15));
        let last = i64::from(INSTANT_MINUTES_MAX);
        let fits = minutes <= INSTANT_MINUTES_MAX
            && (0..=last).contains(&written)
            && (-48..=56).contains(&offset);
        if fits { Ok(Self { minutes, offset }) } else { Err(BadInstant) }
    }

    /// Minutes since 1970-01-01 00:00 UTC.
    pub const fn minutes(self) -> u32 {
        self.minutes
    }

    /// The offset from UTC in which it is written, in quarters of an hour.
    pub const fn offset(self) -> i8 {
        self.offset
    }

    /// The instant in milliseconds since 1970.
    pub fn millis(self) -> UnixMillis {
        UnixMillis::new(u64::from(self.minutes).saturating_mul(60_000))
    }
}

impl TryFrom<(u32, i8)> for Instant {
    type Error = BadInstant;

    fn try_from((minutes, offset): (u32, i8)) -> Result<Self, BadInstant> {
        Self::new(minutes, offset)
    }
}

impl From<Instant> for (u32, i8) {
    fn from(instant: Instant) -> Self {
        (instant.minutes, instant.offset)
    }
}

/// The length of the periods of a clause, in seconds (SPEC R-3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Period(u32);

/// A number of seconds that is no [`Period`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a period is 1 second to 36,500 days long")]
pub struct BadPeriod;

/// The number of a period of some length, from the anchor on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PeriodNumber(u64);

impl Period {
    /// The period of so many seconds.
    ///
    /// # Errors
    ///
    /// [`BadPeriod`] if it is 0 or above 36,500 days.
    pub fn new(seconds: u32) -> Result<Self, BadPeriod> {
        let fits = (1..=PERIOD_SECONDS_MAX).contains(&seconds);
        if fits { Ok(Self(seconds)) } else { Err(BadPeriod) }
    }

    /// The length in seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// A day, of 86,400 seconds.
    pub const fn day() -> Self {
        Self(86_400)
    }

    /// The period that a time falls into, if the anchor is not after it.
    pub fn at(self, anchor: Instant, time: UnixMillis) -> Option<PeriodNumber> {
        let since = time.checked_since(anchor.millis())?;
        since.checked_div(self.millis()).map(PeriodNumber)
    }

    /// The time at which a period begins.
    pub fn start(self, anchor: Instant, number: PeriodNumber) -> UnixMillis {
        anchor.millis().saturating_add(self.millis().saturating_mul(number.0))
    }

    fn millis(self) -> u64 {
        u64::from(self.0).saturating_mul(1_000)
    }
}

impl PeriodNumber {
    /// The period with this number; the first one is 0.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, from 0.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The period after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl TryFrom<u32> for Period {
    type Error = BadPeriod;

    fn try_from(seconds: u32) -> Result<Self, BadPeriod> {
        Self::new(seconds)
    }
}

impl From<Period> for u32 {
    fn from(period: Period) -> Self {
        period.0
    }
}

impl fmt::Display for PeriodNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn a_period_begins_at_its_anchor_and_ends_where_the_next_begins() {
        // SPEC R-3
        let anchor = Instant::new(100, 0).expect("an instant");
        let day = Period::new(86_400).expect("a day");
        let start = anchor.millis();
        let at = |time: UnixMillis| day.at(anchor, time).map(PeriodNumber::get);
        assert_eq!(at(start.saturating_sub(1)), None);
        assert_eq!(at(start), Some(0));
        assert_eq!(at(start.saturating_add(86_399_999)), Some(0));
        assert_eq!(at(start.saturating_add(86_400_000)), Some(1));
        assert_eq!(day.start(anchor, PeriodNumber::new(1)), start.saturating_add(86_400_000));
    }

    #[test]
    fn what_could_not_be_written_does_not_decode() {
        // SPEC R-3
        let minutes = INSTANT_MINUTES_MAX;
        for (minutes, offset) in
            [(minutes + 1, 0), (minutes, 1), (0, -1), (9_999, 57), (9_999, -49)]
        {
            assert_eq!(Instant::new(minutes, offset), Err(BadInstant), "{minutes} {offset}");
            assert!(decode::<Instant>(&encode(&(minutes, offset)), 9).is_err());
        }
        assert!(decode::<Instant>(&encode(&(minutes, 0_i8)), 9).is_ok());
        assert!(decode::<Period>(&encode(&0_u32), 9).is_err());
        assert!(decode::<Period>(&encode(&(PERIOD_SECONDS_MAX + 1)), 9).is_err());
    }
}
