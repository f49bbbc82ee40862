//! Snapshots: what was on disk at one moment.

use std::fmt;
use std::ops::Bound::{Excluded, Included};

use coinage_protocol::engine::Finalized;
use coinage_protocol::{
    Address, Amount, Block, BlockHash, ChainId, Changes, Entry, Height, Key, ReorgRecord,
    SignedHeader, Standing, Symbol, Tip, Token, TransactionId, decode,
};

use super::database::ReadView;
use super::rows::{self, Progress, Table};
use super::{Place, StorageError};

/// Snapshot of what was on disk at one moment: all its answers fit together.
pub struct Snapshot {
    moment: ReadView,
    chain: ChainId,
}

impl Snapshot {
    pub(super) fn new(moment: ReadView, chain: ChainId) -> Self {
        Self { moment, chain }
    }

    /// Returns the head of the stored chain; the genesis block if nothing else is stored.
    ///
    /// # Errors
    ///
    /// [`StorageError`] if it cannot be read, as for all that follow.
    pub fn head(&self) -> Result<Tip, StorageError> {
        Ok(self.progress()?.head)
    }

    /// Returns the final block and the commits that make it so; `None` if there is none yet.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn finalized(&self) -> Result<Option<Finalized>, StorageError> {
        self.moment.value(&rows::finalized())
    }

    /// Returns the hash of the chain's block at a height.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn canonical(&self, height: Height) -> Result<Option<BlockHash>, StorageError> {
        self.moment.value(&rows::canonical(height))
    }

    /// Returns the heights of the chain's blocks whose headers hold changes of authorities, the
    /// lowest first.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn authority_changes(&self) -> Result<Vec<Height>, StorageError> {
        let rows = self.moment.table(Table::AuthorityChange);
        rows.map(|row| {
            let (key, _) = row?;
            rows::parse_authority_change(&key).ok_or_else(|| self.moment.unreadable(&key))
        })
        .collect()
    }

    /// Returns a block that is or once was on the chain (block 0 included).
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn block(&self, hash: &BlockHash) -> Result<Option<Block>, StorageError> {
        let Some(header) = self.header(hash)? else { return Ok(None) };
        let key = rows::of_block(Table::Body, hash);
        let body = self.moment.value(&key)?;
        let transactions = body.ok_or_else(|| self.moment.unreadable(&key))?;
        Ok(Some(Block { header, transactions }))
    }

    /// Returns the number of transactions of a block that is or once was on the chain, without
    /// reading them.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn transactions_in(&self, hash: &BlockHash) -> Result<Option<u32>, StorageError> {
        let key = rows::of_block(Table::Body, hash);
        let Some(body) = self.moment.bytes(&key)? else { return Ok(None) };
        // A list begins with its count (SPEC E-3).
        let count = body.first_chunk().map(|count| u64::from_le_bytes(*count));
        let count = count.and_then(|count| u32::try_from(count).ok());
        count.map(Some).ok_or_else(|| self.moment.unreadable(&key))
    }

    /// Returns the header of a block that is or once was on the chain.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn header(&self, hash: &BlockHash) -> Result<Option<SignedHeader>, StorageError> {
        let key = rows::of_block(Table::Header, hash);
        let header: Option<SignedHeader> = self.moment.value(&key)?;
        match header {
            Some(header) if header.header.hash(&self.chain) != *hash => {
                Err(self.moment.unreadable(&key))
            }
            header => Ok(header),
        }
    }

    /// Returns the changes that a block made that is or once was on the chain.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn changes(&self, hash: &BlockHash) -> Result<Option<Changes>, StorageError> {
        self.moment.value(&rows::of_block(Table::Changes, hash))
    }

    /// Finds the place where the chain holds a transaction.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn transaction(&self, id: &TransactionId) -> Result<Option<Place>, StorageError> {
        let key = rows::transaction(id);
        let Some(bytes) = self.moment.bytes(&key)? else { return Ok(None) };
        rows::parse_place(&bytes).map(Some).ok_or_else(|| self.moment.unreadable(&key))
    }

    /// Returns an entry of the state after the head.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn entry(&self, key: &Key) -> Result<Option<Entry>, StorageError> {
        self.moment.value(&rows::state(key))
    }

    /// Returns the balance of an address in a token.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn balance(&self, address: Address, token: Symbol) -> Result<Amount, StorageError> {
        match self.entry(&Key::Balance(address, token))? {
            Some(Entry::Balance(amount)) => Ok(amount),
            _ => Ok(Amount::ZERO),
        }
    }

    /// Returns the balances of an address, by token, after a certain one.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn balances(
        &self,
        address: Address,
        after: Option<Symbol>,
        limit: usize,
    ) -> Result<Vec<(Symbol, Amount)>, StorageError> {
        let prefix = rows::key(Table::Balance, &[address.as_bytes()]);
        let entries = self.after(prefix, after, limit);
        let balances = entries.map(|entry| match entry? {
            (Key::Balance(_, token), Entry::Balance(amount)) => Ok(Some((token, amount))),
            _ => Ok(None),
        });
        balances.filter_map(Result::transpose).collect()
    }

    /// Returns the holders of a token, and how much each has, whoever has most first, after a
    /// certain holder.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn holders(
        &self,
        token: Symbol,
        after: Option<(Address, Amount)>,
        limit: usize,
    ) -> Result<Vec<(Address, Amount)>, StorageError> {
        let [first, last] = rows::holders(token);
        let from = after.map_or(Included(first), |(address, amount)| {
            Excluded(rows::holder(token, amount, &address))
        });
        let found = self.moment.range((from, Included(last))).take(limit);
        found
            .map(|row| {
                let (key, _) = row?;
                rows::parse_holder(&key).ok_or_else(|| self.moment.unreadable(&key))
            })
            .collect()
    }

    /// Returns the record of a token.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn token(&self, token: Symbol) -> Result<Option<Token>, StorageError> {
        match self.entry(&Key::Token(token))? {
            Some(Entry::Token(token)) => Ok(Some(*token)),
            _ => Ok(None),
        }
    }

    /// Returns all tokens by symbol, after a certain one.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn tokens(
        &self,
        after: Option<Symbol>,
        limit: usize,
    ) -> Result<Vec<(Symbol, Token)>, StorageError> {
        let entries = self.after(rows::key(Table::Token, &[]), after, limit);
        let tokens = entries.map(|entry| match entry? {
            (Key::Token(symbol), Entry::Token(token)) => Ok(Some((symbol, *token))),
            _ => Ok(None),
        });
        tokens.filter_map(Result::transpose).collect()
    }

    /// Returns the accounts that have a role in a token or are frozen, after a certain one.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn standings(
        &self,
        token: Symbol,
        after: Option<Address>,
        limit: usize,
    ) -> Result<Vec<(Address, Standing)>, StorageError> {
        let first = rows::standing(token, &Address::new([0; 32]));
        let last = rows::standing(token, &Address::new([u8::MAX; 32]));
        let from =
            after.map_or(Included(first), |address| Excluded(rows::standing(token, &address)));
        let found = self.moment.range((from, Included(last))).take(limit);
        let standings = found.map(|row| match self.parse_entry(&row?)? {
            (Key::Standing(address, _), Entry::Standing(standing)) => {
                Ok(Some((address, *standing)))
            }
            _ => Ok(None),
        });
        standings.filter_map(Result::transpose).collect()
    }

    /// Returns the chain's transactions that touch an account (as sender, giver, receiver or
    /// issuer), newest first, before a certain one.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn history(
        &self,
        address: Address,
        before: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Place>, StorageError> {
        let (first, last) = (Place::FIRST, Place::LAST);
        let before = before.map_or_else(
            || Included(rows::history(&address, last)),
            |place| Excluded(rows::history(&address, place)),
        );
        let first = rows::history(&address, first);
        if matches!(&before, Excluded(end) if *end <= first) {
            return Ok(Vec::new());
        }
        let found = self.moment.range((Included(first), before)).rev().take(limit);
        found.map(|row| self.place(&row?.0)).collect()
    }

    /// Returns the chain's transactions that touch an account, oldest first, after a certain one,
    /// up to a height.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn history_forward(
        &self,
        address: Address,
        after: Option<Place>,
        height_max: u64,
        limit: usize,
    ) -> Result<Vec<Place>, StorageError> {
        let last = Place { height: Height::new(height_max), ..Place::LAST };
        if after.is_some_and(|after| after >= last) {
            return Ok(Vec::new());
        }
        let from = after.map_or_else(
            || Included(rows::history(&address, Place::FIRST)),
            |place| Excluded(rows::history(&address, place)),
        );
        let found = self.moment.range((from, Included(rows::history(&address, last)))).take(limit);
        found.map(|row| self.place(&row?.0)).collect()
    }

    /// Returns reorg records with their running numbers, newest first, before a certain one.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn reorgs(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, ReorgRecord)>, StorageError> {
        let end = rows::reorg(before.unwrap_or(u64::MAX));
        let found = self.moment.range(rows::reorg(0)..end).rev().take(limit);
        found.map(|row| self.reorg(&row?)).collect()
    }

    /// Returns every entry of the state after the head, those of each kind in order.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn entries(&self) -> Result<Vec<(Key, Entry)>, StorageError> {
        let rows = Table::STATE.into_iter().flat_map(|table| self.moment.table(table));
        rows.map(|row| self.parse_entry(&row?)).collect()
    }

    /// Counts the heights that have a block.
    pub(crate) fn canonical_rows(&self) -> Result<u64, StorageError> {
        let mut rows = self.moment.table(Table::Canonical);
        rows.try_fold(0_u64, |count, row| row.map(|_| count.saturating_add(1)))
    }

    /// True if the history of an account holds a place.
    pub(crate) fn in_history(&self, address: &Address, place: Place) -> Result<bool, StorageError> {
        Ok(self.moment.bytes(&rows::history(address, place))?.is_some())
    }

    pub(super) fn moment(&self) -> &ReadView {
        &self.moment
    }

    pub(super) fn progress(&self) -> Result<Progress, StorageError> {
        let key = rows::progress();
        self.moment.value(&key)?.ok_or_else(|| self.moment.unreadable(&key))
    }

    /// Returns entries of the state whose keys begin so and go on with a symbol.
    fn after(
        &self,
        prefix: Vec<u8>,
        after: Option<Symbol>,
        limit: usize,
    ) -> impl Iterator<Item = Result<(Key, Entry), StorageError>> {
        let with = |end: &[u8]| [prefix.as_slice(), end].concat();
        let from = after
            .map_or_else(|| Included(prefix.clone()), |after| Excluded(with(&rows::padded(after))));
        let to = Included(with(&[u8::MAX; Symbol::LEN_MAX]));
        let found = self.moment.range((from, to)).take(limit);
        found.map(|row| self.parse_entry(&row?))
    }

    pub(super) fn parse_entry<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        (key, value): &(K, V),
    ) -> Result<(Key, Entry), StorageError> {
        let (key, value) = (key.as_ref(), value.as_ref());
        let parsed = rows::parse_state(key).zip(decode(value, value.len()).ok());
        parsed
            .filter(|(key, entry)| rows::fits(key, entry))
            .ok_or_else(|| self.moment.unreadable(key))
    }

    fn place(&self, key: &[u8]) -> Result<Place, StorageError> {
        // The table's byte and the address stand before it.
        let place = key.get(33..).and_then(rows::parse_place);
        place.ok_or_else(|| self.moment.unreadable(key))
    }

    fn reorg<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        (key, value): &(K, V),
    ) -> Result<(u64, ReorgRecord), StorageError> {
        let (key, value) = (key.as_ref(), value.as_ref());
        let number = key.get(1..).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        let number = number.ok_or_else(|| self.moment.unreadable(key))?;
        Ok((number, self.moment.decode(key, value)?))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Snapshot").field("chain", &self.chain).finish_non_exhaustive()
    }
}
