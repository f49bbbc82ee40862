//! `coinage wallet new` and `restore`: keys that words on paper can bring back.

use std::path::{Path, PathBuf};

use clap::Args;
use coinage_files as files;
use coinage_protocol::SecretKey;
use coinage_wallet::{INDEX_MAX, Phrase, PhraseError, WalletError, WalletName};
use serde_json::json;
use zeroize::Zeroizing;

use super::context::Context;
use super::failure::Failure;
use super::password::Strictness;
use super::printer::Output;
use super::{key_location, password};

/// Bytes of a phrase at most: longer than any of 24 words, with room for spaces.
const PHRASE_BYTES_MAX: u64 = 4096;
/// Words that somebody must type to show that the phrase was written down.
const QUESTIONS: usize = 3;
/// Attempts that somebody has at typing the words that are asked for.
const ATTEMPTS: usize = 3;
const WORDS_IN_A_ROW: usize = 6;

/// What to call it.
#[derive(Args, Debug)]
pub(crate) struct NewArguments {
    /// The wallet's name: 1 to 32 of a-z, 0-9, - and _
    name: WalletName,
    /// Do not ask for words of the recovery phrase
    #[arg(long)]
    no_confirm: bool,
    #[command(flatten)]
    strictness: Strictness,
}

/// Which words.
#[derive(Args, Debug)]
pub(crate) struct RestoreArguments {
    /// The wallet's name: 1 to 32 of a-z, 0-9, - and _
    name: WalletName,
    /// A file with the recovery phrase [default: ask]
    #[arg(long, value_name = "FILE")]
    phrase_file: Option<PathBuf>,
    /// Which account of the phrase
    #[arg(
        long,
        default_value_t = 0,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(..=i64::from(INDEX_MAX))
    )]
    index: u32,
    #[command(flatten)]
    strictness: Strictness,
}

/// Makes a phrase and the wallet of its first account. Nothing keeps the phrase but who reads it:
/// if it cannot be shown, there is no wallet either.
pub(crate) fn new(arguments: &NewArguments, context: &Context) -> Result<Output, Failure> {
    let (name, printer) = (&arguments.name, context.printer);
    key_location::refuse_taken(name, context)?;
    printer.needs_reader().map_err(|failure| unshown(name, &failure))?;
    let password = password::new(context, name.as_str(), arguments.strictness)?;
    let phrase = Phrase::generate()?;
    let secret = account(&phrase, 0)?;
    let words: Vec<&str> = phrase.words().collect();
    let asks = !arguments.no_confirm && password::can_ask(context) && !printer.is_json();
    if asks {
        printer.line(&sheet(&words)).map_err(|failure| unshown(name, &failure))?;
        confirm(&words, context)?;
        let entry = key_location::keep(name, &secret, &password, context)?;
        return Ok(key_location::kept(&entry, &[]));
    }
    let entry = key_location::keep(name, &secret, &password, context)?;
    let line = words.join(" ");
    let mut output = key_location::kept(&entry, &[("phrase", json!(line))]);
    output.text.push_str(&format!("phrase   {line}\n"));
    if let Err(failure) = printer.result(&output) {
        context.wallets()?.remove(name)?;
        return Err(unshown(name, &failure));
    }
    printer.note(
        "write the phrase down: it is shown this once, and whoever has it can spend; \
         `coinage wallet restore` makes the wallet again from it",
    );
    Ok(Output::printed())
}

fn unshown(name: &WalletName, cause: &Failure) -> Failure {
    let sentence =
        format!("the wallet {name} was not made, its phrase could not be shown: {}", cause.message);
    Failure::new("wallet.phrase_unshown", sentence)
        .hint("make it where its phrase can be read and written down")
}

