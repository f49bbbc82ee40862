//! The command `coinage wallet`: what is done with wallets.

use clap::{Args, Subcommand};
use coinage_wallet::WalletName;
use serde_json::json;

use super::account::{self, Found};
use super::context::Context;
use super::failure::Failure;
use super::key_location::{self, ExportArguments, ImportArguments, PasswordArguments};
use super::printer::{Output, facts, table};
use super::recovery::{self, NewArguments, RestoreArguments};
use super::{password, qr, suggest};

/// What to do with wallets.
#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// Make a new key and keep it, encrypted; its recovery phrase is shown once
    #[command(after_help = "Example:\n  coinage wallet new dave")]
    New(NewArguments),
    /// Make a wallet again from its recovery phrase
    #[command(after_help = "\
Example (the second takes the next account of the same phrase):
  coinage wallet restore dave --phrase-file phrase.txt
  coinage wallet restore dave-2 --phrase-file phrase.txt --index 1")]
    Restore(RestoreArguments),
    /// List the wallets
    #[command(after_help = "Example:\n  coinage wallet list")]
    List,
    /// Show what is known of a wallet without its password
    #[command(after_help = "Example:\n  coinage wallet show alice")]
    Show(Named),
    /// Show the address of a wallet as a QR code
    #[command(after_help = "Example:\n  coinage wallet qr alice")]
    Qr(Named),
    /// Change the password of a wallet
    #[command(after_help = "\
Example:
  coinage wallet password alice --password-file old.txt --new-password-file new.txt")]
    Password(PasswordArguments),
    /// Take over a copy of a wallet's file, or a secret key of 64 hexadecimal digits
    #[command(after_help = "\
Example:
  coinage wallet import dave --file dave-backup.json
  coinage wallet import erin --secret-file erin.key")]
    Import(ImportArguments),
    /// Copy the encrypted file of a wallet, or write its secret key unencrypted
    #[command(after_help = "\
Example (the second is NOT encrypted):
  coinage wallet export alice --out alice-backup.json
  coinage wallet export alice --secret --out alice.key")]
    Export(ExportArguments),
    /// Delete a wallet for good
    #[command(after_help = "Example:\n  coinage wallet remove alice --yes")]
    Remove(RemoveArguments),
}

#[derive(Args, Debug)]
pub(crate) struct Named {
    /// The wallet's name
    #[arg(add = suggest::wallets())]
    name: WalletName,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveArguments {
    /// The wallet's name
    #[arg(add = suggest::wallets())]
    name: WalletName,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(command: WalletCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        WalletCommand::New(arguments) => recovery::new(&arguments, context),
        WalletCommand::Restore(arguments) => recovery::restore(&arguments, context),
        WalletCommand::List => list(context),
        WalletCommand::Show(Named { name }) => Ok(show(&account::find(context, &name)?)),
        WalletCommand::Qr(Named { name }) => qr(&account::find(context, &name)?),
        WalletCommand::Password(arguments) => key_location::password(&arguments, context),
        WalletCommand::Import(arguments) => key_location::import(&arguments, context),
        WalletCommand::Export(arguments) => key_location::export(&arguments, context),
        WalletCommand::Remove(arguments) => remove(&arguments, context),
    }
}

fn list(context: &Context) -> Result<Output, Failure> {
    let (all, without) = account::within_reach(context)?;
    without.iter().for_each(|sentence| context.printer.note(sentence));
    let data: Vec<_> = all.iter().map(data).collect();
    if all.is_empty() {
        return Ok(Output::new(data, "no wallets; `coinage wallet new NAME` makes one"));
    }
    let rows = all.iter().map(|found| {
        [found.entry.name.to_string(), found.entry.address().to_string(), kind(found)]
    });
    Ok(Output::new(&data, table(["NAME", "ADDRESS", "KIND"], rows)))
}

fn show(found: &Found) -> Output {
    let entry = &found.entry;
    let keys: Vec<_> = entry.lock.keys().iter().map(ToString::to_string).collect();
    let text = facts([
        ("wallet", entry.name.to_string()),
        ("address", entry.address().to_string()),
        ("kind", kind(found)),
        ("keys", keys.join("\n         ")),
        ("in", found.store.directory().display().to_string()),
    ]);
    Output::new(data(found), text)
}

fn qr(found: &Found) -> Result<Output, Failure> {
    let address = found.entry.address().to_string();
    let drawn = qr::draw(&address)?;
    let lines: Vec<_> = drawn.lines().collect();
    let data = json!({ "name": found.entry.name.as_str(), "address": address, "qr": lines });
    Ok(Output::new(data, format!("{drawn}{address}\n")))
}

fn remove(arguments: &RemoveArguments, context: &Context) -> Result<Output, Failure> {
    let name = &arguments.name;
    let entry = context.wallets()?.entry(name)?;
    if !arguments.yes {
        let loss = if entry.has_secret {
            "its key is lost unless you exported it"
        } else {
            "it holds no key"
        };
        password::confirm(
            context,
            &format!("Remove the wallet {name} ({})? {loss}", entry.address()),
        )?;
    }
    context.wallets()?.remove(name)?;
    Ok(Output::new(json!({ "name": name.as_str() }), format!("removed {name}")))
}

fn kind(found: &Found) -> String {
    let kind = account::describe(&found.entry.lock);
    match (found.devnet, found.entry.has_secret) {
        (true, _) => format!("{kind}, published test key"),
        (false, true) => kind,
        (false, false) => format!("{kind}, watched only"),
    }
}

fn data(found: &Found) -> serde_json::Value {
    let entry = &found.entry;
    let keys: Vec<_> = entry.lock.keys().iter().map(ToString::to_string).collect();
    json!({
        "name": entry.name.as_str(), "address": entry.address().to_string(),
        "required": entry.lock.required(), "keys": keys, "has_secret": entry.has_secret,
        "published_test_key": found.devnet,
    })
}
