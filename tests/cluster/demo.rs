//! `coinage devnet --demo`, and `coinage top`, which watches it.

use std::time::{Duration, Instant};

use coinage_protocol::{Lock, SecretKey};
use coinage_tests::cluster::get;
use coinage_tests::program::{Desk, eventually};
use serde_json::Value;

use crate::PROGRAM;

/// The stop promises two seconds; a busy machine gets more, but not as much as a node that hangs.
const STOPPING: Duration = Duration::from_secs(8);

fn data(desk: &Desk, words: &[&str]) -> Value {
    let said = desk.run(&[words, &["--json"]].concat());
    assert_eq!(said.code, 0, "{words:?} {said:?}");
    serde_json::from_str::<Value>(&said.out).expect("an envelope")["data"].clone()
}

fn status(desk: &Desk) -> Value {
    data(desk, &["devnet", "--dir", "net", "status"])
}

fn number(value: &Value) -> u128 {
    value.as_str().and_then(|text| text.parse().ok()).expect("a number as text")
}

/// The address of a development account, whose key everybody knows.
fn address(name: &str) -> String {
    let mut seed = [0; 32];
    let text = format!("coinage devnet test key {name}");
    seed[..text.len()].copy_from_slice(text.as_bytes());
    Lock::Key(SecretKey::new(seed).public()).address().to_string()
}

/// Sums what all accounts have of a token, on a node whose head does not move any more.
fn total(api: &str, token: &str) -> u128 {
    let demo = (1..=50).map(|number| format!("demo-{number:02}"));
    let names = ["alice", "bob", "carol"].into_iter().map(str::to_owned).chain(demo);
    let has = |name: String| {
        let account = get(&format!("{api}/v1/accounts/{}", address(&name))).expect("an answer");
        let items = account.body["items"].as_array().expect("balances").clone();
        items.iter().find(|one| one["token"] == token).map_or(0, |one| number(&one["amount"]))
    };
    names.map(has).sum()
}

fn supply(api: &str, token: &str) -> u128 {
    number(&get(&format!("{api}/v1/tokens/{token}")).expect("an answer").body["supply"])
}

#[test]
fn a_demonstration_goes_on_when_a_node_dies_disturbs_nobody_and_keeps_the_totals() {
    let desk = Desk::new(PROGRAM);
    let start = ["devnet", "--dir", "net", "--base-port", "0", "--detach"];
    let demo = ["--nodes", "3", "--slot", "250ms", "--demo", "--demo-rate", "20"];
    let begun = desk.run(&[&start[..], &demo[..]].concat());
    assert!(begun.code == 0 && begun.out.contains("pay each other 20 times"), "{begun:?}");
    let taken = || status(&desk)["demo"]["taken"].as_u64().expect("a count");
    eventually("payments", || taken() >= 30);
    let top = || data(&desk, &["top", "--dir", "net", "--once"]);
    let flows = |node: &Value| {
        node["answer"]["rates"]["transactions_per_second"].as_f64().is_some_and(|rate| rate > 1.0)
    };
    eventually("payments on all nodes", || {
        top()["nodes"].as_array().expect("nodes").iter().all(flows)
    });

    desk.run(&["devnet", "--dir", "net", "kill", "n3"]);
    let seen = top();
    assert_eq!(seen["nodes"][2]["answer"], Value::Null, "{seen}");
    assert!(seen["nodes"][2]["error"].is_string() && flows(&seen["nodes"][0]), "{seen}");
    let words = desk.run(&["top", "--dir", "net", "--once"]);
    assert!(words.out.contains("unreachable") && words.out.contains("synced"), "{words:?}");
    let before = taken();
    eventually("more payments", || taken() >= before + 30);
    let api = status(&desk)["nodes"][0]["api"].as_str().expect("a URL").to_owned();
    let paid = desk.run(&["--node", &api, "send", "5", "COIN", "bob", "--from", "alice"]);
    assert_eq!(paid.code, 0, "{paid:?}");

    let asked = Instant::now();
    assert_eq!(desk.run(&["devnet", "--dir", "net", "stop"]).code, 0);
    assert!(asked.elapsed() < STOPPING, "it took {:?}", asked.elapsed());
    assert_eq!(desk.run(&start).code, 0);
    let after = status(&desk);
    assert_eq!(after["demo"], Value::Null, "it has to be asked for");
    for node in 0..3 {
        let api = after["nodes"][node]["api"].as_str().expect("a URL");
        let waits = || get(&format!("{api}/v1/status")).expect("up").body["mempool"].clone();
        eventually("nothing waits", || waits()["transactions"] == 0);
        assert_eq!(supply(api, "COIN"), 300_000_000);
        for token in ["COIN", "TEA", "CAKE", "RIDE"] {
            assert_eq!(total(api, token), supply(api, token), "{token} on n{}", node + 1);
        }
    }
    assert_eq!(desk.run(&["devnet", "--dir", "net", "stop"]).code, 0);
}
