//! The command `coinage policy`: the rules of a coin as text, read, explained and played.

mod chart;
mod compare;
mod history;
mod json;
mod picture;
mod replay;
mod simulate;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use coinage_model::charter::CharterJson;
use coinage_policy::template::held_by;
use coinage_policy::{
    FILE_BYTES_MAX, Language, charters, explain, placeholders, read, warnings, write,
};
use coinage_protocol::{Charter, Holder, Lock, Symbol};
use serde_json::json;

use self::replay::ReplayArguments;
use self::simulate::SimulateArguments;
use super::account;
use super::context::Context;
use super::failure::Failure;
use super::printer::Output;
use super::suggest;
use super::template::today;

/// What to do with the rules of a coin.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Look whether a file is a policy, and say what is wrong where
    #[command(after_help = "Examples:\n  \
                coinage policy check points.policy\n  \
                coinage policy check points.policy --token POINTS")]
    Check(CheckArguments),
    /// Write a policy in its one canonical form, in English or Korean, or as JSON
    #[command(after_help = "Example:\n  coinage policy print points.policy --language ko")]
    Print(FileArguments),
    /// Say what each clause means, and what nobody can
    #[command(after_help = "Example:\n  coinage policy explain points.policy")]
    Explain(FileArguments),
    /// Print the hash by which a policy is known, in whatever language it is written
    #[command(after_help = "Example:\n  coinage policy hash points.policy")]
    Hash(FileArguments),
    /// Print one of the policies that ship with the program, to begin one's own from
    #[command(after_help = "Examples:\n  \
                coinage policy example points > my.policy\n  \
                coinage policy example points --holder alice > points.policy")]
    Example(ExampleArguments),
    /// Play a policy on a clock that runs ahead: how many coins there can be, and when
    #[command(after_help = "\
Examples:
  coinage policy simulate points.policy --until 2037-01-01
  coinage policy simulate points.policy --svg points.svg

The ledger's own rules judge an issuer who takes whatever is allowed as soon as it is (the upper
edge) and one who does nothing (the lower edge). Nobody spends or burns.")]
    Simulate(SimulateArguments),
    /// Say what a policy would have refused of what happened to a token
    #[command(after_help = "Example:\n  coinage policy replay proposal.policy --token POINTS")]
    Replay(ReplayArguments),
}

/// A file with a policy.
#[derive(Args, Debug)]
pub(crate) struct FileArguments {
    /// The file: sentences, or the charter as JSON; - is standard input
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The language of what is written
    #[arg(long, value_enum, default_value_t = Tongue::En)]
    language: Tongue,
}

/// Which file, and what it is said to be.
#[derive(Args, Debug)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    file: FileArguments,
    /// Fail unless these are the rules of this token, and say which lines differ
    #[arg(long, value_name = "TOKEN", add = suggest::tokens())]
    token: Option<Symbol>,
}

/// Which example.
#[derive(Args, Debug)]
pub(crate) struct ExampleArguments {
    /// Its name; without one, the names are listed
    name: Option<String>,
    /// A wallet or an address in the place of all its accounts, with periods that begin today
    #[arg(long, value_name = "NAME|ADDRESS", requires = "name")]
    holder: Option<String>,
    /// The language of what is written
    #[arg(long, value_enum, default_value_t = Tongue::En)]
    language: Tongue,
}

/// A language by its two letters.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Tongue {
    /// English
    #[default]
    En,
    /// Korean
    Ko,
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::En => Self::English,
            Tongue::Ko => Self::Korean,
        }
    }
}

pub(crate) fn run(command: &PolicyCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        PolicyCommand::Check(arguments) => check(arguments, context),
        PolicyCommand::Print(arguments) => {
            let charter = read_charter(&arguments.path)?;
            Ok(Output::new(facts(&charter), write(&charter, arguments.language.into())))
        }
        PolicyCommand::Explain(arguments) => {
            let charter = read_charter(&arguments.path)?;
            let lines = explain(&charter, arguments.language.into());
            let mut data = facts(&charter);
            data["lines"] = json!(lines);
            Ok(Output::new(data, format!("{}\n", lines.join("\n"))))
        }
        PolicyCommand::Hash(arguments) => {
            let charter = read_charter(&arguments.path)?;
            Ok(Output::new(facts(&charter), format!("{}\n", charter.hash())))
        }
        PolicyCommand::Example(arguments) => example(arguments, context),
        PolicyCommand::Simulate(arguments) => simulate::run(arguments, context),
        PolicyCommand::Replay(arguments) => replay::run(arguments, context),
    }
}

