//! Words of a line and of a template, each with its place.

/// A word of a line, with the column at which it begins, counted in characters from 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) column: usize,
}

/// The words of a line up to a comment. A comma behind a word is one of its own, and what stands
/// between quotation marks is one word, with them.
pub(crate) fn words(line: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut rest = Cursor { line, at: 0, column: 0 };
    while let Some(first) = rest.skip_blanks() {
        let start = (rest.at, rest.column);
        match first {
            '#' => break,
            '"' => {
                rest.step();
                while rest.peek().is_some_and(|next| next != '"') {
                    rest.step();
                }
                rest.step();
            }
            ',' => rest.step(),
            _ => rest.word(),
        }
        let text = line.get(start.0..rest.at).unwrap_or_default();
        found.push(Word { text, column: start.1 });
    }
    found
}

/// A place in a line.
struct Cursor<'a> {
    line: &'a str,
    at: usize,
    column: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.line.get(self.at..)?.chars().next()
    }

    fn step(&mut self) {
        if let Some(next) = self.peek() {
            self.at += next.len_utf8();
            self.column += 1;
        }
    }

    fn skip_blanks(&mut self) -> Option<char> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.step();
        }
        self.peek()
    }

    /// Steps over what is one word: up to a blank, or a comma before a blank.
    fn word(&mut self) {
        while let Some(next) = self.peek() {
            let behind = self.line.get(self.at + next.len_utf8()..).unwrap_or_default();
            let ends = behind.chars().next().is_none_or(char::is_whitespace);
            if next.is_whitespace() || next == ',' && ends {
                return;
            }
            self.step();
        }
    }
}

/// A part of a template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// A word that stands there as it is.
    Word(&'static str),
    /// A slot, and what stands right behind it.
    Slot {
        /// Name of the slot.
        name: &'static str,
        /// End of its last word.
        suffix: &'static str,
    },
}

/// The parts of a template.
pub(crate) fn parts(template: &'static str) -> impl Iterator<Item = Part> {
    template.split(' ').map(|word| {
        let slot = word.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        slot.map_or(Part::Word(word), |(name, suffix)| Part::Slot { name, suffix })
    })
}

/// The words of a sentence as people write them: no blank before a comma.
pub(crate) fn joined(words: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() && word != "," {
            text.push(' ');
        }
        text.push_str(&word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_quotes_and_comments_are_told_from_words() {
        let texts = |line| words(line).into_iter().map(|word| word.text).collect::<Vec<_>>();
        assert_eq!(texts("  a  1,000.00, b#c # d, \"e"), ["a", "1,000.00", ",", "b#c"]);
        assert_eq!(
            texts("coin X \"Club, # points\", 2"),
            ["coin", "X", "\"Club, # points\"", ",", "2"]
        );
        assert_eq!(texts("a ,, \"b"), ["a", ",", ",", "\"b"]);
        assert_eq!(texts(""), Vec::<&str>::new());
        assert_eq!(words("이사회 계정은")[1], Word { text: "계정은", column: 4 });
    }
}
