//! `coinage wallet`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use coinage_protocol::SecretKey;
use serde_json::json;
use zeroize::Zeroizing;

use super::account::{self, Found};
use super::context::Context;
use super::failure::Failure;
use super::password;
use super::printer::{Output, facts, table};
use crate::keys::files;
use crate::wallet::{Strength, WalletName};

/// What to do with wallets.
#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// Make a new key and keep it, encrypted
    #[command(after_help = "Example:\n  coinage wallet new alice")]
    New(Named),
    /// List the wallets
    #[command(after_help = "Example:\n  coinage wallet list")]
    List,
    /// Show what is known of a wallet without its password
    #[command(after_help = "Example:\n  coinage wallet show alice")]
    Show(Named),
    /// Take over a secret key: 64 hexadecimal digits from a file or a prompt
    #[command(after_help = "Example:\n  coinage wallet import alice --secret-file alice.key")]
    Import(ImportArguments),
    /// Write the secret key of a wallet, unencrypted
    #[command(after_help = "Example:\n  coinage wallet export alice --out alice.key")]
    Export(ExportArguments),
    /// Delete a wallet for good
    #[command(after_help = "Example:\n  coinage wallet remove alice")]
    Remove(RemoveArguments),
}

#[derive(Args, Debug)]
pub(crate) struct Named {
    /// The wallet's name: 1 to 32 of a-z, 0-9, - and _
    name: WalletName,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// The wallet's name: 1 to 32 of a-z, 0-9, - and _
    name: WalletName,
    /// A file with the secret key
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArguments {
    /// The wallet's name
    name: WalletName,
    /// A new file to write it to, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveArguments {
    /// The wallet's name
    name: WalletName,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(command: WalletCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        WalletCommand::New(Named { name }) => new(&name, context),
        WalletCommand::List => list(context),
        WalletCommand::Show(Named { name }) => Ok(show(&account::find(context, &name)?)),
        WalletCommand::Import(arguments) => import(&arguments, context),
        WalletCommand::Export(arguments) => export(&arguments, context),
        WalletCommand::Remove(arguments) => remove(&arguments, context),
    }
}

fn new(name: &WalletName, context: &Context) -> Result<Output, Failure> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(crate::wallet::WalletError::from)?;
    keep(name, &SecretKey::new(*seed), context)
}

fn import(arguments: &ImportArguments, context: &Context) -> Result<Output, Failure> {
    let text = match &arguments.secret_file {
        Some(path) => password::from_file(path)?,
        None => password::ask(context, "Secret key (64 hexadecimal digits): ")?,
    };
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut_slice()).map_err(|_| {
        Failure::new("wallet.bad_secret", "a secret key is written as 64 hexadecimal digits")
    })?;
    keep(&arguments.name, &SecretKey::new(*seed), context)
}

fn keep(name: &WalletName, secret: &SecretKey, context: &Context) -> Result<Output, Failure> {
    // Before the password is asked for, not after.
    if context.wallets.contains(name) {
        return Err(crate::wallet::WalletError::Exists { name: name.to_string() }.into());
    }
    let password = password::new(context, name.as_str())?;
    let address = context.wallets.create(name, secret, &password, Strength::Strong)?;
    let key = secret.public().to_string();
    let address_text = address.to_string();
    let data = json!({ "name": name.as_str(), "address": address_text, "key": key });
    let text = facts([
        ("wallet", name.to_string()),
        ("address", address.to_string()),
        ("key", secret.public().to_string()),
    ]);
    Ok(Output::new(data, text))
}

fn list(context: &Context) -> Result<Output, Failure> {
    let all = account::everything(context)?;
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

fn export(arguments: &ExportArguments, context: &Context) -> Result<Output, Failure> {
    let secret = account::find(context, &arguments.name)?.unlock(context)?;
    let digits = Zeroizing::new(hex::encode(secret.expose()));
    let name = arguments.name.as_str();
    let Some(path) = &arguments.out else {
        return Ok(Output::new(json!({ "name": name, "secret": *digits }), digits.as_str()));
    };
    let line = Zeroizing::new(format!("{}\n", *digits));
    files::create_atomically(path, line.as_bytes(), 0o600).map_err(|error| {
        Failure::new("wallet.export", format!("cannot write {}: {error}", path.display()))
    })?;
    let data = json!({ "name": name, "file": path.display().to_string() });
    Ok(Output::new(data, format!("secret key of {name} written to {}", path.display())))
}

fn remove(arguments: &RemoveArguments, context: &Context) -> Result<Output, Failure> {
    let name = &arguments.name;
    let entry = context.wallets.entry(name)?;
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
    context.wallets.remove(name)?;
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
