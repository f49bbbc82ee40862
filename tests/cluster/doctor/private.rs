//! A private network: what the nodes say of those who have not its key.

use std::os::unix::fs::PermissionsExt;

use coinage_tests::cluster::{Ended, get};
use coinage_tests::program::{Desk, Running, Said, eventually};
use serde_json::{Value, json};

use super::{Found, examine_at};
use crate::PROGRAM;

const PORTS: [&str; 4] = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0"];

/// A village that founded a private network.
struct Village {
    desk: Desk,
}

impl Village {
    fn new() -> Self {
        let desk = Desk::new(PROGRAM);
        let words = "genesis new --name village --slot 250ms --new-authority village.key --private";
        let said = desk.run(&words.split(' ').collect::<Vec<_>>());
        assert!(said.code == 0 && said.err.contains("genesis.network-key"), "{said:?}");
        Self { desk }
    }

    fn start(&self, data: &str, more: &[&str]) -> Running {
        let mut node = self.desk.start(&Self::words(data, more));
        node.wait_for("node.started");
        node
    }

    /// A start that is refused.
    fn refused(&self, data: &str, more: &[&str]) -> Said {
        let said = self.desk.run(&Self::words(data, more));
        assert_eq!(said.code, 1, "{said:?}");
        said
    }

    fn words<'a>(data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["node", "run", "--no-discovery", "--data", data], more, &PORTS].concat()
    }

    /// The places of the node of a directory: its API, and its address for peers.
    fn at(&self, data: &str) -> [String; 2] {
        let text = std::fs::read(self.desk.path(data).join("addresses.json")).expect("it runs");
        let said: Value = serde_json::from_slice(&text).expect("JSON");
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        [word(&said["api"]), word(&said["p2p"][0])]
    }

    fn json(&self, words: &[&str]) -> (i32, Value) {
        let said = self.desk.run(&[words, &["--json"]].concat());
        (said.code, serde_json::from_str(&said.out).expect("an envelope"))
    }

    fn genesis(&self) -> Value {
        let text = std::fs::read(self.desk.path("genesis.json")).expect("it was written");
        serde_json::from_slice(&text).expect("JSON")
    }

    fn write(&self, name: &str, genesis: &Value) {
        std::fs::write(self.desk.path(name), genesis.to_string()).expect("written");
    }

    fn doctor(&self, data: &str) -> Found {
        let said = self.desk.run(&["doctor", "--json", "--data", data]);
        let envelope = serde_json::from_str(&said.out).expect("an envelope");
        Found::of(&Ended { code: said.code, envelope, stderr: said.err })
    }
}

pub(super) fn who_has_not_the_key_of_a_private_network_is_told_on_both_sides() {
    let village = Village::new();
    let founder = ["--genesis", "genesis.json", "--authority-key", "village.key"];
    let mut first = village.start("first", &founder);
    let [api, peer] = village.at("first");
    // A stranger who knows the genesis and the address; another with a key of its own.
    let mut public = village.genesis();
    public.as_object_mut().expect("fields").remove("network_key").expect("it is private");
    village.write("public.json", &public);
    let other = ["genesis", "new", "--name", "other", "--private", "--out", "other.json"];
    let other = [&other[..], &["--new-authority", "other.key"]].concat();
    assert_eq!(village.desk.run(&other).code, 0);
    let stranger = ["--genesis", "public.json", "--peer", &peer];
    let key = ["--network-key", "other.network-key"];
    for (data, more) in [("none", &stranger[..]), ("another", &[&stranger[..], &key].concat())] {
        let mut node = village.start(data, more);
        node.wait_for("peer.no_handshake");
        let [strangers, _] = village.at(data);
        eventually("the stranger is told", || {
            examine_at(&strangers, &[]).get("peer.no_handshake").is_some()
        });
        let found = examine_at(&strangers, &[]);
        let mend = found.mend("peer.no_handshake");
        assert!(mend.contains("network_key") && mend.contains("coinage invite"), "{mend}");
        let status = get(&format!("{strangers}/v1/status")).expect("it answers").body;
        assert_eq!(status["peers"], json!(0));
        node.signal("INT");
        assert_eq!(node.wait(), 0, "{}", node.said());
    }
    first.wait_for("peer.no_handshake");
    eventually("the founder is told", || examine_at(&api, &[]).get("peer.knocks").is_some());
    assert!(!first.said().contains("peer.connected"), "{}", first.said());
    let log = first.said();
    let secret = std::fs::read_to_string(village.desk.path("genesis.network-key")).expect("there");
    assert!(!log.contains(secret.lines().last().expect("three lines")), "the key is in the log");
}

