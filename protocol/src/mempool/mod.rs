//! Transactions that wait: what can be included now, and what may be able to later.

mod entry;
mod room;
mod status;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use self::entry::{Entry, payer, turns_with_time, watched};
pub use self::room::MempoolBounds;
use self::room::Room;
pub use self::status::{DropReason, Refusal, SubmitOutcome, TransactionStatus};
use crate::hash::TransactionId;
use crate::ledger::{
    Counts, ExpiryError, Key, LedgerError, Overlay, Rules, State, apply_transaction, check_window,
};
use crate::limits::{ACTIONS_MAX, FREE_PART};
use crate::transaction::{Body, CheckedTransaction};
use crate::units::UnixMillis;

/// Transactions that wait (SPEC P-1). Each was checked alone against the head's state.
#[derive(Debug, Default)]
pub(crate) struct Mempool {
    entries: BTreeMap<TransactionId, Entry>,
    /// Transactions that can be included now, in the order of arrival.
    ready: BTreeSet<(u64, TransactionId)>,
    /// Transactions to look at again when an entry of the state changes, by its key.
    watchers: BTreeSet<(Key, TransactionId)>,
    /// Transactions that wait for room in the state, or whose charters turn with time: to look at
    /// again after every block.
    restless: BTreeSet<TransactionId>,
    /// Transactions that a change of head concerned and that have not been looked at again yet.
    stale: BTreeSet<TransactionId>,
    by_expiry: BTreeSet<(UnixMillis, TransactionId)>,
    /// Transactions that a charter lets pass from a time on, by that time.
    by_passing: BTreeSet<(UnixMillis, TransactionId)>,
    bounds: MempoolBounds,
    all: Room,
    parked: Room,
    /// Bytes of what waits only for a place in a block.
    untried_bytes: usize,
    arrivals: u64,
}

/// Waiting transactions that are looked at again after one change of head, and one more for each
/// entry of the state that changed: a slot must not go by meanwhile.
const RECHECKED_MAX: usize = 4096;

/// The head as the pool sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MempoolContext<'a> {
    /// The state after the head.
    pub(crate) state: &'a State,
    /// Rules for transactions.
    pub(crate) rules: &'a Rules,
    /// The time of the next block, if that is the earliest that can be, in milliseconds since 1970.
    pub(crate) block_time: UnixMillis,
    /// The time of the next block by the latest time that a clock in doubt allows; else
    /// `block_time`.
    pub(crate) block_time_max: UnixMillis,
}

impl MempoolContext<'_> {
    /// Checks whether the next block may hold a transaction, as far as its time is known
    /// (SPEC T-7).
    fn admits(&self, body: &Body) -> Result<(), ExpiryError> {
        let from = check_window(body, self.block_time, self.rules);
        let until = check_window(body, self.block_time_max, self.rules);
        match (from, until) {
            (Err(expired @ ExpiryError::Expired { .. }), _) => Err(expired),
            (_, Err(far @ ExpiryError::TooFarAhead { .. })) => Err(far),
            _ => Ok(()),
        }
    }

    /// Checks whether one transaction could fill what is left of the room for balances, tokens,
    /// charters or standings, or of the part of it that takes no deposit. Then what could be
    /// included a block ago need not be now, whatever it touches.
    fn is_nearly_full(&self) -> bool {
        let most = u64::try_from(ACTIONS_MAX).unwrap_or(u64::MAX);
        let priced = self.rules.growth.is_some_and(|growth| growth.deposit.is_some());
        let part = if priced { FREE_PART } else { 1 };
        let free = |max: u64| max.checked_div(part).unwrap_or_default();
        let left = |max: u64, count| free(max).saturating_sub(count) < most;
        let Counts { balances, tokens, charters, standings } = self.state.counts();
        let by_charters = self.rules.policies.is_some_and(|bounds| {
            left(bounds.charters_max, charters) || left(bounds.standings_max, standings)
        });
        left(self.rules.balances_max, balances)
            || left(self.rules.tokens_max, tokens)
            || by_charters
    }
}

