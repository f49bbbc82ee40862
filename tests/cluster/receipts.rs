//! Receipts of a real network, which are checked where there is no node, and a new network that
//! goes on from the final state of a lost one.

use std::fs;
use std::path::Path;

use coinage_keys::genesis_file;
use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Cluster, Ended, SLOT_MS, run};
use coinage_tests::ledger::{Ledger, developer, person};
use coinage_tests::single_node::SingleNode;
use serde_json::{Value, json};

use crate::PROGRAM;

/// A place where nobody answers: who needs no node notices nothing.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn a_receipt_shows_without_any_node_what_was_paid_and_nothing_else_does() {
    // SPEC M-6
    let cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let pay = |amount| ledger.pay(&cluster, 1, &developer("alice"), address(&person(1)), amount);
    let id = pay(1);
    cluster.cli(2, &["tx", "wait", &id, "--for", "final", "--timeout", "1m"]).data();
    let (receipt, proof) = (cluster.scratch("receipt.json"), cluster.scratch("proof.json"));
    let [receipt, proof] = [&receipt, &proof].map(|path| path.to_str().expect("a path"));
    let written = cluster.cli(3, &["receipt", &id, "--out", receipt]);
    let size = fs::metadata(receipt).expect("written").len();
    assert!(size < 16_000, "{size} bytes");
    assert_eq!(written.data()["bytes"], json!(size));
    let paid_to = address(&person(1)).to_string();
    let balance = ["balance", &paid_to, "--token", "COIN", "--at", "final", "--proof", proof];
    cluster.cli(3, &balance).data();

    // Two are gone: blocks go on, and nothing becomes final.
    cluster.kill(4);
    cluster.kill(3);
    let late = pay(2);
    ledger.wait_included(&cluster, &[1, 2], &late);
    let refused = cluster.cli(1, &["receipt", &late]);
    assert_eq!((refused.code, refused.error()), (4, "transaction.not_final"), "{refused:?}");
    let message = refused.envelope["error"]["message"].as_str().expect("words");
    assert!(message.contains("are lacking"), "{message}");
    let unknown = cluster.cli(1, &["receipt", &"11".repeat(32)]);
    assert_eq!((unknown.code, unknown.error()), (6, "transaction.unknown"));

    elsewhere(&cluster, receipt, proof, &id);
}

/// Checks the files in a directory with nothing else in it.
fn elsewhere(cluster: &Cluster, receipt: &str, proof: &str, id: &str) {
    let empty = tempfile::tempdir().expect("a directory");
    let place = |name: &str| empty.path().join(name);
    fs::copy(cluster.genesis(), place("genesis.json")).expect("copied");
    fs::copy(receipt, place("receipt.json")).expect("copied");
    fs::copy(proof, place("proof.json")).expect("copied");
    let good = verify(empty.path(), "receipt.json", "genesis.json");
    assert_eq!((&good.data()["id"], &good.data()["final"]), (&json!(id), &json!(true)));
    assert_eq!(good.data()["signers"].as_array().map(Vec::len), Some(3));
    let action = &good.data()["transaction"]["body"]["actions"][0];
    let paid_to = json!(address(&person(1)).to_string());
    assert_eq!((&action["type"], &action["to"]), (&json!("transfer"), &paid_to));
    let genesis = place("genesis.json").display().to_string();
    let proven = run(
        PROGRAM,
        &place("home"),
        &[
            "--node",
            NOWHERE,
            "node",
            "proof",
            "verify",
            &place("proof.json").display().to_string(),
            "--genesis",
            &genesis,
        ],
    );
    assert_eq!(proven.data()["final"], json!(true), "{proven:?}");

    let text = fs::read_to_string(place("receipt.json")).expect("text");
    let other = text.replacen("\"position\": 0", "\"position\": 1", 1);
    for (name, changed) in [("moved", other), ("spelled", text.replacen(": ", ":  ", 1))] {
        assert_ne!(changed, text);
        fs::write(place(name), changed).expect("written");
        let refused = verify(empty.path(), name, "genesis.json");
        assert_eq!((refused.code, refused.error()), (1, "receipt.invalid"), "{refused:?}");
    }
    let made = ["genesis", "new", "--name", "x", "--new-authority"];
    let files = [place("key").display().to_string(), place("other.json").display().to_string()];
    run(PROGRAM, &place("home"), &[&made[..], &[&files[0], "--out", &files[1]]].concat()).data();
    let refused = verify(empty.path(), "receipt.json", "other.json");
    assert_eq!((refused.code, refused.error()), (1, "receipt.other_network"), "{refused:?}");
}

fn verify(directory: &Path, receipt: &str, genesis: &str) -> Ended {
    let place = |name: &str| directory.join(name).display().to_string();
    let words = ["--node", NOWHERE, "receipt", "verify", &place(receipt), "--genesis"];
    run(PROGRAM, &directory.join("home"), &[&words[..], &[&place(genesis)]].concat())
}

/// Two of four authorities are lost for good: nothing becomes final any more, and the two that are
/// left go on as another network.
#[test]
fn a_network_that_lost_too_many_keys_goes_on_as_another_one() {
    let cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let pay = |amount| ledger.pay(&cluster, 1, &developer("alice"), address(&person(1)), amount);
    let first = pay(1);
    cluster.cli(1, &["tx", "wait", &first, "--for", "final", "--timeout", "1m"]).data();
    cluster.kill(4);
    cluster.kill(3);
    let second = pay(2);
    ledger.wait_included(&cluster, &[1, 2], &second);
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
    let block = cluster.cli(1, &["tx", "show", &second]).data()["block"]["height"].clone();
    cluster.kill(1);

    let place = |name: &str| cluster.scratch(name).display().to_string();
    let (data, key, out) = (cluster.data(1), place("new.key"), place("new.json"));
    let data = data.display().to_string();
    let words = ["genesis", "from-state", "--data", &data, "--new-authority", &key, "--out", &out];
    let made = run(PROGRAM, &cluster.scratch("home"), &words);
    assert_eq!(made.data()["tokens"][0]["before"], made.data()["tokens"][0]["after"]);
    let genesis = genesis_file::read(Path::new(&out)).expect("a genesis");
    let mut node = SingleNode::start_on(PROGRAM, genesis, &["--authority-key", &key]);
    node.wait("its blocks are final", |node| {
        let status = node.get("/v1/status").expect("it lives").body;
        number(&status["final"]["height"]) > Some(0)
    });
    let has = format!("/v1/accounts/{}", address(&person(1)));
    let account = node.get(&has).expect("it lives").body;
    // What the four had committed before two of them were gone.
    let carried = number(&made.data()["from"]["height"]) >= number(&block);
    let wanted = if carried { "3" } else { "1" };
    assert_eq!(account["items"][0]["amount"], wanted, "{account}");
}
