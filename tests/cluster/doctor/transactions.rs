//! Transactions: what each waits for, or what became of it.

use coinage_protocol::{Action, CreateToken, Symbol, Text, UnixMillis};
use coinage_simulation::fixtures::{account, address, coin, transaction, units};
use coinage_tests::cluster::{Cluster, post};
use coinage_tests::single_node::SingleNode;
use coinage_tests::submit::{Signer, body, dev_key, now_ms, submit, transfer};

use super::{examine, examine_at};
use crate::PROGRAM;

pub(super) fn a_transaction_says_what_it_waits_for_and_what_became_of_it() {
    let cluster = Cluster::start(PROGRAM, 2);
    let mut signer = Signer::of(&cluster);
    let look = |id: &str| examine(&cluster, 1, &["--tx", id]);
    let unknown = "ab".repeat(32);
    let found = look(&unknown);
    assert!(found.code == 1 && found.get("transaction.unknown").is_some(), "{:?}", found.codes());

    let parked = signer.pay(&account(2), address(&account(1)), 5);
    let id = signer.id(&parked).to_string();
    assert_eq!(submit(&cluster, 1, &parked, true).status, 202);
    let found = look(&id);
    let what = found.what("transaction.waiting");
    assert!(what.contains("has 0 COIN") || what.contains("needed"), "{what}");
    let mend = found.mend("transaction.waiting");
    assert!(mend.contains("`coinage balance coin1"), "{mend}");

    let action = transfer(coin(), &account(2), address(&account(1)), 6);
    let short = signer.sign_until(&[&account(2)], vec![action], UnixMillis::new(now_ms() + 1_500));
    let id = signer.id(&short).to_string();
    assert_eq!(submit(&cluster, 1, &short, true).status, 202);
    cluster.wait(60, "it expires", || look(&id).get("transaction.expired").is_some());
    assert!(look(&id).mend("transaction.expired").contains("--expires-in"));

    let paid = signer.pay(&dev_key("alice"), address(&account(1)), 5);
    let id = signer.id(&paid).to_string();
    submit(&cluster, 1, &paid, false);
    cluster.wait(20, "it is included", || look(&id).get("transaction.included").is_some());
}

/// Checks that what could be included waits for a block, though no authority of its network runs.
pub(super) fn what_could_be_included_waits_for_the_next_block() {
    let node = SingleNode::start(PROGRAM, &[]);
    let pay = transfer(coin(), &account(1), address(&account(2)), 5);
    let until = now_ms() + 600_000;
    let paid = transaction(node.spec.chain(), &[&account(1)], 1, UnixMillis::new(until), vec![pay]);
    let url = format!("http://{}", node.socket(false));
    let answer = post(&format!("{url}/v1/transactions"), &body(&paid, false));
    assert_eq!(answer.map(|answer| answer.status), Some(202));
    let id = paid.body.id(node.spec.chain()).to_string();
    let found = examine_at(&url, &["--tx", &id]);
    assert!(found.what("transaction.next").contains(&id), "{:?}", found.codes());
    assert!(found.mend("transaction.next").contains(&format!("`coinage tx wait {id}`")));
}

pub(super) fn what_two_people_want_and_one_gets_is_dropped_for_the_other() {
    let cluster = Cluster::start(PROGRAM, 1);
    let mut signer = Signer::of(&cluster);
    for letter in 'A'..='Z' {
        let symbol: Symbol = format!("GOLD{letter}").parse().expect("a symbol");
        let mut create = |name: &str| {
            let action = Action::CreateToken(CreateToken {
                token: symbol,
                name: Text::default(),
                decimals: 0,
                supply: units(1),
                cap: None,
                issuer: None,
                to: address(&dev_key(name)),
            });
            let made = signer.sign(&[&dev_key(name)], vec![action]);
            (signer.id(&made).to_string(), submit(&cluster, 1, &made, false).status)
        };
        let tried = [create("alice"), create("bob")];
        if tried.iter().any(|(_, status)| *status != 202) {
            continue;
        }
        let look = |id: &String| examine(&cluster, 1, &["--tx", id]);
        cluster.wait(20, "one is dropped", || {
            tried.iter().any(|(id, _)| look(id).get("transaction.dropped").is_some())
        });
        return;
    }
    panic!("the second was always refused at once");
}

pub(super) fn what_only_the_other_side_of_a_split_knows_is_found_there() {
    let cluster = Cluster::start(PROGRAM, 2);
    let mut signer = Signer::of(&cluster);
    cluster.partition(&[&[1], &[2]]);
    let paid = signer.pay(&dev_key("alice"), address(&account(1)), 5);
    let id = signer.id(&paid).to_string();
    submit(&cluster, 2, &paid, false);
    let found = examine(&cluster, 1, &["--tx", &id]);
    let what = found.what("transaction.elsewhere");
    assert!(what.contains(&cluster.api(2)), "{what} {:?}", found.codes());
    cluster.heal();
    cluster.wait(60, "it came over", || {
        examine(&cluster, 1, &["--tx", &id]).get("transaction.included").is_some()
    });
}
