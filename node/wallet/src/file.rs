//! The file of a wallet.

use coinage_files as files;
use coinage_protocol::{Address, Lock, PublicKey, SecretKey, Threshold};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::password::{composed, forms};
use super::seal::Recipe;
use super::{WalletError, WalletName};

/// A wallet file: a header, and the encrypted seed bound to it.
///
/// # Invariant
///
/// The address is the lock's, and a sealed key is the lock's only key.
#[derive(Debug)]
pub(crate) struct Document {
    written: Written,
    lock: Lock,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Written {
    header: Header,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: Format,
    address: String,
    required: u8,
    keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encryption: Option<Recipe>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum Format {
    #[serde(rename = "coinage wallet 1")]
    V1,
    #[serde(rename = "coinage shared wallet 1")]
    SharedV1,
}

impl Document {
    /// A lock without any secret.
    pub(crate) fn open(lock: Lock) -> Self {
        Self { written: Written { header: Header::of(&lock, None), sealed: None }, lock }
    }

    /// A lock and its encrypted key.
    pub(crate) fn sealed(
        lock: Lock,
        secret: &SecretKey,
        password: &str,
        log_n: u8,
    ) -> Result<Self, WalletError> {
        let recipe = Recipe::fresh(log_n)?;
        let header = Header::of(&lock, Some(recipe.clone()));
        let sealed = recipe.seal(secret, &composed(password), &header.to_bytes());
        let sealed = hex::encode(sealed.expect("a fresh recipe is within its bounds"));
        Ok(Self { written: Written { header, sealed: Some(sealed) }, lock })
    }

    /// The wallet that these bytes are, if this program wrote what they say. Blanks, ends of lines
    /// and the order of fields may be others: editors and programs change them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = files::without_byte_order_mark(bytes);
        let written: Written = serde_json::from_slice(bytes).ok()?;
        let said: Value = serde_json::from_slice(bytes).ok()?;
        let lock = written.header.lock()?;
        let consistent = written.header.address.parse::<Address>().ok()? == lock.address()
            && written.header.encryption.is_some() == written.sealed.is_some()
            && (written.sealed.is_none() || matches!(lock, Lock::Key(_)));
        // One shape and no other, such as lists of the fields.
        let whole = serde_json::to_value(&written).is_ok_and(|meant| meant == said);
        (consistent && whole).then_some(Self { written, lock })
    }

    /// The bytes of the file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(&self.written).expect("strings become JSON");
        bytes.push(b'\n');
        bytes
    }

    pub(crate) fn lock(&self) -> &Lock {
        &self.lock
    }

    /// True if a password is worth trying: what that costs is within its bounds.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn is_affordable(&self) -> bool {
        self.written.header.encryption.as_ref().is_some_and(Recipe::is_affordable)
    }

    pub(crate) fn has_secret(&self) -> bool {
        self.written.sealed.is_some()
    }

    /// Decrypts the secret key with the password in any of its forms.
    pub(crate) fn unseal(
        &self,
        name: &WalletName,
        password: &str,
    ) -> Result<SecretKey, WalletError> {
        let Written { header, sealed } = &self.written;
        let (Some(recipe), Some(sealed)) = (&header.encryption, sealed) else {
            return Err(WalletError::NoSecret { name: name.to_string() });
        };
        let sealed = hex::decode(sealed).ok().filter(|bytes| hex::encode(bytes) == *sealed);
        let header = header.to_bytes();
        let opened = sealed.and_then(|sealed| {
            forms(password).iter().find_map(|form| recipe.unseal(&sealed, form, &header))
        });
        opened
            .filter(|secret| self.lock == Lock::Key(secret.public()))
            .ok_or_else(|| WalletError::WrongPassword { name: name.to_string() })
    }
}

impl Header {
    fn of(lock: &Lock, encryption: Option<Recipe>) -> Self {
        let format = match lock {
            Lock::Key(_) => Format::V1,
            Lock::Threshold(_) => Format::SharedV1,
        };
        let keys = lock.keys().iter().map(ToString::to_string).collect();
        let (address, required) = (lock.address().to_string(), lock.required());
        Self { format, address, required, keys, encryption }
    }

