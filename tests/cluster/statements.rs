//! Statements and proofs of a network that fell apart and became one again.

use std::collections::BTreeMap;
use std::process::Command;

use coinage_protocol::Height;
use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Cluster, SLOT_MS, run};
use coinage_tests::ledger::{Ledger, developer, is_included, list, person};
use serde_json::{Value, json};

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];

/// A movement as the test itself reads it from the blocks: height, id, token, signed base units,
/// and the other party.
type Seen = (String, String, String, i128, String);

/// Goal: each of four nodes gives the same statements after a reorg, byte by byte, and they are
/// right. Method: payments on both sides of a partition; the test reads all blocks and does the
/// sums itself.
#[test]
fn after_a_reorg_four_nodes_give_the_same_statements_and_they_sum_to_the_balances() {
    let cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let poor = address(&person(1)).to_string();
    let issue = ["token", "create", "GOLD", "--decimals", "3", "--supply", "5", "--from", "alice"];
    cluster.cli(1, &issue).data();
    cluster.cli(1, &["token", "mint", "2.5", "GOLD", &poor, "--from", "alice"]).data();
    cluster.cli(1, &["token", "burn", "0.125", "GOLD", "--from", "alice"]).data();
    let memo = ["send", "1", "COIN", "bob", "--from", "alice", "--memo", "=1+1, \"rent\""];
    cluster.cli(1, &memo).data();
    let target = cluster.head(1).expect("it runs").0;
    cluster.wait(40, "all have the token", || cluster.agree(&ALL, Height::new(target)));

    let sides: [&[u16]; 2] = [&[1, 2], &[3, 4]];
    cluster.partition(&sides);
    let mut paid = Vec::new();
    for (side, receiver) in sides.iter().zip([1_u8, 2]) {
        for (count, node) in (1..).zip(side.iter().cycle().take(6)) {
            for from in ["alice", "bob"] {
                let to = address(&person(receiver));
                paid.push(ledger.pay(&cluster, *node, &developer(from), to, count));
            }
        }
    }
    let height = cluster.head(1).map_or(0, |head| head.0);
    cluster.wait(40, "both halves write", || {
        [1, 3].iter().all(|node| cluster.head(*node).is_some_and(|head| head.0 >= height + 6))
    });
    cluster.heal();
    cluster.wait(80, "everything is included everywhere", || {
        ALL.iter().all(|node| paid.iter().all(|id| is_included(&cluster, *node, id)))
    });
    let target = ALL.iter().filter_map(|node| cluster.head(*node)).map(|head| head.0).max();
    let target = target.expect("a head");
    cluster.wait(40, "one chain everywhere", || cluster.agree(&ALL, Height::new(target)));
    assert!(ALL.iter().any(|node| !list(&cluster, *node, "/v1/chain/reorgs").is_empty()));

    let accounts = [address(&developer("alice")), address(&developer("bob")), address(&person(1))];
    for account in accounts.map(|account| account.to_string()) {
        let to = target.to_string();
        let csv: Vec<_> = ALL
            .iter()
            .map(|node| {
                let words = ["statement", &account, "--to", &to, "--csv"];
                let mut command = Command::new(cluster.program());
                command.args(["--node", &cluster.api(*node)]).args(words);
                let output = command.env("COINAGE_HOME", cluster.scratch("home")).output();
                let output = output.expect("the program runs");
                assert!(output.status.success(), "{output:?}");
                String::from_utf8(output.stdout).expect("text")
            })
            .collect();
        assert!(csv.iter().all(|one| *one == csv[0]), "{csv:?}");
        let json = ALL.map(|node| {
            let ended = cluster.cli(node, &["statement", &account, "--to", &to]);
            ended.data().clone()
        });
        assert!(json.iter().all(|one| *one == json[0]), "{json:?}");
        check(&cluster, &account, target, &json[0]);
        let lines = json[0]["movements"].as_array().expect("a list").len();
        let ends = json[0]["opening"].as_array().expect("a list").len()
            + json[0]["closing"].as_array().expect("a list").len();
        assert_eq!(csv[0].lines().count(), 1 + lines + ends, "{}", csv[0]);
        let alice_or_bob = account != poor;
        assert_eq!(csv[0].contains("\"'=1+1, \"\"rent\"\"\""), alice_or_bob, "{}", csv[0]);
        check_parts(&cluster, &account, target, &json[0]);
        check_proofs(&cluster, &account, target);
    }
}