/// Makes a wallet from a phrase.
pub(crate) fn restore(arguments: &RestoreArguments, context: &Context) -> Result<Output, Failure> {
    key_location::refuse_taken(&arguments.name, context)?;
    let text = match &arguments.phrase_file {
        Some(path) => from_file(path)?,
        None if !password::can_ask(context) => {
            let failure = Failure::new("wallet.phrase_required", "a recovery phrase is needed");
            return Err(failure.hint("give --phrase-file FILE"));
        }
        None => password::ask(context, "Recovery phrase: ")?,
    };
    let secret = account(&Phrase::parse(&text)?, arguments.index)?;
    let password = password::new(context, arguments.name.as_str(), arguments.strictness)?;
    let entry = key_location::keep(&arguments.name, &secret, &password, context)?;
    Ok(key_location::kept(&entry, &[("index", json!(arguments.index))]))
}

impl From<PhraseError> for Failure {
    fn from(error: PhraseError) -> Self {
        Self::new("wallet.bad_phrase", error).hint("compare it with what was written down")
    }
}

fn account(phrase: &Phrase, index: u32) -> Result<SecretKey, Failure> {
    phrase.key(index).ok_or_else(|| Failure::usage(format!("accounts end at {INDEX_MAX}")))
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let refused = |cause: &dyn std::fmt::Display| {
        let sentence = format!("cannot read the phrase from {}: {cause}", path.display());
        Failure::new("wallet.phrase_file", sentence)
    };
    let bytes = files::read_given(path, PHRASE_BYTES_MAX).map_err(|error| refused(&error))?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(files::without_byte_order_mark(&bytes));
    text.map(|text| Zeroizing::new(text.to_owned())).map_err(|_| refused(&"it is not UTF-8 text"))
}

/// The words with their numbers, to be copied to paper.
fn sheet(words: &[&str]) -> String {
    let numbered: Vec<_> = (1_usize..).zip(words).collect();
    let rows = numbered.chunks(WORDS_IN_A_ROW).map(|row| {
        let row: String = row.iter().map(|(at, word)| format!("{at:>3} {word:<9}")).collect();
        row.trim_end().to_owned()
    });
    let rows: Vec<_> = rows.collect();
    format!(
        "The recovery phrase, shown this once. Write it down: it brings the wallet\n\
         back, and whoever has it can spend.\n\n{}\n",
        rows.join("\n")
    )
}

/// Asks for some words, so that the phrase is on paper before money is on the address.
fn confirm(words: &[&str], context: &Context) -> Result<(), Failure> {
    for attempt in 1..=ATTEMPTS {
        let asked = positions(words.len())?;
        let right = asked.iter().map(|at| {
            let answer = password::question(&format!("Word {}?", at.saturating_add(1)))?;
            Ok(words.get(*at).is_some_and(|word| answer.eq_ignore_ascii_case(word)))
        });
        if right.collect::<Result<Vec<_>, Failure>>()?.iter().all(|right| *right) {
            return Ok(());
        }
        if attempt < ATTEMPTS {
            context.printer.note("Those are not the words. Look at your paper and try again.");
        }
    }
    let failure = Failure::new("input.declined", "those are not the words; nothing was written");
    Err(failure.hint("`coinage wallet new` makes another phrase"))
}

/// Some different positions in increasing order.
fn positions(count: usize) -> Result<Vec<usize>, Failure> {
    let mut left: Vec<usize> = (0..count).collect();
    let mut chosen = Vec::new();
    for _ in 0..QUESTIONS.min(count) {
        let random = getrandom::u32().map_err(WalletError::from)?;
        let random = usize::try_from(random).unwrap_or(0);
        chosen.push(left.swap_remove(random.checked_rem(left.len()).unwrap_or(0)));
    }
    chosen.sort_unstable();
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_words_are_asked_for() {
        for _ in 0..100 {
            let asked = positions(24).expect("random bytes");
            assert!(asked.len() == QUESTIONS && asked.is_sorted_by(|one, next| one < next));
            assert!(asked.iter().all(|at| *at < 24));
        }
    }

    #[test]
    fn a_sheet_numbers_every_word() {
        let words: Vec<_> = (0..24).map(|_| "zoo").collect();
        let sheet = sheet(&words);
        assert!(sheet.contains("  1 zoo") && sheet.contains(" 24 zoo"), "{sheet}");
        assert!(sheet.lines().all(|line| line.len() < 80), "{sheet}");
    }
}
