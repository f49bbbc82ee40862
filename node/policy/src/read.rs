//! Reader: sentences as a charter.

use std::collections::BTreeSet;

use coinage_protocol::limits::{CHARTER_ACCOUNTS_MAX, CLAUSES_MAX};
use coinage_protocol::{
    Bounded, Charter, CharterError, CharterParts, Clause, ClauseId, Holder, Instant, NamedAccount,
    Symbol, Text, Threshold, limits,
};

use crate::clauses::{Values, clause_of};
use crate::error::PolicyError;
use crate::language::Language;
use crate::names::Names;
use crate::slot::{self, Value};
use crate::table::{Kind, ROWS};
use crate::words::{Part, Word, parts, words};

/// Bytes of a policy's text that are read: many times what the longest charter takes.
pub const FILE_BYTES_MAX: usize = 64 * 1024;

/// Reads a charter from its text: a sentence a line, in one language, with comments after `#`.
///
/// # Errors
///
/// [`PolicyError`] with the line, the word and what may stand there.
pub fn read(text: &str) -> Result<Charter, PolicyError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(whole(1, "", format!("a policy has at most {FILE_BYTES_MAX} bytes")));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<Line<'_>> = (1..)
        .zip(text.lines())
        .map(|(number, text)| Line { number, text, words: words(text) })
        .filter(|line| !line.words.is_empty())
        .collect();
    let Some(first) = lines.first() else {
        return Err(whole(1, "", "there is no sentence".to_owned()));
    };
    let language = language(first);
    let mut draft = Draft { language, ..Draft::default() };
    // Roles are declared anywhere, and named before that.
    draft.names.roles = lines.iter().filter_map(|line| declared_role(line, language)).collect();
    for line in &lines {
        draft.add(line)?;
    }
    draft.finish(&lines)
}

/// A line that says something.
struct Line<'a> {
    number: usize,
    text: &'a str,
    words: Vec<Word<'a>>,
}

/// Draft of a charter: what was read so far.
#[derive(Default)]
struct Draft {
    language: Language,
    names: Names,
    coin: Option<(Symbol, Text<{ limits::NAME_BYTES_MAX }>)>,
    anchor: Option<Instant>,
    accounts: Vec<NamedAccount>,
    /// Clauses with the lines that say them.
    clauses: Vec<(Clause, usize)>,
}

impl Draft {
    fn add(&mut self, line: &Line<'_>) -> Result<(), PolicyError> {
        let (kind, values) = matched(line, &self.names, self.language)?;
        if kind != Kind::Coin && self.coin.is_none() {
            let first = Attempt::expecting(0, vec![coin_word(self.language)]);
            return Err(first.error(line, "a policy begins with the coin"));
        }
        match kind {
            Kind::Coin => self.set_coin(line, &values),
            Kind::Anchor if self.anchor.is_some() => Err(line.twice()),
            Kind::Anchor => {
                self.anchor = values.instant("instant");
                Ok(())
            }
            Kind::AddressAccount | Kind::ThresholdAccount => self.add_account(line, &values),
            _ => self.add_clause(line, kind, &values),
        }
    }

    fn set_coin(&mut self, line: &Line<'_>, values: &Values) -> Result<(), PolicyError> {
        if self.coin.is_some() {
            return Err(line.twice());
        }
        let (
            Some(Value::Symbol(symbol)),
            Some(Value::Title(title)),
            Some(Value::Decimals(decimals)),
        ) = (values.get("symbol"), values.get("title"), values.get("decimals"))
        else {
            return Err(line.error("this is no coin".to_owned()));
        };
        self.coin = Some((*symbol, title.clone()));
        self.names.decimals = *decimals;
        Ok(())
    }

    fn add_account(&mut self, line: &Line<'_>, values: &Values) -> Result<(), PolicyError> {
        let name = values.name("new-account").ok_or_else(|| line.twice())?;
        let holder = match (values.get("address"), values.get("keys"), values.count("count")) {
            (Some(Value::Address(address)), ..) => Holder::Address(*address),
            (_, Some(Value::Keys(keys)), Some(count)) => {
                let required = u8::try_from(count).unwrap_or(u8::MAX);
                let threshold = Threshold::new(required, keys.clone());
                Holder::Threshold(threshold.map_err(|error| line.error(error.to_string()))?)
            }
            _ => return Err(line.error("this is no account".to_owned())),
        };
        if self.names.accounts.contains(&name) {
            return Err(line.error(format!("two accounts are called `{name}`")));
        }
        if self.accounts.len() == CHARTER_ACCOUNTS_MAX {
            let message = format!("a charter names at most {CHARTER_ACCOUNTS_MAX} accounts");
            return Err(line.error(message));
        }
        self.names.accounts.push(name.clone());
        self.accounts.push(NamedAccount { name, holder });
        Ok(())
    }

