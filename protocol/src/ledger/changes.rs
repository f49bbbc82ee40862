//! Changes that a block made: the way forward and the way back.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Entry, Key};
use crate::symbol::Symbol;

/// A change of one entry, with its value before and after.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Change {
    /// Key of the entry.
    pub key: Key,
    /// Value before; `None` if there was no entry.
    pub old: Option<Entry>,
    /// Value after; `None` if there is no entry now.
    pub new: Option<Entry>,
}

/// All entries that a block changed, in the order of their keys: its undo record.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Changes(pub(super) Vec<Change>);

impl Changes {
    /// The changes, in the order of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Change> {
        self.0.iter()
    }

    /// Inverts the changes: the way back.
    pub fn inverted(&self) -> Self {
        let invert = |change: &Change| Change {
            key: change.key,
            old: change.new.clone(),
            new: change.old.clone(),
        };
        Self(self.0.iter().map(invert).collect())
    }

    /// Asserts for each token that balances changed by as much as its supply (SPEC L-9).
    ///
    /// # Panics
    ///
    /// If they did not: the ledger has a fault, and going on would make or lose money.
    pub(crate) fn assert_conserved(&self) {
        let mut sides = BTreeMap::<Symbol, (u128, u128)>::new();
        for change in &self.0 {
            let (symbol, gained, lost) = match change.key {
                Key::Balance(_, symbol) => (symbol, units(&change.new), units(&change.old)),
                Key::Token(symbol) => (symbol, units(&change.old), units(&change.new)),
                // Only says for which balance; the money is a balance of its own (SPEC L-10).
                Key::Deposit(..) => continue,
                Key::Charter(_)
                | Key::Usage(..)
                | Key::Amendment(..)
                | Key::Standing(..)
                | Key::Lookalike(_) => continue,
            };
            let (plus, minus) = sides.entry(symbol).or_default();
            // Each side is at most two supplies, so far below the top of u128.
            *plus = plus.saturating_add(gained);
            *minus = minus.saturating_add(lost);
        }
        for (symbol, (plus, minus)) in sides {
            assert!(plus == minus, "{symbol}: balances changed by another sum than the supply");
        }
    }
}

fn units(entry: &Option<Entry>) -> u128 {
    match entry {
        Some(Entry::Balance(amount)) => amount.units(),
        Some(Entry::Token(token)) => token.supply.units(),
        _ => 0,
    }
}
