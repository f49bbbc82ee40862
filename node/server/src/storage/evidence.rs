//! Evidence, a conflict, and the votes that convict, as they are on disk.

use coinage_protocol::{Certificate, Conflict, Evidence, Slot};

use super::rows::{self, Table};
use super::{Snapshot, StorageError};

impl Snapshot {
    /// Returns the commits of two quorums that contradict each other, if they were seen.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn conflict(&self) -> Result<Option<Conflict>, StorageError> {
        self.moment().value(&rows::conflict())
    }

    /// Returns the votes behind this node's commit of a block of a slot, if they are kept still.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn votes(&self, slot: Slot) -> Result<Option<Certificate>, StorageError> {
        let kept: Option<Certificate> = self.moment().value(&rows::votes(slot))?;
        Ok(kept.filter(|votes| votes.slot == slot))
    }

    /// Returns the evidence against authorities, in the order of their keys.
    ///
    /// # Errors
    ///
    /// As for [`head`](Self::head).
    pub fn evidence(&self) -> Result<Vec<Evidence>, StorageError> {
        let moment = self.moment();
        let rows = moment.table(Table::Evidence);
        let evidence = rows.map(|row| {
            let (key, value) = row?;
            let evidence: Evidence = moment.decode(&key, &value)?;
            let fits = rows::evidence(&evidence) == *key;
            fits.then_some(evidence).ok_or_else(|| moment.unreadable(&key))
        });
        evidence.collect()
    }
}
