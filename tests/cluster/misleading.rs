//! Words and numbers that would mislead who reads them.

use std::process::Command;

use coinage_tests::program::{Desk, Said, eventually};
use serde_json::Value;

use crate::PROGRAM;
use crate::results::Place;

/// Fails unless a command was refused with this exit code, code and part of its words.
fn refused(said: &Said, exit: i32, code: &str, part: &str) {
    assert_eq!((said.code, said.out.is_empty()), (exit, true), "{said:?}");
    assert!(said.err.contains(&format!("[{code}]")) && said.err.contains(part), "{said:?}");
}

#[test]
fn a_question_that_makes_no_sense_is_no_empty_answer() {
    let place = Place::new();
    assert_eq!(place.run("send 1 COIN bob --from alice").code, 0);
    let backwards = [
        "--from 2 --to 1",
        "--from 2026-02-01 --to 2026-01-31",
        "--from 2026-01-01T00:00:01Z --to 2026-01-01T00:00:00Z",
        "--from 1 --to 2020-01-01",
    ];
    // Block 0 of a devnet is as old as the devnet: a day may begin after it and before block 1.
    let day = place.data("block show 1").0["time"].as_str().expect("a time").to_owned();
    let after_genesis = format!("--from {day} --to 0");
    let later = ["--from 2099-01-01", "--from 99999999", "--from 99999999 --to 5"];
    for form in ["", " --csv", " --json"] {
        for (period, part) in backwards
            .iter()
            .chain([&after_genesis.as_str()])
            .map(|period| (period, "ends before it begins"))
            .chain(later.iter().map(|period| (period, "has only got to block")))
        {
            let said = place.run(&format!("statement bob {period}{form}"));
            if form == " --json" {
                let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
                assert_eq!(envelope["error"]["code"], "usage.bad_period", "{period} {said:?}");
                assert_eq!(said.code, 2, "{period}");
            } else {
                refused(&said, 2, "usage.bad_period", part);
            }
        }
    }
    for line in ["statement bob --token CION", "statement bob --token CION --csv"] {
        refused(&place.run(line), 6, "token.unknown", "CION");
    }
    let year = place.run("statement bob --to 2026");
    assert!(year.code == 0 && year.err.contains("2026-01-01"), "{year:?}");
    // Periods that make sense, whatever their ends are written as.
    for period in ["--from 1 --to 1", "--from 0 --to 2099-01-01", "--from 2020-01-01 --to 9999999"]
    {
        let (data, _) = place.data(&format!("statement bob {period}"));
        assert!(data["opening"].is_array() && data["closing"].is_array(), "{period} {data}");
    }
}

