//! Transactions of a chain that is replayed which have not expired yet: no other can be repeated.

use std::collections::BTreeSet;

use coinage_protocol::{Body, TransactionId, UnixMillis};

/// Transactions of the chain so far that could be included again (SPEC T-8).
#[derive(Debug, Default)]
pub(crate) struct Recent {
    ids: BTreeSet<TransactionId>,
    by_expiry: BTreeSet<(UnixMillis, TransactionId)>,
}

impl Recent {
    /// True if the chain holds a transaction.
    pub(crate) fn contains(&self, id: &TransactionId) -> bool {
        self.ids.contains(id)
    }

    /// Adds the transactions of a block, and forgets what has expired at its time.
    pub(crate) fn extend<'t>(
        &mut self,
        time: UnixMillis,
        transactions: impl IntoIterator<Item = (TransactionId, &'t Body)>,
    ) {
        let kept = self.by_expiry.split_off(&(time, TransactionId::default()));
        for (_, expired) in std::mem::replace(&mut self.by_expiry, kept) {
            self.ids.remove(&expired);
        }
        for (id, body) in transactions {
            self.ids.insert(id);
            self.by_expiry.insert((body.expires_at, id));
        }
    }
}
