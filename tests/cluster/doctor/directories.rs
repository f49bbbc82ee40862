//! Data directories, keys, and addresses where no node is.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use coinage_tests::cluster::get;
use coinage_tests::program::{Desk, Running, eventually};
use serde_json::Value;

use super::{Found, examine_at};
use crate::PROGRAM;

/// A network of one authority, `village`, whose key is `village.key`.
pub(super) struct Village {
    pub(super) desk: Desk,
}

impl Village {
    pub(super) fn new() -> Self {
        let desk = Desk::new(PROGRAM);
        let words = "genesis new --name village --slot 250ms --new-authority village.key \
                     --out village.json";
        let said = desk.run(&words.split_whitespace().collect::<Vec<_>>());
        assert_eq!(said.code, 0, "{said:?}");
        Self { desk }
    }

    /// Starts a node on a directory.
    pub(super) fn start(&self, data: &str, more: &[&str]) -> Running {
        let _stale = std::fs::remove_file(self.desk.path(data).join("addresses.json"));
        let words = ["node", "run", "--no-discovery", "--genesis", "village.json", "--data", data];
        let ports = ["--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0"];
        // The last of two is no mistake for `more`: it replaces the port.
        let ports = if more.contains(&"--api") { &ports[2..] } else { &ports[..] };
        let mut node = self.desk.start(&[&words[..], more, ports].concat());
        node.wait_for("node.started");
        node
    }

    pub(super) fn stop(mut node: Running) {
        node.signal("INT");
        assert_eq!(node.wait(), 0, "{}", node.said());
    }

    pub(super) fn said(&self, data: &str) -> Value {
        let text = std::fs::read(self.desk.path(data).join("addresses.json")).expect("it runs");
        serde_json::from_slice(&text).expect("JSON")
    }

    pub(super) fn doctor(&self, words: &[&str]) -> Found {
        let said = self.desk.run(&[&["doctor", "--json"], words].concat());
        let envelope = serde_json::from_str(&said.out).expect("an envelope");
        let stderr = said.err;
        Found::of(&coinage_tests::cluster::Ended { code: said.code, envelope, stderr })
    }
}

pub(super) const KEY: [&str; 2] = ["--authority-key", "village.key"];

pub(super) fn a_directory_in_use_says_by_whom_and_whether_a_node_answers() {
    let village = Village::new();
    let none = village.doctor(&["--data", "nowhere"]);
    assert!(none.code == 1 && none.get("data.missing").is_some(), "{:?}", none.codes());
    assert!(none.get("node.stopped").is_none(), "nothing could be started there");
    let node = village.start("data", &KEY);
    let examine = || village.doctor(&["--data", "data", KEY[0], KEY[1]]);
    eventually("nothing is wrong", || examine().code == 0);
    let what = examine().what("data.node_runs");
    assert!(what.contains(&format!("process {}", node.pid())), "{what}");
    assert!(what.contains("node run") && what.contains("since 20"), "{what}");
    node.signal("STOP");
    let found = examine();
    node.signal("CONT");
    let what = found.what("data.in_use");
    assert!(found.code == 1 && what.contains(&node.pid().to_string()), "{what}");
    // The same key, wanted by a node with another directory.
    Village::stop(village.start("other", &[]));
    let found = village.doctor(&["--data", "other", KEY[0], KEY[1]]);
    let what = found.what("authority.memory_in_use");
    assert!(what.contains(&format!("process {}", node.pid())), "{what}");
    Village::stop(node);
    let found = examine();
    assert!(found.code == 0 && found.get("node.stopped").is_some(), "{:?}", found.codes());
}

