//! Errors of a policy's text: the place, what is wrong there, and what may stand there.

use std::fmt;

/// The reason why a text is no policy.
///
/// As text it shows the line with a mark under the word.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct PolicyError {
    /// Number of the line, from 1.
    pub line: usize,
    /// Column of the word in characters, from 1.
    pub column: usize,
    /// Characters of the word.
    pub width: usize,
    /// The line as it is written.
    pub text: String,
    /// Sentence about what is wrong.
    pub message: String,
    /// Words and kinds of words that may stand there.
    pub expected: Vec<String>,
}

/// Columns of a line that are shown at most.
const SHOWN_MAX: usize = 200;

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, width, text, message, expected } = self;
        write!(formatter, "line {line}, column {column}: {message}")?;
        let before: String = text.chars().take(column.saturating_sub(1)).map(blank).collect();
        let shown: String = text.chars().take(SHOWN_MAX).collect();
        if before.chars().count() < SHOWN_MAX {
            let mark = "^".repeat((*width).clamp(1, SHOWN_MAX));
            write!(formatter, "\n  {shown}\n  {before}{mark}")?;
        }
        if expected.is_empty() {
            return Ok(());
        }
        write!(formatter, "\n  here may stand: {}", expected.join(", "))
    }
}

/// A blank as wide as a character on most terminals.
fn blank(character: char) -> &'static str {
    const WIDE: [(char, char); 3] =
        [('\u{1100}', '\u{115f}'), ('\u{2e80}', '\u{d7a3}'), ('\u{ff01}', '\u{ff60}')];
    let wide = WIDE.iter().any(|(first, last)| (*first..=*last).contains(&character));
    if wide { "  " } else { " " }
}
