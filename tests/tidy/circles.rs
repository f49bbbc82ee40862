//! Circles: rooms of a package that use each other.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::Source;

/// Uses by room: the rooms that its files name, tests left out.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The rooms of a package, each of which needs itself in the end.
pub(crate) fn in_circles(package: &str, files: &[Source]) -> Vec<String> {
    let uses = uses(package, files);
    let turns = |room: &&String| reached(&uses, room).contains(*room);
    uses.keys().filter(turns).map(|room| format!("{package}: {room}")).collect()
}

fn uses(package: &str, files: &[Source]) -> Uses {
    let mut uses = Uses::new();
    let within = format!("{package}/src/");
    for file in files {
        let Some(path) = file.path.strip_prefix(&within) else { continue };
        let is_test = ["test", "samples", "fuzz_targets"].iter().any(|part| path.contains(part));
        let room = path.split(['/', '.']).next().unwrap_or_default();
        if is_test || matches!(room, "lib" | "main") {
            continue;
        }
        let text = file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let steps = path.trim_end_matches("/mod.rs").split('/').count();
        let upwards = "super::".repeat(steps);
        let named = [named_after(text, "crate::"), named_after(text, &upwards)].concat();
        uses.entry(room.to_owned())
            .or_default()
            .extend(named.into_iter().filter(|one| one != room));
    }
    uses
}

/// Returns the names that follow a prefix of paths, also in braces.
fn named_after(text: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        // `super::` is the end of `super::super::`, which leads elsewhere.
        if text[..at].ends_with("super::") {
            continue;
        }
        let rest = &text[at + prefix.len()..];
        let group = rest.strip_prefix('{').and_then(|group| group.split(';').next());
        let parts = group.map_or_else(|| vec![rest], outermost);
        let name = |part: &str| {
            part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        names.extend(parts.into_iter().map(name));
    }
    names
}

/// Splits a group of imports at the commas outside of inner braces.
fn outermost(group: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let split = |c: char| {
        depth = if c == '{' { depth + 1 } else { depth.saturating_sub(usize::from(c == '}')) };
        c == ',' && depth == 0
    };
    group.split(split).collect()
}

/// Lists all rooms that a room needs, at once or through others.
fn reached<'u>(uses: &'u Uses, room: &str) -> BTreeSet<&'u String> {
    let mut found = BTreeSet::new();
    let mut ahead: Vec<_> = uses.get(room).into_iter().flatten().collect();
    while let Some(next) = ahead.pop() {
        if found.insert(next) {
            ahead.extend(uses.get(next).into_iter().flatten());
        }
    }
    found
}

#[test]
fn a_circle_is_found_through_others_and_tests_make_none() {
    let file = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let mut files = vec![
        file("p/src/a/x.rs", "use crate::b::B;"),
        file("p/src/b.rs", "use crate::c::{C};"),
        file("p/src/c.rs", "use crate::d::D;\n#[cfg(test)]\nmod tests {\nuse crate::a::A; }"),
        file("p/src/a/tests.rs", "use crate::a::A;"),
        file("q/src/c.rs", "use crate::a::A;"),
    ];
    assert_eq!(in_circles("p", &files), [""; 0]);
    files.push(file("p/src/d.rs", "fn d() { crate::b::b() }"));
    assert_eq!(in_circles("p", &files), ["p: b", "p: c", "p: d"]);
    let siblings = [
        file("p/src/a.rs", "use super::{b::{self, B}, e};"),
        file("p/src/b/mod.rs", "use super::c::C;"),
        file("p/src/c/x.rs", "use super::y::Y;\nuse super::super::a::A;"),
    ];
    assert_eq!(in_circles("p", &siblings), ["p: a", "p: b", "p: c"]);
}
