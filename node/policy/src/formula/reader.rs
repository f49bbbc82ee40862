//! Reader of formulas.

use coinage_protocol::limits::FORMULA_TERMS_MAX;
use coinage_protocol::{Formula, RoleId, Term};

use super::lexer::{Token, tokens};
use super::{FUNCTIONS, MEMBERS, OF, QUANTITIES, pick, write};
use crate::figures;
use crate::language::Language;
use crate::names::{Misfit, Names};

/// Parentheses within each other: more than a formula of so many terms needs.
const DEPTH_MAX: usize = FORMULA_TERMS_MAX;

/// The formula that words in square brackets say.
pub(crate) fn read(words: &[&str], names: &Names, language: Language) -> Result<Formula, Misfit> {
    let all = tokens(words);
    let mut reader = Reader { rest: &all, last: words.len(), names, language, terms: Vec::new() };
    reader.sign('[')?;
    reader.sum(0)?;
    reader.sign(']')?;
    if !reader.rest.is_empty() {
        return Err(reader.misfit("nothing stands behind a formula", vec![]));
    }
    let formula = Formula::new(reader.terms).map_err(|error| whole(words, error.to_string()))?;
    let canonical = write(&formula, names, language);
    let spelled: Vec<_> = canonical.split(' ').collect();
    if same(&tokens(&spelled), &all) {
        return Ok(formula);
    }
    Err(Misfit {
        expected: vec![canonical.clone()],
        ..whole(words, format!("this is written `{canonical}`"))
    })
}

fn whole(words: &[&str], message: String) -> Misfit {
    Misfit { message, expected: Vec::new(), words: Some((0, words.len())) }
}

/// Checks whether two texts differ in nothing but how they write figures.
fn same(one: &[(Token<'_>, usize)], other: &[(Token<'_>, usize)]) -> bool {
    let alike = |(one, other): (&(Token<'_>, usize), &(Token<'_>, usize))| match (one.0, other.0) {
        (Token::Figure(one), Token::Figure(other)) => {
            // Zeros behind the point may be left out, and commas everywhere.
            let bare = |text: &str| match text.replace(',', "") {
                text if text.contains('.') => {
                    text.trim_end_matches('0').trim_end_matches('.').to_owned()
                }
                text => text,
            };
            bare(one) == bare(other)
        }
        (one, other) => one == other,
    };
    one.len() == other.len() && one.iter().zip(other).all(alike)
}

struct Reader<'t> {
    rest: &'t [(Token<'t>, usize)],
    /// Number of words: the place behind the last one.
    last: usize,
    names: &'t Names,
    language: Language,
    terms: Vec<Term>,
}

impl<'t> Reader<'t> {
    fn sum(&mut self, depth: usize) -> Result<(), Misfit> {
        self.product(depth)?;
        while let Some(term) = self.operation([('+', Term::Add), ('-', Term::Subtract)]) {
            self.product(depth)?;
            self.terms.push(term);
        }
        Ok(())
    }

    fn product(&mut self, depth: usize) -> Result<(), Misfit> {
        self.part(depth)?;
        while let Some(term) = self.operation([('*', Term::Multiply), ('/', Term::Divide)]) {
            self.part(depth)?;
            self.terms.push(term);
        }
        Ok(())
    }

    /// A value, or a part of one: `2 % of ..`, `..의 2 %`.
    fn part(&mut self, depth: usize) -> Result<(), Misfit> {
        if self.language == Language::Korean {
            self.value(depth)?;
            while self.takes(Token::Name(OF)) {
                let rate = self.rate()?;
                self.terms.push(rate);
            }
            return Ok(());
        }
        if !matches!(self.rest, [(Token::Figure(_), _), (Token::Sign('%'), _), ..]) {
            return self.value(depth);
        }
        let rate = self.rate()?;
        if !self.takes(Token::Name("of")) {
            return Err(self.misfit("a part is a part of something", vec!["`of`".to_owned()]));
        }
        self.part(self.deeper(depth)?)?;
        self.terms.push(rate);
        Ok(())
    }

    fn rate(&mut self) -> Result<Term, Misfit> {
        let expected = || vec!["a number of per cent, at most 100".to_owned()];
        let Some((Token::Figure(text), _)) = self.rest.first() else {
            return Err(self.misfit("here stands a part in per cent", expected()));
        };
        let rate = figures::parse_percent(text)
            .ok_or_else(|| self.misfit(&format!("`{text}` is no such part"), expected()))?;
        self.step();
        self.sign('%')?;
        Ok(Term::Part(rate))
    }

