//! Sums of rows, so that a whole table is compared in one pass and without memory.
//!
//! Each row counts as a hash under a secret of the moment, and hashes are added up: two tables with
//! the same sum hold the same rows, whatever their order. To look up one row after the other would
//! mean a look at another place of the disk for each.

use coinage_protocol::{Address, Amount, Body, Symbol, TransactionId};
use sha2::{Digest, Sha256};

use super::rows::{self, Table};
use super::{Place, Snapshot, StorageError};

/// Secret that nobody who altered a table could know.
pub(crate) type Secret = [u8; 32];

/// Sum of the rows of a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Tally {
    secret: Secret,
    rows: u64,
    sum: [u64; 4],
}

impl Tally {
    /// Returns the sum of no rows.
    pub(crate) fn new(secret: Secret) -> Self {
        Self { secret, rows: 0, sum: [0; 4] }
    }

    /// Returns the number of rows that were added.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds the row of a holder of a token.
    pub(crate) fn holder(&mut self, token: Symbol, amount: Amount, address: &Address) {
        self.add(&rows::holder(token, amount, address), &[]);
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        let hash = Sha256::new()
            .chain_update(self.secret)
            .chain_update(u64::try_from(key.len()).unwrap_or(u64::MAX).to_le_bytes())
            .chain_update(key)
            .chain_update(value)
            .finalize();
        let (lanes, _) = hash.as_chunks();
        for (sum, lane) in self.sum.iter_mut().zip(lanes) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*lane));
        }
        self.rows = self.rows.saturating_add(1);
    }
}

/// Adds the rows by which a transaction is found: that of the index, and those of histories.
pub(crate) fn index(
    [transactions, histories]: [&mut Tally; 2],
    id: &TransactionId,
    body: &Body,
    place: Place,
) {
    for (at, (key, value)) in rows::index(id, body, place).into_iter().enumerate() {
        let tally = if at == 0 { &mut *transactions } else { &mut *histories };
        tally.add(&key, &value);
    }
}

impl Snapshot {
    /// Returns the sum of the index of transactions.
    pub(crate) fn tally_transactions(&self, secret: Secret) -> Result<Tally, StorageError> {
        self.tally(Table::Transaction, secret)
    }

    /// Returns the sum of the histories of all accounts.
    pub(crate) fn tally_histories(&self, secret: Secret) -> Result<Tally, StorageError> {
        self.tally(Table::History, secret)
    }

    /// Returns the sum of the holders of all tokens.
    pub(crate) fn tally_holders(&self, secret: Secret) -> Result<Tally, StorageError> {
        self.tally(Table::Holder, secret)
    }

    fn tally(&self, table: Table, secret: Secret) -> Result<Tally, StorageError> {
        let mut tally = Tally::new(secret);
        for row in self.moment().table(table) {
            let (key, value) = row?;
            tally.add(&key, &value);
        }
        Ok(tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: &[(&[u8], &[u8])]) -> Tally {
        let mut tally = Tally::new([9; 32]);
        rows.iter().for_each(|(key, value)| tally.add(key, value));
        tally
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_everything_else_does() {
        let (one, two) = ((&b"ab"[..], &b"c"[..]), (&b"d"[..], &b""[..]));
        let both = tally(&[one, two]);
        assert_eq!(both, tally(&[two, one]));
        let moved = (&b"a"[..], &b"bc"[..]);
        for other in [&[one][..], &[one, one], &[one, two, two], &[moved, two], &[]] {
            assert_ne!(both, tally(other));
        }
    }
}
