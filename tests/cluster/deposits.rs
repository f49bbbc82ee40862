//! A network whose places run short: what new balances take is in the books.

use coinage_simulation::fixtures::{account, address};
use coinage_tests::program::{Desk, Running};
use serde_json::{Value, json};

use crate::PROGRAM;

/// A village of 16 places, four of which are free, and where `ann` has everything.
struct Village {
    desk: Desk,
    node: Running,
    api: String,
}

impl Village {
    fn new() -> Self {
        Self::with("")
    }

    fn with(more: &str) -> Self {
        let desk = Desk::new(PROGRAM);
        done(&desk, &["wallet", "new", "ann", "--no-confirm"]);
        let spec = "genesis new --name village --slot 250ms --token COIN:2 --out village.json \
                       --balance ann:COIN:1000.00 --balances-max 16 --new-authority village.key";
        let spec = format!("{spec} {more}");
        done(&desk, &spec.split_whitespace().collect::<Vec<_>>());
        let run = "node run --no-discovery --genesis village.json --data data --authority-key \
                   village.key --api 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0";
        let mut node = desk.start(&run.split_whitespace().collect::<Vec<_>>());
        node.wait_for("node.started");
        let text = std::fs::read(desk.path("data/addresses.json")).expect("its addresses");
        let addresses: Value = serde_json::from_slice(&text).expect("JSON");
        let api = addresses["api"].as_str().expect("a URL").to_owned();
        Self { desk, node, api }
    }

    fn done(&self, words: &[&str]) -> Value {
        done(&self.desk, &[&["--node", &self.api][..], words].concat())
    }

    /// The movements of a statement, `KIND AMOUNT` each, and the coins in the end.
    fn statement(&self, of: &str) -> (Vec<String>, String) {
        let statement = self.done(&["statement", of]);
        let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let movements = statement["movements"].as_array().expect("a list");
        let line = |one: &Value| format!("{} {}", word(one, "kind"), word(one, "amount"));
        let closing = word(&statement["closing"][0], "balance");
        (movements.iter().map(line).collect(), closing)
    }
}

fn done(desk: &Desk, words: &[&str]) -> Value {
    let mut command = desk.command(&[words, &["--json"]].concat());
    command.env("COINAGE_PASSWORD", "a password");
    let said = desk.finish(command);
    assert_eq!(said.code, 0, "{words:?}: {said:?}");
    serde_json::from_str::<Value>(&said.out).expect("an envelope")["data"].clone()
}

#[test]
fn a_statement_shows_what_new_balances_took_and_gave_back() {
    // SPEC L-10. Method: ann opens balances beyond the free ones; ben, who got the last of them,
    // gives all back to her.
    let mut village = Village::new();
    village.done(&["wallet", "new", "ben", "--no-confirm"]);
    for stranger in 1..=6 {
        let to = address(&account(stranger)).to_string();
        village.done(&["send", "1", "COIN", &to, "--from", "ann"]);
    }
    village.done(&["send", "5", "COIN", "ben", "--from", "ann"]);
    village.done(&["send", "5", "COIN", "ann", "--from", "ben"]);
    let (movements, closing) = village.statement("ann");
    let taken = movements.iter().filter(|line| line.starts_with("deposit -")).count();
    let back = movements.iter().filter(|line| line.starts_with("deposit ")).count() - taken;
    assert!(taken >= 3 && back == 1, "{movements:?}");
    let balance = village.done(&["balance", "ann"]);
    let (whole, cents) = closing.split_once('.').unwrap_or((&closing, ""));
    assert_eq!(json!(format!("{whole}{cents:0<2}")), balance["items"][0]["amount"], "{balance}");
    let (movements, closing) = village.statement("ben");
    assert_eq!(movements, ["transfer 5.00", "transfer -5.00"]);
    assert_eq!(closing, "0.00");
    village.node.signal("INT");
    assert_eq!(village.node.wait(), 0, "{}", village.node.said());
}

#[test]
fn a_refusal_for_want_of_the_fee_or_of_a_deposit_says_so_in_whole_tokens() {
    let mut village = Village::with("--fee COIN:0.50");
    let all = ["--node", &village.api, "send", "1000", "COIN", "--from", "ann"];
    let refused = |to: &str| {
        let mut command = village.desk.command(&[&all[..5], &[to], &all[5..]].concat());
        command.env("COINAGE_PASSWORD", "a password");
        let said = village.desk.finish(command);
        assert_eq!(said.code, 7, "{said:?}");
        said.err
    };
    let to = address(&account(1)).to_string();
    let said = refused(&to);
    assert!(said.contains("; the fee of 0.50 COIN comes first"), "{said}");
    assert!(said.contains("has 999.50 COIN, needed are 1000.00 COIN"), "{said}");
    // Three more are free, then a place has its price; who keeps something keeps a place.
    for seed in 1..=3 {
        let to = address(&account(seed)).to_string();
        village.done(&["send", "1", "COIN", &to, "--from", "ann"]);
    }
    let left = village.done(&["balance", "ann"])["items"][0]["amount"].clone();
    let left: u128 = left.as_str().and_then(|left| left.parse().ok()).expect("digits");
    let most = format!("{}.{:02}", (left - 51) / 100, (left - 51) % 100);
    let to = address(&account(9)).to_string();
    let words = ["--node", &village.api, "send", &most, "COIN", &to, "--from", "ann"];
    let mut command = village.desk.command(&words);
    command.env("COINAGE_PASSWORD", "a password");
    let said = village.desk.finish(command);
    assert!(said.code == 7 && said.err.contains("takes a deposit of "), "{said:?}");
    assert!(!said.err.contains("base units"), "{said:?}");
    village.node.signal("INT");
    assert_eq!(village.node.wait(), 0);
}
