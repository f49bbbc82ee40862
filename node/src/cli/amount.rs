//! Amounts as people write them.

use coinage_protocol::Amount;

use super::failure::Failure;

/// Number of decimals that people expect of money.
const CENTS: usize = 2;

/// The reason why a text is not an amount of a token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum AmountError {
    /// The text is not a decimal number.
    #[error("{text:?} is not an amount: write digits, and one point if need be, like 12.5")]
    NotANumber {
        /// Text that was typed.
        text: String,
    },
    /// A comma may begin decimals or part thousands.
    #[error("{text:?} may mean two amounts: a comma can part thousands or begin decimals")]
    Comma {
        /// Text that was typed.
        text: String,
    },
    /// The token cannot be divided that far.
    #[error("{text} has {got} decimals, this token has {decimals}; amounts are never rounded")]
    TooManyDecimals {
        /// Text that was typed.
        text: String,
        /// Number of decimals of the text.
        got: usize,
        /// Number of decimals of the token.
        decimals: u8,
    },
    /// Base units are whole, whatever token they are of.
    #[error("{text} is no number of base units: with --raw an amount has no decimals")]
    RawDecimals {
        /// Text that was typed.
        text: String,
    },
    /// The amount is more than can exist.
    #[error("{text} is more than any token can have")]
    TooLarge {
        /// Text that was typed.
        text: String,
    },
}

impl From<AmountError> for Failure {
    fn from(error: AmountError) -> Self {
        let (code, hint) = match error {
            AmountError::NotANumber { .. } => (
                "amount.not_a_number",
                "no minus, space or exponent; commas only before three digits",
            ),
            AmountError::Comma { .. } => {
                ("amount.ambiguous", "write 5000 or 5,000.00 for five thousand, 5.00 for five")
            }
            AmountError::TooManyDecimals { .. } => {
                ("amount.too_many_decimals", "give fewer decimals, or base units with --raw")
            }
            AmountError::RawDecimals { .. } => {
                ("amount.too_many_decimals", "without --raw it is in whole tokens, like 12.5")
            }
            AmountError::TooLarge { .. } => {
                ("amount.too_large", "an amount has at most 10^30 base units")
            }
        };
        Self::new(code, error).hint(hint)
    }
}

/// The base units that a text means: a decimal number of whole tokens or, if `raw`, base units.
pub(crate) fn parse_as(text: &str, raw: bool, decimals: u8) -> Result<Amount, AmountError> {
    if !raw {
        return parse(text, decimals);
    }
    parse(text, 0).map_err(|error| match error {
        AmountError::TooManyDecimals { text, .. } => AmountError::RawDecimals { text },
        error => error,
    })
}

/// The base units that a decimal number is for a token with so many decimals.
pub(crate) fn parse(text: &str, decimals: u8) -> Result<Amount, AmountError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(not_a_number(text)),
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let commas = whole.matches(',').count();
    let whole = &ungrouped(whole).ok_or_else(|| not_a_number(text))?;
    // In some countries a comma begins the decimals: alone and without a point it says too little.
    if commas == 1 && fraction.is_empty() && decimals > 0 {
        return Err(AmountError::Comma { text: shortened(text) });
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(not_a_number(text));
    }
    if fraction.len() > usize::from(decimals) {
        let (text, got) = (shortened(text), fraction.len());
        return Err(AmountError::TooManyDecimals { text, got, decimals });
    }
    let zeros = usize::from(decimals).saturating_sub(fraction.len());
    let mut units = 0_u128;
    for digit in whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', zeros)) {
        units = units
            .checked_mul(10)
            .and_then(|units| units.checked_add(u128::from(digit.saturating_sub(b'0'))))
            .ok_or_else(|| AmountError::TooLarge { text: shortened(text) })?;
    }
    Amount::try_from(units).map_err(|_| AmountError::TooLarge { text: shortened(text) })
}

/// Whole tokens without the commas before each three digits, as charters write them.
fn ungrouped(whole: &str) -> Option<String> {
    let (first, rest) = whole.split_once(',').unwrap_or((whole, ""));
    let groups = || rest.split(',');
    let fits = (1..=3).contains(&first.len()) && groups().all(|group| group.len() == 3);
    (first == whole || fits).then(|| format!("{first}{}", groups().collect::<String>()))
}

