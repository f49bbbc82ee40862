//! Canonical encoding: one value, one encoding (SPEC E-1, E-2).

use std::fmt::Debug;

use coinage_protocol::{DecodeError, decode, encode, encoded_len};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The value of these bytes, if they have one; it has no other bytes.
pub(super) fn canonical<T>(bytes: &[u8], limit: usize) -> Option<T>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let value: T = match decode(bytes, limit) {
        Ok(value) => value,
        Err(DecodeError::TooLong { .. }) => {
            assert!(bytes.len() > limit, "not too long");
            return None;
        }
        Err(DecodeError::Malformed) => return None,
    };
    assert!(bytes.len() <= limit, "longer than allowed");
    assert_eq!(encode(&value), bytes, "another encoding");
    assert_eq!(encoded_len(&value), bytes.len(), "another length");
    let shorter = bytes.split_last().map(|(_, rest)| decode::<T>(rest, limit));
    assert_ne!(shorter.map(|one| one.is_ok()), Some(true), "a value without its last byte");
    let longer = decode::<T>(&[bytes, &[0]].concat(), limit + 1);
    assert_eq!(longer, Err(DecodeError::Malformed), "a value with one byte more");
    Some(value)
}
