//! Failures in the words of the command line, and the one table of exit codes.

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use coinage_devnet::DevnetError;
use coinage_protocol::TextError;
use coinage_wallet::WalletError;
use serde_json::Value;

/// The code of the failure that whoever was to read the result has gone.
const READER_GONE: &str = "output.reader_gone";

/// The reason why a command did not do what it was asked to.
#[derive(Clone, Debug)]
pub struct Failure {
    /// A stable code, `area.reason`; the node's own codes are passed on.
    pub code: Cow<'static, str>,
    /// A sentence about the failure, for people.
    pub message: String,
    /// Advice on what to do about the failure.
    pub hint: Option<String>,
    /// Facts about the failure, for programs.
    pub details: Value,
}

impl Failure {
    /// Creates a failure with this code and sentence.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl ToString) -> Self {
        let message = message.to_string();
        Self { code: code.into(), message, hint: None, details: Value::Null }
    }

    /// Creates the failure of a command line that makes no sense.
    pub fn usage(message: impl ToString) -> Self {
        Self::new("usage.invalid", message)
    }

    /// Adds advice on what to do about the failure.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds facts about the failure, for programs.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    /// Creates the failure that a text is none that a transaction or genesis may hold.
    pub(crate) fn bad_text(code: &'static str, what: &str, error: TextError) -> Self {
        let hint = match error {
            TextError::TooLong { max, .. } => format!("shorten it to {max} bytes"),
            TextError::ControlCharacter { .. } => {
                "leave out ends of lines, tabs and other control characters".to_owned()
            }
        };
        Self::new(code, format!("{what}: {error}")).hint(hint)
    }

    /// Creates the failure that a file could not be written.
    pub(crate) fn unwritten(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            let failure = Self::new("file.write", format!("{path} is there already"));
            return failure.hint("nothing was overwritten: name another file, or move it away");
        }
        Self::new("file.write", format!("cannot write {path}: {error}"))
    }

    /// Creates the failure that a result could not be written.
    pub(crate) fn unprinted(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(READER_GONE, "nobody reads the result");
        }
        Self::new("output.write", format!("cannot write the result to standard output: {error}"))
            .hint("what the command does may be done: look before you repeat it")
    }

    /// True if whoever was to read the result has gone, which is no reason to complain.
    pub(crate) fn is_reader_gone(&self) -> bool {
        self.code == READER_GONE
    }

    /// Returns the exit code with which the process ends.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.number())
    }

    /// Returns the number of that exit code.
    pub(crate) fn number(&self) -> u8 {
        exit_code(&self.code)
    }
}

/// The number that stands for a code (the contract of the command line).
pub(crate) fn exit_code(code: &str) -> u8 {
    let (area, reason) = code.split_once('.').unwrap_or((code, ""));
    match (area, reason) {
        ("usage" | "amount" | "request", _)
        | ("proof", "genesis_needed")
        | ("devnet", "usage" | "bad_partition" | "unknown_node") => 2,
        ("input", "declined") => 3,
        ("input", _) => 2,
        // Nothing is wrong with it: the same bytes may be sent again.
        ("transaction", "outcome_unknown" | "dropped" | "not_final") | ("pool", _) => 4,
        ("node", "unreachable") => 5,
        // A wallet that is not there is a matter of wallets, for scripts that ask for passwords.
        ("wallet", _) => 8,
        (_, "not_found" | "unknown" | "not_kept" | "not_on_chain" | "no_charter") => 6,
        ("transaction", "expired") => 9,
        ("transaction" | "policy", _) => 7,
        _ => 1,
    }
}

impl From<DevnetError> for Failure {
    fn from(error: DevnetError) -> Self {
        if let DevnetError::Output(error) = &error {
            return Self::unprinted(error);
        }
        let failure = Self::new(error.code().to_owned(), &error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        let failure = Self::new(error.code(), &error);
        match error {
            WalletError::NotFound { .. } => failure
                .hint("`coinage wallet list` shows the wallets; others have an address, coin1..."),
            WalletError::Exists { name } => failure.hint(format!(
                "choose another name, or `coinage wallet remove {name}` if its key is not needed"
            )),
            WalletError::WrongPassword { .. } => {
                failure.hint("passwords come from a prompt, --password-file or COINAGE_PASSWORD")
            }
            WalletError::BadName { .. } => failure.hint(
                "give a wallet's name, all in lower case, or a whole address, which begins with \
                 coin1",
            ),
            _ => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_number() {
        let table = [
            ("usage.invalid", 2),
            ("amount.too_many_decimals", 2),
            ("input.declined", 3),
            ("transaction.outcome_unknown", 4),
            ("transaction.dropped", 4),
            ("node.unreachable", 5),
            ("proof.invalid", 1),
            ("proof.genesis_needed", 2),
            ("block.unknown", 6),
            ("transaction.unknown", 6),
            ("transaction.unknown_token", 7),
            ("pool.full", 4),
            ("wallet.not_found", 8),
            ("wallet.wrong_password", 8),
            ("transaction.insufficient_balance", 7),
            ("transaction.expired", 9),
            ("transaction.not_final", 4),
            ("surprise", 1),
        ];
        for (code, number) in table {
            assert_eq!(exit_code(code), number, "{code}");
        }
    }
}
