//! Nodes that die in the middle of writing.

use std::sync::atomic::{AtomicBool, Ordering};

use coinage_protocol::Height;
use coinage_simulation::fixtures::address;
use coinage_tests::cluster::Cluster;
use coinage_tests::ledger::{self, Ledger, developer, is_included, person};

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];
/// Number of times that a node dies in the middle of writing.
const KILLS: u16 = 50;

#[test]
fn nodes_killed_fifty_times_while_writing_lose_and_forge_nothing() {
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, 100);
    let ledger = Ledger::open(&cluster);
    let done = AtomicBool::new(false);
    let shown = std::thread::scope(|scope| {
        let paying = scope.spawn(|| pay_on(&cluster, &ledger, &done));
        for kill in 0..KILLS {
            let node = kill % 4 + 1;
            let other = node % 4 + 1;
            let before = cluster.head(node).map_or(0, |head| head.0);
            cluster.kill(node);
            cluster.start_node(node);
            cluster.wait(60, "the node is back on the chain", || {
                cluster.agree(&[node, other], Height::new(before + 1))
            });
            // Another part of the slot each time.
            std::thread::sleep(cluster.slot() * u32::from(kill % 10) / 10);
        }
        done.store(true, Ordering::Relaxed);
        paying.join().expect("the payer goes on")
    });
    for id in &shown {
        cluster.wait(40, "what three nodes had included is included", || {
            ALL.iter().all(|node| is_included(&cluster, *node, id))
        });
    }
    // What only a node had that died is sent again: the same bytes, which is safe.
    for payment in ledger.submitted() {
        let answer = ledger.submit(&cluster, 1, &payment).expect("n1 answers");
        assert!(matches!(answer.status, 200 | 202), "{answer:?}");
    }
    ledger.settle(&cluster, &ALL, &[]);
    ledger::verify(&mut cluster);
}

/// Pays through one node after the other until told to stop; gives what at least three nodes showed
/// as included.
fn pay_on(cluster: &Cluster, ledger: &Ledger, done: &AtomicBool) -> Vec<String> {
    let alice = developer("alice");
    let mut open = Vec::new();
    let mut shown = Vec::new();
    for node in ALL.into_iter().cycle() {
        for amount in 1..=5 {
            let payment = ledger.draft(&alice, address(&person(node.to_le_bytes()[0])), amount);
            // A node that is dead takes nothing.
            let _unknown = ledger.submit(cluster, node, &payment);
            open.push(payment.id);
        }
        open.retain(|id| {
            let included = |node: &&u16| is_included(cluster, **node, id);
            let enough = ALL.iter().filter(included).count() >= 3;
            if enough {
                shown.push(id.clone());
            }
            !enough
        });
        // Each is asked for every round, and what a dead node took with it would pile up.
        open.drain(..open.len().saturating_sub(20));
        if done.load(Ordering::Relaxed) {
            return shown;
        }
        std::thread::sleep(cluster.slot() / 2);
    }
    shown
}