#[test]
fn the_invite_to_a_private_network_carries_its_key_and_the_genesis_does_not() {
    let village = Village::new();
    let desk = &village.desk;
    let path = desk.path("genesis.network-key");
    let mode = std::fs::metadata(&path).expect("it was written").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let secret = std::fs::read_to_string(&path).expect("text");
    let digits = secret.lines().last().expect("three lines");
    assert!(!village.genesis().to_string().contains(digits));
    let mut public = village.genesis();
    public.as_object_mut().expect("fields").remove("network_key").expect("it is private");
    village.write("public.json", &public);
    let chain = |file: &str| village.json(&["genesis", "show", file]).1["data"]["chain_id"].clone();
    assert_eq!(chain("genesis.json"), chain("public.json"), "it is no part of the genesis");

    let founder = ["--genesis", "genesis.json", "--authority-key", "village.key"];
    let _first = village.start("coinage-data", &founder);
    let [api, _] = village.at("coinage-data");
    let (_, status) = village.json(&["node", "status", "--node", &api]);
    assert_eq!(status["data"]["network_key"], village.genesis()["network_key"]);
    // Where the node's own copy is, is where it is looked for.
    let said = desk.run(&["invite", "--node", &api]);
    assert!(said.code == 0 && said.err.contains("keep it secret"), "{said:?}");
    let line = said.out.trim();
    let mut second = desk.start(&[&["join", line, "--data", "second"][..], &PORTS].concat());
    second.wait_for("node.started");
    let [there, _] = village.at("second");
    eventually("it has the chain", || {
        get(&format!("{there}/v1/status")).is_some_and(|status| {
            status.body["sync"]["state"] == json!("synced") && status.body["peers"] == json!(1)
        })
    });
    second.signal("INT");
    assert_eq!(second.wait(), 0, "{}", second.said());
    // Again, it is the same; and half of the line is none.
    let again = [&["join", line, "--data", "second", "--no-run"][..], &PORTS].concat();
    assert_eq!(desk.run(&again).code, 0);
    let (code, cut) = village.json(&["join", &line[..line.len() / 2], "--data", "third"]);
    assert_eq!((code, &cut["error"]["code"]), (1, &json!("invite.malformed")), "{cut}");
}

#[test]
fn a_node_that_lost_the_key_does_not_start_and_says_what_to_do() {
    let village = Village::new();
    let desk = &village.desk;
    let genesis = ["--genesis", "genesis.json"];
    let mut node = village.start("data", &genesis);
    node.signal("INT");
    assert_eq!(node.wait(), 0, "{}", node.said());
    assert_eq!(village.doctor("data").get("data.unusable"), None);
    let kept = desk.path("data/genesis.network-key");
    let good = std::fs::read(&kept).expect("a copy");
    let only = ["--peer", "/ip4/127.0.0.1/tcp/1"];
    let put = |bytes: &[u8], mode: u32| {
        std::fs::write(&kept, bytes).expect("written");
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&kept, permissions).expect("set");
    };
    let other = format!("/key/swarm/psk/1.0.0/\n/base16/\n{}\n", "7".repeat(64));
    let cut = &good[..good.len() - 3];
    for (bytes, mode, sentence) in [
        (cut, 0o600, "64 hexadecimal digits"),
        (&good, 0o644, "chmod 600"),
        (other.as_bytes(), 0o600, "is another network's key"),
    ] {
        put(bytes, mode);
        let said = village.refused("data", &only);
        assert!(said.err.contains(sentence), "{said:?}");
        let found = village.doctor("data");
        assert!(found.what("data.unusable").contains("network-key"), "{sentence}");
    }
    std::fs::remove_file(&kept).expect("removed");
    let said = village.refused("data", &only);
    assert!(said.err.contains("of a private network") && said.err.contains("--network-key"));
    // With the file named, or put back, all is well.
    let named = [&only[..], &["--network-key", "genesis.network-key"]].concat();
    let mut node = village.start("data", &named);
    node.signal("INT");
    assert_eq!(node.wait(), 0);
    assert!(!kept.exists(), "a key that is kept elsewhere is not copied");
    put(&good, 0o600);
    drop(village.start("data", &only));
    // A genesis file without its key is as clear at the first start.
    std::fs::create_dir(desk.path("alone")).expect("made");
    village.write("alone/genesis.json", &village.genesis());
    let said = village.refused("fresh", &["--genesis", "alone/genesis.json"]);
    assert!(said.err.contains("of a private network"), "{said:?}");
    assert!(!desk.path("fresh/coinage.json").exists(), "nothing was begun");
}
