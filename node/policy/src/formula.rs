//! Formulas as text: what stands in square brackets in the place of an amount.
//!
//! `+ - * /` bind as everywhere, `X % of` (in Korean `..의 X %`) closest. One formula has one text.

mod lexer;
mod reader;
mod writer;

pub(crate) use self::reader::read;
pub(crate) use self::writer::write;

use coinage_protocol::Term;

use crate::language::Language;

/// Words of formulas: English, Korean, and what they name.
const QUANTITIES: [(&str, &str, Term); 5] = [
    ("supply", "유통량", Term::Supply),
    ("issued", "발행량", Term::Issued),
    ("burned", "소각량", Term::Burned),
    ("days", "일수", Term::Days),
    ("periods", "구간수", Term::Periods),
];
/// Words before parentheses: of two values, and of a role.
const FUNCTIONS: [(&str, &str, Term); 2] = [("min", "최소", Term::Min), ("max", "최대", Term::Max)];
const MEMBERS: (&str, &str) = ("members", "계정수");
/// Word between a value and a part of it in Korean.
const OF: &str = "의";

fn pick(language: Language, english: &'static str, korean: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::Korean => korean,
    }
}

#[cfg(test)]
mod tests;
