//! Charters on real nodes: refusals that explain themselves, limits that a split does not loosen.

use std::collections::BTreeMap;
use std::time::Duration;

use coinage_client::Client;
use coinage_model::event::{CharterChange, EventJson};
use coinage_policy::read;
use coinage_protocol::{Action, Address, RoleId, SecretKey, Symbol, Transaction};
use coinage_simulation::fixtures::{address, units};
use coinage_tests::cluster::{Cluster, SLOT_MS};
use coinage_tests::ledger::{developer, is_included, list, person, status};
use coinage_tests::submit::{Signer, submit, transfer};

use crate::PROGRAM;
use crate::results::Place;

const ALL: [u16; 4] = [1, 2, 3, 4];
const SIDES: [&[u16]; 2] = [&[1, 2], &[3, 4]];
const MEMBERS: u8 = 5;
/// Payments of each member on each side, of one whole token.
const EACH: usize = 30;
/// Whole tokens that each member may send: less than both sides together would.
const MAY_SEND: usize = 40;

fn points() -> Symbol {
    "POINTS".parse().expect("a symbol")
}

/// Six clauses; the one that counts here is the second. Its period ends long after this test.
fn policy(board: Address) -> String {
    format!(
        "coin POINTS \"Club points\", 2 decimals\nperiods count from 2020-01-01 00:00 +00:00\n\
         board is {board}\n\
         board may give and take the role member, to at most 50 accounts\n\
         each member may send at most {MAY_SEND}.00 per 36,500 days\n\
         at most 100,000.00 may be outstanding\n\
         each member may hold at most 5,000.00\n\
         board may issue at most 20,000.00 per 36,500 days\n\
         board may freeze and unfreeze any account\n"
    )
}

/// Submits to a node what it must take, and waits until it is included there.
fn done(cluster: &Cluster, node: u16, transaction: &Transaction, id: &str) {
    let answer = submit(cluster, node, transaction, false);
    assert!(matches!(answer.status, 200 | 202), "{answer:?}");
    cluster.wait(20, "it is included", || is_included(cluster, node, id));
}

/// Creates the coin, and gives five members the role and 100 each.
fn begin(cluster: &Cluster, signer: &mut Signer, alice: &SecretKey) {
    let (board, token) = (address(alice), points());
    let charter = read(&policy(board)).expect("a policy");
    let mut actions = vec![Action::CreateWithCharter(Box::new(charter))];
    for number in 1..=MEMBERS {
        let account = address(&person(number));
        let role = Some(RoleId(0));
        actions.push(Action::SetRole { token, officer: board, account, role });
        actions.push(Action::Mint { token, issuer: board, to: account, amount: units(10_000) });
    }
    let begin = signer.sign(&[alice], actions);
    let id = signer.id(&begin).to_string();
    done(cluster, 1, &begin, &id);
    cluster
        .wait(20, "everybody has it", || ALL.iter().all(|node| is_included(cluster, *node, &id)));
}

/// Pays on both sides of a split; the ids of each member's payments.
fn pay_on_both_sides(cluster: &Cluster, signer: &mut Signer) -> BTreeMap<u8, Vec<String>> {
    let mut paid = BTreeMap::<u8, Vec<String>>::new();
    for (side, nodes) in SIDES.iter().enumerate() {
        let shop = address(&person(100 + u8::try_from(side).expect("two sides")));
        for node in nodes.iter().cycle().take(EACH) {
            for number in 1..=MEMBERS {
                let from = person(number);
                let payment = signer.sign(&[&from], vec![transfer(points(), &from, shop, 100)]);
                let answer = submit(cluster, *node, &payment, false);
                assert!(matches!(answer.status, 200 | 202), "{answer:?}");
                paid.entry(number).or_default().push(signer.id(&payment).to_string());
            }
        }
    }
    paid
}

/// Number of times that each transaction is on the chain of a node.
fn on_chain(cluster: &Cluster, node: u16) -> BTreeMap<String, u32> {
    let mut times = BTreeMap::new();
    for block in list(cluster, node, "/v1/blocks").iter().filter(|one| one["transactions"] != 0) {
        let hash = block["hash"].as_str().expect("a hash");
        let block = cluster.get(node, &format!("/v1/blocks/{hash}")).body;
        for one in block["transactions"].as_array().into_iter().flatten() {
            *times.entry(one["id"].as_str().expect("an id").to_owned()).or_default() += 1;
        }
    }
    times
}

