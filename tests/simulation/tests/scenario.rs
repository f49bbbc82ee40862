//! Goal: every story is true in the simulated network, and a story that is not true is caught.

use std::path::Path;

use coinage_simulation::scenario::{Scenario, Simulated, play};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Chance is drawn anew this often.
const SEEDS: u64 = 3;

#[test]
fn every_story_is_true_in_the_simulated_network_whatever_chance_brings() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut stories = 0;
    for entry in std::fs::read_dir(directory).expect("stories") {
        let path = entry.expect("readable").path();
        let file = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
        let text = std::fs::read_to_string(&path).expect("a text");
        let purpose = text.lines().take_while(|line| line.starts_with("# ")).count();
        assert!(purpose > 0, "{file} does not say at its beginning what it shows");
        let scenario = Scenario::parse(file, &text).unwrap_or_else(|error| panic!("{error}"));
        for seed in 0..SEEDS {
            let mut stage = Simulated::new(&scenario, seed);
            let played = play(&scenario, &mut stage, &mut |_, _| ());
            played.unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
        }
        stories += 1;
    }
    assert!(stories >= 12, "{stories} stories");
}

#[test]
fn the_story_in_the_readme_is_true() {
    let readme = include_str!("../../../README.md");
    let story = readme.split("```").find(|block| block.starts_with("\nnodes ")).expect("a story");
    let scenario = Scenario::parse("README", story).unwrap_or_else(|error| panic!("{error}"));
    let mut stage = Simulated::new(&scenario, 1);
    let played = play(&scenario, &mut stage, &mut |_, _| ());
    played.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Plays a story that is not true; returns what is said of it.
fn failure(text: &str) -> String {
    let scenario = Scenario::parse("tale", text).unwrap_or_else(|error| panic!("{error}"));
    let mut stage = Simulated::new(&scenario, 1);
    let played = play(&scenario, &mut stage, &mut |_, _| ());
    match played {
        Ok(()) => panic!("nothing is said against this:\n{text}"),
        Err(failure) => failure.to_string(),
    }
}

/// Each story with the beginning and further parts of what must be said of it.
const UNTRUE: &[(&str, &str, &[&str])] = &[
    (
        "nodes 4\npartition n1 n2 | n3 n4\nexpect 3 more blocks within 20 slots\n\
         expect equal heads within 3 slots",
        "tale:4: expect equal heads within 3 slots\n  it is not so after 3 slots\n  n1: height ",
        &["\n  n2: height ", "\n  n3: height ", "\n  n4: height "],
    ),
    (
        "nodes 2\nkill n2\nexpect 4 more blocks within 20 slots\nstart n2\nexpect equal heights",
        "tale:5: expect equal heights\n  it is not so\n  n1: height ",
        &["\n  n2: height "],
    ),
    (
        "nodes 2\n\nwait 4 slots\nexpect different heads",
        "tale:4: expect different heads\n  it is not so\n  n1: height ",
        &[],
    ),
    (
        "nodes 2\nalice pays 30 COIN to dave via n1 as rent\n\
         expect rent included once within 9 slots\nexpect dave has 30.01 COIN on n2",
        "tale:4: expect dave has 30.01 COIN on n2\n  it is not so\n  n2: dave has 30.00 COIN",
        &[],
    ),
    (
        "nodes 2\npartition n1 | n2\nalice pays 30 COIN to dave via n1 as rent\n\
         expect rent included once within 9 slots",
        "tale:4: expect rent included once within 9 slots\n  it is not so after 9 slots",
        &["\n  n1: included, 1 times on the chain", "\n  n2: not known, 0 times on the chain"],
    ),
    (
        "nodes 1\nalice pays 1 COIN to dave via n1 as a1\nalice pays 1 COIN to dave via n1 as a2\n\
         wait 9 slots\nexpect one of a1 a2 included once",
        "tale:5: ",
        &["n1: included: a1 1 times, a2 1 times"],
    ),
    (
        "nodes 1\nalice pays 1 COIN to dave via n1 as rent\nwait 4 slots\nexpect rent not included",
        "tale:4: expect rent not included\n  it is not so\n  n1: included",
        &[],
    ),
    (
        "nodes 1\ndave pays 1 COIN to erin via n1 as rent",
        "tale:2: dave pays 1 COIN to erin via n1 as rent\n  it must be taken\n  \
         n1: refused insufficient_balance",
        &[],
    ),
    (
        "nodes 1\ndave pays 1 COIN to erin via n1 as rent\nexpect rent refused cap_exceeded",
        "tale:3: ",
        &["n1: rent was refused insufficient_balance"],
    ),
    (
        "nodes 1\nalice pays 1 COIN to erin via n1 as rent\nexpect rent refused expired",
        "tale:3: ",
        &["n1: rent was taken"],
    ),
    (
        "nodes 1\nalice creates GOLD supply 5 via n1\nwait 4 slots\nexpect supply of GOLD is 6",
        "tale:4: ",
        &["n1: the supply of GOLD is 5.00"],
    ),
    ("nodes 1\nexpect supply of GOLD is 6", "tale:2: ", &["n1: there is no GOLD"]),
    ("nodes 1\nexpect height at least 90", "tale:2: ", &["n1: height "]),
    ("nodes 1\nexpect 9 more blocks within 4 slots", "tale:2: ", &[", before it was "]),
    ("nodes 2\nexpect reorg within 4 slots", "tale:2: ", &["n1: 0 reorgs", "n2: 0 reorgs"]),
    (
        "nodes 2\nexpect no blocks by n2 for 8 slots",
        "tale:2: ",
        &["n1: ", " blocks by n2 since slot "],
    ),
    ("nodes 2\nkill n2\nexpect blocks by n2 within 9 slots", "tale:3: ", &["n1: 0 blocks by n2"]),
    (
        "nodes 2\nexpect wrong clock on n2 within 9 slots",
        "tale:2: ",
        &["n2: synced, its clock is right"],
    ),
    (
        "nodes 2\nalice pays 1 COIN to dave via n1 as rent\n\
         expect rent reverted back_in_pool within 9 slots",
        "tale:3: ",
        &["n1: 0 reorgs, of rent: []"],
    ),
    (
        "nodes 1\ndave pays 1 COIN to erin via n1 as rent park\nexpect rent waiting",
        "tale:3: ",
        &["n1: parked insufficient_balance"],
    ),
    (
        "nodes 1\ndave pays 1 COIN to erin expires in 20 slots via n1 as rent park\n\
         expect rent expired within 9 slots",
        "tale:3: ",
        &["n1: parked insufficient_balance"],
    ),
    ("nodes 2\nstart n2", "tale:2: start n2\n  this cannot be done: n2 runs", &[]),
    ("nodes 2\nkill n2\npause n2", "tale:3: ", &["n2 does not run"]),
    ("nodes 2\nwipe n2", "tale:2: ", &["n2 runs"]),
    ("nodes 2\nresume n2", "tale:2: ", &["n2 does not stand still"]),
    ("nodes 2\nkill n2\nexpect synced on n2", "tale:3: ", &["n2 cannot be asked"]),
    ("nodes 2\nkill all\nexpect equal heads", "tale:3: ", &["it is not so"]),
    ("nodes 2\nkill n2\nalice pays 1 COIN to dave via n2", "tale:3: ", &["n2: it does not answer"]),
];

#[test]
fn a_story_that_is_not_true_fails_at_its_line_and_says_what_was_seen_where() {
    for (text, beginning, parts) in UNTRUE {
        let said = failure(text);
        assert!(said.starts_with(beginning), "{text}\n---\n{said}");
        for part in *parts {
            assert!(said.contains(part), "{part:?}\n---\n{text}\n---\n{said}");
        }
    }
}

#[test]
fn every_story_ends_with_one_chain_of_all_that_run() {
    let said = failure("nodes 2\npartition n1 | n2\nwait 9 slots");
    let beginning = "tale:3: the end of every story\n  it is not so that all running nodes have \
                     one chain, within 40 slots\n  n1: height ";
    assert!(said.starts_with(beginning), "{said}");
    let said = failure("nodes 2\npause n2");
    assert!(said.contains("n2 still stands still"), "{said}");
}

/// Each text with the line that is wrong, what was expected there, and what was found.
const MISSPELT: &[(&str, usize, &str, &str)] = &[
    ("", 0, "`nodes` and a number first", "the end of the file"),
    ("# nothing\n", 1, "`nodes` and a number first", "the end of the file"),
    ("heal", 1, "`nodes`", "`heal`"),
    ("nodes 0", 1, "a number of nodes, 1 to 9", "`0`"),
    ("nodes 10", 1, "a number of nodes, 1 to 9", "`10`"),
    ("nodes", 1, "a number of nodes, 1 to 9", "the end of the line"),
    ("nodes 4 5", 1, "the end of the line", "`5`"),
    ("nodes 4\nnodes 4", 2, "a step", "`nodes`"),
    ("nodes 4\nslot 20ms", 2, "the length of a slot, 50ms to 600000ms", "`20ms`"),
    ("nodes 4\nheal\nslot 200ms", 3, "a step", "`slot`"),
    ("nodes 4\n\n# why\njump n1", 4, "what somebody does: `pays`", "`n1`"),
    ("nodes 4\nHeal", 2, "a step, such as `wait 5 slots`", "`Heal`"),
    ("nodes 4\nheal now", 2, "the end of the line", "`now`"),
    ("nodes 4\nwait 5", 2, "a number of slots, such as `20 slots`", "the end of the line"),
    ("nodes 4\nwait -5 slots", 2, "a number of slots", "`-5`"),
    ("nodes 4\nwait 99999999999999999999 slots", 2, "a number of slots", "`9999"),
    ("nodes 4\nkill n5", 2, "a node, n1 to n4", "`n5`"),
    ("nodes 4\nkill n0", 2, "a node, n1 to n4", "`n0`"),
    ("nodes 4\nkill n1 n1", 2, "each node once", "`n1` again"),
    ("nodes 4\npartition n1 n2 | n3", 2, "every node in one of them", "`n4` in 0 of them"),
    ("nodes 4\npartition n1 n2 | n2 n3 n4", 2, "every node in one", "`n2` in 2 of them"),
    ("nodes 4\npartition all", 2, "two groups or more", "one"),
    ("nodes 4\nclock n4 1500ms", 2, "by how much the clock is wrong", "`1500ms`"),
    ("nodes 4\nclock n4 +15s", 2, "by how much the clock is wrong", "`+15s`"),
    ("nodes 4\nalice pays 30 COIN to bob", 2, "`via` and a node", "the end of the line"),
    ("nodes 4\nalice pays 3.005 COIN to bob via n1", 2, "at most two decimals", "`3.005`"),
    ("nodes 4\nalice pays -3 COIN to bob via n1", 2, "an amount", "`-3`"),
    ("nodes 4\nalice pays 3 coin to bob via n1", 2, "a token, such as `COIN`", "`coin`"),
    ("nodes 4\nalice pays bob 3 COIN via n1", 2, "an amount", "`bob`"),
    ("nodes 4\nalice pays 3 COIN to bartholomew via n1", 2, "at most 8 small letters", "`barth"),
    ("nodes 4\nalice pays 3 COIN to bob via n1 via n2", 2, "`as NAME`", "`via`"),
    ("nodes 4\nalice pays 3 COIN to bob via n1 as all", 2, "the name of a transaction", "`all`"),
    ("nodes 4\nalice steals 3 COIN", 2, "what somebody does: `pays`", "`steals`"),
    ("nodes 4\nexpect rent included once", 2, "a transaction that was named before", "`rent`"),
    ("nodes 4\nresend rent via n1", 2, "a transaction that was named before", "`rent`"),
    (
        "nodes 4\nbob burns 1 COIN via n1 as ash\nbob burns 1 COIN via n1 as ash",
        3,
        "a name that is not taken",
        "`ash`",
    ),
    ("nodes 4\nexpect", 2, "something to expect", "the end of the line"),
    ("nodes 4\nexpect equal head", 2, "`heads` or `heights`", "`head`"),
    ("nodes 4\nexpect synced everywhere", 2, "`on NODES`", "`everywhere`"),
    ("nodes 4\nexpect synced within 3", 2, "a number of slots", "the end of the line"),
    (
        "nodes 4\nbob burns 1 COIN via n1 as ash\nexpect ash refused expired within 4 slots",
        3,
        "the end of the line",
        "`within`",
    ),
    ("nodes 4\nexpect no blocks by n4 for 9 slots within 9 slots", 2, "`on NODES`", "`within`"),
    ("nodes 4\nexpect ash gone", 2, "`has`, `included once`", "`gone`"),
    ("nodes 4\nexpect ash reverted somehow", 2, "what became of it", "`somehow`"),
    ("nodes 4\nexpect one of ash", 2, "the name of a transaction", "the end of the line"),
];

#[test]
fn a_line_that_is_no_step_is_named_with_what_was_expected_there() {
    for (text, line, expected, found) in MISSPELT {
        let error = Scenario::parse("tale", text).err().unwrap_or_else(|| panic!("read: {text}"));
        assert_eq!(error.line, *line, "{text}\n---\n{error}");
        assert!(error.expected.contains(expected), "{text}\n---\n{error}");
        assert!(error.found.starts_with(found), "{text}\n---\n{error}");
        let said = error.to_string();
        assert!(said.starts_with(&format!("tale:{line}: expected ")), "{said}");
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let text = |entry: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(entry.expect("readable").path()).expect("a text")
    };
    let stories: Vec<String> = std::fs::read_dir(directory).expect("stories").map(text).collect();
    let pool: Vec<&str> = stories.iter().flat_map(|text| text.split_whitespace()).collect();
    let strange = ["n", "n99999999999", "-", "+", "|", "\u{fc}", "18446744073709551616", "0.", "#"];
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut below = |max: usize| usize::try_from(random.next_u64()).expect("64 bits") % max;
    let (mut read, mut refused) = (0, 0);
    for round in 0..3_000 {
        let mut lines: Vec<String> =
            stories[round % stories.len()].lines().map(str::to_owned).collect();
        let line = below(lines.len());
        let mut words: Vec<&str> = lines[line].split_whitespace().collect();
        let at = below(words.len() + 1);
        match below(4) {
            0 => words.truncate(at),
            1 => words.insert(at, pool[below(pool.len())]),
            2 => words.insert(at, strange[below(strange.len())]),
            _ if at < words.len() => words[at] = pool[below(pool.len())],
            _ => {}
        }
        lines[line] = words.join(" ");
        match Scenario::parse("tale", &lines.join("\n")) {
            Ok(_) => read += 1,
            Err(error) => {
                assert!(error.line <= lines.len(), "{error}");
                refused += 1;
            }
        }
    }
    assert!(read > 100 && refused > 100, "{read} read, {refused} refused");
}
