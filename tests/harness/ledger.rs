//! People who pay each other through a cluster, and what must be true of the chain afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use coinage_keys::genesis_file;
use coinage_model::transaction::TransactionJson;
use coinage_protocol::{Action, Address, ChainId, ChainSpec, Height, SecretKey, UnixMillis};
use serde_json::{Value, json};

use crate::cluster::{Answer, Cluster, post, run};
pub use coinage_simulation::fixtures::developer;
use coinage_simulation::fixtures::{account, address, coin, transaction, units};

/// Time that a payment may wait to be included.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A record of who pays whom. Development accounts have plenty; everybody else begins with nothing.
#[derive(Debug)]
pub struct Ledger {
    chain: ChainId,
    began: BTreeMap<String, u128>,
    salt: AtomicU64,
    payments: Mutex<BTreeMap<String, Payment>>,
}

/// A payment that was submitted.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Id of the payment, in hexadecimal.
    pub id: String,
    /// Body to submit: the same bytes each time.
    body: Value,
}

/// A chain as a node shows it.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// The hash at each height.
    pub blocks: Vec<String>,
    /// Number of times that each transaction is on the chain.
    pub transactions: BTreeMap<String, u32>,
    /// Balances that everybody has after all of them.
    balances: BTreeMap<String, u128>,
}

/// The key of a person who begins with nothing.
pub fn person(number: u8) -> SecretKey {
    account(number)
}

impl Ledger {
    /// The ledger of a cluster.
    ///
    /// # Panics
    ///
    /// If its genesis cannot be read.
    pub fn open(cluster: &Cluster) -> Self {
        let genesis = genesis_file::read(&cluster.genesis()).expect("a genesis");
        let began = genesis.balances.iter();
        let began = began
            .map(|one| (one.address.to_string(), one.amount.to_string().parse().expect("digits")))
            .collect();
        let chain = *ChainSpec::new(genesis).expect("a network").chain();
        Self { chain, began, salt: AtomicU64::new(1), payments: Mutex::default() }
    }

    /// Makes a payment that is not submitted yet.
    pub fn draft(&self, from: &SecretKey, to: Address, amount: u128) -> Payment {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default() + LIFETIME;
        let expires_at = u64::try_from(now.as_millis()).unwrap_or(0);
        let action =
            Action::Transfer { token: coin(), from: address(from), to, amount: units(amount) };
        let salt = self.salt.fetch_add(1, Ordering::Relaxed);
        let transaction =
            transaction(&self.chain, &[from], salt, UnixMillis::new(expires_at), vec![action]);
        let id = transaction.body.id(&self.chain).to_string();
        let json = serde_json::to_value(TransactionJson::from(&transaction));
        Payment { id, body: json!({ "transaction": json.expect("it is JSON") }) }
    }

    /// Submits a payment to a node; `None` if the node does not answer, and then nobody knows.
    pub fn submit(&self, cluster: &Cluster, node: u16, payment: &Payment) -> Option<Answer> {
        self.note(payment);
        cluster.try_post(node, "/v1/transactions", &payment.body)
    }

    /// Submits a payment to a node outside the cluster, by the URL of its API.
    pub fn submit_at(&self, api: &str, payment: &Payment) -> Option<Answer> {
        self.note(payment);
        post(&format!("{api}/v1/transactions"), &payment.body)
    }

    fn note(&self, payment: &Payment) {
        let mut payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        payments.insert(payment.id.clone(), payment.clone());
    }

    /// Pays through a node; gives the id.
    ///
    /// # Panics
    ///
    /// If the node does not take it.
    pub fn pay(
        &self,
        cluster: &Cluster,
        node: u16,
        from: &SecretKey,
        to: Address,
        amount: u128,
    ) -> String {
        let payment = self.draft(from, to, amount);
        let answer = self.submit(cluster, node, &payment).expect("the node answers");
        assert!(matches!(answer.status, 200 | 202), "{answer:?}");
        payment.id
    }

