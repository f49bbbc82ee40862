//! Reasons why a wallet cannot be used.

use std::io;
use std::path::PathBuf;

/// The reason why a wallet cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The name would not do as a file name everywhere.
    #[error("{name:?} is not a wallet name: 1 to 32 of a-z, 0-9, - and _")]
    BadName {
        /// Name that was given.
        name: String,
    },
    /// The wallet does not exist.
    #[error("there is no wallet {name} in {}", directory.display())]
    NotFound {
        /// Name of the wallet.
        name: String,
        /// Directory in which the wallet was looked for.
        directory: PathBuf,
    },
    /// The wallet exists already.
    #[error("there is a wallet {name} already; wallets are never overwritten")]
    Exists {
        /// Name of the wallet.
        name: String,
    },
    /// The password does not open the wallet.
    #[error("wrong password for the wallet {name}, or its file was changed")]
    WrongPassword {
        /// Name of the wallet.
        name: String,
    },
    /// The wallet holds no secret key.
    #[error("the wallet {name} is only watched here: it holds no secret key")]
    NoSecret {
        /// Name of the wallet.
        name: String,
    },
    /// The file is not what this program wrote.
    #[error("{} is not a wallet file as this program writes it", path.display())]
    Damaged {
        /// Path of the file.
        path: PathBuf,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// Action that was tried, as a verb.
        doing: &'static str,
        /// Path of the file or directory.
        path: PathBuf,
        /// Error of the operating system.
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
