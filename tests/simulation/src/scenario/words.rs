//! The words of one line.

use std::iter::Peekable;
use std::str::SplitWhitespace;

use coinage_protocol::{Amount, Symbol};

use super::story::{Person, units};

/// The most nodes of a story.
pub(super) const NODES_MAX: u16 = 9;
/// The most slots that anything takes.
const SLOTS_MAX: u64 = 100_000;
/// Letters of a name that the seed of its key has room for, besides what stands before it.
const PERSON_MAX: usize = 8;
/// Words with which steps and claims begin: a name would be mistaken for them.
const RESERVED: &[&str] = &[
    "all",
    "blocks",
    "clock",
    "different",
    "equal",
    "expect",
    "heal",
    "height",
    "kill",
    "no",
    "nobody",
    "nodes",
    "one",
    "partition",
    "pause",
    "reorg",
    "resend",
    "resume",
    "right",
    "slot",
    "start",
    "supply",
    "synced",
    "wait",
    "wipe",
    "wrong",
];

/// A mistake: what should stand at a place, and what does.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) expected: String,
    pub(super) found: String,
}

pub(super) type Read<T> = Result<T, Wrong>;

/// The words of a line, read from the left.
#[derive(Debug)]
pub(super) struct Words<'a> {
    words: Peekable<SplitWhitespace<'a>>,
    nodes: u16,
}

impl<'a> Words<'a> {
    /// The words of a line in a story of so many nodes.
    pub(super) fn new(line: &'a str, nodes: u16) -> Self {
        Self { words: line.split_whitespace().peekable(), nodes }
    }

    /// Reads the next word, which must be there.
    pub(super) fn next(&mut self, expected: &str) -> Read<&'a str> {
        self.words.next().ok_or_else(|| wrong(expected, "the end of the line"))
    }

    /// Reads what can be made of the next word.
    pub(super) fn read<T>(
        &mut self,
        expected: &str,
        make: impl Fn(&'a str) -> Option<T>,
    ) -> Read<T> {
        let word = self.next(expected)?;
        make(word).ok_or_else(|| wrong(expected, &quoted(word)))
    }

    /// Checks whether the next word is this one; then it is read.
    pub(super) fn is(&mut self, word: &str) -> bool {
        self.words.next_if(|next| *next == word).is_some()
    }

    /// Reads these words, which must follow.
    pub(super) fn must(&mut self, words: &str) -> Read<()> {
        for word in words.split(' ') {
            self.read(&quoted(words), |next| (next == word).then_some(()))?;
        }
        Ok(())
    }

    /// Checks that nothing more follows.
    pub(super) fn end(&mut self) -> Read<()> {
        self.otherwise("the end of the line")
    }

    /// The next word, if any, is wrong.
    pub(super) fn otherwise(&mut self, expected: &str) -> Read<()> {
        self.words.next().map_or(Ok(()), |word| Err(wrong(expected, &quoted(word))))
    }

    pub(super) fn number(&mut self, expected: &str) -> Read<u64> {
        self.read(expected, |word| digits(word)?.parse().ok())
    }

    /// `20 slots`
    pub(super) fn slots(&mut self) -> Read<u64> {
        let expected = "a number of slots, such as `20 slots`";
        let slots = self.read(expected, |word| {
            digits(word)?.parse().ok().filter(|slots| *slots <= SLOTS_MAX)
        })?;
        self.read(expected, |word| ["slot", "slots"].contains(&word).then_some(()))?;
        Ok(slots)
    }

    /// `n3`
    pub(super) fn node(&mut self) -> Read<u16> {
        let nodes = self.nodes;
        self.read(&format!("a node, n1 to n{nodes}"), |word| node(word, nodes))
    }

    /// `n1 n2`, each once, or `all`
    pub(super) fn nodes(&mut self) -> Read<Vec<u16>> {
        if self.is("all") {
            return Ok((1..=self.nodes).collect());
        }
        let mut all = vec![self.node()?];
        while self.words.peek().is_some_and(|word| is_node(word)) {
            let node = self.node()?;
            if all.contains(&node) {
                return Err(wrong("each node once", &format!("`n{node}` again")));
            }
            all.push(node);
        }
        Ok(all)
    }

    /// `n1 n2 | n3`: every node in one group.
    pub(super) fn groups(&mut self) -> Read<Vec<Vec<u16>>> {
        let mut groups = vec![self.nodes()?];
        while self.is("|") {
            groups.push(self.nodes()?);
        }
        self.end()?;
        let expected = "two groups or more, with every node in one of them";
        for node in 1..=self.nodes {
            let times = groups.iter().flatten().filter(|one| **one == node).count();
            if times != 1 {
                return Err(wrong(expected, &format!("`n{node}` in {times} of them")));
            }
        }
        if groups.len() < 2 { Err(wrong(expected, "one")) } else { Ok(groups) }
    }

    /// `12.50`
    pub(super) fn amount(&mut self) -> Read<Amount> {
        self.read("an amount with at most two decimals, such as `12.50`", units)
    }

    /// `COIN`
    pub(super) fn symbol(&mut self) -> Read<Symbol> {
        self.read("a token, such as `COIN`", |word| word.parse().ok())
    }

    /// `12.50 COIN`
    pub(super) fn money(&mut self) -> Read<(Amount, Symbol)> {
        Ok((self.amount()?, self.symbol()?))
    }

    /// `alice`
    pub(super) fn person(&mut self) -> Read<Person> {
        let expected = format!("somebody's name, at most {PERSON_MAX} small letters");
        self.read(&expected, |word| {
            (is_name(word) && word.len() <= PERSON_MAX).then(|| Person(word.to_owned()))
        })
    }

    /// `rent`
    pub(super) fn name(&mut self) -> Read<String> {
        self.read("the name of a transaction, in small letters", |word| {
            is_name(word).then(|| word.to_owned())
        })
    }

    /// `cap_exceeded`
    pub(super) fn code(&mut self) -> Read<String> {
        self.read("a reason, such as `insufficient_balance`", |word| {
            let small = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            word.bytes().all(small).then(|| word.to_owned())
        })
    }
}

/// The mistake that something else was expected.
pub(super) fn wrong(expected: &str, found: &str) -> Wrong {
    Wrong { expected: expected.to_owned(), found: found.to_owned() }
}

/// A word as errors show it.
pub(super) fn quoted(word: &str) -> String {
    format!("`{word}`")
}

/// A word that is nothing but digits.
pub(super) fn digits(word: &str) -> Option<&str> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then_some(word)
}

fn is_name(word: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = word.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    begins && word.bytes().all(allowed) && !RESERVED.contains(&word) && !is_node(word)
}

fn is_node(word: &str) -> bool {
    word.strip_prefix('n').is_some_and(|rest| !rest.is_empty() && digits(rest).is_some())
}

fn node(word: &str, nodes: u16) -> Option<u16> {
    let number = word.strip_prefix('n').and_then(digits)?;
    number.parse().ok().filter(|number| (1..=nodes).contains(number))
}
