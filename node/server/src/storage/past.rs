//! Balances of an account at an earlier height, and the whole state after the final block.
//!
//! Nothing but the present balances is stored, but every block left a record of what it changed.
//! Of one account its history says which blocks those are: only these are walked back.

use std::collections::BTreeMap;

use coinage_protocol::{Address, Amount, Change, Entry, Header, Height, Key, State, Symbol};

use super::{Place, Snapshot, StorageError};

/// Blocks of an account's history at most that one look at its past may walk back.
const BLOCKS_MAX: usize = 1024;
/// Changed entries at most, of whatever account, that one such look may read.
const CHANGES_MAX: usize = 100_000;

/// Balances of an account at an earlier height.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Past {
    /// The amounts by token; what is zero is not in it.
    Kept(Vec<(Symbol, Amount)>),
    /// The account changed too much since.
    TooFar {
        /// Oldest height at which this account can still be looked at.
        oldest: u64,
    },
}

impl Snapshot {
    /// Returns the header of the final block and the whole state after it; `None` before any block
    /// but block 0 is final.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head), and if the state is not the one that the header commits to.
    pub fn final_state(&self) -> Result<Option<(Header, State)>, StorageError> {
        let Some(finalized) = self.finalized()? else { return Ok(None) };
        let tip = finalized.tip;
        let missing = |what| self.moment().damaged(format!("the {what} of block {}", tip.height));
        let mut state = State::from_entries(self.entries()?);
        let mut at = self.head()?.hash;
        while at != tip.hash {
            let header = self.header(&at)?.ok_or_else(|| missing("headers above"))?.header;
            // The final block may be known before the chain leads there.
            if header.height <= tip.height {
                return Err(missing("way from the head"));
            }
            let changes = self.changes(&at)?.ok_or_else(|| missing("changes above"))?;
            state = state.with(&changes.inverted());
            at = header.previous;
        }
        let header = self.header(&tip.hash)?.ok_or_else(|| missing("header"))?.header;
        if state.root() != header.state_root {
            return Err(missing("state"));
        }
        Ok(Some((header, state)))
    }

    /// Returns the balances of an address after the chain's block at a height, by token, after a
    /// certain one.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn balances_at(
        &self,
        address: Address,
        height: Height,
        after: Option<Symbol>,
        limit: usize,
    ) -> Result<Past, StorageError> {
        let undone = match self.undone(address, height)? {
            Ok(undone) => undone,
            Err(oldest) => return Ok(Past::TooFar { oldest }),
        };
        // So many more that enough are left without those that were different then.
        let many = limit.saturating_add(undone.len());
        let mut balances = self.balances(address, after, many)?;
        balances.retain(|(token, _)| !undone.contains_key(token));
        let asked = undone.into_iter().filter(|(token, _)| after.is_none_or(|it| *token > it));
        balances.extend(asked.filter_map(|(token, amount)| Some((token, amount?))));
        balances.sort_unstable_by_key(|(token, _)| *token);
        balances.truncate(limit);
        Ok(Past::Kept(balances))
    }

    /// Returns the balances then of each token of which the address has had more or less since; or
    /// the oldest height that is within reach.
    fn undone(
        &self,
        address: Address,
        height: Height,
    ) -> Result<Result<BTreeMap<Symbol, Option<Amount>>, u64>, StorageError> {
        let mut undone = BTreeMap::new();
        let (mut blocks, mut read) = (0_usize, 0_usize);
        let mut before = None;
        // Several transactions of a block are one place here: the next is sought below it.
        while let Some(place) = self.history(address, before, 1)?.first().copied() {
            if place.height <= height {
                break;
            }
            if blocks == BLOCKS_MAX || read >= CHANGES_MAX {
                return Ok(Err(place.height.get()));
            }
            let missing =
                || self.moment().damaged(format!("the changes of block {}", place.height));
            let hash = self.canonical(place.height)?.ok_or_else(missing)?;
            let changes = self.changes(&hash)?.ok_or_else(missing)?;
            for Change { key, old, .. } in changes.iter() {
                read = read.saturating_add(1);
                match (key, old) {
                    (Key::Balance(of, token), Some(Entry::Balance(amount))) if *of == address => {
                        undone.insert(*token, Some(*amount));
                    }
                    (Key::Balance(of, token), None) if *of == address => {
                        undone.insert(*token, None);
                    }
                    _ => {}
                }
            }
            blocks = blocks.saturating_add(1);
            before = Some(Place { height: place.height, position: 0 });
        }
        Ok(Ok(undone))
    }
}
