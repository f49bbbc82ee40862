//! Quiet production of four real nodes, with the heartbeat that everybody has.

use std::thread::sleep;
use std::time::{Duration, Instant};

use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Cluster, SLOT_MS};
use coinage_tests::ledger::{Ledger, developer, person, status};
use serde_json::json;

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];
/// The time in which nothing is asked of the network: two heartbeats.
const IDLE: Duration = Duration::from_secs(20);

#[test]
fn an_idle_devnet_writes_next_to_nothing_and_a_payment_is_final_as_soon_as_on_a_busy_one() {
    // SPEC F-10, C-7
    let cluster = Cluster::start_quiet(PROGRAM, 4);
    let ledger = Ledger::open(&cluster);
    let pay = |node: u16, amount| {
        let id = ledger.pay(&cluster, node, &developer("alice"), address(&person(1)), amount);
        cluster.wait(12, "final everywhere", || {
            ALL.iter().all(|node| status(&cluster, *node, &id) == "final")
        });
    };
    let height = || cluster.head(1).expect("it runs").0;
    pay(1, 1);
    sleep(Duration::from_millis(4 * SLOT_MS));
    let (before, began) = (height(), Instant::now());
    while began.elapsed() < IDLE {
        for node in ALL {
            let said = cluster.get(node, "/v1/status").body;
            assert_eq!(
                (&said["sync"]["state"], &said["sync"]["heard"]),
                (&json!("synced"), &json!(4))
            );
            assert_eq!((&said["missing"], &said["silent"]), (&json!([]), &json!([])), "{said}");
            assert_eq!(said["warnings"], json!([]), "{said}");
        }
        sleep(Duration::from_millis(SLOT_MS));
    }
    let idle = height() - before;
    assert!((1..=4).contains(&idle), "{idle} blocks in {:?}", began.elapsed());
    let before = height();
    pay(3, 2);
    sleep(Duration::from_millis(2 * SLOT_MS));
    assert!(height() - before <= 4, "{} blocks for a payment", height() - before);
}
