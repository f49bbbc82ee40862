//! All balances and tokens after a block.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::deposit::place_price;
use super::{Amendment, Change, Changes, Entry, Key, Standing, Token, Usage};
use crate::amount::Amount;
use crate::hash::StateRoot;
use crate::ledger::Rules;
use crate::lock::Address;
use crate::policy::{Charter, ClauseId};
use crate::symbol::Symbol;
use crate::trie::{StateProof, Trie, TrieValue};

/// All balances and tokens. Cheap to clone: versions share what did not change.
#[derive(Clone, Debug, Default)]
pub struct State {
    trie: Trie<Stored>,
    counts: Counts,
}

/// Numbers of the entries that have bounds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Number of balances that are not zero.
    pub balances: u64,
    /// Number of tokens.
    pub tokens: u64,
    /// Number of charters.
    pub charters: u64,
    /// Number of standings.
    pub standings: u64,
}

impl Counts {
    /// The sum, which a block may let grow only so far (SPEC L-11).
    pub(super) fn sum(self) -> u64 {
        let tokens = self.tokens.saturating_add(self.charters);
        self.balances.saturating_add(tokens).saturating_add(self.standings)
    }

    /// Counts an entry that was there or not, and now is or not.
    fn count(&mut self, key: Key, was: bool, is: bool) {
        let counter = match key {
            Key::Balance(..) => &mut self.balances,
            Key::Token(_) => &mut self.tokens,
            Key::Charter(_) => &mut self.charters,
            Key::Standing(..) => &mut self.standings,
            Key::Deposit(..) | Key::Usage(..) | Key::Amendment(..) | Key::Lookalike(_) => return,
        };
        *counter = counter.saturating_add(is.into()).saturating_sub(was.into());
    }
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
    /// The state with these entries. Of several with one key, which no sound disk has, one counts.
    pub fn from_entries(entries: impl IntoIterator<Item = (Key, Entry)>) -> Self {
        let mut counts = Counts::default();
        let stored = |(key, entry): (Key, Entry)| (key.hashed(), Some(Stored { key, entry }));
        let mut batch: Vec<_> = entries.into_iter().map(stored).collect();
        batch.sort_unstable_by_key(|(hashed, _)| *hashed);
        batch.dedup_by_key(|(hashed, _)| *hashed);
        batch
            .iter()
            .flat_map(|(_, stored)| stored)
            .for_each(|one| counts.count(one.key, false, true));
        Self { trie: Trie::default().with(batch), counts }
    }

    /// Returns the state after some changes.
    pub fn with(&self, changes: &Changes) -> Self {
        let mut next = self.clone();
        for Change { key, old, new } in changes.iter() {
            next.counts.count(*key, old.is_some(), new.is_some());
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
        self.price(rules, self.counts.balances, rules.balances_max)
    }

    /// The amount that a new token burns, in units of the rules' token (SPEC L-10).
    pub fn token_deposit(&self, rules: &Rules) -> Amount {
        self.price(rules, self.counts.tokens, rules.tokens_max)
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

    /// The charter of a token, as it is now (SPEC R-1).
    pub fn charter(&self, token: Symbol) -> Option<&Arc<Charter>> {
        match self.get(&Key::Charter(token)) {
            Some(Entry::Charter(charter)) => Some(charter),
            _ => None,
        }
    }

    /// The usage of a clause (SPEC R-6).
    pub fn usage(&self, token: Symbol, clause: ClauseId) -> Usage {
        match self.get(&Key::Usage(token, clause)) {
            Some(Entry::Usage(usage)) => (**usage).clone(),
            _ => Usage::default(),
        }
    }

    /// The amended amount of a clause, if it was amended (SPEC R-12).
    pub fn amendment(&self, token: Symbol, clause: ClauseId) -> Option<&Amendment> {
        match self.get(&Key::Amendment(token, clause)) {
            Some(Entry::Amendment(amendment)) => Some(amendment),
            _ => None,
        }
    }

    /// The standing of an address by a token's charter (SPEC R-9).
    pub fn standing(&self, address: Address, token: Symbol) -> Standing {
        match self.get(&Key::Standing(address, token)) {
            Some(Entry::Standing(standing)) => (**standing).clone(),
            _ => Standing::default(),
        }
    }

    /// Numbers of the entries that have bounds.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Number of balances that are not zero.
    pub fn balances(&self) -> u64 {
        self.counts.balances
    }

    /// Number of tokens.
    pub fn tokens(&self) -> u64 {
        self.counts.tokens
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
                // Nothing else is money.
                _ => {}
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
