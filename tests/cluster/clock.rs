//! Wrong clocks and processes that stood still.

use std::process::Command;
use std::time::{Duration, Instant};

use coinage_simulation::money::address;
use coinage_tests::cluster::{Cluster, SLOT_MS};
use coinage_tests::ledger::{self, Ledger, developer, list, person};
use serde_json::{Value, json};

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];
/// How far a clock is wrong.
const AHEAD_MS: i64 = 10_000;
/// How long a process stands still.
const PAUSE: Duration = Duration::from_secs(12);

#[test]
fn a_node_whose_clock_is_ahead_says_so_and_signs_nothing_until_it_is_right() {
    wrong_clock(AHEAD_MS);
}

#[test]
fn a_node_whose_clock_is_behind_says_so_and_signs_nothing_until_it_is_right() {
    wrong_clock(-AHEAD_MS);
}

fn wrong_clock(ahead_ms: i64) {
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    cluster.kill(4);
    let stopped = cluster.head(1).expect("it runs").0;
    cluster.start_node_with_clock(4, ahead_ms);
    cluster.wait(40, "n4 says that its clock is wrong", || {
        let status = cluster.try_get(4, "/v1/status").map(|answer| answer.body);
        status.is_some_and(|status| status["clock"]["skewed"] == json!(true))
    });
    assert!(cluster.log(4).contains(" clock.skewed "), "{}", cluster.log(4));
    let skewed = cluster.head(1).expect("it runs").0;
    cluster.wait(40, "the others go on", || cluster.agree(&[1, 2, 3], skewed + 9));
    let leader = leader(&cluster, 4);
    let wrote = |from: u64, to: u64| {
        let blocks = list(&cluster, 1, "/v1/blocks");
        let height = |block: &Value| block["height"].as_str().and_then(|it| it.parse().ok());
        let written = blocks.iter().filter(|block| block["leader"] == leader);
        written.filter_map(height).filter(|it: &u64| (from..=to).contains(it)).count()
    };
    assert_eq!(wrote(stopped + 2, skewed + 9), 0, "n4 signs nothing");
    for node in ALL {
        let log = cluster.log(node);
        assert!(!log.contains("peer.banned") && !log.contains("peer.charged"), "n{node}: {log}");
    }
    let peers = cluster.get(4, "/v1/status").body["peers"].clone();
    assert_eq!(peers, json!(3), "nobody turns his back on n4");
    cluster.kill(4);
    cluster.start_node(4);
    let right = cluster.head(1).expect("it runs").0;
    cluster
        .wait(60, "n4 writes again", || cluster.agree(&ALL, right) && wrote(right, u64::MAX) > 0);
    ledger.pay(&cluster, 4, &developer("alice"), address(&person(1)), 5);
    ledger.settle(&cluster, &ALL, &[]);
    ledger::verify(&mut cluster);
}

#[test]
fn a_process_that_stood_still_catches_up_while_the_others_went_on() {
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let pid = cluster.announced(2).expect("it runs").pid;
    let height = cluster.head(1).expect("it runs").0;
    signal("-STOP", pid);
    let began = Instant::now();
    let paid = ledger.pay(&cluster, 1, &developer("alice"), address(&person(1)), 5);
    ledger.wait_included(&cluster, &[1, 3, 4], &paid);
    cluster.wait(60, "the others went on", || {
        began.elapsed() >= PAUSE && cluster.agree(&[1, 3, 4], height + 20)
    });
    cluster.wait(20, "the dead connections are closed", || {
        [1, 3, 4].iter().all(|node| cluster.get(*node, "/v1/status").body["peers"] == json!(2))
    });
    signal("-CONT", pid);
    let target = cluster.head(1).expect("it runs").0;
    cluster.wait(40, "n2 is back", || cluster.agree(&ALL, target + 4));
    for node in ALL {
        let log = cluster.log(node);
        assert!(!log.contains("peer.banned") && !log.contains("peer.charged"), "n{node}: {log}");
        assert!(!log.contains(" block.rejected "), "n{node}: {log}");
    }
    ledger.pay(&cluster, 2, &developer("bob"), address(&person(1)), 6);
    ledger.settle(&cluster, &ALL, &[]);
    ledger::verify(&mut cluster);
}

fn leader(cluster: &Cluster, node: u16) -> Value {
    let status = cluster.get(node, "/v1/status").body;
    let authorities = status["authorities"].as_array().cloned().unwrap_or_default();
    let own = authorities.into_iter().find(|one| one["self"] == json!(true));
    own.expect("it is an authority")["key"].clone()
}

fn signal(name: &str, pid: u64) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.expect("kill runs").success());
}
