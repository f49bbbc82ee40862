//! `coinage devnet` from a person's point of view: started, stopped, resumed, refused.

use std::time::{Duration, Instant};

use coinage_tests::cluster::get;
use coinage_tests::program::{Desk, Running, eventually, runs};
use serde_json::Value;

use crate::PROGRAM;

/// Ctrl-C promises two seconds; a busy machine gets more, but not as much as a node that hangs.
const STOPPING: Duration = Duration::from_secs(8);

fn start(desk: &Desk) -> Running {
    let words = "devnet --dir net --base-port 0 --slot 250ms --heartbeat 250ms";
    let mut devnet = desk.start(&words.split(' ').collect::<Vec<_>>());
    devnet.wait_for("ready: all 4 nodes agree");
    devnet
}

fn status(desk: &Desk) -> Value {
    let said = desk.run(&["devnet", "--dir", "net", "status", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    serde_json::from_str::<Value>(&said.out).expect("an envelope")["data"].clone()
}

fn pids(status: &Value) -> Vec<u32> {
    let nodes = status["nodes"].as_array().expect("nodes").iter();
    let all = nodes.map(|node| node["pid"].clone()).chain([status["pid"].clone()]);
    all.filter_map(|pid| u32::try_from(pid.as_u64()?).ok()).collect()
}

fn block(status: &Value, node: usize, reference: &str) -> Value {
    let api = status["nodes"][node]["api"].as_str().expect("a URL");
    get(&format!("{api}/v1/blocks/{reference}")).expect("an answer").body
}

fn height(status: &Value, node: usize) -> u64 {
    let block = block(status, node, "head");
    block["height"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[test]
fn the_first_command_says_what_to_type_next_and_ctrl_c_stops_it_and_the_next_start_resumes() {
    let desk = Desk::new(PROGRAM);
    let mut devnet = start(&desk);
    let said = devnet.said();
    for part in [
        "alice",
        "published test keys",
        "Try, in another terminal:",
        "token create GOLD",
        "send 12.50 GOLD bob --from alice",
        "Stop with Ctrl-C",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    let before = status(&desk);
    let processes = pids(&before);
    assert_eq!(processes.len(), 5);
    assert!(processes.iter().all(|pid| runs(*pid)));
    eventually("block 3", || height(&before, 0) >= 3);
    let (genesis, third) = (block(&before, 0, "genesis"), block(&before, 0, "3"));

    let asked = Instant::now();
    devnet.signal("INT");
    assert_eq!(devnet.wait(), 0, "{}", devnet.said());
    assert!(asked.elapsed() < STOPPING, "it took {:?}", asked.elapsed());
    assert!(processes.iter().all(|pid| !runs(*pid)));
    eventually("it says what is next", || devnet.said().contains("the next start resumes it"));

    let _again = start(&desk);
    let after = status(&desk);
    for node in 0..4 {
        assert_eq!(block(&after, node, "genesis")["hash"], genesis["hash"]);
        assert_eq!(block(&after, node, "3")["hash"], third["hash"]);
        assert!(height(&after, node) >= 3);
    }
}

#[test]
fn when_the_supervisor_is_killed_the_nodes_end_and_the_next_start_resumes() {
    let desk = Desk::new(PROGRAM);
    let mut devnet = start(&desk);
    let before = status(&desk);
    eventually("block 2", || height(&before, 1) >= 2);
    let second = block(&before, 1, "2");
    devnet.signal("KILL");
    assert_eq!(devnet.wait(), -1);
    let processes = pids(&before);
    eventually("all processes gone", || processes.iter().all(|pid| !runs(*pid)));
    let _again = start(&desk);
    assert_eq!(block(&status(&desk), 1, "2")["hash"], second["hash"]);
}

#[test]
fn a_devnet_in_the_background_is_steered_by_commands() {
    let desk = Desk::new(PROGRAM);
    let devnet = |words: &[&str]| {
        let said = desk.run(&[&["devnet", "--dir", "net"], words].concat());
        assert!(!said.out.is_empty() || !said.err.is_empty(), "{words:?} says nothing");
        said
    };
    let start = ["--base-port", "0", "--slot", "250ms", "--heartbeat", "250ms", "--detach"];
    let said = devnet(&start);
    assert!(said.out.contains("ready: all 4 nodes agree"), "{said:?}");
    let again = devnet(&["--base-port", "0", "--detach"]);
    assert!(again.code == 1 && again.err.contains("already running (process "), "{again:?}");
    assert!(again.err.contains("net stop`"), "{again:?}");

    assert!(devnet(&["kill", "n4"]).out.contains("stopped"));
    let twice = devnet(&["kill", "4"]);
    assert!(twice.code == 1 && twice.err.contains("devnet.node_not_running"), "{twice:?}");
    assert_eq!(devnet(&["wipe", "n4"]).code, 0);
    assert_eq!(devnet(&["start", "n4"]).code, 0);
    assert!(devnet(&["wipe", "n4"]).err.contains("devnet.node_running"));
    eventually("n4 has the chain again", || {
        let status = status(&desk);
        status["nodes"][3]["state"] == "synced" && height(&status, 3) >= 2
    });
    assert!(devnet(&["logs", "n4"]).out.contains("node.started"));
    let some = devnet(&["logs", "--lines", "2"]);
    assert_eq!(some.out.lines().count(), 2 * 4, "{some:?}");
    // Who reads a log days later wants to know of which day a line is.
    assert!(some.out.lines().all(|line| line.contains(" | 20")), "{some:?}");
    assert!(some.err.contains("--lines N shows more"), "{some:?}");
    let unknown = devnet(&["kill", "n9"]);
    assert!(unknown.code == 2 && unknown.err.contains("n1 to n4"), "{unknown:?}");

    let processes = pids(&status(&desk));
    assert!(devnet(&["stop"]).out.contains("stopped"));
    eventually("all processes gone", || processes.iter().all(|pid| !runs(*pid)));
    let gone = devnet(&["status"]);
    assert!(gone.code == 1 && gone.err.contains("no devnet is running in net"), "{gone:?}");
}

#[test]
fn a_reset_begins_anew_and_never_in_a_directory_that_no_devnet_wrote() {
    let desk = Desk::new(PROGRAM);
    let genesis = || std::fs::read(desk.path("net/genesis.json")).expect("a genesis");
    let run = |words: &[&str]| {
        desk.run(&[&["devnet", "--dir", "net", "--base-port", "0"], words].concat())
    };
    assert_eq!(run(&["--detach", "--nodes", "1"]).code, 0);
    let first = genesis();
    assert_eq!(run(&["stop"]).code, 0);
    let other = run(&["--nodes", "2"]);
    assert!(other.code != 0 && other.err.contains("was created with --nodes 1"), "{other:?}");
    assert_eq!(genesis(), first);
    assert_eq!(run(&["--detach", "--nodes", "1", "--reset"]).code, 0);
    assert_ne!(genesis(), first);
    assert_eq!(run(&["stop"]).code, 0);

    std::fs::create_dir(desk.path("mine")).expect("a directory");
    std::fs::write(desk.path("mine/diary"), "dear diary").expect("a file");
    let said = desk.run(&["devnet", "--dir", "mine", "--reset", "--base-port", "0"]);
    assert!(said.code == 1 && said.err.contains("it is left alone"), "{said:?}");
    let left: Vec<_> = std::fs::read_dir(desk.path("mine")).expect("it").collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn a_taken_port_is_one_line_that_names_it_and_the_way_out() {
    let desk = Desk::new(PROGRAM);
    // The next devnet's n1 would need it.
    let taken = loop {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        if listener.local_addr().expect("bound").port() < 60_000 {
            break listener;
        }
    };
    let port = taken.local_addr().expect("bound").port().to_string();
    for way in [&[][..], &["--detach"]] {
        let words = ["devnet", "--dir", "net", "--nodes", "1", "--base-port", &port];
        let said = desk.run(&[&words, way].concat());
        assert_eq!(said.code, 1, "{said:?}");
        let error = said.err.lines().next().unwrap_or_default();
        assert!(error.contains(&format!("port {port} (the API port of n1) is taken")), "{said:?}");
        assert!(error.contains("--base-port"), "{said:?}");
        assert!(said.err.lines().count() <= 2, "{said:?}");
    }
}

#[test]
fn a_devnet_in_the_home_is_found_there_and_its_accounts_are_told_from_own_wallets() {
    let desk = Desk::new(PROGRAM);
    let began = desk.run(&["devnet", "--nodes", "1", "--base-port", "0", "--detach", "--json"]);
    assert_eq!(began.code, 0, "{began:?}");
    let began: Value = serde_json::from_str(&began.out).expect("an envelope");
    let api = began["data"]["nodes"][0]["api"].as_str().expect("a URL").to_owned();
    assert!(desk.path("home/devnet/genesis.json").exists(), "{began}");
    let mut elsewhere = desk.command(&["devnet", "status", "--home", &desk.text("home")]);
    elsewhere.env("COINAGE_HOME", desk.path("elsewhere"));
    assert_eq!(desk.finish(elsewhere).code, 0, "a flag counts more than the environment");

    let at = |words: &[&str]| {
        let mut command = desk.command(&[&["--node", &api], words].concat());
        command.env("COINAGE_PASSWORD", "a password");
        let said = desk.finish(command);
        assert_eq!(said.code, 0, "{words:?}: {said:?}");
        said
    };
    let devnets = at(&["address", "alice"]).out.trim().to_owned();
    for words in [&["wallet", "new", "alice", "--no-confirm"][..], &["balance", "alice"]] {
        let said = at(words);
        assert!(said.err.contains("not the devnet's") && said.err.contains(&devnets), "{said:?}");
    }
    assert!(!at(&["balance", "bob"]).err.contains("your own wallet"));

    std::fs::write(desk.path("home/devnet/wallets/bob.json"), "not for your eyes")
        .expect("written");
    let list = at(&["wallet", "list"]);
    assert!(list.out.contains("carol") && list.err.contains("bob.json"), "{list:?}");
    assert_eq!(desk.run(&["devnet", "stop"]).code, 0);
}
