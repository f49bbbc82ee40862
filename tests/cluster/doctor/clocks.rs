//! Clocks, turns, and nodes that do not run.

use coinage_tests::cluster::Cluster;
use serde_json::json;

use super::examine;
use crate::PROGRAM;

const ALL: [u16; 4] = [1, 2, 3, 4];

pub(super) fn a_clock_a_little_ahead_costs_its_node_its_turns_and_the_doctor_says_so() {
    let cluster = Cluster::start(PROGRAM, 4);
    cluster.wait(120, "nothing is wrong", || examine(&cluster, 4, &[]).code == 0);
    cluster.kill(4);
    // More than a slot, less than a slot and two seconds: the node itself notices nothing.
    cluster.start_node_with_clock(4, 1_500);
    cluster.wait(200, "n4 misses its turns, and knows why", || {
        let skewed = cluster.get(4, "/v1/status").body["clock"]["skewed"] == json!(true);
        let found = examine(&cluster, 4, &[]);
        found.code == 1
            && !skewed
            && found.what("clock.own").contains("ms ahead of the others'")
            && found.what("authority.turns_missed").contains("ms ahead of the others'")
            && found.mend("clock.own").contains("timedatectl")
    });
    // The others see whose clock it is, and who writes nothing.
    let peer = cluster.get(4, "/v1/status").body["peer_id"].as_str().expect("an id").to_owned();
    cluster.wait(120, "n1 sees it", || {
        let found = examine(&cluster, 1, &[]);
        found.what("clock.peer").contains(&peer) && found.get("authority.silent").is_some()
    });
}

pub(super) fn a_node_that_does_not_run_is_missed_by_its_turns_and_its_address() {
    let cluster = Cluster::start(PROGRAM, 4);
    cluster.wait(120, "nothing is wrong", || {
        ALL.iter().all(|node| examine(&cluster, *node, &[]).code == 0)
    });
    cluster.kill(3);
    cluster.wait(200, "n1 misses it", || {
        let found = examine(&cluster, 1, &[]);
        // The devnet's link to it is still there, and closes at once.
        found.get("peer.unreachable").is_some() && found.get("authority.silent").is_some()
    });
    let found = examine(&cluster, 1, &[]);
    let silent = found.get("authority.silent").expect("seen");
    assert_eq!((found.code, &silent["seen"]["index"]), (1, &json!(2)));
    // Whoever runs a devnet starts its nodes by its commands.
    for code in ["peer.unreachable", "authority.silent"] {
        let mend = found.mend(code);
        assert!(mend.contains("`coinage devnet --dir ") && mend.contains("start N`"), "{mend}");
    }
    cluster.start_node(3);
    cluster.wait(200, "nothing is wrong again", || examine(&cluster, 1, &[]).code == 0);
}
