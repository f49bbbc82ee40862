//! The only place that writes to standard output.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use coinage_devnet::Outlet;
use coinage_model::terminal::{escaped_in_json, spelled_out};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use serde::Serialize;
use serde_json::{Value, json};

use super::failure::Failure;

/// The output of a command: for programs and for people.
#[derive(Clone, Debug)]
pub struct Output {
    pub(super) data: Value,
    pub(super) text: String,
    /// True if the output has been printed while it came.
    printed: bool,
    /// The one word that a script wants of the text, if there is one.
    word: Option<String>,
}

impl Output {
    /// Facts for programs, and the same in words.
    pub fn new(data: impl Serialize, text: impl Into<String>) -> Self {
        // What cannot be JSON would be a map with keys that are not strings; no command has one.
        let data = serde_json::to_value(data).unwrap_or(Value::Null);
        Self { data, text: text.into(), printed: false, word: None }
    }

    /// Names the one word that is printed if nothing but results is wanted.
    #[must_use]
    pub(crate) fn word(self, word: impl Into<String>) -> Self {
        Self { word: Some(word.into()), ..self }
    }

    /// Creates an output with nothing more to print: [`Printer::stream`] has printed all of it, the
    /// envelope of JSON included.
    pub(crate) fn printed() -> Self {
        Self { printed: true, ..Self::new(Value::Null, "") }
    }
}

/// Writes results to standard output and everything else to standard error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Printer {
    json: bool,
    quiet: bool,
    verbose: bool,
}

impl Printer {
    /// Results as a JSON envelope if `json`; no remarks if `quiet`; the facts behind a failure if
    /// `verbose`.
    pub fn new(json: bool, quiet: bool, verbose: bool) -> Self {
        Self { json, quiet, verbose }
    }

    /// True if results are for programs.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// True if more than the usual is wanted.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// True if nothing but results is wanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says how a command ended, and what the process ends with.
    pub fn finish(&self, outcome: Result<Output, Failure>) -> ExitCode {
        match outcome.and_then(|output| self.result(&output)) {
            Ok(()) => ExitCode::SUCCESS,
            // Who went away (`| head`) had enough.
            Err(failure) if failure.is_reader_gone() => ExitCode::SUCCESS,
            Err(failure) => {
                let told = self.json && self.line(&envelope(&failure).to_string()).is_ok();
                if !told {
                    complain(&failure, self.verbose);
                }
                failure.exit_code()
            }
        }
    }

    /// Writes the whole result of a command.
    pub(crate) fn result(&self, output: &Output) -> Result<(), Failure> {
        if output.printed || (!self.json && output.text.is_empty()) {
            return Ok(());
        }
        if self.json {
            return self.line(&json!({ "success": true, "data": output.data }).to_string());
        }
        let word = output.word.as_deref().filter(|_| self.quiet);
        if closed_from_the_start() {
            // Nobody can tell it from the null device, whose users want no result.
            self.note("standard output is closed: the result is lost");
        }
        self.line(word.unwrap_or_else(|| output.text.trim_end_matches('\n')))
    }

    /// Writes a line of results while a command goes on: JSON if results are for programs.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        self.written(text).map_err(|error| Failure::unprinted(&error))
    }

    /// Fails if there is nowhere to write, for whoever is to show a secret this once.
    pub(crate) fn needs_reader(&self) -> Result<(), Failure> {
        if closed_from_the_start() {
            return Err(Failure::unprinted(&io::Error::other("it is closed")));
        }
        Ok(())
    }

    fn written(&self, text: &str) -> io::Result<()> {
        let text = if self.json { escaped_in_json(text) } else { spelled_out(text) };
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{text}")?;
        stdout.flush()
    }

    /// Writes results that are too long to be held in memory: lines of text as they are.
    pub(crate) fn stream(&self, mut from: impl io::Read) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let copied = io::copy(&mut from, &mut stdout).and_then(|_| stdout.flush());
        copied.map_err(|error| Failure::unprinted(&error))
    }

    /// Ends the process as soon as nobody can read its results any more: also if there are none for
    /// a long time.
    pub(crate) fn end_with_reader(&self) {
        std::thread::spawn(|| {
            // What is written meanwhile fails, and says why.
            if reader_goes(None).is_ok_and(|gone| gone) {
                std::process::exit(0);
            }
        });
    }

    /// Writes a remark on what goes on.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{}", spelled_out(text));
        }
    }
}

impl Outlet for Printer {
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.written(text)
    }

    fn is_closed(&self) -> bool {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        reader_goes(Some(&at_once)).is_ok_and(|gone| gone)
    }
}

/// Waits until nobody can read standard output any more; false if the time is over before.
fn reader_goes(within: Option<&Timespec>) -> rustix::io::Result<bool> {
    let stdout = io::stdout();
    let mut looked = [PollFd::new(&stdout, PollFlags::empty())];
    rustix::io::retry_on_intr(|| poll(&mut looked, within))?;
    Ok(looked[0].revents().intersects(PollFlags::HUP | PollFlags::ERR))
}

/// True if the process began without a standard output. The null device is opened in its place
/// then, to read and write; redirections open it to write.
fn closed_from_the_start() -> bool {
    let stdout = io::stdout();
    let null = rustix::fs::stat("/dev/null").map(|null| null.st_rdev);
    let there = rustix::fs::fstat(&stdout).map(|there| there.st_rdev);
    let flags = rustix::fs::fcntl_getfl(&stdout);
    null.is_ok() && null == there && flags.is_ok_and(|flags| flags.contains(OFlags::RDWR))
}

fn envelope(failure: &Failure) -> Value {
    let Failure { code, message, hint, details } = failure;
    let error = json!({ "code": code, "message": message, "hint": hint, "details": details });
    json!({ "success": false, "error": error })
}

fn complain(failure: &Failure, verbose: bool) {
    let mut text = format!("error: {} [{}]", failure.message, failure.code);
    if let Some(hint) = &failure.hint {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n hint: {hint}");
    }
    if verbose && !failure.details.is_null() {
        let _ = write!(text, "\nfacts: {}", escaped_in_json(&failure.details.to_string()));
    }
    let _ = writeln!(io::stderr().lock(), "{}", spelled_out(&text));
}

/// Names of columns that hold numbers, which end under each other.
const NUMBERS: [&str; 4] = ["AMOUNT", "SUPPLY", "CAP", "SHARE"];

/// Columns of facts, each as wide as it must be.
pub(crate) fn table<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    for (column, name) in table.column_iter_mut().zip(head) {
        column.set_padding((0, 2));
        if NUMBERS.contains(&name) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Facts under each other, the names in one column.
pub(crate) fn facts<'n>(rows: impl IntoIterator<Item = (&'n str, String)>) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter().map(|(name, fact)| format!("{name:width$}  {fact}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_all_four_fields_even_when_empty() {
        let written = envelope(&Failure::new("block.not_found", "no such block"));
        let error = json!({
            "code": "block.not_found", "message": "no such block", "hint": null, "details": null,
        });
        assert_eq!(written, json!({ "success": false, "error": error }));
    }

    #[test]
    fn columns_stand_under_each_other() {
        let text =
            table(["name", "n"], [["a".into(), "1".into()], ["long one".into(), "2".into()]]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines, ["name      n", "a         1", "long one  2"]);
        let text =
            table(["AMOUNT", "X"], [["5.00".into(), "a".into()], ["12.50".into(), "b".into()]]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines, ["AMOUNT  X", "  5.00  a", " 12.50  b"]);
        assert_eq!(facts([("a", "1".into()), ("abc", "2".into())]), "a    1\nabc  2\n");
    }
}