pub(super) fn a_key_without_its_memory_gets_the_command_that_makes_a_new_one() {
    let village = Village::new();
    Village::stop(village.start("data", &KEY));
    let examine = || village.doctor(&["--data", "data", KEY[0], KEY[1]]);
    let memory = village.desk.path("village.key.memory");
    for (code, damage) in
        [("authority.memory_missing", None), ("authority.memory_damaged", Some([0; 9000]))]
    {
        std::fs::remove_file(&memory).expect("it is there");
        if let Some(bytes) = damage {
            std::fs::write(&memory, bytes).expect("written");
        }
        let found = examine();
        let mend = found.mend(code);
        let command = mend.split("`coinage ").nth(1).and_then(|rest| rest.split('`').next());
        let words: Vec<_> = command.expect("a command").split_whitespace().collect();
        assert_eq!(village.desk.run(&words).code, 0, "{words:?}");
        assert_eq!(examine().code, 0, "{code} is mended");
    }
    let key = village.desk.path("village.key");
    let mode = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode));
    mode(0o644).expect("set");
    assert!(examine().mend("authority.key_unusable").contains("chmod 600"));
    mode(0o600).expect("set");
    let said = village.desk.run(&["node", "new-authority-key", "mine.key"]);
    assert_eq!(said.code, 0, "{said:?}");
    let found = village.doctor(&["--data", "data", "--authority-key", "mine.key"]);
    assert!(found.what("authority.not_in_genesis").contains(said.out.trim()));
}

#[test]
fn a_node_that_dials_itself_is_no_copy() {
    let village = Village::new();
    Village::stop(village.start("data", &[]));
    let address = village.said("data")["p2p"][0].as_str().expect("an address").to_owned();
    let (place, _) = address.split_once("/p2p/").expect("it names a peer");
    let node = village.start("data", &["--listen", place, "--peer", place]);
    // What would be told is told three seconds later.
    let since = std::time::Instant::now();
    eventually("time passes", || since.elapsed().as_secs() >= 4);
    let found = village.doctor(&["--data", "data"]);
    assert!(found.get("identity.shared").is_none(), "{:?}", found.codes());
    Village::stop(node);
}

pub(super) fn a_key_that_two_nodes_use_is_told_by_the_one_that_comes_later() {
    let village = Village::new();
    let mut first = village.start("one", &KEY);
    first.wait_for("block.produced");
    Village::stop(first);
    for name in ["village.key", "village.key.memory"] {
        let copy = name.replace("village", "copy");
        std::fs::copy(village.desk.path(name), village.desk.path(&copy)).expect("copied");
    }
    // A key that has signed before listens for a turn: two clocks that agree hide nobody.
    let mut first = village.start("one", &KEY);
    first.wait_for("block.produced");
    let peer = village.said("one")["p2p"][0].as_str().expect("an address").to_owned();
    let later = ["--authority-key", "copy.key", "--peer", &peer];
    let second = village.start("two", &later);
    let api = village.said("two")["api"].as_str().expect("a URL").to_owned();
    eventually("it is told", || examine_at(&api, &[]).get("authority.twice").is_some());
    Village::stop(second);
    // It stays so until the operator has acted.
    let second = village.start("two", &later);
    let api = village.said("two")["api"].as_str().expect("a URL").to_owned();
    assert!(examine_at(&api, &[]).mend("authority.twice").contains("reset-signing-memory"));
    Village::stop(second);
    Village::stop(first);
    let reset = ["node", "reset-signing-memory", "copy.key", "--genesis", "village.json"];
    assert_eq!(village.desk.run(&reset).code, 0);
    let second = village.start("two", &later[..2]);
    let api = village.said("two")["api"].as_str().expect("a URL").to_owned();
    assert!(examine_at(&api, &[]).get("authority.twice").is_none());
    Village::stop(second);
}

/// SPEC C-5, F-8: the clock of a lone authority is 40 days ahead at its first start, and its
/// operator says that it is right.
pub(super) fn a_clock_far_ahead_needs_a_word_and_what_is_final_by_it_stays() {
    let village = Village::new();
    let key = [KEY[0], KEY[1]];
    let api = || village.said("data")["api"].as_str().expect("a URL").to_owned();
    let head = || {
        let status = get(&format!("{}/v1/status", api())).expect("an answer").body;
        let text = status["head"]["slot"].as_str().map(str::to_owned);
        text.and_then(|text| text.parse::<u64>().ok()).expect("a slot")
    };
    let ahead = (40_u64 * 24 * 3_600_000).to_string();
    let far = 40 * 24 * 3_600 * 4;
    let offset = ["--clock-offset-ms", &ahead];
    let node = village.start("data", &[&key[..], &offset].concat());
    eventually("it asks for a word", || examine_at(&api(), &[]).get("clock.absurd").is_some());
    assert_eq!(head(), 0, "it signs nothing");
    Village::stop(node);
    let node = village.start("data", &[&key[..], &offset, &["--trust-clock"]].concat());
    eventually("blocks of the far future", || head() > far + 4);
    Village::stop(node);
    let node = village.start("data", &[&key[..], &["--trust-clock"]].concat());
    eventually("it says so", || examine_at(&api(), &[]).get("clock.head_ahead").is_some());
    let mend = examine_at(&api(), &[]).mend("clock.head_ahead");
    assert!(mend.contains("are final"), "{mend}");
    assert!(head() > far, "they stay, whatever its operator says");
    Village::stop(node);
}

