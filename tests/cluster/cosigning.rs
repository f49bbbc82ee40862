//! Owners who share no directory: the files go from desk to desk, and no node is near when they
//! are made, read, signed and joined.

use std::fs;

use coinage_tests::ledger::is_in_block;
use coinage_tests::program::{Desk, Said};
use serde_json::Value;

use crate::PROGRAM;

/// A place where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";
/// Terms that everybody at this table agrees to by word of mouth.
const TERMS: [&str; 2] = ["gives 5.00 COIN to", "gives 2.50 GOLD to"];

/// Runs a command without any node.
fn offline(desk: &Desk, words: &[&str]) -> Said {
    run(desk, NOWHERE, words)
}

fn run(desk: &Desk, node: &str, words: &[&str]) -> Said {
    let mut command = desk.command(words);
    command.env("COINAGE_NODE", node).env("COINAGE_PASSWORD", "a password");
    desk.finish(command)
}

fn done(said: Said) -> Said {
    assert_eq!(said.code, 0, "{said:?}");
    said
}

fn data(desk: &Desk, node: &str, words: &[&str]) -> Value {
    let said = done(run(desk, node, &[words, &["--json"]].concat()));
    serde_json::from_str::<Value>(&said.out).expect("an envelope")["data"].clone()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// A desk with a wallet of one's own, and its address and key.
fn person(name: &str) -> (Desk, String, String) {
    let desk = Desk::beside(PROGRAM);
    let made = data(&desk, NOWHERE, &["wallet", "new", name]);
    (desk, text(&made["address"]), text(&made["key"]))
}

fn hand_over(from: &Desk, name: &str, to: &Desk, as_name: &str) {
    fs::copy(from.path(name), to.path(as_name)).expect("copied");
}

/// A devnet in the background, and the URL of its node.
fn devnet(desk: &Desk) -> String {
    let words = ["devnet", "--dir", "net", "--nodes", "1", "--slot", "250ms", "--base-port", "0"];
    let said = done(desk.run(&[&words[..], &["--detach", "--json"]].concat()));
    let data: Value = serde_json::from_str(&said.out).expect("an envelope");
    text(&data["data"]["nodes"][0]["api"])
}

#[test]
fn a_swap_is_negotiated_by_two_who_share_no_directory_and_signed_apart() {
    let host = Desk::new(PROGRAM);
    let node = devnet(&host);
    let (ann, anns, _) = person("ann");
    let (ben, bens, _) = person("ben");
    let create = ["token", "create", "GOLD", "--supply", "9", "--from", "alice"];
    done(run(&host, &node, &create));
    done(run(&host, &node, &["send", "9", "GOLD", &bens, "--from", "alice"]));
    done(run(&host, &node, &["send", "20", "COIN", &anns, "--from", "bob"]));
    for desk in [&ann, &ben] {
        fs::copy(host.path("net/genesis.json"), desk.path("genesis.json")).expect("copied");
    }

    let pay = format!("transfer:5:COIN:ann:{bens}");
    let deliver = format!("transfer:2.5:GOLD:{bens}:ann");
    let build = ["tx", "build", "--genesis", "genesis.json", "--decimals", "GOLD:2"];
    let steps = ["--action", &pay, "--action", &deliver, "--sender", "ann", "--memo", "a swap"];
    done(offline(&ann, &[&build[..], &steps, &["--out", "swap.json"]].concat()));
    hand_over(&ann, "swap.json", &ben, "swap.json");

    // Before he signs, Ben sees what Ann wrote, and his own part in his own words.
    let read = done(run(&ben, &node, &["tx", "decode", "swap.json"]));
    assert!(TERMS.iter().all(|terms| read.out.contains(terms)), "{read:?}");
    assert!(read.out.contains("memo: a swap") && read.out.contains("(in 9m"), "{read:?}");
    assert_eq!(read.out.matches("still to sign").count(), 2, "{read:?}");
    let bens_part = format!("ben ({bens}) gives 2.50 GOLD to {anns}");
    assert!(read.out.contains(&bens_part), "{read:?}");
    let signed = done(run(&ben, &node, &["tx", "sign", "swap.json", "--from", "ben"]));
    assert!(TERMS.iter().all(|terms| signed.err.contains(terms)), "{signed:?}");
    // Without a node, what is not known is said in base units and never guessed.
    let words = ["tx", "sign", "swap.json", "--from", "ann", "--genesis", "genesis.json"];
    let signed = done(offline(&ann, &words));
    assert!(signed.err.contains("gives 5.00 COIN to"), "{signed:?}");
    assert!(signed.err.contains("gives 250 base units of GOLD to"), "{signed:?}");

    hand_over(&ben, "swap.json", &ann, "from-ben.json");
    let merge = ["tx", "merge", "swap.json", "from-ben.json", "--out", "both.json"];
    let merged = done(offline(&ann, &merge));
    assert!(merged.out.contains("signatures complete"), "{merged:?}");
    assert_eq!(merged.out.matches(": valid").count(), 2, "{merged:?}");
    tampering_is_refused(&ann, &node);
    let sent = data(&ann, &node, &["tx", "submit", "both.json"]);
    assert!(is_in_block(&sent["status"]));
    let has = |owner: &str| done(run(&host, &node, &["balance", owner])).out;
    assert!(has(&anns).contains("2.5") && has(&anns).contains("15"), "{}", has(&anns));
    assert!(has(&bens).contains("6.5"), "{}", has(&bens));
}

/// Changes the amount, or the network, as somebody on the way could.
fn tampering_is_refused(desk: &Desk, node: &str) {
    let file = fs::read_to_string(desk.path("both.json")).expect("read");
    assert!(file.contains(r#""amount": "500""#), "{file}");
    let changed = file.replace(r#""amount": "500""#, r#""amount": "400""#);
    fs::write(desk.path("changed.json"), &changed).expect("written");
    for words in [
        &["tx", "sign", "changed.json", "--from", "ann"][..],
        &["tx", "submit", "changed.json"],
        &["tx", "merge", "changed.json", "changed.json", "--out", "never.json"],
    ] {
        let said = run(desk, node, words);
        assert_eq!(said.code, 7, "{said:?}");
        assert!(said.err.contains("changed after it was signed"), "{said:?}");
        assert!(said.err.contains("changed.json"), "{said:?}");
    }
    let read = run(desk, node, &["tx", "decode", "changed.json"]);
    assert!(read.code == 7 && read.err.contains("changed after it was signed"), "{read:?}");
    assert!(read.out.contains("NOT VALID") && read.out.contains("BROKEN"), "{read:?}");
    assert!(!read.out.contains("signatures complete"), "{read:?}");
    let apart = run(desk, node, &["tx", "merge", "both.json", "changed.json", "--out", "x.json"]);
    assert_eq!(apart.code, 7, "{apart:?}");
    assert!(apart.err.contains("different transactions"), "{apart:?}");
    assert!(!desk.path("x.json").exists() && !desk.path("never.json").exists());

    let document: Value = serde_json::from_str(&file).expect("JSON");
    let chain = text(&document["chain_id"]);
    let elsewhere = file.replace(&chain, &"ab".repeat(32));
    fs::write(desk.path("elsewhere.json"), elsewhere).expect("written");
    let read = run(desk, node, &["tx", "decode", "elsewhere.json"]);
    assert!(read.code == 7 && read.out.contains("is on another network"), "{read:?}");
    // What this network's node says of COIN means nothing there.
    assert!(read.out.contains("500 base units of COIN"), "{read:?}");
    let genesis = ["tx", "sign", "elsewhere.json", "--from", "ann", "--genesis", "genesis.json"];
    assert_eq!(run(desk, node, &genesis).code, 7);
    assert_eq!(run(desk, node, &["tx", "submit", "elsewhere.json"]).code, 7);
}

#[test]
fn an_account_of_three_pays_with_two_signatures_that_were_made_at_the_same_time() {
    let host = Desk::new(PROGRAM);
    let node = devnet(&host);
    let people = ["ann", "ben", "cat"].map(person);
    let keys = people.each_ref().map(|(_, _, key)| key.as_str());
    let ann = &people[0].0;
    let share = [&["address", "--threshold", "2"], &keys[..], &["--save", "board"]].concat();
    let board = text(&data(ann, NOWHERE, &share)["address"]);
    done(run(&host, &node, &["send", "10", "COIN", &board, "--from", "alice"]));
    let carol = text(&data(&host, &node, &["address", "carol"])["address"]);

    let chain = text(&data(&host, &node, &["chain", "info"])["chain_id"]);
    let pay = format!("transfer:150:COIN:board:{carol}");
    let build = ["tx", "build", "--chain-id", &chain, "--raw", "--action", &pay];
    let rest = ["--sender", "board", "--expires-in", "1h", "--out", "payment.json"];
    done(offline(ann, &[&build[..], &rest].concat()));
    // The file tells who shares the address: nobody else has saved it.
    for (desk, _, _) in &people[1..] {
        hand_over(ann, "payment.json", desk, "payment.json");
    }
    let mut merge = vec!["tx", "merge"];
    let names = ["1.json", "2.json"];
    for ((desk, _, _), (who, name)) in people[1..].iter().zip(["ben", "cat"].iter().zip(names)) {
        let signed = done(offline(desk, &["tx", "sign", "payment.json", "--from", who]));
        assert!(signed.out.contains("1 still to sign"), "{signed:?}");
        hand_over(desk, "payment.json", ann, name);
        merge.push(name);
    }
    let merged = done(offline(ann, &[&merge[..], &["--out", "signed.json"]].concat()));
    assert!(merged.out.contains("signatures complete"), "{merged:?}");
    let alone = run(ann, &node, &["tx", "submit", "1.json"]);
    assert_eq!(alone.code, 7, "{alone:?}");
    assert!(is_in_block(&data(ann, &node, &["tx", "submit", "signed.json"])["status"]));
    let left = done(run(&host, &node, &["balance", &board]));
    assert!(left.out.contains("8.5"), "{left:?}");
}
