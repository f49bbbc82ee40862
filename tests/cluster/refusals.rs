//! Refusals of a node: with which words, and that nothing of them stays.

use coinage_protocol::{Action, Bounded, Height, Transaction, UnixMillis};
use coinage_simulation::fixtures::{account, address, coin, units};
use coinage_tests::cluster::{Cluster, Ended, post};
use coinage_tests::submit::{Signer, body, dev_key, now_ms, submit, transfer};
use serde_json::json;

use crate::PROGRAM;

fn nothing_waits(cluster: &Cluster) {
    for node in cluster.nodes() {
        let mempool = &cluster.get(node, "/v1/status").body["mempool"];
        assert_eq!((&mempool["transactions"], &mempool["bytes"]), (&json!(0), &json!(0)));
    }
}

fn refused(ended: &Ended, exit: i32, code: &str) {
    assert_eq!((ended.code, ended.error()), (exit, code), "{ended:?}");
    let error = &ended.envelope["error"];
    for words in [&error["message"], &error["hint"]] {
        let words = words.as_str().unwrap_or_default();
        assert!(words.len() > 10 && !words.contains('\n'), "{ended:?}");
    }
}

#[test]
fn what_the_rules_forbid_is_refused_at_once_by_its_code_and_is_not_kept() {
    let cluster = Cluster::start(PROGRAM, 2);
    let mut signer = Signer::of(&cluster);
    let (alice, bob, to) = (dev_key("alice"), dev_key("bob"), address(&account(1)));
    let amount = units(1);
    let gold = "GOLD".parse().expect("a symbol");
    let create = ["token", "create", "GOLD", "--supply", "5", "--cap", "10", "--from", "alice"];
    cluster.cli(1, &create).data();
    cluster.wait(8, "n2 has the token", || cluster.get(2, "/v1/tokens/GOLD").status == 200);

    let of = |name| address(&dev_key(name));
    let mint = |issuer, amount| Action::Mint { token: gold, issuer, to, amount };
    let mut unsigned = signer.pay(&alice, to, 1);
    unsigned.witnesses = Bounded::default();
    let mut forged = signer.pay(&alice, to, 1);
    forged.witnesses = signer.pay(&alice, to, 2).witnesses;
    let nope = "NOPE".parse().expect("a symbol");
    let cases: Vec<(&str, u16, Transaction)> = vec![
        ("insufficient_balance", 422, signer.pay(&account(2), to, 1)),
        ("insufficient_balance", 422, signer.pay(&alice, to, u128::from(u64::MAX) * 1_000)),
        ("not_the_issuer", 422, signer.sign(&[&bob], vec![mint(of("bob"), amount)])),
        ("missing_witness", 422, signer.sign(&[&bob], vec![mint(of("alice"), amount)])),
        ("cap_exceeded", 422, signer.sign(&[&alice], vec![mint(of("alice"), units(501))])),
        ("issuance_closed", 422, {
            let action = Action::Mint { token: coin(), issuer: of("alice"), to, amount };
            signer.sign(&[&alice], vec![action])
        }),
        ("unknown_token", 422, signer.sign(&[&alice], vec![transfer(nope, &alice, to, 1)])),
        ("zero_amount", 422, signer.pay(&alice, to, 0)),
        ("to_self", 422, signer.pay(&alice, of("alice"), 1)),
        ("no_action", 422, signer.sign(&[&alice], vec![])),
        ("expired", 422, {
            let action = transfer(coin(), &alice, to, 1);
            signer.sign_until(&[&alice], vec![action], UnixMillis::new(now_ms() - 60_000))
        }),
        ("too_far_ahead", 422, {
            let action = transfer(coin(), &alice, to, 1);
            signer.sign_until(
                &[&alice],
                vec![action],
                UnixMillis::new(now_ms() + 30 * 24 * 3_600_000),
            )
        }),
        ("missing_witness", 422, unsigned),
        ("bad_signature", 422, forged),
    ];
    for (code, status, transaction) in &cases {
        let answer = submit(&cluster, 1, transaction, false);
        assert_eq!(answer.body["code"], json!(format!("transaction.{code}")), "{answer:?}");
        assert_eq!(answer.status, *status, "{answer:?}");
        assert!(answer.body["hint"].as_str().is_some_and(|hint| hint.ends_with('.')));
        assert!(answer.body["retry"].is_boolean() && answer.body["details"].is_object());
        let id = signer.id(transaction);
        assert_eq!(cluster.get(1, &format!("/v1/transactions/{id}")).status, 404, "{code}");
    }
    nothing_waits(&cluster);
    let balance = cluster.balance(1, &to.to_string(), "COIN");
    assert_eq!(balance, 0);
}

