//! Sources of passwords: a file, the environment or a prompt, never a flag.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use clap::Args;
use coinage_files as files;
use coinage_wallet::password_length;
use zeroize::Zeroizing;

use super::context::Context;
use super::failure::Failure;
use super::interrupt;

/// The longest password that is read from a file.
const PASSWORD_BYTES_MAX: u64 = 4096;
/// Characters of a new password at least.
const LENGTH_MIN: usize = 8;
/// The longest answer to a question.
const ANSWER_BYTES_MAX: u64 = 256;
const VARIABLE: &str = "COINAGE_PASSWORD";

/// A secret that was typed or read. Wiped from memory when dropped.
pub(crate) type Secret = Zeroizing<String>;

/// The password of an existing wallet.
pub(crate) fn existing(context: &Context, wallet: &str) -> Result<Secret, Failure> {
    match given(context)? {
        Some(password) => Ok(password),
        None => ask(context, &format!("Password of the wallet {wallet}: ")),
    }
}

/// How much a new password must resist.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Strictness {
    /// Take a new password of fewer than 8 characters, too
    #[arg(long)]
    weak: bool,
}

/// A password for a new wallet: typed twice if it is typed.
pub(crate) fn new(
    context: &Context,
    wallet: &str,
    strictness: Strictness,
) -> Result<Secret, Failure> {
    match given(context)? {
        Some(password) => strictness.check(password),
        None => typed_twice(context, wallet, strictness),
    }
}

/// The next password of a wallet whose present one may come from elsewhere.
pub(crate) fn next(
    context: &Context,
    wallet: &str,
    file: Option<&Path>,
    strictness: Strictness,
) -> Result<Secret, Failure> {
    match file {
        Some(path) => strictness.check(from_file(path)?),
        None if can_ask(context) => typed_twice(context, wallet, strictness),
        None => Err(Failure::new("wallet.password_required", "a new password is needed")
            .hint("give --new-password-file FILE")),
    }
}

fn typed_twice(context: &Context, wallet: &str, strictness: Strictness) -> Result<Secret, Failure> {
    let password = ask(context, &format!("New password for the wallet {wallet}: "))?;
    let password = strictness.check(password)?;
    let again = ask(context, "The same again: ")?;
    if password == again {
        Ok(password)
    } else {
        Err(Failure::new(
            "wallet.passwords_differ",
            "the two passwords differ; nothing was written",
        ))
    }
}

impl Strictness {
    /// Gives the password back if it will do. An empty one never does: nobody chooses it, it is a
    /// variable that is not set or a file that was not written.
    fn check(self, password: Secret) -> Result<Secret, Failure> {
        match password_length(&password) {
            0 => Err(Failure::new("wallet.password_too_short", "the password is empty")
                .hint("give one of 8 characters or more")),
            length if length < LENGTH_MIN && !self.weak => {
                let sentence =
                    format!("the password has {length} of at least {LENGTH_MIN} characters");
                Err(Failure::new("wallet.password_too_short", sentence)
                    .hint("choose a longer one; --weak takes it all the same"))
            }
            _ => Ok(password),
        }
    }
}

/// The password in the first line of a file.
pub(crate) fn from_file(path: &Path) -> Result<Secret, Failure> {
    first_line("the password", path)
}

/// The first line of a file, which holds a secret of this kind.
pub(crate) fn first_line(what: &str, path: &Path) -> Result<Secret, Failure> {
    let refused = |error: io::Error| {
        let words = match error.kind() {
            io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
            _ => files::plain(error).to_string(),
        };
        let sentence = format!("cannot read {what} from {}: {words}", path.display());
        Failure::new("wallet.password_file", sentence)
    };
    let file = files::open_given(path).map_err(refused)?;
    let mut line = Zeroizing::new(String::new());
    io::BufReader::new(file.take(PASSWORD_BYTES_MAX)).read_line(&mut line).map_err(refused)?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}

/// Asks for something that is not shown while it is typed.
pub(crate) fn ask(context: &Context, question: &str) -> Result<Secret, Failure> {
    if !can_ask(context) {
        let failure = Failure::new("wallet.password_required", "a password is needed");
        return Err(failure.hint("give --password-file FILE or set COINAGE_PASSWORD"));
    }
    // The library hides what is typed, and takes Ctrl-C itself: it ends the process as it is.
    let hidden = interrupt::hide();
    let typed = rpassword::prompt_password(question);
    match typed.map(Zeroizing::new) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted && hidden.is_some() => {
            interrupt::wait_for_end()
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(unanswered()),
        typed => typed.map_err(|error| {
            let sentence = format!("cannot ask for it on the terminal: {error}");
            Failure::new("wallet.password_prompt", sentence)
                .hint("give --password-file FILE or set COINAGE_PASSWORD")
        }),
    }
}

/// Returns the failure that the input ended (Ctrl-D) where an answer was awaited.
fn unanswered() -> Failure {
    Failure::new("input.declined", "the input ended before there was an answer; nothing was done")
}

/// True if somebody is there to answer.
pub(crate) fn can_ask(context: &Context) -> bool {
    !context.globals.no_input && io::stdin().is_terminal()
}

/// Asks for something that may be seen while it is typed.
pub(crate) fn question(question: &str) -> Result<String, Failure> {
    // Asked also by those who want results only.
    let _ = writeln!(io::stderr().lock(), "{question}");
    let mut answer = String::new();
    let read = io::stdin().lock().take(ANSWER_BYTES_MAX).read_line(&mut answer);
    match read {
        Ok(0) => return Err(unanswered()),
        Ok(_) => {}
        Err(error) => {
            let sentence = format!("the answer cannot be read: {error}");
            return Err(Failure::new("input.unreadable", sentence));
        }
    }
    Ok(answer.trim().to_owned())
}

/// Asks whether to go on; declining is a failure with its own exit code.
pub(crate) fn confirm(context: &Context, question: &str) -> Result<(), Failure> {
    let declined = || Failure::new("input.declined", "declined; nothing was done");
    if !can_ask(context) {
        return Err(declined().hint("add --yes to go ahead without being asked"));
    }
    match self::question(&format!("{question} [y/N]"))?.as_str() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(declined()),
    }
}

fn given(context: &Context) -> Result<Option<Secret>, Failure> {
    if let Some(path) = &context.globals.password_file {
        return from_file(path).map(Some);
    }
    match std::env::var(VARIABLE) {
        Ok(password) => Ok(Some(Zeroizing::new(password))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error @ std::env::VarError::NotUnicode(_)) => {
            let _ = error;
            Err(Failure::new("wallet.password_variable", "COINAGE_PASSWORD is not UTF-8"))
        }
    }
}
