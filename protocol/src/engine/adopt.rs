//! What follows when the head moves.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Engine;
use super::action::{Action, Batch, LinkedBlock, Publication};
use super::event::{Event, Via};
use super::input::BatchNumber;
use super::pace::TakenIn;
use super::reader::ChainReader;
use crate::blame::Offence;
use crate::chain::{ExecutionError, FateCounts, Move, ReorgRecord, ReorgRule, RevertedFate, Step};
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::{ExpiryError, Key};
use crate::limits::REORG_IDS_MAX;
use crate::planted::{Bug, planted};
use crate::pool::{Admission, Refusal};
use crate::transaction::CheckedTransaction;
use crate::wire::Tip;

/// Bytes of an abandoned branch's transactions that are gossiped again; peers ask for the rest.
const RETOLD_BYTES_MAX: usize = 1024 * 1024;

impl<R: ChainReader> Engine<R> {
    /// Does one block's worth of work towards the best branch.
    pub(super) fn step(&mut self) {
        match self.chain.step(&self.reader) {
            Step::Idle | Step::Progress => {}
            Step::Moved(moved) => self.on_moved(moved),
            Step::Invalid { hash, error } => self.on_invalid(hash, &error),
        }
    }

    pub(super) fn on_moved(&mut self, moved: Move) {
        let number = self.chain.number_batch(moved.fork);
        let new_head = self.chain.head();
        self.note_pace(number, &moved);
        let fates = self.update_pool(&moved);
        let reorg = (!moved.reverted.is_empty()).then(|| {
            let mut counts = FateCounts::default();
            fates.iter().for_each(|(_, fate)| counts.add(*fate));
            Arc::new(ReorgRecord {
                time: self.now.wall,
                common_ancestor: moved.fork,
                old_head: moved.old_head,
                new_head,
                rule: rule(&moved.old_head, &new_head),
                counts,
                transactions: fates.into_iter().take(REORG_IDS_MAX).collect(),
            })
        });
        let applied = moved.applied.iter().map(|(linked, _)| linked.clone()).collect();
        let batch =
            Batch { reverted: moved.reverted, applied, head: new_head, reorg: reorg.clone() };
        // What the pool did is told after what made it do so.
        let at = self.out.len();
        self.out.push(Action::Persist { number, batch: Box::new(batch) });
        for (LinkedBlock { block, .. }, via) in moved.applied {
            self.served_by.remove(&block.hash());
            if !self.is_own(block.header().slot) {
                self.clock.newest = block.header().slot;
            }
            if via == Via::Own {
                let own = Publication::Block(Box::new(block.to_block()));
                self.out.push(Action::Publish(own));
            }
            let delay_ms = self.since_slot_ms(block.header().slot);
            self.report(Event::BlockImported { block, via, delay_ms });
        }
        reorg.into_iter().for_each(|record| self.report(Event::Reorg(record)));
        self.move_pool_reports_behind(at);
        self.standing.head_moved(self.now.uptime);
    }

    /// Notes what shows how much the network takes in: forks, and blocks that came as news.
    fn note_pace(&mut self, number: BatchNumber, moved: &Move) {
        if !moved.reverted.is_empty() {
            self.pace.forked(moved.old_head.slot);
        } else if let [(linked, Via::Own | Via::Gossip)] = moved.applied.as_slice() {
            let bytes = linked.block.transactions().iter().map(CheckedTransaction::size).sum();
            self.pace.begun(number, linked.block.header().slot, bytes);
        }
    }

    /// Batches up to this one are durable.
    pub(super) fn on_persisted(&mut self, number: BatchNumber) {
        self.chain.persisted(number);
        let slot_ms = self.network.genesis().slot_ms;
        for (slot, bytes) in self.pace.ended(number) {
            let after_ms = self.since_slot_ms(slot);
            self.pace.taken_in(TakenIn { slot, bytes, after_ms }, slot_ms);
        }
    }

