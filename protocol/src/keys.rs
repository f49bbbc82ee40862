//! Ed25519 keys and signatures under ZIP-215 (SPEC K-1, K-2).
//!
//! ZIP-215 because it is the one rule set under which verifying one signature and verifying a batch
//! never disagree. What it leaves open, keys that anybody can sign for, is refused here on decode.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_zebra::{VerificationKey, VerificationKeyBytes, batch};
use rand_core::CryptoRng;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// An Ed25519 public key.
///
/// # Invariant
///
/// The canonical encoding of a point that is not of small order (SPEC K-1).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PublicKey([u8; 32]);

/// Bytes that are not a [`PublicKey`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// The text is not 64 hexadecimal digits.
    #[error("a public key is written as 64 hexadecimal digits")]
    Format,
    /// The bytes are not the canonical encoding of a point on the curve.
    #[error("not the canonical encoding of a public key")]
    NotCanonical,
    /// A point of small order, for which anybody can sign.
    #[error("a weak public key, for which anybody can sign")]
    Weak,
}

impl PublicKey {
    /// The bytes of the key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks whether `signature` is this key's over `message` (SPEC K-2).
    pub fn verifies(&self, signature: &Signature, message: &[u8]) -> bool {
        let signature = ed25519_zebra::Signature::from_bytes(&signature.0);
        VerificationKey::try_from(self.0).is_ok_and(|key| key.verify(&signature, message).is_ok())
    }
}

impl TryFrom<[u8; 32]> for PublicKey {
    type Error = KeyError;

    fn try_from(bytes: [u8; 32]) -> Result<Self, KeyError> {
        // Whether it is canonical is seen without the cost of compressing the point again.
        if !is_canonical(&bytes) {
            return Err(KeyError::NotCanonical);
        }
        let point = CompressedEdwardsY(bytes).decompress().ok_or(KeyError::NotCanonical)?;
        if point.is_small_order() {
            return Err(KeyError::Weak);
        }
        Ok(Self(bytes))
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::Format)?;
        Self::try_from(bytes)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(<[u8; 32]>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An Ed25519 signature: any 64 bytes, until somebody verifies them.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// The signature with these bytes.
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes of the signature.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signature({self})")
    }
}

impl FromStr for Signature {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| String::from("a signature is written as 128 hexadecimal digits"))?;
        Ok(Self(bytes))
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for byte in &self.0 {
            tuple.serialize_element(byte)?;
        }
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = Signature;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("64 bytes")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Signature, A::Error> {
                let mut signature = [0; 64];
                for (at, to) in signature.iter_mut().enumerate() {
                    *to =
                        bytes.next_element()?.ok_or_else(|| A::Error::invalid_length(at, &self))?;
                }
                Ok(Signature(signature))
            }
        }

        deserializer.deserialize_tuple(64, Bytes)
    }
}

/// An Ed25519 secret key. Never shown; its clones share one place in memory, which is wiped when
/// the last of them is dropped.
#[derive(Clone)]
pub struct SecretKey(Arc<Wiped>);

#[derive(Zeroize, ZeroizeOnDrop)]
struct Wiped(ed25519_zebra::SigningKey);

impl SecretKey {
    /// The key with this seed (RFC 8032, section 5.1.5).
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Arc::new(Wiped(seed.into())))
    }

    /// Returns the seed, for writing the key to a protected place.
    ///
    /// # Panics
    ///
    /// Never: a seed has 32 bytes.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.0.as_ref().try_into().expect("a seed has 32 bytes")
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        PublicKey(VerificationKeyBytes::from(&self.0.0).into())
    }

    /// The signature over `message`, the same every time (RFC 8032).
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretKey(of {})", self.public())
    }
}

/// Signatures to verify together, at half the cost of one by one.
#[derive(Default)]
pub struct SignatureBatch(Vec<batch::Item>);

impl SignatureBatch {
    /// Adds the claim that `signature` is `key`'s over `message`.
    pub fn add(&mut self, key: &PublicKey, signature: &Signature, message: &[u8]) {
        let signature = ed25519_zebra::Signature::from_bytes(&signature.0);
        self.0.push((VerificationKeyBytes::from(key.0), signature, message).into());
    }

