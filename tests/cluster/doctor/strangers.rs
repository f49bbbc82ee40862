//! Trouble that others have or make, whom nobody named.

use coinage_tests::cluster::{Cluster, SLOT_MS};
use coinage_tests::raw_process::RawProcess;
use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::{Raw, Speech, Villain, claiming, genesis};

use super::examine_at;
use crate::PROGRAM;

pub(super) fn two_copies_that_push_each_other_off_are_named_by_others_and_hear_of_each_other() {
    let cluster = Cluster::start_with_slot(PROGRAM, 1, SLOT_MS);
    let there = cluster.announced(1).expect("it runs").p2p;
    let (program, genesis) = (cluster.program(), cluster.genesis());
    let seeking = |name: &str, peer: &String| {
        RawProcess::seeking(program, &genesis, &cluster.scratch(name), std::slice::from_ref(peer))
    };
    let other = seeking("other", &there);
    let first = seeking("first", &other.announced.p2p);
    let home = cluster.scratch("second/data");
    std::fs::create_dir_all(&home).expect("a directory");
    std::fs::copy(first.data().join("node.key"), home.join("node.key")).expect("copied");
    let second = seeking("second", &other.announced.p2p);
    let (_, name) = first.announced.p2p.split_once("/p2p/").expect("it names a peer");
    let api = other.announced.api.clone();
    cluster.wait(80, "it is told", || examine_at(&api, &[]).get("peer.identity_twice").is_some());
    let what = examine_at(&api, &[]).what("peer.identity_twice");
    assert!(what.contains(name) && what.matches("/ip4/127.0.0.1/tcp/").count() == 2, "{what}");
    assert!(other.log().contains("peer.identity_twice"), "{}", other.log());
    for (own, copy) in [(&first, &second), (&second, &first)] {
        let (place, _) = copy.announced.p2p.split_once("/p2p/").expect("it names a peer");
        cluster.wait(160, "a copy hears of the other", || {
            examine_at(&own.announced.api, &[]).what("identity.shared").contains(place)
        });
    }
}

pub(super) async fn many_strangers_that_make_trouble_are_one_note() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let head = genesis(&node.spec);
    let _peer = Villain::connect(&node, claiming(&node.spec, head)).await;
    for _ in 0..20 {
        let mut garbled = Villain::connect(&node, claiming(&node.spec, head)).await;
        garbled.ask(Speech::Sync, Raw::Bytes(vec![0xff; 20]));
        garbled.gone().await;
    }
    let url = format!("http://{}", node.socket(false));
    node.wait("all are counted", |_| {
        examine_at(&url, &[]).what("peer.strangers").contains("20 were banned")
    });
    let found = examine_at(&url, &[]);
    let codes = found.codes();
    assert!(!codes.contains(&"peer.undecodable"), "{codes:?}");
    assert!(codes.len() < 5, "{codes:?}");
}
