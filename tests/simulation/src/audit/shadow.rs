//! A node's pool as its events tell of it, and what a leader should make of that.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use coinage_protocol::engine::{Effect, Event, SubmitOutcome};
use coinage_protocol::{
    BlockHash, CheckedBlock, CheckedTransaction, Genesis, Slot, Transaction, TransactionId,
    TransactionStatus, UnixMillis, encode,
};

use super::Broken;
use crate::model::Model;

/// Bytes that every leader has room for (SPEC P-6). How much more it takes is its own affair.
const ROOM_BYTES: usize = 64 * 1024;
/// SPEC P-1
const IN_VAIN_MAX: usize = 4_096;

/// A shadow of a node's pool: what waits there, if its events are true.
#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    waiting: BTreeMap<TransactionId, Waiting>,
    arrivals: u64,
    /// The head after the last batch.
    head: BlockHash,
}

#[derive(Clone, Debug)]
struct Waiting {
    transaction: Arc<CheckedTransaction>,
    is_ready: bool,
    /// Place in the order of arrival; `None` if nothing tells.
    arrival: Option<u64>,
}

impl Shadow {
    /// A node that has just started with this head: nothing waits.
    pub(crate) fn new(head: BlockHash) -> Self {
        Self { waiting: BTreeMap::new(), arrivals: 0, head }
    }

    /// The head after the last batch.
    pub(crate) fn head(&self) -> BlockHash {
        self.head
    }

    /// Takes note of an action, in the order in which the engine decided on them.
    pub(crate) fn note(&mut self, action: &Effect) -> Result<(), Broken> {
        match action {
            Effect::Persist { batch, .. } => self.head = batch.head.hash,
            Effect::Report(event) => return self.hear(event),
            Effect::Submitted { id, outcome, .. } => return self.answered(id, outcome),
            _ => {}
        }
        Ok(())
    }

    /// Checks whether what waits is what the events told of.
    pub(crate) fn is_told<'a>(
        &self,
        waiting: impl Iterator<Item = (&'a Arc<CheckedTransaction>, bool)>,
    ) -> Result<(), Broken> {
        let mut count = 0;
        for (transaction, is_ready) in waiting {
            count += 1;
            let id = transaction.id();
            match self.waiting.get(&id) {
                Some(known) if known.is_ready == is_ready => {}
                Some(_) => {
                    return Err(("P-1", format!("{id} is ready: {is_ready}, and nobody was told")));
                }
                None => return Err(("P-1", format!("{id} waits, and nobody was told"))),
            }
        }
        if count == self.waiting.len() {
            return Ok(());
        }
        Err(("P-1", format!("{count} wait, {} were told of", self.waiting.len())))
    }

    /// Forgets the order: it is not known any more who came before whom.
    pub(crate) fn forget_order(&mut self) {
        self.waiting.values_mut().for_each(|one| one.arrival = None);
    }

