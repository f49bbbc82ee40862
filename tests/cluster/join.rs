//! Nodes that come late, come back empty, are cut off, or belong elsewhere.

use coinage_protocol::Height;
use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Answer, Cluster, SLOT_MS};
use coinage_tests::ledger::{self, Ledger, developer, is_in_block, is_included, person};
use coinage_tests::raw_process::{Link, RawProcess};
use serde_json::{Value, json};

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];

#[test]
fn a_late_joiner_and_a_wiped_node_catch_up_and_never_say_synced_before() {
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, 50);
    let ledger = Ledger::open(&cluster);
    cluster.wait(600, "a chain to fetch", || cluster.agree(&ALL, Height::new(200)));
    let paid = ledger.pay(&cluster, 1, &developer("alice"), address(&person(1)), 9);
    ledger.wait_included(&cluster, &ALL, &paid);
    let peer = cluster.announced(1).expect("it runs").p2p;
    let late =
        RawProcess::start(cluster.program(), &cluster.genesis(), &cluster.scratch("late"), &[peer]);
    watch_catching_up(&cluster, || late.get("/v1/status"), || late.log());
    let log = late.log();
    assert!(log.contains(" sync.started ") && log.contains(" sync.done "), "{log}");
    same_chain(&cluster, &late);

    cluster.kill(3);
    cluster.wipe(3);
    cluster.start_node(3);
    watch_catching_up(&cluster, || cluster.try_get(3, "/v1/status"), || cluster.log(3));
    ledger.pay(&cluster, 3, &developer("bob"), address(&person(2)), 10);
    ledger.settle(&cluster, &ALL, &[]);
    let data = late.data();
    drop(late);
    ledger::verify(&mut cluster);
    ledger::verify_data(&cluster, &data);
}

/// Polls a node until it is synced; it must not say so far below the others.
fn watch_catching_up(
    cluster: &Cluster,
    node: impl Fn() -> Option<Answer>,
    log: impl Fn() -> String,
) {
    let height = |status: &Value| -> u64 {
        status["head"]["height"].as_str().and_then(|it| it.parse().ok()).unwrap_or(0)
    };
    cluster.wait(400, "it is synced", || {
        // Asked before, so that what is written meanwhile does not count.
        let others = height(&cluster.get(1, "/v1/status").body);
        let Some(status) = node().map(|answer| answer.body) else { return false };
        let synced = status["sync"]["state"] == json!("synced");
        assert!(!synced || height(&status) + 2 >= others, "{others}: {status}\n{}", log());
        synced
    });
}

fn same_chain(cluster: &Cluster, late: &RawProcess) {
    // The newest block may still be another one where a slot is short and the machine busy.
    cluster.wait(40, "the same block", || {
        let height = cluster.head(1).expect("it runs").0;
        let path = format!("/v1/blocks/{height}");
        let ours = cluster.get(1, &path).body;
        late.get(&path).is_some_and(|theirs| theirs.status == 200 && theirs.body == ours)
    });
    for name in ["alice", "bob"] {
        let path = format!("/v1/accounts/{}", address(&developer(name)));
        let items = |body: Value| body["items"].clone();
        let theirs = late.get(&path).expect("it answers").body;
        assert_eq!(items(cluster.get(1, &path).body), items(theirs));
    }
}

#[test]
fn what_people_submit_to_an_observer_that_is_cut_off_is_delivered_after_healing() {
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let link = Link::to(&cluster.announced(2).expect("it runs").p2p);
    let directory = cluster.scratch("observer");
    let observer =
        RawProcess::start(cluster.program(), &cluster.genesis(), &directory, &[link.address()]);
    cluster.wait(40, "the observer is synced", || {
        observer.status()["sync"]["state"] == json!("synced")
    });
    link.set_open(false);
    let payments: Vec<_> = (1..=10)
        .map(|amount| ledger.draft(&developer("alice"), address(&person(1)), amount))
        .collect();
    for payment in &payments {
        let answer = ledger.submit_at(&observer.announced.api, payment).expect("it answers");
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    let height = cluster.head(1).expect("it runs").0;
    cluster.wait(40, "the others go on", || cluster.agree(&ALL, Height::new(height + 10)));
    assert!(payments.iter().all(|one| !is_included(&cluster, 2, &one.id)));
    link.set_open(true);
    ledger.settle(&cluster, &ALL, &[]);
    cluster.wait(40, "the observer follows", || {
        let state = |id: &String| observer.get(&format!("/v1/transactions/{id}"));
        let included = |id| state(id).is_some_and(|it| is_in_block(&it.body["status"]));
        payments.iter().all(|one| included(&one.id))
    });
    let data = observer.data();
    drop(observer);
    ledger::verify(&mut cluster);
    ledger::verify_data(&cluster, &data);
}

#[test]
fn a_peer_of_another_network_is_refused_and_both_say_what_differs() {
    let cluster = Cluster::start_with_slot(PROGRAM, 1, SLOT_MS);
    let other = cluster.scratch("other");
    std::fs::create_dir_all(&other).expect("a directory");
    let text = std::fs::read_to_string(cluster.genesis()).expect("a genesis");
    let mut genesis: Value = serde_json::from_str(&text).expect("it is JSON");
    genesis["name"] = json!("elsewhere");
    std::fs::write(other.join("genesis.json"), genesis.to_string()).expect("written");
    let peer = cluster.announced(1).expect("it runs").p2p;
    let stranger =
        RawProcess::start(cluster.program(), &other.join("genesis.json"), &other, &[peer]);
    let refused = |log: &str| {
        let line = log.lines().find(|line| line.contains(" peer.rejected ")).map(str::to_owned);
        line.filter(|line| line.contains("reason=chain_mismatch"))
    };
    cluster.wait(40, "both refuse", || {
        refused(&cluster.log(1)).is_some() && refused(&stranger.log()).is_some()
    });
    let ours = cluster.get(1, "/v1/status").body["chain_id"].as_str().expect("an id").to_owned();
    let theirs = stranger.status()["chain_id"].as_str().expect("an id").to_owned();
    assert_ne!(ours, theirs);
    let line = refused(&cluster.log(1)).expect("seen");
    assert!(line.contains(&format!("ours={ours}")), "{line}");
    assert!(line.contains(&format!("theirs={theirs}")) && line.contains("hint="), "{line}");
    let line = refused(&stranger.log()).expect("seen");
    assert!(line.contains(&format!("ours={theirs}")), "{line}");
    assert!(line.contains(&format!("theirs={ours}")) && line.contains("hint="), "{line}");
    cluster.wait(40, "neither counts as a peer", || {
        cluster.get(1, "/v1/status").body["peers"] == json!(0)
            && stranger.status()["peers"] == json!(0)
    });
}
