//! Spending keys on disk: one encrypted file per wallet, and the addresses of locks that several
//! people share.

mod error;
pub(crate) mod file;
#[cfg(any(test, feature = "testing"))]
pub mod fuzz_targets;
mod name;
mod password;
mod phrase;
pub(crate) mod seal;

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use coinage_protocol::{Address, Lock, SecretKey};

pub use self::error::WalletError;
use self::file::Document;
pub use self::name::WalletName;
pub use self::password::password_length;
pub use self::phrase::{INDEX_MAX, Phrase, PhraseError};
pub use self::seal::Strength;
use coinage_files as files;

/// Extension of every wallet's file name.
const EXTENSION: &str = "json";
/// Bytes of a wallet's file at most; a wallet of 16 keys has some 2,000.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// A directory of wallets. Made when the first wallet is.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
}

/// The facts known of a wallet without its password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Name of the wallet.
    pub name: WalletName,
    /// Lock of the wallet, which says who may spend.
    pub lock: Lock,
    /// True if the file holds a secret key. A shared lock's file never does.
    pub has_secret: bool,
}

impl Entry {
    /// Returns the address of the wallet's lock.
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

    /// Returns the directory of the wallets.
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

    /// Returns all wallets by name.
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

    /// Returns what is known of a wallet without its password.
    ///
    /// # Errors
    ///
    /// [`WalletError::NotFound`], or why its file cannot be read.
    pub fn entry(&self, name: &WalletName) -> Result<Entry, WalletError> {
        let document = self.read(name)?;
        let has_secret = document.has_secret();
        Ok(Entry { name: name.clone(), lock: document.lock().clone(), has_secret })
    }

    /// True if there is such a wallet.
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

    /// Encrypts the key of a wallet under another password. The file is replaced as a whole.
    ///
    /// # Errors
    ///
    /// As for [`Store::unlock`], or why the file cannot be written: it is then as it was.
    pub fn change_password(
        &self,
        name: &WalletName,
        password: &str,
        next: &str,
        strength: Strength,
    ) -> Result<(), WalletError> {
        let document = self.read(name)?;
        let secret = document.unseal(name, password)?;
        let lock = document.lock().clone();
        let bytes = Document::sealed(lock, &secret, next, strength.log_n())?.to_bytes();
        let path = self.path(name);
        files::write_atomically(&path, &bytes, 0o600)
            .map_err(|error| io_error("write", &path, error))
    }

    /// The bytes of a wallet's file, still encrypted: a copy to keep elsewhere.
    ///
    /// # Errors
    ///
    /// [`WalletError::NotFound`], or why its file cannot be read.
    pub fn encrypted(&self, name: &WalletName) -> Result<Vec<u8>, WalletError> {
        Ok(self.read(name)?.to_bytes())
    }

    /// Takes over a copy of a wallet's file, which keeps its password.
    ///
    /// # Errors
    ///
    /// [`WalletError::Damaged`] if the file is not a wallet's, [`WalletError::Exists`] if there is
    /// such a wallet.
    pub fn adopt(&self, name: &WalletName, path: &Path) -> Result<Entry, WalletError> {
        self.refuse_taken(name)?;
        self.write(name, &document(path)?)?;
        self.entry(name)
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
        let exists = || WalletError::Exists { name: name.to_string() };
        if self.contains(name) { Err(exists()) } else { Ok(()) }
    }

    fn read(&self, name: &WalletName) -> Result<Document, WalletError> {
        document(&self.path(name)).map_err(|error| match error {
            WalletError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                self.not_found(name)
            }
            error => error,
        })
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

fn document(path: &Path) -> Result<Document, WalletError> {
    let damaged = || WalletError::Damaged { path: path.to_owned() };
    let bytes = files::read_bounded(path, FILE_BYTES_MAX).map_err(|error| {
        let too_large = error.kind() == io::ErrorKind::FileTooLarge;
        if too_large { damaged() } else { io_error("read", path, error) }
    })?;
    Document::from_bytes(&bytes).ok_or_else(damaged)
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
    fn a_changed_password_opens_the_same_key_and_the_old_one_no_longer() {
        let (_kept, store) = store();
        store.create(&name("a"), &key(1), "old", Strength::Light).expect("created");
        let change = |old, new| store.change_password(&name("a"), old, new, Strength::Strong);
        assert_eq!(change("wrong", "new").expect_err("refused").code(), "wallet.wrong_password");
        change("old", "new").expect("changed");
        assert_eq!(store.unlock(&name("a"), "new").expect("opens").public(), key(1).public());
        assert!(store.unlock(&name("a"), "old").is_err());
        let file = fs::read_to_string(store.path(&name("a"))).expect("read").replace(' ', "");
        assert!(file.contains("\"log_n\":17"), "as strong as was asked: {file}");
        assert_eq!(fs::read_dir(store.directory()).expect("listed").count(), 1);
    }

    #[test]
    fn a_copy_of_a_file_is_taken_over_with_its_password_and_nothing_else_is() {
        let (kept, store) = store();
        store.create(&name("a"), &key(1), "p", Strength::Light).expect("created");
        let copy = kept.path().join("copy");
        fs::write(&copy, store.encrypted(&name("a")).expect("read")).expect("written");
        assert_eq!(store.adopt(&name("a"), &copy).expect_err("taken").code(), "wallet.exists");
        let entry = store.adopt(&name("b"), &copy).expect("taken over");
        assert!(entry.has_secret);
        assert_eq!(store.unlock(&name("b"), "p").expect("opens").public(), key(1).public());
        fs::write(&copy, "{}").expect("written");
        assert_eq!(store.adopt(&name("c"), &copy).expect_err("damaged").code(), "wallet.damaged");
        assert!(!store.contains(&name("c")));
        let gone = store.adopt(&name("c"), &kept.path().join("none")).expect_err("gone");
        assert_eq!(gone.code(), "wallet.io");
    }

    #[test]
    fn a_file_that_an_earlier_version_wrote_still_opens() {
        let (_kept, store) = store();
        store.make_directory().expect("made");
        let file = include_bytes!("../../../tests/vectors/wallet-1.json");
        fs::write(store.path(&name("old")), file).expect("written");
        let secret = store.unlock(&name("old"), "an old password").expect("opens");
        assert_eq!(secret.public(), key(7).public());
    }

    #[test]
    fn an_enormous_file_is_damaged_not_read() {
        let (_kept, store) = store();
        store.make_directory().expect("made");
        fs::write(store.path(&name("a")), vec![b' '; 1 << 20]).expect("written");
        assert_eq!(store.address(&name("a")).expect_err("too large").code(), "wallet.damaged");
    }
}
