//! Beginnings that are refused: all is checked first, so that they leave everything as it was.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use coinage_tests::program::{Desk, Said, eventually};
use serde_json::Value;

use crate::PROGRAM;

/// Every file under a directory with its bytes, and every directory.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(contents(&path));
            found.insert(path, Vec::new());
        } else {
            let bytes = fs::read(&path).expect("read");
            found.insert(path, bytes);
        }
    }
    found
}

fn run(desk: &Desk, line: &str) -> Said {
    desk.run(&line.split(' ').collect::<Vec<_>>())
}

/// Checks that a command is refused by this code and changes nothing at the desk.
fn refused(desk: &Desk, line: &str, code: &str) {
    let before = contents(&desk.path(""));
    let said = run(desk, line);
    assert!(said.code > 0 && said.err.contains(&format!("[{code}]")), "{line}: {said:?}");
    let after = contents(&desk.path(""));
    let names = |all: &BTreeMap<PathBuf, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before), "{line}");
    assert!(after == before, "{line}: a file is another");
}

/// Words for ports that nobody has.
const FREE: &str = "--api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0 --no-discovery";

fn node(desk: &Desk, line: &str) -> Child {
    let mut command: Command = desk.command(&line.split(' ').collect::<Vec<_>>());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it runs")
}

fn runs(desk: &Desk, data: &str, child: &mut Child) -> Value {
    let file = desk.path(data).join("addresses.json");
    eventually("the node runs", || {
        let ended = child.try_wait().expect("its state");
        assert!(ended.is_none(), "it ended with {ended:?}");
        file.exists()
    });
    serde_json::from_slice(&fs::read(file).expect("read")).expect("JSON")
}

#[test]
fn a_start_that_is_refused_changes_nothing_and_the_right_one_works() {
    let desk = Desk::new(PROGRAM);
    for name in ["one", "two"] {
        let line = format!(
            "genesis new --name {name} --slot 250ms --new-authority {name}.key --out {name}.json"
        );
        assert_eq!(run(&desk, &line).code, 0);
    }
    assert_eq!(
        run(&desk, "genesis new --name p --private --new-authority p.key --out p.json").code,
        0
    );
    fs::remove_file(desk.path("p.network-key")).expect("there was one");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();

    let start = |genesis: &str, more: &str| {
        format!(
            "node run --data data --genesis {genesis}.json {FREE} --authority-key one.key{more}"
        )
    };
    refused(&desk, &start("two", ""), "authority.key_file");
    refused(&desk, &start("p", ""), "node.network_key");
    refused(&desk, &start("none", ""), "genesis.file");
    refused(&desk, &start("one", " --network-key one.key"), "key.unusable");
    let api = start("one", "").replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
    refused(&desk, &api, "node.port_taken");
    let p2p = start("one", "").replace("tcp/0", &format!("tcp/{port}"));
    refused(&desk, &p2p, "node.port_taken");

    let mut first = node(&desk, &start("one", ""));
    runs(&desk, "data", &mut first);
    // While the key is in use, and afterwards.
    let elsewhere = start("one", "").replace("--data data", "--data elsewhere");
    let said = run(&desk, &elsewhere);
    assert!(said.code > 0 && !desk.path("elsewhere").exists(), "{said:?}");
    first.kill().expect("it runs");
    first.wait().expect("it ended");
    refused(&desk, &start("two", "").replace("one.key", "two.key"), "storage.other_network");
    let mut again = node(&desk, &start("one", ""));
    runs(&desk, "data", &mut again);
    again.kill().expect("it runs");
    again.wait().expect("it ended");
}

#[test]
fn a_genesis_or_a_memory_that_is_refused_leaves_no_key_behind() {
    let desk = Desk::new(PROGRAM);
    let new = "genesis new --name village --slot 250ms --new-authority a.key --out village.json";
    assert_eq!(run(&desk, new).code, 0);
    let other = "genesis new --name other --slot 250ms --new-authority b.key --out other.json";
    for (more, code) in [
        (" --slot 1ms", "genesis.invalid"),
        (" --token XX:2 --balance nobody:XX:1", "wallet.not_found"),
        (" --new-authority a.key", "key.unusable"),
        (" --new-authority b.key", "usage.invalid"),
        (" --out village.json", "genesis.file"),
    ] {
        // A word that stands for another takes its place.
        let flag = more.split(' ').nth(1).expect("a flag");
        let without = other.split(" --").filter(|part| {
            flag == "--new-authority" || !format!("--{part}").starts_with(&format!("{flag} "))
        });
        let words = without.collect::<Vec<_>>().join(" --");
        refused(&desk, &format!("{words}{more}"), code);
    }
    fs::write(desk.path("other.network-key"), "somebody's").expect("written");
    refused(&desk, &format!("{other} --private"), "genesis.file");
    assert_eq!(run(&desk, other).code, 0, "nothing stands in the way");
    let reset = "node reset-signing-memory a.key --genesis other.json";
    refused(&desk, reset, "authority.key_file");
    assert_eq!(run(&desk, &reset.replace("other", "village")).code, 0);
}

#[test]
fn who_joins_changes_nothing_of_a_node_that_is_there() {
    let desk = Desk::new(PROGRAM);
    let new = "genesis new --name village --slot 250ms --new-authority village.key --out g.json";
    assert_eq!(run(&desk, new).code, 0);
    let start = format!("node run --data data --genesis g.json --authority-key village.key {FREE}");
    let mut child = node(&desk, &start);
    let addresses = runs(&desk, "data", &mut child);
    let api = addresses["api"].as_str().expect("a URL");
    let said = run(&desk, &format!("invite --json --node {api}"));
    let said: Value = serde_json::from_str(&said.out).expect("an envelope");
    let invite = said["data"]["invite"].as_str().expect("a line").to_owned();
    let join = |data: &str| run(&desk, &format!("join {invite} --data {data} --no-run"));
    let config = desk.path("data/node.toml");
    for state in ["runs", "has ended"] {
        let said = join("data");
        assert!(said.code > 0 && said.err.contains("[join.directory_used]"), "{state}: {said:?}");
        assert!(said.err.contains("node run --data data"), "{said:?}");
        assert!(!config.exists(), "{state}");
        if state == "runs" {
            fs::create_dir(desk.path("keys")).expect("made");
            fs::copy(desk.path("village.key.memory"), desk.path("keys/k.memory")).expect("copied");
            let said = join("keys");
            assert!(said.err.contains("[join.directory_used]"), "{said:?}");
            assert_eq!(fs::read_dir(desk.path("keys")).expect("listed").count(), 1);
            assert_eq!(join("fresh").code, 0);
            assert_eq!(join("fresh").code, 0, "again");
            child.kill().expect("it runs");
            child.wait().expect("it ended");
        }
    }
    // Without a chain, what somebody put there is no node's.
    fs::create_dir(desk.path("own")).expect("made");
    fs::copy(desk.path("g.json"), desk.path("own/genesis.json")).expect("copied");
    assert_eq!(join("own").code, 0);
}
