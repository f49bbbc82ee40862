//! Finality in words: what is final, and what is waited for.

use std::io::{self, IsTerminal as _};

use coinage_model::chain::TipJson;
use coinage_model::status::{AuthorityJson, StatusJson};
use coinage_model::submission::TransactionStatusJson;
use coinage_protocol::BlockHash;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::submission::Confirmation;

/// Digits of a key that are enough to tell authorities apart by eye.
const KEY_DIGITS: usize = 8;

/// The goal of a command that was told none: final where a person types it and the network has
/// finality; a script waits for a block, as it always did.
pub(super) fn usual(context: &Context) -> Confirmation {
    let printer = context.printer;
    let is_typed = !printer.is_json() && !printer.is_quiet() && io::stdout().is_terminal();
    let is_known = || context.status().is_ok_and(|status| status.quorum.is_some());
    if is_typed && is_known() { Confirmation::Final } else { Confirmation::Included }
}

/// Says which block is final, and of whom no votes come.
pub(super) fn of_node(status: &StatusJson) -> String {
    let Some(finalized) = status.final_block else { return status.finality.clone() };
    let tip = finalized.tip;
    let mut text = format!("{} ({}), the head is {} above", tip.height, tip.hash, finalized.lag);
    if status.is_finality_held_up() {
        text.push_str(&format!("; {}", voting(status)));
    }
    for AuthorityJson { index, key, .. } in &status.silent {
        text.push_str(&format!("\n          no votes of {index} ({key})"));
    }
    text
}

/// Says how many authorities vote, and how many are needed.
pub(super) fn voting(status: &StatusJson) -> String {
    let all = status.authorities.len();
    let voting = all.saturating_sub(status.silent.len());
    let quorum = status.quorum.map_or_else(|| "?".to_owned(), |quorum| quorum.to_string());
    format!("votes of {voting} of {all} authorities came, {quorum} are needed")
}

/// The final block's hash.
pub(super) fn block(context: &Context) -> Result<BlockHash, Failure> {
    let finalized = context.status()?.final_block;
    finalized
        .map(|finalized| finalized.tip.hash)
        .ok_or_else(|| Failure::new("node.foreign", "this node is of a version without finality"))
}

/// The word for a block of the chain, as far as is known. A lower block than the final one may have
/// left the chain since it was asked for.
pub(super) fn word(context: &Context, block: &TipJson) -> &'static str {
    let finalized = context.status().ok().and_then(|status| status.final_block);
    let is_final = finalized.is_some_and(|finalized| finalized.tip.hash == block.hash);
    if is_final { "final" } else { "not final" }
}

/// The failure of a wait for something final that is included by now.
pub(super) fn not_yet(context: &Context, stands: &TransactionStatusJson) -> Failure {
    let id = stands.id;
    let place = stands.block.map(|block| format!(" in block {}", block.height));
    // Asked anew: it has changed since the command began.
    let status: Option<StatusJson> = context.client.get("/v1/status", &[]).ok();
    let why =
        status.as_ref().map(|status| format!(": {}{}", voting(status), named(&status.silent)));
    let sentence = format!(
        "{id} is included{}, but not final yet{}",
        place.unwrap_or_default(),
        why.unwrap_or_default()
    );
    let silent = status.map(|status| status.silent).unwrap_or_default();
    let details = json!({ "id": id.to_string(), "block": stands.block, "silent": silent });
    let failure = Failure::new("transaction.not_final", sentence).details(details);
    failure.hint(format!(
        "it may still become final: ask again with `{} tx wait {id} --for final`; do not pay a \
         second time",
        context.globals.program()
    ))
}

/// Names authorities by their turns and the beginnings of their keys.
fn named(silent: &[AuthorityJson]) -> String {
    let name = |one: &AuthorityJson| {
        let key: String = one.key.to_string().chars().take(KEY_DIGITS).collect();
        format!("{} ({key})", one.index)
    };
    if silent.is_empty() {
        return String::new();
    }
    format!("; silent: {}", silent.iter().map(name).collect::<Vec<_>>().join(", "))
}
