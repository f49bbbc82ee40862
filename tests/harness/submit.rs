//! Signed transactions for a running devnet, and a way to submit them.

use coinage_keys::genesis_file;
use coinage_model::submission::SubmitOne;
use coinage_model::time;
use coinage_protocol::{
    Action, Address, ChainId, ChainSpec, SecretKey, Symbol, Transaction, TransactionId, UnixMillis,
};
use coinage_simulation::fixtures;
use serde_json::{Value, json};

use crate::cluster::{Answer, Cluster};
pub use coinage_simulation::fixtures::developer as dev_key;

/// Time for which the transactions made here are valid, in milliseconds.
const LIFETIME_MS: u64 = 600_000;

/// Makes transactions for one network, each with a salt of its own.
#[derive(Debug)]
pub struct Signer {
    chain: ChainId,
    salt: u64,
}

impl Signer {
    /// Creates a signer for a devnet.
    ///
    /// # Panics
    ///
    /// If it has no genesis.
    pub fn of(cluster: &Cluster) -> Self {
        let path = cluster.directory().join("genesis.json");
        let genesis = genesis_file::read(&path).expect("the devnet's genesis");
        let spec = ChainSpec::new(genesis).expect("a network");
        Self { chain: *spec.chain(), salt: 0 }
    }

    /// The id that names a transaction on this network.
    pub fn id(&self, transaction: &Transaction) -> TransactionId {
        transaction.body.id(&self.chain)
    }

    /// A transaction that is valid for ten minutes.
    pub fn sign(&mut self, signers: &[&SecretKey], actions: Vec<Action>) -> Transaction {
        self.sign_until(signers, actions, UnixMillis::new(now_ms() + LIFETIME_MS))
    }

    /// A transaction that is valid until `expires_at`, in milliseconds since 1970.
    pub fn sign_until(
        &mut self,
        signers: &[&SecretKey],
        actions: Vec<Action>,
        expires_at: UnixMillis,
    ) -> Transaction {
        self.salt += 1;
        fixtures::transaction(&self.chain, signers, self.salt, expires_at, actions)
    }

    /// A transfer of COIN, in base units.
    pub fn pay(&mut self, from: &SecretKey, to: Address, amount: u128) -> Transaction {
        self.sign(&[from], vec![transfer(fixtures::coin(), from, to, amount)])
    }
}

/// An owner gives to another, in base units.
pub fn transfer(token: Symbol, from: &SecretKey, to: Address, amount: u128) -> Action {
    let (from, amount) = (fixtures::address(from), fixtures::units(amount));
    Action::Transfer { token, from, to, amount }
}

/// A transaction as the body of a submission.
///
/// # Panics
///
/// Never.
pub fn body(transaction: &Transaction, park: bool) -> Value {
    json!(SubmitOne { transaction: Some(transaction.into()), park, ..SubmitOne::default() })
}

/// Submits a transaction to a node.
///
/// # Panics
///
/// If the node does not answer.
pub fn submit(cluster: &Cluster, node: u16, transaction: &Transaction, park: bool) -> Answer {
    cluster.post(node, "/v1/transactions", &body(transaction, park))
}

/// The time of day, in milliseconds since 1970.
pub fn now_ms() -> u64 {
    time::millis(std::time::SystemTime::now())
}
