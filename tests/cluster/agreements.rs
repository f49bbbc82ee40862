//! Transactions that need more than one owner, through files that go from hand to hand.

use coinage_tests::cluster::{Cluster, Ended};
use coinage_tests::ledger::is_in_block;
use serde_json::json;

use crate::PROGRAM;

/// A person with a wallet of the same name in a home of their own.
struct Person<'a> {
    cluster: &'a Cluster,
    name: &'static str,
    home: String,
    password: String,
}

impl<'a> Person<'a> {
    fn new(cluster: &'a Cluster, name: &'static str) -> Self {
        let home = cluster.scratch(&format!("home of {name}")).display().to_string();
        let password = cluster.scratch(&format!("password of {name}"));
        std::fs::write(&password, format!("{name}'s secret\n")).expect("written");
        let person = Self { cluster, name, home, password: password.display().to_string() };
        person.cli(1, &["wallet", "new", name]).data();
        person
    }

    fn cli(&self, node: u16, words: &[&str]) -> Ended {
        let own = ["--home", &self.home, "--password-file", &self.password];
        self.cluster.cli(node, &[&own, words].concat())
    }

    fn address(&self) -> String {
        text(&self.cli(1, &["address", self.name]), "address")
    }

    fn key(&self) -> String {
        let shown = self.cli(1, &["wallet", "show", self.name]);
        shown.data()["keys"][0].as_str().expect("a key").to_owned()
    }
}

fn text(ended: &Ended, field: &str) -> String {
    ended.data()[field].as_str().expect("a text").to_owned()
}

fn file(cluster: &Cluster, name: &str) -> String {
    cluster.scratch(name).display().to_string()
}

#[test]
fn a_swap_needs_both_owners_and_moves_both_sides_or_nothing() {
    let cluster = Cluster::start(PROGRAM, 2);
    let (ann, ben) = (Person::new(&cluster, "ann"), Person::new(&cluster, "ben"));
    let (anns, bens) = (ann.address(), ben.address());
    cluster.cli(1, &["token", "create", "GOLD", "--supply", "9", "--from", "alice"]).data();
    cluster.cli(1, &["send", "9", "GOLD", &bens, "--from", "alice"]).data();
    cluster.cli(1, &["send", "20", "COIN", &anns, "--from", "bob"]).data();

    let swap = |name: &str, gold: &str| {
        let path = file(&cluster, name);
        let pay = format!("transfer:5:COIN:ann:{bens}");
        let deliver = format!("transfer:{gold}:GOLD:{bens}:ann");
        let new = ["tx", "build", "--action", &pay, "--action", &deliver, "--sender", "ann"];
        let ended = ann.cli(1, &[&new[..], &["--memo", "a swap", "--out", &path]].concat());
        let missing = ended.data()["missing"].as_array().expect("a list");
        assert!(
            missing.len() == 2 && [&anns, &bens].iter().all(|one| missing.contains(&json!(one)))
        );
        path
    };
    let path = swap("swap.json", "2.50");
    assert_eq!(ann.cli(1, &["tx", "sign", &path, "--from", "ann"]).data()["complete"], false);
    let half = ann.cli(1, &["tx", "submit", &path]);
    assert_eq!((half.code, half.error()), (7, "transaction.missing_witness"), "{half:?}");
    let decoded = ben.cli(2, &["tx", "decode", &path]);
    assert_eq!(decoded.data()["missing"], json!([bens]));
    assert_eq!(decoded.data()["sentences"].as_array().map(Vec::len), Some(2));
    let again = ann.cli(1, &["tx", "sign", &path, "--from", "ann"]);
    assert_eq!(again.data()["signed"], 0);
    let stranger = cluster.cli(1, &["tx", "sign", &path, "--from", "carol"]);
    assert_eq!((stranger.code, stranger.error()), (8, "wallet.not_a_signer"));
    assert_eq!(ben.cli(2, &["tx", "sign", &path, "--from", "ben"]).data()["complete"], true);
    let sent = ben.cli(2, &["tx", "submit", &path]);
    assert!(is_in_block(&sent.data()["status"]));
    let twice = ann.cli(1, &["tx", "submit", &path]);
    assert_eq!(twice.data()["id"], sent.data()["id"]);
    assert!(is_in_block(&twice.data()["status"]));

    let balances = || {
        let of = |owner: &str, token| cluster.balance(1, owner, token);
        [of(&anns, "COIN"), of(&anns, "GOLD"), of(&bens, "COIN"), of(&bens, "GOLD")]
    };
    let after = [1_500, 250, 500, 650];
    cluster.wait(8, "both sides moved", || balances() == after);

    let path = swap("too much.json", "6.51");
    ann.cli(1, &["tx", "sign", &path, "--from", "ann"]).data();
    ben.cli(1, &["tx", "sign", &path, "--from", "ben"]).data();
    let refused = ann.cli(1, &["tx", "submit", &path]);
    assert_eq!((refused.code, refused.error()), (7, "transaction.insufficient_balance"));
    assert_eq!(balances(), after);
}

