//! Nodes whose surroundings are wrong: what they say, that nothing is harmed, and the way out.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use coinage_simulation::fixtures::{account, address};
use coinage_tests::cluster::get;
use coinage_tests::program::{Desk, Running, Said, eventually};
use serde_json::Value;

use crate::PROGRAM;

/// A network of one authority whose node runs alone.
struct RawProcess {
    desk: Desk,
}

impl RawProcess {
    fn new() -> Self {
        let lone = Self { desk: Desk::new(PROGRAM) };
        lone.genesis("village");
        lone
    }

    /// `NAME.json`, with its authority's key in `NAME.key`.
    fn genesis(&self, name: &str) {
        let owner = address(&account(1));
        let balance = format!("{owner}:COIN:1000.00");
        let (file, key) = (format!("{name}.json"), format!("{name}.key"));
        let spec = ["genesis", "new", "--name", name, "--slot", "250ms", "--token", "COIN:2"];
        let files = ["--balance", &balance, "--new-authority", &key, "--out", &file];
        let said = self.desk.run(&[&spec[..], &files[..]].concat());
        assert_eq!(said.code, 0, "{said:?}");
    }

    fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
        let ports = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0"];
        [&["node", "run", "--no-discovery", "--heartbeat", "250ms"][..], more, &ports].concat()
    }

    /// Starts the authority's node on `data`.
    fn start(&self) -> Running {
        let own = ["--genesis", "village.json", "--data", "data", "--authority-key", "village.key"];
        let mut node = self.desk.start(&Self::words(&own));
        node.wait_for("node.started");
        node
    }

    /// A start that is expected to fail.
    fn fails(&self, words: &[&str]) -> Said {
        let said = self.desk.run(words);
        assert_ne!(said.code, 0, "{said:?}");
        said
    }

    fn api(&self) -> String {
        let text = std::fs::read(self.desk.path("data/addresses.json")).expect("its addresses");
        let addresses: Value = serde_json::from_slice(&text).expect("JSON");
        addresses["api"].as_str().expect("a URL").to_owned()
    }

    fn height(&self) -> Option<u64> {
        let status = get(&format!("{}/v1/status", self.api()))?;
        status.body["head"]["height"].as_str()?.parse().ok()
    }

    fn verify(&self) -> Said {
        self.desk.run(&["node", "verify", "--data", "data"])
    }
}

/// The sentence of an error: one line, with a code.
fn sentence(said: &Said) -> &str {
    let mut lines = said.err.lines().filter(|line| line.starts_with("error: "));
    let line = lines.next().unwrap_or_default();
    assert!(line.len() > 30 && line.ends_with(']') && lines.next().is_none(), "{said:?}");
    assert!(!said.err.contains("panicked"), "{said:?}");
    line
}

#[test]
fn a_directory_of_another_network_is_refused_and_both_are_named() {
    let lone = RawProcess::new();
    let mut node = lone.start();
    eventually("a block", || lone.height() >= Some(1));
    node.signal("INT");
    assert_eq!(node.wait(), 0, "{}", node.said());
    lone.genesis("town");
    let chain = |name: &str| {
        let said = lone.desk.run(&["genesis", "show", &format!("{name}.json"), "--json"]);
        let shown: Value = serde_json::from_str(&said.out).expect("an envelope");
        shown["data"]["chain_id"].as_str().expect("an id").to_owned()
    };
    let said = lone.fails(&RawProcess::words(&["--genesis", "town.json", "--data", "data"]));
    for part in ["data", "town.json", &chain("village"), &chain("town"), "--data"] {
        assert!(sentence(&said).contains(part), "{part} is not in {said:?}");
    }
    assert_eq!(lone.verify().code, 0);
}

#[test]
fn a_second_process_on_a_directory_is_told_who_holds_it() {
    let lone = RawProcess::new();
    let node = lone.start();
    let own = ["--genesis", "village.json", "--data", "data"];
    let said = lone.fails(&RawProcess::words(&own));
    assert!(sentence(&said).contains(&format!("in use by process {}", node.pid())), "{said:?}");
    let said = lone.verify();
    assert!(sentence(&said).contains(&node.pid().to_string()), "{said:?}");
    // The same key from another directory is refused, too.
    let key = ["--genesis", "village.json", "--data", "other", "--authority-key", "village.key"];
    let said = lone.fails(&RawProcess::words(&key));
    assert!(sentence(&said).contains("in use by another process"), "{said:?}");
    let height = lone.height();
    eventually("the first node goes on", || lone.height() > height);
}

