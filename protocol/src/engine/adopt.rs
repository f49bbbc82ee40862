//! Adopting a new head: everything that follows when the head moves.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Engine;
use super::effect::{Effect, Publication};
use super::event::Event;
use super::pace::TakenIn;
use crate::blame::Offence;
use crate::block::CheckedBlock;
use crate::chain::{
    Batch, BatchNumber, ChainReader, LinkedBlock, Move, ReorgCounts, ReorgOutcome, ReorgRecord,
    Step, Via,
};
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::{ExecutionError, Key};
use crate::limits::REORG_IDS_MAX;
use crate::mempool::{Refusal, SubmitOutcome};
use crate::transaction::CheckedTransaction;
use crate::units::Slot;

/// Bytes of an abandoned branch's transactions that are gossiped again; peers ask for the rest.
const RETOLD_BYTES_MAX: usize = 1024 * 1024;

/// Transactions of an abandoned branch that are offered to the pool when the head moves; the others
/// follow step by step.
const OFFERED_MAX: usize = 4096;

/// Changed entries of the state for which it is found out which waiting transactions they concern;
/// if there are more, all are looked at again.
const CHANGED_MAX: usize = 65_536;

/// The outcomes of a reorg for the transactions of the abandoned branch.
#[derive(Debug, Default)]
struct Outcomes {
    counts: ReorgCounts,
    /// The first of them.
    named: Vec<(TransactionId, ReorgOutcome)>,
    /// Number of transactions that were offered to the pool, and their bytes.
    offered: usize,
    told_bytes: usize,
}

impl Outcomes {
    fn add(&mut self, id: TransactionId, outcome: ReorgOutcome) {
        self.counts.add(outcome);
        if self.named.len() < REORG_IDS_MAX {
            self.named.push((id, outcome));
        }
    }
}

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
        let before = self.out.len();
        let outcomes = self.update_pool(&moved);
        // What becomes of the pool follows from the batch, and is told after it.
        let follows = self.out.split_off(before);
        let reorg = (!moved.reverted.is_empty()).then(|| {
            Arc::new(ReorgRecord {
                time: self.now.wall,
                common_ancestor: moved.fork,
                old_head: moved.old_head,
                new_head,
                rule: moved.rule,
                counts: outcomes.counts,
                transactions: outcomes.named,
            })
        });
        let applied = moved.applied.iter().map(|(linked, _)| linked.clone()).collect();
        let batch = Batch {
            reverted: moved.reverted,
            applied,
            reorg: reorg.clone(),
            ..Batch::at(new_head)
        };
        self.out.push(Effect::Persist { number, batch: Box::new(batch) });
        for (LinkedBlock { block, .. }, via) in moved.applied {
            self.served_by.remove(&block.hash());
            if !self.is_own(block.header().slot) {
                self.clock.newest = block.header().slot;
            }
            if via == Via::Own {
                let own = Publication::Block(Box::new(block.to_block()));
                self.out.push(Effect::Publish(own));
            }
            let delay_ms = self.since_slot_ms(block.header().slot);
            // Linked blocks are of known authorities.
            let set = self.known_authorities().named(&block.header().authorities).cloned();
            if let Some(authorities) = set {
                self.report(Event::BlockImported { block, authorities, via, delay_ms });
            }
        }
        reorg.into_iter().for_each(|record| self.report(Event::Reorg(record)));
        self.out.extend(follows);
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
        self.returning.wake();
        let slot_ms = self.spec.genesis().slot_ms;
        for (slot, bytes) in self.pace.ended(number) {
            let after_ms = self.since_slot_ms(slot);
            self.pace.taken_in(TakenIn { slot, bytes, after_ms }, slot_ms);
        }
    }

    /// Brings the pool up to date and finds what became of the transactions of blocks that left
    /// the chain (SPEC C-4).
    fn update_pool(&mut self, moved: &Move) -> Outcomes {
        let applied = moved.applied.iter().map(|(linked, _)| linked);
        let changes = applied.chain(&moved.reverted).flat_map(|linked| linked.changes.iter());
        let mut keys = changes.map(|change| change.key);
        let changed: BTreeSet<Key> = keys.by_ref().take(CHANGED_MAX).collect();
        if keys.next().is_some() {
            self.pool.look_at_all_again();
        }
        let ground = Self::ground_of(&self.spec, &self.chain, self.trust.times(self.now));
        let changes = self.pool.advance(moved.ids.keys().copied(), &changed, ground);
        self.report_pool_changes(changes);
        self.returning.wake();
        let mut outcomes = Outcomes::default();
        for LinkedBlock { block, .. } in moved.reverted.iter().rev() {
            self.take_back(block, moved, &mut outcomes);
        }
        outcomes
    }

    /// Offers the transactions of an abandoned block to the pool, or remembers them for later.
    fn take_back(&mut self, block: &CheckedBlock, moved: &Move, outcomes: &mut Outcomes) {
        let mut later = Vec::new();
        for (position, transaction) in block.transactions().iter().enumerate() {
            let id = transaction.id();
            let outcome = if moved.ids.contains_key(&id) {
                Some(ReorgOutcome::Reincluded)
            } else if outcomes.offered < OFFERED_MAX {
                self.readmit(transaction, outcomes)
            } else {
                None
            };
            let room = || self.returning.has_room(later.len().saturating_add(1));
            let outcome = match outcome {
                Some(outcome) => outcome,
                None if room() => {
                    later.push(position);
                    ReorgOutcome::BackInPool
                }
                None => (&self.lose(transaction, Refusal::PoolFull)).into(),
            };
            outcomes.add(id, outcome);
        }
        self.returning.push(block.hash(), later);
    }

    /// Offers a transaction to the pool; `None` if there is no room.
    fn readmit(
        &mut self,
        transaction: &CheckedTransaction,
        outcomes: &mut Outcomes,
    ) -> Option<ReorgOutcome> {
        outcomes.offered = outcomes.offered.saturating_add(1);
        outcomes.told_bytes = outcomes.told_bytes.saturating_add(transaction.size());
        let shared = Arc::new(transaction.clone());
        let outcome = self.admit(Arc::clone(&shared), true, Via::Reorg);
        // Nobody else may have what only the abandoned branch held, and this node may die.
        if outcomes.told_bytes <= RETOLD_BYTES_MAX && self.pool.get(&transaction.id()).is_some() {
            self.send_out(shared);
        }
        let status = match outcome {
            SubmitOutcome::Accepted(status) | SubmitOutcome::Known(status) => status,
            SubmitOutcome::Refused(Refusal::PoolFull) => return None,
            SubmitOutcome::Refused(refusal) => self.lose(transaction, refusal),
        };
        Some((&status).into())
    }

    fn on_invalid(&mut self, hash: BlockHash, error: &ExecutionError) {
        let server = self.served_by.remove(&hash);
        let (hash, reason) = (Some(hash), error.to_string());
        self.report(Event::BlockRejected { hash, reason: reason.clone(), peer: server });
        hash.into_iter().for_each(|hash| self.judge_final(hash, &reason));
        if let Some(peer) = server {
            self.charge(peer, Offence::InvalidChain, reason);
        }
    }

    /// Time since a slot began, in milliseconds; negative if it has not.
    pub(super) fn since_slot_ms(&self, slot: Slot) -> i64 {
        let began = i128::from(self.spec.slot_time(slot).get());
        let since = i128::from(self.now.wall.get()).saturating_sub(began);
        i64::try_from(since).unwrap_or(i64::MAX)
    }
}