#[test]
fn three_hundred_payments_on_both_sides_of_a_split_stay_within_what_each_member_may_send() {
    // SPEC R-10, P-2, C-4
    let cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let mut signer = Signer::of(&cluster);
    begin(&cluster, &mut signer, &developer("alice"));
    cluster.partition(&SIDES);
    let paid = pay_on_both_sides(&cluster, &mut signer);
    let all: Vec<_> = paid.values().flatten().collect();
    assert_eq!(all.len(), 300);
    for nodes in SIDES {
        cluster.wait(60, "each half includes what it was given", || {
            let known = on_chain(&cluster, nodes[0]);
            all.iter().filter(|id| known.contains_key(**id)).count() == 150
        });
    }
    cluster.heal();
    cluster.wait(120, "one chain, on which everybody has sent what he may", || {
        let heads = ALL.map(|node| cluster.head(node));
        let one = heads.iter().all(|head| head.is_some() && *head == heads[0]);
        let known = if one { on_chain(&cluster, 1) } else { BTreeMap::new() };
        let sent = |ids: &Vec<String>| ids.iter().filter(|id| known.contains_key(*id)).count();
        paid.values().all(|ids| sent(ids) == MAY_SEND)
    });
    for node in ALL {
        let known = on_chain(&cluster, node);
        assert!(known.values().all(|times| *times == 1), "{known:?}");
        for ids in paid.values() {
            // The others can never be included while they are valid: nobody waits for them.
            let told = |id: &&String| known.contains_key(*id) || status_ends(&cluster, node, id);
            assert_eq!(ids.iter().filter(told).count(), ids.len(), "n{node}");
        }
    }
    let supply = cluster.get(3, "/v1/tokens/POINTS").body["supply"].clone();
    assert_eq!(supply, "50000", "nothing was made or lost");
}

/// Waits until a node holds a transaction no longer: it is dropped, or was never there.
fn status_ends(cluster: &Cluster, node: u16, id: &str) -> bool {
    cluster.wait(20, "what cannot pass is told", || status(cluster, node, id) != "pending");
    !is_included(cluster, node, id)
}

#[test]
fn what_a_branch_did_by_a_charter_is_told_as_undone_when_the_branch_is_left() {
    let cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let mut signer = Signer::of(&cluster);
    let alice = developer("alice");
    begin(&cluster, &mut signer, &alice);
    let client = Client::new(&cluster.api(4)).expect("a URL");
    let (officer, account) = (address(&alice), address(&person(9)));
    let query = [("types", "charter".to_owned()), ("account", account.to_string())];
    let minute = Some(Duration::from_secs(60));
    let mut stream = client.events(&query, None, minute).expect("a stream");
    cluster.partition(&[&[1, 2, 3], &[4]]);
    let role = Action::SetRole { token: points(), officer, account, role: Some(RoleId(0)) };
    let given = signer.sign(&[&alice], vec![role]);
    let id = signer.id(&given);
    assert_eq!(submit(&cluster, 4, &given, false).status, 202);
    let mut next = || match stream.receive().expect("events").expect("an event").event {
        EventJson::Charter(told) => told,
        other => panic!("{other:?}"),
    };
    let first = next();
    assert_eq!((first.id, first.status), (id, CharterChange::Included));
    // Healed at once, n4 might have the longer branch, and nothing would be undone.
    let height = |node| cluster.head(node).map_or(0, |(height, _)| height);
    cluster.wait(60, "the others' branch is longer", || height(1) > height(4) + 1);
    cluster.heal();
    let undone = next();
    assert_eq!((undone.id, undone.status), (id, CharterChange::Reverted));
    assert_eq!((undone.block, &undone.actions), (first.block, &first.actions));
    let again = next();
    assert_eq!((again.id, again.status), (id, CharterChange::Included));
    assert_ne!(again.block, first.block);
}

#[test]
fn events_of_charters_say_in_words_and_in_json_what_was_done() {
    let place = Place::new();
    let board = place.run("address alice -q").out;
    let text = policy(board.trim().parse().expect("an address"));
    std::fs::write(place.desk.path("points.policy"), &text).expect("written");
    let before = place.run("events --types head --count 1 --json").out;
    let before = before.lines().next().map(serde_json::from_str::<serde_json::Value>);
    let after = before.expect("an event").expect("JSON")["id"].clone();
    let after = after.as_str().expect("an id");
    place.data("token create --policy points.policy --from alice");
    place.data("token create PLAIN --from alice");
    place.data("token mint 1 PLAIN bob --from alice");
    place.data("token mint 3 POINTS bob --from alice");
    place.data("token role POINTS member bob --from alice");
    place.data("token freeze POINTS bob --from alice");
    let follow = format!("events --types charter --after {after} --count 4 --for 20s");
    let said = place.run(&follow);
    let lines: Vec<_> = said.out.lines().collect();
    let parts = [
        "alice creates POINTS with the charter ",
        "alice mints 3.00 POINTS to bob",
        "alice gives bob the role member in POINTS",
        "alice freezes the POINTS of bob",
    ];
    assert_eq!((said.code, lines.len()), (0, parts.len()), "{said:?}");
    for (line, part) in lines.iter().zip(parts) {
        assert!(line.starts_with("charter  ") && line.contains(part), "{line}");
        assert!(line.contains(" included in block "), "{line}");
    }
    let said = place.run(&format!("{follow} --account bob --json").replace("count 4", "count 3"));
    let told = said.out.lines().map(serde_json::from_str::<serde_json::Value>);
    let told: Vec<_> = told.map(|one| one.expect("JSON")).collect();
    let actions = told[..3].iter().map(|one| one["event"]["actions"][0]["type"].as_str());
    assert_eq!(actions.flatten().collect::<Vec<_>>(), ["mint", "set_role", "set_frozen"]);
}

