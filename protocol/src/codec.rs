//! The only encoder and decoder: one value, one encoding (SPEC E-1, E-2).
//!
//! bincode 1.3.3 with fixed-width little-endian integers. What keeps it canonical is the choice of
//! types, not this file: nothing hashed or sent holds a map, a float, a `usize` or a varint, lists
//! are [`Bounded`](crate::Bounded) and sets check their order on decode. Property tests prove that
//! bytes which decode re-encode to themselves.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that a list's length takes (SPEC E-3).
pub(crate) const LENGTH_BYTES: usize = 8;

/// The reason why bytes are not a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// There are more bytes than this kind of message may have (SPEC E-2). Blame: the sender.
    #[error("{len} bytes, at most {limit} are allowed")]
    TooLong {
        /// Number of bytes that there were.
        len: usize,
        /// Number of bytes that are allowed.
        limit: usize,
    },
    /// The bytes are not the canonical encoding of any value (SPEC E-1). Blame: the sender.
    #[error("not a canonical encoding")]
    Malformed,
}

/// The canonical bytes of a value.
///
/// # Panics
///
/// Never for the types of this crate: they contain nothing that bincode cannot write.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    options().serialize(value).expect("types of this crate always encode")
}

/// Number of bytes that [`encode`] would write.
///
/// # Panics
///
/// Never for the types of this crate, as for [`encode`].
pub fn encoded_len<T: Serialize + ?Sized>(value: &T) -> usize {
    let len = options().serialized_size(value).expect("types of this crate always encode");
    usize::try_from(len).expect("a value in memory has a length that fits memory")
}

/// The canonical bytes of a list whose entries have these bytes (SPEC E-3).
pub(crate) fn encode_list<'a>(entries: impl ExactSizeIterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let count = u64::try_from(entries.len()).expect("a list in memory has a length of 64 bits");
    let mut bytes = Vec::with_capacity(list_len(entries.clone()));
    bytes.extend_from_slice(&count.to_le_bytes());
    entries.for_each(|entry| bytes.extend_from_slice(entry));
    bytes
}

/// Number of bytes that [`encode_list`] would write.
pub(crate) fn list_len<'a>(entries: impl Iterator<Item = &'a [u8]>) -> usize {
    entries.map(<[u8]>::len).fold(LENGTH_BYTES, usize::saturating_add)
}

/// The value whose canonical bytes these are.
///
/// # Errors
///
/// [`DecodeError`] if there are more than `limit` bytes, or too few, too many, or other bytes than
/// [`encode`] would write.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLong { len: bytes.len(), limit });
    }
    options().deserialize(bytes).map_err(|_| DecodeError::Malformed)
}

impl DecodeError {
    /// The error in words, with the first [`fault`] of these bytes, which are no `T`.
    pub fn explained<T: DeserializeOwned>(self, bytes: &[u8]) -> String {
        match (self, fault::<T>(bytes, bytes.len())) {
            (Self::Malformed, Some(fault)) => format!("{self}: {fault}"),
            _ => self.to_string(),
        }
    }
}

/// The place and the reason why bytes are not a value, for whoever made them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{reason}, at byte {offset} of {len}")]
pub struct Fault {
    /// Number of bytes that were read when the fault showed.
    pub offset: usize,
    /// Number of bytes that there are.
    pub len: usize,
    /// Reason in words.
    pub reason: String,
}

/// Finds the first fault of bytes that do not [`decode`]; `None` if they do, or are too many.
pub fn fault<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Option<Fault> {
    if bytes.len() > limit {
        return None;
    }
    let mut rest = bytes;
    let read = options().deserialize_from::<_, T>(&mut rest);
    let (len, offset) = (bytes.len(), bytes.len().saturating_sub(rest.len()));
    let reason = match read {
        Ok(_) if rest.is_empty() => return None,
        Ok(_) => String::from("it ends here and more bytes follow"),
        Err(error) if matches!(*error, bincode::ErrorKind::Io(_)) => {
            String::from("more bytes are missing")
        }
        Err(error) => error.to_string(),
    };
    Some(Fault { offset, len, reason })
}

/// Checks whether bytes are the beginning of a value and nothing else is wrong with them. If a
/// message ends with its stream, that of an honest peer may have been cut off (SPEC X-1). More than
/// `limit` bytes are not cut short, but too long.
pub fn is_truncated<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> bool {
    if bytes.len() > limit {
        return false;
    }
    // Of what is read from memory, the only failure of input is its end.
    let failure = options().deserialize::<T>(bytes).err();
    failure.is_some_and(|error| matches!(*error, bincode::ErrorKind::Io(_)))
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_fixint_encoding().reject_trailing_bytes().with_no_limit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_fixed_width_and_little_endian() {
        // SPEC E-1
        assert_eq!(encode(&0x0102_0304_u32), [4, 3, 2, 1]);
        assert_eq!(encode(&Some(1_u8)), [1, 1]);
    }

    #[test]
    fn trailing_missing_and_surplus_bytes_are_refused() {
        // SPEC E-2
        assert_eq!(decode::<u16>(&[1, 0, 0], 8), Err(DecodeError::Malformed));
        assert_eq!(decode::<u16>(&[1], 8), Err(DecodeError::Malformed));
        assert_eq!(decode::<u16>(&[1, 0], 1), Err(DecodeError::TooLong { len: 2, limit: 1 }));
        assert_eq!(decode::<bool>(&[2], 8), Err(DecodeError::Malformed));
        assert_eq!(decode::<Option<u8>>(&[2, 0], 8), Err(DecodeError::Malformed));
    }

    #[test]
    fn a_fault_has_a_place_and_a_reason() {
        // SPEC E-2
        type Pair = (u16, Option<u8>);
        let fault = |bytes: &[u8]| fault::<Pair>(bytes, 4).map(|found| found.to_string());
        let told = [
            (&[1, 0, 1, 9][..], None),
            (&[1, 0, 0, 9], Some("it ends here and more bytes follow, at byte 3 of 4")),
            (&[1, 0, 1], Some("more bytes are missing, at byte 3 of 3")),
            (&[1, 0, 7, 9], Some("tag for enum is not valid, found 7, at byte 3 of 4")),
            (&[1, 0, 1, 9, 9], None),
        ];
        let trailing = DecodeError::Malformed.explained::<bool>(&[1, 1]);
        let expected =
            "not a canonical encoding: it ends here and more bytes follow, at byte 1 of 2";
        assert_eq!(trailing, expected);
        for (bytes, expected) in told {
            assert_eq!(fault(bytes).as_deref(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_was_cut_short_is_told_from_what_is_wrong() {
        // SPEC X-1
        let whole = encode(&(7_u32, Some(1_u8), true));
        for end in 0..whole.len() {
            assert!(is_truncated::<(u32, Option<u8>, bool)>(&whole[..end], 9), "{end}");
        }
        assert!(!is_truncated::<(u32, Option<u8>, bool)>(&whole, 9));
        assert!(!is_truncated::<(u32, Option<u8>, bool)>(&[7, 0, 0, 0, 2], 9));
        assert!(!is_truncated::<u16>(&[1, 0, 0], 9));
        assert!(!is_truncated::<u32>(&[1, 0], 1), "too long is not too short");
    }
}
