//! Every example that `--help` shows is typed into a shell as it stands, and must work.
//!
//! A new command needs an example in its help. If that needs something on the desk, such as a file,
//! add what makes it to [`PREPARED`].

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::SecretKey;
use coinage_tests::program::{Desk, Said, eventually};
use serde_json::Value;

use crate::PROGRAM;
use crate::commands::leaves;

/// A swap that waits for two signatures.
const SWAP: &str = "coinage tx build --action transfer:5:COIN:alice:bob \
     --action transfer:2:GOLD:bob:alice --sender alice --out swap.json";
/// A genesis of one authority whose key is there.
const GENESIS: &str = "coinage genesis new --name x --token COIN:2 --balance alice:COIN:5 \
     --new-authority authority.json --out genesis.json";

/// Writes the charter of which the examples speak.
const POINTS: &str = "printf 'coin POINTS \"Club points\", 2 decimals\n\
    periods count from 2026-01-01 00:00 +00:00\nboard is %s\n\
    board may issue at most 5,000.00 per day\n\
    board may draw 1,000.00 per day, halving every 1,460 periods\n\
    board may give and take the role member, to at most 500 accounts\n\
    each member may claim 30.00 per second, also for the last 3 missed\n\
    board may freeze and unfreeze any account\n\
    board may move the coins of any account to any account\n\
    board may hand over its place to another account\n\
    board may set the amount in clause 1 between 0.00 and 10,000.00, announced 30 days before\n\
    ' $(coinage address alice -q) > points.policy";

/// A change of authorities that nobody has signed.
const PROPOSAL: &str = "coinage authority propose --add KEY --out change.json";

/// Commands to type before the examples of a command, in an empty directory with a home of its own.
/// `$NET` is the directory of the devnet, whose wallets are alice, bob and carol.
const PREPARED: &[(&str, &[&str])] = &[
    ("token create", &[POINTS]),
    (
        "token claim",
        &[
            "coinage token mint 100 POINTS bob --from alice",
            "coinage events --types block --count 6",
            "coinage token explain POINTS",
        ],
    ),
    ("policy check", &[POINTS]),
    ("policy print", &[POINTS]),
    ("policy explain", &[POINTS]),
    ("policy hash", &[POINTS]),
    ("policy simulate", &["coinage policy example points > points.policy"]),
    ("policy replay", &[POINTS, "cp points.policy proposal.policy"]),
    ("send", &["coinage address --threshold 2 alice bob carol --save board"]),
    ("tx build", &["coinage wallet new me", "cp $NET/genesis.json ."]),
    ("tx decode", &[SWAP]),
    ("tx sign", &[SWAP]),
    (
        "tx merge",
        &[
            SWAP,
            "coinage tx sign swap.json --from alice --out swap-alice.json",
            "coinage tx sign swap.json --from bob --out swap-bob.json",
        ],
    ),
    (
        "tx submit",
        &[SWAP, "coinage tx sign swap.json --from alice", "coinage tx sign swap.json --from bob"],
    ),
    (
        "wallet password",
        &[
            "coinage wallet new alice",
            "echo \"$COINAGE_PASSWORD\" > old.txt",
            "echo another one > new.txt",
        ],
    ),
    ("wallet remove", &["coinage wallet new alice"]),
    (
        "wallet import",
        &[
            "coinage wallet export alice --out dave-backup.json",
            "coinage wallet export bob --secret --out erin.key",
        ],
    ),
    (
        "wallet restore",
        &["coinage wallet new x --json | sed 's/.*\"phrase\":\"//;s/\".*//' > phrase.txt"],
    ),
    ("receipt verify", &["coinage tx wait ID --for final", "cp $NET/genesis.json ."]),
    ("authority sign", &[PROPOSAL, "cp $NET/keys/n1.json authority.json"]),
    (
        "authority submit",
        &[
            PROPOSAL,
            "for n in 1 2 3; do coinage authority sign change.json --key $NET/keys/n$n.json; done",
        ],
    ),
    ("genesis show", &[GENESIS]),
    ("genesis from-state", &["cp -r $NET/n1/data coinage-data"]),
    ("node run", &[GENESIS]),
    ("node reset-signing-memory", &[GENESIS]),
    ("node verify", &["cp -r $NET/n1/data coinage-data"]),
    (
        "node proof verify",
        &["coinage balance alice --token COIN --proof proof.json", "cp $NET/genesis.json ."],
    ),
    (
        "doctor",
        &[
            "until coinage doctor; do sleep 0.2; done",
            "coinage join INVITE --data coinage-data --no-run",
        ],
    ),
    ("completions", &["mkdir -p ~/.local/share/bash-completion/completions"]),
];

