//! The command `coinage receipt`: files that show without a node that a payment is final.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use coinage_client::receipt::{NotSettled, check};
use coinage_files as files;
use coinage_keys::genesis_file;
use coinage_model::receipt::ReceiptDocument;
use coinage_model::terminal::typed;
use coinage_model::time;
use coinage_protocol::{ChainSpec, Receipt, ReceiptError, Settled, TransactionId};
use serde_json::{Value, json};

use super::context::Context;
use super::cosign;
use super::describe::Words;
use super::failure::Failure;
use super::offline_context::OfflineContext;
use super::printer::Output;

/// Bytes of a receipt's file at most: 4,096 headers with certificates of 64 authorities, in JSON.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Permissions of a receipt's file, for everybody to read: that is what it is for.
const MODE: u32 = 0o644;
/// Digits of the id in the name of a file that was given none.
const NAME_DIGITS: usize = 12;

#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example:\n  coinage receipt ID --out receipt.json"
)]
pub(crate) struct ReceiptArguments {
    #[command(subcommand)]
    command: Option<ReceiptCommand>,
    #[command(flatten)]
    made: Option<MakeArguments>,
}

#[derive(Args, Debug)]
pub(crate) struct MakeArguments {
    /// The transaction's id
    id: TransactionId,
    /// The new file [default: receipt-ID.json, with the id's first digits]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What to do with a receipt that there is.
#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Check a receipt without any node: what was paid, and by whose commits it is final
    #[command(after_help = "\
Example:
  coinage receipt ID --out receipt.json
  coinage receipt verify receipt.json --genesis genesis.json")]
    Verify(VerifyArguments),
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// The receipt
    file: PathBuf,
    /// The genesis file of your network, from somebody you trust
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
}

pub(crate) fn run(arguments: &ReceiptArguments, context: &Context) -> Result<Output, Failure> {
    match (&arguments.command, &arguments.made) {
        (Some(ReceiptCommand::Verify(arguments)), _) => verify(arguments, context),
        (None, Some(arguments)) => make(arguments, context),
        (None, None) => Err(Failure::usage("name a transaction, or a receipt to verify")),
    }
}

fn make(arguments: &MakeArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let id = arguments.id;
    let path = format!("/v1/transactions/{id}/receipt");
    let document: ReceiptDocument = context.client.get(&path, &[])?;
    let wrong =
        |what: String| Failure::new("receipt.invalid", format!("the node's answer: {what}"));
    if document.chain_id != context.chain()? {
        return Err(wrong("it is of another network".to_owned()));
    }
    let receipt = Receipt::try_from(&document).map_err(|error| wrong(error.to_string()))?;
    if receipt.id() != id {
        return Err(wrong(format!("it is for transaction {}", receipt.id())));
    }
    let digits: String = id.to_string().chars().take(NAME_DIGITS).collect();
    let own = || PathBuf::from(format!("receipt-{digits}.json"));
    let file = arguments.out.clone().unwrap_or_else(own);
    let bytes = document.write().map_err(|error| Failure::new("file.write", error))?;
    files::create_atomically(&file, &bytes, MODE)
        .map_err(|error| Failure::unwritten(&file, &error))?;
    let name = file.display().to_string();
    let text = format!(
        "receipt for {id} in block {}, {} bytes, written to {name}; whoever has the genesis file \
         checks it without a node:\n  coinage receipt verify {} --genesis {}\n",
        receipt.header.height,
        bytes.len(),
        typed(&file),
        typed(&genesis_of(context)?)
    );
    let data = json!({
        "file": name, "bytes": bytes.len(), "id": id.to_string(),
        "chain_id": document.chain_id.to_string(),
        "block": { "height": document.header.height.to_string() },
    });
    Ok(Output::new(data, text))
}

/// The genesis file of the node's devnet, if it is here, or the name that such files have.
fn genesis_of(context: &Context) -> Result<PathBuf, Failure> {
    let devnet = context.status()?.devnet.as_ref().filter(|_| context.client.is_local());
    Ok(devnet.map_or_else(|| "genesis.json".into(), |dir| dir.join("genesis.json")))
}

