//! The command `coinage node verify`: the stored chain, replayed.

use std::path::PathBuf;

use clap::Args;
use coinage_keys::genesis_file;
use coinage_protocol::ChainSpec;
use coinage_server::storage::Storage;
use coinage_server::verify::verify;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::printer::{Output, facts};
use super::progress::Progress;

/// Which chain.
#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// Where the node keeps its chain
    #[arg(long, value_name = "DIR", default_value = "coinage-data")]
    data: PathBuf,
    /// The network's genesis file [default: the copy in the data directory]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

pub(crate) fn run(arguments: &VerifyArguments, context: &Context) -> Result<Output, Failure> {
    let data = &arguments.data;
    // Opening would make an empty directory into a database, which then verifies.
    if !data.is_dir() {
        let sentence = format!("there is no data directory {}", data.display());
        return Err(Failure::new("data.not_found", sentence).hint("name it with --data DIR"));
    }
    let file = arguments.genesis.clone().unwrap_or_else(|| data.join("genesis.json"));
    let spec = ChainSpec::new(genesis_file::read(&file)?)
        .map_err(|error| Failure::new("genesis.invalid", error))?;
    let mut progress = Progress::new(context.printer, "rebuilding");
    let storage = Storage::open_telling(data, &spec, &mut |done, all| progress.at(done, all))
        .map_err(|error| Failure::new("storage.unusable", error))?;
    drop(progress);
    let mut progress = Progress::new(context.printer, "verifying");
    let verified = verify(&storage, &spec, |height, head| progress.at(height, head));
    drop(progress);
    let verified = verified.map_err(|error| Failure::new("chain.invalid", error))?;
    let head = verified.head;
    let data = json!({
        "chain_id": spec.chain().to_string(),
        "head": {
            "height": head.height.to_string(),
            "hash": head.hash.to_string(),
            "slot": head.slot.to_string(),
        },
        "transactions": verified.transactions.to_string(),
        "balances": verified.balances.to_string(), "tokens": verified.tokens.to_string(),
    });
    let text = facts([
        ("verified", "everything is in order".to_owned()),
        ("head", format!("{} ({})", head.height, head.hash)),
        ("transactions", verified.transactions.to_string()),
        ("balances", verified.balances.to_string()),
        ("tokens", verified.tokens.to_string()),
    ]);
    Ok(Output::new(data, text))
}
