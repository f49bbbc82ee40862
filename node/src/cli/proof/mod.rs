//! `coinage node proof`, and how other commands write proofs.

mod words;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use coinage_client::proof::{Fact, ProofError, Proven, check};
use coinage_files as files;
use coinage_keys::genesis_file;
use coinage_model::charter::CharterJson;
use coinage_model::proof::ProofDocument;
use coinage_model::terminal::typed;
use coinage_model::{shape, time};
use coinage_protocol::{ChainSpec, Charter, Entry, Symbol};
use serde_json::{Value, json};

use self::words::Known;
use super::context::Context;
use super::failure::Failure;
use super::printer::Output;
use super::{account, receipt, suggest};

/// Bytes of a proof's file at most: 4,096 headers with certificates of 64 authorities, in JSON.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Permissions of a proof's file, for everybody to read: that is what it is for.
const MODE: u32 = 0o644;

/// What to do with proofs.
#[derive(Debug, Subcommand)]
pub(crate) enum ProofCommand {
    /// Check a proof without any node
    #[command(after_help = "\
Example:
  coinage node proof verify proof.json --genesis genesis.json")]
    Verify(VerifyArguments),
    /// Write the proof of the charter that a token has, or that it has none
    #[command(after_help = "Example:\n  coinage node proof charter POINTS --out charter.json")]
    Charter {
        #[command(flatten)]
        of: OfToken,
    },
    /// Write the proof of what was used of a clause, or that nothing ever was
    #[command(after_help = "Example:\n  coinage node proof usage POINTS 1 --out usage.json")]
    Usage {
        #[command(flatten)]
        of: OfClause,
    },
    /// Write the proof of how the amount of a clause is amended, or that it never was
    #[command(
        after_help = "Example:\n  coinage node proof amendment POINTS 1 --out amendment.json"
    )]
    Amendment {
        #[command(flatten)]
        of: OfClause,
    },
    /// Write the proof of somebody's standing by a charter (role, frozen, used), or of none
    #[command(after_help = "Example:\n  coinage node proof standing POINTS bob --out bob.json")]
    Standing {
        #[command(flatten)]
        of: OfToken,
        /// The account: a wallet or an address
        #[arg(add = suggest::wallets())]
        account: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct OfToken {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct OfClause {
    /// The token
    #[arg(add = suggest::tokens())]
    symbol: Symbol,
    /// The number of the clause
    #[arg(value_parser = clap::value_parser!(u8).range(1..=32))]
    clause: u8,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// The proof
    file: PathBuf,
    /// The genesis file of your network; without it nothing is proven
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

pub(crate) fn run(command: &ProofCommand, context: &Context) -> Result<Output, Failure> {
    let write = |path: String, out: &Path| {
        context.needs_node()?;
        fetch(context, &format!("/v1/tokens/{path}/proof"), &[], out)
    };
    match command {
        ProofCommand::Verify(arguments) => verify(arguments, context),
        ProofCommand::Charter { of: OfToken { symbol, out } } => {
            write(format!("{symbol}/charter"), out)
        }
        ProofCommand::Usage { of: OfClause { symbol, clause, out } } => {
            write(format!("{symbol}/charter/{clause}/usage"), out)
        }
        ProofCommand::Amendment { of: OfClause { symbol, clause, out } } => {
            write(format!("{symbol}/charter/{clause}/amendment"), out)
        }
        ProofCommand::Standing { of: OfToken { symbol, out }, account } => {
            let address = account::address(context, account)?;
            write(format!("{symbol}/standings/{address}"), out)
        }
    }
}

fn verify(arguments: &VerifyArguments, context: &Context) -> Result<Output, Failure> {
    let document = read(&arguments.file)?;
    let invalid = |error: ProofError| {
        let sentence = format!("{} proves nothing: {error}", arguments.file.display());
        Failure::new("proof.invalid", sentence)
    };
    let Some(file) = &arguments.genesis else {
        return match check(&document, None) {
            Err(ProofError::GenesisNeeded) => Err(genesis_needed(&arguments.file)),
            Err(error) => Err(invalid(error)),
            Ok(claimed) => {
                if !context.printer.is_json() {
                    context.printer.line(report(&document, &claimed, None).trim_end())?;
                }
                let details = facts(&document, &claimed, false);
                Err(genesis_needed(&arguments.file).details(details))
            }
        };
    };
    let genesis =
        genesis_file::read(file).map_err(|error| Failure::new("usage.genesis_file", error))?;
    let spec =
        ChainSpec::new(genesis).map_err(|error| Failure::new("usage.genesis_file", error))?;
    let proven = check(&document, Some(&spec)).map_err(invalid)?;
    let text = report(&document, &proven, Some(&spec));
    Ok(Output::new(facts(&document, &proven, true), text))
}

/// Returns the failure that nothing is proven, as anybody can make up a chain and its authorities.
fn genesis_needed(file: &Path) -> Failure {
    let (shown, file) = (file.display(), typed(file));
    let sentence = format!("{shown} proves nothing without the genesis file of your network");
    Failure::new("proof.genesis_needed", sentence).hint(format!(
        "`coinage node proof verify {file} --genesis FILE`, with a genesis file from somebody you \
         trust; a devnet says at its start where its own is"
    ))
}

/// Asks the node for a proof, checks it, and writes it to a new file. What is wrong with the node's
/// answer is better known now than when the proof is needed.
pub(crate) fn fetch(
    context: &Context,
    path: &str,
    query: &[(&str, String)],
    file: &Path,
) -> Result<Output, Failure> {
    let document: ProofDocument = context.client.get(path, query)?;
    if document.chain_id != context.chain()? {
        return Err(Failure::new("proof.invalid", "the node's proof is of another network"));
    }
    let claimed = check(&document, None)
        .map_err(|error| Failure::new("proof.invalid", format!("the node's proof: {error}")))?;
    let mut bytes =
        serde_json::to_vec_pretty(&document).map_err(|error| Failure::new("file.write", error))?;
    bytes.push(b'\n');
    files::create_atomically(file, &bytes, MODE)
        .map_err(|error| Failure::unwritten(file, &error))?;
    let name = file.display();
    let devnet = context.status()?.devnet.as_ref().filter(|_| context.client.is_local());
    let genesis = devnet.map_or_else(|| "genesis.json".into(), |dir| dir.join("genesis.json"));
    let text = format!(
        "claimed: {}\nwritten to {name}; this checks it:\n  \
         coinage node proof verify {} --genesis {}\n",
        words::of_fact(&claimed.fact, context),
        typed(file),
        typed(&genesis)
    );
    let mut data = facts(&document, &claimed, false);
    data["file"] = json!(name.to_string());
    Ok(Output::new(data, text))
}

fn read(path: &Path) -> Result<ProofDocument, Failure> {
    let refused = |cause: String| {
        let sentence = format!("cannot read a proof from {}: {cause}", path.display());
        Failure::new("usage.proof_file", sentence)
    };
    let bytes =
        files::read_given(path, FILE_BYTES_MAX).map_err(|error| refused(error.to_string()))?;
    shape::read(files::without_byte_order_mark(&bytes))
        .map_err(|error| refused(shape::describe(&error)))
}

fn facts(document: &ProofDocument, proven: &Proven, with_genesis: bool) -> Value {
    let fact = match &proven.fact {
        Fact::Transaction { id, position, count, .. } => json!({
            "type": "transaction", "id": id.to_string(), "position": position, "count": count,
        }),
        Fact::State { entry, .. } => of_state(document, entry.as_ref()),
    };
    json!({
        "chain_id": document.chain_id.to_string(),
        "checked_against_genesis": with_genesis,
        "block": {
            "height": proven.header.height.to_string(), "slot": proven.header.slot.to_string(),
            "hash": proven.block.to_string(),
            "leader": proven.leader.map(|key| key.to_string()),
        },
        (if with_genesis { "proven" } else { "claimed" }): fact,
        "final": is_final(proven, with_genesis),
        "committed": proven.settled.as_ref().map(|settled| json!({
            "height": settled.committed.height.to_string(),
            "slot": settled.committed.slot.to_string(),
            "hash": settled.committed.hash.to_string(),
            "signers": settled.signers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
    })
}

/// True if the proof shows that its block is final: by commits, or as it follows from the genesis.
fn is_final(proven: &Proven, with_genesis: bool) -> bool {
    with_genesis && (proven.settled.is_some() || proven.leader.is_none())
}

/// Returns the claim about the state without the way there, and whether there is anything.
fn of_state(document: &ProofDocument, entry: Option<&Entry>) -> Value {
    let mut fact = serde_json::to_value(&document.claim).unwrap_or_default();
    if let Value::Object(fields) = &mut fact {
        fields.remove("proof");
    }
    fact["exists"] = json!(entry.is_some());
    match entry {
        Some(Entry::Token(record)) => fact["supply"] = json!(record.supply.to_string()),
        Some(Entry::Charter(charter)) => {
            fact["charter"] = json!(CharterJson::from(&**charter));
        }
        _ => {}
    }
    fact
}

/// Knowledge from the genesis: of the tokens that it has.
impl Known for Option<&ChainSpec> {
    fn decimals(&self, token: Symbol) -> Option<u8> {
        let genesis = self.as_ref()?.genesis();
        let plain = genesis.tokens.iter().find(|one| one.token == token).map(|one| one.decimals);
        plain.or_else(|| Some(self.charter(token)?.decimals))
    }

    fn charter(&self, token: Symbol) -> Option<Charter> {
        let genesis = self.as_ref()?.genesis();
        genesis.charters.iter().find(|one| one.token == token).cloned()
    }
}

/// Knowledge from the node that gave the proof.
impl Known for Context {
    fn decimals(&self, token: Symbol) -> Option<u8> {
        Some(self.token(token).ok()?.decimals)
    }

    fn charter(&self, token: Symbol) -> Option<Charter> {
        self.charter(token).ok()
    }
}

fn report(document: &ProofDocument, proven: &Proven, spec: Option<&ChainSpec>) -> String {
    let word = if spec.is_some() { "proven" } else { "claimed" };
    let mut text = format!("{word}: {}\n", words::of_fact(&proven.fact, &spec));
    let (height, slot) = (proven.header.height, proven.header.slot);
    let when = spec.map(|spec| format!(" of {}", time::format(spec.slot_time(slot).get())));
    text.push_str(&format!(
        "  in block {height}{} ({}) of the chain {}\n",
        when.unwrap_or_default(),
        proven.block,
        document.chain_id
    ));
    match (proven.leader, spec) {
        (None, _) => text.push_str("  which nobody signs: it follows from the genesis file\n"),
        (Some(leader), Some(_)) => text.push_str(&format!(
            "  signed by {leader}, the authority whose turn slot {slot} was by your genesis file\n"
        )),
        (Some(leader), None) => text.push_str(&format!(
            "  signed by {leader}, whose turn slot {slot} was by the proof's own list\n\
             not checked: whether that chain and these authorities are those of your network; \
             anybody\n  can make up such a list\n"
        )),
    }
    if let Some(settled) = &proven.settled {
        text.push_str(&receipt::committed(settled, settled.block == settled.committed.hash));
    }
    if !is_final(proven, spec.is_some()) {
        text.push_str(
            "not proven: that this block is final; a reorg may undo it, or it may not be on \
             everybody's\n  chain. A proof that is made when the block is final says so\n",
        );
    }
    text
}
