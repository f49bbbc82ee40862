//! Events from what the engine and the network report.

use std::collections::BTreeSet;
use std::sync::Arc;

use coinage_model::event::{
    BlockEvent, CharterChange, CharterEvent, EventJson, EventKind, FinalEvent, PeerChange,
    PeerEvent, ReorgEvent, TransactionEvent,
};
use coinage_protocol::engine::{Batch, Event, LinkedBlock};
use coinage_protocol::{
    Action, Address, CheckedBlock, CheckedTransaction, DropReason, ReorgRecord, Symbol, Tip,
    TransactionStatus,
};

use super::{Events, Inner, Joined};
use crate::node_state::{Peer, Waiting};

impl Events {
    /// Notes what a batch takes off the chain, to be told with its reorg once it is on disk.
    pub(crate) fn expect(&self, batch: &Batch) {
        if batch.reorg.is_some() {
            self.lock().leaving.push_back(batch.reverted.clone());
        }
    }

    /// Tells what the engine reports, which is on disk and in what the node shows already. `gone`
    /// is the transaction of a drop.
    #[deny(clippy::wildcard_enum_match_arm)]
    pub(crate) fn report(&self, event: &Event, gone: Option<&Waiting>) {
        let mut inner = self.lock();
        match event {
            Event::BlockImported { block, authorities, via, delay_ms } => {
                let (block, authorities) = (Arc::clone(block), authorities.clone());
                let joined = Joined { block, authorities, via: *via, delay_ms: *delay_ms };
                let block = &joined.block;
                if block.header().previous == inner.head.hash && inner.replacing.is_empty() {
                    self.joined(&mut inner, &joined);
                    self.head(&mut inner, tip(block));
                } else {
                    inner.replacing.push(joined);
                }
            }
            Event::Reorg(record) => self.reorg(&mut inner, record),
            Event::TransactionAccepted { transaction, via, waits_for } => {
                let status = TransactionStatus::Pending(waits_for.clone());
                let told = TransactionEvent {
                    via: Some((*via).into()),
                    ..TransactionEvent::new(transaction.id(), &status, &self.spec)
                };
                transaction_event(&mut inner, accounts(transaction), told);
            }
            Event::TransactionDropped { reason, .. } => {
                let Some(gone) = gone else { return };
                self.dropped(&mut inner, &gone.transaction, reason);
            }
            Event::TransactionLost { transaction, reason } => {
                self.dropped(&mut inner, transaction, reason);
            }
            Event::BlockFinal { tip, before, delay_ms } => {
                let (tip, after) = (self.tip(tip), before.height.get());
                let told = EventJson::Final(FinalEvent { tip, after, delay_ms: *delay_ms });
                inner.push(EventKind::Final, Box::default(), &told);
            }
            Event::FinalityConflict(conflict) => {
                let told = EventJson::Conflict((&**conflict).into());
                inner.push(EventKind::Conflict, Box::default(), &told);
            }
            Event::EvidenceFound(checked) => {
                let told = EventJson::Evidence(Box::new((&**checked).into()));
                inner.push(EventKind::Evidence, Box::default(), &told);
            }
            Event::BlockSide { .. }
            | Event::BlockRejected { .. }
            | Event::Misbehaviour { .. }
            | Event::TransactionRechecked { .. }
            | Event::TransactionRejected { .. }
            | Event::SyncStarted { .. }
            | Event::SyncProgress { .. }
            | Event::SyncDone { .. }
            | Event::GossipSilent { .. }
            | Event::PeerStatus { .. }
            | Event::ClockSkewed { .. }
            | Event::ClockFine
            | Event::ClockAbsurd { .. }
            | Event::ChangeWaits { .. }
            | Event::Authorities { .. }
            | Event::DoubleSigned { .. }
            | Event::VotedTwice { .. }
            | Event::FinalInvalid(_)
            | Event::SigningStopped(_) => return,
        }
        self.grown.send_replace(inner.ring.last());
    }

    /// Tells what happened with a peer.
    pub(crate) fn peer(&self, shown: &Peer, change: PeerChange, reason: Option<&str>) {
        let told = EventJson::Peer(PeerEvent {
            peer_id: shown.peer_id.clone(),
            address: shown.address.clone(),
            inbound: shown.inbound,
            change,
            reason: reason.map(Into::into),
        });
        let mut inner = self.lock();
        inner.push(EventKind::Peer, Box::default(), &told);
        self.grown.send_replace(inner.ring.last());
    }