#[test]
fn a_taken_port_is_one_sentence_that_names_it() {
    let lone = RawProcess::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    let spec = ["node", "run", "--genesis", "village.json", "--data", "data"];
    let (api, peers) = (format!("127.0.0.1:{port}"), format!("/ip4/127.0.0.1/tcp/{port}"));
    for (flags, flag) in [
        (["--api", &api, "--listen", "/ip4/127.0.0.1/tcp/0"], "--api"),
        (["--api", "127.0.0.1:0", "--listen", &peers], "--listen"),
    ] {
        let said = lone.fails(&[&spec[..], &flags[..]].concat());
        assert_eq!(said.code, 1, "{said:?}");
        let sentence = sentence(&said);
        assert!(sentence.contains(&port.to_string()) && sentence.contains(flag), "{said:?}");
        assert!(sentence.contains("node.port_taken"), "{said:?}");
    }
}

#[test]
fn files_that_are_not_what_they_should_be_are_named_with_the_place() {
    let lone = RawProcess::new();
    let write = |name: &str, text: &str| {
        std::fs::write(lone.desk.path(name), text).expect("written");
    };
    write("file", "not a directory");
    let said = lone.fails(&RawProcess::words(&["--genesis", "village.json", "--data", "file"]));
    assert!(sentence(&said).contains("file"), "{said:?}");

    write("node.toml", "name = 'n1'\n\nslot = 7\n");
    let said = lone.fails(&["node", "run", "--config", "node.toml"]);
    for part in ["node.toml", "line 3", "slot"] {
        assert!(sentence(&said).contains(part), "{said:?}");
    }
    let said = lone.fails(&RawProcess::words(&["--data", "empty"]));
    assert!(sentence(&said).contains("--genesis"), "{said:?}");
    write("broken.json", "{\n  \"name\": \"x\",\n  \"slot_ms\": \"soon\"\n}\n");
    let said = lone.fails(&RawProcess::words(&["--data", "empty", "--genesis", "broken.json"]));
    assert!(sentence(&said).contains("broken.json"), "{said:?}");
    assert!(sentence(&said).contains("slot_ms") || sentence(&said).contains("line 3"), "{said:?}");
    let said = lone.fails(&RawProcess::words(&["--data", "empty", "--genesis", "nowhere.json"]));
    assert!(sentence(&said).contains("nowhere.json"), "{said:?}");
    let stranger = ["--genesis", "village.json", "--data", "empty", "--authority-key", "nokey"];
    let said = lone.fails(&RawProcess::words(&stranger));
    assert!(sentence(&said).contains("nokey"), "{said:?}");
    let said = lone.fails(&["node", "verify", "--data", "nowhere"]);
    assert!(sentence(&said).contains("nowhere"), "{said:?}");
}

