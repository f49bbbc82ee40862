//! Spending keys on disk: one encrypted file per wallet, and the addresses of locks that several
//! people share.

mod error;
mod file;
mod name;
mod seal;

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use coinage_protocol::{Address, Lock, SecretKey};

pub use self::error::WalletError;
use self::file::Document;
pub use self::name::WalletName;
pub use self::seal::Strength;
use crate::keys::files;

/// What every wallet's file name ends in.
const EXTENSION: &str = "json";
/// A wallet of 16 keys has some 2,000 bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// A directory of wallets. Made when the first wallet is.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
}

/// What is known of a wallet without its password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: WalletName,
    /// Who may spend.
    pub lock: Lock,
    /// Whether the file holds a secret key. A shared lock's file never does.
    pub has_secret: bool,
}

impl Entry {
    /// The address of its lock.
    pub fn address(&self) -> Address {
        self.lock.address()
    }
}

impl Store {
    /// The wallets of a directory, which need not exist yet.
    ///
    /// # Errors
    ///
    /// [`WalletError::Io`] if something else than a directory is there.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, WalletError> {
        let directory = directory.into();
        if directory.exists() && !directory.is_dir() {
            return Err(io_error("open", &directory, io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self { directory })
    }

    /// Where the wallets are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Encrypts a key under a password and writes it.
    ///
    /// # Errors
    ///
    /// [`WalletError::Exists`] if there is such a wallet: nothing is ever overwritten.
    pub fn create(
        &self,
        name: &WalletName,
        secret: &SecretKey,
        password: &str,
        strength: Strength,
    ) -> Result<Address, WalletError> {
        self.refuse_taken(name)?;
        let lock = Lock::Key(secret.public());
        let document = Document::sealed(lock, secret, password, strength.log_n())?;
        self.write(name, &document)
    }

    /// Remembers a lock without any secret, to watch it or to collect its signatures.
    ///
    /// # Errors
    ///
    /// [`WalletError::Exists`] if there is such a wallet.
    pub fn watch(&self, name: &WalletName, lock: Lock) -> Result<Address, WalletError> {
        self.write(name, &Document::open(lock))
    }

    /// All wallets by name.
    ///
    /// # Errors
    ///
    /// [`WalletError`] if the directory or one of its wallets cannot be read.
    pub fn list(&self) -> Result<Vec<Entry>, WalletError> {
        let listing = match fs::read_dir(&self.directory) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_error("list", &self.directory, error)),
        };
        let mut names = Vec::new();
        for found in listing {
            let path = found.map_err(|error| io_error("list", &self.directory, error))?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let ours = path.extension().is_some_and(|extension| extension == EXTENSION);
            if let (true, Some(Ok(name))) = (ours, stem.map(str::parse::<WalletName>)) {
                names.push(name);
            }
        }
        names.sort_unstable();
        names.iter().map(|name| self.entry(name)).collect()
    }

    /// What is known of a wallet without its password.
    ///
    /// # Errors
    ///
    /// [`WalletError::NotFound`], or why its file cannot be read.
    pub fn entry(&self, name: &WalletName) -> Result<Entry, WalletError> {
        let document = self.read(name)?;
        let has_secret = document.has_secret();
        Ok(Entry { name: name.clone(), lock: document.lock().clone(), has_secret })
    }

    /// Whether there is such a wallet.
    pub fn contains(&self, name: &WalletName) -> bool {
        self.path(name).exists()
    }

    /// The address of a wallet; needs no password.
    ///
    /// # Errors
    ///
    /// [`WalletError::NotFound`], or why its file cannot be read.
    pub fn address(&self, name: &WalletName) -> Result<Address, WalletError> {
        Ok(self.entry(name)?.address())
    }

    /// The secret key of a wallet.
    ///
    /// # Errors
    ///
    /// [`WalletError::WrongPassword`], [`WalletError::NoSecret`] for a watched lock,
    /// [`WalletError::NotFound`], or why its file cannot be read.
    pub fn unlock(&self, name: &WalletName, password: &str) -> Result<SecretKey, WalletError> {
        self.read(name)?.unseal(name, password)
    }

    /// Deletes a wallet for good.
    ///
    /// # Errors
    ///
    /// [`WalletError::NotFound`], or why its file cannot be deleted.
    pub fn remove(&self, name: &WalletName) -> Result<(), WalletError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(self.not_found(name)),
            Err(error) => Err(io_error("remove", &path, error)),
        }
    }

    fn path(&self, name: &WalletName) -> PathBuf {
        self.directory.join(format!("{name}.{EXTENSION}"))
    }

    fn not_found(&self, name: &WalletName) -> WalletError {
        WalletError::NotFound { name: name.to_string(), directory: self.directory.clone() }
    }

    fn refuse_taken(&self, name: &WalletName) -> Result<(), WalletError> {
        if self.contains(name) {
            Err(WalletError::Exists { name: name.to_string() })
        } else {
            Ok(())
        }
    }

    fn read(&self, name: &WalletName) -> Result<Document, WalletError> {
        let path = self.path(name);
        let bytes = match files::read_bounded(&path, FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.not_found(name));
            }
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(WalletError::Damaged { path });
            }
            Err(error) => return Err(io_error("read", &path, error)),
        };
        Document::from_bytes(&bytes).ok_or(WalletError::Damaged { path })
    }

    fn write(&self, name: &WalletName, document: &Document) -> Result<Address, WalletError> {
        self.make_directory()?;
        let path = self.path(name);
        match files::create_atomically(&path, &document.to_bytes(), 0o600) {
            Ok(()) => Ok(document.lock().address()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(WalletError::Exists { name: name.to_string() })
            }
            Err(error) => Err(io_error("write", &path, error)),
        }
    }

    fn make_directory(&self) -> Result<(), WalletError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&self.directory).map_err(|error| io_error("make", &self.directory, error))
    }
}