/// Examples that need a terminal, which `scripts/screen` has. Here they say so.
const SCREENS: &[&str] = &["coinage top\n", "coinage top --nodes"];

/// Commands that go on for ever: started with these words besides, which keep them apart from
/// whatever else runs here, until they say this; then interrupted.
const GOES_ON: &[(&str, &str, &str)] = &[
    ("coinage node run", "--api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0", "node.started"),
    ("coinage devnet\n", "--dir fresh --nodes 2 --base-port 0", "ready"),
    (
        "coinage join INVITE\n",
        "--data joined --api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0",
        "node.started",
    ),
];

/// Commands that are not listed, but have an example all the same.
const HIDDEN: &[&str] = &["man"];

/// Examples that others build on, in this order, come first; those that end things come last.
const FIRST: &[&str] =
    &["token create", "token mint", "token burn", "token role", "token claim", "token draw"];
const LAST: &[&str] = &[
    "authority submit",
    "token set-issuer",
    "devnet status",
    "devnet logs",
    "devnet partition",
    "devnet heal",
    "devnet kill",
    "devnet wipe",
    "devnet start",
    "devnet stop",
    "node verify",
    "genesis from-state",
];

/// A desk with a devnet of four nodes, and what stands for the words of the examples.
struct Stage {
    desk: Desk,
    words: BTreeMap<String, String>,
    nodes: Vec<String>,
}

impl Stage {
    fn new() -> Self {
        let desk = Desk::new(PROGRAM);
        let mut stage = Self { desk, words: BTreeMap::new(), nodes: vec![String::new()] };
        let start = "coinage devnet --base-port 0 --slot 250ms --detach --json";
        let devnet = stage.facts(start);
        let nodes = devnet["nodes"].as_array().expect("a list").iter();
        stage.nodes = nodes.map(|node| text(&node["api"])).collect();
        let id = text(&stage.facts("coinage send 1 COIN bob --from alice --json")["id"]);
        stage.words.insert("ID".into(), id);
        let invite = text(&stage.facts("coinage invite --json")["invite"]);
        stage.words.insert("INVITE".into(), invite);
        let joins = SecretKey::new([7; 32]).public();
        stage.words.insert("KEY".into(), joins.to_string());
        let info = stage.facts("coinage chain info --json");
        for (at, authority) in (1..).zip(info["authorities"].as_array().expect("a list")) {
            stage.words.insert(format!("KEY{at}"), text(&authority["key"]));
        }
        stage
    }

    /// Types a line into a shell, in a directory with a home of its own.
    fn shell(&self, place: &str, line: &str) -> Said {
        let mut command = self.desk.shell(&format!("desks/{}", place.replace(' ', "-")), line);
        command.env("NET", self.desk.path(".local/share/coinage/devnet"));
        if line.starts_with("coinage devnet") {
            // All places are beside one devnet, which is in the home of the desk.
            command.env_remove("COINAGE_HOME");
        }
        if !self.nodes[0].is_empty() {
            command.env("COINAGE_NODE", &self.nodes[0]);
        }
        self.desk.finish(command)
    }

    fn facts(&self, line: &str) -> Value {
        let said = self.shell("setup", line);
        assert_eq!(said.code, 0, "{line}: {said:?}");
        let mut envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
        envelope["data"].take()
    }

    /// An example with what there is here in place of the words that stand for it.
    fn filled(&self, example: &str) -> String {
        let word = |word: &str| self.words.get(word).cloned().unwrap_or_else(|| word.to_owned());
        let mut line = example.split(' ').map(word).collect::<Vec<_>>().join(" ");
        for (at, node) in self.nodes.iter().enumerate() {
            line = line.replace(&format!("http://127.0.0.1:86{at:02}"), node);
        }
        line
    }

