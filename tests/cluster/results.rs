//! Results that cannot be written, or that nobody reads, and results with what strangers wrote.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use coinage_model::terminal::is_unsafe;
use coinage_tests::program::{Desk, Said, eventually};
use serde_json::Value;

use crate::PROGRAM;

/// Text with a mark that turns the direction of writing, one that nobody sees, and one that takes
/// two units in UTF-16.
const TRICKY: &str = "A\u{200f}B\u{200b}C\u{e0041}D";

/// A devnet of one node, and somebody who types at it.
pub(crate) struct Place {
    pub(crate) desk: Desk,
    pub(crate) node: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let desk = Desk::new(PROGRAM);
        let net = "devnet --dir net --nodes 1 --slot 250ms --base-port 0 --detach --json";
        let said = desk.run(&net.split(' ').collect::<Vec<_>>());
        let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
        let node = envelope["data"]["nodes"][0]["api"].as_str().expect("up").to_owned();
        Self { desk, node }
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let words: Vec<_> = line.split(' ').map(|word| word.replace("TRICKY", TRICKY)).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut command = self.desk.command(&words);
        command.env("COINAGE_NODE", &self.node).env("COINAGE_PASSWORD", "a password");
        command
    }

    pub(crate) fn run(&self, line: &str) -> Said {
        self.desk.finish(self.command(line))
    }

    /// The data of a command that succeeds, and the bytes as they were printed.
    pub(crate) fn data(&self, line: &str) -> (Value, String) {
        let said = self.run(&format!("{line} --json"));
        assert_eq!(said.code, 0, "{line}: {said:?}");
        let mut envelope: Value = serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("{line}: {error} in {}", said.out));
        (envelope["data"].take(), said.out)
    }

    /// Runs a command whose results go nowhere: the disk is full, nobody reads, or it is closed.
    fn lost(&self, sink: Sink, line: &str) -> Said {
        self.lost_of(sink, self.command(line))
    }

    fn lost_of(&self, sink: Sink, mut command: Command) -> Said {
        match sink {
            Sink::Full => {
                let full = File::options().write(true).open("/dev/full").expect("there is one");
                command.stdout(full);
            }
            Sink::NoReader => {
                let (reader, writer) = std::io::pipe().expect("a pipe");
                drop(reader);
                command.stdout(writer);
            }
            Sink::Closed => {
                let typed = command;
                command = Command::new("sh");
                command.args(["-c", "exec \"$@\" >&-", "sh"]).arg(typed.get_program());
                command.args(typed.get_args()).current_dir(self.desk.path(""));
                typed.get_envs().for_each(|(name, value)| {
                    value.map(|value| command.env(name, value));
                });
            }
        }
        let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
        let output = output.expect("it runs").wait_with_output().expect("it ends");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Said { code: output.status.code().unwrap_or(-1), out: String::new(), err }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sink {
    Full,
    NoReader,
    Closed,
}

/// Commands that print a result, each in its own way.
const RESULTS: [&str; 21] = [
    "--help",
    "send --help",
    "--version",
    "completions bash",
    "man",
    "wallet list",
    "wallet show ann",
    "wallet export ann",
    "wallet export ann --secret",
    "address ann",
    "balance alice",
    "history alice",
    "statement alice",
    "statement alice --csv",
    "send 1 COIN bob --from alice",
    "chain info",
    "top --once",
    "events --count 1 --types head",
    "devnet --dir net status",
    "devnet --dir net logs",
    "block show head",
];

#[test]
fn a_result_that_cannot_be_written_is_no_success_and_who_went_away_had_enough() {
    let place = Place::new();
    assert_eq!(place.run("wallet new ann").code, 0);
    for line in RESULTS {
        for form in ["", " --json"] {
            if form == " --json" && line.contains("--csv") {
                continue;
            }
            let line = format!("{line}{form}");
            let full = place.lost(Sink::Full, &line);
            assert_eq!(full.code, 1, "{line}: {full:?}");
            assert!(full.err.contains("No space left"), "{line}: {full:?}");
            let unread = place.lost(Sink::NoReader, &line);
            assert_eq!(unread.code, 0, "{line}: {unread:?}");
            assert!(!unread.err.contains("error"), "{line}: {unread:?}");
        }
    }
    // What a shell asks for is written past all of it.
    for (sink, code) in [(Sink::Full, 1), (Sink::NoReader, 0)] {
        let mut command = place.command("");
        command.env("COMPLETE", "bash");
        let said = place.lost_of(sink, command);
        assert_eq!((said.code, said.err.is_empty()), (code, code == 0), "{said:?}");
    }
    // What failed is told all the same, and its number stays.
    for line in ["wallet show nobody", "wallet show nobody --json"] {
        let said = place.lost(Sink::Full, line);
        assert!(said.code == 8 && said.err.contains("wallet.not_found"), "{line}: {said:?}");
    }
}

#[test]
fn a_wallet_whose_phrase_could_not_be_shown_is_not_made() {
    let place = Place::new();
    for line in ["wallet new w", "wallet new w --no-confirm", "wallet new w --json"] {
        for sink in [Sink::Full, Sink::NoReader, Sink::Closed] {
            let said = place.lost(sink, line);
            assert_eq!(said.code, 8, "{line} into {sink:?}: {said:?}");
            // An envelope is lost where there is no output; the number is not.
            let told = said.err.contains("wallet.phrase_unshown");
            assert!(told || (sink == Sink::Closed && line.contains("--json")), "{said:?}");
            assert_eq!(place.run("wallet show w").code, 8, "{line} into {sink:?}");
        }
    }
    // Whoever throws it away means it.
    let mut command = place.command("wallet new w");
    assert!(command.stdout(Stdio::null()).status().expect("it runs").success());
}

#[test]
fn a_stream_ends_when_its_reader_has_gone_although_nothing_is_to_be_said() {
    let place = Place::new();
    // A node that is killed says nothing more.
    let streams = [
        "events --types reorg",
        "events --types reorg --json",
        "devnet --dir net logs 1 --follow",
        "devnet --dir net logs 1 --follow --json",
        "devnet --dir other --nodes 1 --slot 250ms --base-port 0",
    ];
    for line in streams {
        let mut child = place
            .command(line)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut read = BufReader::new(child.stdout.take().expect("a pipe"));
        if line.contains("logs") {
            assert_eq!(place.run("devnet --dir net kill 1").code, 0);
        } else if line.contains("other") {
            let mut said = String::new();
            while !said.contains("ready") {
                assert!(read.read_line(&mut said).expect("text") > 0, "it ended: {said}");
            }
            assert_eq!(place.run("devnet --dir other kill 1").code, 0);
        }
        drop(read);
        eventually(&format!("{line} ends"), || child.try_wait().expect("its state").is_some());
        let output = child.wait_with_output().expect("it ended");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && err.is_empty(), "{line}: {} {err}", output.status);
        if line.contains("logs") {
            assert_eq!(place.run("devnet --dir net start 1").code, 0);
        }
    }
    // The nodes of a devnet end with it.
    eventually("the other devnet has stopped", || {
        place.run("devnet --dir other status").err.contains("devnet.not_running")
    });
}