pub(super) fn what_does_not_belong_into_a_directory_is_named() {
    let village = Village::new();
    let node = village.start("data", &["--api", "0.0.0.0:0"]);
    let found = village.doctor(&["--data", "data"]);
    assert!(found.what("api.open").contains("0.0.0.0"), "{:?}", found.codes());
    Village::stop(node);
    let data = village.desk.path("data");
    let key = data.join("node.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("set");
    assert!(village.doctor(&["--data", "data"]).mend("data.unusable").contains("chmod 600"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("set");
    for name in ["chain", "coinage.json"] {
        std::fs::rename(data.join(name), data.join("away")).expect("moved");
        let found = village.doctor(&["--data", "data"]);
        let what = found.what("data.unusable");
        assert!(found.code == 1 && what.contains(&format!("data/{name} is missing")), "{what}");
        assert!(found.mend("data.unusable").contains("begin anew"), "{:?}", found.codes());
        std::fs::rename(data.join("away"), data.join(name)).expect("moved back");
    }
    for name in ["coinage.json", "chain/version"] {
        let path = data.join(name);
        let whole = std::fs::read(&path).expect("there");
        std::fs::write(&path, vec![b'x'; 100]).expect("written");
        let found = village.doctor(&["--data", "data"]);
        assert!(found.mend("data.unusable").contains("the keys stay"), "{name}");
        std::fs::write(&path, whole).expect("written");
    }
    let path = data.join("genesis.json");
    let text = std::fs::read_to_string(&path).expect("its genesis");
    std::fs::write(&path, text.replace("village", "town")).expect("written");
    let found = village.doctor(&["--data", "data"]);
    let what = found.what("data.other_network");
    assert!(found.code == 1 && what.contains("holds the chain"), "{what}");
}

pub(super) fn a_disk_that_is_nearly_full_is_told_before_it_is() {
    let village = Village::new();
    Village::stop(village.start("data", &[]));
    // A disk of 16 MiB in a name space of its own, with the network's genesis on it.
    let script = "mkdir small && mount -t tmpfs -o size=16m none small && \
                  cp data/genesis.json data/coinage.json small && \
                  exec \"$0\" doctor --json --data small";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, PROGRAM]).current_dir(village.desk.path(""));
    let output = command.output().expect("there is unshare");
    let envelope = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    let code = output.status.code().unwrap_or(-1);
    let found = Found::of(&coinage_tests::cluster::Ended { code, envelope, stderr: String::new() });
    let what = found.what("data.disk_low");
    assert!(code == 1 && what.contains("15 MiB left") || what.contains("16 MiB left"), "{what}");
}

pub(super) fn where_no_node_listens_or_something_else_does_is_said() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", closed.local_addr().expect("bound"));
    drop(closed);
    let found = examine_at(&url, &[]);
    assert!(found.code == 1 && found.what("node.unreachable").contains(&url));

    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", other.local_addr().expect("bound"));
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().expect("the doctor");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let page = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
        stream.write_all(page.as_bytes()).expect("it listens");
    });
    assert!(examine_at(&url, &[]).get("node.foreign").is_some());
    serving.join().expect("served");

    // A node that listens everywhere, asked for by what is no address of its own: it leads there.
    let village = Village::new();
    let node = village.start("data", &["--api", "0.0.0.0:0"]);
    let everywhere = village.said("data")["api"].as_str().expect("a URL").to_owned();
    assert!(everywhere.contains("//0.0.0.0:"), "{everywhere}");
    let found = examine_at(&everywhere, &[]);
    let what = found.what("node.refuses");
    assert!(found.code == 1 && what.contains("http.host_not_allowed"), "{what}");
    Village::stop(node);
}