#[test]
fn a_coin_of_a_template_is_known_to_a_machine_without_a_network() {
    let place = Place::new();
    let (made, _) = place.data(
        "genesis new --name club --new-authority club.key --template regio --coin CLUB \
         --amount 500 --treasurer alice --treasurer bob --treasurer carol --out club.json",
    );
    let rules = &made["genesis"]["rules"];
    assert_eq!(rules["growth"]["deposit"], "CLUB", "nobody fills the network for nothing: {rules}");
    assert_eq!(rules["creators"].as_array().map(Vec::len), Some(1), "{rules}");
    let steps = "--action role:CLUB:alice:bob:merchant --action mint:5.25:CLUB:alice:bob";
    let build = format!("tx build --genesis club.json {steps} --sender alice --out five.json");
    assert_eq!(place.run(&build).code, 0);
    let decoded = place.run("tx decode five.json --genesis club.json");
    assert!(decoded.out.contains("5.25 CLUB"), "{decoded:?}");
    assert!(decoded.out.contains("the role merchant"), "{decoded:?}");
}

#[test]
fn a_refusal_says_which_clause_what_it_says_what_is_left_and_when_it_passes() {
    // SPEC
    let place = Place::new();
    let board = place.run("address alice -q").out;
    let text = policy(board.trim().parse().expect("an address"));
    let text = text.replace("at most 20,000.00 per", "at most 5.00 per");
    std::fs::write(place.desk.path("points.policy"), &text).expect("written");
    place.data("token create --policy points.policy --from alice");
    assert_eq!(place.run("token show POINTS --policy").out.lines().count(), 10);
    place.data("token mint 3 POINTS bob --from alice");

    let mint = place.run("token mint 3 POINTS bob --from alice --json");
    let envelope: serde_json::Value = serde_json::from_str(&mint.out).expect("an envelope");
    let error = &envelope["error"];
    assert_eq!((mint.code, error["code"].as_str()), (7, Some("policy.limit")), "{envelope}");
    let details = &error["details"];
    assert_eq!(details["clause"], 5, "{envelope}");
    assert_eq!(details["sentence"], "board may issue at most 5.00 per 36,500 days");
    let facts = ["used", "allowed", "need"].map(|name| details[name].as_str().unwrap_or_default());
    assert_eq!(facts, ["300", "500", "300"]);
    assert!(details["passes_at"].as_str().is_some_and(|at| at.ends_with("T00:00:00.000Z")));
    let words = place.run("token mint 3 POINTS bob --from alice");
    assert!(words.err.contains("board may issue at most 5.00 per 36,500 days"), "{words:?}");
    assert!(words.err.contains("3.00 of 5.00 are used, 3.00 more would be too much"), "{words:?}");

    place.data("token mint 2 POINTS bob --from alice");
    let (state, _) = place.data("token explain POINTS");
    let issue = &state["clauses"][4];
    let usage = [&issue["used"], &issue["allowed"], &issue["total"]];
    assert_eq!(usage.map(|one| one.as_str().unwrap_or_default()), ["500", "500", "500"]);

    for (line, code) in [
        ("token mint 1 POINTS bob --from bob", "policy.not_entitled"),
        ("token role POINTS member bob --from carol", "policy.not_entitled"),
        ("token move 1 POINTS bob carol --from alice", "policy.not_entitled"),
        ("token set-issuer POINTS bob --from alice", "policy.no_issuer"),
        ("token amend POINTS 5 9 --from alice", "policy.not_entitled"),
    ] {
        let said = place.run(line);
        assert!(said.code == 7 && said.err.contains(&format!("[{code}]")), "{line}: {said:?}");
    }
    // A role and coins at once, or neither.
    let steps = "--action role:POINTS:alice:carol:member --action mint:0.01:POINTS:alice:carol";
    assert_eq!(place.run(&format!("tx build {steps} --sender alice --out give.json")).code, 0);
    let decoded = place.run("tx decode give.json");
    assert!(decoded.out.contains("the role member"), "{decoded:?}");
    place.data("tx sign give.json --from alice");
    let over = place.run("tx submit give.json");
    assert!(over.code == 7 && over.err.contains("[policy.limit]"), "{over:?}");
    for (step, part) in [
        ("role:POINTS:alice:carol:boss", "its roles are member"),
        ("claim:1:POINTS:carol:0", "clauses count from 1"),
        ("move:1:POINTS:alice:bob", "is not a step"),
    ] {
        let said = place.run(&format!("tx build --action {step} --sender alice --out no.json"));
        assert!(said.code == 2 && said.err.contains(part), "{step}: {said:?}");
    }
    place.data("token freeze POINTS bob --from alice");
    let frozen = place.run("send 1 POINTS carol --from bob");
    assert!(frozen.code == 7 && frozen.err.contains("[policy.frozen]"), "{frozen:?}");
    let proof = "token show POINTS --proof points.json";
    assert_eq!(place.run(proof).code, 0);
    let proven = place.run("node proof verify points.json --genesis net/genesis.json");
    assert!(proven.code == 0 && proven.out.contains("proven"), "{proven:?}");
}

