//! The rules of the house, checked.

mod circles;
mod doc_heads;
mod glossary;
mod purity;
mod rules;
mod sources;
mod table;

use std::collections::BTreeSet;
use std::fs;

use coinage_simulation::conformance::Replay;

use self::rules::{cited, defined};
use self::sources::{Source, sources, top};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_CHARACTERS_MAX: usize = 100;

/// Fails with every finding at once.
fn none(findings: impl IntoIterator<Item = String>, rule: &str) {
    let findings: Vec<_> = findings.into_iter().collect();
    assert!(findings.is_empty(), "{rule}:\n{}", findings.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let lines = |file: &Source| (file.path.clone(), file.text.lines().count());
    let long = sources(".rs")
        .iter()
        .map(lines)
        .filter(|(_, lines)| *lines > FILE_LINES_MAX)
        .collect::<Vec<_>>();
    none(long.iter().map(|(path, lines)| format!("{path}: {lines}")), "at most 400 lines");
}

#[test]
fn no_rooms_of_a_package_need_each_other() {
    let files = sources(".rs");
    let within = files.iter().filter_map(|file| file.path.split_once("/src/"));
    // The simulation is one program: what lives in it knows of each other.
    let packages: BTreeSet<_> =
        within.map(|(package, _)| package).filter(|one| !one.starts_with("tests")).collect();
    assert!(packages.len() > 10, "{packages:?}");
    let circles = packages.into_iter().flat_map(|package| circles::in_circles(package, &files));
    none(circles, "each room stands above what it needs");
}

#[test]
fn no_line_is_too_wide() {
    let mut wide = Vec::new();
    for file in sources(".rs").into_iter().chain(sources("SPEC.md")) {
        for (line, number) in file.text.lines().zip(1..) {
            if line.chars().count() > LINE_CHARACTERS_MAX && !line.starts_with('|') {
                wide.push(format!("{}:{number}", file.path));
            }
        }
    }
    none(wide, "at most 100 characters in a line");
}

#[test]
fn no_function_is_too_long() {
    none(sources(".rs").iter().flat_map(long_functions), "at most 70 lines in a function");
}

/// Functions, found by their indentation: rustfmt puts the closing brace under the beginning.
fn long_functions(file: &Source) -> Vec<String> {
    let lines: Vec<_> = file.text.lines().collect();
    let mut long = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let mut words = code.split_whitespace();
        let is_modifier =
            |word: &&str| word.starts_with("pub") || *word == "const" || *word == "async";
        let begins = words.find(|word| !is_modifier(word)) == Some("fn");
        let closes = |line: &&str| **line == format!("{}}}", " ".repeat(indent));
        if begins && !line.ends_with([';', '}']) {
            let length = lines[at..].iter().position(closes).unwrap_or_default();
            if length > FUNCTION_LINES_MAX {
                long.push(format!("{}:{}: {length} lines", file.path, at + 1));
            }
        }
    }
    long
}

#[test]
fn no_word_stands_that_should_not() {
    // Put together here, or this file would find itself.
    let everywhere =
        [["to", "do!"], ["FIX", "ME"], ["XX", "X"], ["db", "g!("]].map(|word| word.concat());
    let in_programs = [["unwr", "ap()"], ["print", "ln!"]].map(|word| word.concat());
    let mut found = Vec::new();
    for file in sources(".rs") {
        let printer = file.path.starts_with("node/src/cli/") || file.path == "node/src/main.rs";
        for (number, line) in file.program() {
            let code = line.split("//").next().unwrap_or_default();
            for word in in_programs.iter().filter(|word| code.contains(*word)) {
                let may_print = printer || code.contains("eprint");
                if !(may_print && word.starts_with("print")) {
                    found.push(format!("{}:{number}: {word}", file.path));
                }
            }
        }
        for word in everywhere.iter().filter(|word| file.text.contains(*word)) {
            found.push(format!("{}: {word}", file.path));
        }
    }
    none(found, "words that should not stand");
}

#[test]
fn programs_are_ascii_but_for_what_people_read() {
    let strange = |one: char| !one.is_ascii() && !one.is_alphabetic();
    let in_file = |file: &Source| {
        let lines = file.program().filter(|(_, line)| line.contains(strange));
        lines.map(|(number, _)| format!("{}:{number}", file.path)).collect::<Vec<_>>()
    };
    let files = sources(".rs");
    let files = files.iter().filter(|file| file.path.starts_with("protocol/"));
    none(files.flat_map(in_file), "no typographic characters in the protocol");
}

#[test]
fn tests_are_named_as_claims() {
    let named = |file: &Source| {
        let bad = file.text.contains(&["fn te", "st_"].concat());
        bad.then(|| file.path.clone())
    };
    none(sources(".rs").iter().filter_map(named), "a test's name says what it claims");
}

fn spec() -> String {
    fs::read_to_string(top().join("protocol/SPEC.md")).expect("the rules are there")
}

