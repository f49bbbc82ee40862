//! Slips of people who type: each is told what is wrong, in words that fit, and nothing is done.

use std::fs;

use coinage_tests::program::{Desk, Said};
use serde_json::Value;

use crate::PROGRAM;

/// A person beside a devnet of one node that runs in the background.
struct Typist {
    desk: Desk,
    node: String,
}

impl Typist {
    fn new() -> Self {
        let desk = Desk::new(PROGRAM);
        let net = "devnet --dir net --nodes 1 --slot 250ms --base-port 0 --detach";
        let said = desk.run(&net.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, 0, "{said:?}");
        assert!(!said.out.contains("Ctrl-C") && !said.out.contains("another terminal"), "{said:?}");
        assert!(said.out.contains("in the background until: coinage devnet --dir"), "{said:?}");
        let said = desk.run(&["devnet", "--dir", "net", "status", "--json"]);
        let envelope: Value = serde_json::from_str(&said.out).expect("an envelope");
        let node = envelope["data"]["nodes"][0]["api"].as_str().expect("up").to_owned();
        Self { desk, node }
    }

    fn types(&self, words: &[&str]) -> Said {
        let mut command = self.desk.command(words);
        command.env("COINAGE_NODE", &self.node).env("COINAGE_PASSWORD", "a password");
        self.desk.finish(command)
    }

    /// Types a line that is refused with this code, for a reason with these words.
    fn slips(&self, line: &str, code: i32, words: &str) {
        let said = self.types(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, code, "{line}: {said:?}");
        assert!(said.err.contains(words), "{line}: {words:?} is not in {said:?}");
        assert!(!said.err.contains("os error"), "{line}: {said:?}");
    }
}

#[test]
fn each_slip_is_told_in_words_that_fit() {
    let typist = Typist::new();
    let lines = [
        ("send 1.5 COIN bob --from alice --raw", 2, "with --raw an amount has no decimals"),
        ("token create GOLD --raw --supply 1.5 --from alice", 2, "no number of base units"),
        ("balance alice --token NOPE --proof p.json", 6, "NOPE"),
        ("statement alice --to 2020-01-01", 2, "the network began only at"),
        ("statement alice --from 2019-01-01 --to 2020-01-01", 2, "the network began only at"),
        ("statement alice --from 2199-01-01", 2, "has only got to block"),
        ("send 1 COIN bob --from alice --expires-in 0s", 2, "over at once"),
        ("send 1 COIN bob --from alice --expires-in 10", 2, "the unit is missing"),
        ("invite --expires 0s", 2, "over at once"),
        ("token set-issuer COIN none --from alice", 3, "add --yes"),
        (
            "genesis new --name n --balances-max 18446744073709551616",
            2,
            "0 to 18446744073709551615",
        ),
        ("genesis new --name n --token GOLD:300", 2, "0 to 18 decimals"),
        ("genesis show nowhere.json", 1, "there is no such file"),
        ("tx decode nowhere.json", 2, "there is no such file"),
        ("node new-authority-key nowhere/key.json", 1, "there is no such file or directory"),
        ("node run --api 127.0.0.1", 2, "IP:PORT"),
    ];
    for (line, code, words) in lines {
        typist.slips(line, code, words);
    }
    assert!(!typist.desk.path("p.json").exists(), "no proof of a token that is not there");
    fs::write(typist.desk.path("empty.json"), "").expect("written");
    typist.slips("genesis show empty.json", 1, "ends in the middle");
    typist.slips("tx decode empty.json", 2, "ends in the middle");
}

#[test]
fn who_is_not_asked_to_sign_is_told_who_is_before_a_password_is_asked_for() {
    let typist = Typist::new();
    let build = "tx build --action transfer:1:COIN:alice:bob --sender alice --out x.json";
    assert_eq!(typist.types(&build.split(' ').collect::<Vec<_>>()).code, 0);
    let said = typist.types(&["tx", "sign", "x.json", "--from", "carol", "--yes"]);
    assert_eq!(said.code, 8, "{said:?}");
    assert!(said.err.contains("no signature of carol; still to sign: alice"), "{said:?}");
    assert_eq!(typist.types(&["tx", "sign", "x.json", "--from", "alice", "--yes"]).code, 0);
}

#[test]
fn an_address_may_be_copied_with_blanks_and_in_capitals() {
    let typist = Typist::new();
    let address = typist.types(&["address", "bob"]).out.trim().to_owned();
    let (head, tail) = address.split_at(20);
    for copied in [address.to_uppercase(), format!("{head} {tail}"), format!(" {address}\n")] {
        let said = typist.types(&["balance", &copied, "COIN", "-q"]);
        assert_eq!((said.code, said.out.trim()), (0, "1000000.00"), "{copied:?}: {said:?}");
    }
    let said = typist.types(&["balance", &format!("C{}", &address[1..])]);
    assert!(said.code == 2 && said.err.contains("mixes small letters and capitals"), "{said:?}");
}

#[test]
fn a_file_that_is_no_wallet_does_not_hide_the_wallets() {
    let typist = Typist::new();
    assert_eq!(typist.types(&["wallet", "new", "mine", "--no-confirm"]).code, 0);
    fs::write(typist.desk.path("home/wallets/stray.json"), "{}").expect("written");
    let said = typist.types(&["wallet", "list"]);
    assert!(said.code == 0 && said.out.contains("mine") && said.out.contains("alice"), "{said:?}");
    assert!(said.err.contains("stray.json"), "{said:?}");
    assert_eq!(typist.types(&["send", "1", "COIN", "mine", "--from", "alice"]).code, 0);
}

#[test]
fn a_result_that_nobody_can_get_is_said_to_be_lost() {
    let typist = Typist::new();
    let mut shell = typist.desk.shell("there", "coinage balance alice >&-");
    shell.env("COINAGE_NODE", &typist.node);
    let said = typist.desk.finish(shell);
    assert!(said.err.contains("standard output is closed"), "{said:?}");
}

#[test]
fn a_transaction_whose_time_is_over_is_said_to_be_in_no_block() {
    let typist = Typist::new();
    let send = "send 999999999 COIN bob --from alice --park --wait none --expires-in 2s -q";
    let id = typist.types(&send.split(' ').collect::<Vec<_>>()).out.trim().to_owned();
    let said = typist.types(&["tx", "wait", &id]);
    assert_eq!(said.code, 9, "{said:?}");
    assert!(said.err.contains("no block of the chain holds it"), "{said:?}");
    assert!(!said.err.contains("send the same bytes again"), "{said:?}");
    let shown = typist.types(&["tx", "show", &id]).out;
    assert!(shown.contains("no block of the chain holds it"), "{shown}");
}
