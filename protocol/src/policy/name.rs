//! Names of the accounts and roles of a charter.

use core::fmt;
use core::str::FromStr;

use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bounded::deserialize_text;
use crate::limits::CHARTER_NAME_BYTES_MAX;

/// The name of an account or a role in a charter (SPEC R-2).
///
/// 1 to 24 of `a-z0-9-` that begin with a letter, or 1 to 12 Hangul syllables and digits that begin
/// with a syllable; no word of a sentence.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name(String);

/// Text that is not a [`Name`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadName {
    /// The text has other characters, or too many.
    #[error(
        "a name has 1 to 24 of a-z, 0-9 and - and begins with a letter, or has 1 to 12 Hangul \
         syllables and digits and begins with a syllable"
    )]
    Form,
    /// The text is a word of a sentence.
    #[error("a name cannot be a word that sentences are made of")]
    Reserved,
}

/// The words that no account and no role is called by: those that sentences are made of.
pub const RESERVED: &[&str] = &[
    "a",
    "account",
    "accounts",
    "all",
    "also",
    "amount",
    "an",
    "and",
    "announced",
    "another",
    "any",
    "anybody",
    "at",
    "be",
    "before",
    "between",
    "burned",
    "by",
    "claim",
    "clause",
    "coin",
    "coins",
    "count",
    "creation",
    "day",
    "days",
    "decimals",
    "draw",
    "each",
    "evenly",
    "ever",
    "everybody",
    "first",
    "for",
    "freeze",
    "from",
    "give",
    "go",
    "halving",
    "hand",
    "hold",
    "hour",
    "hours",
    "in",
    "is",
    "issue",
    "issued",
    "issuer",
    "its",
    "key",
    "last",
    "limit",
    "may",
    "minute",
    "minutes",
    "missed",
    "most",
    "move",
    "nobody",
    "nothing",
    "of",
    "on",
    "only",
    "or",
    "outstanding",
    "over",
    "owe",
    "per",
    "period",
    "periods",
    "place",
    "role",
    "second",
    "seconds",
    "send",
    "sent",
    "set",
    "supply",
    "take",
    "the",
    "to",
    "unfreeze",
    "until",
    "who",
    "without",
    "계정",
    "구간",
    "누구나",
    "누구도",
    "동결",
    "만큼",
    "모든",
    "모두",
    "발행",
    "부터",
    "역할",
    "유통량",
    "이상",
    "이하",
    "자리",
    "저마다",
    "절반",
    "최대",
    "최근",
    "코인",
    "하루",
    "한도",
];

const LATIN_MAX: usize = 24;
const HANGUL_MAX: usize = 12;

impl Name {
    /// The name as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let latin = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let hangul = |c: char| is_syllable(c) || c.is_ascii_digit();
        let first = text.chars().next().ok_or(BadName::Form)?;
        let fits = if first.is_ascii_lowercase() {
            text.len() <= LATIN_MAX && text.chars().all(latin)
        } else {
            is_syllable(first) && text.chars().count() <= HANGUL_MAX && text.chars().all(hangul)
        };
        if !fits {
            return Err(BadName::Form);
        }
        if RESERVED.contains(&text) { Err(BadName::Reserved) } else { Ok(Self(text.into())) }
    }
}

/// Checks for a Hangul syllable, U+AC00 to U+D7A3.
fn is_syllable(character: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&character)
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_text::<CHARTER_NAME_BYTES_MAX, _, _, _>(deserializer, str::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn names_follow_the_rule() {
        // SPEC R-2
        for good in
            ["board", "a1", "x-1", "mint-desk", "이사회", "회원2", "abcdefghijklmnopqrstuvwx"]
        {
            assert_eq!(good.parse::<Name>().expect(good).as_str(), good);
        }
        let forms =
            ["", "1a", "-a", "Board", "a b", "a_b", "abcdefghijklmnopqrstuvwxy", "이a", "a이"];
        for bad in forms {
            assert_eq!(bad.parse::<Name>(), Err(BadName::Form), "{bad:?}");
        }
        for word in RESERVED {
            assert_eq!(word.parse::<Name>(), Err(BadName::Reserved), "{word}");
        }
        assert!("가나다라마바사아자차카타파".parse::<Name>().is_err(), "13 syllables");
        assert!(decode::<Name>(&encode("each"), 64).is_err());
    }
}