/// Every node can prove the balance that the account had, whichever branch it was on before.
fn check_proofs(cluster: &Cluster, account: &str, target: u64) {
    let directory = cluster.scratch(account);
    std::fs::create_dir_all(&directory).expect("a directory");
    let to = target.to_string();
    let then = cluster.get(1, &format!("/v1/accounts/{account}?height={target}")).body;
    let items = then["items"].as_array().expect("a list");
    let coins = items.iter().find(|one| one["token"] == json!("COIN")).expect("it has some");
    let genesis = cluster.genesis().display().to_string();
    for node in ALL {
        let file = directory.join(format!("{node}.json")).display().to_string();
        let words = ["balance", account, "--token", "COIN", "--at", &to, "--proof", &file];
        cluster.cli(node, &words).data();
        let verify = ["node", "proof", "verify", &file, "--genesis", &genesis];
        let proven = cluster.cli(node, &verify).data().clone();
        assert_eq!(proven["proven"]["amount"], coins["amount"], "n{node} {proven}");
        assert_eq!(proven["block"]["hash"], then["head"]["hash"], "n{node} {proven}");
    }
}

/// A statement against the blocks, the genesis and the node's own balances.
fn check(cluster: &Cluster, account: &str, target: u64, statement: &Value) {
    let (mut sums, expected) = seen(cluster, account, target);
    let found: Vec<Seen> = statement["movements"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let amount = base_units(cluster, &word("token"), &word("amount"));
            (word("height"), word("transaction"), word("token"), amount, word("counterparty"))
        })
        .collect();
    assert_eq!(found, expected);
    assert!(expected.len() > 3, "{expected:?}");
    for one in statement["movements"].as_array().expect("a list") {
        let token = one["token"].as_str().expect("a token");
        let word = |name: &str| base_units(cluster, token, one[name].as_str().unwrap_or_default());
        let sum = sums.entry(token.to_owned()).or_default();
        *sum += word("amount");
        assert_eq!(word("balance"), *sum, "{one}");
    }
    let closing: BTreeMap<_, _> = statement["closing"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let token = one["token"].as_str().expect("a token").to_owned();
            let balance = one["balance"].as_str().unwrap_or_default();
            (token.clone(), base_units(cluster, &token, balance))
        })
        .collect();
    assert_eq!(closing, sums);
    let path = format!("/v1/accounts/{account}?height={target}");
    let then = cluster.get(1, &path).body;
    for one in then["items"].as_array().expect("a list") {
        let token = one["token"].as_str().expect("a token");
        assert_eq!(one["amount"], json!(sums[token].to_string()), "{then}");
    }
}

/// Two statements that meet have the balance in common where they meet.
fn check_parts(cluster: &Cluster, account: &str, target: u64, whole: &Value) {
    let (middle, next) = ((target / 2).to_string(), (target / 2 + 1).to_string());
    let target = target.to_string();
    let first = cluster.cli(2, &["statement", account, "--to", &middle]).data().clone();
    let words = ["statement", account, "--from", &next, "--to", &target];
    let second = cluster.cli(3, &words).data().clone();
    let items = |one: &Value, name: &str| one[name].as_array().cloned().unwrap_or_default();
    let both = [items(&first, "movements"), items(&second, "movements")].concat();
    assert_eq!(both, items(whole, "movements"));
    let mut closing = items(&first, "closing");
    let is_zero = |text: &str| text.trim_matches(['0', '.']).is_empty();
    closing.retain(|one| !is_zero(one["balance"].as_str().unwrap_or_default()));
    assert_eq!(closing, items(&second, "opening"));
}

/// Reads what the account began with, and what the blocks say that moved.
fn seen(cluster: &Cluster, account: &str, target: u64) -> (BTreeMap<String, i128>, Vec<Seen>) {
    let genesis = std::fs::read_to_string(cluster.genesis()).expect("a genesis");
    let genesis: Value = serde_json::from_str(&genesis).expect("it is JSON");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut sums = BTreeMap::new();
    for one in genesis["balances"].as_array().expect("a list") {
        if one["address"] == json!(account) {
            sums.insert(word(&one["token"]), word(&one["amount"]).parse().expect("digits"));
        }
    }
    let mut seen = Vec::new();
    for height in 0..=target {
        let block = cluster.get(4, &format!("/v1/blocks/{height}")).body;
        for one in block["transactions"].as_array().expect("a list") {
            for action in one["transaction"]["body"]["actions"].as_array().expect("a list") {
                let mut push = |sign: i128, amount: &str, other: &Value| {
                    let amount = sign * word(&action[amount]).parse::<i128>().expect("digits");
                    let other = if other == &json!(account) { Value::Null } else { other.clone() };
                    let token = word(&action["token"]);
                    let (height, id) = (height.to_string(), word(&one["id"]));
                    seen.push((height, id, token, amount, word(&other)));
                };
                let is = |name: &str| action[name] == json!(account);
                match action["type"].as_str().expect("a kind") {
                    "create_token" if is("to") => {
                        push(1, "supply", &one["transaction"]["body"]["sender"]);
                    }
                    "mint" if is("to") => push(1, "amount", &action["issuer"]),
                    "burn" if is("from") => push(-1, "amount", &Value::Null),
                    "transfer" if is("from") => push(-1, "amount", &action["to"]),
                    "transfer" if is("to") => push(1, "amount", &action["from"]),
                    _ => {}
                }
            }
        }
    }
    (sums, seen)
}

