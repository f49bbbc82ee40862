//! Accounts as people type them, and the addresses and keys that they mean.

use coinage_protocol::{Address, Lock, ParseAddressError, SecretKey};
use coinage_wallet::{Entry, Store, WalletName};
use serde_json::json;

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
    match written(text) {
        Some(read) => read,
        None => Ok(find(context, &text.parse()?)?.entry.address()),
    }
}

/// The wallet that a text means, for what only a wallet can do.
pub(crate) fn wallet(context: &Context, text: &str) -> Result<Found, Failure> {
    if written(text).is_some() {
        let failure = Failure::usage("a wallet's name is needed here, not an address");
        return Err(failure.hint("`coinage wallet list` shows the wallets"));
    }
    find(context, &text.parse()?)
}

/// Every wallet within reach: the user's own, then the devnet's.
pub(crate) fn everything(context: &Context) -> Result<Vec<Found>, Failure> {
    Ok(within_reach(context)?.0)
}

/// Every wallet within reach, and what is said of those that cannot be read.
pub(crate) fn within_reach(context: &Context) -> Result<(Vec<Found>, Vec<String>), Failure> {
    let (mut all, mut without) = (Vec::new(), Vec::new());
    let mut add = |store: &Store, devnet: bool| -> Result<(), Failure> {
        let listing = store.list()?;
        let entries = listing.wallets.into_iter();
        all.extend(entries.map(|entry| Found { store: store.clone(), entry, devnet }));
        let unreadable = listing.unreadable.iter();
        without.extend(unreadable.map(|error| format!("without one of the wallets: {error}")));
        Ok(())
    };
    add(&context.wallets()?, false)?;
    if let Some(store) = context.devnet_wallets()
        // It may be another user's.
        && let Err(failure) = add(&store, true)
    {
        without.push(format!("without the devnet's wallets: {}", failure.message));
    }
    Ok((all, without))
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

/// Reads a text as an address, if it looks like one. An address has one spelling; the blanks that
/// copying leaves in it and the capitals of a QR code mean the same, as in other networks.
fn written(text: &str) -> Option<Result<Address, Failure>> {
    let text: String = text.chars().filter(|one| !one.is_whitespace()).collect();
    let small = text.to_ascii_lowercase();
    // No wallet name has the length of an address.
    if !small.starts_with(concat!("coin", "1")) || small.len() <= 32 {
        return None;
    }
    if text != small && text != text.to_ascii_uppercase() {
        let failure =
            Failure::new("usage.bad_address", "the address mixes small letters and capitals");
        return Some(Err(failure.hint("it is all in small letters: copy the whole address again")));
    }
    Some(small.parse().map_err(|error: ParseAddressError| {
        let sentence = "the address has a mistake: a character of it is wrong, missing or too many";
        Failure::new("usage.bad_address", sentence)
            .hint("copy the whole address again")
            .details(json!({ "cause": error.to_string() }))
    }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_capitals_of_copying_do_not_matter_and_mistakes_are_named_in_plain_words() {
        let address = Lock::Key(SecretKey::new([7; 32]).public()).address();
        let text = address.to_string();
        let (head, tail) = text.split_at(30);
        let same = [
            text.clone(),
            text.to_uppercase(),
            format!(" {text}\n"),
            format!("{head} {tail}"),
            format!("{head}\n   {tail}\r\n"),
        ];
        for same in same {
            let read = written(&same).expect("it looks like one").expect("it is one");
            assert_eq!(read, address, "{same:?}");
        }
        let mistakes = [
            (format!("C{}", text.get(1..).unwrap_or_default()), "capitals"),
            (format!("{text}x"), "too many"),
            (format!("{head}b{tail}"), "too many"),
            (head.to_owned() + "qqqqqqqq", "wrong"),
        ];
        for (mistake, words) in mistakes {
            let refused = written(&mistake).expect("it looks like one").expect_err(&mistake);
            assert!(refused.message.contains(words), "{mistake}: {refused:?}");
            assert!(!refused.message.contains("checksum"), "{refused:?}");
        }
        assert!(written("coin1").is_none() && written("alice").is_none());
    }
}