/// The changes that a new head made to what waits.
#[derive(Debug, Default)]
pub(crate) struct PoolChanges {
    /// Transactions that can be included now (`None`), or no longer.
    pub(crate) rechecked: Vec<(TransactionId, Option<LedgerError>)>,
    /// Transactions that are no longer held, each with the reason.
    pub(crate) dropped: Vec<(TransactionId, DropReason)>,
}

impl Mempool {
    /// An empty pool of this size.
    pub(crate) fn new(bounds: MempoolBounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// Offers a transaction that the chain does not hold. If it could only be valid later it is
    /// parked or, without `park`, refused (SPEC P-2).
    pub(crate) fn admit(
        &mut self,
        transaction: Arc<CheckedTransaction>,
        ground: MempoolContext<'_>,
        park: bool,
        evicted: &mut Vec<TransactionId>,
    ) -> SubmitOutcome {
        if let Some(known) = self.entries.get(&transaction.id()) {
            return SubmitOutcome::Known(TransactionStatus::Pending(known.waits_for.clone()));
        }
        let body = &transaction.transaction().body;
        if let Err(error) = ground.admits(body) {
            return SubmitOutcome::Refused(error.into());
        }
        let waits_for = check(&transaction, ground).err();
        if let Some(error) =
            waits_for.clone().filter(|error| !(park && error.may_pass_until(body.expires_at)))
        {
            return SubmitOutcome::Refused(error.into());
        }
        let (payer, weight) = (payer(body, ground), transaction.weight());
        let parked = if waits_for.is_some() {
            self.parked.make(payer, weight, self.bounds.of_parked())
        } else {
            Some(Vec::new())
        };
        let victims = self.all.make(payer, weight, self.bounds.of_all());
        let (Some(victims), Some(parked)) = (victims, parked) else {
            return SubmitOutcome::Refused(Refusal::PoolFull);
        };
        for victim in victims.into_iter().chain(parked) {
            evicted.extend(self.remove(&victim).map(|_| victim));
        }
        self.arrivals = self.arrivals.saturating_add(1);
        let arrival = self.arrivals;
        let status = TransactionStatus::Pending(waits_for.clone());
        let (untried, watched) = (true, Vec::new());
        self.hook(Entry { transaction, waits_for, arrival, payer, untried, watched }, ground);
        SubmitOutcome::Accepted(status)
    }

    /// Takes out what the chain holds now, what has expired and what has become impossible, and
    /// looks again at whatever the changed entries concern.
    pub(crate) fn advance<'c>(
        &mut self,
        included: impl IntoIterator<Item = TransactionId>,
        changed: impl IntoIterator<Item = &'c Key>,
        ground: MempoolContext<'_>,
    ) -> PoolChanges {
        for id in included {
            self.remove(&id);
        }
        let mut changes =
            PoolChanges { dropped: self.expire(ground.block_time), ..Default::default() };
        for id in self.concerned(changed, ground) {
            self.recheck(id, ground, &mut changes);
        }
        changes
    }

    /// Marks all transactions to be looked at again, some now and the rest after the next changes.
    pub(crate) fn look_at_all_again(&mut self) {
        self.stale = self.entries.keys().copied().collect();
    }