fn io_error(doing: &'static str, path: &Path, source: io::Error) -> WalletError {
    WalletError::Io { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use coinage_protocol::Threshold;

    use super::*;

    fn name(text: &str) -> WalletName {
        text.parse().expect("a name")
    }

    fn key(seed: u8) -> SecretKey {
        SecretKey::new([seed; 32])
    }

    fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::open(directory.path().join("wallets")).expect("nothing is there");
        (directory, store)
    }

    #[test]
    fn a_key_comes_back_with_its_password_and_only_with_it() {
        let (_kept, store) = store();
        let address = store.create(&name("alice"), &key(1), "a", Strength::Light).expect("created");
        assert_eq!(store.address(&name("alice")).expect("readable"), address);
        let back = store.unlock(&name("alice"), "a").expect("the right password");
        assert_eq!(back.public(), key(1).public());
        let refused = store.unlock(&name("alice"), "b").expect_err("the wrong password");
        assert_eq!(refused.code(), "wallet.wrong_password");
    }

    #[test]
    fn nothing_is_ever_overwritten_and_nothing_is_left_behind() {
        let (_kept, store) = store();
        store.create(&name("a"), &key(1), "", Strength::Light).expect("created");
        let again = store.create(&name("a"), &key(2), "", Strength::Light);
        assert_eq!(again.expect_err("taken").code(), "wallet.exists");
        let watched = store.watch(&name("a"), Lock::Key(key(3).public()));
        assert_eq!(watched.expect_err("taken").code(), "wallet.exists");
        assert_eq!(store.unlock(&name("a"), "").expect("kept").public(), key(1).public());
        assert_eq!(fs::read_dir(store.directory()).expect("listed").count(), 1);
    }

    #[test]
    fn only_the_owner_can_read_a_wallet() {
        use std::os::unix::fs::PermissionsExt;
        let (_kept, store) = store();
        store.create(&name("a"), &key(1), "", Strength::Light).expect("created");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&store.path(&name("a"))), 0o600);
        assert_eq!(mode(store.directory()), 0o700);
    }

    #[test]
    fn a_shared_lock_is_remembered_without_any_secret() {
        let (_kept, store) = store();
        let keys = vec![key(1).public(), key(2).public(), key(3).public()];
        let lock = Lock::Threshold(Threshold::new(2, keys).expect("2 of 3"));
        store.watch(&name("board"), lock.clone()).expect("saved");
        let entry = store.entry(&name("board")).expect("there");
        assert_eq!((entry.lock, entry.has_secret), (lock, false));
        let refused = store.unlock(&name("board"), "").expect_err("there is none");
        assert_eq!(refused.code(), "wallet.no_secret");
    }

    #[test]
    fn wallets_are_listed_by_name_and_what_is_gone_is_not_found() {
        let (_kept, store) = store();
        assert!(store.list().expect("no directory yet").is_empty());
        for one in ["b", "a"] {
            store.watch(&name(one), Lock::Key(key(1).public())).expect("saved");
        }
        fs::write(store.directory().join("NOTES.txt"), "mine").expect("written");
        let names: Vec<_> = store.list().expect("listed").into_iter().map(|one| one.name).collect();
        assert_eq!(names, [name("a"), name("b")]);
        store.remove(&name("a")).expect("removed");
        assert_eq!(store.remove(&name("a")).expect_err("gone").code(), "wallet.not_found");
    }

    #[test]
    fn an_enormous_file_is_damaged_not_read() {
        let (_kept, store) = store();
        store.make_directory().expect("made");
        fs::write(store.path(&name("a")), vec![b' '; 1 << 20]).expect("written");
        assert_eq!(store.address(&name("a")).expect_err("too large").code(), "wallet.damaged");
    }
}
