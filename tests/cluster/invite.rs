//! Invited by one line: what `coinage invite` and `coinage join` do, and what they refuse.

use std::process::Command;

use coinage_protocol::Text;
use coinage_tests::cluster::get;
use coinage_tests::program::{Desk, eventually};
use serde_json::{Value, json};

use crate::PROGRAM;

/// A network of one node, `n1`, in the background.
struct Net {
    desk: Desk,
    api: String,
}

impl Net {
    fn start() -> Self {
        let desk = Desk::new(PROGRAM);
        let words = "devnet --dir net --nodes 1 --slot 250ms --base-port 0 --detach --json";
        let said = desk.run(&words.split(' ').collect::<Vec<_>>());
        let said: Value = serde_json::from_str(&said.out).expect("an envelope");
        let api = said["data"]["nodes"][0]["api"].as_str().expect("it is up").to_owned();
        Self { desk, api }
    }

    fn height(&self) -> Option<u64> {
        let status = get(&format!("{}/v1/status", self.api))?.body;
        status["head"]["height"].as_str()?.parse().ok()
    }

    /// Runs `invite --json`; returns what it says of the network.
    fn invite(&self, more: &[&str]) -> Value {
        let words = [&["invite", "--json", "--node", &self.api], more].concat();
        let said = self.desk.run(&words);
        assert_eq!(said.code, 0, "{said:?}");
        let said: Value = serde_json::from_str(&said.out).expect("an envelope");
        said["data"].clone()
    }
}

fn line(invite: &Value) -> String {
    invite["invite"].as_str().expect("a line").to_owned()
}

/// `join LINE --data DIR --no-run`, as an envelope with its exit code.
fn join(desk: &Desk, line: &str, data: &str, more: &[&str]) -> (i32, Value) {
    let words = [&["join", line, "--data", data, "--no-run", "--json"][..], more].concat();
    let said = desk.run(&words);
    (said.code, serde_json::from_str(&said.out).expect("an envelope"))
}