    /// Brings the pool up to date and finds what became of the transactions of blocks that left
    /// the chain (SPEC C-4).
    fn update_pool(&mut self, moved: &Move) -> Vec<(TransactionId, RevertedFate)> {
        let transactions = |linked: &LinkedBlock| linked.block.transactions().to_vec();
        let applied = moved.applied.iter().map(|(linked, _)| linked);
        let included: BTreeSet<_> = applied
            .clone()
            .flat_map(|linked| linked.block.transactions())
            .map(CheckedTransaction::id)
            .collect();
        let changed: BTreeSet<Key> = applied
            .chain(&moved.reverted)
            .flat_map(|linked| linked.changes.iter())
            .map(|change| change.key)
            .collect();
        let blind = planted(Bug::PoolNotRechecked) && !moved.reverted.is_empty();
        let changed = if blind { BTreeSet::new() } else { changed };
        let ground = Self::ground_of(&self.network, &self.chain, self.now);
        let changes = self.pool.advance(included.iter().copied(), &changed, ground);
        self.report_pool_changes(changes);
        let mut fates = Vec::new();
        let mut told_bytes = 0_usize;
        for transaction in moved.reverted.iter().rev().flat_map(transactions) {
            let id = transaction.id();
            let fate = if included.contains(&id) {
                RevertedFate::Reincluded
            } else if planted(Bug::AbandonedForgotten) {
                RevertedFate::Dropped
            } else {
                told_bytes = told_bytes.saturating_add(transaction.size());
                let transaction = Arc::new(transaction);
                let fate = self.readmit(Arc::clone(&transaction));
                // Nobody else may have what only the abandoned branch held, and this node may die.
                if told_bytes <= RETOLD_BYTES_MAX && self.pool.get(&id).is_some() {
                    self.send_out(&transaction);
                }
                fate
            };
            fates.push((id, fate));
        }
        fates
    }

    fn readmit(&mut self, transaction: Arc<CheckedTransaction>) -> RevertedFate {
        match self.admit(transaction, true, Via::Reorg) {
            Admission::Admitted(None) | Admission::Known(None) => RevertedFate::BackInPool,
            Admission::Admitted(Some(_))
            | Admission::Known(Some(_))
            | Admission::Refused(
                Refusal::Ledger(_) | Refusal::Expiry(ExpiryError::TooFarAhead { .. }),
            ) => RevertedFate::Conflicting,
            Admission::Refused(Refusal::Expiry(ExpiryError::Expired { .. })) => {
                RevertedFate::Expired
            }
            Admission::Refused(Refusal::PoolFull) => RevertedFate::Dropped,
        }
    }

    /// Reports that were made before the batch at `at` and follow from it go behind it.
    fn move_pool_reports_behind(&mut self, at: usize) {
        let is_pool = |action: &Action| {
            matches!(
                action,
                Action::Report(
                    Event::TransactionAccepted { via: Via::Reorg, .. }
                        | Event::TransactionRechecked { .. }
                        | Event::TransactionDropped { .. }
                )
            )
        };
        let behind = self.out.split_off(at);
        let before = core::mem::take(&mut self.out);
        let (pool, others): (Vec<_>, Vec<_>) = before.into_iter().partition(is_pool);
        self.out = others;
        self.out.extend(behind);
        self.out.extend(pool);
    }

    fn on_invalid(&mut self, hash: BlockHash, error: &ExecutionError) {
        let server = self.served_by.remove(&hash);
        let (hash, reason) = (Some(hash), error.to_string());
        self.report(Event::BlockRejected { hash, reason: reason.clone(), peer: server });
        if let Some(peer) = server {
            self.charge(peer, Offence::InvalidChain, reason);
        }
    }

    /// How long ago a slot began, in milliseconds; negative if it has not.
    pub(super) fn since_slot_ms(&self, slot: u64) -> i64 {
        let began = i128::from(self.network.slot_time(slot));
        let since = i128::from(self.now.wall).saturating_sub(began);
        i64::try_from(since).unwrap_or(i64::MAX)
    }
}

/// Which part of the rule preferred the new head (SPEC C-1).
fn rule(old: &Tip, new: &Tip) -> ReorgRule {
    if !new.is_better_than(old) {
        ReorgRule::BeyondClock
    } else if new.height > old.height {
        ReorgRule::Longer
    } else if new.slot < old.slot {
        ReorgRule::EarlierSlot
    } else {
        ReorgRule::LowerHash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reorg_names_the_part_of_the_rule_that_decided() {
        // SPEC C-1, C-3
        let tip = |height, slot, hash| Tip { height, slot, hash: BlockHash::new([hash; 32]) };
        let old = tip(5, 9, 5);
        assert_eq!(rule(&old, &tip(6, 10, 9)), ReorgRule::Longer);
        assert_eq!(rule(&old, &tip(6, 8, 1)), ReorgRule::Longer);
        assert_eq!(rule(&old, &tip(5, 8, 9)), ReorgRule::EarlierSlot);
        assert_eq!(rule(&old, &tip(5, 9, 4)), ReorgRule::LowerHash);
    }
}