/// The decimal number that base units are for a token with so many decimals: with two of them, if
/// it has as many, and no idle zeros after those.
pub(crate) fn format(amount: Amount, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let width = decimals.saturating_add(1);
    let digits = format!("{:0>width$}", amount.units());
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
    let used = fraction.trim_end_matches('0').len().max(decimals.min(CENTS));
    match fraction.get(..used).unwrap_or(fraction) {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn not_a_number(text: &str) -> AmountError {
    AmountError::NotANumber { text: shortened(text) }
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units(text: &str, decimals: u8) -> Option<u128> {
        parse(text, decimals).ok().map(Amount::units)
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_the_same_amount(
            units in 0..=Amount::MAX.units(), decimals in any::<u8>(),
        ) {
            let amount = Amount::try_from(units).expect("in range");
            // More decimals than any token has, as well: who says so may be a lying node.
            prop_assert_eq!(parse(&format(amount, decimals), decimals), Ok(amount));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), decimals in any::<u8>()) {
            let _ = parse(&text, decimals);
        }
    }

    #[test]
    fn an_amount_is_never_rounded() {
        assert_eq!(units("1.5", 2), Some(150));
        assert_eq!(units("0.01", 2), Some(1));
        assert_eq!(units("5", 0), Some(5));
        let refused = parse("0.001", 2);
        assert!(matches!(refused, Err(AmountError::TooManyDecimals { got: 3, decimals: 2, .. })));
        // Also when nothing would be lost: the number of decimals says which token is meant.
        assert_eq!(units("1.500", 2), None);
    }

    #[test]
    fn base_units_have_no_decimals_and_the_reason_is_not_the_token() {
        assert_eq!(parse_as("150", true, 2).map(Amount::units), Ok(150));
        assert_eq!(parse_as("1.5", false, 2).map(Amount::units), Ok(150));
        let refused = parse_as("1.5", true, 2).expect_err("base units");
        assert_eq!(refused, AmountError::RawDecimals { text: "1.5".into() });
    }

    #[test]
    fn money_has_cents_and_no_idle_zeros_after_them() {
        let shown =
            |units: u128, decimals| format(Amount::try_from(units).expect("in range"), decimals);
        assert_eq!([shown(1250, 2), shown(500, 2), shown(0, 2)], ["12.50", "5.00", "0.00"]);
        assert_eq!([shown(7, 0), shown(15, 1), shown(10, 1)], ["7", "1.5", "1.0"]);
        assert_eq!([shown(1_500_000, 6), shown(1_234_000, 6)], ["1.50", "1.234"]);
    }

    #[test]
    fn only_plain_digits_are_an_amount() {
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1 ", "0x1", "١", "1.2.3"]
        {
            let refused = parse(bad, 6).expect_err(bad);
            assert!(matches!(refused, AmountError::NotANumber { .. }), "{bad:?}: {refused}");
        }
    }

    #[test]
    fn commas_part_thousands_and_one_that_may_begin_decimals_is_refused() {
        for (text, decimals, amount) in [
            ("5,000.00", 2, 500_000),
            ("1,234,567", 2, 123_456_700),
            ("12,345.6", 2, 1_234_560),
            ("5,000", 0, 5_000),
        ] {
            assert_eq!(units(text, decimals), Some(amount), "{text}");
        }
        assert!(matches!(parse("5,000", 2), Err(AmountError::Comma { .. })));
        for bad in ["50,00.00", "5,0000", ",500.0", "5,,000", "1234,567.0", "5,000,", "1.000,00"] {
            assert!(matches!(parse(bad, 2), Err(AmountError::NotANumber { .. })), "{bad}");
        }
    }

    #[test]
    fn more_than_the_maximum_is_refused_however_it_is_written() {
        let max = Amount::MAX.to_string();
        assert_eq!(units(&max, 0), Some(Amount::MAX.units()));
        assert!(matches!(parse(&max, 1), Err(AmountError::TooLarge { .. })));
        assert!(matches!(parse(&"9".repeat(500), 0), Err(AmountError::TooLarge { .. })));
    }
}
