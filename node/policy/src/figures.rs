//! Figures as text: amounts, counts, durations and parts of a hundred, in one spelling each.

use coinage_protocol::{Amount, Period, Rate};

use crate::language::Language;

/// An amount with its decimals and thousands: `5,000.00`.
pub fn amount(amount: Amount, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{:0>width$}", amount.units(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let whole = grouped(whole);
    if decimals == 0 { whole } else { format!("{whole}.{fraction}") }
}

/// An amount to show how amounts are written.
pub(crate) fn sample(decimals: u8) -> String {
    let sample = 10_u128.checked_pow(u32::from(decimals)).and_then(|one| one.checked_mul(5_000));
    let sample = sample.and_then(|units| Amount::try_from(units).ok());
    amount(sample.unwrap_or(Amount::MAX), decimals)
}

/// The amount that a text names; commas and zeros at the end may be left out.
pub(crate) fn parse_amount(text: &str, decimals: u8) -> Option<Amount> {
    let decimals = usize::from(decimals);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let dotted = text.contains('.');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(fraction) || fraction.len() > decimals || dotted && fraction.is_empty() {
        return None;
    }
    let units = format!("{}{fraction:0<decimals$}", ungrouped(whole)?);
    Amount::try_from(units.parse::<u128>().ok()?).ok()
}

pub(crate) fn count(count: u32) -> String {
    grouped(&count.to_string())
}

/// The count that a text names; commas may be left out.
pub(crate) fn parse_count(text: &str) -> Option<u32> {
    ungrouped(text)?.parse().ok()
}

/// Units of a duration: seconds, one of it, several, and in Korean.
const UNITS: [(u32, &str, &str, &str); 4] = [
    (86_400, "day", "days", "일"),
    (3_600, "hour", "hours", "시간"),
    (60, "minute", "minutes", "분"),
    (1, "second", "seconds", "초"),
];

/// The words of English durations that stand alone: one of a unit.
pub(crate) fn is_single_unit(word: &str) -> bool {
    UNITS.iter().any(|(_, one, ..)| *one == word)
}

/// A duration in the largest unit that divides it: `30 days`, `day`, `30일`.
pub fn duration(period: Period, language: Language) -> String {
    let seconds = period.seconds();
    let unit = UNITS.iter().find(|(unit, ..)| seconds.is_multiple_of(*unit));
    let (unit, one, many, korean) = unit.unwrap_or(&UNITS[3]);
    let number = seconds / unit;
    match language {
        Language::English if number == 1 => (*one).to_owned(),
        Language::English => format!("{} {many}", count(number)),
        Language::Korean => format!("{}{korean}", count(number)),
    }
}

/// The duration that one or two words name, in any unit.
pub(crate) fn parse_duration(words: &[&str], language: Language) -> Option<Period> {
    let (number, unit) = match (language, words) {
        (Language::English, [unit]) => (1, UNITS.iter().find(|(_, one, ..)| one == unit)?.0),
        (Language::English, [number, unit]) => {
            let unit = UNITS.iter().find(|(_, one, many, _)| one == unit || many == unit)?;
            (parse_count(number)?, unit.0)
        }
        (Language::Korean, [word]) => UNITS.iter().find_map(|(unit, _, _, korean)| {
            Some((parse_count(word.strip_suffix(korean)?)?, *unit))
        })?,
        _ => return None,
    };
    Period::new(number.checked_mul(unit)?).ok()
}

/// A part of the whole in per cent, without the sign: `2.5`.
pub fn percent(rate: Rate) -> String {
    let text = format!("{}.{:04}", rate.millionths() / 10_000, rate.millionths() % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The part of the whole that a text names in per cent, with at most four decimals.
pub(crate) fn parse_percent(text: &str) -> Option<Rate> {
    let millionths = parse_amount(text, 4)?.units();
    Rate::new(u32::try_from(millionths).ok()?).ok()
}

/// Digits with a comma before each three from the right.
fn grouped(digits: &str) -> String {
    let places = digits.len();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (places - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The digits of a text that has commas where [`grouped`] puts them, or none; no leading zeros.
fn ungrouped(text: &str) -> Option<String> {
    let digits = text.replace(',', "");
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let leads = digits.len() > 1 && digits.starts_with('0');
    let fits = plain && !leads && (!text.contains(',') || grouped(&digits) == text);
    fits.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(units: u128) -> Amount {
        Amount::try_from(units).expect("an amount")
    }

    #[test]
    fn an_amount_is_written_in_one_way_and_read_with_less() {
        for (number, decimals, text) in [
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (500_000, 2, "5,000.00"),
            (1_000, 0, "1,000"),
            (Amount::MAX.units(), 18, "1,000,000,000,000.000000000000000000"),
        ] {
            assert_eq!(amount(units(number), decimals), text);
            assert_eq!(parse_amount(text, decimals), Some(units(number)));
        }
        for (text, number) in [("5000", 500_000), ("5000.5", 500_050), ("5,000", 500_000)] {
            assert_eq!(parse_amount(text, 2), Some(units(number)), "{text}");
        }
        for bad in ["", ".5", "5.", "5,00", "05", "50,00.00", "1.234", "-1", "1e3", "１", "1,000,"]
        {
            assert_eq!(parse_amount(bad, 2), None, "{bad}");
        }
    }

    #[test]
    fn durations_and_parts_are_written_in_their_largest_unit() {
        for (seconds, english, korean) in [
            (86_400, "day", "1일"),
            (30 * 86_400, "30 days", "30일"),
            (90_000, "25 hours", "25시간"),
            (60, "minute", "1분"),
            (1, "second", "1초"),
            (126_144_000, "1,460 days", "1,460일"),
        ] {
            let period = Period::new(seconds).expect("a period");
            assert_eq!(duration(period, Language::English), english);
            assert_eq!(duration(period, Language::Korean), korean);
            let words: Vec<_> = english.split(' ').collect();
            assert_eq!(parse_duration(&words, Language::English), Some(period));
            assert_eq!(parse_duration(&[korean], Language::Korean), Some(period));
        }
        for (millionths, text) in
            [(20_000, "2"), (25_000, "2.5"), (1, "0.0001"), (1_000_000, "100")]
        {
            let rate = Rate::new(millionths).expect("a rate");
            assert_eq!((percent(rate).as_str(), parse_percent(text)), (text, Some(rate)));
        }
        assert_eq!(parse_percent("0.00001"), None);
        assert_eq!(parse_percent("101"), None);
    }
}
