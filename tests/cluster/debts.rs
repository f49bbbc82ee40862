//! Mutual credit and formulas on a real node: owed, paid, repaid, and refused in words.

use crate::results::Place;

/// A circle of members of whom each may owe 20, and all together 15 for each member.
fn circle(board: &str) -> String {
    format!(
        "coin HOURS \"Neighbour hours\", 2 decimals\n\
         periods count from 2020-01-01 00:00 +00:00\nboard is {board}\n\
         board may give and take the role member, to at most 9 accounts\n\
         each member may owe at most 20.00\n\
         at most [15.00 * members(member)] may be outstanding\n\
         each member may send to each member\n"
    )
}

/// Base units that an account owes, and whole tokens that it has, by the node's word.
fn stands(place: &Place, name: &str) -> [String; 2] {
    let address = place.run(&format!("address {name} -q")).out;
    let (all, _) = place.data("token standings HOURS");
    let items = all["items"].as_array().expect("a list");
    let standing = items.iter().find(|one| one["address"] == address.trim());
    let owed = standing.and_then(|one| one["owed"].as_str()).unwrap_or("0").to_owned();
    let has = place.run(&format!("balance {name} HOURS -q")).out;
    [owed, has.trim().to_owned()]
}

#[test]
fn whoever_pays_more_than_it_has_owes_the_rest_and_repays_by_burning() {
    // SPEC
    let place = Place::new();
    let board = place.run("address alice -q").out;
    std::fs::write(place.desk.path("hours.policy"), circle(board.trim())).expect("written");
    place.data("token create --policy hours.policy --from alice");
    for member in ["bob", "carol"] {
        place.data(&format!("token role HOURS member {member} --from alice"));
    }
    let paid = place.run("send 18 HOURS carol --from bob");
    assert!(paid.code == 0 && paid.err.contains("of this, 18.00 HOURS will be owed"), "{paid:?}");
    assert_eq!(stands(&place, "bob"), ["1800", "0.00"].map(str::to_owned));
    assert_eq!(stands(&place, "carol"), ["0", "18.00"].map(str::to_owned));

    let balance = place.run("balance bob HOURS").out;
    assert!(balance.contains("owes 18.00 HOURS"), "{balance}");
    assert!(!place.run("balance carol HOURS").out.contains("owes"));

    let (state, _) = place.data("token explain HOURS");
    let all = ["allowed", "used"].map(|name| state["clauses"][2][name].as_str());
    assert_eq!(all, [Some("3000"), Some("1800")], "15.00 for each of two members");
    let all = place.run("token standings HOURS").out;
    assert!(all.contains("owes 18.00"), "{all}");
    let text = place.run("token explain HOURS").out;
    assert!(text.contains("18.00 used of 30.00, 12.00 left"), "{text}");

    for (line, code, words) in [
        ("send 3 HOURS carol --from bob", "policy.limit", "each member may owe at most 20.00"),
        ("token draw 12.01 HOURS --from carol", "policy.limit", "[15.00 * members(member)]"),
        ("token burn 1 HOURS --from carol", "policy.owes_less", "burned only to repay"),
        ("token role HOURS none bob --from alice", "policy.owes", "owes 18.00"),
        ("token draw 1 HOURS --from alice", "policy.not_entitled", "lets this wallet draw"),
    ] {
        let said = place.run(line);
        assert!(said.code == 7 && said.err.contains(&format!("[{code}]")), "{line}: {said:?}");
        assert!(said.err.contains(words), "{line}: {said:?}");
    }

    place.data("send 18 HOURS bob --from carol");
    place.data("token burn 18 HOURS --from bob");
    assert_eq!(stands(&place, "bob"), ["0", "0.00"].map(str::to_owned));
    place.data("token role HOURS none bob --from alice");
    let text = place.run("token explain HOURS").out;
    assert!(text.contains("18.00 were ever issued, 18.00 of them burned"), "{text}");
}
