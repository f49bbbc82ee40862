//! Fetching waiting transactions that gossip did not bring (SPEC P-4).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::Engine;
use super::event::SyncState;
use super::exchange::{PeerRef, Question};
use super::peers::Asked;
use crate::blame::Offence;
use crate::bounded::Bounded;
use crate::chain::{ChainReader, Via};
use crate::hash::TransactionId;
use crate::limits::IDS_MAX;
use crate::transaction::CheckedTransaction;
use crate::wire::Request;

/// Interval at which peers are asked what waits, in slots.
const WAITING_SLOTS: u64 = 8;
/// Pages of ids that are fetched in one round; the next round goes on from there.
const PAGES_MAX: u32 = 4;

impl<R: ChainReader> Engine<R> {
    /// Asks peers of this network for the ids of what waits, when it is time.
    pub(super) fn ask_for_waiting(&mut self) {
        let flooded = self.pace.backlog(self.pool.untried_bytes()).is_flooded;
        if flooded || matches!(self.standing.sync, SyncState::Syncing { .. }) {
            return;
        }
        let uptime = self.now.uptime;
        let is_waiting =
            |asked: &Asked| matches!(asked, Asked::Waiting(_) | Asked::Transactions(_));
        let due = self
            .peers
            .iter()
            .filter(|(_, known)| known.status.is_some() && known.next_waiting <= uptime);
        let due: Vec<_> = due
            .map(|(peer, known)| (peer, known.waiting_after))
            .filter(|(peer, _)| !self.peers.is_asking(*peer, is_waiting))
            .collect();
        for (peer, after) in due {
            self.ask(peer, Question::Request(Request::Waiting { after }), Asked::Waiting(after));
            self.wait_a_round(peer);
        }
    }

    pub(super) fn on_waiting(
        &mut self,
        peer: PeerRef,
        after: Option<TransactionId>,
        ids: &[TransactionId],
    ) {
        if after >= ids.first().copied() && !ids.is_empty() {
            return self.charge(peer, Offence::WrongAnswer, "ids that were not asked for");
        }
        let uptime = self.now.uptime;
        let Some(known) = self.peers.get_mut(peer) else { return };
        let full = ids.len() == IDS_MAX;
        known.waiting_after = ids.last().copied().filter(|_| full);
        known.waiting_pages = known.waiting_pages.saturating_add(1);
        if full && known.waiting_pages < PAGES_MAX {
            known.next_waiting = uptime;
        } else {
            known.waiting_pages = 0;
        }
        let Some(known) = self.peers.iter().find(|(one, _)| *one == peer).map(|(_, known)| known)
        else {
            return;
        };
        let missing: BTreeSet<_> = ids
            .iter()
            .filter(|id| self.pool.get(id).is_none() && !known.is_useless(id))
            .filter(|id| self.chain.included(id, &self.reader).is_none())
            .copied()
            .collect();
        if missing.is_empty() {
            return;
        }
        let ids = Bounded::first_of(missing.iter().copied());
        let question = Question::Request(Request::Transactions { ids });
        self.ask(peer, question, Asked::Transactions(missing));
    }

    pub(super) fn on_transactions(
        &mut self,
        peer: PeerRef,
        asked: &BTreeSet<TransactionId>,
        transactions: Vec<CheckedTransaction>,
    ) {
        if transactions.iter().any(|transaction| !asked.contains(&transaction.id())) {
            return self.charge(peer, Offence::WrongAnswer, "transactions that were not asked for");
        }
        self.take_from_peer(transactions, peer, Via::Sync);
    }

    fn wait_a_round(&mut self, peer: PeerRef) {
        let next = self.now.uptime.saturating_add(self.slots_ms(WAITING_SLOTS));
        if let Some(known) = self.peers.get_mut(peer) {
            known.next_waiting = next;
        }
    }
}
