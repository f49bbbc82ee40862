//! Policies at the command line: standings page by page, steps of transactions, errors in JSON.

use std::collections::BTreeSet;

use coinage_policy::read;
use coinage_protocol::{Action, RoleId, Symbol};
use coinage_simulation::fixtures::address;
use coinage_tests::cluster::Cluster;
use coinage_tests::ledger::{developer, is_included};
use coinage_tests::program::Desk;
use coinage_tests::submit::{Signer, submit};
use serde_json::{Value, json};

use crate::PROGRAM;
use crate::results::Place;

/// Accounts that get a role: more than one page of the API holds.
const MANY: usize = 1_100;
/// Roles that are given in one transaction.
const AT_ONCE: usize = 60;

/// A devnet with the coin POINTS, of which the wallet alice is the board.
fn club(clauses: &str) -> Place {
    let place = Place::new();
    let board = place.run("address alice -q").out;
    let text = format!(
        "coin POINTS \"Club points\", 2 decimals\nperiods count from 2020-01-01 00:00 +00:00\n\
         board is {}\nboard may issue at most 5,000.00 per 36,500 days\n\
         board may give and take the role member, to at most 50 accounts\n{clauses}",
        board.trim()
    );
    std::fs::write(place.desk.path("points.policy"), &text).expect("written");
    place.data("token create --policy points.policy --from alice");
    place
}

#[test]
fn standings_say_who_has_which_role_who_is_frozen_and_what_each_used_of_what() {
    // SPEC R-9
    let place = club(
        "each member may send at most 40.00 per 36,500 days\n\
         board may freeze and unfreeze any account\n",
    );
    let nobody = place.run("token standings POINTS");
    assert!(nobody.code == 0 && nobody.out.contains("nobody has a role"), "{nobody:?}");
    for account in ["bob", "carol"] {
        place.data(&format!("token role POINTS member {account} --from alice"));
    }
    place.data("token mint 5 POINTS bob --from alice");
    place.data("send 1.25 POINTS carol --from bob");
    place.data("token freeze POINTS carol --from alice");
    let said = place.run("token standings POINTS").out;
    let of = |name: &str| said.lines().find(|line| line.contains(name)).expect("a line").to_owned();
    let used = "1.25 of 40.00 by clause 3 until ";
    assert!(of("bob").contains("member") && of("bob").contains(used), "{said}");
    assert!(of("carol").contains("frozen") && !of("carol").contains("clause"), "{said}");
    assert!(said.contains("2 accounts at block "), "{said}");
    let (data, _) = place.data("token standings POINTS --role member");
    assert_eq!(data["items"].as_array().map(Vec::len), Some(2));
    assert_eq!((&data["token"], &data["next"]), (&json!("POINTS"), &Value::Null));
    // Frozen without a role: listed, but not among the members.
    place.data("token role POINTS none carol --from alice");
    let members = place.run("token standings POINTS --role member").out;
    assert!(members.contains("1 account at block ") && !members.contains("carol"), "{members}");
    let unknown = place.run("token standings POINTS --role boss");
    assert!(unknown.code == 2 && unknown.err.contains("its roles are member"), "{unknown:?}");
    let plain = place.run("token standings COIN");
    assert!(plain.code == 6 && plain.err.contains("[token.no_charter]"), "{plain:?}");
}