    fn lock(&self) -> Option<Lock> {
        let keys: Result<Vec<PublicKey>, _> = self.keys.iter().map(|key| key.parse()).collect();
        let keys = keys.ok()?;
        match (self.format, keys.as_slice()) {
            (Format::V1, [key]) if self.required == 1 => Some(Lock::Key(*key)),
            (Format::V1, _) => None,
            (Format::SharedV1, _) => Threshold::new(self.required, keys).ok().map(Lock::Threshold),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings become JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_anywhere_is_refused() {
        let secret = SecretKey::new([7; 32]);
        let name: WalletName = "a".parse().expect("a name");
        let lock = Lock::Key(secret.public());
        let bytes = Document::sealed(lock, &secret, "p", 10).expect("random bytes").to_bytes();
        let opens = |bytes: &[u8]| {
            Document::from_bytes(bytes).is_some_and(|file| file.unseal(&name, "p").is_ok())
        };
        assert!(opens(&bytes));
        for at in 0..bytes.len() {
            for flip in [1, 0x20] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                assert!(!opens(&changed), "byte {at} of {}", bytes.len());
            }
            // The end of the last line alone says nothing.
            assert!(!opens(&bytes[..at]) || at + 1 == bytes.len(), "cut at {at}");
        }
        assert!(!opens(&[bytes.as_slice(), b"x"].concat()));
    }

    #[test]
    fn a_file_that_was_only_written_another_way_opens() {
        let secret = SecretKey::new([7; 32]);
        let name: WalletName = "a".parse().expect("a name");
        let lock = Lock::Key(secret.public());
        let bytes = Document::sealed(lock, &secret, "p", 10).expect("random bytes").to_bytes();
        let text = String::from_utf8(bytes).expect("JSON is UTF-8");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let list = |name: &str| value[name].clone();
        let same = [
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            format!("\u{feff}{text}\n\n"),
            text.replace("  ", "\t"),
            value.to_string(),
        ];
        for text in same {
            let file = Document::from_bytes(text.as_bytes()).unwrap_or_else(|| panic!("{text:?}"));
            assert!(file.unseal(&name, "p").is_ok(), "{text:?}");
        }
        let others = [
            serde_json::json!([list("header"), list("sealed")]).to_string(),
            text.replacen('{', "{\"more\":1,", 1),
            text.replacen('{', "{\"sealed\":\"00\",", 1),
        ];
        for text in others {
            assert!(Document::from_bytes(text.as_bytes()).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_wallet_that_was_sealed_with_what_was_typed_opens_in_every_form() {
        let secret = SecretKey::new([7; 32]);
        let name: WalletName = "a".parse().expect("a name");
        let lock = Lock::Key(secret.public());
        let forms = ["caf\u{e9}", "cafe\u{301}"];
        let new = Document::sealed(lock.clone(), &secret, forms[1], 10).expect("random bytes");
        for form in forms {
            assert!(new.unseal(&name, form).is_ok(), "{form:?}");
            // As versions did that did not compose.
            let recipe = Recipe::fresh(10).expect("random bytes");
            let header = Header::of(&lock, Some(recipe.clone()));
            let sealed = recipe.seal(&secret, form, &header.to_bytes()).expect("in bounds");
            let written = Written { header, sealed: Some(hex::encode(sealed)) };
            let old = Document { written, lock: lock.clone() };
            assert!(forms.iter().all(|form| old.unseal(&name, form).is_ok()), "{form:?}");
            assert!(old.unseal(&name, "cafe").is_err());
        }
    }

    #[test]
    fn a_secret_never_stands_in_the_file() {
        let secret = SecretKey::new([0xab; 32]);
        let lock = Lock::Key(secret.public());
        let bytes = Document::sealed(lock, &secret, "p", 10).expect("random bytes").to_bytes();
        let text = String::from_utf8(bytes).expect("JSON is UTF-8");
        assert!(!text.contains(&hex::encode(secret.expose())));
    }
}