/// The commands that a text tells to type, each as the words that a shell makes of it.
fn proposed(text: &str) -> Vec<Vec<String>> {
    let quoted = text.split('`').skip(1).step_by(2);
    let rest = text.split('`').step_by(2).flat_map(str::lines);
    let lines = rest.filter_map(|line| Some(&line[line.find("coinage ")?..]));
    let words = |line: &str| {
        // Sentences that speak of a command without all its words are not to be typed.
        let line = format!("set -- {line}; printf '%s\\n' \"$@\"");
        let output = Command::new("sh").args(["-c", &line]).output().expect("a shell");
        let text = String::from_utf8(output.stdout).expect("text");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    quoted.chain(lines).filter(|line| line.starts_with("coinage ")).map(words).collect()
}

#[test]
fn what_a_hint_tells_to_type_reaches_the_same_devnet_the_same_node_and_the_same_file() {
    let desk = Desk::new(PROGRAM);
    let net = desk.text("my net");
    let devnet = |more: &str| {
        let words: Vec<_> = more.split_whitespace().collect();
        desk.run(&[&["devnet", "--dir", &net], &words[..]].concat())
    };
    let began = devnet("--nodes 2 --slot 250ms --base-port 0 --detach");
    assert_eq!(began.code, 0, "{began:?}");
    assert_eq!(devnet("kill 2").code, 0);
    let mut told = vec![began.out];
    for refused in ["", "start 1", "wipe 1", "kill 2", "partition 1", "--nodes 99", "--slot 1h"] {
        let said = devnet(refused);
        assert!(said.code != 0 && said.err.contains("hint: "), "{refused}: {said:?}");
        told.push(said.err);
    }
    let stopped = devnet("stop");
    told.push(stopped.out);
    told.push(devnet("status").err);
    let mut found = 0;
    for words in told.iter().flat_map(|text| proposed(text)).filter(|words| words[1] == "devnet") {
        assert_eq!(words[2..4], ["--dir".to_owned(), net.clone()], "{words:?}");
        found += 1;
    }
    assert!(found >= 15, "{found} of {told:?}");

    assert_eq!(devnet("--detach").code, 0);
    let status: Value = serde_json::from_str(&devnet("status --json").out).expect("an envelope");
    let url = status["data"]["nodes"][0]["api"].as_str().expect("it runs").to_owned();

    let pay = ["--node", &url, "send", "1", "COIN", "bob", "--from", "alice"];
    let to_file = desk.run(&[&pay[..], &["--sign-only", "my payment.json"]].concat());
    let unsigned =
        ["--sender", "alice", "--action", "transfer:1:COIN:alice:bob", "--out", "my.json"];
    assert_eq!(desk.run(&[&["--node", &url, "tx", "build"], &unsigned[..]].concat()).code, 0);
    let sign = ["--node", &url, "tx", "sign", "my.json", "--from", "alice"];
    let signed = desk.run(&[&sign[..], &["--out", "my signed.json"]].concat());
    let left = desk.run(&[&pay[..], &["--wait", "none"]].concat());
    let proof = ["balance", "bob", "--token", "COIN", "--proof", "my proof.json"];
    let proof = desk.run(&[&["--node", &url], &proof[..]].concat());
    for said in [to_file, signed, left, proof] {
        let commands = proposed(&said.out);
        assert_eq!(commands.len(), 1, "{said:?}");
        let words: Vec<_> = commands[0][1..].iter().map(String::as_str).collect();
        let followed = desk.run(&words);
        assert_eq!(followed.code, 0, "{words:?} {followed:?}");
    }
}

#[test]
fn a_devnet_whose_directory_is_deleted_ends_and_says_so() {
    let desk = Desk::new(PROGRAM);
    let start = "devnet --dir net --nodes 2 --slot 250ms --base-port 0";
    let mut running = desk.start(&start.split(' ').collect::<Vec<_>>());
    running.wait_for("ready: all 2 nodes agree");
    let status = desk.run(&["devnet", "--dir", "net", "status", "--json"]);
    let status: Value = serde_json::from_str(&status.out).expect("an envelope");
    let pids: Vec<_> = status["data"]["nodes"].as_array().expect("a list").iter().collect();
    let pids: Vec<_> = pids.iter().filter_map(|node| node["pid"].as_u64()).collect();
    assert_eq!(pids.len(), 2);
    // What writes into it meanwhile makes it not empty.
    eventually("it is deleted", || std::fs::remove_dir_all(desk.path("net")).is_ok());
    assert_eq!(running.wait(), 1);
    running.wait_for("[devnet.directory_gone]");
    for pid in pids {
        let pid = u32::try_from(pid).expect("a process id");
        eventually("its nodes are gone", || !coinage_tests::program::runs(pid));
    }
}

#[test]
fn a_balance_is_asked_for_in_one_token_and_shown_in_whole_ones() {
    let place = Place::new();
    assert_eq!(place.run("token create GOLD --supply 25 --from alice").code, 0);
    assert_eq!(place.run("send 12.50 GOLD bob --from alice").code, 0);
    for line in ["balance bob GOLD", "balance bob --token GOLD"] {
        let (data, _) = place.data(line);
        assert_eq!(data["items"].as_array().map(Vec::len), Some(1), "{line} {data}");
        assert_eq!(data["items"][0]["amount"], "1250", "{line} {data}");
        let said = place.run(line);
        assert!(said.out.contains("12.50") && !said.out.contains("COIN"), "{said:?}");
    }
    let (none, _) = place.data("balance carol GOLD");
    assert_eq!(none["items"][0]["amount"], "0", "{none}");
    for line in ["balance bob CION", "balance bob --token CION"] {
        refused(&place.run(line), 6, "token.unknown", "CION");
    }
    let said = place.run("balance bob GOLD --proof proof.json");
    assert!(said.code == 0 && said.out.contains("has 12.50 GOLD"), "{said:?}");
    refused(&place.run("balance bob --proof other.json"), 2, "usage.invalid", "name the token");
}

#[test]
fn a_refusal_names_what_is_wrong_with_what_was_typed() {
    let place = Place::new();
    let taken = place.node.strip_prefix("http://").expect("a URL");
    let genesis = "--genesis net/genesis.json --data own --listen 127.0.0.1:0";
    let run = place.run(&format!("node run {genesis} --api {taken}"));
    refused(&run, 1, "node.port_taken", "coinage devnet stop");
    let (invited, _) = place.data("invite --address 203.0.113.5 --address node.example:9700");
    let shown = invited["addresses"].to_string();
    for part in ["/ip4/203.0.113.5/tcp/9600/p2p/", "/dns/node.example/tcp/9700/p2p/"] {
        assert!(shown.contains(part), "{shown}");
    }
    let supply = place.run("token create GOLD --supply 10 --cap 5 --from alice");
    refused(
        &supply,
        7,
        "transaction.supply_above_cap",
        "a supply of 10.00 does not fit a cap of 5.00",
    );
    let twice = place.run("address --threshold 2 alice alice bob");
    refused(&twice, 2, "usage.bad_threshold", "is named twice");
    let village = "genesis new --name x --new-authority KEY --out g.json --token COIN:2";
    for (at, more) in
        ["--token COIN:2", "--balance alice:COIN:1 --balance alice:COIN:1"].iter().enumerate()
    {
        let line = format!("{} {more}", village.replace("KEY", &format!("key{at}")));
        refused(&place.run(&line), 1, "genesis.invalid", "is named twice");
    }
    let mut command = place.command("send 1 COIN bob --from alice --memo");
    command.arg("one\ntwo");
    let said = place.desk.finish(command);
    refused(&said, 2, "usage.bad_memo", "control characters");
    assert!(!said.err.contains("shorten"), "{said:?}");
    let long = format!("send 1 COIN bob --from alice --memo {}", "x".repeat(300));
    refused(&place.run(&long), 2, "usage.bad_memo", "shorten it to 256 bytes");
    for (url, exit, code, part) in [
        ("http://127.0.0.1:99999", 2, "usage.node_url", "1 to 65535"),
        ("https://127.0.0.1:8600", 2, "usage.node_url", "not https"),
        ("http://127.0.0.1:1", 5, "node.unreachable", "connection refused"),
    ] {
        refused(&place.run(&format!("--node {url} balance bob")), exit, code, part);
    }
}

#[test]
fn what_is_printed_for_people_and_for_scripts_is_what_they_look_for() {
    let place = Place::new();
    assert_eq!(place.run("token create GOLD --supply 1000 --from alice").code, 0);
    let quiet = place.run("send 12.50 GOLD bob --from alice --memo rent -q");
    let id = quiet.out.trim();
    assert!(quiet.code == 0 && id.len() == 64 && quiet.err.is_empty(), "{quiet:?}");
    let again = place.run(&format!("tx wait {id} -q"));
    assert_eq!(again.out.trim(), id, "{again:?}");
    assert_eq!(place.run("balance bob GOLD -q").out, "12.50\n");
    let height = place.data(&format!("tx show {id}")).0["block"]["height"].clone();
    let height = height.as_str().expect("a height").to_owned();
    for line in ["history bob", "history alice", &format!("block show {height}")] {
        let said = place.run(line);
        assert!(said.out.contains("12.50 GOLD to bob") && said.out.contains("rent"), "{said:?}");
    }
    let balance = place.run("balance alice").out;
    let ends: Vec<_> = balance.lines().take(3).map(|line| line.rfind("  ")).collect();
    assert!(ends[0].is_some() && ends.iter().all(|end| *end == ends[0]), "{balance}");
    let statement = place.run("statement bob").out;
    assert!(statement.contains("with  alice (coin1"), "{statement}");
    assert!(statement.starts_with("statement of bob (coin1"), "{statement}");
    // What programs read is the same wherever wallets have other names.
    assert!(!place.run("statement bob --csv").out.contains("alice"));

    assert_eq!(place.run("wallet new ann --no-confirm").code, 0);
    let secret = place.run("wallet export ann --secret").out.trim().to_owned();
    assert_eq!(secret.len(), 64);
    let told = place.run("wallet export ann --out backup.json");
    assert!(told.code == 0 && told.out.contains("encrypted"), "{told:?}");
    let backup = std::fs::read_to_string(place.desk.path("backup.json")).expect("a copy");
    assert!(!backup.contains(&secret), "the secret is in a file that nobody asked for");
    assert_eq!(place.run("wallet export ann").out, backup);
    assert_eq!(place.run("wallet import bea --file backup.json").code, 0);
    assert_eq!(place.run("wallet export bea --secret").out.trim(), secret);
}
