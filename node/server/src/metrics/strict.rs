//! Reader of OpenMetrics text that takes nothing for granted, for tests.

use std::collections::{BTreeMap, BTreeSet};

/// A family: its type, its help, and its samples with their labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct FamilyText {
    pub(crate) kind: String,
    pub(crate) unit: String,
    pub(crate) help: String,
    pub(crate) samples: Vec<(String, String, f64)>,
}

/// Reads a whole exposition.
///
/// # Panics
///
/// At the first line that the format does not allow there.
pub(crate) fn parse(text: &str) -> BTreeMap<String, FamilyText> {
    let body = text.strip_suffix("# EOF\n").expect("it ends with EOF");
    let mut families = BTreeMap::<String, FamilyText>::new();
    let mut current = String::new();
    let mut seen = BTreeSet::new();
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut parts = rest.splitn(3, ' ');
            let mut word = || parts.next().unwrap_or_else(|| panic!("cut short: {line}"));
            let (what, name, value) = (word(), word().to_owned(), word().to_owned());
            assert!(is_name(&name), "{line}");
            if name != current {
                assert!(!families.contains_key(&name), "{name} comes twice");
                current.clone_from(&name);
            }
            let family = families.entry(name).or_default();
            let field = match what {
                "HELP" => &mut family.help,
                "TYPE" => &mut family.kind,
                "UNIT" => &mut family.unit,
                _ => panic!("{line}"),
            };
            assert!(field.is_empty() && family.samples.is_empty(), "{line}");
            *field = value;
            continue;
        }
        let (key, value) = line.rsplit_once(' ').expect("a value");
        assert!(seen.insert(key.to_owned()), "twice: {key}");
        let (name, labels) = match key.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect("closed")),
            None => (key, ""),
        };
        let family = families.get_mut(&current).expect("described before its samples");
        let suffix = name.strip_prefix(&current).unwrap_or_else(|| panic!("strays: {line}"));
        let allowed: &[&str] = match family.kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            other => panic!("type {other:?}: {line}"),
        };
        assert!(allowed.contains(&suffix), "{line}");
        labels_are_sound(labels, line);
        // Then there may be no sum.
        assert!(!labels.contains("le=\"-"), "a negative bucket: {line}");
        let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        family.samples.push((name.to_owned(), labels.to_owned(), value));
    }
    for (name, family) in &families {
        let unit = &family.unit;
        assert!(unit.is_empty() || name.ends_with(&format!("_{unit}")), "{name} in {unit}");
        assert!(!family.help.is_empty() && !family.kind.is_empty(), "{name}: {family:?}");
    }
    families
}

fn is_name(name: &str) -> bool {
    let letter = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_';
    !name.is_empty() && name.chars().all(letter) && !name.starts_with(|one: char| one.is_numeric())
}

fn labels_are_sound(labels: &str, line: &str) {
    let mut rest = labels;
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
        assert!(is_name(name), "{name}: {line}");
        let end = after.find('"').unwrap_or_else(|| panic!("not closed: {line}"));
        assert!(!after[..end].contains('\\'), "no value of ours needs escaping: {line}");
        rest = &after[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}