#[test]
fn all_standings_are_listed_however_many_pages_they_take() {
    let cluster = Cluster::start(PROGRAM, 2);
    let mut signer = Signer::of(&cluster);
    let alice = developer("alice");
    let (officer, token): (_, Symbol) = (address(&alice), "POINTS".parse().expect("a symbol"));
    let charter = read(&format!(
        "coin POINTS \"Club\", 2 decimals\nperiods count from 2020-01-01 00:00 +00:00\n\
         board is {officer}\nboard may issue without limit\n\
         board may give and take the role member, to at most 2,000 accounts\n"
    ));
    let create = Action::CreateWithCharter(Box::new(charter.expect("a policy")));
    let accounts: Vec<_> = (0..MANY)
        .map(|one| {
            let mut bytes = [7; 32];
            bytes[..8].copy_from_slice(&one.to_le_bytes());
            coinage_protocol::Address::new(bytes)
        })
        .collect();
    let role = Some(RoleId(0));
    let give = |account| Action::SetRole { token, officer, account, role };
    let steps = accounts.chunks(AT_ONCE).map(|some| some.iter().copied().map(give).collect());
    for actions in [vec![create]].into_iter().chain(steps) {
        let made = signer.sign(&[&alice], actions);
        let id = signer.id(&made).to_string();
        let answer = submit(&cluster, 1, &made, true);
        assert!(matches!(answer.status, 200 | 202), "{answer:?}");
        cluster.wait(20, "it is included", || is_included(&cluster, 1, &id));
    }
    let desk = Desk::new(PROGRAM);
    let mut command = desk.command(&["token", "standings", "POINTS", "--json"]);
    command.env("COINAGE_NODE", cluster.api(1));
    let said = desk.finish(command);
    let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
    let items = envelope["data"]["items"].as_array().expect("a list");
    let found: BTreeSet<_> = items.iter().map(|one| one["address"].to_string()).collect();
    assert_eq!((items.len(), found.len()), (MANY, MANY));
}

#[test]
fn places_are_handed_over_and_amounts_amended_by_steps_of_a_transaction() {
    // SPEC R-12
    let place = club(
        "board may hand over its place to another account\n\
         board may set the amount in clause 1 between 0.00 and 10,000.00, \
         announced 30 days before\n",
    );
    let build = |step: &str, file: &str| {
        place.run(&format!("tx build --action {step} --sender alice --out {file}"))
    };
    assert_eq!(build("amend:4000:POINTS:alice:1:0s", "less.json").code, 0);
    place.data("tx sign less.json --from alice");
    place.data("tx submit less.json");
    let (state, _) = place.data("token explain POINTS");
    assert_eq!(state["clauses"][0]["allowed"], "400000");
    let timed = build("amend:9000:POINTS:alice:1:2030-01-02T03:04:05Z", "more.json");
    let when = "clause 1 of POINTS to 9000.00 POINTS from 2030-01-02T03:04:05.000Z on";
    assert!(timed.out.contains(when), "{timed:?}");
    let early = build("amend:9000:POINTS:alice:1:29d", "early.json");
    assert_eq!(early.code, 0, "{early:?}");
    place.data("tx sign early.json --from alice");
    let early = place.run("tx submit early.json");
    assert!(early.code == 7 && early.err.contains("[policy.notice]"), "{early:?}");

    let place_of = build("hand-over:POINTS:board:alice:bob", "place.json");
    assert!(place_of.out.contains("the place of board in POINTS to "), "{place_of:?}");
    place.data("tx sign place.json --from alice");
    place.data("tx sign place.json --from bob");
    place.data("tx submit place.json");
    let bob = place.run("address bob -q").out;
    let shown = place.run("token show POINTS --policy").out;
    assert!(shown.contains(&format!("board is {}", bob.trim())), "{shown}");

    for (step, part) in [
        ("amend:1:POINTS:alice:1:soon", "\"soon\" is no time: write 31d or 2027-01-01T00:00:00Z"),
        ("amend:1:POINTS:alice:1:7", "is no time"),
        ("amend:1:POINTS:alice:1", "is not a step"),
        ("amend:1:POINTS:alice:0:1d", "clauses count from 1"),
        ("hand-over:POINTS:boss:alice:bob", "it names board"),
        ("hand-over:COIN:board:alice:bob", "has no charter"),
    ] {
        let said = build(step, "no.json");
        assert!(said.code != 0 && said.err.contains(part), "{step}: {said:?}");
    }
}

