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

/// The contents of a directory of wallets.
#[derive(Debug, Default)]
pub struct Listing {
    /// The wallets, by name.
    pub wallets: Vec<Entry>,
    /// Reasons why further files, which have names of wallets, cannot be read.
    pub unreadable: Vec<WalletError>,
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

    /// Returns all wallets by name, and why files that have the name of one are none that can be
    /// read: one that is damaged hides no other.
    ///
    /// # Errors
    ///
    /// [`WalletError`] if the directory cannot be read.
    pub fn list(&self) -> Result<Listing, WalletError> {
        let listing = match fs::read_dir(&self.directory) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Listing::default()),
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
        let mut listing = Listing::default();
        for name in &names {
            match self.entry(name) {
                Ok(entry) => listing.wallets.push(entry),
                Err(error) => listing.unreadable.push(error),
            }
        }
        Ok(listing)
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
    WalletError::Io { doing, path: path.to_owned(), source: files::plain(source) }
}

#[cfg(test)]
mod tests;
