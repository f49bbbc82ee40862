//! Periods: from which time or block to which.

use std::fmt;
use std::str::FromStr;

use coinage_model::{text, time};
use coinage_protocol::Height;

const DAY_MS: u64 = 86_400_000;

/// An end of a period; both ends belong to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// Height of a block.
    Height(u64),
    /// Time in milliseconds since 1970.
    Time(u64),
    /// A whole day in UTC, by its first millisecond since 1970.
    Day(u64),
}

/// The period that a statement is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Period {
    pub(super) from: Option<End>,
    pub(super) to: End,
}

impl Period {
    /// True if a block comes before the period.
    pub(super) fn is_after(&self, height: Height, block_ms: u64) -> bool {
        self.from.is_some_and(|from| match from {
            End::Height(first) => height < Height::new(first),
            End::Time(first) | End::Day(first) => block_ms < first,
        })
    }

    /// True if a block comes after the period.
    pub(super) fn is_before(&self, height: Height, block_ms: u64) -> bool {
        match self.to {
            End::Height(last) => height > Height::new(last),
            End::Time(last) => block_ms > last,
            End::Day(first) => block_ms >= first.saturating_add(DAY_MS),
        }
    }

    /// True if blocks may still come that belong to the period, when this is the newest.
    pub(super) fn may_grow(&self, height: Height, block_ms: u64) -> bool {
        !self.is_before(height.saturating_add(1), block_ms.saturating_add(1))
    }
}

impl End {
    /// Returns a remark on a height that looks like a year.
    pub(super) fn doubt(self) -> Option<String> {
        match self {
            Self::Height(height @ 1970..=2199) => Some(format!(
                "{height} is the block of that height; the year begins with {height}-01-01"
            )),
            _ => None,
        }
    }
}

impl FromStr for End {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        if !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit()) {
            return text::parse(written).map(Self::Height);
        }
        if written.len() == 10 {
            return time::parse(&format!("{written}T00:00:00Z"))
                .map(Self::Day)
                .map_err(|_| WHAT.into());
        }
        time::parse(written).map(Self::Time).map_err(|_| WHAT.to_owned())
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Height(height) => write!(formatter, "block {height}"),
            Self::Time(at) => formatter.write_str(&time::format(*at)),
            Self::Day(first) => {
                formatter.write_str(time::format(*first).split('T').next().unwrap_or_default())
            }
        }
    }
}

/// Advice on how to write an end of a period.
pub(super) const WHAT: &str =
    "give a day like 2026-11-22, a time like 2026-11-22T16:00:00Z, or a height";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_the_period_and_a_day_is_whole() {
        let end = |text: &str| text.parse::<End>().expect(text);
        let days = Period { from: Some(end("1970-01-02")), to: end("1970-01-03") };
        assert!(
            days.is_after(Height::new(1), DAY_MS - 1) && !days.is_after(Height::new(1), DAY_MS)
        );
        assert!(
            !days.is_before(Height::new(1), 3 * DAY_MS - 1)
                && days.is_before(Height::new(1), 3 * DAY_MS)
        );
        let heights = Period { from: Some(end("5")), to: end("7") };
        assert!(heights.is_after(Height::new(4), 0) && !heights.is_after(Height::new(5), 0));
        assert!(!heights.is_before(Height::new(7), 0) && heights.is_before(Height::new(8), 0));
        assert!(heights.may_grow(Height::new(6), 0) && !heights.may_grow(Height::new(7), 0));
        let exact = Period { from: None, to: end("1970-01-01T00:00:01Z") };
        assert!(
            !exact.is_after(Height::new(0), 0)
                && !exact.is_before(Height::new(9), 1000)
                && exact.is_before(Height::new(9), 1001)
        );
        assert_eq!(days.to.to_string(), "1970-01-03");
        assert!(end("2026").doubt().is_some_and(|doubt| doubt.contains("2026-01-01")));
        assert_eq!([end("12").doubt(), end("2026-01-01").doubt()], [None, None]);
        for bad in ["", "yesterday", "2026-13-01", "-5", "007", "2026-11-22T16"] {
            assert!(bad.parse::<End>().is_err(), "{bad}");
        }
    }
}
