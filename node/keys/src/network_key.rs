//! The key of a private network, which every node of it has and no genesis holds.
//!
//! The file is the one that other programs with libp2p read: `/key/swarm/psk/1.0.0/`, `/base16/`
//! and the key in 64 hexadecimal digits, a line each. A genesis file names the fingerprint only.

use std::fmt;
use std::path::{Path, PathBuf};

use coinage_files as files;
use coinage_model::Fingerprint;
use getrandom::SysRng;
use getrandom::rand_core::TryRng as _;
use libp2p_pnet::PreSharedKey;
use zeroize::Zeroizing;

use super::KeyFileError;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a key file that make sense; what is written has 96.
const FILE_BYTES_MAX: u64 = 1024;
/// The extension of the file beside a genesis file.
const EXTENSION: &str = "network-key";

/// The key of a private network.
#[derive(Clone, Eq, PartialEq)]
pub struct NetworkKey(Zeroizing<[u8; KEY_BYTES]>);

impl NetworkKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, which are secret.
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The key as libp2p knows it.
    pub fn pre_shared(&self) -> PreSharedKey {
        PreSharedKey::new(*self.0)
    }

    /// Returns the fingerprint of the key, which the genesis file holds.
    pub fn fingerprint(&self) -> Fingerprint {
        let text = self.pre_shared().fingerprint().to_string();
        text.parse().expect("libp2p writes 16 bytes in lower case")
    }

    /// A new key in a new file.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if there is such a file, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self, KeyFileError> {
        let mut key = Self::new([0; KEY_BYTES]);
        let drawn = SysRng.try_fill_bytes(&mut *key.0);
        drawn.map_err(|error| KeyFileError::format(path, error))?;
        key.write(path)?;
        Ok(key)
    }

    /// Writes the key into a new file that its owner alone may read.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if there is such a file, or it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), KeyFileError> {
        let text = Zeroizing::new(self.pre_shared().to_key_file());
        let written = files::create_atomically(path, text.as_bytes(), 0o600);
        written.map_err(|error| KeyFileError::unmade(path, error))
    }

    /// The key in a file.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if it is none, or others than its owner may read it.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |error| KeyFileError::io(path, error);
        let text = Zeroizing::new(files::read_bounded(path, FILE_BYTES_MAX).map_err(failed)?);
        if let Some(mode) = files::open_to_others(path).map_err(failed)? {
            return Err(KeyFileError::OpenToOthers { path: path.to_owned(), mode });
        }
        let reason = "a network key is the line /key/swarm/psk/1.0.0/, the line /base16/ and 64 \
                      hexadecimal digits";
        Self::parse(&text).ok_or_else(|| KeyFileError::format(path, reason))
    }

    /// Reads the text of a key file; not with libp2p's own parser, which ends the process at some
    /// letters outside ASCII.
    fn parse(text: &[u8]) -> Option<Self> {
        let text = files::without_byte_order_mark(text);
        let mut lines = std::str::from_utf8(text).ok()?.lines().map(str::trim_end);
        if (lines.next()?, lines.next()?) != ("/key/swarm/psk/1.0.0/", "/base16/") {
            return None;
        }
        let mut key = Self::new([0; KEY_BYTES]);
        hex::decode_to_slice(lines.next()?, &mut *key.0).ok()?;
        lines.all(str::is_empty).then_some(key)
    }
}

/// Returns the path at which the key of a genesis file is looked for.
pub fn beside(genesis: &Path) -> PathBuf {
    genesis.with_extension(EXTENSION)
}

impl fmt::Debug for NetworkKey {
    /// The key itself is shown to nobody.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NetworkKey({})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use coinage_model::NoFingerprint;

    use super::*;

    #[test]
    fn a_key_is_read_back_from_a_file_that_only_its_owner_may_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = beside(&directory.path().join("genesis.json"));
        assert!(path.ends_with("genesis.network-key"));
        let made = NetworkKey::create(&path).expect("made");
        assert_eq!(NetworkKey::read(&path).expect("read"), made);
        let text = fs::read_to_string(&path).expect("text");
        assert_eq!(text.parse(), Ok(made.pre_shared()), "libp2p reads it, too");
        assert!(!format!("{made:?}").contains(&hex::encode(made.expose())));
        let other = NetworkKey::create(&path).expect_err("it is there");
        assert!(matches!(other, KeyFileError::Exists { .. }));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        let refused = NetworkKey::read(&path).expect_err("others may read it");
        assert!(matches!(refused, KeyFileError::OpenToOthers { mode: 0o640, .. }));
    }

    #[test]
    fn what_is_no_key_is_refused_whatever_it_holds() {
        let good = NetworkKey::new([7; KEY_BYTES]).pre_shared().to_key_file();
        assert!(NetworkKey::parse(good.as_bytes()).is_some());
        assert!(NetworkKey::parse(good.replace('\n', "\r\n").as_bytes()).is_some());
        for bad in [
            String::new(),
            good[..good.len() - 2].to_owned(),
            good.replace("psk", "key"),
            good.replace("base16", "base64"),
            good.replace("0707", "0z07"),
            // 64 bytes, but not 64 digits: a cut in the middle of a letter.
            format!("/key/swarm/psk/1.0.0/\n/base16/\na{}a", "ä".repeat(31)),
            format!("{good}and more\n"),
        ] {
            assert!(NetworkKey::parse(bad.as_bytes()).is_none(), "{bad:?}");
        }
        assert!(NetworkKey::parse(&[0xff; 200]).is_none());
    }

    #[test]
    fn fingerprints_differ_and_are_written_in_one_way() {
        let one = NetworkKey::new([1; KEY_BYTES]).fingerprint();
        assert_ne!(one, NetworkKey::new([2; KEY_BYTES]).fingerprint());
        assert_eq!(one.to_string().parse(), Ok(one));
        let upper = one.to_string().to_ascii_uppercase();
        assert_eq!(upper.parse::<Fingerprint>(), Err(NoFingerprint));
        assert_eq!("00".parse::<Fingerprint>(), Err(NoFingerprint));
    }
}
