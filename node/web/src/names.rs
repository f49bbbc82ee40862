//! Names that a node knows: of the test accounts, and how many decimals its tokens have.

use std::collections::BTreeMap;

use coinage_protocol::{Address, Symbol};

/// Decimals of the tokens that a page speaks of.
pub type Decimals = BTreeMap<Symbol, u8>;

/// Accounts that a page calls by name: the test accounts, which everybody can spend.
///
/// The server names nobody else: who is behind an address is the reader's own knowledge.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<Address, String>);

impl Names {
    /// Returns the name of an address, if it has one.
    pub fn of(&self, address: &Address) -> Option<&str> {
        self.0.get(address).map(String::as_str)
    }

    /// Returns the address that has a name.
    pub fn address(&self, name: &str) -> Option<Address> {
        self.0.iter().find(|(_, known)| *known == name).map(|(address, _)| *address)
    }

    /// True if nobody has a name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Address, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (Address, String)>>(named: I) -> Self {
        Self(named.into_iter().collect())
    }
}
