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

    fn pad(text: &str) -> Self {
        let mut padded = [0; Self::LEN_MAX];
        for (to, from) in padded.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self { padded }
    }
}

/// A symbol as careless eyes read it: two symbols that look alike are folded to the same (SPEC
///
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FoldedSymbol(Symbol);

impl Symbol {
    /// Folds letters to the digits that they are mistaken for (SPEC A-4).
    pub fn folded(self) -> FoldedSymbol {
        let fold = |byte: u8| match byte {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            b'Z' => b'2',
            b'S' => b'5',
            b'B' => b'8',
            other => other,
        };
        FoldedSymbol(Self { padded: self.padded.map(fold) })
    }
}

impl FoldedSymbol {
    /// The folded symbol as a string slice.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for FoldedSymbol {
    type Err = BadSymbol;

    fn from_str(text: &str) -> Result<Self, BadSymbol> {
        let fits = (Symbol::LEN_MIN..=Symbol::LEN_MAX).contains(&text.len());
        let allowed = |byte: u8| {
            byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"OILZSB".contains(&byte)
        };
        if fits && text.bytes().all(allowed) { Ok(Self(Symbol::pad(text))) } else { Err(BadSymbol) }
    }
}

impl fmt::Debug for FoldedSymbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FoldedSymbol({})", self.as_str())
    }
}

impl Serialize for FoldedSymbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FoldedSymbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_text::<{ Symbol::LEN_MAX }, _, _, _>(deserializer, str::parse)
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
        Ok(Self::pad(text))
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
    fn symbols_that_look_alike_fold_to_the_same() {
        // SPEC A-4
        let folded = |text: &str| text.parse::<Symbol>().expect("a symbol").folded();
        for (one, other) in
            [("COIN", "C01N"), ("GOLD", "G0ID"), ("SOLZ", "S0I2"), ("BIB", "B18"), ("AL", "A1")]
        {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        assert_ne!(folded("COIN"), folded("CORN"));
        assert_eq!(folded("SOLO").as_str(), "5010");
        assert_eq!(decode(&encode("5010"), 64), Ok(folded("SOLO")));
        assert!(decode::<FoldedSymbol>(&encode("SOLO"), 64).is_err(), "not folded");
    }

    #[test]
    fn a_bad_symbol_does_not_decode() {
        // SPEC A-2
        assert!(decode::<Symbol>(&encode("coin"), 64).is_err());
        let coin: Symbol = "COIN".parse().expect("a symbol");
        assert_eq!(decode(&encode("COIN"), 64), Ok(coin));
    }
}
