//! Values that are strings in JSON, each with exactly one spelling.

use std::fmt::Display;
use std::str::FromStr;

use coinage_protocol::{
    Address, Amount, AuthoritiesHash, BlockHash, ChainId, CharterHash, FullHash, Name, PublicKey,
    Signature, StateRoot, TransactionId, TransactionsRoot,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Fingerprint;

/// A value of a list, written as a string.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Spelled<T>(pub T);

impl<T: Display> Serialize for Spelled<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, to)
    }
}

impl<'de, T: Written> Deserialize<'de> for Spelled<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialize(from).map(Self)
    }
}

/// A value that is a string in JSON.
pub trait Written: Display + Sized {
    /// The value that `text` spells, or what it ought to be.
    fn read(text: &str) -> Result<Self, String>;
}

macro_rules! written {
    ($($name:ty),+) => {$(
        impl Written for $name {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|error: <Self as FromStr>::Err| error.to_string())
            }
        }
    )+};
}

written!(
    u64,
    u128,
    i64,
    Address,
    PublicKey,
    Signature,
    ChainId,
    BlockHash,
    FullHash,
    TransactionId,
    TransactionsRoot,
    StateRoot,
    AuthoritiesHash,
    CharterHash,
    Name,
    Fingerprint
);

impl Written for Amount {
    fn read(text: &str) -> Result<Self, String> {
        let units = text.parse::<u128>().map_err(|_| "an amount is a string of digits")?;
        Self::try_from(units).map_err(|error| error.to_string())
    }
}

/// Reads the one spelling of a value: no sign, leading zero or capital that it would not write.
pub fn parse<T: Written>(text: &str) -> Result<T, String> {
    let value = T::read(text).map_err(|error| format!("{error}: {:?}", shortened(text)))?;
    let spelled = value.to_string();
    if spelled == text {
        return Ok(value);
    }
    Err(format!("{:?} is written {spelled:?}", shortened(text)))
}

/// Writes a value as text, for `#[serde(with)]`.
pub fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

/// Reads the value, for `#[serde(with)]`.
pub fn deserialize<'de, T: Written, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// A value that may be `null`. The field itself must be there, unless it also has a default: what
/// somebody forgot to say is not a decision.
pub mod option {
    use super::*;

    /// Writes the value, for `#[serde(with)]`.
    pub fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    /// Reads the value, for `#[serde(with)]`.
    pub fn deserialize<'de, T: Written, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| parse(&text)).transpose().map_err(D::Error::custom)
    }
}

/// The beginning of a text from outside, for an error message.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_spelling() {
        assert_eq!(parse::<u64>("18446744073709551615"), Ok(u64::MAX));
        for bad in ["", "-1", "+1", "01", "1.0", "1e3", " 1", "18446744073709551616", "0x1"] {
            assert!(parse::<u64>(bad).is_err(), "{bad:?}");
        }
        let id = TransactionId::new([0xab; 32]);
        assert_eq!(parse(&id.to_string()), Ok(id));
        assert!(parse::<TransactionId>(&id.to_string().to_uppercase()).is_err());
    }

    #[test]
    fn an_amount_above_the_maximum_is_refused() {
        assert_eq!(parse(&Amount::MAX.to_string()), Ok(Amount::MAX));
        assert!(parse::<Amount>("1000000000000000000000000000001").is_err());
    }

    #[test]
    fn a_long_text_is_not_echoed_whole() {
        let error = parse::<u64>(&"9".repeat(100_000)).expect_err("far too large");
        assert!(error.len() < 300, "{}", error.len());
    }
}
