//! Transactions of abandoned branches on their way back to the pool (SPEC C-4).
//!
//! An abandoned branch may hold more than the pool has room for, and more than a slot has time for.
//! Its blocks stay on disk: what is remembered here is where to go on reading.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Engine;
use super::event::Event;
use crate::block::CheckedBlock;
use crate::chain::{ChainReader, Via};
use crate::hash::BlockHash;
use crate::ledger::ExpiryError;
use crate::limits::RETURNING_MAX;
use crate::mempool::{DropReason, Refusal, SubmitOutcome, TransactionStatus};
use crate::transaction::CheckedTransaction;

/// Transactions that are offered to the pool in one call: a small part of a slot's time.
const OFFERED_MAX: usize = 256;

/// Blocks that left the chain, of whose transactions some are still to return.
#[derive(Debug, Default)]
pub(super) struct Returning {
    queue: VecDeque<Left>,
    /// The one whose transactions return now.
    current: Option<(Arc<CheckedBlock>, Left)>,
    /// Number of transactions that are still to return.
    transactions: usize,
    /// True if nothing had room, or nothing was on disk, since the last news.
    rests: bool,
}

/// A block that left the chain, and the places of its transactions that are still to return.
#[derive(Debug)]
struct Left {
    hash: BlockHash,
    positions: Vec<usize>,
}

impl Returning {
    /// Remembers transactions of a block.
    pub(super) fn push(&mut self, hash: BlockHash, positions: Vec<usize>) {
        if !positions.is_empty() {
            self.transactions = self.transactions.saturating_add(positions.len());
            self.queue.push_back(Left { hash, positions });
        }
    }

    /// Checks whether so many more transactions can be remembered.
    pub(super) fn has_room(&self, transactions: usize) -> bool {
        self.transactions.saturating_add(transactions) <= RETURNING_MAX
    }

    /// The head moved, or the disk has more: what had no room may have some.
    pub(super) fn wake(&mut self) {
        self.rests = false;
    }

    /// Checks whether there is something to do at once.
    pub(super) fn has_work(&self) -> bool {
        !self.rests && self.transactions > 0
    }

    /// Number of transactions that are still to return.
    pub(super) fn len(&self) -> usize {
        self.transactions
    }
}

/// The result of one offer.
enum Offer {
    Taken,
    NoRoom,
    /// The transaction is on the chain, in the pool, or lost.
    Settled,
}

impl<R: ChainReader> Engine<R> {
    /// Offers some transactions of abandoned branches to the pool.
    pub(super) fn return_some(&mut self) {
        if !self.returning.has_work() {
            return;
        }
        let Some((block, mut left)) = self.returning.current.take().or_else(|| self.next_left())
        else {
            self.returning.rests = true;
            return;
        };
        let offered: Vec<_> =
            left.positions.drain(..left.positions.len().min(OFFERED_MAX)).collect();
        let (mut refused, mut any_taken) = (Vec::new(), false);
        for position in offered {
            match block.transactions().get(position).map(|one| self.offer(one)) {
                Some(Offer::NoRoom) => refused.push(position),
                settled => {
                    any_taken |= matches!(settled, Some(Offer::Taken));
                    self.returning.transactions = self.returning.transactions.saturating_sub(1);
                }
            }
        }
        let full = !any_taken && !refused.is_empty();
        self.returning.rests = full;
        left.positions.append(&mut refused);
        if left.positions.is_empty() {
            return;
        }
        if full {
            // Others may have room.
            self.returning.queue.push_back(left);
        } else {
            self.returning.current = Some((block, left));
        }
    }

    /// The next block, read from disk: with its batch, which may not be durable yet, or before it.
    fn next_left(&mut self) -> Option<(Arc<CheckedBlock>, Left)> {
        let left = self.returning.queue.pop_front()?;
        let Some(block) = self.reader.block(&left.hash) else {
            self.returning.queue.push_back(left);
            return None;
        };
        Some((CheckedBlock::trusted(block, self.spec.chain()).into(), left))
    }

    fn offer(&mut self, transaction: &CheckedTransaction) -> Offer {
        let id = transaction.id();
        if self.chain.included(&id, &self.reader).is_some() {
            return Offer::Settled;
        }
        match self.admit(Arc::new(transaction.clone()), true, Via::Reorg) {
            SubmitOutcome::Accepted(_) => Offer::Taken,
            SubmitOutcome::Known(_) => Offer::Settled,
            SubmitOutcome::Refused(Refusal::PoolFull) => Offer::NoRoom,
            SubmitOutcome::Refused(refusal) => {
                self.lose(transaction, refusal);
                Offer::Settled
            }
        }
    }

    /// Tells of a transaction that cannot return, and returns its status.
    pub(super) fn lose(
        &mut self,
        transaction: &CheckedTransaction,
        refusal: Refusal,
    ) -> TransactionStatus {
        let reason = match refusal {
            Refusal::Expiry(ExpiryError::Expired { .. }) => DropReason::Expired,
            Refusal::PoolFull => DropReason::Evicted,
            other @ (Refusal::Ledger(_) | Refusal::Expiry(ExpiryError::TooFarAhead { .. })) => {
                DropReason::Impossible(other)
            }
        };
        let transaction = Arc::new(transaction.clone());
        self.report(Event::TransactionLost { transaction, reason: reason.clone() });
        reason.into()
    }
}