    /// Waits until a payment is included at all these nodes.
    pub fn wait_included(&self, cluster: &Cluster, nodes: &[u16], id: &str) {
        for node in nodes {
            cluster.wait(12, "a payment is included", || is_included(cluster, *node, id));
        }
    }

    /// Returns everything that was submitted so far.
    pub fn submitted(&self) -> Vec<Payment> {
        let payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        payments.values().cloned().collect()
    }

    /// Waits until the nodes agree on a chain that holds everything submitted exactly once, of each
    /// of these pairs exactly one; balances and supply are exact, and no slot has two blocks.
    /// Gives that chain.
    ///
    /// # Panics
    ///
    /// If it is not so.
    pub fn settle(&self, cluster: &Cluster, nodes: &[u16], disputed: &[[String; 2]]) -> Scan {
        let pairs: BTreeSet<&String> = disputed.iter().flatten().collect();
        let all = self.submitted();
        let due: Vec<_> = all.iter().filter(|one| !pairs.contains(&one.id)).collect();
        for payment in &due {
            for node in nodes {
                cluster.wait(24, &format!("{} is included at n{node}", payment.id), || {
                    is_included(cluster, *node, &payment.id)
                });
            }
        }
        let target = nodes.iter().filter_map(|node| cluster.head(*node)).map(|head| head.0).max();
        let target = target.expect("a head");
        cluster.wait(24, "one chain everywhere", || cluster.agree(nodes, Height::new(target)));
        let scans: Vec<_> = nodes.iter().map(|node| self.scan(cluster, *node, target)).collect();
        let first = scans.first().expect("a node").clone();
        for scan in &scans {
            assert_eq!(scan.blocks, first.blocks);
            assert_eq!(scan.transactions, first.transactions);
        }
        let twice = signed_twice(cluster, nodes);
        assert!(twice.is_empty(), "two blocks in a slot: {twice:?}");
        let mut expected: BTreeSet<_> = due.iter().map(|one| one.id.clone()).collect();
        for pair in disputed {
            let included: Vec<_> =
                pair.iter().filter(|id| first.transactions.contains_key(*id)).collect();
            assert_eq!(included.len(), 1, "of {pair:?} the chain holds {included:?}");
            expected.extend(included.into_iter().cloned());
        }
        let found: BTreeSet<_> = first.transactions.keys().cloned().collect();
        assert_eq!(found, expected);
        let more: Vec<_> = first.transactions.iter().filter(|(_, times)| **times != 1).collect();
        assert!(more.is_empty(), "more than once: {more:?}");
        for node in nodes {
            check_balances(cluster, *node, &first);
        }
        first
    }

