//! Issuing and moving tokens through any node.

use coinage_tests::cluster::Cluster;

use crate::PROGRAM;

#[test]
fn a_token_created_on_one_node_is_minted_sent_and_seen_on_the_others() {
    let cluster = Cluster::start(PROGRAM, 4);
    let words = ["token", "create", "GOLD", "--decimals", "2", "--supply", "10", "--from", "alice"];
    cluster.cli(1, &words).data();
    cluster.cli(2, &["token", "mint", "2.50", "GOLD", "--from", "alice"]).data();
    cluster.cli(3, &["send", "5.25", "GOLD", "bob", "--from", "alice"]).data();
    let address = |name| {
        let data = cluster.cli(4, &["address", name]).data().clone();
        data["address"].as_str().expect("an address").to_owned()
    };
    let (alice, bob) = (address("alice"), address("bob"));
    cluster.wait(8, "the balances on n4", || cluster.balance(4, &bob, "GOLD") == 525);
    assert_eq!(cluster.balance(4, &alice, "GOLD"), 725);
}