    /// Chooses what to look at again now, in fair turns: whoever has much waiting keeps nobody else
    /// from being looked at. The rest is left for the next change.
    fn concerned<'c>(
        &mut self,
        changed: impl IntoIterator<Item = &'c Key>,
        ground: MempoolContext<'_>,
    ) -> BTreeSet<TransactionId> {
        let full = ground.is_nearly_full();
        let crowded: BTreeSet<_> = self.ready.iter().filter(|_| full).map(|(_, id)| *id).collect();
        let due: BTreeSet<_> = { self.by_passing.iter() }
            .take_while(|(from, _)| *from <= ground.block_time)
            .map(|(_, id)| *id)
            .collect();
        let mut queues: Vec<Box<dyn Iterator<Item = TransactionId> + '_>> = Vec::new();
        for key in changed {
            let ids = (*key, TransactionId::new([0; 32]))..=(*key, TransactionId::new([0xff; 32]));
            queues.push(Box::new(self.watchers.range(ids).map(|(_, id)| *id)));
        }
        for ids in [&self.restless, &crowded, &self.stale, &due] {
            queues.push(Box::new(ids.iter().copied()));
        }
        let mut now = BTreeSet::new();
        while now.len() < RECHECKED_MAX && !queues.is_empty() {
            queues.retain_mut(|queue| queue.next().map(|id| now.insert(id)).is_some());
        }
        self.stale = queues.into_iter().flatten().filter(|id| !now.contains(id)).collect();
        now
    }

    /// Puts what a leader could not include after all behind everything else.
    pub(crate) fn pass_over(&mut self, ids: &[TransactionId]) {
        for id in ids {
            let Some(entry) = self.entries.get_mut(id) else { continue };
            if !self.ready.remove(&(entry.arrival, *id)) {
                continue;
            }
            let (size, weight) = (entry.transaction.size(), entry.transaction.weight());
            if core::mem::take(&mut entry.untried) {
                self.untried_bytes = self.untried_bytes.saturating_sub(size);
            }
            self.all.remove(entry.payer, entry.arrival, weight);
            self.arrivals = self.arrivals.saturating_add(1);
            entry.arrival = self.arrivals;
            self.all.add(entry.payer, entry.arrival, *id, weight);
            self.ready.insert((entry.arrival, *id));
        }
    }

    /// Takes out what no later block can hold.
    pub(crate) fn expire(&mut self, block_time: UnixMillis) -> Vec<(TransactionId, DropReason)> {
        let mut dropped = Vec::new();
        while let Some((expires_at, id)) = self.by_expiry.first().copied() {
            if expires_at >= block_time {
                break;
            }
            self.remove(&id);
            dropped.push((id, DropReason::Expired));
        }
        dropped
    }

    /// The transactions that can be included now, in the order of arrival.
    pub(crate) fn ready(&self) -> impl Iterator<Item = &Arc<CheckedTransaction>> {
        let entries = self.ready.iter().filter_map(|(_, id)| self.entries.get(id));
        entries.map(|entry| &entry.transaction)
    }

    /// A waiting transaction.
    pub(crate) fn get(&self, id: &TransactionId) -> Option<&Arc<CheckedTransaction>> {
        self.entries.get(id).map(|entry| &entry.transaction)
    }

    /// Ids after this one, in increasing order.
    pub(crate) fn ids_after(
        &self,
        after: Option<TransactionId>,
    ) -> impl Iterator<Item = TransactionId> {
        use core::ops::Bound::{Excluded, Unbounded};
        self.entries.range((after.map_or(Unbounded, Excluded), Unbounded)).map(|(id, _)| *id)
    }

    /// Number of transactions that wait.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Number of transactions that cannot be included yet.
    pub(crate) fn parked(&self) -> usize {
        self.entries.len().saturating_sub(self.ready.len())
    }

    /// Bytes that the waiting transactions take in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.all.bytes()
    }

    /// Bytes of the transactions that wait only for a place in a block: they can be included now,
    /// and no leader here has tried them in vain.
    pub(crate) fn untried_bytes(&self) -> usize {
        self.untried_bytes
    }

    /// The bounds on how much may wait.
    pub(crate) fn bounds(&self) -> MempoolBounds {
        self.bounds
    }

    /// Bytes of the transactions that cannot be included yet.
    pub(crate) fn parked_bytes(&self) -> usize {
        self.parked.bytes()
    }

    /// The waiting transactions, each with whether it can be included now.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<CheckedTransaction>, bool)> {
        self.entries.values().map(|entry| (&entry.transaction, entry.waits_for.is_none()))
    }

    fn recheck(
        &mut self,
        id: TransactionId,
        ground: MempoolContext<'_>,
        changes: &mut PoolChanges,
    ) {
        let Some(entry) = self.entries.get(&id) else { return };
        let waits_for = check(&entry.transaction, ground).err();
        if waits_for == entry.waits_for {
            return;
        }
        let (payer, weight, was_ready) =
            (entry.payer, entry.transaction.weight(), entry.waits_for.is_none());
        let Some(entry) = self.remove(&id) else { return };
        let expires_at = entry.transaction.transaction().body.expires_at;
        let passes = |error: &LedgerError| error.may_pass_until(expires_at);
        if let Some(error) = waits_for.clone().filter(|error| !passes(error)) {
            changes.dropped.push((id, DropReason::Impossible(error.into())));
            return;
        }
        let max = self.bounds.of_parked();
        let fits = || self.parked.make(payer, weight, max).is_some_and(|out| out.is_empty());
        if was_ready && waits_for.is_some() && !fits() {
            changes.dropped.push((id, DropReason::Evicted));
            return;
        }
        changes.rechecked.push((id, waits_for.clone()));
        self.hook(Entry { waits_for, untried: true, ..entry }, ground);
    }

    fn hook(&mut self, mut entry: Entry, ground: MempoolContext<'_>) {
        let id = entry.transaction.id();
        let body = &entry.transaction.transaction().body;
        entry.watched = watched(body, entry.waits_for.as_ref(), ground);
        // Actions and clauses name the same entries again and again.
        entry.watched.sort_unstable();
        entry.watched.dedup();
        entry.watched.shrink_to_fit();
        for key in &entry.watched {
            self.watchers.insert((*key, id));
        }
        let for_room = LedgerError::is_for_room;
        if entry.waits_for.as_ref().is_some_and(for_room) || turns_with_time(body, ground) {
            self.restless.insert(id);
        }
        if let Some(from) = entry.passes_at() {
            self.by_passing.insert((from, id));
        }
        self.by_expiry.insert((body.expires_at, id));
        let (size, weight) = (entry.transaction.size(), entry.transaction.weight());
        self.all.add(entry.payer, entry.arrival, id, weight);
        if entry.waits_for.is_some() {
            self.parked.add(entry.payer, entry.arrival, id, weight);
        } else {
            self.ready.insert((entry.arrival, id));
            self.untried_bytes = self.untried_bytes.saturating_add(size);
        }
        self.entries.insert(id, entry);
    }

    fn remove(&mut self, id: &TransactionId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        let body = &entry.transaction.transaction().body;
        let (size, weight) = (entry.transaction.size(), entry.transaction.weight());
        self.by_expiry.remove(&(body.expires_at, *id));
        self.ready.remove(&(entry.arrival, *id));
        self.restless.remove(id);
        if let Some(from) = entry.passes_at() {
            self.by_passing.remove(&(from, *id));
        }
        self.stale.remove(id);
        self.all.remove(entry.payer, entry.arrival, weight);
        if entry.waits_for.is_some() {
            self.parked.remove(entry.payer, entry.arrival, weight);
        } else if entry.untried {
            self.untried_bytes = self.untried_bytes.saturating_sub(size);
        }
        for key in &entry.watched {
            self.watchers.remove(&(*key, *id));
        }
        Some(entry)
    }
}

/// Checks whether the head's state allows a transaction by itself.
fn check(transaction: &CheckedTransaction, ground: MempoolContext<'_>) -> Result<(), LedgerError> {
    let mut overlay = Overlay::new(ground.state);
    let body = &transaction.transaction().body;
    apply_transaction(&mut overlay, ground.rules, ground.block_time, body)
}

#[cfg(test)]
mod tests;