    /// Runs an example to its end, or until it has shown that it works.
    fn try_out(&self, path: &str, example: &str) {
        let line = self.filled(example);
        let begins = |start: &str| format!("{example}\n").starts_with(start);
        if SCREENS.iter().any(|start| begins(start)) {
            let said = self.shell(path, &line);
            assert!(said.code == 2 && said.err.contains("usage.no_terminal"), "{said:?}");
            return;
        }
        let endless = GOES_ON.iter().find(|(start, _, _)| begins(start));
        let Some((_, more, says)) = endless else {
            let said = self.shell(path, &line);
            assert_eq!(said.code, 0, "the example of `{path}` fails: {line}\n{said:?}");
            return;
        };
        let place = format!("desks/{}", path.replace(' ', "-"));
        let here =
            format!("{line} {more}").replace("genesis.json", &format!("{place}/genesis.json"));
        let mut running = self.desk.start(&here.split(' ').skip(1).collect::<Vec<_>>());
        running.wait_for(says);
        running.signal("INT");
        assert_eq!(running.wait(), 0, "{}", running.said());
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The examples that a command's help shows, with their continued lines.
fn examples(desk: &Desk, path: &str) -> Vec<String> {
    let words: Vec<_> = path.split(' ').filter(|word| !word.is_empty()).collect();
    let help = desk.run(&[&words[..], &["--help"]].concat());
    assert_eq!(help.code, 0, "{help:?}");
    let mut found: Vec<String> = Vec::new();
    let lines = help.out.lines().skip_while(|line| !line.starts_with("Example"));
    for line in lines.skip(1).take_while(|line| !line.is_empty()) {
        match found.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => *last = format!("{last}\n {}", line.trim()),
            None => found.push(line.trim().to_owned()),
        }
    }
    found
}

fn rank(path: &str) -> usize {
    let within = |list: &[&str]| list.iter().position(|one| *one == path);
    let last = within(LAST).map(|at| at + FIRST.len() + 1);
    within(FIRST).or(last).unwrap_or(FIRST.len())
}

#[test]
fn every_example_in_every_help_works_as_it_is_written() {
    let stage = Stage::new();
    let mut paths: Vec<_> = leaves(&stage.desk, &[]).into_iter().collect();
    paths.extend(HIDDEN.iter().map(|path| (*path).to_owned()));
    let groups: BTreeSet<_> = paths
        .iter()
        .filter_map(|path| path.split_once(' '))
        .map(|(group, _)| group.to_owned())
        .collect();
    for path in &paths {
        assert!(!examples(&stage.desk, path).is_empty(), "the help of `{path}` has no example");
    }
    paths.extend(groups);
    paths.push(String::new());
    // A command before its group: what the group shows again is not run again.
    paths.sort_by_key(|path| (rank(path), path.split(' ').count() < 2, path.clone()));
    let mut tried = BTreeSet::new();
    for path in &paths {
        let examples = examples(&stage.desk, path);
        // A group shows what ends things, too: that is left to the command itself.
        let comes_last = |example: &String| {
            let of =
                |last: &&&str| *last != path && example.starts_with(&format!("coinage {last}"));
            LAST.iter().any(|last| of(&last))
        };
        let new: Vec<_> = examples.into_iter().filter(|one| !comes_last(one)).collect();
        for line in PREPARED.iter().filter(|(of, _)| of == path).flat_map(|(_, lines)| *lines) {
            let said = stage.shell(path, &stage.filled(line));
            assert_eq!(said.code, 0, "{path}: {line}\n{said:?}");
        }
        for example in new {
            assert!(example.starts_with("coinage"), "{path}: {example:?} is no command");
            if tried.insert(example.clone()) {
                stage.try_out(path, &example);
            }
        }
    }
    let unknown: Vec<_> =
        PREPARED.iter().filter(|(of, _)| !paths.iter().any(|path| path == of)).collect();
    assert!(unknown.is_empty(), "prepared for nobody: {unknown:?}");
    let net = stage.desk.path(".local/share/coinage/devnet/control.sock");
    eventually("the devnet ends", || !net.exists());
}
