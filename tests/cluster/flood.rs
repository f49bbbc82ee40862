//! Many transactions at once: none lost, none twice, one order everywhere.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use coinage_protocol::{Height, SecretKey, Transaction};
use coinage_simulation::fixtures::{account, address};
use coinage_tests::cluster::{Answer, Cluster, post};
use coinage_tests::ledger::is_in_block;
use coinage_tests::submit::{Signer, body, dev_key};
use serde_json::{Value, json};

use crate::PROGRAM;

const TRANSFERS: usize = 300;
const IN_FLIGHT: usize = 50;
/// Funds of alice at the beginning, in base units.
const FUNDS: u128 = 100_000_000;

/// Submits all transactions, the first to n1, the next to n2 and so on, so many at a time.
fn submit_all(cluster: &Cluster, transactions: &[Transaction], park: bool) -> Vec<Answer> {
    let urls: Vec<_> =
        cluster.nodes().map(|node| format!("{}/v1/transactions", cluster.api(node))).collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut answers = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(transaction) = transactions.get(at) else { return answers };
            let answer = post(&urls[at % urls.len()], &body(transaction, park));
            answers.push((at, answer.expect("the node answers")));
        }
    };
    let mut answers: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..IN_FLIGHT).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The ids of the transactions in all blocks up to a height, in the order of the chain.
fn ledger(cluster: &Cluster, node: u16, height: Height) -> Vec<String> {
    let ids = |height| {
        let block = cluster.get(node, &format!("/v1/blocks/{height}")).body;
        let transactions = block["transactions"].as_array().cloned().expect("a list");
        let id = |one: Value| one["id"].as_str().expect("an id").to_owned();
        transactions.into_iter().map(id).collect::<Vec<_>>()
    };
    (1..=height.get()).flat_map(ids).collect()
}

/// Waits until these are on every node's chain.
fn wait_included(cluster: &Cluster, ids: &[String]) {
    for node in cluster.nodes() {
        cluster.wait(40, "every transaction is included", || {
            let height = cluster.head(node).map_or(0, |head| head.0);
            let included = ledger(cluster, node, Height::new(height));
            ids.iter().all(|id| included.contains(id))
        });
    }
    let all: Vec<_> = cluster.nodes().collect();
    cluster.wait(8, "one chain", || cluster.agree(&all, Height::new(1)));
}

#[test]
fn three_hundred_payments_over_four_nodes_are_applied_once_each_in_one_order() {
    let cluster = Cluster::start(PROGRAM, 4);
    let mut signer = Signer::of(&cluster);
    let (alice, to) = (dev_key("alice"), address(&account(1)));
    let amounts = 1..=u128::try_from(TRANSFERS).expect("few");
    let total: u128 = amounts.clone().sum();
    let transactions: Vec<_> = amounts.map(|amount| signer.pay(&alice, to, amount)).collect();
    let ids: Vec<_> =
        transactions.iter().map(|transaction| signer.id(transaction).to_string()).collect();
    for (answer, id) in submit_all(&cluster, &transactions, false).iter().zip(&ids) {
        assert!(answer.status == 202 || answer.status == 200, "{answer:?}");
        assert_eq!(answer.body["id"], json!(id));
    }
    wait_included(&cluster, &ids);
    let balances = || {
        for node in cluster.nodes() {
            let balance =
                |key: &SecretKey| cluster.balance(node, &address(key).to_string(), "COIN");
            assert_eq!((balance(&account(1)), balance(&alice)), (total, FUNDS - total));
        }
    };
    balances();
    let height = cluster.nodes().filter_map(|node| cluster.head(node)).map(|head| head.0).min();
    let height = height.expect("heads");
    let order = ledger(&cluster, 1, Height::new(height));
    assert_eq!(order.len(), TRANSFERS);
    assert_eq!(order.iter().collect::<BTreeSet<_>>(), ids.iter().collect());
    for node in 2..=4 {
        assert_eq!(ledger(&cluster, node, Height::new(height)), order);
    }

    for (answer, id) in submit_all(&cluster, &transactions, false).iter().zip(&ids) {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["id"], json!(id));
        assert!(is_in_block(&answer.body["status"]), "{answer:?}");
    }
    cluster.wait(8, "two more blocks", || cluster.agree(&[1, 2, 3, 4], Height::new(height + 2)));
    balances();
}

#[test]
fn a_chain_of_payments_submitted_in_reverse_is_parked_and_included_as_a_whole() {
    let cluster = Cluster::start(PROGRAM, 4);
    let mut signer = Signer::of(&cluster);
    let keys: Vec<_> = (1..=20).map(account).collect();
    let alice = dev_key("alice");
    let payers: Vec<_> = [&alice].into_iter().chain(&keys).collect();
    let mut transactions: Vec<_> =
        payers.windows(2).map(|pair| signer.pay(pair[0], address(pair[1]), 700)).collect();
    let ids: Vec<_> =
        transactions.iter().map(|transaction| signer.id(transaction).to_string()).collect();
    transactions.reverse();
    for (at, transaction) in transactions.iter().enumerate() {
        let node = u16::try_from(at % 4).expect("few") + 1;
        let answer = coinage_tests::submit::submit(&cluster, node, transaction, true);
        assert_eq!(answer.status, 202, "{answer:?}");
        if at == 0 {
            let code = &answer.body["waits_for"]["code"];
            assert_eq!(code, "transaction.insufficient_balance", "{answer:?}");
        }
    }
    wait_included(&cluster, &ids);
    let last = address(&keys[19]).to_string();
    for node in cluster.nodes() {
        assert_eq!(cluster.balance(node, &last, "COIN"), 700);
        assert_eq!(cluster.balance(node, &address(&keys[18]).to_string(), "COIN"), 0);
        assert_eq!(cluster.get(node, "/v1/mempool").body["items"], json!([]));
    }
}
