//! All balances and tokens after a block.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::deposit::place_price;
use super::{Change, Changes, Entry, Key, Token};
use crate::amount::Amount;
use crate::hash::StateRoot;
use crate::ledger::Rules;
use crate::lock::Address;
use crate::symbol::Symbol;
use crate::trie::{StateProof, Trie, TrieValue};

/// All balances and tokens. Cheap to clone: versions share what did not change.
#[derive(Clone, Debug, Default)]
pub struct State {
    trie: Trie<Stored>,
    balances: u64,
    tokens: u64,
}

/// An entry with its key, which the trie knows only hashed.
#[derive(Clone, Debug)]
struct Stored {
    key: Key,
    entry: Entry,
}

impl TrieValue for Stored {
    fn commitment(&self) -> [u8; 32] {
        self.entry.commitment()
    }
}

/// The supply of a token is not the sum of its balances.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{token}: the supply is {supply}, the balances sum to {sum}")]
pub struct SupplyMismatch {
    /// Symbol of the token.
    pub token: Symbol,
    /// Supply by the token's record.
    pub supply: u128,
    /// Sum of the token's balances.
    pub sum: u128,
}

impl State {
    /// The state with these entries, each key once.
    pub fn from_entries(entries: impl IntoIterator<Item = (Key, Entry)>) -> Self {
        let changes =
            entries.into_iter().map(|(key, new)| Change { key, old: None, new: Some(new) });
        Self::default().with(&Changes(changes.collect()))
    }

    /// Returns the state after some changes.
    pub fn with(&self, changes: &Changes) -> Self {
        let mut next = self.clone();
        for change in changes.iter() {
            let counter = match change.key {
                Key::Balance(..) => &mut next.balances,
                Key::Token(_) => &mut next.tokens,
                Key::Deposit(..) => continue,
            };
            *counter = counter
                .saturating_add(u64::from(change.new.is_some()))
                .saturating_sub(u64::from(change.old.is_some()));
        }
        let stored = |change: &Change| {
            let entry = change.new.clone().map(|entry| Stored { key: change.key, entry });
            (change.key.hashed(), entry)
        };
        let mut batch: Vec<_> = changes.iter().map(stored).collect();
        batch.sort_unstable_by_key(|(key, _)| *key);
        next.trie = next.trie.with(batch);
        next
    }

    /// Commits to every entry (SPEC M-3).
    pub fn root(&self) -> StateRoot {
        self.trie.root()
    }

    /// The entry at a key.
    pub fn get(&self, key: &Key) -> Option<&Entry> {
        self.trie.get(&key.hashed()).map(|stored| &stored.entry)
    }

    /// The balance that an address has of a token.
    pub fn balance(&self, address: Address, token: Symbol) -> Amount {
        match self.get(&Key::Balance(address, token)) {
            Some(Entry::Balance(amount)) => *amount,
            _ => Amount::ZERO,
        }
    }

    /// The deposit for a balance (SPEC L-10).
    pub fn deposit(&self, address: Address, token: Symbol) -> Amount {
        match self.get(&Key::Deposit(address, token)) {
            Some(Entry::Balance(amount)) => *amount,
            _ => Amount::ZERO,
        }
    }

    /// The deposit that a new balance takes, in units of the rules' token (SPEC L-10).
    pub fn balance_deposit(&self, rules: &Rules) -> Amount {
        self.price(rules, self.balances, rules.balances_max)
    }

    /// The amount that a new token burns, in units of the rules' token (SPEC L-10).
    pub fn token_deposit(&self, rules: &Rules) -> Amount {
        self.price(rules, self.tokens, rules.tokens_max)
    }

    fn price(&self, rules: &Rules, used: u64, max: u64) -> Amount {
        let token = rules.growth.and_then(|growth| growth.deposit);
        let supply = token.and_then(|token| self.token(token)).map(|token| token.supply);
        supply.map_or(Amount::ZERO, |supply| place_price(supply, used, max))
    }

    /// The record of a token.
    pub fn token(&self, token: Symbol) -> Option<&Token> {
        match self.get(&Key::Token(token)) {
            Some(Entry::Token(token)) => Some(&**token),
            _ => None,
        }
    }

    /// Number of balances that are not zero.
    pub fn balances(&self) -> u64 {
        self.balances
    }

    /// Number of tokens.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Every entry, in no order that means anything.
    pub fn entries(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.trie.values().map(|stored| (&stored.key, &stored.entry))
    }

    /// A proof of what is, or is not, at a key (SPEC M-4).
    pub fn prove(&self, key: &Key) -> StateProof {
        self.trie.prove(&key.hashed())
    }

    /// Checks for every token that its supply is the sum of its balances (SPEC L-9).
    ///
    /// # Errors
    ///
    /// The first token of which it is not.
    pub fn check_supply(&self) -> Result<(), SupplyMismatch> {
        let mut sums = BTreeMap::<Symbol, (u128, u128)>::new();
        for (key, entry) in self.entries() {
            match (key, entry) {
                (Key::Balance(_, token), Entry::Balance(amount)) => {
                    let (_, sum) = sums.entry(*token).or_default();
                    *sum = sum.saturating_add(amount.units());
                }
                (Key::Token(token), Entry::Token(record)) => {
                    sums.entry(*token).or_default().0 = record.supply.units();
                }
                (Key::Deposit(..), Entry::Balance(_)) => {}
                (Key::Balance(..) | Key::Deposit(..), Entry::Token(_))
                | (Key::Token(_), Entry::Balance(_)) => {
                    unreachable!("an entry is of the kind of its key")
                }
            }
        }
        let mut wrong = sums.into_iter().filter(|(_, (supply, sum))| supply != sum);
        match wrong.next() {
            Some((token, (supply, sum))) => Err(SupplyMismatch { token, supply, sum }),
            None => Ok(()),
        }
    }
}

impl StateProof {
    /// Checks whether the proof shows that under this root `key` has this entry, or none
    /// (SPEC M-4).
    pub fn proves_entry(&self, root: &StateRoot, key: &Key, entry: Option<&Entry>) -> bool {
        self.proves(root, &key.hashed(), entry.map(TrieValue::commitment))
    }
}

impl From<Token> for Entry {
    fn from(token: Token) -> Self {
        Self::Token(Box::new(token))
    }
}