fn verify(arguments: &VerifyArguments, context: &Context) -> Result<Output, Failure> {
    let document = read(&arguments.file)?;
    let refused = |error: String| Failure::new("usage.genesis_file", error);
    let genesis = genesis_file::read(&arguments.genesis).map_err(|one| refused(one.to_string()))?;
    let spec = ChainSpec::new(genesis).map_err(|error| refused(error.to_string()))?;
    let (receipt, settled) =
        check(&document, &spec).map_err(|error| not_settled(&arguments.file, &error))?;
    let words = Words::apart(context, OfflineContext::of_spec(&spec));
    let text = report(&receipt, &settled, &spec, &words);
    Ok(Output::new(facts(&document, &receipt, &settled, &spec), text))
}

fn read(path: &Path) -> Result<ReceiptDocument, Failure> {
    let shown = path.display();
    let bytes = files::read_given(path, FILE_BYTES_MAX).map_err(|error| {
        let sentence = format!("cannot read a receipt from {shown}: {error}");
        Failure::new("usage.receipt_file", sentence)
    })?;
    ReceiptDocument::read(&bytes).map_err(|error| {
        Failure::new("receipt.invalid", format!("{shown} is no receipt: {error}"))
            .hint("every byte of a receipt counts; ask for it again, or for a copy that is whole")
    })
}

fn not_settled(file: &Path, error: &NotSettled) -> Failure {
    let sentence = format!("{} proves nothing: {error}", file.display());
    match error {
        NotSettled::Receipt(ReceiptError::OtherChain { .. }) => {
            Failure::new("receipt.other_network", sentence)
                .hint("give --genesis the file of the network on which was paid")
        }
        NotSettled::Receipt(_) | NotSettled::Transaction(_) => {
            Failure::new("receipt.invalid", sentence)
        }
    }
}

fn facts(
    document: &ReceiptDocument,
    receipt: &Receipt,
    settled: &Settled,
    spec: &ChainSpec,
) -> Value {
    let Receipt { header, inclusion, .. } = receipt;
    let committed = settled.committed;
    let signers: Vec<_> = settled.signers.iter().map(ToString::to_string).collect();
    json!({
        "chain_id": receipt.chain.to_string(),
        "id": receipt.id().to_string(),
        "transaction": document.transaction,
        "block": {
            "height": header.height.to_string(), "slot": header.slot.to_string(),
            "hash": settled.block.to_string(),
            "time": time::format(spec.slot_time(header.slot).get()),
        },
        "position": inclusion.position,
        "count": inclusion.count,
        "final": true,
        "committed": {
            "height": committed.height.to_string(), "slot": committed.slot.to_string(),
            "hash": committed.hash.to_string(),
        },
        "signers": signers,
    })
}

fn report(receipt: &Receipt, settled: &Settled, spec: &ChainSpec, words: &Words<'_>) -> String {
    let Receipt { header, inclusion, transaction, .. } = receipt;
    let mut text = format!("proven: transaction {} is final\n", receipt.id());
    text.push_str(&cosign::sentences(words, &transaction.body));
    text.push_str(&format!(
        "  in block {} of {} ({}), as number {} of {}, on the chain {}\n",
        header.height,
        time::format(spec.slot_time(header.slot).get()),
        settled.block,
        inclusion.position.saturating_add(1),
        inclusion.count,
        receipt.chain
    ));
    text.push_str(&committed(settled, header.height == settled.committed.height));
    text.push_str(
        "as good as the keys of every set of authorities since genesis: whoever has a quorum of \
         old ones\n  can forge such a file\n",
    );
    text
}

/// Says who committed which block.
pub(super) fn committed(settled: &Settled, own: bool) -> String {
    let Settled { committed, signers, .. } = settled;
    let place = if own { "it" } else { &format!("block {} above it", committed.height) };
    let mut text = format!("  final: {place} was committed by {} authorities\n", signers.len());
    for key in signers {
        text.push_str(&format!("    {key}\n"));
    }
    text
}
