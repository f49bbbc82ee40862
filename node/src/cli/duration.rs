//! Lengths of time as people write them.

use std::time::Duration;

/// Reads a length of time, which may be none.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| {
        let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let unit = if number { "the unit is missing: " } else { "" };
        format!("{unit}write it like 30s, 10m, 12h or 7d")
    })
}

/// Reads a length of time that is not over when it begins.
pub(crate) fn positive(text: &str) -> Result<Duration, String> {
    let duration = parse(text)?;
    if duration.as_millis() == 0 {
        return Err("it would be over at once: give more than nothing, like 10m".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit_and_what_expires_lasts() {
        assert_eq!(parse("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(
            [parse("0s"), positive("1ms")],
            [Ok(Duration::ZERO), Ok(Duration::from_millis(1))]
        );
        for nothing in ["0s", "0ms", "1ns", "0d"] {
            assert!(positive(nothing).expect_err(nothing).contains("over at once"));
        }
        assert!(parse("10").expect_err("no unit").contains("unit is missing"));
        for bad in ["", "soon", "-5m", "5 parsecs", "99999999999999999999d"] {
            assert!(parse(bad).expect_err(bad).contains("like 30s"), "{bad}");
        }
    }
}