fn check(arguments: &CheckArguments, context: &Context) -> Result<Output, Failure> {
    let FileArguments { path, language } = &arguments.file;
    let (charter, language) = (read_charter(path)?, (*language).into());
    let clauses = charter.clauses.len();
    let warnings = warnings(&charter, language);
    let mut text = format!("{}: a policy of {clauses} clauses\n", charter.token);
    let mut data = facts(&charter);
    data["warnings"] = json!(warnings);
    if let Some(token) = arguments.token {
        let compared = compare::with_token(&charter, path, token, language, context)?;
        text.push_str(&compared.text);
        data["compared"] = compared.data;
    }
    for warning in &warnings {
        text.push_str(&format!("warning: {warning}\n"));
    }
    Ok(Output::new(data, text))
}

fn facts(charter: &Charter) -> serde_json::Value {
    json!({ "hash": charter.hash().to_string(), "charter": CharterJson::from(charter) })
}

/// Reads a charter by which a token is to be created: nobody's key of an example is left in it.
/// What its author can hardly have meant is told.
pub(crate) fn read_own_charter(path: &Path, context: &Context) -> Result<Charter, Failure> {
    let charter = read_charter(path)?;
    if let Some(account) = placeholders(&charter).next() {
        let text = format!("the account {} still has a key of an example", account.name);
        return Err(bad(path, text).hint("put your own in its place: nobody has the example's"));
    }
    for warning in warnings(&charter, Language::English) {
        context.printer.note(&format!("warning: {warning}"));
    }
    Ok(charter)
}

/// Writes one of the policies that ship with the program, or says which there are.
fn example(arguments: &ExampleArguments, context: &Context) -> Result<Output, Failure> {
    let names: Vec<_> = charters().iter().map(|shipped| shipped.name).collect();
    let Some(name) = &arguments.name else {
        return Ok(Output::new(json!({ "examples": names }), format!("{}\n", names.join("\n"))));
    };
    let Some(shipped) = charters().iter().find(|shipped| shipped.name == name) else {
        let text = format!("there is no example {name:?}");
        return Err(
            Failure::new("usage.invalid", text).hint(format!("one of {}", names.join(", ")))
        );
    };
    let language = arguments.language.into();
    let Some(holder) = &arguments.holder else {
        let text = shipped.text(language);
        return Ok(Output::new(json!({ "name": name, "text": text }), text));
    };
    let template = read(shipped.text(language)).map_err(Failure::usage)?;
    let holder = match account::wallet(context, holder).map(|found| found.entry.lock) {
        Ok(Lock::Threshold(threshold)) => Holder::Threshold(threshold),
        _ => Holder::Address(account::address(context, holder)?),
    };
    let charter = held_by(&template, &holder, today()?).map_err(Failure::usage)?;
    let text = write(&charter, language);
    Ok(Output::new(json!({ "name": name, "text": text }), text))
}

/// Reads a charter from a file: sentences in either language, or JSON.
pub(crate) fn read_charter(path: &Path) -> Result<Charter, Failure> {
    let text = text_of(path)?;
    if text.trim_start().starts_with('{') {
        return json::read(&text).map_err(|error| {
            let details = json!({ "path": error.path });
            let failure = bad(path, error.sentence()).details(details);
            failure.hint("`coinage policy print FILE --json` shows a charter in JSON")
        });
    }
    read(&text).map_err(|error| {
        let details = json!({
            "line": error.line,
            "column": error.column,
            "expected": error.expected,
        });
        bad(path, error.to_string()).details(details)
    })
}

fn bad(path: &Path, error: String) -> Failure {
    let from =
        if path == Path::new("-") { "standard input".into() } else { path.to_string_lossy() };
    Failure::new("input.bad_policy", format!("{from}: {error}"))
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let mut text = Vec::new();
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let done = if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut text)
    } else {
        File::open(path).and_then(|file| {
            if !file.metadata()?.is_file() {
                return Err(io::Error::other("it is not an ordinary file"));
            }
            file.take(most).read_to_end(&mut text)
        })
    };
    let unreadable = |error: String| {
        Failure::new("input.file", format!("cannot read {}: {error}", path.display()))
    };
    done.map_err(|error| unreadable(error.to_string()))?;
    if text.len() > FILE_BYTES_MAX {
        return Err(bad(path, format!("a policy has at most {FILE_BYTES_MAX} bytes")));
    }
    String::from_utf8(text).map_err(|_| bad(path, "it is not UTF-8 text".to_owned()))
}