    /// The chain of a node up to a height.
    ///
    /// # Panics
    ///
    /// If the node does not answer or spends what nobody has.
    pub fn scan(&self, cluster: &Cluster, node: u16, up_to: u64) -> Scan {
        let mut scan = Scan { balances: self.began.clone(), ..Scan::default() };
        let mut summaries = list(cluster, node, "/v1/blocks");
        summaries.retain(|block| number(&block["height"]) <= u128::from(up_to));
        summaries.reverse();
        for summary in summaries {
            let hash = summary["hash"].as_str().unwrap_or_default();
            scan.blocks.push(hash.to_owned());
            if summary["transactions"] != json!(0) {
                let block = cluster.get(node, &format!("/v1/blocks/{hash}")).body;
                block["transactions"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .for_each(|one| scan.add(one));
            }
        }
        scan
    }
}

impl Scan {
    fn add(&mut self, one: &Value) {
        let id = one["id"].as_str().unwrap_or_default().to_owned();
        *self.transactions.entry(id).or_default() += 1;
        for action in one["transaction"]["body"]["actions"].as_array().into_iter().flatten() {
            assert_eq!(action["type"], json!("transfer"), "people here only pay");
            let amount = number(&action["amount"]);
            let party = |field: &str| action[field].as_str().unwrap_or_default().to_owned();
            let from = self.balances.entry(party("from")).or_default();
            *from = from.checked_sub(amount).expect("nobody spends what he has not");
            *self.balances.entry(party("to")).or_default() += amount;
        }
    }
}

/// Asks a node what became of a transaction: its status, or nothing.
pub fn status(cluster: &Cluster, node: u16, id: &str) -> String {
    let answer = cluster.try_get(node, &format!("/v1/transactions/{id}"));
    answer.and_then(|answer| Some(answer.body["status"].as_str()?.to_owned())).unwrap_or_default()
}

/// Checks whether a node's chain holds a transaction, final or not.
pub fn is_included(cluster: &Cluster, node: u16, id: &str) -> bool {
    is_in_block(&json!(status(cluster, node, id)))
}

/// Checks whether the status of a transaction says that a block holds it, final or not.
pub fn is_in_block(status: &Value) -> bool {
    matches!(status.as_str(), Some("included" | "final"))
}

/// Returns all items of a list.
///
/// # Panics
///
/// If the node does not answer.
pub fn list(cluster: &Cluster, node: u16, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = cluster.get(node, &format!("{path}?limit=1000{cursor}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        items.extend(answer.body["items"].as_array().cloned().unwrap_or_default());
        let Some(next) = answer.body["next"].as_str() else { return items };
        cursor = format!("&cursor={next}");
    }
}

/// The slots for which these nodes know more than one block, side branches included, with the
/// hashes.
///
/// # Panics
///
/// If a node does not answer.
pub fn signed_twice(cluster: &Cluster, nodes: &[u16]) -> Vec<(u64, BTreeSet<String>)> {
    let mut slots: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    let mut see = |block: &Value| {
        let slot = u64::try_from(number(&block["slot"])).unwrap_or(u64::MAX);
        let hash = block["hash"].as_str().unwrap_or_default().to_owned();
        slots.entry(slot).or_default().insert(hash);
    };
    for node in nodes {
        list(cluster, *node, "/v1/blocks").iter().for_each(&mut see);
        for tip in list(cluster, *node, "/v1/chain/tips") {
            let mut hash = tip["hash"].as_str().unwrap_or_default().to_owned();
            while let Some(answer) = cluster.try_get(*node, &format!("/v1/blocks/{hash}")) {
                if answer.status != 200 || answer.body["on_chain"] == json!(true) {
                    break;
                }
                see(&answer.body);
                hash = answer.body["previous"].as_str().unwrap_or_default().to_owned();
            }
        }
    }
    slots.into_iter().filter(|(_, hashes)| hashes.len() > 1).collect()
}

/// Stops the cluster and lets the program verify what every node has on disk.
///
/// # Panics
///
/// If anything is not in order.
pub fn verify(cluster: &mut Cluster) {
    cluster.stop();
    for node in cluster.nodes() {
        verify_data(cluster, &cluster.data(node));
    }
}

/// Lets the program verify what a stopped node has on disk.
///
/// # Panics
///
/// If anything is not in order.
pub fn verify_data(cluster: &Cluster, data: &std::path::Path) {
    let program = cluster.program().to_str().expect("a plain path");
    let data = data.to_str().expect("a plain path");
    run(program, &cluster.scratch("home"), &["node", "verify", "--data", data]).data();
}

fn check_balances(cluster: &Cluster, node: u16, scan: &Scan) {
    for (address, amount) in &scan.balances {
        assert_eq!(cluster.balance(node, address, "COIN"), *amount, "{address} at n{node}");
    }
    let token = cluster.get(node, "/v1/tokens/COIN").body;
    assert_eq!(number(&token["supply"]), scan.balances.values().sum::<u128>(), "{token}");
}

fn number(value: &Value) -> u128 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}
