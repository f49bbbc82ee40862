//! Writer of formulas: with no more parentheses than it takes.

use coinage_protocol::{Formula, RoleId, Term};

use super::{FUNCTIONS, MEMBERS, OF, QUANTITIES, pick};
use crate::figures;
use crate::language::Language;
use crate::names::Names;

/// Closeness with which the operation binds that made a text.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Bond {
    Sum,
    Product,
    Part,
    Value,
}

/// The text of a formula, with its square brackets.
pub(crate) fn write(formula: &Formula, names: &Names, language: Language) -> String {
    let mut texts: Vec<(String, Bond)> = Vec::new();
    for term in &**formula {
        let mut taken = texts.split_off(texts.len().saturating_sub(term.takes())).into_iter();
        let (one, two) = (taken.next(), taken.next());
        texts.push(joined(term, one, two, (names, language)));
    }
    let (text, _) = texts.pop().expect("a formula has a value");
    format!("[{text}]")
}

fn joined(
    term: &Term,
    one: Option<(String, Bond)>,
    two: Option<(String, Bond)>,
    (names, language): (&Names, Language),
) -> (String, Bond) {
    match (term, one, two) {
        (Term::Add, Some(one), Some(two)) => operation(one, '+', two, [Bond::Sum, Bond::Product]),
        (Term::Subtract, Some(one), Some(two)) => {
            operation(one, '-', two, [Bond::Sum, Bond::Product])
        }
        (Term::Multiply, Some(one), Some(two)) => {
            operation(one, '*', two, [Bond::Product, Bond::Part])
        }
        (Term::Divide, Some(one), Some(two)) => {
            operation(one, '/', two, [Bond::Product, Bond::Part])
        }
        (Term::Part(rate), Some(one), _) => {
            let (of, rate) = (within(one, Bond::Part), figures::percent(*rate));
            let text = match language {
                Language::English => format!("{rate} % of {of}"),
                Language::Korean => format!("{of}{OF} {rate} %"),
            };
            (text, Bond::Part)
        }
        (term, Some((one, _)), Some((two, _))) => {
            let name = FUNCTIONS.iter().find(|(.., known)| known == term);
            let name = name.map_or("", |(english, korean, _)| pick(language, english, korean));
            (format!("{name}({one}, {two})"), Bond::Value)
        }
        (term, ..) => (value(term, names, language), Bond::Value),
    }
}

fn value(term: &Term, names: &Names, language: Language) -> String {
    match term {
        Term::Amount(amount) => figures::amount(*amount, names.decimals),
        Term::Number(number) => figures::count(*number),
        Term::Members(RoleId(place)) => {
            let role = names.roles.get(usize::from(*place)).map(ToString::to_string);
            let name = pick(language, MEMBERS.0, MEMBERS.1);
            format!("{name}({})", role.unwrap_or_default())
        }
        term => {
            let name = QUANTITIES.iter().find(|(.., known)| known == term);
            name.map_or("", |(english, korean, _)| pick(language, english, korean)).to_owned()
        }
    }
}

fn operation(
    one: (String, Bond),
    sign: char,
    two: (String, Bond),
    [left, right]: [Bond; 2],
) -> (String, Bond) {
    (format!("{} {sign} {}", within(one, left), within(two, right)), left)
}

/// A text that binds at least so closely.
fn within((text, bond): (String, Bond), least: Bond) -> String {
    if bond >= least { text } else { format!("({text})") }
}
