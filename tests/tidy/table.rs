//! The table of rules, of those who break them, and of the checks that notice.

use std::fs;

use super::rules::defined;
use super::sources::{Source, sources, top};
use super::{none, spec};

/// Lists what stands between back-ticks.
pub(crate) fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The rows of a text's tables of three columns, but for the heads.
pub(crate) fn rows(text: &str) -> Vec<[String; 3]> {
    let cells = |line: &str| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let cells: Vec<_> = cells.map(str::to_owned).collect();
        <[String; 3]>::try_from(cells).ok()
    };
    let heads = ["rule", "term", "what"];
    text.lines().filter_map(cells).filter(|row| !heads.contains(&row[0].as_str())).collect()
}

fn table() -> Vec<[String; 3]> {
    rows(&fs::read_to_string(top().join("tests/README.md")).expect("the table is there"))
}

#[test]
fn every_rule_has_its_row_in_the_table_of_actors_and_checks() {
    let rules: Vec<_> =
        defined(&spec()).iter().map(|(part, number)| format!("{part}-{number}")).collect();
    let rows = table();
    let listed: Vec<_> =
        rows.iter().map(|row| row[0].clone()).filter(|rule| !rule.contains(' ')).collect();
    assert_eq!(listed, rules, "one row for each rule, in the order of SPEC");
    let empty = |cell: &String| quoted(cell).next().is_none() && !cell.contains("**left**: ");
    let empty = rows.iter().filter(|row| empty(&row[1]) || empty(&row[2]));
    let unnamed = empty.filter(|row| !row[1].starts_with("whoever"));
    none(unnamed.map(|row| row.join(" | ")), "nobody, nothing, and no work left");
}

#[test]
fn every_actor_and_every_check_of_the_table_exists() {
    let files = sources(".rs");
    let lives: Vec<&Source> =
        files.iter().filter(|file| file.path.starts_with("tests/simulation/src/")).collect();
    let named = |name: &str| lives.iter().any(|file| file.text.contains(&format!("\"{name}\"")));
    let is_file = |name: &str| top().join(name).is_file();
    let is_test = |name: &str| {
        let claim = format!("fn {name}()");
        let property = format!("fn {name}(");
        files.iter().any(|file| file.text.contains(&claim) || file.text.contains(&property))
    };
    let mut missing = Vec::new();
    for [rule, actor, check] in table() {
        let actors = quoted(&actor).filter(|name| !named(name) && !is_file(name));
        missing.extend(actors.map(|name| format!("{rule}: nobody is called {name}")));
        let invariants = |name: &str| {
            lives.iter().any(|file| {
                file.text.contains(&format!("\"{name}\""))
                    || file.text.contains(&format!("\"{name}:"))
            })
        };
        let checks = quoted(&check).filter(|name| !invariants(name) && !is_test(name));
        missing.extend(checks.map(|name| format!("{rule}: nothing checks {name}")));
    }
    none(missing, "names in the table that nothing has");
}

#[test]
fn a_row_has_three_cells_and_names_stand_between_back_ticks() {
    let text = "| rule | actor | check |\n|--|--|--|\n| E-1 | `a`, `b c` | **left**: x |\nno row";
    let rows = rows(text);
    assert_eq!(rows.len(), 1);
    assert!(quoted(&rows[0][1]).eq(["a", "b c"]));
    assert_eq!(quoted(&rows[0][2]).count(), 0);
}
