//! Transactions that come to this node, and how they go on to others.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::Engine;
use super::effect::{Effect, Publication};
use super::event::Event;
use super::exchange::{PeerRef, SubmissionId};
use crate::bounded::Bounded;
use crate::chain::{Chain, ChainReader, Via};
use crate::chain_spec::ChainSpec;
use crate::codec::LENGTH_BYTES;
use crate::limits::{BATCH_TRANSACTIONS_MAX, GOSSIP_BATCH_BYTES};
use crate::mempool::{
    DropReason, MempoolContext, PoolChanges, Refusal, SubmitOutcome, TransactionStatus,
};
use crate::transaction::CheckedTransaction;
use crate::units::UnixMillis;

/// Time that a submitted transaction waits for others to share a message with, in milliseconds.
const GATHER_MS: u64 = 10;

/// Transactions that were submitted here, or that a reorg gave back, and are still to be gossiped.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    transactions: Vec<Arc<CheckedTransaction>>,
    bytes: usize,
    due: Option<u64>,
}

impl Outbox {
    /// Time to send at, in milliseconds of uptime.
    pub(super) fn due(&self) -> Option<u64> {
        self.due
    }
}

impl<R: ChainReader> Engine<R> {
    pub(super) fn on_submit(
        &mut self,
        submission: SubmissionId,
        transaction: CheckedTransaction,
        park: bool,
    ) {
        let id = transaction.id();
        let transaction = Arc::new(transaction);
        let outcome = match self.chain.included(&id, &self.reader) {
            Some(height) => {
                let tip =
                    self.chain.tip_at(height, &self.reader).unwrap_or_else(|| self.chain.head());
                SubmitOutcome::Known(TransactionStatus::Included(tip))
            }
            None => self.admit(Arc::clone(&transaction), park, Via::Own),
        };
        if let SubmitOutcome::Accepted(_) = outcome {
            self.send_out(transaction);
        }
        self.out.push(Effect::Submitted { submission, id, outcome });
    }

    /// Offers a transaction that the chain does not hold to the pool, and reports it.
    pub(super) fn admit(
        &mut self,
        transaction: Arc<CheckedTransaction>,
        park: bool,
        via: Via,
    ) -> SubmitOutcome {
        let ground = Self::ground_of(&self.spec, &self.chain, self.trust.times(self.now));
        let mut evicted = Vec::new();
        let outcome = self.pool.admit(Arc::clone(&transaction), ground, park, &mut evicted);
        for id in evicted {
            self.report(Event::TransactionDropped { id, reason: DropReason::Evicted });
        }
        if let SubmitOutcome::Accepted(TransactionStatus::Pending(waits_for)) = &outcome {
            let waits_for = waits_for.clone();
            self.report(Event::TransactionAccepted { transaction, via, waits_for });
        }
        outcome
    }

    /// Drops what no later block can hold.
    pub(super) fn expire(&mut self) {
        let ground = Self::ground_of(&self.spec, &self.chain, self.trust.times(self.now));
        let dropped = self.pool.expire(ground.block_time);
        self.report_pool_changes(PoolChanges { dropped, ..Default::default() });
    }

    pub(super) fn report_pool_changes(&mut self, changes: PoolChanges) {
        for (id, waits_for) in changes.rechecked {
            self.report(Event::TransactionRechecked { id, waits_for });
        }
        for (id, reason) in changes.dropped {
            self.report(Event::TransactionDropped { id, reason });
        }
    }

    /// The head as the pool sees it, without borrowing the pool.
    pub(super) fn ground_of<'a>(
        spec: &'a ChainSpec,
        chain: &'a Chain,
        times: RangeInclusive<UnixMillis>,
    ) -> MempoolContext<'a> {
        let block_time = |time: UnixMillis| {
            let slot_now = spec.slot_at(time).unwrap_or_default();
            spec.slot_time(chain.head().slot.saturating_add(1).max(slot_now))
        };
        MempoolContext {
            state: chain.state(),
            rules: spec.rules(),
            block_time: block_time(*times.start()),
            block_time_max: block_time(*times.end()),
        }
    }

    /// Gossips what has gathered, once it is due (SPEC N-2).
    pub(super) fn flush_outbox(&mut self) {
        if self.outbox.due.is_some_and(|due| due <= self.now.uptime) {
            self.send_batch();
        }
    }

    /// Puts a transaction into the next message to everybody.
    pub(super) fn send_out(&mut self, transaction: Arc<CheckedTransaction>) {
        let size = transaction.size();
        let outbox = &self.outbox;
        let full = outbox.bytes.saturating_add(size)
            > GOSSIP_BATCH_BYTES.saturating_sub(LENGTH_BYTES)
            || outbox.transactions.len() >= BATCH_TRANSACTIONS_MAX;
        if full {
            self.send_batch();
        }
        self.outbox.bytes = self.outbox.bytes.saturating_add(size);
        self.outbox.transactions.push(transaction);
        let due = self.now.uptime.saturating_add(GATHER_MS);
        self.outbox.due.get_or_insert(due);
    }

    fn send_batch(&mut self) {
        let Outbox { transactions, .. } = core::mem::take(&mut self.outbox);
        if !transactions.is_empty() {
            let batch = Bounded::first_of(transactions);
            self.out.push(Effect::Publish(Publication::Transactions(batch)));
        }
    }

    /// Takes transactions from a peer; whether any was new and taken.
    pub(super) fn take_from_peer(
        &mut self,
        transactions: Vec<CheckedTransaction>,
        peer: PeerRef,
        via: Via,
    ) -> bool {
        let mut any = false;
        for transaction in transactions {
            let id = transaction.id();
            if self.chain.included(&id, &self.reader).is_some() {
                continue;
            }
            match self.admit(Arc::new(transaction), true, via) {
                SubmitOutcome::Accepted(_) => any = true,
                SubmitOutcome::Known(_) => {}
                SubmitOutcome::Refused(reason) => {
                    // What only lacked room is worth fetching again.
                    let useless = reason != Refusal::PoolFull;
                    if let Some(known) = self.peers.get_mut(peer).filter(|_| useless) {
                        known.note_useless(id);
                    }
                    self.report(Event::TransactionRejected { id, reason, peer });
                }
            }
        }
        any
    }
}
