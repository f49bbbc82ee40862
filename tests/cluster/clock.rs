//! A process that stands still for longer than its connections live.

use std::time::{Duration, Instant};

use coinage_protocol::Height;
use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Cluster, SLOT_MS};
use coinage_tests::ledger::{self, Ledger, developer, person};
use serde_json::json;

use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];
/// Time for which a process stands still.
const PAUSE: Duration = Duration::from_secs(12);

#[test]
fn a_process_that_stood_still_catches_up_while_the_others_went_on() {
    let mut cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let ledger = Ledger::open(&cluster);
    let height = cluster.head(1).expect("it runs").0;
    cluster.signal(2, "STOP");
    let began = Instant::now();
    let paid = ledger.pay(&cluster, 1, &developer("alice"), address(&person(1)), 5);
    ledger.wait_included(&cluster, &[1, 3, 4], &paid);
    cluster.wait(60, "the others went on", || {
        began.elapsed() >= PAUSE && cluster.agree(&[1, 3, 4], Height::new(height + 20))
    });
    cluster.wait(20, "the dead connections are closed", || {
        [1, 3, 4].iter().all(|node| cluster.get(*node, "/v1/status").body["peers"] == json!(2))
    });
    cluster.signal(2, "CONT");
    let target = cluster.head(1).expect("it runs").0;
    cluster.wait(40, "n2 is back", || cluster.agree(&ALL, Height::new(target + 4)));
    for node in ALL {
        let log = cluster.log(node);
        assert!(!log.contains("peer.banned") && !log.contains("peer.charged"), "n{node}: {log}");
        assert!(!log.contains(" block.rejected "), "n{node}: {log}");
    }
    ledger.pay(&cluster, 2, &developer("bob"), address(&person(1)), 6);
    ledger.settle(&cluster, &ALL, &[]);
    ledger::verify(&mut cluster);
}