    fn add_clause(
        &mut self,
        line: &Line<'_>,
        kind: Kind,
        values: &Values,
    ) -> Result<(), PolicyError> {
        let clause = clause_of(kind, values).ok_or_else(|| line.error("no clause".to_owned()))?;
        if self.clauses.len() == CLAUSES_MAX {
            return Err(line.error(format!("a charter has at most {CLAUSES_MAX} clauses")));
        }
        self.clauses.push((clause, line.number));
        Ok(())
    }

    fn finish(self, lines: &[Line<'_>]) -> Result<Charter, PolicyError> {
        let last = lines.last().map_or(1, |line| line.number);
        let missing = |what: &str| {
            let template = ROWS.iter().find(|row| matches!(row.kind, Kind::Anchor));
            let template = template.map_or("", |row| row.template(self.language));
            whole(last, "", format!("{what}: a line such as `{template}` is missing"))
        };
        let Some((token, name)) = self.coin.clone() else { return Err(missing("the coin")) };
        let anchor = self.anchor.ok_or_else(|| missing("the beginning of all periods"))?;
        let (clauses, numbers): (Vec<_>, Vec<_>) = self.clauses.into_iter().unzip();
        let parts = CharterParts {
            token,
            name,
            decimals: self.names.decimals,
            anchor,
            accounts: Bounded::first_of(self.accounts),
            clauses: Bounded::first_of(clauses),
        };
        Charter::new(parts).map_err(|error| {
            let at = blamed(&error).and_then(|id| numbers.get(usize::from(id.0)).copied());
            let line = lines.iter().find(|line| Some(line.number) == at);
            let message = error.to_string();
            line.map_or_else(
                || whole(last, "", message.clone()),
                |line| line.error(message.clone()),
            )
        })
    }
}

/// The clause that an error is about.
fn blamed(error: &CharterError) -> Option<ClauseId> {
    match error {
        CharterError::Dangling { clause }
        | CharterError::Empty { clause, .. }
        | CharterError::Formula { clause, .. }
        | CharterError::IssueBesideOwe { clause, .. }
        | CharterError::CreationAboveLimit { clause } => Some(*clause),
        CharterError::Twice { second, .. } => Some(*second),
        _ => None,
    }
}

impl Line<'_> {
    fn error(&self, message: String) -> PolicyError {
        let end = self.words.last().map_or(1, |word| word.column + word.text.chars().count());
        let column = self.words.first().map_or(0, |word| word.column);
        PolicyError {
            line: self.number,
            column: column + 1,
            width: end - column,
            text: self.text.to_owned(),
            message,
            expected: Vec::new(),
        }
    }

    fn twice(&self) -> PolicyError {
        self.error("this is said a second time".to_owned())
    }
}

fn whole(line: usize, text: &str, message: String) -> PolicyError {
    PolicyError { line, column: 1, width: 1, text: text.to_owned(), message, expected: Vec::new() }
}

/// The language of a text, by its first line.
fn language(first: &Line<'_>) -> Language {
    let korean = first.words.first().map(|word| word.text) == Some(&coin_word(Language::Korean));
    if korean { Language::Korean } else { Language::English }
}

/// The word with which each text of a language begins.
fn coin_word(language: Language) -> String {
    let row = ROWS.iter().find(|row| row.kind == Kind::Coin).expect("there is a coin");
    row.template(language).split(' ').next().unwrap_or_default().to_owned()
}

/// The name of the role that a line declares, if it has the shape of such a line.
fn declared_role(line: &Line<'_>, language: Language) -> Option<coinage_protocol::Name> {
    let row = ROWS.iter().find(|row| row.kind == Kind::Role)?;
    let template: Vec<_> = parts(row.template(language)).collect();
    if template.len() != line.words.len() {
        return None;
    }
    let mut name = None;
    for (part, word) in template.iter().zip(&line.words) {
        match part {
            Part::Word(expected) if *expected != word.text => return None,
            Part::Slot { name: "new-role", suffix } => {
                name = word.text.strip_suffix(suffix)?.parse().ok();
            }
            Part::Word(_) | Part::Slot { .. } => {}
        }
    }
    name
}

/// The one row that a line matches, and what stands in its slots.
fn matched(
    line: &Line<'_>,
    names: &Names,
    language: Language,
) -> Result<(Kind, Values), PolicyError> {
    let mut best = Attempt::expecting(0, Vec::new());
    for row in ROWS {
        match attempt(row.template(language), line, names, language) {
            Ok(values) => return Ok((row.kind, values)),
            Err(attempt) => {
                let likeness = likeness(row.template(language), line);
                best = best.or(Attempt { likeness, ..attempt });
            }
        }
    }
    Err(best.error(line, "this is not a sentence of a policy"))
}