    fn value(&mut self, depth: usize) -> Result<(), Misfit> {
        match self.rest.first().map(|(token, _)| *token) {
            Some(Token::Figure(text)) => {
                let term = self.figure(text)?;
                self.step();
                self.terms.push(term);
                Ok(())
            }
            Some(Token::Sign('(')) => {
                self.step();
                self.sum(self.deeper(depth)?)?;
                self.sign(')')
            }
            Some(Token::Name(name)) => self.named(name, depth),
            _ => Err(self.misfit("here stands a value", self.values())),
        }
    }

    fn figure(&self, text: &str) -> Result<Term, Misfit> {
        let decimals = self.names.decimals;
        let term = if decimals == 0 || text.contains('.') {
            figures::parse_amount(text, decimals).map(Term::Amount)
        } else {
            figures::parse_count(text).map(Term::Number)
        };
        term.ok_or_else(|| self.misfit(&format!("`{text}` does not fit here"), self.values()))
    }

    fn named(&mut self, name: &str, depth: usize) -> Result<(), Misfit> {
        let is = |english, korean| name == pick(self.language, english, korean);
        if let Some((.., term)) = QUANTITIES.iter().find(|(one, other, _)| is(one, other)) {
            self.step();
            self.terms.push(*term);
            return Ok(());
        }
        if let Some((.., term)) = FUNCTIONS.iter().find(|(one, other, _)| is(one, other)) {
            self.step();
            self.sign('(')?;
            self.sum(self.deeper(depth)?)?;
            self.sign(',')?;
            self.sum(self.deeper(depth)?)?;
            self.sign(')')?;
            self.terms.push(*term);
            return Ok(());
        }
        if !is(MEMBERS.0, MEMBERS.1) {
            return Err(self.misfit(&format!("`{name}` names no value"), self.values()));
        }
        self.step();
        self.sign('(')?;
        let role = self.role()?;
        self.step();
        self.sign(')')?;
        self.terms.push(Term::Members(role));
        Ok(())
    }

    fn role(&self) -> Result<RoleId, Misfit> {
        let known = || self.names.roles.iter().map(|name| format!("`{name}`")).collect();
        let Some((Token::Name(name), _)) = self.rest.first() else {
            return Err(self.misfit("here stands a role", known()));
        };
        let place = self.names.roles.iter().position(|role| role.as_str() == *name);
        let role = place.and_then(|place| u8::try_from(place).ok()).map(RoleId);
        role.ok_or_else(|| self.misfit(&format!("no role is called `{name}`"), known()))
    }

    fn deeper(&self, depth: usize) -> Result<usize, Misfit> {
        if depth < DEPTH_MAX {
            return Ok(depth + 1);
        }
        Err(self.misfit("these are too many parentheses within each other", vec![]))
    }

    fn operation(&mut self, of: [(char, Term); 2]) -> Option<Term> {
        let found = of.into_iter().find(|(sign, _)| self.takes(Token::Sign(*sign)));
        found.map(|(_, term)| term)
    }

    fn sign(&mut self, sign: char) -> Result<(), Misfit> {
        if self.takes(Token::Sign(sign)) {
            return Ok(());
        }
        let ends = self.rest.is_empty();
        let message =
            if ends { "the formula ends too early" } else { "this does not fit in a formula" };
        Err(self.misfit(message, vec![format!("`{sign}`")]))
    }

    fn takes(&mut self, token: Token<'_>) -> bool {
        let is_there = self.rest.first().is_some_and(|(first, _)| *first == token);
        if is_there {
            self.step();
        }
        is_there
    }

    fn step(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// Descriptions of the values of a formula.
    fn values(&self) -> Vec<String> {
        let language = self.language;
        let names =
            QUANTITIES.iter().map(|(one, other, _)| format!("`{}`", pick(language, one, other)));
        let functions = FUNCTIONS
            .iter()
            .map(|(one, other, _)| format!("`{}(.., ..)`", pick(language, one, other)));
        let members = format!("`{}(ROLE)`", pick(language, MEMBERS.0, MEMBERS.1));
        let amount = figures::sample(self.names.decimals);
        let figures = [format!("an amount such as {amount}"), "a number".to_owned()];
        names.chain(functions).chain([members]).chain(figures).collect()
    }

    fn misfit(&self, message: &str, expected: Vec<String>) -> Misfit {
        let (place, width) = self.rest.first().map_or((self.last, 0), |(_, place)| (*place, 1));
        Misfit { message: message.to_owned(), expected, words: Some((place, width)) }
    }
}