#[test]
fn a_text_with_another_key_under_the_same_name_is_told_from_the_rules_of_a_token() {
    let place = Place::new();
    let address = |name: &str| place.run(&format!("address {name} -q")).out.trim().to_owned();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(address);
    let text = policy(alice.parse().expect("an address"));
    let text = format!("{text}board may hand over its place to another account\n");
    let write = |name: &str, text: &str| {
        std::fs::write(place.desk.path(name), text).expect("written");
    };
    write("points.policy", &text);
    // Whoever shows this one would be the board, and issue as he likes.
    write("shown.policy", &text.replace(&alice, &carol));
    write("more.policy", &text.replace("at most 20,000.00 per", "at most 90,000.00 per"));
    place.data("token create --policy points.policy --from alice");

    let hash = |file: &str| place.run(&format!("policy hash {file}")).out.trim().to_owned();
    let shown = place.run("token show POINTS").out;
    assert!(shown.contains(&hash("points.policy")), "{shown}");
    assert!(!shown.contains(&hash("shown.policy")), "{shown}");
    let rules = place.run("token show POINTS --policy").out;
    assert!(rules.contains(&format!("board is {alice}\n")) && !rules.contains(&carol), "{rules}");

    let same = place.run("policy check points.policy --token POINTS");
    assert_eq!(same.code, 0, "{same:?}");
    assert!(same.out.contains("these are the rules with which POINTS was created"), "{same:?}");
    let boards = [format!("board is {carol}"), format!("board is {alice}")];
    let limits = ["90,000.00", "20,000.00"]
        .map(|most| format!("board may issue at most {most} per 36,500 days"));
    for (file, [says, is]) in [("shown.policy", boards), ("more.policy", limits)] {
        let line = format!("policy check {file} --token POINTS");
        let other = place.run(&line);
        assert!(other.code == 1 && other.err.contains("[token.other_policy]"), "{other:?}");
        assert!(other.err.contains(&format!("only the file says: {says}\n")), "{other:?}");
        assert!(other.err.contains(&format!("only the token says: {is} ")), "{other:?}");
        let said = place.run(&format!("{line} --json"));
        let envelope: serde_json::Value = serde_json::from_str(&said.out).expect("an envelope");
        let details = &envelope["error"]["details"];
        assert_eq!(details["only_file"], serde_json::json!([says]), "{envelope}");
        assert_eq!(details["only_token"], serde_json::json!([is]), "{envelope}");
        assert_eq!(details["hash"], hash("points.policy"), "{envelope}");
    }
    let without = place.run("policy check points.policy --token COIN");
    assert!(without.code == 6 && without.err.contains("[token.no_charter]"), "{without:?}");
    let taken = place.run("token create --policy shown.policy --from carol");
    assert!(taken.code == 7 && taken.err.contains("[transaction.symbol_taken]"), "{taken:?}");

    // Whoever has the place now is told of, and what is printed then is true, too.
    place.data("token hand-over POINTS board bob --from alice --sign-only place.json");
    place.data("tx sign place.json --from bob");
    place.data("tx submit place.json");
    let since = place.run("policy check points.policy --token POINTS");
    let told = format!("since then an account was handed over: board is {bob}");
    assert!(since.code == 0 && since.out.contains(&told), "{since:?}");
    let now = place.run("token show POINTS --policy --language ko").out;
    write("now.policy", &now);
    let now = place.run("policy check now.policy --token POINTS");
    assert!(now.code == 0 && now.out.contains("the rules of POINTS now"), "{now:?}");
    assert_eq!(place.run("policy check shown.policy --token POINTS").code, 1);
}
