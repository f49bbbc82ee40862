//! Points in time: milliseconds since 1970 in memory, RFC 3339 in JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use super::text;

/// The longest RFC 3339 text that is read: nine digits after the second.
const TEXT_LEN_MAX: usize = 35;

/// The first millisecond of the year 10000, which RFC 3339 cannot write.
const UNWRITABLE_MS: u64 = 253_402_300_800_000;

/// A time as text: RFC 3339 with milliseconds, or from the year 10000 on the milliseconds alone.
pub fn format(time_ms: u64) -> String {
    if time_ms >= UNWRITABLE_MS {
        return time_ms.to_string();
    }
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(time_ms)).to_string()
}

/// The time that a text names: RFC 3339 in UTC, or milliseconds since 1970.
///
/// # Errors
///
/// What a time looks like, if this is none, or is finer than a millisecond.
pub fn parse(written: &str) -> Result<u64, String> {
    if !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit()) {
        return text::parse(written);
    }
    let expected = || {
        String::from("a time is written as 2026-11-22T16:00:00.000Z or in milliseconds since 1970")
    };
    if written.len() > TEXT_LEN_MAX {
        return Err(expected());
    }
    let time = humantime::parse_rfc3339(written).map_err(|_| expected())?;
    let since = time.duration_since(UNIX_EPOCH).map_err(|_| expected())?;
    if since.subsec_nanos() % 1_000_000 != 0 {
        return Err(format!("{written} is finer than a millisecond"));
    }
    u64::try_from(since.as_millis()).map_err(|_| expected())
}

/// A span of time as people say it, in whole seconds.
pub fn span(ms: u64) -> String {
    humantime::format_duration(Duration::from_secs(ms / 1000)).to_string()
}

/// A time of the machine's clock, in milliseconds since 1970; 0 if it is before that.
pub fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Writes a time as text, for `#[serde(with)]`.
pub fn serialize<S: Serializer>(time_ms: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format(*time_ms))
}

/// Reads the value, for `#[serde(with)]`.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_spellings_are_read() {
        assert_eq!(parse("1970-01-01T00:00:01.005Z"), Ok(1005));
        assert_eq!(parse("1970-01-01T00:00:01Z"), Ok(1000));
        assert_eq!(parse("1005"), Ok(1005));
    }

    #[test]
    fn what_is_no_exact_time_is_refused() {
        let finer = "1970-01-01T00:00:00.0000001Z";
        for bad in ["", "yesterday", "1969-12-31T23:59:59Z", "-5", "007", finer, "2026-11-22"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_millisecond_survives(time in prop_oneof![any::<u64>(), 0..UNWRITABLE_MS]) {
            prop_assert_eq!(parse(&format(time)), Ok(time));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}|[0-9TZ:.+-]{19,36}") {
            let _ = parse(&text);
        }
    }
}
