//! Vectors of others: RFC 8032, ZIP-215 and BIP-350.

use coinage_protocol::{Address, ParseAddressError, PublicKey, SecretKey, Signature};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

use crate::signatures::{NOT_CANONICAL, bytes, unreduced, verdict};

/// All 14 encodings of the 8 points of small order.
fn small_order() -> Vec<[u8; 32]> {
    let canonical = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes());
    canonical.chain(NOT_CANONICAL.map(bytes)).collect()
}

#[test]
fn rfc_8032_tests_1_to_3_hold() {
    // SPEC K-2, RFC 8032 section 7.1
    let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e\
             39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f\
             3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67\
             f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];
    for (seed, public, message, signature) in vectors {
        let key = SecretKey::new(bytes(seed));
        let message = hex::decode(message).expect("hexadecimal");
        assert_eq!(key.public().to_string(), public);
        assert_eq!(key.sign(&message).to_string(), signature);
        assert!(verdict(&key.public(), &key.sign(&message), &message));
    }
}

#[test]
fn no_encoding_of_a_small_order_point_is_a_key() {
    // SPEC K-1, ZIP-215
    for encoding in small_order() {
        assert!(PublicKey::try_from(encoding).is_err(), "{}", hex::encode(encoding));
    }
}

#[test]
fn any_encoding_of_a_small_order_r_verifies_alike_alone_and_in_a_batch() {
    // SPEC K-2, ZIP-215: R + [h(R, A, M)] A = [s] B, times the cofactor.
    let secret = Scalar::from_bytes_mod_order([5; 32]);
    let key = (ED25519_BASEPOINT_POINT * secret).compress().to_bytes();
    let public = PublicKey::try_from(key).expect("a multiple of the base point is a key");
    for r in small_order() {
        let hash: [u8; 64] = Sha512::digest([&r[..], &key, b"Zcash"].concat()).into();
        let s = Scalar::from_bytes_mod_order_wide(&hash) * secret;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice(s.as_bytes());
        assert!(verdict(&public, &Signature::new(signature), b"Zcash"), "{}", hex::encode(r));
        assert!(!verdict(&public, &Signature::new(signature), b"Zcach"));
    }
}

#[test]
fn an_s_that_is_not_reduced_is_refused_alone_and_in_a_batch() {
    // SPEC K-2, RFC 8032 section 5.1.7
    let key = SecretKey::new([3; 32]);
    let mut signature = *key.sign(b"m").as_bytes();
    let s = signature[32..].try_into().expect("32 bytes");
    signature[32..].copy_from_slice(&unreduced(s));
    assert!(verdict(&key.public(), &key.sign(b"m"), b"m"));
    assert!(!verdict(&key.public(), &Signature::new(signature), b"m"));
}

#[test]
fn bip_350_strings_are_told_apart() {
    // SPEC K-5, BIP-350: valid strings of other prefixes, and invalid ones.
    let others = [
        "a1lqfn3a",
        "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11s\
         g7hg6",
        "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
        "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
        "?1v759aa",
    ];
    for text in others {
        assert_eq!(text.parse::<Address>(), Err(ParseAddressError::NotAnAddress), "{text}");
    }
    let broken = ["y1b0jsk6g", "lt1igcx5c0", "in1muywd", "mm1crxm3i", "au1s5cgom", "M1VUXWEZ", ""];
    for text in broken {
        let refused = text.parse::<Address>();
        assert!(matches!(refused, Err(ParseAddressError::Format(_))), "{text}: {refused:?}");
    }
}
