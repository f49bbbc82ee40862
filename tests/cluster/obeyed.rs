//! Goal: each clause of each charter that ships is obeyed by a devnet, with periods of seconds.
//! Method: a table for each charter, of commands as people type them, with their answers. Each
//! clause allows something and refuses something. No answer depends on where a period begins: what
//! is refused is more than a whole period allows, or happens together in one transaction.

mod dates;
mod issued;
mod owed;
mod place;
mod ways;

use std::collections::BTreeSet;

use coinage_policy::{Language, charters, read};
use coinage_protocol::encode;
use coinage_simulation::fixtures::address;
use coinage_tests::ledger::developer;

use self::place::{Town, shortened, soon};

/// A command that waits until the chain has passed the instant that tables call `SOON`.
const UNTIL: &str = "until SOON";

/// A line of a table: the number of the clause that it is about, a command, its answer.
struct Line {
    clause: u16,
    command: &'static str,
    answer: Answer,
}

/// An answer of the network to a command.
enum Answer {
    /// Inclusion in the chain.
    Done,
    /// Refusal by the clause that the line is about, with this code and the sentence.
    Against(&'static str),
    /// Refusal with this code and these words: no clause allows it.
    No(&'static str, &'static str),
}

/// A charter with a table: the name under which it ships, and what of its text is another.
struct Table {
    name: &'static str,
    changes: &'static [(&'static str, &'static str)],
    lines: &'static [Line],
}

const fn done(clause: u16, command: &'static str) -> Line {
    Line { clause, command, answer: Answer::Done }
}

const fn against(clause: u16, command: &'static str, code: &'static str) -> Line {
    Line { clause, command, answer: Answer::Against(code) }
}

const fn no(clause: u16, command: &'static str, code: &'static str, words: &'static str) -> Line {
    Line { clause, command, answer: Answer::No(code, words) }
}

/// A charter for the one kind of clause that no charter that ships has.
const FREE: &str = "coin FREE \"Free coins\", 0 decimals\n\
                    periods count from 2027-01-01 00:00 +00:00\nboard is coin1\n\n\
                    board may issue without limit\n";

/// The English text of a charter that ships, or of the one that is here.
fn text(name: &str) -> &'static str {
    let shipped = charters().iter().find(|shipped| shipped.name == name);
    shipped.map_or(FREE, |shipped| shipped.text(Language::English))
}

/// Every table there is.
fn tables() -> impl Iterator<Item = &'static Table> {
    [dates::TABLES, issued::TABLES, owed::TABLES, ways::TABLES].concat().into_iter()
}

/// Creates the coins of these tables on one devnet, and plays the lines: first those of all tables
/// that come before an instant.
fn play(tables: &[&Table]) {
    let mut town = Town::new();
    let coins: Vec<_> = tables.iter().map(|table| (town.create(table), table.lines)).collect();
    let parts = |lines: &'static [Line]| {
        let end = lines.iter().position(|line| line.command == UNTIL);
        lines.split_at(end.unwrap_or(lines.len()))
    };
    for (charter, lines) in &coins {
        parts(lines).0.iter().for_each(|line| town.try_out(charter, line));
    }
    for (charter, lines) in &coins {
        parts(lines).1.iter().for_each(|line| town.try_out(charter, line));
    }
}

#[test]
fn each_kind_of_clause_is_tried_and_each_clause_allows_and_refuses() {
    let mut kinds = BTreeSet::new();
    for table in tables() {
        let holder = address(&developer("alice")).to_string();
        let charter = read(&shortened(table, soon(), &|_| holder.clone())).expect("a policy");
        for (id, clause) in charter.numbered() {
            // SPEC R-4: an encoding of a clause begins with the tag of its kind.
            kinds.extend(encode(clause).first().copied());
            let answers = || table.lines.iter().filter(|line| line.clause == id.number());
            let allows = answers().any(|line| matches!(line.answer, Answer::Done));
            let refuses = answers().any(|line| !matches!(line.answer, Answer::Done));
            assert!(allows && refuses, "{}: {id} is tried in one way only", table.name);
        }
    }
    assert_eq!(kinds, (0..=21).collect(), "SPEC R-4 has 22 kinds");
    let named: BTreeSet<_> = tables().map(|table| table.name).collect();
    assert!(charters().iter().all(|shipped| named.contains(shipped.name)), "{named:?}");
}
