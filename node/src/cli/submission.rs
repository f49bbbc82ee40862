//! Delivery of actions: from composing a transaction over signing and submitting to waiting for its
//! block.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use clap::{Args, ValueEnum};
use coinage_model::code::Code;
use coinage_model::submission::{
    SubmitOne, SubmittedJson, TransactionState, TransactionStatusJson,
};
use coinage_model::terminal::typed;
use coinage_model::time;
use coinage_protocol::{
    Action, Address, Body, Bounded, Text, Transaction, TransactionId, UnixMillis,
};
use serde_json::json;

use super::account::Found;
use super::context::Context;
use super::describe::Words;
use super::document::TransactionDocument;
use super::failure::Failure;
use super::globals::Globals;
use super::outcome::{handed_over, unknown, verdict};
use super::printer::Output;
use super::{duration, finality, interrupt, payer_clock, signing};

/// The longest single question to a node; longer waits are several questions.
const QUESTION: Duration = Duration::from_secs(15);
/// Time to wait before asking a node again that went away.
const PAUSE: Duration = Duration::from_millis(300);
/// Time to leave a node alone that has more than the next blocks hold.
const BEHIND_PAUSE: Duration = Duration::from_secs(1);
/// Number of times that the same bytes are sent again when a node says that it dropped them.
const RESENDS: u32 = 3;

/// How a transaction is made and sent.
#[derive(Args, Debug)]
#[command(next_help_heading = "Delivery")]
pub(crate) struct Delivery {
    /// Public words that go with it
    #[arg(long, value_name = "TEXT", default_value = "")]
    memo: String,
    /// For how long it may be included
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10m",
        value_parser = duration::positive
    )]
    expires_in: Duration,
    /// Write the transaction to a file instead of sending it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["wait", "park"])]
    sign_only: Option<PathBuf>,
    #[command(flatten)]
    patience: WaitTimeout,
}

/// How to send and what to wait for.
#[derive(Args, Debug)]
pub(crate) struct WaitTimeout {
    /// What to wait for [default: final where a person types it, included for scripts]
    #[arg(long, value_enum)]
    pub(crate) wait: Option<Confirmation>,
    /// How long to wait for it
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1m",
        value_parser = duration::parse
    )]
    pub(crate) timeout: Duration,
    /// Let the node keep it if it is not possible yet but may become so
    #[arg(long)]
    pub(crate) park: bool,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Confirmation {
    /// It is in a block of the chain
    Included,
    /// It can never be undone
    Final,
    /// Nothing: the node has it
    None,
}

impl Confirmation {
    /// The word for it in a question to a node.
    fn name(self) -> &'static str {
        if self == Self::Final { "final" } else { "included" }
    }

    /// Checks whether there is nothing more to wait for.
    fn is_decided(self, state: TransactionState) -> bool {
        match state {
            TransactionState::Pending => false,
            TransactionState::Included => self != Self::Final,
            TransactionState::Final | TransactionState::Dropped | TransactionState::Expired => true,
        }
    }
}

/// Sends these actions of one wallet, or writes them to a file.
pub(crate) fn deliver(
    context: &Context,
    from: &Found,
    actions: Vec<Action>,
    delivery: &Delivery,
) -> Result<Output, Failure> {
    let body = compose(from.entry.address(), actions, &delivery.memo, delivery.expires_in)?;
    let transaction = Transaction { body, witnesses: Bounded::default() };
    let mut document = TransactionDocument { chain: context.chain()?, transaction };
    signing::reveal(&mut document, std::slice::from_ref(&from.entry.lock))?;
    if from.entry.has_secret {
        signing::sign(&mut document, &from.unlock(context)?, &[])?;
    } else if delivery.sign_only.is_none() {
        from.unlock(context)?;
    }
    let Some(path) = &delivery.sign_only else {
        return submit(context, &document, &delivery.patience);
    };
    document.write(path, false)?;
    let missing = signing::missing(&document);
    let (id, file) = (document.id().to_string(), path.display().to_string());
    let until = time::format(document.transaction.body.expires_at.get());
    let (program, shown) = (context.globals.program(), typed(path));
    let mut text = format!("{id}\nwritten to {file}, not sent; valid until {until}\n");
    if missing.is_empty() {
        text.push_str(&format!("`{program} tx submit {shown}` sends it\n"));
    } else {
        text.push_str(&format!(
            "signatures are missing: `{program} tx sign {shown} --from NAME` adds one;\n\
             if the signers need more time, write it anew with --expires-in 12h\n"
        ));
    }
    let data = json!({ "id": id, "file": file, "complete": missing.is_empty() });
    Ok(Output::new(data, text).word(id))
}