    fn joined(&self, inner: &mut Inner, joined: &Joined) {
        let Joined { block, authorities, via, delay_ms } = joined;
        let told = BlockEvent::new((block, authorities), *via, *delay_ms, &self.spec);
        inner.push(EventKind::Block, Box::default(), &EventJson::Block(told));
        let at = tip(block);
        let status = TransactionStatus::Included(at);
        for one in block.transactions() {
            inner.chartered.extend(created(one));
            let told = TransactionEvent::new(one.id(), &status, &self.spec);
            transaction_event(inner, accounts(one), told);
            self.charter_event(inner, one, CharterChange::Included, &at);
        }
    }

    fn left(&self, inner: &mut Inner, block: &CheckedBlock) {
        let at = tip(block);
        for one in block.transactions() {
            let told = TransactionEvent::reverted(one.id(), self.tip(&at));
            transaction_event(inner, accounts(one), told);
            self.charter_event(inner, one, CharterChange::Reverted, &at);
        }
        // On another branch a token of the same symbol may have no charter.
        for token in block.transactions().iter().flat_map(created) {
            inner.chartered.remove(&token);
        }
    }

    /// Tells what a transaction does by charters, if it does anything.
    fn charter_event(
        &self,
        inner: &mut Inner,
        one: &CheckedTransaction,
        status: CharterChange,
        at: &Tip,
    ) {
        let body = &one.transaction().body;
        let mut actions =
            body.actions.iter().filter(|action| is_by_charter(action, &inner.chartered)).peekable();
        if actions.peek().is_some() {
            let told = CharterEvent::new((one.id(), body.sender), status, self.tip(at), actions);
            inner.push(EventKind::Charter, accounts(one), &EventJson::Charter(told));
        }
    }

    fn reorg(&self, inner: &mut Inner, record: &ReorgRecord) {
        let told = ReorgEvent::new(record, &self.spec);
        inner.push(EventKind::Reorg, Box::default(), &EventJson::Reorg(told));
        let leaving = inner.leaving.pop_front().unwrap_or_default();
        // What the ring would not keep is not worth writing down: whoever follows is told to look
        // anew. There are at least so many events: those of charters come besides.
        let ends = leaving.iter().map(|linked| linked.block.transactions().len());
        let joins = inner.replacing.iter().map(|one| one.block.transactions().len() + 1);
        inner.ring.expect(ends.chain(joins).sum());
        for LinkedBlock { block, .. } in &leaving {
            self.left(inner, block);
        }
        for joined in std::mem::take(&mut inner.replacing) {
            self.joined(inner, &joined);
        }
        self.head(inner, record.new_head);
    }

    fn dropped(&self, inner: &mut Inner, gone: &CheckedTransaction, reason: &DropReason) {
        let status = reason.clone().into();
        let told = TransactionEvent::new(gone.id(), &status, &self.spec);
        transaction_event(inner, accounts(gone), told);
    }

    fn head(&self, inner: &mut Inner, head: Tip) {
        inner.head = head;
        let told = EventJson::Head(self.tip(&head));
        inner.push(EventKind::Head, Box::default(), &told);
    }
}

fn transaction_event(inner: &mut Inner, accounts: Box<[Address]>, told: TransactionEvent) {
    inner.push(EventKind::Transaction, accounts, &EventJson::Transaction(told));
}

/// Tokens that a transaction creates with a charter.
fn created(transaction: &CheckedTransaction) -> impl Iterator<Item = Symbol> {
    transaction.transaction().body.actions.iter().filter_map(|action| match action {
        Action::CreateWithCharter(charter) => Some(charter.token),
        _ => None,
    })
}

/// True for what is done by a charter; a mint or a burn only is if its token has one.
fn is_by_charter(action: &Action, chartered: &BTreeSet<Symbol>) -> bool {
    match action {
        Action::CreateWithCharter(_)
        | Action::Draw { .. }
        | Action::Claim { .. }
        | Action::SetRole { .. }
        | Action::SetFrozen { .. }
        | Action::Move { .. }
        | Action::HandOver { .. }
        | Action::Amend { .. } => true,
        // A burn may repay a debt.
        Action::Mint { token, .. } | Action::Burn { token, .. } => chartered.contains(token),
        Action::CreateToken(_) | Action::Transfer { .. } | Action::SetIssuer { .. } => false,
    }
}

fn accounts(transaction: &CheckedTransaction) -> Box<[Address]> {
    transaction.transaction().body.touched().into_iter().collect()
}

fn tip(block: &CheckedBlock) -> Tip {
    let header = block.header();
    Tip { height: header.height, slot: header.slot, hash: block.hash() }
}
