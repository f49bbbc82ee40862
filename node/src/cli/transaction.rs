//! `coinage tx`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use coinage_protocol::{Action, Body, Bounded, Lock, Symbol, Transaction, TransactionId};
use serde_json::json;

use super::context::Context;
use super::delivery::{self, Goal, Patience};
use super::document::TransactionDocument;
use super::failure::Failure;
use super::printer::Output;
use super::send::units;
use super::words::Words;
use super::{account, proof, signing};
use crate::model::submission::{TransactionState, TransactionStatusJson};
use crate::model::time;
use crate::model::transaction::TransactionJson;

/// What to do with transactions.
#[derive(Debug, Subcommand)]
pub(crate) enum TransactionCommand {
    /// Show a transaction and what became of it
    #[command(after_help = "Example:\n  coinage tx show ID --proof")]
    Show(ShowArguments),
    /// Write the proof that a block holds a transaction
    #[command(after_help = "\
Example:
  coinage tx proof ID --out proof.json
  coinage node proof verify proof.json --genesis genesis.json")]
    Proof {
        /// The transaction's id
        id: TransactionId,
        /// The new file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Wait until a transaction is in a block
    #[command(after_help = "Example:\n  coinage tx wait ID --timeout 30s")]
    Wait(WaitArguments),
    /// Compose several transfers between several owners, all or nothing
    #[command(after_help = "\
Example (a swap):
  coinage tx new --action transfer:5:COIN:alice:bob --action transfer:2:GOLD:bob:alice \\
    --sender alice --out swap.json
  coinage tx sign swap.json --from alice
  coinage tx sign swap.json --from bob
  coinage tx submit swap.json")]
    New(NewArguments),
    /// Say in plain words what a transaction file does and who must still sign
    #[command(after_help = "Example:\n  coinage tx decode swap.json")]
    Decode {
        /// The transaction file
        file: PathBuf,
    },
    /// Add the signature of a wallet to a transaction file; needs no node
    #[command(after_help = "Example:\n  coinage tx sign swap.json --from bob")]
    Sign(SignArguments),
    /// Send a transaction file
    #[command(after_help = "Example:\n  coinage tx submit swap.json")]
    Submit {
        /// The transaction file
        file: PathBuf,
        #[command(flatten)]
        patience: Patience,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// The transaction's id
    id: TransactionId,
    /// Also the proof that the block holds it
    #[arg(long)]
    proof: bool,
}

#[derive(Args, Debug)]
pub(crate) struct WaitArguments {
    /// The transaction's id
    id: TransactionId,
    /// What to wait for
    #[arg(long = "for", value_enum, default_value_t = Goal::Included)]
    goal: Goal,
    /// How long
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1m",
        value_parser = humantime::parse_duration
    )]
    timeout: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct NewArguments {
    /// A step: transfer:AMOUNT:SYMBOL:FROM:TO; several happen together or not at all
    #[arg(long = "action", required = true, value_name = "ACTION")]
    actions: Vec<String>,
    /// Who sends it (and pays the fee, if there is one)
    #[arg(long, value_name = "NAME|ADDRESS")]
    sender: String,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Public words that go with it
    #[arg(long, value_name = "TEXT", default_value = "")]
    memo: String,
    /// For how long it may be included
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10m",
        value_parser = humantime::parse_duration
    )]
    expires_in: Duration,
    /// Amounts are in base units
    #[arg(long)]
    raw: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SignArguments {
    /// The transaction file
    file: PathBuf,
    /// The wallet that signs
    #[arg(long, value_name = "NAME")]
    from: String,
    /// A new file for the result [default: the same file]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(command: TransactionCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        TransactionCommand::Show(arguments) => show(&arguments, context),
        TransactionCommand::Proof { id, out } => {
            proof::fetch(context, &format!("/v1/transactions/{id}/proof"), &[], &out)
        }
        TransactionCommand::Wait(WaitArguments { id, goal, timeout }) => {
            delivery::wait(context, id, goal, timeout)
        }
        TransactionCommand::New(arguments) => new(&arguments, context),
        TransactionCommand::Decode { file } => {
            Ok(decode(&TransactionDocument::read(&file)?, context))
        }
        TransactionCommand::Sign(arguments) => sign(&arguments, context),
        TransactionCommand::Submit { file, patience } => {
            delivery::submit(context, &TransactionDocument::read(&file)?, &patience)
        }
    }
}