/// A body with a fresh salt that expires so much later than now.
pub(crate) fn compose(
    sender: Address,
    actions: Vec<Action>,
    memo: &str,
    expires_in: Duration,
) -> Result<Body, Failure> {
    let salt = getrandom::u64().map_err(|error| Failure::new("other", error))?;
    let expires_at = time::millis(SystemTime::now().checked_add(expires_in).ok_or_else(|| {
        Failure::usage("--expires-in is too long").hint("a network says how long it may be")
    })?);
    let memo = Text::try_from(memo)
        .map_err(|error| Failure::bad_text("usage.bad_memo", "the memo", error))?;
    let actions =
        Bounded::new(actions).map_err(|error| Failure::new("usage.too_many_actions", error))?;
    Ok(Body { sender, salt, expires_at: UnixMillis::new(expires_at), actions, memo })
}

/// Sends a transaction and waits.
pub(crate) fn submit(
    context: &Context,
    document: &TransactionDocument,
    patience: &WaitTimeout,
) -> Result<Output, Failure> {
    let chain = context.chain()?;
    if chain != document.chain {
        let sentence = format!(
            "the transaction is for the network {}, the node is on {chain}",
            document.chain
        );
        let failure = Failure::new("transaction.other_network", sentence);
        return Err(failure.hint("name a node of its network with --node URL"));
    }
    let id = document.id();
    context.printer.note(&format!("sending {id}"));
    let _watched =
        interrupt::tell(context.printer, unknown(&context.globals, id, "you did not wait for it"));
    let deadline = deadline(patience.timeout);
    let taken = post_in_time(context, document, patience.park, deadline)?;
    let goal = patience.wait.unwrap_or_else(|| finality::usual(context));
    if goal == Confirmation::None {
        return Ok(handed_over(context, &taken));
    }
    let mut resends = RESENDS;
    loop {
        let stands = watch(context, id, goal, deadline);
        if !is_lost(&stands) || resends == 0 || passed(deadline) {
            return verdict(context, goal, after_sending(&context.globals, id, stands)?);
        }
        // The very same bytes: whatever became of the first copy, it counts once.
        resends = resends.saturating_sub(1);
        std::thread::sleep(PAUSE);
        post(context, document, patience.park)?;
    }
}

/// Hands a transaction over; while the node is behind with what it has, waits as it says.
fn post_in_time(
    context: &Context,
    document: &TransactionDocument,
    park: bool,
    deadline: Instant,
) -> Result<SubmittedJson, Failure> {
    loop {
        match post(context, document, park) {
            Err(failure) if failure.code == Code::Behind.name() && !passed(deadline) => {
                context.printer.note(&format!("{}; sending again", failure.message));
                std::thread::sleep(BEHIND_PAUSE);
            }
            taken => return taken,
        }
    }
}

/// True if the node does not hold the transaction any more: dropped, or forgotten by a restart.
fn is_lost(stands: &Result<TransactionStatusJson, Failure>) -> bool {
    match stands {
        Ok(stands) => stands.status == TransactionState::Dropped && !stands.is_over(),
        Err(failure) => failure.code == Code::UnknownTransaction.name(),
    }
}