#[test]
fn an_account_of_three_pays_with_any_two_and_not_with_one() {
    let cluster = Cluster::start(PROGRAM, 1);
    let people = ["ann", "ben", "cat"].map(|name| Person::new(&cluster, name));
    let keys = people.each_ref().map(Person::key);
    let [one, two, three] = keys.each_ref().map(String::as_str);
    let share = ["address", "--threshold", "2", one, two, three, "--save", "board"];
    let board = text(&people[0].cli(1, &share), "address");
    // The order in which the keys are named does not matter.
    let other =
        text(&people[1].cli(1, &["address", "--threshold", "2", three, one, two]), "address");
    assert_eq!(board, other);
    cluster.cli(1, &["send", "10", "COIN", &board, "--from", "alice"]).data();

    let direct = people[0].cli(1, &["send", "1", "COIN", "carol", "--from", "board"]);
    assert_eq!((direct.code, direct.error()), (8, "wallet.no_secret"), "{direct:?}");
    for (at, signers) in [[0, 1], [1, 2], [2, 0]].into_iter().enumerate() {
        let path = file(&cluster, &format!("payment {at}.json"));
        let pay = ["send", "1", "COIN", "carol", "--from", "board", "--sign-only", &path];
        assert_eq!(people[0].cli(1, &pay).data()["complete"], false);
        let [first, second] = signers.map(|signer| &people[signer]);
        first.cli(1, &["tx", "sign", &path, "--from", first.name]).data();
        let alone = first.cli(1, &["tx", "submit", &path]);
        assert_eq!((alone.code, alone.error()), (7, "transaction.signature_count"), "{alone:?}");
        second.cli(1, &["tx", "sign", &path, "--from", second.name]).data();
        assert!(is_in_block(&second.cli(1, &["tx", "submit", &path]).data()["status"]));
    }
    assert_eq!(cluster.balance(1, &board, "COIN"), 700);
}

#[test]
fn a_payment_signed_into_a_file_waits_for_whoever_sends_it_and_counts_once() {
    let cluster = Cluster::start(PROGRAM, 1);
    let bob = text(&cluster.cli(1, &["address", "bob"]), "address");
    let before = cluster.balance(1, &bob, "COIN");
    let path = file(&cluster, "payment.json");
    let pay = ["send", "3", "COIN", "bob", "--from", "alice", "--memo", "for <b>lunch</b> ☂"];
    let signed = cluster.cli(1, &[&pay[..], &["--sign-only", &path]].concat());
    assert_eq!(signed.data()["complete"], true);
    let id = text(&signed, "id");
    assert_eq!(cluster.get(1, &format!("/v1/transactions/{id}")).status, 404);
    let over = cluster.cli(1, &[&pay[..], &["--sign-only", &path]].concat());
    assert_eq!((over.code, over.error()), (1, "file.write"), "{over:?}");
    for _ in 0..3 {
        assert_eq!(text(&cluster.cli(1, &["tx", "submit", &path]), "id"), id);
    }
    assert_eq!(cluster.balance(1, &bob, "COIN"), before + 300);

    let shown = cluster.cli(1, &["tx", "show", &id, "--proof"]);
    assert_eq!(shown.data()["transaction"]["body"]["memo"], "for <b>lunch</b> ☂");
    assert!(shown.data()["proof"].is_object(), "{shown:?}");
    let waited = cluster.cli(1, &["tx", "wait", &id]);
    assert_eq!(waited.data()["block"], shown.data()["block"]);
    let history = cluster.cli(1, &["history", "bob"]);
    let items = history.data()["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["id"].as_str(), Some(&*id));
}
