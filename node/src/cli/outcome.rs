//! Outcomes of transactions, in words: what became of one that was sent or asked for.

use coinage_model::submission::{SubmittedJson, TransactionState, TransactionStatusJson};
use coinage_model::time;
use coinage_protocol::{Body, TransactionId};
use serde_json::json;

use super::context::Context;
use super::describe::Words;
use super::failure::Failure;
use super::finality;
use super::globals::Globals;
use super::printer::Output;
use super::submission::Confirmation;

/// Says how a transaction stands of which this was waited for.
pub(crate) fn verdict(
    context: &Context,
    goal: Confirmation,
    stands: TransactionStatusJson,
) -> Result<Output, Failure> {
    let id = stands.id;
    let reason = stands.reason.as_ref();
    let because = reason.map(|reason| format!(": {}", reason.detail)).unwrap_or_default();
    let details = json!({ "id": id.to_string(), "reason": reason });
    match stands.status {
        TransactionState::Included if goal == Confirmation::Final => {
            Err(finality::not_yet(context, &stands))
        }
        TransactionState::Included | TransactionState::Final => Ok(included(context, &stands)),
        TransactionState::Pending => Err(unknown(&context.globals, id, "it still waits")),
        TransactionState::Dropped if stands.is_over() => {
            let until = time::format(stands.expires_at);
            let sentence = format!("the time of {id} is over, it was valid until {until}");
            let failure = Failure::new("transaction.dropped", sentence).details(details);
            Err(failure.hint(format!(
                "a block that is on its way may still hold it: ask again with `{} tx wait {id}`",
                context.globals.program()
            )))
        }
        TransactionState::Dropped => {
            let sentence = format!("the node no longer holds {id}{because}");
            let failure = Failure::new("transaction.dropped", sentence).details(details);
            Err(failure.hint(format!(
                "it may still be included until {}: send the same bytes again, never a new payment",
                time::format(stands.expires_at)
            )))
        }
        TransactionState::Expired => {
            let until = time::format(stands.expires_at);
            let sentence = format!(
                "{id} has expired: it was valid until {until}, and no block of the chain holds it"
            );
            let failure = Failure::new("transaction.expired", sentence).details(details);
            Err(failure.hint(if stands.is_final {
                "it did nothing, and never will: make a new one"
            } else {
                "it did nothing: make a new one. Only a reorg to a branch that holds it, which is \
                 rare, could still include it"
            }))
        }
    }
}

fn included(context: &Context, stands: &TransactionStatusJson) -> Output {
    let mut text = heading(stands);
    if let Some(transaction) = stands.transaction.clone() {
        let body: Body = transaction.body.into();
        for sentence in Words::brief(context).body(&body) {
            text.push_str(&sentence);
            text.push('\n');
        }
    }
    Output::new(stands, text).word(stands.id.to_string())
}

/// Returns the first lines for whoever reads of a transaction: its id, its status, and a warning if
/// the node is alone.
pub(crate) fn heading(stands: &TransactionStatusJson) -> String {
    let status = match stands.status {
        TransactionState::Pending => "pending",
        TransactionState::Included => "included",
        TransactionState::Final => "final",
        TransactionState::Dropped if stands.is_over() => {
            "its time is over; only a block that is on its way may still hold it"
        }
        TransactionState::Dropped => "dropped by this node; it may still be included",
        TransactionState::Expired if stands.is_final => {
            "expired for good: no block of the chain holds it"
        }
        TransactionState::Expired => "expired: no block of the chain holds it",
    };
    let place = stands.block.map(|block| format!(" in block {} ({})", block.height, block.hash));
    let warning = if stands.alone {
        "warning: this node is alone, the others may know nothing of it: rely on nothing yet \
         (`coinage doctor`)\n"
    } else {
        ""
    };
    let caveat = if stands.is_final { "" } else { "; not final" };
    format!("{}\n{status}{}{caveat}\n{warning}", stands.id, place.unwrap_or_default())
}

/// Says that a node has a transaction, and what it waits for.
pub(crate) fn handed_over(context: &Context, taken: &SubmittedJson) -> Output {
    let waits = taken.waits_for.as_ref().map(|reason| format!("waits: {}\n", reason.detail));
    let text = format!(
        "{}\nhanded over, not waited for; `{} tx wait {}` waits\n{}",
        taken.id,
        context.globals.program(),
        taken.id,
        waits.unwrap_or_default()
    );
    Output::new(taken, text).word(taken.id.to_string())
}

/// Returns the failure that nobody here knows what became of a transaction.
pub(crate) fn unknown(globals: &Globals, id: TransactionId, cause: &str) -> Failure {
    Failure::new(
        "transaction.outcome_unknown",
        format!("what became of {id} is not known: {cause}"),
    )
    .hint(format!("ask again with `{} tx wait {id}`; do not pay a second time", globals.program()))
    .details(json!({ "id": id.to_string() }))
}