fn base_units(cluster: &Cluster, token: &str, written: &str) -> i128 {
    let decimals = match token {
        "GOLD" => 3,
        _ => cluster.get(1, &format!("/v1/tokens/{token}")).body["decimals"].as_u64().unwrap_or(0),
    };
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    let width = usize::try_from(decimals).expect("small");
    format!("{whole}{fraction:0<width$}").parse().expect("a number")
}

#[test]
fn proofs_hold_when_no_node_runs_and_those_of_another_chain_do_not() {
    let mut cluster = Cluster::start_with_slot(PROGRAM, 2, SLOT_MS);
    let sent = cluster.cli(1, &["send", "5", "COIN", "bob", "--from", "alice"]).data().clone();
    let id = sent["id"].as_str().expect("an id").to_owned();
    let directory = cluster.scratch("proofs");
    std::fs::create_dir_all(&directory).expect("a directory");
    let file = |name: &str| directory.join(name).display().to_string();
    let poor = address(&person(1)).to_string();
    let head = cluster.head(1).expect("it runs").0.to_string();
    let commands = [
        vec!["tx", "proof", &id, "--out"],
        vec!["balance", "bob", "--token", "COIN", "--at", &head, "--proof"],
        vec!["balance", &poor, "--token", "COIN", "--proof"],
        vec!["token", "show", "COIN", "--proof"],
        vec!["token", "show", "NONE", "--proof"],
    ];
    let names = ["tx.json", "bob.json", "poor.json", "coin.json", "none.json"].map(file);
    for (words, name) in commands.iter().zip(&names) {
        let words = [&words[..], &[name.as_str()]].concat();
        assert_eq!(cluster.cli(1, &words).data()["file"], json!(name));
        assert_eq!(cluster.cli(1, &words).error(), "file.write", "never overwritten");
    }
    let genesis = cluster.genesis().display().to_string();
    let mut other: Value =
        serde_json::from_slice(&std::fs::read(&genesis).expect("read")).expect("it is JSON");
    other["name"] = json!("elsewhere");
    let elsewhere = file("elsewhere.json");
    std::fs::write(&elsewhere, other.to_string()).expect("written");
    cluster.stop();

    let program = cluster.program().to_str().expect("a plain path").to_owned();
    let home = cluster.scratch("home");
    let verify = |name: &str, genesis: &str| {
        run(&program, &home, &["node", "proof", "verify", name, "--genesis", genesis])
    };
    for name in &names {
        let proven = verify(name, &genesis);
        assert_eq!(proven.data()["checked_against_genesis"], json!(true));
        // Without a genesis anybody may have made it up.
        let without = run(&program, &home, &["node", "proof", "verify", name]);
        assert_eq!((without.code, without.error()), (2, "proof.genesis_needed"), "{without:?}");
        assert_eq!(without.envelope["error"]["details"].get("proven"), None, "{without:?}");
        assert_eq!(verify(name, &elsewhere).error(), "proof.invalid");
    }
    assert_eq!(verify(&names[0], &genesis).data()["proven"]["id"], json!(id));
    assert_eq!(verify(&names[2], &genesis).data()["proven"]["amount"], json!("0"));
    assert_eq!(verify(&names[4], &genesis).data()["proven"]["exists"], json!(false));
    let text = std::fs::read_to_string(&names[2]).expect("read");
    let rich = file("rich.json");
    std::fs::write(&rich, text.replace("\"amount\": \"0\"", "\"amount\": \"9\"")).expect("written");
    assert_eq!(verify(&rich, &genesis).error(), "proof.invalid");
}
