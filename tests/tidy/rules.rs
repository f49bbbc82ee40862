//! The numbers of SPEC, and who cites them.

use std::collections::BTreeSet;

/// A rule's number, such as B-4.
type Rule = (char, u32);

/// The numbers that SPEC gives out: each stands in bold where its rule begins.
pub(crate) fn defined(spec: &str) -> Vec<Rule> {
    let bold = |line: &str| {
        let (number, _) = line.strip_prefix("**")?.split_once("**")?;
        rule(number).map(|(found, _)| found)
    };
    spec.lines().filter_map(bold).collect()
}

/// The numbers that a text cites: `SPEC B-4`, `SPEC B-1, B-2`, `SPEC B-1 to B-6`.
pub(crate) fn cited<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<Rule> {
    let mut all = BTreeSet::new();
    for line in lines {
        for citation in line.split("SPEC ").skip(1) {
            collect(citation, &mut all);
        }
    }
    all
}

fn collect(citation: &str, all: &mut BTreeSet<Rule>) {
    let mut rest = citation;
    let mut first: Option<Rule> = None;
    while let Some((found, after)) = rule(rest) {
        let from = first.take().map_or(found.1, |(_, number)| number);
        all.extend((from..=found.1).map(|number| (found.0, number)));
        let next = [", ", " and ", " to "].into_iter().find(|word| after.starts_with(word));
        let Some(word) = next else { return };
        if word == " to " {
            first = Some(found);
        }
        rest = after.strip_prefix(word).unwrap_or_default();
    }
}

/// The number that a text begins with, and what follows it.
fn rule(text: &str) -> Option<(Rule, &str)> {
    let letter = text.chars().next().filter(char::is_ascii_uppercase)?;
    let digits = text.get(1..)?.strip_prefix('-')?;
    let end = digits.find(|one: char| !one.is_ascii_digit()).unwrap_or(digits.len());
    let (number, after) = digits.split_at(end);
    Some(((letter, number.parse().ok()?), after))
}

#[test]
fn citations_are_read_in_all_their_forms() {
    let lines = ["// SPEC B-1, C-12 and X-3.", "(SPEC E-2 to E-4)", "no E-9", "SPEC-1 SPEC says"];
    let expected = [('B', 1), ('C', 12), ('E', 2), ('E', 3), ('E', 4), ('X', 3)];
    assert_eq!(cited(lines.into_iter()), BTreeSet::from(expected));
    assert_eq!(defined("**E-1** One value.\nand **E-2** not"), [('E', 1)]);
}
