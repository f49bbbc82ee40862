//! The command `coinage tx`: what is done with transactions.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use coinage_model::code::Code;
use coinage_model::submission::TransactionStatusJson;
use coinage_model::time;
use coinage_protocol::TransactionId;

use super::build::{self, BuildArguments};
use super::context::Context;
use super::cosign::{self, DecodeArguments, MergeArguments, SignArguments};
use super::describe::Words;
use super::document::TransactionDocument;
use super::failure::Failure;
use super::printer::Output;
use super::submission::{self, Confirmation, WaitTimeout};
use super::{duration, outcome, proof};

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
    /// Wait until a transaction is in a block, or nothing undoes it any more
    #[command(after_help = "Example:\n  coinage tx wait ID --for final --timeout 30s")]
    Wait(WaitArguments),
    /// Compose steps of several owners, all or nothing, into a file that they sign
    Build(BuildArguments),
    /// Say in plain words what a transaction file does, who signed it and who must still sign
    #[command(after_help = "Example:\n  coinage tx decode swap.json")]
    Decode(DecodeArguments),
    /// Show what a transaction file does and add the signature of a wallet; needs no node
    #[command(after_help = "\
Example (the second makes a new file):
  coinage tx sign swap.json --from alice
  coinage tx sign swap.json --from bob --out swap-bob.json")]
    Sign(SignArguments),
    /// Join the signatures of copies of one transaction file that were signed apart
    #[command(
        after_help = "Example:\n  coinage tx merge swap-alice.json swap-bob.json --out both.json"
    )]
    Merge(MergeArguments),
    /// Send a transaction file
    #[command(after_help = "Example:\n  coinage tx submit swap.json")]
    Submit {
        /// The transaction file
        file: PathBuf,
        #[command(flatten)]
        patience: WaitTimeout,
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
    /// What to wait for [default: final where a person types it, included for scripts]
    #[arg(long = "for", value_enum)]
    goal: Option<Confirmation>,
    /// How long
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1m",
        value_parser = duration::parse
    )]
    timeout: Duration,
}

pub(crate) fn run(command: TransactionCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        TransactionCommand::Show(arguments) => show(&arguments, context),
        TransactionCommand::Proof { id, out } => {
            proof::fetch(context, &format!("/v1/transactions/{id}/proof"), &[], &out)
        }
        TransactionCommand::Wait(WaitArguments { id, goal, timeout }) => {
            submission::wait(context, id, goal, timeout)
        }
        TransactionCommand::Build(arguments) => build::run(&arguments, context),
        TransactionCommand::Decode(arguments) => cosign::decode(&arguments, context),
        TransactionCommand::Sign(arguments) => cosign::sign(&arguments, context),
        TransactionCommand::Merge(arguments) => cosign::merge(&arguments, context),
        TransactionCommand::Submit { file, patience } => {
            let document = TransactionDocument::read(&file)?;
            cosign::refuse_broken(&document, &file, &Words::new(context))?;
            submission::submit(context, &document, &patience)
        }
    }
}

fn show(arguments: &ShowArguments, context: &Context) -> Result<Output, Failure> {
    let query = [("proof", arguments.proof.to_string())];
    let path = format!("/v1/transactions/{}", arguments.id);
    let stands: TransactionStatusJson = context.client.get(&path, &query)?;
    let mut text = outcome::heading(&stands);
    // Of what has expired the heading says so.
    let reason = stands.reason.iter().filter(|reason| reason.code != Code::Expired.name());
    for reason in reason.chain(&stands.waits_for) {
        text.push_str(&format!("because {}\n", reason.detail));
    }
    text.push_str(&format!("valid until {}\n", time::format(stands.expires_at)));
    if let Some(transaction) = stands.transaction.clone() {
        text.push_str(&cosign::sentences(&Words::new(context), &transaction.body.into()));
    }
    Ok(Output::new(&stands, text))
}