#[test]
fn a_wrong_password_is_a_matter_of_wallets() {
    let desk = Desk::new(PROGRAM);
    let run = |words: &[&str], password: &str| {
        let output = desk.command(words).env("COINAGE_PASSWORD", password).output();
        let output = output.expect("the program runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run(&["wallet", "new", "ann"], "the right one").0, Some(0));
    let (code, said) = run(&["wallet", "export", "ann", "--secret"], "wrong");
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("wallet.wrong_password") && said.contains("hint: "), "{said}");
    let none = desk.run(&["wallet", "export", "ann", "--secret", "--no-input"]);
    assert!(none.code == 8 && none.err.contains("--password-file"), "{none:?}");
    let again = desk.run(&["wallet", "new", "ann"]);
    assert!(again.code == 8 && again.err.contains("wallet.exists"), "{again:?}");
    assert_eq!(run(&["wallet", "export", "ann", "--secret"], "the right one").0, Some(0));
}

#[test]
fn an_authority_key_without_its_memory_says_how_to_go_on() {
    let lone = RawProcess::new();
    let mut node = lone.start();
    eventually("a block", || lone.height() >= Some(1));
    node.signal("TERM");
    assert_eq!(node.wait(), 0, "{}", node.said());
    let memory = lone.desk.path("village.key.memory");
    std::fs::remove_file(&memory).expect("it has signed");
    let own = ["--genesis", "village.json", "--data", "data", "--authority-key", "village.key"];
    let said = lone.fails(&RawProcess::words(&own));
    assert!(sentence(&said).contains("village.key.memory is missing"), "{said:?}");
    assert!(sentence(&said).contains("coinage node reset-signing-memory"), "{said:?}");
    let reset = ["node", "reset-signing-memory", "village.key", "--genesis", "village.json"];
    let said = lone.desk.run(&[&reset[..], &["--json"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    let said: Value = serde_json::from_str(&said.out).expect("an envelope");
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
    let silent_until = number(&said["data"]["last_slot"]).expect("a slot");
    let _node = lone.start();
    let before = lone.height();
    eventually("it signs again", || lone.height() > before);
    let status = get(&format!("{}/v1/status", lone.api())).expect("an answer").body;
    assert!(number(&status["head"]["slot"]) > Some(silent_until), "{status}");
}

/// Copies a directory as a whole.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a new directory");
    for entry in std::fs::read_dir(from).expect("a directory").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

/// The files under a directory that are not empty.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.metadata().is_ok_and(|data| data.len() > 0) {
            found.push(path);
        }
    }
    found
}

/// Flips some bits, in the middle of what a file holds before the zeros that fill it up.
fn damage(path: &Path, part: usize) {
    let mut bytes = std::fs::read(path).expect("readable");
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
    let at = written * part / PARTS;
    bytes.iter_mut().skip(at).take(3).for_each(|byte| *byte ^= 0x55);
    std::fs::write(path, bytes).expect("writable");
}

/// Number of places in which each file of a database is damaged, one after the other.
const PARTS: usize = 3;

#[test]
fn a_flipped_byte_in_the_database_is_found_and_never_a_wrong_balance() {
    let lone = RawProcess::new();
    let owner = address(&account(1)).to_string();
    let balance = || {
        let account = get(&format!("{}/v1/accounts/{owner}", lone.api()))?;
        Some(account.body["items"][0]["amount"].as_str()?.to_owned())
    };
    let mut node = lone.start();
    eventually("blocks", || lone.height() >= Some(5));
    assert_eq!(balance().as_deref(), Some("100000"));
    node.signal("INT");
    assert_eq!(node.wait(), 0);
    let said = lone.verify();
    assert!(said.code == 0 && said.out.contains("everything is in order"), "{said:?}");

    let good = lone.desk.path("good");
    std::fs::rename(lone.desk.path("data"), &good).expect("moved");
    let chain = files(&good.join("chain"));
    let mut found = 0;
    for (file, part) in chain.iter().flat_map(|file| (0..PARTS).map(move |part| (file, part))) {
        let data = lone.desk.path("data");
        copy(&good, &data);
        let name = file.strip_prefix(&good).expect("inside");
        damage(&data.join(name), part);
        let shown = format!("{} damaged at {part}/{PARTS}", name.display());
        let verified = lone.verify();
        if verified.code != 0 {
            sentence(&verified);
            found += 1;
        }
        let _stale = std::fs::remove_file(data.join("addresses.json"));
        let mut node =
            lone.desk.start(&RawProcess::words(&["--genesis", "village.json", "--data", "data"]));
        eventually("it starts or refuses", || node.ended() || node.said().contains("node.started"));
        assert!(!node.said().contains("panicked"), "{shown}: {}", node.said());
        if !node.ended() {
            // A journal whose end is torn is cut there: older, but in order.
            assert_eq!(balance().as_deref(), Some("100000"), "{shown}: {}", node.said());
            node.signal("INT");
            assert_eq!(node.wait(), 0);
            assert_eq!(lone.verify().code, 0, "{shown}");
        }
        std::fs::remove_dir_all(&data).expect("removed");
    }
    assert!(found >= chain.len(), "{found} of {} damages were found", chain.len() * PARTS);
}
