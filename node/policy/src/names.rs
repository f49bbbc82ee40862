//! Names that sentences use, and what is told of words that fit nowhere.

use coinage_protocol::{CharterParts, Name};

/// The names that sentences of one charter use, and how they write amounts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) decimals: u8,
    pub(crate) accounts: Vec<Name>,
    pub(crate) roles: Vec<Name>,
}

/// The reason why words fill no slot.
pub(crate) struct Misfit {
    pub(crate) message: String,
    pub(crate) expected: Vec<String>,
    /// First of the words that do not fit, and how many; `None` if all do not.
    pub(crate) words: Option<(usize, usize)>,
}

impl Names {
    pub(crate) fn of(charter: &CharterParts) -> Self {
        Self {
            decimals: charter.decimals,
            accounts: charter.accounts.iter().map(|account| account.name.clone()).collect(),
            roles: charter.roles().map(|(_, _, _, name, _)| name.clone()).collect(),
        }
    }
}
