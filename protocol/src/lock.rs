//! Locks: who may spend, and the address that stands for it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use bech32::{Bech32m, Hrp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::bounded::{Bounded, TooMany};
use crate::codec::encode;
use crate::hash::{Tag, tagged};
use crate::keys::PublicKey;
use crate::limits::THRESHOLD_KEYS_MAX;

/// The condition for acting for an address: who must sign (SPEC K-3).
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Lock {
    /// The holder of one key.
    Key(PublicKey),
    /// Some holders of several keys together.
    Threshold(Threshold),
}

impl Lock {
    /// The address of whoever can open this lock (SPEC K-4).
    pub fn address(&self) -> Address {
        Address(tagged(Tag::Address, &[&encode(self)]))
    }

    /// Number of signatures that open the lock: exactly this many, no more.
    pub fn required(&self) -> u8 {
        match self {
            Self::Key(_) => 1,
            Self::Threshold(threshold) => threshold.required,
        }
    }

    /// The keys in their order.
    pub fn keys(&self) -> &[PublicKey] {
        match self {
            Self::Key(key) => core::slice::from_ref(key),
            Self::Threshold(threshold) => &threshold.keys,
        }
    }
}

/// `required` of `keys` must sign.
///
/// # Invariant
///
/// `1 <= required <= keys <= 16`, and the keys strictly increase (SPEC K-3).
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Threshold {
    required: u8,
    keys: Bounded<PublicKey, THRESHOLD_KEYS_MAX>,
}

/// The reason why a threshold is not one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// The threshold has too many keys.
    #[error("too many keys: {0}")]
    TooMany(#[from] TooMany),
    /// The number required is zero or above the number of keys.
    #[error("{required} of {keys} keys can never sign")]
    Required {
        /// Number of keys that would have to sign.
        required: u8,
        /// Number of keys that there are.
        keys: usize,
    },
    /// The keys are not in increasing order.
    #[error("keys must be in strictly increasing order")]
    Order,
    /// A key is named twice.
    #[error("the key {key} is named twice")]
    Twice {
        /// Key that is named twice.
        key: PublicKey,
    },
}

impl Threshold {
    /// The threshold of `required` of these keys, in any order.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`] if the invariant would not hold.
    pub fn new(required: u8, mut keys: Vec<PublicKey>) -> Result<Self, ThresholdError> {
        keys.sort_unstable();
        Self::checked(required, Bounded::new(keys)?)
    }

    /// Number of keys whose holders must sign.
    pub fn required(&self) -> u8 {
        self.required
    }

    /// The keys in their order.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    fn checked(
        required: u8,
        keys: Bounded<PublicKey, THRESHOLD_KEYS_MAX>,
    ) -> Result<Self, ThresholdError> {
        if required == 0 || usize::from(required) > keys.len() {
            return Err(ThresholdError::Required { required, keys: keys.len() });
        }
        let mut neighbours = keys.iter().zip(keys.iter().skip(1));
        if let Some((key, _)) = neighbours.find(|(one, next)| one == next) {
            return Err(ThresholdError::Twice { key: *key });
        }
        if !keys.is_sorted() {
            return Err(ThresholdError::Order);
        }
        Ok(Self { required, keys })
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (required, keys) = Deserialize::deserialize(deserializer)?;
        Self::checked(required, keys).map_err(D::Error::custom)
    }
}

/// An account, an issuer, a shared treasury: the hash of its lock (SPEC K-4).
#[derive(Clone, Copy, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Address([u8; 32]);

/// Text that is not an [`Address`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParseAddressError {
    /// The text is not bech32m, or mistyped.
    #[error("not an address: {0}")]
    Format(String),
    /// Valid bech32m of something else.
    #[error("an address begins with coin1 and stands for 32 bytes")]
    NotAnAddress,
}

impl Address {
    /// Prefix of an address, before its digit 1 (SPEC K-5).
    pub const PREFIX: &'static str = "coin";

    /// The address with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the address.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32::encode_lower_to_fmt::<Bech32m, _>(formatter, prefix(), &self.0)
            .map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Address {
    type Err = ParseAddressError;

    /// Reads the one form that addresses are written in: lower case, bech32m (SPEC K-5).
    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        use alloc::string::ToString;
        let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text)
            .map_err(|error| ParseAddressError::Format(error.to_string()))?;
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let bytes = bytes.try_into().map_err(|_| ParseAddressError::NotAnAddress)?;
        let address = Self(bytes);
        // One address has one spelling: no other prefix, no upper case, no set bits of padding.
        if address.to_string() == text { Ok(address) } else { Err(ParseAddressError::NotAnAddress) }
    }
}

fn prefix() -> Hrp {
    Hrp::parse_unchecked(Address::PREFIX)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::codec::decode;
    use crate::keys::SecretKey;

    fn key(seed: u8) -> PublicKey {
        SecretKey::new([seed; 32]).public()
    }

    #[test]
    fn a_threshold_that_cannot_be_met_is_refused() {
        // SPEC K-3
        for (required, keys) in [(0, 1), (2, 1), (1, 0)] {
            let keys: Vec<_> = (0..keys).map(key).collect();
            let refused = Threshold::new(required, keys).expect_err("cannot be met");
            assert!(matches!(refused, ThresholdError::Required { .. }), "{refused}");
        }
        assert_eq!(Threshold::new(1, vec![key(1); 2]), Err(ThresholdError::Twice { key: key(1) }));
        let many = Threshold::new(1, (0..17).map(key).collect());
        assert!(matches!(many, Err(ThresholdError::TooMany(_))));
        assert!(Threshold::new(2, vec![key(1), key(2), key(3)]).is_ok());
    }

    #[test]
    fn keys_out_of_order_do_not_decode() {
        // SPEC K-3, E-5
        let mut keys = vec![key(1), key(2)];
        keys.sort_unstable();
        let lock = Lock::Threshold(Threshold::new(2, keys.clone()).expect("2 of 2"));
        assert_eq!(decode(&encode(&lock), 200), Ok(lock));
        keys.reverse();
        assert!(decode::<Lock>(&encode(&(1_u32, 2_u8, keys)), 200).is_err());
    }

    #[test]
    fn an_address_has_one_spelling() {
        // SPEC K-5
        let address = Lock::Key(key(1)).address();
        let text = address.to_string();
        assert!(text.starts_with("coin1"), "{text}");
        assert_eq!(text.parse(), Ok(address));
        assert!(text.to_uppercase().parse::<Address>().is_err());
        assert!(text.replace("coin1", "coim1").parse::<Address>().is_err());
        let mut mistyped = text.into_bytes();
        mistyped[20] = if mistyped[20] == b'q' { b'p' } else { b'q' };
        let mistyped = String::from_utf8(mistyped).expect("ASCII");
        assert!(matches!(mistyped.parse::<Address>(), Err(ParseAddressError::Format(_))));
    }

    #[test]
    fn bip_350_vectors_hold() {
        // SPEC K-5, BIP-350: valid bech32m of another prefix, bech32 instead of bech32m.
        let other = "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx";
        assert_eq!(other.parse::<Address>(), Err(ParseAddressError::NotAnAddress));
        assert!(matches!("A12UEL5L".parse::<Address>(), Err(ParseAddressError::Format(_))));
    }
}
