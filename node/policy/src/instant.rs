//! Instants as text: `2027-01-01 00:00 +09:00`.

use std::time::{Duration, UNIX_EPOCH};

use coinage_protocol::Instant;

/// The text of an instant.
pub fn format(instant: Instant) -> String {
    let (date, time, offset) = parts(instant);
    format!("{date} {time} {offset}")
}

/// The text of an instant by RFC 3339.
pub fn format_rfc3339(instant: Instant) -> String {
    let (date, time, offset) = parts(instant);
    format!("{date}T{time}:00{offset}")
}

/// The instant that a date, a time and an offset name.
///
/// Other spellings than those of [`format()`] name none.
pub fn parse(date: &str, time: &str, offset: &str) -> Option<Instant> {
    let quarters = quarters(offset)?;
    let written = humantime::parse_rfc3339(&format!("{date}T{time}:00Z")).ok()?;
    let seconds = written.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let minutes = i64::try_from(seconds / 60).ok()? - i64::from(quarters) * 15;
    let instant = Instant::new(u32::try_from(minutes).ok()?, quarters).ok()?;
    // humantime reads more spellings than one.
    (parts(instant) == (date.into(), time.into(), offset.into())).then_some(instant)
}

/// The instant that a text by RFC 3339 names, to the minute.
pub fn parse_rfc3339(text: &str) -> Option<Instant> {
    let (date, rest) = text.split_once('T')?;
    let (time, offset) = rest.split_at_checked(5)?;
    let offset = offset.strip_prefix(":00")?;
    parse(date, time, if offset == "Z" { "+00:00" } else { offset })
}

fn parts(instant: Instant) -> (String, String, String) {
    let offset = i64::from(instant.offset()) * 15;
    let minutes = u64::try_from(i64::from(instant.minutes()) + offset).unwrap_or_default();
    let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(minutes * 60));
    let text = text.to_string();
    let (date, time) = text.split_once('T').unwrap_or_default();
    let sign = if offset < 0 { '-' } else { '+' };
    let offset = offset.unsigned_abs();
    let offset = format!("{sign}{:02}:{:02}", offset / 60, offset % 60);
    (date.into(), time.get(..5).unwrap_or_default().into(), offset)
}

/// Quarters of an hour of an offset such as `+09:00`.
fn quarters(offset: &str) -> Option<i8> {
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let two = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !two(hours) || !two(minutes) {
        return None;
    }
    let minutes = hours.parse::<i8>().ok()?.checked_mul(4)?.checked_add(
        match minutes.parse::<i8>().ok()? {
            0 => 0,
            15 => 1,
            30 => 2,
            45 => 3,
            _ => return None,
        },
    )?;
    // `-00:00` is another spelling of `+00:00`.
    (sign == 1 || minutes != 0).then_some(sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_one_spelling_and_keeps_its_offset() {
        for text in [
            "2027-01-01 00:00 +09:00",
            "1970-01-01 00:00 +00:00",
            "2499-12-31 23:59 +00:00",
            "2028-02-29 12:30 -04:30",
            "2027-06-01 05:45 +05:45",
        ] {
            let words: Vec<_> = text.split(' ').collect();
            let instant = parse(words[0], words[1], words[2]).expect(text);
            assert_eq!(format(instant), text);
            assert_eq!(parse_rfc3339(&format_rfc3339(instant)), Some(instant));
        }
        for text in [
            "2027-02-30 00:00 +09:00",
            "2027-1-1 00:00 +09:00",
            "2027-01-01 24:00 +09:00",
            "2027-01-01 00:00 +09:20",
            "2027-01-01 00:00 -00:00",
            "2027-01-01 00:00 +15:00",
            "2027-01-01 0:00 +9:00",
            "1970-01-01 00:00 +01:00",
        ] {
            let words: Vec<_> = text.split(' ').collect();
            assert_eq!(parse(words[0], words[1], words[2]), None, "{text}");
        }
        assert_eq!(parse_rfc3339("2027-01-01T00:00:00Z").map(Instant::offset), Some(0));
        assert_eq!(parse_rfc3339("2027-01-01T00:00:01Z"), None, "finer than a minute");
    }
}
