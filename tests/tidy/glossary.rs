//! The glossary: each term is defined where it says.

use std::fs;

use super::sources::top;
use super::table::{quoted, rows};
use super::{none, spec};

/// Returns the text of the place that a row names: of a rule of SPEC, or of a file.
fn text_of(place: &str, spec: &str) -> Option<String> {
    let text = match place.strip_prefix("SPEC ") {
        Some(number) => rule(spec, number)?.to_owned(),
        None => fs::read_to_string(top().join(place)).ok()?,
    };
    // A term of two words may stand on two lines.
    let words: Vec<_> = text.split_whitespace().filter(|word| *word != "///").collect();
    Some(words.join(" ").to_lowercase())
}

/// Returns the text of a rule, up to the next one.
fn rule<'s>(spec: &'s str, number: &str) -> Option<&'s str> {
    let (_, after) = spec.split_once(&format!("\n**{number}** "))?;
    let ends = ["\n**", "\n## "].into_iter().filter_map(|next| after.find(next));
    ends.min().map_or(Some(after), |end| after.get(..end))
}

fn glossary() -> Vec<[String; 3]> {
    rows(&fs::read_to_string(top().join("GLOSSARY.md")).expect("the glossary is there"))
}

#[test]
fn every_term_of_the_glossary_is_defined_where_it_says() {
    let (rows, spec) = (glossary(), spec());
    assert!(rows.len() > 50, "{} terms", rows.len());
    let mut wrong = Vec::new();
    for [term, _, places] in &rows {
        if quoted(places).next().is_none() {
            wrong.push(format!("{term}: nowhere"));
        }
        for place in quoted(places) {
            match text_of(place, &spec) {
                None => wrong.push(format!("{term}: there is no {place}")),
                Some(text) if !text.contains(&term.to_lowercase()) => {
                    wrong.push(format!("{term}: not in {place}"));
                }
                Some(_) => {}
            }
        }
    }
    none(wrong, "terms that are not defined where the glossary says");
}

#[test]
fn the_glossary_is_in_alphabetical_order_and_has_each_term_once() {
    let terms: Vec<_> = glossary().into_iter().map(|[term, ..]| term.to_lowercase()).collect();
    let wrong = terms.array_windows().filter(|[one, next]| one >= next);
    none(wrong.map(|[one, next]| format!("{one}, {next}")), "one after the other");
}

#[test]
fn the_text_of_a_rule_ends_where_the_next_begins() {
    let spec = "# S\n\n**E-1** One\nvalue.\n\n**E-2** All bytes.\n\n## H: hashes\n\nEvery\n";
    assert_eq!(rule(spec, "E-1"), Some("One\nvalue.\n"));
    assert_eq!(rule(spec, "E-2"), Some("All bytes.\n"));
    assert_eq!(rule(spec, "E-3"), None);
}
