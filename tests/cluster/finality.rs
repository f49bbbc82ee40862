//! Finality of four real nodes: what is final, and what is not while too few of them vote.

use coinage_protocol::Height;
use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Cluster, Ended, SLOT_MS};
use coinage_tests::ledger::{self, Ledger, developer, person, status};
use serde_json::{Value, json};

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];

/// Stops one node after the other, and starts both again.
#[test]
fn payments_are_final_on_all_nodes_and_wait_for_the_missing_when_two_of_four_are_gone() {
    // SPEC F-1, F-8
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let pay = |node: u16, amount| {
        ledger.pay(&cluster, node, &developer("alice"), address(&person(1)), amount)
    };
    let is_final = |node: u16, id: &str| status(&cluster, node, id) == "final";

    let first = pay(1, 1);
    for node in ALL {
        let waited = wait(&cluster, node, &first, "1m");
        assert_eq!(
            (&waited.data()["status"], &waited.data()["final"]),
            (&json!("final"), &json!(true))
        );
    }
    everything_says_so(&cluster, &first);

    cluster.kill(4);
    let second = pay(2, 2);
    let others = [1, 2, 3];
    cluster.wait(40, "three of four are enough", || {
        others.iter().all(|node| is_final(*node, &second))
    });
    cluster.wait(40, "the fourth is missed", || silent(&cluster, 1) == [3]);

    cluster.kill(3);
    cluster.wait(40, "both are missed", || silent(&cluster, 1) == [2, 3]);
    let height = cluster.head(1).expect("it runs").0;
    let third = pay(1, 3);
    ledger.wait_included(&cluster, &[1, 2], &third);
    cluster.wait(60, "blocks go on", || cluster.agree(&[1, 2], Height::new(height + 4)));
    names_the_silent(&cluster, &third);
    let is_of_one_alone =
        |id: &str| cluster.get(1, &format!("/v1/transactions/{id}")).body["alone"] == json!(true);
    cluster.wait(40, "it says that it is alone", || is_of_one_alone(&third));
    assert!(!is_of_one_alone(&first), "a quorum has signed what is final");

    cluster.start_node(3);
    cluster.start_node(4);
    cluster.wait(80, "what waited is final everywhere", || {
        ALL.iter().all(|node| is_final(*node, &third))
    });
    let fourth = pay(4, 4);
    cluster
        .wait(60, "and so is what came since", || ALL.iter().all(|node| is_final(*node, &fourth)));
    cluster.wait(40, "nobody is missed", || silent(&cluster, 1).is_empty());
    ledger.settle(&cluster, &ALL, &[]);
    ledger::verify(&mut cluster);
}

fn wait(cluster: &Cluster, node: u16, id: &str, timeout: &str) -> Ended {
    cluster.cli(node, &["tx", "wait", id, "--for", "final", "--timeout", timeout])
}

/// Turns of the authorities of which a node hears no votes.
fn silent(cluster: &Cluster, node: u16) -> Vec<u64> {
    let status = cluster.get(node, "/v1/status").body;
    let silent = status["silent"].as_array().cloned().unwrap_or_default();
    silent.iter().filter_map(|one| one["index"].as_u64()).collect()
}

fn number(value: &Value) -> u64 {
    value.as_str().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// Checks that blocks, status, command line and log agree that a payment is final.
fn everything_says_so(cluster: &Cluster, id: &str) {
    let shown = cluster.get(1, &format!("/v1/transactions/{id}")).body;
    let settled = cluster.get(1, "/v1/blocks/final").body;
    assert!(number(&settled["height"]) >= number(&shown["block"]["height"]), "{settled}");
    assert_eq!(settled["final"], true);
    let height = &shown["block"]["height"];
    let block = cluster.get(1, &format!("/v1/blocks/{}", number(height))).body;
    assert_eq!((&block["hash"], &block["final"]), (&shown["block"]["hash"], &json!(true)));
    let status = cluster.get(1, "/v1/status").body;
    assert_eq!((&status["quorum"], &status["silent"]), (&json!(3), &json!([])));
    assert!(number(&status["final"]["height"]) >= number(height), "{status}");
    let head = cluster.get(1, "/v1/blocks/head").body;
    let certificate = &head["certificate"];
    assert_eq!(certificate["signers"].as_array().map(Vec::len), Some(3), "{head}");
    assert!(cluster.log(1).contains(" block.final "));
    let metrics = ureq::get(format!("{}/metrics", cluster.api(1))).call().expect("it answers");
    let metrics = metrics.into_body().read_to_string().expect("text");
    assert!(metrics.contains("coinage_final_height "), "{metrics}");
}

/// Checks that a wait in vain says whose votes are missing, and that nothing is lost.
fn names_the_silent(cluster: &Cluster, id: &str) {
    let waited = wait(cluster, 1, id, "1s");
    assert_eq!((waited.code, waited.error()), (4, "transaction.not_final"), "{waited:?}");
    let message = waited.envelope["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("is included in block"), "{message}");
    assert!(message.contains("votes of 2 of 4 authorities came, 3 are needed"), "{message}");
    let silent = &waited.envelope["error"]["details"]["silent"];
    let turns: Vec<_> = silent.as_array().into_iter().flatten().map(|one| &one["index"]).collect();
    assert_eq!(turns, [&json!(2), &json!(3)]);
    let hint = waited.envelope["error"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("may still become final"), "{hint}");
    assert_eq!(status(cluster, 1, id), "included");
}
