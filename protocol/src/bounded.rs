//! Lists and texts that cannot be longer than the rules allow.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list or text was longer than its type allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{len} entries or bytes, at most {max} are allowed")]
pub struct TooMany {
    /// Number of entries that there were.
    pub len: usize,
    /// Number of entries that are allowed.
    pub max: usize,
}

/// A list of at most `MAX` entries (SPEC E-3).
///
/// # Invariant
///
/// Never longer than `MAX`; a forged length is refused before anything is allocated for it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Bounded<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Bounded<T, MAX> {
    /// The list of these entries.
    ///
    /// # Errors
    ///
    /// [`TooMany`] if there are more than `MAX`.
    pub fn new(entries: Vec<T>) -> Result<Self, TooMany> {
        if entries.len() > MAX {
            return Err(TooMany { len: entries.len(), max: MAX });
        }
        Ok(Self(entries))
    }

    /// The first `MAX` of these entries.
    pub fn first_of(entries: impl IntoIterator<Item = T>) -> Self {
        Self(entries.into_iter().take(MAX).collect())
    }

    /// Returns the entries as a vector.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for Bounded<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> Deref for Bounded<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T, const MAX: usize> IntoIterator for &'a Bounded<T, MAX> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Serialize, const MAX: usize> Serialize for Bounded<T, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Bounded<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

/// Bytes that are set aside, at most, on the word of a length prefix alone.
const PREALLOCATED_BYTES_MAX: usize = 16 * 1024;

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = Bounded<T, MAX>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a list of at most {MAX} entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let announced = entries.size_hint().unwrap_or(0);
        if announced > MAX {
            return Err(A::Error::custom(TooMany { len: announced, max: MAX }));
        }
        let affordable = PREALLOCATED_BYTES_MAX.checked_div(size_of::<T>()).unwrap_or(0);
        let mut list = Vec::with_capacity(announced.min(affordable));
        while let Some(entry) = entries.next_element()? {
            if list.len() == MAX {
                return Err(A::Error::custom(TooMany { len: MAX.saturating_add(1), max: MAX }));
            }
            list.push(entry);
        }
        Ok(Bounded(list))
    }
}

/// UTF-8 text of at most `MAX` bytes without control characters (SPEC E-4).
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Text<const MAX: usize>(String);

/// The reason why a string is not a [`Text`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextError {
    /// The text has too many bytes.
    #[error("{len} bytes of text, at most {max} are allowed")]
    TooLong {
        /// Number of bytes that the text has.
        len: usize,
        /// Number of bytes that are allowed.
        max: usize,
    },
    /// The text has a control character, which could forge lines on a terminal or in a log.
    #[error("text has a control character at byte {at}")]
    ControlCharacter {
        /// Byte offset of the control character.
        at: usize,
    },
}

impl<const MAX: usize> Text<MAX> {
    /// The text as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<&str> for Text<MAX> {
    type Error = TextError;

    fn try_from(text: &str) -> Result<Self, TextError> {
        if text.len() > MAX {
            return Err(TextError::TooLong { len: text.len(), max: MAX });
        }
        match text.char_indices().find(|(_, character)| character.is_control()) {
            Some((at, _)) => Err(TextError::ControlCharacter { at }),
            None => Ok(Self(text.into())),
        }
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_text::<MAX, _, _, _>(deserializer, |text| Self::try_from(text))
    }
}

/// Reads a text of at most `MAX` bytes through a checked constructor. In an encoding it is refused
/// by the length that it announces (SPEC E-4): otherwise, of a text that is too long and one that
/// was cut off, nobody could tell which it is.
pub(crate) fn deserialize_text<'de, const MAX: usize, T, E, D>(
    deserializer: D,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    E: fmt::Display,
    D: Deserializer<'de>,
{
    if deserializer.is_human_readable() {
        return deserializer.deserialize_str(StrVisitor(read));
    }
    deserializer.deserialize_seq(TextVisitor::<_, MAX>(read))
}

/// Reads a string through a checked constructor without copying it first.
struct StrVisitor<F>(F);

impl<T, E: fmt::Display, F: FnOnce(&str) -> Result<T, E>> Visitor<'_> for StrVisitor<F> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<Error: serde::de::Error>(self, text: &str) -> Result<T, Error> {
        (self.0)(text).map_err(Error::custom)
    }
}

/// Reads a text as the list of its bytes, which is how it is encoded.
struct TextVisitor<F, const MAX: usize>(F);

impl<'de, T, E, F, const MAX: usize> Visitor<'de> for TextVisitor<F, MAX>
where
    E: fmt::Display,
    F: FnOnce(&str) -> Result<T, E>,
{
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a text of at most {MAX} bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<T, A::Error> {
        let announced = bytes.size_hint().unwrap_or(0);
        if announced > MAX {
            return Err(A::Error::custom(TooMany { len: announced, max: MAX }));
        }
        let mut text = [0; MAX];
        for to in text.iter_mut().take(announced) {
            *to =
                bytes.next_element()?.ok_or_else(|| A::Error::invalid_length(announced, &self))?;
        }
        let text = text.get(..announced).unwrap_or_default();
        let text = core::str::from_utf8(text).map_err(A::Error::custom)?;
        (self.0)(text).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{DecodeError, decode, encode, is_truncated};

    #[test]
    fn a_forged_length_is_refused() {
        // SPEC E-3
        for length in [4_u64, 1 << 31, 1 << 63, u64::MAX] {
            let mut bytes = length.to_le_bytes().to_vec();
            bytes.extend([0; 10]);
            let refused = Err(DecodeError::Malformed);
            assert_eq!(decode::<Bounded<u8, 3>>(&bytes, 64), refused, "{length}");
            assert_eq!(decode::<Text<3>>(&bytes, 64).map(|_| ()), Err(DecodeError::Malformed));
        }
    }

    #[test]
    fn a_text_that_announces_too_much_is_not_one_that_was_cut_short() {
        // SPEC E-4, X-1
        for announced in [4_u64, 1 << 40, 1 << 63, u64::MAX] {
            let bytes = announced.to_le_bytes();
            assert!(!is_truncated::<Text<3>>(&bytes, 64), "{announced}");
            assert!(!is_truncated::<crate::Symbol>(
                &(announced.saturating_add(9)).to_le_bytes(),
                64
            ));
        }
        for (announced, follow) in [(3_u64, 2), (1, 0), (2, 1)] {
            let bytes = [&announced.to_le_bytes()[..], &b"ABC"[..follow]].concat();
            assert!(is_truncated::<Text<3>>(&bytes, 64), "{announced}");
        }
    }

    #[test]
    fn a_full_list_is_accepted() {
        let list = Bounded::<u16, 3>::new(alloc::vec![1, 2, 3]).expect("three fit");
        assert_eq!(decode::<Bounded<u16, 3>>(&encode(&list), 64), Ok(list));
        assert!(Bounded::<u16, 3>::new(alloc::vec![0; 4]).is_err());
    }

    #[test]
    fn text_is_short_valid_and_without_control_characters() {
        // SPEC E-4
        assert!(Text::<4>::try_from("grün").is_err());
        assert_eq!(Text::<5>::try_from("grün").map(|text| text.to_string()), Ok("grün".into()));
        assert_eq!(Text::<9>::try_from("a\u{1b}[2J"), Err(TextError::ControlCharacter { at: 1 }));
        let not_utf8 = [1, 0, 0, 0, 0, 0, 0, 0, 0xff];
        assert_eq!(decode::<Text<9>>(&not_utf8, 64).map(|_| ()), Err(DecodeError::Malformed));
    }
}
