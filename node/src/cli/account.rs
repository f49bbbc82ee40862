//! Accounts as people type them, and the addresses and keys that they mean.

use coinage_protocol::{Address, Lock, SecretKey};
use coinage_wallet::{Entry, Store, WalletName};

use super::context::Context;
use super::failure::Failure;
use super::password;

/// A wallet that was found, and the place where it was.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Directory of wallets in which the wallet is kept.
    pub(crate) store: Store,
    /// Facts known of the wallet without its password.
    pub(crate) entry: Entry,
    /// True if the wallet is one of a devnet, whose password is published.
    pub(crate) devnet: bool,
}

impl Found {
    /// Decrypts the secret key of the wallet.
    pub(crate) fn unlock(&self, context: &Context) -> Result<SecretKey, Failure> {
        let name = &self.entry.name;
        if !self.entry.has_secret {
            return Err(needs_signatures(name));
        }
        let password = if self.devnet {
            password::from_file(&self.store.directory().join("password"))?
        } else {
            password::existing(context, name.as_str())?
        };
        Ok(self.store.unlock(name, &password)?)
    }
}

/// The wallet of this name: the user's own, or else the devnet's.
pub(crate) fn find(context: &Context, name: &WalletName) -> Result<Found, Failure> {
    let own = context.wallets();
    if let Ok(store) = &own
        && store.contains(name)
    {
        let entry = store.entry(name)?;
        // Whoever asked no node asked no devnet, and means no wallet of one.
        if context.has_asked() {
            tell_apart(name, Some(entry.address()), context);
        }
        return Ok(Found { store: store.clone(), entry, devnet: false });
    }
    match context.devnet_wallets() {
        Some(store) if store.contains(name) => {
            let entry = store.entry(name)?;
            Ok(Found { store, entry, devnet: true })
        }
        // The error of the user's own store says where wallets belong.
        _ => Err(own?.entry(name).err().map_or_else(|| gone(name), Failure::from)),
    }
}

/// Says so if the devnet has another account of the name of a wallet of the user's own.
pub(crate) fn tell_apart(name: &WalletName, own: Option<Address>, context: &Context) {
    let devnets = context.devnet_wallets().and_then(|store| store.address(name).ok());
    if let Some(other) = devnets.filter(|other| Some(*other) != own) {
        context.printer.note(&format!(
            "{name} means your own wallet, not the devnet's account {name}: name that by its \
             address, {other}"
        ));
    }
}

/// The address that a text means: an address, or the name of a wallet.
pub(crate) fn address(context: &Context, text: &str) -> Result<Address, Failure> {
    if is_address(text) {
        return text.parse().map_err(|error| {
            let failure = Failure::new("usage.bad_address", error);
            failure.hint("a character is wrong or missing: copy the whole address again")
        });
    }
    Ok(find(context, &text.parse()?)?.entry.address())
}

/// The wallet that a text means, for what only a wallet can do.
pub(crate) fn wallet(context: &Context, text: &str) -> Result<Found, Failure> {
    if is_address(text) {
        let failure = Failure::usage("a wallet's name is needed here, not an address");
        return Err(failure.hint("`coinage wallet list` shows the wallets"));
    }
    find(context, &text.parse()?)
}

/// Every wallet within reach: the user's own, then the devnet's.
pub(crate) fn everything(context: &Context) -> Result<Vec<Found>, Failure> {
    let of = |store: &Store, devnet: bool| -> Result<Vec<Found>, Failure> {
        let entries = store.list()?.into_iter();
        Ok(entries.map(|entry| Found { store: store.clone(), entry, devnet }).collect())
    };
    let mut all = of(&context.wallets()?, false)?;
    if let Some(store) = context.devnet_wallets() {
        // It may be another user's.
        match of(&store, true) {
            Ok(devnets) => all.extend(devnets),
            Err(failure) => {
                let failure = failure.message;
                context.printer.note(&format!("without the devnet's wallets: {failure}"));
            }
        }
    }
    Ok(all)
}

/// Returns an address for people: the wallet's name before it, if there is one.
pub(crate) fn shown(wallets: &[Found], address: Address) -> String {
    let named = wallets.iter().find(|found| found.entry.address() == address);
    named.map_or_else(|| address.to_string(), |found| format!("{} ({address})", found.entry.name))
}

/// Describes a lock to people.
pub(crate) fn describe(lock: &Lock) -> String {
    match lock {
        Lock::Key(_) => "one key".to_owned(),
        Lock::Threshold(_) => format!("{} of {} keys", lock.required(), lock.keys().len()),
    }
}

// No wallet name has the length of an address.
fn is_address(text: &str) -> bool {
    text.starts_with(concat!("coin", "1")) && text.len() > 32
}

fn gone(name: &WalletName) -> Failure {
    Failure::new("wallet.not_found", format!("there is no wallet {name}"))
}

fn needs_signatures(name: &WalletName) -> Failure {
    Failure::new(
        "wallet.no_secret",
        format!("{name} is a shared lock: it holds no secret key here"),
    )
    .hint(
        "write it with --sign-only FILE; then each holder runs `coinage tx sign FILE --from NAME`",
    )
}
