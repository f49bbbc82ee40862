//! Gauges: how full everything is that has a bound.

use alloc::sync::Arc;

use super::Engine;
use super::gossip::COUNTED_SLOTS;
use super::sync::{BLOCK_REQUESTS_MAX, SERVED_MAX, SHUNNED_MAX};
use crate::chain::ChainReader;
use crate::limits::{EVIDENCE_KEPT_MAX, FUTURE_SLOTS_MAX, RETURNING_MAX};
use crate::transaction::CheckedTransaction;

/// A gauge of something bounded: how much of it there is, and the most that there may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gauge {
    /// Name of what is measured.
    pub name: &'static str,
    /// Amount that there is.
    pub value: usize,
    /// The most that there may be.
    pub limit: usize,
}

impl<R: ChainReader> Engine<R> {
    /// Gauges of everything that peers or users could fill.
    pub fn gauges(&self) -> impl Iterator<Item = Gauge> {
        let future = usize::try_from(FUTURE_SLOTS_MAX).unwrap_or(usize::MAX).saturating_add(1);
        let own = [
            ("pool bytes", self.pool.bytes(), self.pool.bounds().bytes),
            ("parked bytes", self.pool.parked_bytes(), self.pool.bounds().parked),
            ("held blocks", self.held.len(), future),
            ("counted slots", self.gossiped.len(), COUNTED_SLOTS),
            ("served bodies", self.served_by.len(), SERVED_MAX),
            ("returning transactions", self.returning.len(), RETURNING_MAX),
            ("shunned headers", self.shunned.len(), SHUNNED_MAX),
            ("questions for blocks", self.peers.asked_for_blocks(), BLOCK_REQUESTS_MAX),
            ("ballots", self.ballots(), self.ballots_max()),
            ("newest ballots", self.newest_ballots_len(), self.newest_ballots_max()),
            ("evidence", self.evidence.len(), EVIDENCE_KEPT_MAX),
        ];
        let own = own.into_iter().chain(self.chain.gauges());
        own.map(|(name, value, limit)| Gauge { name, value, limit })
    }

    /// The waiting transactions, each with whether it could be included now.
    pub fn waiting(&self) -> impl Iterator<Item = (&Arc<CheckedTransaction>, bool)> {
        self.pool.iter()
    }
}
