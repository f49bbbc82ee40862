//! Talking to a node on behalf of the demonstration's accounts.

use std::time::{Duration, SystemTime};

use coinage_client::{Client, ClientError};
use coinage_model::account::AccountJson;
use coinage_model::status::StatusJson;
use coinage_model::submission::{SubmitOne, SubmittedJson};
use coinage_model::time;
use coinage_protocol::{
    Action, Address, Body, Bounded, ChainId, KeySignature, Lock, Text, Transaction, UnixMillis,
    Witness,
};
use serde::de::DeserializeOwned;

use super::script::{Balance, Draft, Holder, Script};

/// Time within which a node must answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time for which a payment may be included.
const LIFETIME: Duration = Duration::from_secs(60);

/// The outcome of an attempt to send a transaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sent {
    /// The node took the transaction.
    Taken,
    /// The node refused the transaction.
    Refused,
    /// The node did not answer.
    Unreachable,
    /// No transaction was there to be sent.
    Nothing,
}

/// A conversation with a node.
#[derive(Debug)]
pub(super) struct Talk(Result<Client, ClientError>);

impl Talk {
    pub(super) fn new(api: String) -> Self {
        Self(Client::new(&api).map(|client| client.impatient(PATIENCE)))
    }

    /// Makes and sends the next payment of the script.
    pub(super) fn pay(&self, script: &mut Script) -> Sent {
        let made = script.next(|address| self.balances(address));
        match made {
            Ok(Some(draft)) => self.sign_and_send(draft),
            Ok(None) => Sent::Nothing,
            Err(error) => Sent::of(&error),
        }
    }

    /// Returns the balances of an address.
    pub(super) fn balances(&self, address: Address) -> Result<Vec<Balance>, ClientError> {
        let account: AccountJson = self.get(&format!("/v1/accounts/{address}"))?;
        Ok(account.balances.items.into_iter().map(|one| (one.token, one.amount)).collect())
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.0.as_ref().map_err(Clone::clone)?.get(path, &[])
    }

    fn sign_and_send(&self, draft: Draft) -> Sent {
        let chain = self.get::<StatusJson>("/v1/status").map(|status| status.chain_id);
        match chain.map(|chain| signed(draft, &chain)) {
            Ok(Some(transaction)) => self.send(&transaction),
            Ok(None) => Sent::Nothing,
            Err(error) => Sent::of(&error),
        }
    }

    /// Hands a transaction over.
    pub(super) fn send(&self, transaction: &Transaction) -> Sent {
        let body = SubmitOne { transaction: Some(transaction.into()), ..SubmitOne::default() };
        let client = self.0.as_ref().map_err(Clone::clone);
        let posted =
            client.and_then(|client| client.post::<SubmittedJson>("/v1/transactions", &[], &body));
        posted.map_or_else(|error| Sent::of(&error), |_| Sent::Taken)
    }
}

impl Sent {
    pub(super) fn of(error: &ClientError) -> Self {
        match error {
            ClientError::Refused { problem } if problem.status < 500 => Self::Refused,
            _ => Self::Unreachable,
        }
    }
}

/// The transaction with the signatures of all who must sign; `None` if it cannot be made, which
/// is a draft with too many actions or a machine without randomness.
pub(super) fn signed(draft: Draft, chain: &ChainId) -> Option<Transaction> {
    let Draft { signers, actions, memo } = draft;
    let expires_at = time::millis(SystemTime::now().checked_add(LIFETIME)?);
    let actions: Vec<Action> = actions;
    let body = Body {
        sender: signers.first()?.address,
        salt: getrandom::u64().ok()?,
        expires_at: UnixMillis::new(expires_at),
        actions: Bounded::new(actions).ok()?,
        memo: Text::try_from(memo.as_str()).ok()?,
    };
    let id = body.id(chain);
    let witness = |holder: &Holder| Witness {
        lock: Lock::Key(holder.secret.public()),
        signatures: Bounded::first_of([KeySignature {
            key: 0,
            signature: holder.secret.sign(id.as_bytes()),
        }]),
    };
    let mut witnesses: Vec<_> = signers.iter().map(witness).collect();
    witnesses.sort_by_key(|witness| witness.lock.address());
    Some(Transaction { body, witnesses: Bounded::new(witnesses).ok()? })
}
