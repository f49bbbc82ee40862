//! Why a wallet cannot be used.

use std::io;
use std::path::PathBuf;

/// Why a wallet cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The name would not do as a file name everywhere.
    #[error("{name:?} is not a wallet name: 1 to 32 of a-z, 0-9, - and _")]
    BadName {
        /// What was given.
        name: String,
    },
    /// There is no such wallet.
    #[error("there is no wallet {name} in {}", directory.display())]
    NotFound {
        /// Its name.
        name: String,
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// There is one already.
    #[error("there is a wallet {name} already; wallets are never overwritten")]
    Exists {
        /// Its name.
        name: String,
    },
    /// The password does not open it.
    #[error("wrong password for the wallet {name}, or its file was changed")]
    WrongPassword {
        /// Its name.
        name: String,
    },
    /// It holds no secret key.
    #[error("the wallet {name} is only watched here: it holds no secret key")]
    NoSecret {
        /// Its name.
        name: String,
    },
    /// The file is not what this program wrote.
    #[error("{} is not a wallet file as this program writes it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl WalletError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadName { .. } => "wallet.bad_name",
            Self::NotFound { .. } => "wallet.not_found",
            Self::Exists { .. } => "wallet.exists",
            Self::WrongPassword { .. } => "wallet.wrong_password",
            Self::NoSecret { .. } => "wallet.no_secret",
            Self::Damaged { .. } => "wallet.damaged",
            Self::Random(_) => "wallet.random",
            Self::Io { .. } => "wallet.io",
        }
    }
}
