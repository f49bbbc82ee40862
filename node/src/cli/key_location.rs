//! `coinage wallet import`, `export` and `password`: keys that come, go and get another lock.

use std::path::PathBuf;

use clap::Args;
use coinage_files as files;
use coinage_protocol::SecretKey;
use coinage_wallet::{Entry, Strength, WalletError, WalletName};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::context::Context;
use super::failure::Failure;
use super::password::{Secret, Strictness};
use super::printer::{Output, facts};
use super::{account, password, suggest};

/// What to take over.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// The wallet's name: 1 to 32 of a-z, 0-9, - and _
    name: WalletName,
    /// A file with the secret key
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// A copy of a wallet's encrypted file, which keeps its password
    #[arg(long, value_name = "FILE", conflicts_with = "secret_file")]
    file: Option<PathBuf>,
    #[command(flatten)]
    strictness: Strictness,
}

/// What to write where.
#[derive(Args, Debug)]
pub(crate) struct ExportArguments {
    /// The wallet's name
    #[arg(add = suggest::wallets())]
    name: WalletName,
    /// A new file for a copy of the encrypted wallet [default: standard output]
    #[arg(long, visible_alias = "file", value_name = "FILE")]
    out: Option<PathBuf>,
    /// The secret key instead, not encrypted: whoever reads it can spend
    #[arg(long)]
    secret: bool,
}

/// Whose password.
#[derive(Args, Debug)]
pub(crate) struct PasswordArguments {
    /// The wallet's name
    #[arg(add = suggest::wallets())]
    name: WalletName,
    /// Read the new password from this file's first line
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    #[command(flatten)]
    strictness: Strictness,
}

/// Imports a key or the file of a wallet.
pub(crate) fn import(arguments: &ImportArguments, context: &Context) -> Result<Output, Failure> {
    if let Some(path) = &arguments.file {
        refuse_taken(&arguments.name, context)?;
        let entry = context.wallets()?.adopt(&arguments.name, path)?;
        let data = json!({ "name": entry.name.as_str(), "address": entry.address().to_string() });
        let rows = [("wallet", entry.name.to_string()), ("address", entry.address().to_string())];
        return Ok(Output::new(data, facts(rows)));
    }
    let text = match &arguments.secret_file {
        Some(path) => password::first_line("the secret key", path)?,
        None => password::ask(context, "Secret key (64 hexadecimal digits): ")?,
    };
    let mut seed = Zeroizing::new([0; 32]);
    let digits = files::without_byte_order_mark(text.trim().as_bytes());
    hex::decode_to_slice(digits, seed.as_mut_slice()).map_err(|_| {
        Failure::new("wallet.bad_secret", "a secret key is written as 64 hexadecimal digits")
    })?;
    refuse_taken(&arguments.name, context)?;
    let password = password::new(context, arguments.name.as_str(), arguments.strictness)?;
    Ok(kept(&keep(&arguments.name, &SecretKey::new(*seed), &password, context)?, &[]))
}

/// Fails if there is such a wallet or its name means another thing, and says so if the devnet has
/// one: before anything is asked for, not after.
pub(crate) fn refuse_taken(name: &WalletName, context: &Context) -> Result<(), Failure> {
    if name.as_str() == "none" || name.as_str().starts_with("coin1") {
        let what = format!("{name} means another thing where a wallet is named");
        return Err(Failure::new("wallet.bad_name", what)
            .hint("choose another name: `none` is nobody, and addresses begin with coin1"));
    }
    if context.wallets()?.contains(name) {
        return Err(WalletError::Exists { name: name.to_string() }.into());
    }
    account::tell_apart(name, None, context);
    Ok(())
}

/// Writes a new wallet.
pub(crate) fn keep(
    name: &WalletName,
    secret: &SecretKey,
    password: &Secret,
    context: &Context,
) -> Result<Entry, Failure> {
    let wallets = context.wallets()?;
    wallets.create(name, secret, password, Strength::Strong)?;
    Ok(wallets.entry(name)?)
}

/// Returns what is said of a new wallet, and more facts about it.
pub(crate) fn kept(entry: &Entry, more: &[(&str, Value)]) -> Output {
    let key = entry.lock.keys().first().map(ToString::to_string).unwrap_or_default();
    let address = entry.address().to_string();
    let mut data = json!({ "name": entry.name.as_str(), "address": address, "key": key });
    for (name, fact) in more {
        data[*name] = fact.clone();
    }
    let rows = [("wallet", entry.name.to_string()), ("address", address), ("key", key)];
    Output::new(data, facts(rows))
}

/// Exports the file of a wallet, or its key.
pub(crate) fn export(arguments: &ExportArguments, context: &Context) -> Result<Output, Failure> {
    let name = arguments.name.as_str();
    let found = account::find(context, &arguments.name)?;
    let (field, what, bytes) = if arguments.secret {
        let secret = found.unlock(context)?;
        let digits = Zeroizing::new(hex::encode(secret.expose()));
        let line = Zeroizing::new(format!("{}\n", *digits).into_bytes());
        ("secret", "the secret key, not encrypted,", line)
    } else {
        let encrypted = Zeroizing::new(found.store.encrypted(&arguments.name)?);
        ("encrypted", "a copy, encrypted with its password,", encrypted)
    };
    let Some(path) = &arguments.out else {
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        return Ok(Output::new(json!({ "name": name, field: text.trim_end() }), text.as_str()));
    };
    write(path, &bytes)?;
    let data = json!({ "name": name, "file": path.display().to_string() });
    Ok(Output::new(data, format!("{what} of {name} written to {}", path.display())))
}

/// Encrypts a wallet under another password.
pub(crate) fn password(
    arguments: &PasswordArguments,
    context: &Context,
) -> Result<Output, Failure> {
    let name = &arguments.name;
    let entry = context.wallets()?.entry(name)?;
    if !entry.has_secret {
        return Err(WalletError::NoSecret { name: name.to_string() }.into());
    }
    let present = password::existing(context, name.as_str())?;
    // A wrong one is told before a new one is asked for.
    drop(context.wallets()?.unlock(name, &present)?);
    let file = arguments.new_password_file.as_deref();
    let next = password::next(context, name.as_str(), file, arguments.strictness)?;
    context.wallets()?.change_password(name, &present, &next, Strength::Strong)?;
    let text = format!("{name} has a new password; copies made before keep the old one");
    Ok(Output::new(json!({ "name": name.as_str() }), text))
}

fn write(path: &std::path::Path, bytes: &[u8]) -> Result<(), Failure> {
    files::create_atomically(path, bytes, 0o600).map_err(|error| {
        Failure::new("wallet.export", format!("cannot write {}: {error}", path.display()))
    })
}
