//! Undone payments: what could undo a final one, or make one look final that is not.

use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Cluster, SLOT_MS};
use coinage_tests::ledger::{self, Ledger, developer, person, status};

use serde_json::{Value, json};

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];

fn others(node: u16) -> Vec<u16> {
    ALL.into_iter().filter(|other| *other != node).collect()
}

/// Wipes each node in the moment in which it first says that a payment is final, which may be
/// before anybody else has heard of that: what it signed, and the block if it wrote it, is gone
/// with its disk.
#[test]
fn what_a_node_said_was_final_stands_when_that_node_is_wiped_at_once() {
    // SPEC F-4, F-7
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let mut told = Vec::new();
    for node in ALL {
        let id = ledger.pay(&cluster, node, &developer("alice"), address(&person(1)), 5);
        cluster.wait(40, "it is final", || status(&cluster, node, &id) == "final");
        cluster.kill(node);
        cluster.wipe(node);
        told.push(id);
        let final_at = |node: u16| told.iter().all(|id| status(&cluster, node, id) == "final");
        cluster.wait(40, "those who have a disk say the same", || {
            others(node).into_iter().all(final_at)
        });
        cluster.start_node(node);
        cluster.wait(80, "and so does who has none", || ALL.into_iter().all(final_at));
    }
    ledger.settle(&cluster, &ALL, &[]);
    for node in ALL {
        assert_eq!(ledger::list(&cluster, node, "/v1/evidence"), [Value::Null; 0], "it forgot");
    }
    ledger::verify(&mut cluster);
}

/// Cuts one node off, and lets it write a branch that it alone has.
#[test]
fn a_node_that_hears_nobody_never_says_that_a_payment_is_final() {
    // SPEC F-1, F-8
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let pay =
        |node, amount| ledger.pay(&cluster, node, &developer("alice"), address(&person(1)), amount);
    let before = pay(4, 1);
    cluster.wait(40, "it is final", || status(&cluster, 4, &before) == "final");

    cluster.partition(&[&[1, 2, 3], &[4]]);
    let alone = ledger.pay(&cluster, 4, &developer("bob"), address(&person(2)), 2);
    let among_three = pay(1, 3);
    let height = cluster.head(4).expect("it runs").0;
    cluster.wait(80, "three go on, and so does the one, which knows that it is alone", || {
        let shown = cluster.get(4, &format!("/v1/transactions/{alone}")).body;
        assert_ne!(shown["status"], "final");
        shown["status"] == "included"
            && shown["alone"] == true
            && cluster.head(4).is_some_and(|head| head.0 >= height + 3)
            && status(&cluster, 1, &among_three) == "final"
    });
    assert_eq!(status(&cluster, 4, &before), "final");

    cluster.heal();
    cluster.wait(80, "all is final once they hear each other", || {
        [&before, &alone, &among_three]
            .iter()
            .all(|id| ALL.into_iter().all(|node| status(&cluster, node, id) == "final"))
    });
    ledger.settle(&cluster, &ALL, &[]);
    ledger::verify(&mut cluster);
}

/// Puts an older copy of an authority's memory back, with its chain at hand and without.
#[test]
fn an_authority_with_an_older_copy_of_its_memory_signs_nothing_twice_and_is_told_the_way_out() {
    // SPEC C-5, F-7
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let settle = |nodes: &[u16]| {
        let id = ledger.pay(&cluster, nodes[0], &developer("alice"), address(&person(1)), 5);
        cluster.wait(80, "it is final", || {
            nodes.iter().all(|node| status(&cluster, *node, &id) == "final")
        });
    };
    for (node, loses_its_chain) in [(1, false), (2, true)] {
        let key = cluster.key(node);
        let memory = key.with_extension("json.memory");
        settle(&ALL);
        cluster.kill(node);
        let copy = std::fs::read(&memory).expect("it has signed");
        cluster.start_node(node);
        (0..4).for_each(|_| settle(&ALL));
        cluster.kill(node);
        assert_ne!(copy, std::fs::read(&memory).expect("it has signed"));
        std::fs::write(&memory, copy).expect("written");
        if loses_its_chain {
            cluster.wipe(node);
        }
        cluster.start_node(node);
        (0..4).for_each(|_| settle(&ALL));
        let warnings = || cluster.get(node, "/v1/status").body["warnings"].to_string();
        cluster.wait(40, "it says that it signs nothing", || {
            warnings().contains("with this node's authority key: it signs nothing")
        });
        let found = cluster.cli(node, &["doctor"]).envelope.to_string();
        assert!(found.contains("an older copy of its memory"), "{found}");

        cluster.kill(node);
        let (key, genesis) = (key.to_string_lossy(), cluster.genesis());
        let genesis = genesis.to_string_lossy();
        let reset = ["node", "reset-signing-memory", &key, "--genesis", &genesis];
        let reset = cluster.cli(1 + node % 4, &reset);
        assert_eq!(reset.code, 0, "{reset:?}");
        cluster.start_node(node);
        let silent = |at| cluster.get(at, "/v1/status").body["silent"] != json!([]);
        cluster.wait(80, "its votes are heard again", || {
            settle(&ALL);
            !ALL.into_iter().any(silent)
        });
    }
    for node in ALL {
        assert_eq!(ledger::list(&cluster, node, "/v1/evidence"), [Value::Null; 0], "it forgot");
    }
    ledger.settle(&cluster, &ALL, &[]);
    ledger::verify(&mut cluster);
}
