//! Partitions: what is told of a network that fell apart and became one again.

use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Cluster, SLOT_MS};
use coinage_tests::ledger::{self, Ledger, developer, list, person};
use coinage_tests::program::Desk;
use serde_json::Value;

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];

/// Spends the same coins on both sides, among other payments.
#[test]
fn a_side_that_gave_way_tells_what_became_of_every_payment() {
    let sides: [&[u16]; 2] = [&[1, 2], &[3, 4]];
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let (alice, bob, poor) = (developer("alice"), developer("bob"), person(1));
    let funded = ledger.pay(&cluster, 1, &alice, address(&poor), 100);
    ledger.wait_included(&cluster, &ALL, &funded);

    cluster.partition(&sides);
    let spend = |side: &[u16], receiver: u8| {
        let spent = ledger.pay(&cluster, side[0], &poor, address(&person(receiver)), 100);
        for (count, node) in (1..).zip(side.iter().cycle().take(4)) {
            ledger.pay(&cluster, *node, &alice, address(&person(receiver)), count);
            ledger.pay(&cluster, *node, &bob, address(&person(receiver)), count);
        }
        ledger.wait_included(&cluster, side, &spent);
        spent
    };
    let disputed = [spend(sides[0], 2), spend(sides[1], 3)];
    let height = cluster.head(1).map_or(0, |head| head.0);
    cluster.wait(40, "both halves write", || {
        [1, 3].iter().all(|node| cluster.head(*node).is_some_and(|head| head.0 >= height + 6))
    });
    cluster.heal();

    cluster.wait(40, "one head everywhere", || {
        let heads = ALL.map(|node| cluster.head(node));
        heads.iter().all(|head| head.is_some() && *head == heads[0])
    });
    let scan = ledger.settle(&cluster, &ALL, std::slice::from_ref(&disputed));
    let losers: Vec<_> = ALL
        .into_iter()
        .filter(|node| changed_branch(&cluster, *node, &scan.blocks, &disputed))
        .collect();
    let whole_side = sides.iter().any(|side| side.iter().all(|node| losers.contains(node)));
    assert!(whole_side, "one side must have changed its branch: {losers:?}");
    for node in ALL {
        assert_no_ban(&cluster.log(node));
    }
    ledger::verify(&mut cluster);
}

/// Kills two of four nodes: blocks go on, and nobody should rely on them.
#[test]
fn half_of_a_network_says_that_it_is_alone_and_so_do_its_payments() {
    let cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let state = |node| cluster.get(node, "/v1/status").body["sync"]["state"].clone();
    assert_eq!(state(1), "synced");
    [3, 4].into_iter().for_each(|node| cluster.kill(node));
    cluster.wait(60, "both halves of the half say so", || {
        [1, 2].into_iter().all(|node| state(node) == "alone")
    });
    let ready = cluster.get(1, "/health/ready");
    let detail = ready.body["detail"].as_str().unwrap_or_default();
    assert!(ready.status == 503 && detail.contains("alone"), "{ready:?}");
    let warnings = cluster.get(1, "/v1/status").body["warnings"].to_string();
    assert!(warnings.contains("blocks or votes of 2 of 4 authorities"), "{warnings}");
    let states: Vec<_> = cluster.status().nodes.into_iter().map(|node| node.state).collect();
    assert_eq!(states, ["alone", "alone", "stopped", "stopped"]);
    everybody_who_asks_is_told_how_few_are_heard_of(&cluster);
    let paid = ledger.pay(&cluster, 1, &developer("alice"), address(&person(1)), 5);
    ledger.wait_included(&cluster, &[1, 2], &paid);
    let shown = cluster.cli(1, &["tx", "show", &paid]);
    assert_eq!(shown.data()["alone"], Value::Bool(true), "{shown:?}");
    [3, 4].into_iter().for_each(|node| cluster.start_node(node));
    cluster.wait(120, "all are synced again", || {
        ALL.into_iter().all(|node| {
            cluster
                .try_get(node, "/v1/status")
                .is_some_and(|it| it.body["sync"]["state"] == "synced")
        })
    });
    let shown = cluster.cli(1, &["tx", "show", &paid]);
    assert_eq!(shown.data()["alone"], Value::Bool(false), "{shown:?}");
}

fn everybody_who_asks_is_told_how_few_are_heard_of(cluster: &Cluster) {
    let (desk, api) = (Desk::beside(PROGRAM), cluster.api(1));
    let told = |words: &str| {
        let words: Vec<_> = words.split(' ').collect();
        desk.run(&[&["--node", &api][..], &words].concat())
    };
    for words in ["chain info", "node status", "peers", "top --once", "doctor"] {
        let told = told(words);
        assert!(told.out.contains("blocks or votes of 2 of 4 authorities"), "{words}: {told:?}");
    }
    for words in ["balance alice", "history alice", "token holders COIN", "block show head"] {
        let told = told(words);
        assert!(told.err.contains("hears of 2 of 4 authorities"), "{words}: {told:?}");
    }
    let nodes = cluster.status().nodes;
    assert_eq!((nodes[0].heard, nodes[0].authorities), (Some(2), Some(4)), "{nodes:?}");
}

/// Checks whether a node left a branch with one of the disputed payments; then it says all about
/// that.
fn changed_branch(cluster: &Cluster, node: u16, chain: &[String], disputed: &[String; 2]) -> bool {
    let reorgs = list(cluster, node, "/v1/chain/reorgs");
    for reorg in &reorgs {
        // A side that lost may have had a fork of its own before: its ancestor is lost, too.
        if outcomes(reorg).iter().any(|(id, _)| disputed.contains(id)) {
            let ancestor = reorg["common_ancestor"]["hash"].as_str().unwrap_or_default();
            assert!(chain.iter().any(|hash| hash == ancestor), "{reorg}");
        }
        let counts = reorg["counts"].as_object().expect("counts");
        let total: usize =
            counts.values().filter_map(|one| one.as_str()?.parse::<usize>().ok()).sum();
        assert_eq!(reorg["transactions"].as_array().map(Vec::len), Some(total), "{reorg}");
    }
    let log = cluster.log(node);
    let lines: Vec<_> = log.lines().filter(|line| line.contains(" chain.reorg ")).collect();
    assert_eq!(lines.len(), reorgs.len(), "{lines:?} {reorgs:?}");
    for field in ["old_head=", "new_head=", "common_ancestor=", "depth=", "reverted_txs=", "rule="]
    {
        assert!(lines.iter().all(|line| line.contains(field)), "{field}: {lines:?}");
    }
    let outcomes: Vec<_> = reorgs.iter().flat_map(outcomes).collect();
    let outcome = |id: &String| {
        outcomes.iter().find(|(one, _)| one == id).map(|(_, outcome)| outcome.clone())
    };
    let told: Vec<_> = disputed.iter().filter_map(outcome).collect();
    assert!(told.iter().all(|outcome| outcome == "conflicting"), "{outcomes:?}");
    !told.is_empty()
}

fn outcomes(reorg: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = reorg["transactions"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| (word(&one["id"]), word(&one["fate"]))).collect()
}

fn assert_no_ban(log: &str) {
    for line in log.lines() {
        assert!(!line.contains("peer.banned") && !line.contains("peer.charged"), "{line}");
    }
}
