//! Strangers, one address and a thousand names: what they can do to the connections of a node.

use std::net::Ipv4Addr;
use std::time::Instant;

use coinage_keys::genesis_file;
use coinage_protocol::ChainSpec;
use coinage_tests::cluster::Cluster;
use coinage_tests::crowd::Crowd;
use coinage_tests::raw_process::RawProcess;
use serde_json::{Value, json};

use crate::PROGRAM;

/// Address that the strangers come from; everybody else is at 127.0.0.1.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 9);
/// Identities and silent sockets at a time: with what else a test opens, below the usual limit of
/// 1,024 open files.
const AT_A_TIME: (usize, usize) = (160, 400);
/// Strangers of each kind that come before anything is looked at.
const CAME: usize = 1_000;
const SLOT_MS: u64 = 500;
/// Slots within which a node has found its network; the machine may be slow.
const SOON: u32 = 20;

/// A crowd before a node, which has seen a thousand of each kind.
fn crowd(cluster: &Cluster, node: &str) -> Crowd {
    let spec = ChainSpec::new(genesis_file::read(&cluster.genesis()).expect("a genesis"));
    let spec = spec.expect("a network");
    let (identities, sockets) = AT_A_TIME;
    let crowd = Crowd::gather(&spec, node, ELSEWHERE, identities, sockets);
    cluster.wait(40, "they come", || {
        let (identities, sockets) = crowd.came();
        identities >= CAME && sockets >= CAME
    });
    crowd
}

fn height(status: &Value) -> u64 {
    status["head"]["height"].as_str().and_then(|text| text.parse().ok()).expect("a height")
}

/// Waits until a node has what the network had when this began.
fn is_synced_soon(cluster: &Cluster, node: &RawProcess, since: Instant, what: &str) {
    let target = cluster.head(1).expect("it runs").0 + 2;
    cluster.wait(SOON, what, || {
        let status = node.status();
        height(&status) >= target && status["sync"]["state"] == json!("synced")
    });
    eprintln!("{what}: {} ms", since.elapsed().as_millis());
}

/// The peers connected to a node from the address of the honest, with the time since when.
fn honest(peers: &Value) -> Vec<(String, String)> {
    let items = peers["items"].as_array().expect("a list");
    let text = |item: &Value, field: &str| item[field].as_str().expect("a text").to_owned();
    let here = items.iter().filter(|item| text(item, "address").starts_with("/ip4/127.0.0.1/"));
    here.map(|item| (text(item, "peer_id"), text(item, "since"))).collect()
}

#[test]
fn a_thousand_strangers_of_one_address_keep_nobody_out_and_push_nobody_off() {
    let cluster = Cluster::start_with_slot(PROGRAM, 1, SLOT_MS);
    let there = cluster.announced(1).expect("it runs").p2p;
    let start = |name: &str| {
        let (genesis, home) = (cluster.genesis(), cluster.scratch(name));
        RawProcess::start(cluster.program(), &genesis, &home, std::slice::from_ref(&there))
    };
    let _old = start("old");
    let peers = || honest(&cluster.get(1, "/v1/peers").body);
    cluster.wait(SOON, "the old peer is there", || peers().len() == 1);
    let before = peers();
    let _crowd = crowd(&cluster, &there);
    let begun = Instant::now();
    let newcomer = start("newcomer");
    is_synced_soon(&cluster, &newcomer, begun, "a newcomer is synced");
    let after = peers();
    assert!(before.iter().all(|old| after.contains(old)), "{before:?} {after:?}");
}

#[test]
fn a_node_that_starts_again_among_a_thousand_strangers_finds_its_network() {
    let cluster = Cluster::start_with_slot(PROGRAM, 1, SLOT_MS);
    let there = cluster.announced(1).expect("it runs").p2p;
    let (program, genesis) = (cluster.program(), cluster.genesis());
    // The first node dials nobody; whom it knows, it knows because they came.
    let home = cluster.scratch("first");
    let first = RawProcess::seeking(program, &genesis, &home, &[]);
    let place = first.announced.p2p.clone();
    let (listen, _) = place.split_once("/p2p/").expect("it names a peer");
    let friends: Vec<_> = (0..2)
        .map(|friend| {
            let home = cluster.scratch(&format!("friend{friend}"));
            RawProcess::start(program, &genesis, &home, &[there.clone(), place.clone()])
        })
        .collect();
    is_synced_soon(&cluster, &first, Instant::now(), "the first node is synced");
    let _crowd = crowd(&cluster, &place);
    drop(first);
    let begun = Instant::now();
    let first = RawProcess::seeking_at(program, &genesis, &home, &[], listen);
    is_synced_soon(&cluster, &first, begun, "it is synced again");
    let peers = honest(&first.get("/v1/peers").expect("it answers").body);
    assert!(!peers.is_empty());
    drop(friends);
}
