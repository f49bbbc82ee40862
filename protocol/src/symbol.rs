//! Names of tokens.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bounded::deserialize_text;

/// The name of a token, unique on its chain: 2 to 12 of `A-Z0-9`, first a letter (SPEC A-2).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Symbol {
    /// Characters, then zeros: no symbol contains a zero, so equal symbols are equal bytes.
    padded: [u8; Self::LEN_MAX],
}

/// Text that is not a [`Symbol`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a token symbol has 2 to 12 of A-Z and 0-9 and begins with a letter")]
pub struct BadSymbol;

impl Symbol {
    /// The most characters a symbol has.
    pub const LEN_MAX: usize = 12;

    /// The fewest characters a symbol has.
    pub const LEN_MIN: usize = 2;

    /// The symbol as a string slice.
    pub fn as_str(&self) -> &str {
        let text = core::str::from_utf8(&self.padded).expect("a symbol is ASCII");
        text.trim_end_matches('\0')
    }
}

impl FromStr for Symbol {
    type Err = BadSymbol;

    fn from_str(text: &str) -> Result<Self, BadSymbol> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let fits = (Self::LEN_MIN..=Self::LEN_MAX).contains(&text.len());
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
        if !fits || !begins || !text.bytes().all(allowed) {
            return Err(BadSymbol);
        }
        let mut padded = [0; Self::LEN_MAX];
        for (to, from) in padded.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self { padded })
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Symbol({self})")
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_text::<{ Self::LEN_MAX }, _, _, _>(deserializer, str::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn symbols_follow_the_rule() {
        // SPEC A-2
        for good in ["AB", "COIN", "A1", "ABCDEFGHIJ12"] {
            assert_eq!(good.parse::<Symbol>().expect(good).as_str(), good);
        }
        for bad in ["", "A", "ABCDEFGHIJKLM", "1A", "coin", "CO IN", "CO\0", "MÜNZE"] {
            assert_eq!(bad.parse::<Symbol>(), Err(BadSymbol), "{bad:?}");
        }
    }

    #[test]
    fn a_bad_symbol_does_not_decode() {
        // SPEC A-2
        assert!(decode::<Symbol>(&encode("coin"), 64).is_err());
        let coin: Symbol = "COIN".parse().expect("a symbol");
        assert_eq!(decode(&encode("COIN"), 64), Ok(coin));
    }
}