#[test]
fn one_line_makes_another_machine_a_node_and_a_second_time_changes_nothing() {
    let net = Net::start();
    let desk = &net.desk;
    let invited = net.invite(&[]);
    let line = line(&invited);
    assert!(line.len() <= 1000 && line.starts_with("coinage1"), "{line}");
    let ports = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0"];
    let started = [&["join", &line, "--data", "there", "--name", "second"][..], &ports].concat();
    let mut node = desk.start(&started);
    node.wait_for("node.started");
    let addresses = std::fs::read(desk.path("there/addresses.json")).expect("its addresses");
    let addresses: Value = serde_json::from_slice(&addresses).expect("JSON");
    let url = format!("{}/v1/status", addresses["api"].as_str().expect("a URL"));
    let height = net.height();
    eventually("it has the chain", || {
        get(&url).is_some_and(|status| {
            let at = status.body["head"]["height"].as_str().and_then(|it| it.parse().ok());
            at >= height && status.body["sync"]["state"] == json!("synced")
        })
    });
    let status = get(&url).expect("it answers").body;
    assert_eq!(status["chain_id"], invited["chain_id"]);
    node.signal("INT");
    assert_eq!(node.wait(), 0, "{}", node.said());

    let files = || {
        ["genesis.json", "node.toml"].map(|name| std::fs::read(desk.path("there").join(name)).ok())
    };
    let before = files();
    let own = [&["--name", "second"][..], &ports].concat();
    let (code, again) = join(desk, &line, "there", &own);
    assert_eq!((code, &again["success"]), (0, &json!(true)), "{again}");
    let (code, other) = join(desk, &line, "there", &["--name", "third"]);
    let error = &other["error"];
    assert_eq!((code, &error["code"]), (1, &json!("join.settings_differ")), "{other}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("name, api, listen"), "{message}");
    assert_eq!(files(), before);
    // The command that it names runs the node.
    let command = again["data"]["command"].as_str().expect("a command");
    let words: Vec<_> = command.split(' ').skip(1).collect();
    let mut node = desk.start(&words);
    node.wait_for("node.started");
    node.signal("INT");
    assert_eq!(node.wait(), 0, "{}", node.said());
}

#[test]
fn who_joined_through_one_node_keeps_the_others_when_that_one_is_gone() {
    let desk = Desk::new(PROGRAM);
    let words = "genesis new --name village --slot 250ms --new-authority key.json";
    assert_eq!(desk.run(&words.split(' ').collect::<Vec<_>>()).code, 0);
    let run = |data: &str, more: &[&str]| {
        let ports = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0"];
        let words = ["node", "run", "--genesis", "genesis.json", "--data", data];
        let mut node = desk.start(&[&words[..], &ports, more].concat());
        node.wait_for("node.started");
        let addresses = std::fs::read(desk.path(data).join("addresses.json")).expect("announced");
        let addresses: Value = serde_json::from_slice(&addresses).expect("JSON");
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        (node, word(&addresses["api"]), word(&addresses["p2p"][0]))
    };
    let (mut middle, api, p2p) = run("middle", &["--authority-key", "key.json"]);
    let others = [run("one", &["--peer", &p2p]), run("other", &["--peer", &p2p])];
    let peers = |api: &str| {
        let status = get(&format!("{api}/v1/status")).expect("it answers").body;
        status["peers"].as_u64().expect("a number")
    };
    eventually("everybody knows everybody", || {
        [&api, &others[0].1, &others[1].1].iter().all(|api| peers(api) == 2)
    });
    middle.signal("INT");
    assert_eq!(middle.wait(), 0, "{}", middle.said());
    eventually("the others keep each other", || others.iter().all(|(_, api, _)| peers(api) == 1));
    for (mut node, ..) in others {
        node.signal("INT");
        assert_eq!(node.wait(), 0, "{}", node.said());
    }
}

#[test]
fn an_invite_that_is_over_damaged_or_for_another_network_names_what_is_wrong() {
    let net = Net::start();
    let desk = &net.desk;
    let refused = |line: &str, data: &str| {
        let (code, said) = join(desk, line, data, &[]);
        assert_ne!(code, 0, "{said}");
        let error = &said["error"];
        assert!(error["hint"].as_str().is_some_and(|hint| hint.len() > 10), "{said}");
        let words = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
        (words("code"), words("message"))
    };
    let (code, message) = refused(&line(&net.invite(&["--expires", "1ms"])), "a");
    assert_eq!(code, "invite.expired");
    assert!(message.contains("the invite expired at 20"), "{message}");

    let good = line(&net.invite(&[]));
    let last = if good.ends_with('q') { "p" } else { "q" };
    let mistyped = format!("{}{last}", &good[..good.len() - 1]);
    assert_eq!(refused(&mistyped, "a").0, "invite.malformed");
    assert_eq!(refused("coin1nothing", "a").0, "invite.malformed");

    // Somebody changed a field and made the checksum anew.
    let parsed: coinage_server::invite::Invite = good.parse().expect("an invite");
    let forged = |change: &dyn Fn(&mut coinage_server::invite::Invite)| {
        let mut forged = parsed.clone();
        change(&mut forged);
        refused(&forged.to_string(), "a")
    };
    let (code, message) = forged(&|it| it.name = Text::try_from("other").expect("short"));
    assert_eq!(code, "invite.mismatch");
    assert!(message.contains("the network name differs"), "{message}");
    let (code, message) = forged(&|it| it.chain = coinage_protocol::ChainId::new([1; 32]));
    assert_eq!(code, "invite.mismatch");
    assert!(message.contains("the chain id differs"), "{message}");
    let (code, message) = forged(&|it| it.genesis = coinage_protocol::BlockHash::new([1; 32]));
    assert_eq!(code, "invite.mismatch");
    assert!(message.contains("the genesis hash differs"), "{message}");
    assert!(!desk.path("a").exists(), "nothing is written before all is well");

    // The directory is of another network.
    assert_eq!(join(desk, &good, "mine", &[]).0, 0);
    let path = desk.path("mine/genesis.json");
    let text = std::fs::read_to_string(&path).expect("it was written");
    let mut genesis: Value = serde_json::from_str(&text).expect("JSON");
    genesis["slot_ms"] = json!(500);
    std::fs::write(&path, genesis.to_string()).expect("written");
    let (code, message) = refused(&good, "mine");
    assert_eq!(code, "join.other_network");
    assert!(message.contains("the chain id differs"), "{message}");

    assert_eq!(desk.run(&["devnet", "--dir", "net", "kill", "n1"]).code, 0);
    assert_eq!(refused(&good, "b").0, "join.unreachable");
}

/// Script to type in a name space of its own, in which the machine gets an address and loses it
/// while the node runs.
const ANOTHER_ADDRESS: &str = r#"
ip link set lo up
"$0" node run --no-discovery --genesis x.json --data data --api 127.0.0.1:8600 \
    --listen /ip4/0.0.0.0/tcp/9600 2> log &
node=$!
trap 'kill $node; wait $node' EXIT
invited() { "$0" --node http://127.0.0.1:8600 invite --json; }
until_invited() {
    for attempt in $(seq 400); do
        if invited | grep -q "$1"; then invited; return; fi
        sleep 0.05
    done
    cat log >&2
    exit 1
}
until_invited 127.0.0.1
ip addr add 10.9.8.7/32 dev lo
until_invited 10.9.8.7
ip addr del 10.9.8.7/32 dev lo
until_invited 127.0.0.1
"#;

#[test]
fn an_invite_says_how_whoever_joins_becomes_an_authority_if_that_is_wanted() {
    let net = Net::start();
    let words = ["invite", "--authority", "--node", &net.api];
    let said = net.desk.run(&words);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("coinage1") && said.out.lines().count() == 1, "{said:?}");
    for part in ["--join-authorities", "coinage authority propose --add", "submit change.json"] {
        assert!(said.err.contains(part), "{part}: {said:?}");
    }
    let plain = net.desk.run(&["invite", "--node", &net.api]);
    assert!(!plain.err.contains("--join-authorities"), "{plain:?}");
}

#[test]
fn an_invite_has_the_addresses_of_the_moment_when_it_is_made() {
    let desk = Desk::new(PROGRAM);
    let words = "genesis new --name x --slot 1s --new-authority x.key --out x.json";
    assert_eq!(desk.run(&words.split(' ').collect::<Vec<_>>()).code, 0);
    let mut command = Command::new("unshare");
    command.args(["-rn", "sh", "-ec", ANOTHER_ADDRESS, PROGRAM]).current_dir(desk.path(""));
    let said = desk.finish(command);
    assert_eq!(said.code, 0, "{said:?}");
    let hosts = said.out.lines().map(|printed| {
        let said: Value = serde_json::from_str(printed).expect("an envelope");
        let data = &said["data"];
        let invite: coinage_server::invite::Invite = line(data).parse().expect("an invite");
        let shown: Vec<_> = invite.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(data["addresses"], json!(shown));
        let host = |address: &String| address.split('/').nth(2).map(str::to_owned);
        shown.iter().filter_map(host).collect::<Vec<_>>()
    });
    let hosts: Vec<_> = hosts.collect();
    assert_eq!(hosts, [["127.0.0.1"], ["10.9.8.7"], ["127.0.0.1"]]);
}
