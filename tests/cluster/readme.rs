//! README is true: every line of its shell blocks is typed as it stands, in order, by somebody who
//! has nothing else; what it shows is what comes; and what it names is there.
//!
//! Ports are those that are free here, and commands that go on are started with words that keep
//! them apart from whatever else runs. A line that is not typed needs a reason in [`NOT_TYPED`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use coinage_simulation::scenario::{Scenario, Simulated, play};
use coinage_tests::cluster::get;
use coinage_tests::program::{Desk, Running, Said, eventually};
use serde_json::Value;

use crate::PROGRAM;

/// `cargo run --release --` is the program under test.
const CARGO: &str = "#!/bin/sh
[ \"$1 $2 $3\" = 'run --release --' ] || exit 101
shift 3
exec coinage \"$@\"
";

/// Lines that begin like this are not typed, and why.
const NOT_TYPED: &[(&str, &str)] = &[
    ("cargo test --workspace", "this is one of its tests"),
    ("coinage authority propose", "takes a third owner; tests/cluster/authorities.rs does it"),
    ("coinage authority sign", "the same"),
    ("coinage authority submit", "the same"),
    ("sudo apt install", "changes the machine; scripts/package --check does it in a clean Debian"),
    ("sudo cp genesis.json", "the same"),
    ("sudo systemctl", "the same"),
    ("cargo run --release -p coinage-tests --bin simulate", "builds; .ci/run does it"),
    ("                        lives of whole networks", "says what the line before does"),
    ("scripts/", "takes minutes or needs root; it is only looked whether it is there"),
];

/// Lines that go on: what is typed besides, and what they say once they work.
const GOES_ON: &[(&str, &str, &str)] = &[
    ("cargo run --release -- devnet", "--base-port 0", "\nready"),
    ("coinage node run", PORTS, "node.started"),
    ("coinage join INVITE", PORTS, "node.started"),
    ("curl -N", "-sS", "event: block"),
];
const PORTS: &str = "--api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0";

/// A reader's way to look at a block.
type Look = fn(&mut Reader, &str);

/// Blocks that nobody types, by how they begin.
const SHOWN: &[(&str, Look)] = &[
    ("In a browser: ", |reader, block| reader.shown = block.to_owned()),
    ("error: clause 1 of POINTS", refused),
    ("        your wallet", |_, block| assert!(block.contains("protocol"))),
    ("nodes 4\n", |_, block| tell(block)),
    ("protocol/   SPEC.md", |_, block| map(block)),
];

/// A reader of README who types what it says: on one machine with a devnet and, later, on two.
struct Reader {
    // First: what runs ends before its directories go.
    running: Vec<(String, Running)>,
    desk: Desk,
    words: BTreeMap<String, String>,
    /// URLs at which n1, n2 and so on answer; README has them at 8600, 8601 and so on.
    nodes: Vec<String>,
    /// Output of a devnet, as README shows it.
    shown: String,
    /// Place where the reader types: `first` is the terminal, or the machine of the first owner.
    place: String,
    typed: usize,
}

impl Reader {
    fn new() -> Self {
        let desk = Desk::new(PROGRAM);
        let cargo = desk.path("bin/cargo");
        fs::create_dir(desk.path("bin")).expect("made");
        fs::write(&cargo, CARGO).expect("written");
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("set");
        let (running, words) = (Vec::new(), BTreeMap::new());
        let (nodes, shown, place) = (Vec::new(), String::new(), "terminal".to_owned());
        Self { running, desk, words, nodes, shown, place, typed: 0 }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = self.desk.shell(&self.place, line);
        let node = match &*self.place {
            "terminal" => {
                // README names the directory that is meant where no other is.
                command.env_remove("COINAGE_HOME");
                self.nodes.first().cloned()
            }
            owner => self.api(owner),
        };
        // Before there is a node, nobody must answer: the usual port may be somebody else's.
        command.env("COINAGE_NODE", node.as_deref().unwrap_or("http://127.0.0.1:1"));
        command
    }

    /// The node that an owner runs in this place.
    fn api(&self, place: &str) -> Option<String> {
        let text = fs::read(self.desk.path(place).join("coinage-data/addresses.json")).ok()?;
        let said: Value = serde_json::from_slice(&text).ok()?;
        said["api"].as_str().map(str::to_owned)
    }

    /// Types a line and looks at nothing but how it ends.
    fn type_in(&self, line: &str) -> Said {
        let said = self.desk.finish(self.command(line));
        assert_eq!(said.code, 0, "README: {line}\n{said:?}");
        said
    }

    /// The line with what there is here in place of what stands for it.
    fn filled(&self, line: &str) -> String {
        let word = |word: &str| self.words.get(word).cloned().unwrap_or_else(|| word.to_owned());
        let mut line = line.split(' ').map(word).collect::<Vec<_>>().join(" ");
        for (at, node) in self.nodes.iter().enumerate() {
            line = line.replace(&format!("http://127.0.0.1:86{at:02}"), node);
        }
        line
    }

    /// Deals with a line: types it, or knows why not.
    fn read(&mut self, line: &str) {
        if NOT_TYPED.iter().any(|(start, _)| line.starts_with(start)) {
            let script = line.split(' ').next().filter(|word| word.starts_with("scripts/"));
            assert!(script.is_none_or(|path| top().join(path).exists()), "there is no {script:?}");
            return;
        }
        let command = line.split("  #").next().unwrap_or_default().trim_end();
        let known = ["coinage ", "cargo run --release -- ", "curl "];
        assert!(known.iter().any(|start| command.starts_with(start)), "README: {line:?} is new");
        if command.starts_with("curl ") && Command::new("curl").arg("--version").output().is_err() {
            eprintln!("no curl on this machine: not typed: {line}");
            return;
        }
        self.typed += 1;
        self.prepare(command);
        let filled = self.filled(command);
        match GOES_ON.iter().find(|(start, _, _)| command.starts_with(start)) {
            Some((_, more, says)) => {
                let line = format!("exec {filled} {more}");
                let mut running = self.desk.begin(self.command(&line));
                running.wait_for(says);
                self.running.push((command.to_owned(), running));
            }
            None => self.finished(command, &filled),
        }
        self.after(command);
    }

    fn finished(&mut self, command: &str, filled: &str) {
        if command.starts_with("coinage doctor") {
            // A network that has just begun is still searching.
            let mut said = None;
            eventually("the doctor finds nothing wrong", || {
                said = Some(self.desk.finish(self.command(filled)));
                said.as_ref().is_some_and(|said| said.code == 0)
            });
            return;
        }
        let said = self.type_in(filled);
        if command.starts_with("coinage invite") {
            let line = said.out.lines().next().expect("an invite");
            self.words.insert("INVITE".into(), line.into());
        }
        if command.starts_with("coinage node new-authority-key") {
            self.words.insert("PUBLIC_KEY_1".into(), said.out.trim().into());
        }
    }

    /// Prepares what README expects to be the case before a line is typed.
    fn prepare(&mut self, command: &str) {
        if command.starts_with("coinage node new-authority-key") {
            // Each owner does that; the second one on a machine of its own.
            self.place = "second".into();
            let key = self.type_in(command).out;
            self.words.insert("PUBLIC_KEY_2".into(), key.trim().into());
            self.place = "first".into();
        }
        if command.starts_with("coinage join") {
            self.place = "second".into();
        }
        if command.starts_with("coinage doctor") {
            self.place = "first".into();
        }
        if command.contains("--tx ID") {
            let sent = "coinage token burn 1 POINTS --from me --json";
            let said: Value = serde_json::from_str(&self.type_in(sent).out).expect("JSON");
            self.words.insert("ID".into(), said["data"]["id"].as_str().expect("an id").into());
        }
        if command == "coinage devnet heal" {
            // A person takes longer to read on than both halves to write a block.
            eventually("two branches", || self.is_split().unwrap_or(false));
        }
    }

    /// Checks whether the first and the last node of the devnet have different blocks at one
    /// height.
    fn is_split(&self) -> Option<bool> {
        let nodes = [self.nodes.first()?, self.nodes.last()?];
        let ask = |node: &String, path: &str| Some(get(&format!("{node}{path}"))?.body);
        let head = |node| ask(node, "/v1/status")?["head"]["height"].as_str()?.parse::<u64>().ok();
        let both = head(nodes[0])?.min(head(nodes[1])?);
        let block = |node| ask(node, &format!("/v1/blocks/{both}"));
        Some(block(nodes[0])?["hash"] != block(nodes[1])?["hash"])
    }

    /// Checks what README says that can be seen then.
    fn after(&mut self, command: &str) {
        if command.starts_with("cargo run --release -- devnet") {
            let status = self.type_in("coinage devnet status --json").out;
            let status: Value = serde_json::from_str(&status).expect("JSON");
            let nodes = status["data"]["nodes"].as_array().expect("a list").iter();
            self.nodes = nodes.map(|node| node["api"].as_str().expect("a URL").into()).collect();
            for line in self.shown.clone().lines() {
                let terminal = self.first_terminal();
                eventually(&format!("a line like {line:?}"), || {
                    terminal.said().lines().any(|said| form(said) == form(line))
                });
            }
        }
        if command == "coinage devnet heal" {
            let first = self.first_terminal();
            first.wait_for("chain.reorg");
        }
    }

    fn first_terminal(&mut self) -> &mut Running {
        let devnet = self.running.iter_mut().find(|(line, _)| line.contains("-- devnet"));
        &mut devnet.expect("README begins with it").1
    }
}

/// A line without its numbers, hashes, and values of fields.
fn form(line: &str) -> String {
    let word = |word: &str| {
        if let Some((field, _)) = word.split_once('=') {
            return format!("{field}=");
        }
        if word.len() >= 8 && word.chars().all(|one| one.is_ascii_hexdigit()) {
            return "hash".to_owned();
        }
        let digits = word.split(|one: char| one.is_ascii_digit()).filter(|part| !part.is_empty());
        let rest: Vec<_> = digits.collect();
        if rest.is_empty() { "number".to_owned() } else { rest.join("0") }
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Checks that a policy refuses in the words that README shows.
fn refused(reader: &mut Reader, block: &str) {
    let mut said = None;
    // At midnight the first one may pass.
    eventually("the policy says no", || {
        let mint = reader.command("coinage token mint 3000 POINTS bob --from alice");
        said = Some(reader.desk.finish(mint)).filter(|said| said.code == 7);
        said.is_some()
    });
    let err = said.expect("it was refused").err;
    let error = err.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    assert_eq!(form(error), form(block), "{err}");
}

/// Plays the story that README shows.
fn tell(block: &str) {
    let story = Scenario::parse("README", block).expect("a story");
    let played = play(&story, &mut Simulated::new(&story, 1), &mut |_, _| {});
    played.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Checks that what the map names at the beginning of a line is there.
fn map(block: &str) {
    let places = block.lines().filter_map(|line| line.split(' ').next());
    for place in places.filter(|place| !place.is_empty()) {
        assert!(top().join(place).is_dir(), "there is no {place}");
    }
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Splits off the blocks that stand between fences.
fn blocks(text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().collect();
    let parts: Vec<_> = lines.split(|line| line.starts_with("```")).collect();
    assert!(parts.len() % 2 == 1, "a fence is not closed");
    parts.iter().skip(1).step_by(2).map(|part| part.join("\n") + "\n").collect()
}

/// Splits a block into what is typed at once: a line and those that go on with it.
fn lines(block: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in block.lines() {
        match lines.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => *last = format!("{last}\n{line}"),
            None => lines.push(line.to_owned()),
        }
    }
    lines
}

#[test]
fn a_reader_who_types_what_readme_says_sees_what_it_promises() {
    let text = fs::read_to_string(top().join("README.md")).expect("it is there");
    let mut reader = Reader::new();
    let mut listed = BTreeSet::new();
    for block in blocks(&text) {
        if let Some((start, read)) = SHOWN.iter().find(|(start, _)| block.starts_with(start)) {
            read(&mut reader, &block);
            listed.insert(*start);
            continue;
        }
        lines(&block).iter().for_each(|line| reader.read(line));
        listed.extend(GOES_ON.iter().map(|(start, ..)| *start).filter(|one| block.contains(one)));
        listed.extend(NOT_TYPED.iter().map(|(start, _)| *start).filter(|one| block.contains(one)));
    }
    let all = SHOWN.iter().map(|(start, _)| *start).chain(GOES_ON.iter().map(|one| one.0));
    let stale: Vec<_> = all
        .chain(NOT_TYPED.iter().map(|(start, _)| *start))
        .filter(|start| !listed.contains(start))
        .collect();
    assert!(stale.is_empty(), "listed, and not in README: {stale:?}");
    assert!(reader.typed > 35, "only {} lines", reader.typed);
    let devnet = reader.first_terminal();
    devnet.signal("INT");
    assert_eq!(devnet.wait(), 0, "{}", devnet.said());
}