#[test]
fn what_a_stranger_wrote_is_whole_for_programs_and_harmless_for_terminals() {
    let place = Place::new();
    let (sent, _) = place.data("send 1 COIN bob --from alice --memo TRICKY");
    let id = sent["id"].as_str().expect("an id").to_owned();
    // SPEC A-4: where charters are, nobody reads such a name in a list of tokens.
    let create = place.run("token create MARK --supply 5 --from alice --name TRICKY");
    assert_eq!(create.code, 7, "{create:?}");
    assert!(create.err.contains("[transaction.hidden_character]"), "{create:?}");
    let shown = [
        "history bob".to_owned(),
        "statement bob".into(),
        format!("tx show {id}"),
        "genesis new --name TRICKY --new-authority KEY --out GENESIS".into(),
        "genesis show GENESIS".into(),
        "send 1 COIN bob --from alice --memo TRICKY".into(),
    ];
    for (line, round) in shown.iter().flat_map(|line| [(line, "a"), (line, "b")]) {
        let line = line.replace("KEY", &format!("{round}.key"));
        let line = line.replace("GENESIS", &format!("{round}.json"));
        let printed = if round == "a" {
            let (data, printed) = place.data(&line);
            assert!(strings(&data).iter().any(|text| text == TRICKY), "{line}: {printed}");
            printed
        } else {
            place.run(&line).out
        };
        let bad = |one: char| is_unsafe(one) && one != '\n';
        assert!(!printed.contains(bad), "{line}: {printed:?}");
    }
    let csv = place.run("statement bob --csv").out;
    assert!(csv.contains(TRICKY), "a spreadsheet gets what was written: {csv}");
    let events = place.desk.begin(place.command("events --json --types transaction --count 1"));
    let mut events = events;
    // The stream may begin after a payment.
    eventually("an event", || {
        assert_eq!(place.run("send 1 COIN bob --from alice --memo TRICKY").code, 0);
        events.ended()
    });
    for line in events.said().lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

/// All strings in a value, however deep.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