/// Length to which a line agreed with a row, and what the row has there.
struct Attempt {
    /// Hundredths of the row's words that the line has, wherever.
    likeness: usize,
    /// Words that agreed.
    agreed: usize,
    /// Words that did not, at least one.
    width: usize,
    message: Option<String>,
    expected: BTreeSet<String>,
}

impl Attempt {
    fn expecting(agreed: usize, expected: Vec<String>) -> Self {
        let expected = expected.into_iter().collect();
        Self { likeness: 0, agreed, width: 1, message: None, expected }
    }

    /// The one that is more alike, or got further; of two that are as good, what both expect.
    fn or(mut self, mut other: Self) -> Self {
        let (one, two) = ((self.likeness, self.agreed), (other.likeness, other.agreed));
        if one != two {
            return if one > two { self } else { other };
        }
        self.expected.append(&mut other.expected);
        // What is wrong with a slot says more than that some word does not fit.
        self.width = self.width.max(other.width);
        self.message = self.message.or(other.message);
        self
    }

    fn error(self, line: &Line<'_>, otherwise: &str) -> PolicyError {
        let wrong = line.words.get(self.agreed..).unwrap_or_default();
        let wrong = wrong.get(..self.width).unwrap_or(wrong);
        let (column, width) = match (wrong.first(), wrong.last(), line.words.last()) {
            (Some(first), Some(last), _) => {
                (first.column, last.column + last.text.chars().count() - first.column)
            }
            (_, _, Some(last)) => (last.column + last.text.chars().count(), 1),
            _ => (0, 1),
        };
        let ends = wrong.is_empty().then(|| "the sentence ends too early".to_owned());
        let message = self.message.or(ends).unwrap_or_else(|| otherwise.to_owned());
        PolicyError {
            line: line.number,
            column: column + 1,
            width,
            text: line.text.to_owned(),
            message,
            expected: self.expected.into_iter().collect(),
        }
    }
}

/// Hundredths of a row's words that a line has, wherever.
fn likeness(template: &'static str, line: &Line<'_>) -> usize {
    let has = |word: &str| line.words.iter().any(|one| one.text == word);
    let (mut found, mut all) = (0, 0);
    for part in parts(template) {
        if let Part::Word(word) = part {
            all += 1;
            found += usize::from(has(word));
        }
    }
    found * 100 / all.max(1)
}

fn attempt(
    template: &'static str,
    line: &Line<'_>,
    names: &Names,
    language: Language,
) -> Result<Values, Attempt> {
    let (mut values, mut at) = (Values::default(), 0);
    for part in parts(template) {
        let rest = line.words.get(at..).unwrap_or_default();
        match part {
            Part::Word(word) => {
                if rest.first().map(|first| first.text) != Some(word) {
                    return Err(Attempt::expecting(at, vec![format!("`{word}`")]));
                }
                at += 1;
            }
            Part::Slot { name, suffix } => {
                let (value, width) = fill(name, suffix, rest, names, language)
                    .map_err(|misfit| Attempt { agreed: at + misfit.agreed, ..misfit })?;
                values.put(name, value);
                at += width;
            }
        }
    }
    match line.words.get(at) {
        None => Ok(values),
        Some(_) => Err(Attempt::expecting(at, vec!["the end of the sentence".to_owned()])),
    }
}

/// Reads a slot from the words that follow.
fn fill(
    name: &'static str,
    suffix: &str,
    rest: &[Word<'_>],
    names: &Names,
    language: Language,
) -> Result<(Value, usize), Attempt> {
    let width = slot::width(name, rest, language);
    let Some(taken) = rest.get(..width) else {
        return Err(Attempt::expecting(0, slot::described(name, names)));
    };
    let mut texts: Vec<_> = taken.iter().map(|word| word.text).collect();
    if let Some(last) = texts.last_mut() {
        let Some(bare) = last.strip_suffix(suffix) else {
            return Err(Attempt::expecting(0, slot::described(name, names)));
        };
        *last = bare;
    }
    match slot::read(name, &texts, names, language) {
        Ok(value) => Ok((value, width)),
        Err(misfit) => {
            let message = Some(misfit.message);
            let expected = misfit.expected.into_iter().collect();
            let (agreed, width) = misfit.words.unwrap_or((0, width));
            Err(Attempt { likeness: 0, agreed, width, message, expected })
        }
    }
}