/// Returns the status after a transaction was handed over; it may have gone on to others, even if
/// this node has forgotten it.
fn after_sending(
    globals: &Globals,
    id: TransactionId,
    stands: Result<TransactionStatusJson, Failure>,
) -> Result<TransactionStatusJson, Failure> {
    stands.map_err(|failure| {
        if failure.code == Code::UnknownTransaction.name() {
            return unknown(globals, id, &failure.message);
        }
        failure
    })
}

/// Waits for a transaction that somebody sent.
pub(crate) fn wait(
    context: &Context,
    id: TransactionId,
    goal: Option<Confirmation>,
    timeout: Duration,
) -> Result<Output, Failure> {
    let goal = goal.unwrap_or_else(|| finality::usual(context));
    let _watched =
        interrupt::tell(context.printer, unknown(&context.globals, id, "you did not wait for it"));
    let stands = watch(context, id, goal, deadline(timeout))?;
    verdict(context, goal, stands)
}

fn post(
    context: &Context,
    document: &TransactionDocument,
    park: bool,
) -> Result<SubmittedJson, Failure> {
    let body = SubmitOne {
        transaction: Some((&document.transaction).into()),
        park,
        ..SubmitOne::default()
    };
    context.client.post("/v1/transactions", &[], &body).map_err(|error| {
        if error.perhaps_sent() {
            unknown(&context.globals, document.id(), &error.to_string())
        } else {
            let refusal = Words::new(context).refusal(error.into(), &document.transaction.body);
            payer_clock::named(refusal, document.transaction.body.expires_at)
        }
    })
}

/// Waits until the transaction is decided or the deadline has come, and returns how it stands.
fn watch(
    context: &Context,
    id: TransactionId,
    goal: Confirmation,
    deadline: Instant,
) -> Result<TransactionStatusJson, Failure> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now()).min(QUESTION);
        let query = [("for", goal.name().to_owned()), ("timeout_ms", left.as_millis().to_string())];
        let path = format!("/v1/transactions/{id}/wait");
        match context.client.get_within::<TransactionStatusJson>(&path, &query, left) {
            // The next block tells.
            Ok(stands) if stands.is_over() && !passed(deadline) => std::thread::sleep(PAUSE),
            Ok(stands) if goal.is_decided(stands.status) || is_included_late(&stands, deadline) => {
                return Ok(stands);
            }
            Ok(_) if passed(deadline) => {
                return Err(unknown(&context.globals, id, "it still waits"));
            }
            Ok(_) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) if error.may_pass_soon() && !passed(deadline) => {
                context.printer.note(&format!("{error}; asking again"));
                std::thread::sleep(PAUSE);
            }
            Err(error) if error.may_pass_soon() => {
                return Err(unknown(&context.globals, id, &error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// True if there is no more time to wait until what is included is final.
fn is_included_late(stands: &TransactionStatusJson, deadline: Instant) -> bool {
    stands.status == TransactionState::Included && passed(deadline)
}

fn deadline(timeout: Duration) -> Instant {
    // A day is for ever, and cannot overflow the clock.
    let bounded = timeout.min(Duration::from_secs(24 * 3600));
    Instant::now().checked_add(bounded).unwrap_or_else(Instant::now)
}

fn passed(deadline: Instant) -> bool {
    Instant::now() >= deadline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_that_the_node_forgot_has_an_unknown_outcome_and_is_not_simply_not_found() {
        let id = TransactionId::new([7; 32]);
        let globals = Globals::default();
        let forgotten = Failure::new(Code::UnknownTransaction.name(), "forgotten");
        let failure = after_sending(&globals, id, Err(forgotten)).expect_err("still a failure");
        assert_eq!(failure.code, "transaction.outcome_unknown");
        let other = after_sending(&globals, id, Err(Failure::new("node.unreachable", "gone")));
        assert_eq!(other.expect_err("still a failure").code, "node.unreachable");
    }
}
