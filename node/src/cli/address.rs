//! The command `coinage address`: the address of a wallet, or of a lock that several people share.

use clap::Args;
use coinage_protocol::{Lock, PublicKey, Threshold};
use coinage_wallet::WalletName;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::printer::Output;
use super::{account, key_location, suggest};

/// A wallet, or the keys of a shared address.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  coinage address alice
  coinage address --threshold 2 alice bob carol --save board")]
pub(crate) struct AddressArguments {
    /// A wallet; with --threshold, the public keys (or wallets) that share the address
    #[arg(required = true, value_name = "NAME|KEY", add = suggest::wallets())]
    names: Vec<String>,
    /// How many of the keys must sign
    #[arg(long, value_name = "COUNT")]
    threshold: Option<u8>,
    /// Remember the shared address under this name
    #[arg(long, value_name = "NAME", requires = "threshold")]
    save: Option<WalletName>,
}

pub(crate) fn run(arguments: &AddressArguments, context: &Context) -> Result<Output, Failure> {
    let (required, names) = match (arguments.threshold, arguments.names.as_slice()) {
        (Some(required), names) => (required, names),
        (None, [name]) => {
            let address = account::address(context, name)?.to_string();
            return Ok(Output::new(json!({ "address": address }), address.as_str()));
        }
        (None, _) => {
            return Err(Failure::usage(
                "several keys make one address only with --threshold COUNT",
            ));
        }
    };
    let keys: Result<Vec<_>, _> = names.iter().map(|name| key(context, name)).collect();
    let threshold = Threshold::new(required, keys?).map_err(|error| {
        Failure::new("usage.bad_threshold", error).hint("each key once, 1 to 16")
    })?;
    let lock = Lock::Threshold(threshold);
    if let Some(name) = &arguments.save {
        key_location::refuse_taken(name, context)?;
        context.wallets()?.watch(name, lock.clone())?;
        context.printer.note(&format!("saved as {name}: {} must sign", account::describe(&lock)));
    }
    let keys: Vec<_> = lock.keys().iter().map(ToString::to_string).collect();
    let address = lock.address().to_string();
    let data = json!({ "address": address, "required": required, "keys": keys });
    Ok(Output::new(data, address))
}

/// A public key, or the key of a wallet.
pub(crate) fn key(context: &Context, text: &str) -> Result<PublicKey, Failure> {
    if text.len() > 32 {
        return text.parse().map_err(|error| Failure::new("usage.bad_key", error));
    }
    match account::wallet(context, text)?.entry.lock {
        Lock::Key(key) => Ok(key),
        Lock::Threshold(_) => Err(Failure::usage(format!("{text} is itself a shared address"))),
    }
}
