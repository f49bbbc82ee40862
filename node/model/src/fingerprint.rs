//! Fingerprints of network keys.

use std::fmt;
use std::str::FromStr;

/// Bytes of a fingerprint.
const FINGERPRINT_BYTES: usize = 16;

/// A mark that tells one network key from another and reveals none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprint([u8; FINGERPRINT_BYTES]);

/// The error that a text is no fingerprint.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a fingerprint is {} hexadecimal digits in lower case", 2 * FINGERPRINT_BYTES)]
pub struct NoFingerprint;

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let mut bytes = [0; FINGERPRINT_BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NoFingerprint)?;
        // One way to write each.
        Some(Self(bytes)).filter(|read| read.to_string() == text).ok_or(NoFingerprint)
    }
}