    fn hear(&mut self, event: &Event) -> Result<(), Broken> {
        match event {
            Event::TransactionAccepted { transaction, waits_for, .. } => {
                self.arrivals += 1;
                let (arrival, is_ready) = (Some(self.arrivals), waits_for.is_none());
                let one = Waiting { transaction: Arc::clone(transaction), is_ready, arrival };
                match self.waiting.insert(transaction.id(), one) {
                    None => Ok(()),
                    Some(_) => Err(("P-1", format!("{} is taken twice", transaction.id()))),
                }
            }
            Event::TransactionRechecked { id, waits_for } => match self.waiting.get_mut(id) {
                Some(known) => {
                    known.is_ready = waits_for.is_none();
                    Ok(())
                }
                None => Err(("P-1", format!("{id} is looked at again, but does not wait"))),
            },
            Event::TransactionDropped { id, reason } => match self.waiting.remove(id) {
                Some(_) => Ok(()),
                None => Err(("P-5", format!("{id} is dropped ({reason}), but does not wait"))),
            },
            Event::BlockImported { block, .. } => {
                block.transactions().iter().for_each(|one| drop(self.waiting.remove(&one.id())));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn answered(&self, id: &TransactionId, outcome: &SubmitOutcome) -> Result<(), Broken> {
        let is_ready = self.waiting.get(id).map(|one| one.is_ready);
        let true_word = match outcome {
            SubmitOutcome::Accepted(TransactionStatus::Pending(waits_for))
            | SubmitOutcome::Known(TransactionStatus::Pending(waits_for)) => {
                is_ready == Some(waits_for.is_none())
            }
            SubmitOutcome::Known(TransactionStatus::Included(_)) | SubmitOutcome::Refused(_) => {
                is_ready.is_none()
            }
            SubmitOutcome::Accepted(_) | SubmitOutcome::Known(_) => false,
        };
        if true_word { Ok(()) } else { Err(("P-5", format!("{id} is answered {outcome:?}"))) }
    }

    /// Checks whether a block holds what its leader should have taken: in the order of arrival
    /// everything that applies, until there is no room (SPEC P-1, P-6). `unsure` are those that may
    /// have been gone.
    pub(crate) fn check_choice(
        &mut self,
        genesis: &Genesis,
        mut model: Model,
        block: &CheckedBlock,
        unsure: impl Fn(&TransactionId) -> bool,
    ) -> Result<(), Broken> {
        let slot = block.header().slot;
        let broken = |what: String| Err(("P-1", format!("slot {slot}: the leader {what}")));
        model.begin_block();
        let mut queue = Queue::new(self, genesis, model, slot);
        // If one whose turn nobody knows is among them, others may have been tried before it.
        let turn = |id| self.waiting.get(&id).and_then(|one| one.arrival);
        let turns_known = block.transactions().iter().all(|taken| turn(taken.id()).is_some());
        let unsure = |id: &TransactionId| !turns_known || unsure(id);
        let mut in_vain = Vec::new();
        for taken in block.transactions() {
            let id = taken.id();
            let Some(waiting) = self.waiting.get(&id).filter(|one| one.is_ready) else {
                return broken(format!("takes {id}, which is not ready"));
            };
            if waiting.arrival.is_some() {
                let passed = queue.pass_until(&id);
                let Some(passed) = passed else {
                    return broken(format!("takes {id} out of its turn"));
                };
                if let Some(other) = passed.iter().find(|one| queue.applies(one) && !unsure(one)) {
                    return broken(format!("passes over {other} without need"));
                }
                in_vain.extend(passed);
            }
            if !queue.take(taken) {
                return broken(format!("takes {id}, which does not apply"));
            }
        }
        let mut is_sure = turns_known;
        let mut in_vain: Vec<_> = in_vain.into_iter().map(|id| (id, true)).collect();
        for id in core::mem::take(&mut queue.order) {
            is_sure &= queue.has_room(&id) && in_vain.len() < IN_VAIN_MAX;
            let applies = queue.applies(&id);
            if applies && is_sure && !unsure(&id) {
                return broken(format!("leaves {id} out without need"));
            }
            if applies && !is_sure {
                // Here at the latest it has ended.
                break;
            }
            in_vain.push((id, is_sure));
        }
        self.put_behind(&in_vain);
        Ok(())
    }

    /// Puts those that were tried in vain behind all others; of some it is not known whether they
    /// were tried.
    fn put_behind(&mut self, in_vain: &[(TransactionId, bool)]) {
        let all_known = self.waiting.values().all(|one| one.arrival.is_some());
        for (id, is_sure) in in_vain {
            self.arrivals += 1;
            if let Some(one) = self.waiting.get_mut(id) {
                one.arrival = (all_known && *is_sure).then_some(self.arrivals);
            }
        }
    }
}

/// A queue of what is ready, as a leader goes through it.
struct Queue<'a> {
    waiting: BTreeMap<TransactionId, &'a Transaction>,
    /// Transactions whose order of arrival is known, in that order.
    order: VecDeque<TransactionId>,
    genesis: &'a Genesis,
    model: Model,
    time: UnixMillis,
    room: usize,
}

impl<'a> Queue<'a> {
    fn new(shadow: &'a Shadow, genesis: &'a Genesis, model: Model, slot: Slot) -> Self {
        let ready = shadow.waiting.iter().filter(|(_, one)| one.is_ready);
        let known = ready.clone().filter_map(|(id, one)| Some((one.arrival?, *id)));
        let order: BTreeMap<_, _> = known.collect();
        Self {
            waiting: ready.map(|(id, one)| (*id, one.transaction.transaction())).collect(),
            order: order.into_values().collect(),
            genesis,
            model,
            time: genesis.time + slot.get() * u64::from(genesis.slot_ms),
            room: ROOM_BYTES,
        }
    }

    /// Takes the transactions before this one, which are passed over; `None` if it is not to come
    /// any more.
    fn pass_until(&mut self, id: &TransactionId) -> Option<Vec<TransactionId>> {
        let at = self.order.iter().position(|one| one == id)?;
        let passed = self.order.drain(..at).collect();
        self.order.pop_front();
        Some(passed)
    }

    /// Checks whether a leader has room for one more, however small its blocks are.
    fn has_room(&self, id: &TransactionId) -> bool {
        encode(self.waiting[id]).len() <= self.room
    }

    fn applies(&self, id: &TransactionId) -> bool {
        let body = &self.waiting[id].body;
        let latest = self.time + self.genesis.rules.lifetime_ms_max;
        let in_time = (self.time..=latest).contains(&body.expires_at);
        in_time && self.model.clone().apply(&self.genesis.rules, self.time, body).is_ok()
    }

    fn take(&mut self, taken: &CheckedTransaction) -> bool {
        let transaction = taken.transaction();
        self.room = self.room.saturating_sub(encode(transaction).len());
        self.model.apply(&self.genesis.rules, self.time, &transaction.body).is_ok()
    }
}
