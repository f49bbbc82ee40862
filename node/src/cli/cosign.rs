//! `coinage tx sign`, `merge` and `decode`: a transaction file on its way from signer to signer.
//! None of them needs a node.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use coinage_model::code::Code;
use coinage_model::terminal::typed;
use coinage_model::time;
use coinage_model::transaction::TransactionJson;
use coinage_protocol::{Body, Lock, UnixMillis};
use serde_json::{Value, json};

use super::context::Context;
use super::describe::Words;
use super::document::TransactionDocument;
use super::failure::Failure;
use super::offline_context::OfflineContext;
use super::printer::Output;
use super::{account, merge, password, signing, suggest};

/// A file to look at.
#[derive(Args, Debug)]
pub(crate) struct DecodeArguments {
    /// The transaction file
    file: PathBuf,
    /// Take tokens from this genesis instead of a node
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

/// A file to sign.
#[derive(Args, Debug)]
pub(crate) struct SignArguments {
    /// The transaction file
    file: PathBuf,
    /// The wallet that signs
    #[arg(long, value_name = "NAME", add = suggest::wallets())]
    from: String,
    /// A new file for the result [default: the same file]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Take tokens from this genesis instead of a node
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Files to join.
#[derive(Args, Debug)]
pub(crate) struct MergeArguments {
    /// Copies of one transaction file that were signed apart
    #[arg(required = true, num_args = 2..=64)]
    files: Vec<PathBuf>,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Shows a transaction file; one whose signatures do not hold is shown and is a failure.
pub(crate) fn decode(arguments: &DecodeArguments, context: &Context) -> Result<Output, Failure> {
    let document = TransactionDocument::read(&arguments.file)?;
    let ground = OfflineContext::of_document(&document, arguments.genesis.as_deref(), context)?;
    let words = Words::on(context, ground);
    let output = described(&document, &words, context);
    let Err(broken) = refuse_broken(&document, &arguments.file, &words) else { return Ok(output) };
    if !context.printer.is_json() {
        context.printer.result(&output)?;
    }
    Err(broken.details(output.data))
}

/// Shows the terms of a transaction file, asks, and signs it.
pub(crate) fn sign(arguments: &SignArguments, context: &Context) -> Result<Output, Failure> {
    let mut document = TransactionDocument::read(&arguments.file)?;
    let ground = OfflineContext::of_document(&document, arguments.genesis.as_deref(), context)?;
    let words = Words::on(context, ground);
    refuse_broken(&document, &arguments.file, &words)?;
    refuse_expired(&document)?;
    let signer = account::wallet(context, &arguments.from)?;
    let known = known_locks(context)?;
    // Said before anything is asked for.
    if let Lock::Key(public) = &signer.entry.lock
        && signing::says(&document, public, &known).is_empty()
    {
        let failure = signing::no_say(signer.entry.name.as_str());
        let asked = signing::missing(&document).into_iter().map(|one| words.address(one.address));
        let asked = asked.collect::<Vec<_>>().join(", ");
        let sentence = match asked.as_str() {
            "" => format!("{}: all have signed", failure.message),
            asked => format!("{}; still to sign: {asked}", failure.message),
        };
        return Err(Failure { message: sentence, ..failure });
    }
    context.printer.note(terms(&document, &words, context).trim_end());
    if !arguments.yes && password::can_ask(context) {
        password::confirm(context, &format!("Sign as {}?", signer.entry.name))?;
    }
    let secret = signer.unlock(context)?;
    let signed = signing::sign(&mut document, &secret, &known)?;
    let out = arguments.out.as_ref().unwrap_or(&arguments.file);
    document.write(out, arguments.out.is_none())?;
    let missing = signing::missing(&document).len();
    let (program, shown) = (context.globals.program(), typed(out));
    let text = match (signed, missing) {
        (0, _) => "nothing to add: signed already".to_owned(),
        (_, 0) => format!("signed; complete: `{program} tx submit {shown}` sends it"),
        (_, more) => format!(
            "signed; {more} still to sign: `{program} tx sign {shown} --from NAME`,\n\
             or `coinage tx merge` joins copies that were signed apart"
        ),
    };
    let data = json!({
        "id": document.id().to_string(), "file": out.display().to_string(),
        "signed": signed, "complete": missing == 0,
        "sentences": words.body(&document.transaction.body),
    });
    Ok(Output::new(data, text))
}

/// Joins the signatures of copies of a transaction file.
pub(crate) fn merge(arguments: &MergeArguments, context: &Context) -> Result<Output, Failure> {
    let mut copies = Vec::new();
    for path in &arguments.files {
        copies.push((path.as_path(), TransactionDocument::read(path)?));
    }
    let first = copies.first().map(|(_, document)| document.clone());
    let first = first.ok_or_else(|| Failure::usage("there is nothing to merge"))?;
    let words = Words::on(context, OfflineContext::of_document(&first, None, context)?);
    for (path, document) in &copies {
        merge::refuse_other(arguments.files[0].as_path(), &first, path, document)?;
        refuse_broken(document, path, &words)?;
    }
    let document = merge::merged(&copies)?;
    document.write(&arguments.out, false)?;
    Ok(described(&document, &words, context))
}

/// Fails if the time of a transaction is over: a signature would be for nothing.
fn refuse_expired(document: &TransactionDocument) -> Result<(), Failure> {
    let expires_at = document.transaction.body.expires_at;
    if !is_expired(expires_at) {
        return Ok(());
    }
    let sentence =
        format!("its time is over: it was valid until {}", time::format(expires_at.get()));
    let failure = Failure::new(Code::Expired.name(), sentence);
    Err(failure.hint("ask for a new one, with --expires-in 12h if the signers need more time"))
}

fn is_expired(expires_at: UnixMillis) -> bool {
    expires_at < UnixMillis::new(time::millis(SystemTime::now()))
}

/// Fails if a signature in the file does not hold.
pub(crate) fn refuse_broken(
    document: &TransactionDocument,
    path: &Path,
    words: &Words<'_>,
) -> Result<(), Failure> {
    let Some(fault) = faults(document, words).into_iter().next() else { return Ok(()) };
    let failure = Failure::new("transaction.bad_signature", format!("{}: {fault}", path.display()));
    Err(failure.hint("do not sign it; ask for the file as it was signed"))
}

/// The locks that are known here. The user's own wallets are enough; a node is not needed.
pub(crate) fn known_locks(context: &Context) -> Result<Vec<Lock>, Failure> {
    Ok(context.wallets()?.list()?.wallets.into_iter().map(|entry| entry.lock).collect())
}

/// Describes a transaction file: what it says, who signed it and who must.
pub(crate) fn described(
    document: &TransactionDocument,
    words: &Words<'_>,
    context: &Context,
) -> Output {
    let (missing, faults) = (signing::missing(document), faults(document, words));
    let mut text = terms(document, words, context);
    let signatures = signatures(document, words, &mut text);
    if missing.is_empty() && faults.is_empty() {
        text.push_str("signatures complete\n");
    }
    for one in &missing {
        let count = one.signatures.map(|count| format!("{count} more of ")).unwrap_or_default();
        text.push_str(&format!("still to sign: {count}{}\n", words.address(one.address)));
    }
    for fault in &faults {
        text.push_str(&format!("BROKEN: {fault}\n"));
    }
    let body = &document.transaction.body;
    let missing: Vec<_> = missing.iter().map(|one| one.address.to_string()).collect();
    let data = json!({
        "id": document.id().to_string(), "chain_id": document.chain.to_string(),
        "transaction": TransactionJson::from(&document.transaction),
        "sentences": words.body(body), "missing": missing, "signatures": signatures,
        "faults": faults, "warnings": warnings(document, context),
        "expired": is_expired(body.expires_at),
    });
    Output::new(data, text)
}

/// Describes the terms that the signers agree to.
fn terms(document: &TransactionDocument, words: &Words<'_>, context: &Context) -> String {
    let body = &document.transaction.body;
    let mut text = format!("{}\non the network {}\n", document.id(), document.chain);
    text.push_str(&sentences(words, body));
    text.push_str(&format!("sent by {}\n", words.address(body.sender)));
    let until = time::format(body.expires_at.get());
    text.push_str(&format!("valid until {until} ({})\n", from_now(body.expires_at.get())));
    for warning in warnings(document, context) {
        text.push_str(&format!("warning: {warning}\n"));
    }
    text
}

/// Returns a line for each step and the memo.
pub(crate) fn sentences(words: &Words<'_>, body: &Body) -> String {
    let sentences = words.body(body).into_iter();
    let mut text: String = sentences.map(|sentence| format!("  {sentence}\n")).collect();
    if !body.memo.as_str().is_empty() {
        text.push_str(&format!("  memo: {}\n", body.memo));
    }
    text
}

fn warnings(document: &TransactionDocument, context: &Context) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Ok(chain) = context.chain()
        && chain != document.chain
    {
        let node = context.client.url();
        warnings.push(format!("the node at {node} is on another network: {chain}"));
    }
    if is_expired(document.transaction.body.expires_at) {
        warnings.push("it has expired and can no longer be included".to_owned());
    }
    warnings
}

/// A line for each signature, and the same for programs.
fn signatures(document: &TransactionDocument, words: &Words<'_>, text: &mut String) -> Vec<Value> {
    let id = document.id();
    let mut facts = Vec::new();
    for witness in document.transaction.witnesses.iter() {
        let address = witness.lock.address();
        for one in witness.signatures.iter() {
            let valid = signing::holds(&id, &witness.lock, one);
            let verdict = if valid { "valid" } else { "NOT VALID" };
            let key = witness.lock.keys().get(usize::from(one.key));
            let key = key.map_or_else(|| format!("no key {}", one.key), ToString::to_string);
            let who = words.key(&witness.lock, &key);
            text.push_str(&format!("signed by {who}: {verdict}\n"));
            facts.push(json!({ "address": address.to_string(), "key": key, "valid": valid }));
        }
    }
    facts
}

/// Lists what is wrong with the signatures that are there.
fn faults(document: &TransactionDocument, words: &Words<'_>) -> Vec<String> {
    let (id, witnesses) = (document.id(), &document.transaction.witnesses);
    let required = document.transaction.body.required_witnesses();
    let mut faults = Vec::new();
    if !witnesses.is_sorted_by(|one, next| one.lock.address() < next.lock.address()) {
        faults.push("the signers are not in the order of their addresses".to_owned());
    }
    for witness in witnesses.iter() {
        let who = words.address(witness.lock.address());
        if !required.contains(&witness.lock.address()) {
            faults.push(format!("{who} is not asked to sign, but has a place among the signers"));
        }
        if witness.signatures.iter().any(|one| !signing::holds(&id, &witness.lock, one)) {
            faults.push(format!(
                "a signature of {who} does not fit what the file says: it was changed after it \
                 was signed"
            ));
        }
        if !witness.signatures.is_sorted_by(|one, next| one.key < next.key) {
            faults.push(format!("the signatures of {who} are not in the order of its keys"));
        }
    }
    faults
}

/// Says in words how far a point in time is away.
fn from_now(time_ms: u64) -> String {
    let now = time::millis(SystemTime::now());
    if time_ms < now {
        format!("expired {} ago", time::span(now.saturating_sub(time_ms)))
    } else {
        format!("in {}", time::span(time_ms.saturating_sub(now)))
    }
}
