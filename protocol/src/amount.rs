//! Amounts of a token in base units.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A number of base units of some token.
///
/// # Invariant
///
/// At most [`Amount::MAX`] (SPEC A-1), so that any two amounts add without overflow.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "u128", into = "u128")]
pub struct Amount(u128);

/// A number of base units above [`Amount::MAX`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an amount is at most {}", Amount::MAX)]
pub struct AmountTooLarge;

const _: () = assert!(Amount::MAX.0 <= u128::MAX / 2, "two amounts must add without overflow");

impl Amount {
    /// The amount of no units.
    pub const ZERO: Self = Self(0);

    /// The most base units of one token that may exist: 10^30 (SPEC A-1).
    pub const MAX: Self = Self(1_000_000_000_000_000_000_000_000_000_000);

    /// The amount as a number of base units.
    pub const fn units(self) -> u128 {
        self.0
    }

    /// Checks whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum of two amounts, unless it is above [`Amount::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(|units| Self::try_from(units).ok())
    }

    /// The difference of two amounts, unless it is below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl TryFrom<u128> for Amount {
    type Error = AmountTooLarge;

    fn try_from(units: u128) -> Result<Self, AmountTooLarge> {
        if units > Self::MAX.0 { Err(AmountTooLarge) } else { Ok(Self(units)) }
    }
}

impl From<Amount> for u128 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn arithmetic_stops_at_zero_and_at_the_maximum() {
        // SPEC A-1
        let one = Amount::try_from(1).expect("one is an amount");
        assert_eq!(Amount::MAX.checked_add(one), None);
        assert_eq!(Amount::ZERO.checked_sub(one), None);
        assert_eq!(one.checked_add(one).map(Amount::units), Some(2));
    }

    #[test]
    fn more_than_the_maximum_does_not_decode() {
        // SPEC A-1
        assert!(decode::<Amount>(&encode(&(Amount::MAX.units() + 1)), 16).is_err());
        assert_eq!(decode(&encode(&Amount::MAX), 16), Ok(Amount::MAX));
    }
}