#[test]
fn every_leaf_of_a_charter_is_proven_in_words_and_so_is_that_there_is_none() {
    // SPEC M-5
    let place = club(
        "each member may send at most 40.00 per 36,500 days\n\
         board may freeze and unfreeze any account\n\
         board may set the amount in clause 1 between 0.00 and 10,000.00, \
         announced 30 days before\n",
    );
    place.data("token role POINTS member bob --from alice");
    place.data("token mint 5 POINTS bob --from alice");
    place.data("send 1.25 POINTS carol --from bob");
    place.data("token freeze POINTS bob --from alice");
    place.data("token amend POINTS 1 4000 --from alice");
    for (what, parts) in [
        ("charter POINTS", ["the charter of POINTS", "board may issue at most 5,000.00 per"]),
        ("charter COIN", ["COIN has no charter", ""]),
        ("usage POINTS 1", ["of clause 1 of POINTS 500 base units", "; 500 base units"]),
        ("usage POINTS 4", ["nothing was ever used of clause 4 of POINTS", ""]),
        ("amendment POINTS 1", ["is 500000 base units of POINTS before ", "and 400000 base"]),
        ("amendment POINTS 3", ["no amendment of clause 3 of POINTS was ever announced", ""]),
        ("standing POINTS bob", ["role 1 of its charter, is frozen", "used 125 base units"]),
        ("standing POINTS carol", ["has no standing in POINTS: no role, it is not frozen", ""]),
    ] {
        let file = format!("{}.json", what.replace(' ', "-"));
        let written = place.run(&format!("node proof {what} --out {file}"));
        assert!(written.code == 0 && written.out.contains("claimed: "), "{what}: {written:?}");
        let verify = format!("node proof verify {file} --genesis net/genesis.json");
        let proven = place.run(&verify);
        assert!(proven.code == 0 && proven.out.starts_with("proven: "), "{what}: {proven:?}");
        assert!(parts.iter().all(|part| proven.out.contains(part)), "{what}: {}", proven.out);
        let (data, _) = place.data(&verify);
        let fact = &data["proven"];
        assert_eq!(fact["exists"], !parts[1].is_empty(), "{fact}");
        assert_eq!(fact["type"], what.split(' ').next().expect("a word"), "{fact}");
    }
    // Who gives it says names and whole tokens.
    let named = place.run("node proof standing POINTS bob --out named.json");
    assert!(named.out.contains("the role member, is frozen, used 1.25 POINTS of clause 3"));
    let path = place.desk.path("named.json");
    let text = std::fs::read_to_string(&path).expect("read");
    std::fs::write(&path, text.replace("\"frozen\": true", "\"frozen\": false")).expect("written");
    let altered = place.run("node proof verify named.json --genesis net/genesis.json");
    assert!(altered.code != 0 && altered.err.contains("[proof.invalid]"), "{altered:?}");
    let early = place.run("node proof usage POINTS 33 --out no.json");
    assert!(early.code == 2 && early.err.contains("33 is not in 1..=32"), "{early:?}");
}

#[test]
fn a_charter_in_json_that_is_none_is_refused_with_the_field_and_what_belongs_there() {
    let desk = Desk::new(PROGRAM);
    let text = desk.run(&["policy", "example", "points"]).out;
    std::fs::write(desk.path("points.policy"), text).expect("written");
    let said = desk.run(&["policy", "print", "points.policy", "--json"]);
    let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
    let charter = &envelope["data"]["charter"];
    let check = |charter: &Value| {
        std::fs::write(desk.path("points.json"), charter.to_string()).expect("written");
        desk.run(&["policy", "check", "points.json", "--json"])
    };
    assert_eq!(check(charter).code, 0);
    for (pointer, value, path, parts) in [
        ("/decimals", json!("two"), "decimals", ["here is string \"two\"", "expected is u8"]),
        ("/clauses/0/type", json!("isue"), "clauses[0].type", ["(clause 1)", "\"issue\""]),
        ("/clauses/0/amount", json!(5), "clauses[0].amount", ["(clause 1)", "an amount as text"]),
        (
            "/clauses/0/amount",
            json!({ "formula": [{ "type": "sum" }] }),
            "clauses[0].amount",
            ["(clause 1)", "\"add\""],
        ),
        ("/accounts/0/name", json!("The Boss"), "accounts[0].name", ["(account 1)", "a-z"]),
    ] {
        let mut changed = charter.clone();
        *changed.pointer_mut(pointer).expect(pointer) = value;
        let said = check(&changed);
        let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
        let error = &envelope["error"];
        assert_eq!(error["code"], "input.bad_policy", "{error}");
        assert_eq!(error["details"]["path"], path, "{error}");
        let message = error["message"].as_str().expect("words");
        assert!(message.starts_with(&format!("points.json: {path} ")) || path == "decimals");
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert!(!message.contains("column"), "{message}");
    }
}