#[test]
fn every_rule_has_one_number_and_they_have_no_gaps() {
    let all = defined(&spec());
    let mut expected = Vec::new();
    for letter in "EHKAGTLRMBCFPNX".chars() {
        let last = all.iter().filter(|rule| rule.0 == letter).count();
        assert!(last > 0, "no rule {letter}");
        expected
            .extend((1..=u32::try_from(last).expect("few rules")).map(|number| (letter, number)));
    }
    assert_eq!(all, expected);
}

#[test]
fn every_cited_rule_exists() {
    let known: BTreeSet<_> = defined(&spec()).into_iter().collect();
    let mut wrong = Vec::new();
    let files = sources(".rs").into_iter().chain(sources(".patch"));
    for file in files.filter(|file| !file.path.starts_with("tests/tidy/")) {
        let unknown = &cited(file.text.lines()) - &known;
        wrong
            .extend(unknown.iter().map(|(part, number)| format!("{}: {part}-{number}", file.path)));
    }
    none(wrong, "SPEC has no such rule");
}

#[test]
fn every_rule_is_cited_by_the_program_and_by_a_test() {
    let (mut by_program, mut by_test) = (BTreeSet::new(), BTreeSet::new());
    for file in sources(".rs").iter().filter(|file| !file.path.starts_with("tests/tidy/")) {
        by_program.extend(cited(file.program().map(|(_, line)| line)));
        by_test.extend(cited(file.tests()));
    }
    let mut missing = Vec::new();
    for rule in defined(&spec()) {
        let (part, number) = rule;
        if !by_program.contains(&rule) {
            missing.push(format!("{part}-{number}: not cited by the program"));
        }
        if !by_test.contains(&rule) {
            missing.push(format!("{part}-{number}: not cited by a test"));
        }
    }
    none(missing, "rules that nobody cites");
}

#[test]
fn no_fault_is_planted_in_a_program_and_each_patch_says_which_rule_it_breaks() {
    let programs = sources(".rs").into_iter().chain(sources("Cargo.toml"));
    let programs = programs.filter(|file| !file.is_test() && file.text.contains("planted"));
    none(programs.map(|file| file.path), "faults on purpose are patches in tests/planted");
    let faults =
        sources(".patch").into_iter().filter(|file| !file.path.ends_with("switches.patch"));
    let vague = faults.filter(|file| {
        let about = file.text.lines().next().unwrap_or_default();
        // After it may stand which check notices it, after how many lives.
        let fault = about.split(" Noticed by ").next().unwrap_or_default();
        !fault.ends_with(").") || !(fault.contains(" (SPEC ") || fault.contains(" (I"))
    });
    none(
        vague.map(|file| file.path),
        "the first line says what is wrong, and the rule in brackets",
    );
}

#[test]
fn the_protocol_depends_on_nothing_but_values_and_cryptography() {
    let manifest = fs::read_to_string(top().join("protocol/Cargo.toml")).expect("a manifest");
    let section = manifest.split("[dependencies]").nth(1).expect("dependencies");
    let section = section.split("\n[").next().expect("a section");
    let names: Vec<_> = section
        .lines()
        .filter(|line| !line.is_empty())
        .filter_map(|line| line.split('.').next())
        .collect();
    let allowed = [
        "bech32",
        "bincode",
        "curve25519-dalek",
        "ed25519-zebra",
        "hex",
        "rand_chacha",
        "rand_core",
        "serde",
        "sha2",
        "thiserror",
        "zeroize",
    ];
    assert_eq!(names, allowed);
    let lib = fs::read_to_string(top().join("protocol/src/lib.rs")).expect("a library");
    assert!(lib.contains("#![cfg_attr(not(test), no_std)]"), "the protocol is no_std");
}

#[test]
fn bincode_is_named_in_one_file() {
    let uses = |file: &Source| file.program().any(|(_, line)| line.contains("bincode::"));
    let files: Vec<_> = sources(".rs").into_iter().filter(uses).map(|file| file.path).collect();
    assert_eq!(files, ["protocol/src/codec.rs"]);
}

#[test]
fn the_top_of_the_repository_is_small() {
    let entries = fs::read_dir(top()).expect("the repository can be read");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("the repository can be read").file_name().into_string().expect("UTF-8")
    };
    let visible: BTreeSet<_> =
        entries.map(name).filter(|name| !name.starts_with('.') && name != "target").collect();
    let expected = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "GLOSSARY.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "SECURITY.md",
        "node",
        "protocol",
        "scripts",
        "tests",
    ];
    assert!(visible.iter().eq(expected.iter()), "{visible:?}");
}

#[test]
fn every_story_of_the_catalogue_is_told_by_a_test() {
    let files = sources(".rs");
    let is_told = |name: &str| {
        files.iter().any(|file| file.is_test() && file.text.contains(&format!("fn {name}()")))
    };
    let mut missing = Vec::new();
    for entry in coinage_simulation::conformance::all() {
        if let Replay::Told(tests) = entry.replay {
            let untold = tests.iter().filter(|name| !is_told(name));
            missing.extend(untold.map(|name| format!("{}: {name}", entry.id)));
        }
    }
    none(missing, "no test of that name");
}

#[test]
fn the_vectors_are_json() {
    for file in sources(".json") {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&file.text);
        assert!(parsed.is_ok(), "{}: {parsed:?}", file.path);
    }
}