fn show(arguments: &ShowArguments, context: &Context) -> Result<Output, Failure> {
    let query = [("proof", arguments.proof.to_string())];
    let path = format!("/v1/transactions/{}", arguments.id);
    let stands: TransactionStatusJson = context.client.get(&path, &query)?;
    let place = stands.block.map(|block| format!(" in block {} ({})", block.height, block.hash));
    let status = match stands.status {
        TransactionState::Pending => "pending",
        TransactionState::Included => "included",
        TransactionState::Dropped => "dropped by this node; it may still be included",
        TransactionState::Expired => "expired",
    };
    let mut text = format!("{}\n{status}{}; not final\n", stands.id, place.unwrap_or_default());
    for reason in stands.reason.iter().chain(&stands.waits_for) {
        text.push_str(&format!("because {}\n", reason.detail));
    }
    text.push_str(&format!("valid until {}\n", time::format(stands.expires_at)));
    if let Some(transaction) = stands.transaction.clone() {
        text.push_str(&sentences(context, &transaction.body.into()));
    }
    Ok(Output::new(&stands, text))
}

fn new(arguments: &NewArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let actions = arguments.actions.iter().map(|text| action(context, text, arguments.raw));
    let actions = actions.collect::<Result<Vec<_>, _>>()?;
    let sender = account::address(context, &arguments.sender)?;
    let body = delivery::compose(sender, actions, &arguments.memo, arguments.expires_in)?;
    let transaction = Transaction { body, witnesses: Bounded::default() };
    let mut document = TransactionDocument { chain: context.chain()?, transaction };
    signing::reveal(&mut document, &known_locks(context)?)?;
    document.write(&arguments.out, false)?;
    Ok(decode(&document, context))
}

/// The action that `transfer:AMOUNT:SYMBOL:FROM:TO` means.
fn action(context: &Context, text: &str, raw: bool) -> Result<Action, Failure> {
    let parts: Vec<_> = text.split(':').collect();
    let ["transfer", amount, symbol, from, to] = parts.as_slice() else {
        let failure = Failure::usage(format!("{text:?} is not an action"));
        return Err(failure.hint("write transfer:AMOUNT:SYMBOL:FROM:TO"));
    };
    let token: Symbol = symbol.parse().map_err(Failure::usage)?;
    let amount = units(context, amount, token, raw)?;
    let (from, to) = (account::address(context, from)?, account::address(context, to)?);
    Ok(Action::Transfer { token, from, to, amount })
}

fn sign(arguments: &SignArguments, context: &Context) -> Result<Output, Failure> {
    let mut document = TransactionDocument::read(&arguments.file)?;
    let signer = account::wallet(context, &arguments.from)?;
    let secret = signer.unlock(context)?;
    let signed = signing::sign(&mut document, &secret, &known_locks(context)?)?;
    let out = arguments.out.as_ref().unwrap_or(&arguments.file);
    document.write(out, arguments.out.is_none())?;
    let missing = signing::missing(&document).len();
    let text = match (signed, missing) {
        (0, _) => "nothing to add: signed already".to_owned(),
        (_, 0) => format!("signed; complete: `coinage tx submit {}` sends it", out.display()),
        (_, more) => format!("signed; {more} still to sign"),
    };
    let data = json!({
        "id": document.id().to_string(), "file": out.display().to_string(),
        "signed": signed, "complete": missing == 0,
    });
    Ok(Output::new(data, text))
}

/// The locks that are known here. The user's own wallets are enough; a node is not needed.
fn known_locks(context: &Context) -> Result<Vec<Lock>, Failure> {
    Ok(context.wallets.list()?.into_iter().map(|entry| entry.lock).collect())
}

fn decode(document: &TransactionDocument, context: &Context) -> Output {
    let body = &document.transaction.body;
    let words = Words::new(context);
    let missing = signing::missing(document);
    let mut text = format!("{}\non the network {}\n", document.id(), document.chain);
    text.push_str(&sentences(context, body));
    text.push_str(&format!("sent by {}\n", words.address(body.sender)));
    text.push_str(&format!("valid until {}\n", time::format(body.expires_at)));
    if missing.is_empty() {
        text.push_str("signatures complete\n");
    }
    for one in &missing {
        let count = one.signatures.map(|count| format!("{count} more of ")).unwrap_or_default();
        text.push_str(&format!("still to sign: {count}{}\n", words.address(one.address)));
    }
    let missing: Vec<_> = missing.iter().map(|one| one.address.to_string()).collect();
    let data = json!({
        "id": document.id().to_string(), "chain_id": document.chain.to_string(),
        "transaction": TransactionJson::from(&document.transaction),
        "sentences": words.body(body), "missing": missing,
    });
    Output::new(data, text)
}

fn sentences(context: &Context, body: &Body) -> String {
    let sentences = Words::new(context).body(body).into_iter();
    let mut text: String = sentences.map(|sentence| format!("  {sentence}\n")).collect();
    if !body.memo.as_str().is_empty() {
        text.push_str(&format!("  memo: {}\n", body.memo));
    }
    text
}