    /// Checks whether every claim holds (SPEC K-2).
    ///
    /// # Security
    ///
    /// `random` must not be predictable by whoever made the signatures, or forged ones pass.
    pub fn verifies(mut self, random: impl CryptoRng) -> bool {
        if self.0.len() == 1 {
            // Alone it is cheaper by itself.
            return self.0.pop().is_none_or(|only| only.verify_single().is_ok());
        }
        let mut batch = batch::Verifier::new();
        self.0.into_iter().for_each(|item| batch.queue(item));
        batch.verify(random).is_ok()
    }
}

/// Checks whether bytes write a point, if they do, as compressing it would: `y` below `p`, and no
/// sign for an `x` of zero, which only the points with `y` of 1 and -1 have.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = bytes;
    let (sign, top) = (highest >> 7, highest & 0x7f);
    let all = |byte: u8| middle.iter().all(|one| *one == byte);
    let is_minus_one = top == 0x7f && all(0xff) && *lowest == 0xec;
    let is_one = top == 0 && all(0) && *lowest == 1;
    let is_below_p = !(top == 0x7f && all(0xff) && *lowest > 0xec);
    is_below_p && !(sign == 1 && (is_one || is_minus_one))
}

impl fmt::Debug for SignatureBatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignatureBatch")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn rfc_8032_test_1_signs_and_verifies() {
        // SPEC K-2, RFC 8032 section 7.1
        let mut seed = [0; 32];
        let hexed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        hex::decode_to_slice(hexed, &mut seed).expect("hex");
        let key = SecretKey::new(seed);
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(Ok(key.public()), public.parse());
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb88215\
                         90a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        assert_eq!(Ok(key.sign(b"")), signature.parse());
        assert_eq!(hex::encode(key.public().as_bytes()), public);
        assert_eq!(hex::encode(key.sign(b"").as_bytes()), signature);
        assert!(key.public().verifies(&key.sign(b"m"), b"m"));
        assert!(!key.public().verifies(&key.sign(b"m"), b"n"));
    }

    #[test]
    fn weak_and_non_canonical_keys_are_refused() {
        // SPEC K-1: the identity, a point of order 8, y = p + 1 for the identity, not on the curve.
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::try_from(identity), Err(KeyError::Weak));
        let order_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
        assert_eq!(order_8.parse::<PublicKey>(), Err(KeyError::Weak));
        let padded = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
        assert_eq!(padded.parse::<PublicKey>(), Err(KeyError::NotCanonical));
        assert_eq!(PublicKey::try_from([2; 32]), Err(KeyError::NotCanonical));
        assert!(decode::<PublicKey>(&identity, 32).is_err());
    }

    #[test]
    fn canonical_is_what_compressing_gives_back() {
        // SPEC K-1: at the edges of the field, with both signs, and in its midst.
        let edges = (0_u8..=255).flat_map(|low| {
            [(0, 0), (0, 0x80), (0xff, 0x7f), (0xff, 0xff), (0xff, 0x7e), (7, 0x17), (7, 0x97)].map(
                |(middle, high)| {
                    let mut bytes = [middle; 32];
                    (bytes[0], bytes[31]) = (low, high);
                    bytes
                },
            )
        });
        let mut points = 0;
        for bytes in edges {
            let Some(point) = CompressedEdwardsY(bytes).decompress() else { continue };
            points += 1;
            assert_eq!(is_canonical(&bytes), point.compress().0 == bytes, "{bytes:?}");
        }
        assert!(points > 500, "{points}");
    }

    #[test]
    fn a_signature_is_64_bytes_without_a_length() {
        // SPEC E-1
        let signature = Signature::new([7; 64]);
        assert_eq!(encode(&signature), [7; 64]);
        assert_eq!(decode(&[7; 64], 64), Ok(signature));
        assert!(decode::<Signature>(&[7; 63], 64).is_err());
    }
}
