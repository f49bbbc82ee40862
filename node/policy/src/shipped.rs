//! Charters that ship with the program: whole policies to begin one's own from.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use coinage_protocol::{Address, Charter, Holder, Lock, NamedAccount};

use crate::language::Language;
use crate::read::read;

/// A charter that ships with the program.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Name by which it is asked for, such as `points`.
    pub name: &'static str,
    english: &'static str,
    korean: &'static str,
}

impl Shipped {
    /// The text of the policy, whose comments say what to replace.
    pub fn text(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        }
    }
}

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        [$(Shipped {
            name: $name,
            english: include_str!(concat!("../charters/", $name, ".policy")),
            korean: include_str!(concat!("../charters/", $name, ".ko.policy")),
        }),+]
    };
}

static SHIPPED: [Shipped; 10] = shipped![
    "points", "halving", "growth", "stipend", "voucher", "regio", "timebank", "shares", "game",
    "mutual",
];

/// The charters that ship with the program.
///
/// Nobody has the keys of their accounts: these are [`placeholders`], to be replaced before use.
pub fn charters() -> &'static [Shipped] {
    &SHIPPED
}

/// Addresses of the accounts of charters that ship, and of their keys.
static PLACEHOLDERS: LazyLock<BTreeSet<Address>> = LazyLock::new(|| {
    let shipped = SHIPPED.iter().filter_map(|one| read(one.english).ok());
    let addresses = |charter: Charter| {
        charter.accounts.iter().flat_map(|account| addresses(&account.holder)).collect::<Vec<_>>()
    };
    shipped.flat_map(addresses).collect()
});

/// The accounts of a charter that still have a key of one that ships, so that nobody can act for
/// them.
pub fn placeholders(charter: &Charter) -> impl Iterator<Item = &NamedAccount> {
    charter.accounts.iter().filter(|account| {
        addresses(&account.holder).iter().any(|address| PLACEHOLDERS.contains(address))
    })
}

/// The addresses that a holder names, or those of the keys that it names.
fn addresses(holder: &Holder) -> Vec<Address> {
    match holder {
        Holder::Address(address) => vec![*address],
        Holder::Threshold(lock) => {
            lock.keys().iter().map(|key| Lock::Key(*key).address()).collect()
        }
    }
}