#[test]
fn the_command_line_refuses_with_a_code_a_hint_and_the_documented_exit_code() {
    let cluster = Cluster::start(PROGRAM, 1);
    let cli = |words: &[&str]| cluster.cli(1, words);
    cli(&["token", "create", "GOLD", "--cap", "10", "--supply", "5", "--from", "alice"]).data();
    let cases: &[(i32, &str, &[&str])] = &[
        (7, "transaction.insufficient_balance", &["send", "6", "GOLD", "bob", "--from", "alice"]),
        (7, "transaction.not_the_issuer", &["token", "mint", "1", "GOLD", "--from", "bob"]),
        (7, "transaction.cap_exceeded", &["token", "mint", "5.01", "GOLD", "--from", "alice"]),
        (7, "transaction.symbol_taken", &["token", "create", "GOLD", "--from", "bob"]),
        (7, "transaction.to_self", &["send", "1", "GOLD", "alice", "--from", "alice"]),
        (7, "transaction.zero_amount", &["send", "0", "GOLD", "bob", "--from", "alice"]),
        (2, "amount.too_many_decimals", &["send", "0.001", "GOLD", "bob", "--from", "alice"]),
        (2, "amount.not_a_number", &["send", "-1", "GOLD", "bob", "--from", "alice"]),
        (2, "usage.invalid", &["token", "create", "gold", "--from", "alice"]),
        (2, "usage.invalid", &["send", "1", "GOLD", "bob"]),
        (6, "token.unknown", &["send", "1", "NOPE", "bob", "--from", "alice"]),
        (6, "token.unknown", &["token", "show", "NOPE"]),
        (6, "block.unknown", &["block", "show", "99999999"]),
        (6, "transaction.unknown", &["tx", "show", &"ab".repeat(32)]),
        (8, "wallet.not_found", &["send", "1", "GOLD", "bob", "--from", "nobody"]),
        (8, "wallet.not_found", &["balance", "nobody"]),
        (
            9,
            "transaction.expired",
            &["send", "1", "GOLD", "bob", "--from", "alice", "--expires-in", "1ms"],
        ),
        (
            7,
            "transaction.too_far_ahead",
            &["send", "1", "GOLD", "bob", "--from", "alice", "--expires-in", "90d"],
        ),
        (2, "usage.invalid", &["block", "list", "--limit", "1000000000"]),
        (2, "request.bad_cursor", &["block", "list", "--cursor", "nonsense"]),
    ];
    for (exit, code, words) in cases {
        refused(&cli(words), *exit, code);
    }
    for amount in ["-1", "1e3", "1,5", "0x10", "1.", ".5", "", "NaN"] {
        let ended = cli(&["send", "--from", "alice", "--", amount, "GOLD", "bob"]);
        assert_eq!(ended.code, 2, "{amount:?} {ended:?}");
    }
    let overdraft = cli(&["send", "6.5", "GOLD", "bob", "--from", "alice"]);
    let message = overdraft.envelope["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.starts_with("alice (coin1"), "{message}");
    assert!(message.ends_with("has 5.00 GOLD, needed are 6.50 GOLD"), "{message}");
    let lines: [&[&str]; 5] = [
        &["chain", "info"],
        &["send", "1", "GOLD", "bob", "--from", "alice"],
        &["balance", "alice"],
        &["history", "alice"],
        &["token", "create", "SILVER", "--from", "alice"],
    ];
    for words in lines {
        refused(&cluster.cli_at("http://127.0.0.1:1", words), 5, "node.unreachable");
    }
    nothing_waits(&cluster);
}

#[test]
fn the_same_transaction_a_hundred_times_at_once_is_included_once() {
    let cluster = Cluster::start(PROGRAM, 2);
    let mut signer = Signer::of(&cluster);
    let to = address(&account(3));
    let transaction = signer.pay(&dev_key("alice"), to, 42);
    let id = signer.id(&transaction).to_string();
    let body = body(&transaction, false);
    let urls = [1, 2].map(|node| format!("{}/v1/transactions", cluster.api(node)));
    std::thread::scope(|scope| {
        for at in 0..100 {
            let (url, body, id) = (&urls[at % 2], &body, &id);
            scope.spawn(move || {
                let answer = post(url, body).expect("an answer");
                assert!([200, 202].contains(&answer.status), "{answer:?}");
                assert_eq!(answer.body["id"], json!(id));
            });
        }
    });
    let to = to.to_string();
    cluster.wait(8, "it is included", || cluster.balance(2, &to, "COIN") == 42);
    let height = cluster.head(2).expect("a head").0;
    cluster.wait(8, "two more blocks", || cluster.agree(&[1, 2], Height::new(height + 2)));
    for node in cluster.nodes() {
        assert_eq!(cluster.balance(node, &to, "COIN"), 42);
        let history = cluster.get(node, &format!("/v1/accounts/{to}/transactions")).body;
        assert_eq!(history["items"].as_array().map(Vec::len), Some(1), "{history}");
    }
}
