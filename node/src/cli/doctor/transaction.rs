//! Findings about a transaction: what became of it, and what it waits for.

use std::path::Path;

use coinage_client::{Client, ClientError};
use coinage_files as files;
use coinage_model::code::Code;
use coinage_model::problem::Reason;
use coinage_model::submission::{TransactionState, TransactionStatusJson};
use coinage_model::time;
use coinage_protocol::TransactionId;
use serde_json::json;

use super::facts::{self, Facts};
use super::finding::{
    Finding, TX_DROPPED, TX_ELSEWHERE, TX_EXPIRED, TX_INCLUDED, TX_NEXT, TX_UNKNOWN, TX_WAITING,
};

/// Nodes of a devnet that are asked.
const SIBLINGS_MAX: u16 = 64;
/// Bytes of a node's `addresses.json` that make sense.
const ADDRESSES_BYTES_MAX: u64 = 64 * 1024;

pub(super) fn examine(
    id: TransactionId,
    facts: &Facts,
    client: &Client,
    also: &[String],
) -> Vec<Finding> {
    match ask(id, client) {
        Ok(Some(status)) => vec![known(id, &status)],
        Ok(None) => {
            let mut urls = also.to_vec();
            if let Some(devnet) = facts.status.devnet.as_deref().filter(|_| client.is_local()) {
                urls.extend(siblings(devnet));
            }
            urls.retain(|url| url.trim_end_matches('/') != client.url());
            vec![unknown(id, client.url(), &urls)]
        }
        Err(error) => vec![facts::unreachable(client.url(), &error)],
    }
}

fn ask(id: TransactionId, client: &Client) -> Result<Option<TransactionStatusJson>, ClientError> {
    match client.get(&format!("/v1/transactions/{id}"), &[]) {
        Ok(status) => Ok(Some(status)),
        Err(ClientError::Refused { problem })
            if problem.code == Code::UnknownTransaction.name() =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn known(id: TransactionId, status: &TransactionStatusJson) -> Finding {
    let why = |reason: &Option<Reason>| {
        reason.as_ref().map_or_else(|| "it did not say why".into(), |reason| reason.detail.clone())
    };
    let finding = match (status.status, &status.waits_for) {
        (TransactionState::Pending, Some(reason)) => {
            let until = time::format(status.expires_at);
            let what = format!("{id} waits because: {}; it can wait until {until}", reason.detail);
            Finding::new(TX_WAITING, what, waiting_mend(id, status, reason))
        }
        (TransactionState::Pending, None) => Finding::new(
            TX_NEXT,
            format!("{id} can be included, and waits for the next block that has room"),
            format!("`coinage tx wait {id}` waits with it"),
        ),
        (TransactionState::Final, _) => {
            let height = status.block.map_or_else(String::new, |block| block.height.to_string());
            let what = format!("{id} is in block {height}, which is final: nothing undoes that");
            Finding::new(TX_INCLUDED, what, format!("`coinage tx show {id}` shows it"))
        }
        (TransactionState::Included, _) => {
            let height = status.block.map_or_else(String::new, |block| block.height.to_string());
            let what = format!("{id} is in block {height}; a reorg can still undo that");
            Finding::new(TX_INCLUDED, what, format!("`coinage tx show {id}` shows it"))
        }
        (TransactionState::Dropped, _) if status.is_over() => {
            let until = time::format(status.expires_at);
            let what = format!("the time of {id} is over: it was valid until {until}");
            let mend = format!(
                "`coinage tx wait {id}` says whether a block on its way held it; if not, make it \
                 anew with a later --expires-in"
            );
            Finding::new(TX_EXPIRED, what, mend)
        }
        (TransactionState::Dropped, _) => Finding::new(
            TX_DROPPED,
            format!("the node no longer holds {id}: {}", why(&status.reason)),
            "send the same bytes again, which is safe: `coinage tx submit FILE`",
        ),
        (TransactionState::Expired, _) => Finding::new(
            TX_EXPIRED,
            format!("{id}: {}", why(&status.reason)),
            "make and sign it anew with a later --expires-in: `coinage send` or `coinage tx build`",
        ),
    };
    let seen = json!({
        "id": id.to_string(), "status": status.status, "reason": status.reason,
        "waits_for": status.waits_for,
    });
    finding.seen(seen)
}

fn waiting_mend(id: TransactionId, status: &TransactionStatusJson, reason: &Reason) -> String {
    let sender = status.transaction.as_ref().map(|transaction| transaction.body.sender.to_string());
    let command = match (&*reason.code, sender) {
        ("transaction.insufficient_balance", Some(sender)) => format!("coinage balance {sender}"),
        ("transaction.unknown_token", _) => "coinage token list".to_owned(),
        _ => format!("coinage tx show {id}"),
    };
    format!("{} See `{command}`", reason.hint)
}

fn unknown(id: TransactionId, here: &str, urls: &[String]) -> Finding {
    let knows = |url: &&String| {
        Client::new(url).is_ok_and(|client| matches!(ask(id, &client.hasty()), Ok(Some(_))))
    };
    let asked = json!({ "id": id.to_string(), "asked": urls });
    if let Some(url) = urls.iter().find(knows) {
        let what = format!("the node at {here} does not know {id}, but the one at {url} does");
        let mend = format!(
            "the two are cut off from each other: `coinage --node {url} doctor`; meanwhile \
             `coinage --node {url} tx show {id}` shows it"
        );
        return Finding::new(TX_ELSEWHERE, what, mend).seen(asked);
    }
    let others =
        if urls.is_empty() { String::new() } else { format!(", nor at {}", urls.join(", ")) };
    let what = format!("{id} is not known at {here}{others}");
    let mend = "check the id; if it was signed, send it: `coinage tx submit FILE`; `--also URL` \
                asks another node, too";
    Finding::new(TX_UNKNOWN, what, mend).seen(asked)
}

/// Returns the URLs at which the nodes of a devnet on this machine listen.
fn siblings(devnet: &Path) -> Vec<String> {
    let api = |node: u16| {
        let path = devnet.join(format!("n{node}/data/addresses.json"));
        let text = files::read_bounded(&path, ADDRESSES_BYTES_MAX).ok()?;
        let said: serde_json::Value = serde_json::from_slice(&text).ok()?;
        said["api"].as_str().map(str::to_owned)
    };
    (1..=SIBLINGS_MAX).map_while(api).collect()
}
