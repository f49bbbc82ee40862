//! Vectors of signatures: what ZIP-215 accepts and others do not, and the other way round.

use coinage_protocol::{PublicKey, SecretKey, Signature, SignatureBatch};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use crate::samples::{chain_spec, payment, random, secret};

/// The encodings of small-order points that are not canonical (ZIP-215).
pub(crate) const NOT_CANONICAL: [&str; 6] = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];
/// The order of the group in which signatures are made.
pub(crate) const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

pub(crate) fn bytes(text: &str) -> [u8; 32] {
    hex::decode(text).expect("hexadecimal").try_into().expect("32 bytes")
}

/// Verifies one by one and in a batch, which must say the same.
pub(crate) fn verdict(key: &PublicKey, signature: &Signature, message: &[u8]) -> bool {
    let mut batch = SignatureBatch::default();
    batch.add(key, signature, message);
    let other = SecretKey::new([9; 32]);
    batch.add(&other.public(), &other.sign(b"another"), b"another");
    let single = key.verifies(signature, message);
    assert_eq!(single, batch.verifies(random()), "single and batch verification agree");
    single
}

/// A number and the group's order, which is the same number to whoever does not look closely.
pub(crate) fn unreduced(s: [u8; 32]) -> [u8; 32] {
    let (mut sum, mut carry) = ([0; 32], 0);
    for (at, to) in sum.iter_mut().enumerate() {
        let all = u16::from(s[at]) + u16::from(bytes(ORDER)[at]) + carry;
        [*to, _] = all.to_le_bytes();
        carry = all >> 8;
    }
    sum
}

/// Signer with the secret `a`, whose key may have a part of small order besides.
struct Signer {
    a: Scalar,
    key: [u8; 32],
}

/// The signer whose key is the canonical encoding of `a B` and `torsion`.
fn signer(a: u8, torsion: EdwardsPoint) -> Signer {
    let a = Scalar::from_bytes_mod_order([a; 32]);
    Signer { a, key: (ED25519_BASEPOINT_POINT * a + torsion).compress().to_bytes() }
}

/// The hash that all cases sign.
fn message() -> [u8; 32] {
    *payment().body.id(chain_spec().chain()).as_bytes()
}

fn challenge(r: &[u8; 32], key: &[u8; 32]) -> Scalar {
    let hash: [u8; 64] = Sha512::digest([&r[..], key, &message()].concat()).into();
    Scalar::from_bytes_mod_order_wide(&hash)
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    signature
}

impl Signer {
    /// The signature whose `R` is written so; it stands for `r B` and anything of small order.
    fn signs(&self, r: Scalar, written: [u8; 32]) -> [u8; 64] {
        joined(written, (r + challenge(&written, &self.key) * self.a).to_bytes())
    }

    /// The signature whose `R` has a part of small order. The first of which `k` is odd: 8 times
    /// anything would hide a part of the key.
    fn signs_with(&self, torsion: EdwardsPoint) -> [u8; 64] {
        let of = |n: u8| {
            let r = Scalar::from_bytes_mod_order([n; 32]);
            (r, (ED25519_BASEPOINT_POINT * r + torsion).compress().to_bytes())
        };
        let is_odd = |(_, written): &(_, [u8; 32])| challenge(written, &self.key)[0] & 1 == 1;
        let (r, written) = (6..).map(of).find(is_odd).expect("every other one");
        self.signs(r, written)
    }
}

/// The older reading: `s` reduced, and `[s] B - [k] A` encoded is `R`, byte by byte.
fn verifies_without_cofactor(key: &[u8; 32], signature: &[u8; 64]) -> bool {
    let (r, s) = signature.split_at(32);
    let (r, s): ([u8; 32], [u8; 32]) = (r.try_into().expect("32"), s.try_into().expect("32"));
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s));
    let (Some(s), Some(a)) = (s, CompressedEdwardsY(*key).decompress()) else { return false };
    (ED25519_BASEPOINT_POINT * s - a * challenge(&r, key)).compress().0 == r
}

