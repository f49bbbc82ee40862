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
        let is_test = path.contains("tests") || path.contains("samples");
        let room = path.split(['/', '.']).next().unwrap_or_default();
        if is_test || matches!(room, "lib" | "main") {
            continue;
        }
        let text = file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let named = text.split("crate::").skip(1).map(|rest| {
            rest.chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect::<String>()
        });
        uses.entry(room.to_owned()).or_default().extend(named.filter(|named| named != room));
    }
    uses
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
}
