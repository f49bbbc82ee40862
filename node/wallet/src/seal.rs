//! Encryption of a secret key under a password: scrypt, then XChaCha20-Poly1305.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use coinage_protocol::SecretKey;
use scrypt::{Params, scrypt};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The weakest setting that is still opened.
const LOG_N_MIN: u8 = 10;
/// The costliest setting that is still opened: 256 MiB, half a second. A forged file cannot ask for
/// more.
const LOG_N_MAX: u8 = 18;
const BLOCK_SIZE: u32 = 8;
const PARALLELISM: u32 = 1;

/// The work that a guess at a password costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Strength {
    /// Work in 32 MiB: for published test keys, which are worth nothing.
    Light,
    /// Work in 128 MiB, as the OWASP cheat sheet recommends: for everything else.
    Strong,
}

impl Strength {
    /// The binary logarithm of scrypt's N.
    pub(super) fn log_n(self) -> u8 {
        match self {
            Self::Light => 15,
            Self::Strong => 17,
        }
    }
}

/// The recipe by which a key was sealed: everything but the password that is needed to open it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    /// Method of encryption: always `scrypt (r 8, p 1), xchacha20poly1305`.
    method: Method,
    /// The binary logarithm of scrypt's N.
    log_n: u8,
    /// Salt of the password, in hexadecimal digits.
    salt: String,
    /// Nonce of the encryption, in hexadecimal digits.
    nonce: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
enum Method {
    #[serde(rename = "scrypt (r 8, p 1), xchacha20poly1305")]
    ScryptXChaCha20Poly1305,
}

impl Recipe {
    /// A recipe with fresh salt and nonce.
    pub(super) fn fresh(log_n: u8) -> Result<Self, getrandom::Error> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)?;
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce)?;
        let method = Method::ScryptXChaCha20Poly1305;
        Ok(Self { method, log_n, salt: hex::encode(salt), nonce: hex::encode(nonce) })
    }

    /// The encrypted seed, bound to `header`. `None` if the recipe is out of bounds.
    pub(super) fn seal(
        &self,
        secret: &SecretKey,
        password: &str,
        header: &[u8],
    ) -> Option<Vec<u8>> {
        let payload = Payload { msg: secret.expose(), aad: header };
        self.cipher(password)?.encrypt(&self.nonce()?, payload).ok()
    }

    /// The seed, if password and header are those it was sealed with.
    pub(super) fn unseal(&self, sealed: &[u8], password: &str, header: &[u8]) -> Option<SecretKey> {
        let payload = Payload { msg: sealed, aad: header };
        let opened = self.cipher(password)?.decrypt(&self.nonce()?, payload).ok()?;
        let opened = Zeroizing::new(opened);
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(opened.as_slice().try_into().ok()?);
        Some(SecretKey::new(*seed))
    }

    /// True if the recipe asks for no more than any honest file does.
    pub(super) fn is_affordable(&self) -> bool {
        (LOG_N_MIN..=LOG_N_MAX).contains(&self.log_n)
    }

    fn cipher(&self, password: &str) -> Option<XChaCha20Poly1305> {
        if !self.is_affordable() {
            return None;
        }
        let params = Params::new(self.log_n, BLOCK_SIZE, PARALLELISM).ok()?;
        let mut key = Zeroizing::new([0_u8; 32]);
        let salt = bytes::<32>(&self.salt)?;
        scrypt(password.as_bytes(), &salt, &params, key.as_mut_slice()).ok()?;
        XChaCha20Poly1305::new_from_slice(key.as_slice()).ok()
    }

    fn nonce(&self) -> Option<XNonce> {
        Some(XNonce::from(bytes::<24>(&self.nonce)?))
    }
}

fn bytes<const LEN: usize>(text: &str) -> Option<[u8; LEN]> {
    let mut bytes = [0; LEN];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_cannot_ask_for_more_memory_than_is_sensible() {
        let secret = SecretKey::new([1; 32]);
        for log_n in [0, LOG_N_MIN - 1, LOG_N_MAX + 1, 63, 255] {
            let recipe = Recipe::fresh(log_n).expect("random bytes");
            assert!(recipe.seal(&secret, "", b"").is_none(), "{log_n}");
            assert!(recipe.unseal(&[0; 48], "", b"").is_none(), "{log_n}");
        }
    }

    #[test]
    fn what_is_sealed_is_bound_to_its_header() {
        let recipe = Recipe::fresh(LOG_N_MIN).expect("random bytes");
        let sealed = recipe.seal(&SecretKey::new([1; 32]), "p", b"mine").expect("in bounds");
        assert!(recipe.unseal(&sealed, "p", b"mine").is_some());
        assert!(recipe.unseal(&sealed, "p", b"yours").is_none());
        assert!(recipe.unseal(&sealed, "q", b"mine").is_none());
        assert!(recipe.unseal(&sealed[1..], "p", b"mine").is_none());
    }
}