fn vector(name: &str, key: [u8; 32], signature: [u8; 64], expected: bool) -> Value {
    // What is no key cannot be asked about a signature.
    let public = PublicKey::try_from(key).ok();
    let signed = Signature::new(signature);
    let verifies = public.is_some_and(|key| verdict(&key, &signed, &message()));
    assert_eq!(verifies, expected, "{name}");
    json!({
        "name": name, "public": hex::encode(key), "message": hex::encode(message()),
        "signature": hex::encode(signature), "is_key": public.is_some(), "verifies": verifies,
        "without_cofactor": verifies_without_cofactor(&key, &signature),
    })
}

/// Signatures over one hash: ordinary ones, and those about which rules of Ed25519 differ.
pub(crate) fn signatures() -> Value {
    // SPEC K-1, K-2
    let mut all = ordinary();
    all.extend(of_small_order());
    all.extend(other_keys());
    Value::Array(all)
}

fn ordinary() -> Vec<Value> {
    let key = secret(1).public();
    let good = *secret(1).sign(&message()).as_bytes();
    let (r, s) = good.split_at(32);
    let (r, s): ([u8; 32], [u8; 32]) = (r.try_into().expect("32"), s.try_into().expect("32"));
    let prehashed = *secret(1).sign(&Sha512::digest(message())).as_bytes();
    let mut high = s;
    high[31] |= 0x80;
    let case = |name, signature, expected| vector(name, *key.as_bytes(), signature, expected);
    vec![
        case("as RFC 8032 makes it", good, true),
        case("over the SHA-512 of the message", prehashed, false),
        case("of another key", *secret(2).sign(&message()).as_bytes(), false),
        case("s and the group's order", joined(r, unreduced(s)), false),
        case("s and twice the group's order", joined(r, unreduced(unreduced(s))), false),
        case("s with its highest bit set", joined(r, high), false),
        case("an R that is not on the curve", joined([2; 32], s), false),
        case("zeros", [0; 64], false),
    ]
}

fn of_small_order() -> Vec<Value> {
    let [one, eighth, quarter, _, half, ..] = EIGHT_TORSION;
    let (plain, mixed, halved) = (signer(5, one), signer(5, eighth), signer(5, half));
    let nothing = |written| plain.signs(Scalar::ZERO, written);
    let good = plain.signs_with(one);
    let mut swapped = good;
    swapped[..32].copy_from_slice(&plain.signs_with(eighth)[..32]);
    let mut all = vec![
        vector("R with a part of order 8", plain.key, plain.signs_with(eighth), true),
        vector("R with a part of order 2", plain.key, plain.signs_with(half), true),
        vector("a part of order 8 put to R afterwards", plain.key, swapped, false),
        vector("a key with a part of order 8", mixed.key, mixed.signs_with(one), true),
        vector("a key with a part of order 2", halved.key, halved.signs_with(one), true),
        vector("parts of order 8 in both", mixed.key, mixed.signs_with(eighth), true),
    ];
    let points = [("1", one), ("2", half), ("4", quarter), ("8", eighth)];
    all.extend(points.map(|(order, point)| {
        let name = format!("R of order {order}");
        vector(&name, plain.key, nothing(point.compress().to_bytes()), true)
    }));
    all.extend(NOT_CANONICAL.map(|written| {
        let name =
            format!("R of small order, not canonical: {}..{}", &written[..2], &written[62..]);
        vector(&name, plain.key, nothing(bytes(written)), true)
    }));
    all
}

fn other_keys() -> Vec<Value> {
    let [one, eighth, ..] = EIGHT_TORSION;
    // Of a key of small order anybody signs: s is that of R.
    let anybody = |key| Signer { a: Scalar::ZERO, key };
    let identity = anybody(one.compress().to_bytes());
    let weak = anybody(eighth.compress().to_bytes());
    let spelled = anybody(bytes(NOT_CANONICAL[2]));
    let mut shifted = [0xff; 32];
    (shifted[0], shifted[31]) = (0xed + 3, 0x7f);
    let shifted = anybody(shifted);
    vec![
        vector("a key of order 1", identity.key, identity.signs_with(one), false),
        vector("a key of order 8", weak.key, weak.signs_with(one), false),
        vector("a key of order 1, not canonical", spelled.key, spelled.signs_with(one), false),
        vector("a key with y of p + 3", shifted.key, shifted.signs_with(one), false),
    ]
}
