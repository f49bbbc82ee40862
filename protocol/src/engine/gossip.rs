//! News from peers: transactions and blocks (SPEC X-3).

use alloc::boxed::Box;
use alloc::string::ToString;

use super::Engine;
use super::effect::Effect;
use super::event::Event;
use super::exchange::{GossipToken, PeerRef};
use crate::blame::{Offence, Verdict};
use crate::block::CheckedBlock;
use crate::chain::{ChainReader, Inserted, LinkError, Via};
use crate::hash::{AuthoritiesHash, BlockHash};
use crate::limits::{FUTURE_SLOTS_MAX, GOSSIP_BLOCKS_PER_SLOT};
use crate::units::Slot;
use crate::validate::{CheckedGossip, Rejection};

/// Milliseconds by which a block may come early and still count as in time: clocks differ a little.
const EARLY_MS_MAX: i64 = 500;
/// Slots of which the blocks that came by gossip are counted.
pub(super) const COUNTED_SLOTS: usize = 4096;

/// A block whose slot has not begun (SPEC B-9).
#[derive(Debug)]
pub(super) struct HeldBlock {
    block: Box<CheckedBlock>,
    peer: PeerRef,
}

impl<R: ChainReader> Engine<R> {
    pub(super) fn on_gossip(
        &mut self,
        peer: PeerRef,
        token: GossipToken,
        message: Result<CheckedGossip, Rejection>,
    ) {
        if let Some(known) = self.peers.get_mut(peer) {
            known.was_heard();
        }
        let verdict = match message {
            Ok(CheckedGossip::Transactions(batch)) => {
                match self.take_from_peer(batch, peer, Via::Gossip) {
                    true => Verdict::Accept,
                    false => Verdict::Ignore,
                }
            }
            Ok(CheckedGossip::Block(block)) => self.on_block(peer, block),
            Ok(CheckedGossip::Ballot(ballot)) => self.on_ballot(&ballot),
            Ok(CheckedGossip::OfUnknown { previous, authorities }) => {
                self.on_block_of_unknown(peer, &previous, &authorities)
            }
            Ok(CheckedGossip::Uncertified { previous, known, rejection }) => {
                let is_all = known.is_same(self.known_authorities());
                if is_all && self.chain.knows(&previous, &self.reader) {
                    self.charge_for(peer, rejection);
                    Verdict::Reject
                } else {
                    self.on_unplaced(peer)
                }
            }
            Err(rejection) => {
                self.charge_for(peer, rejection);
                Verdict::Reject
            }
        };
        self.out.push(Effect::Judge { token, verdict });
    }

    /// Takes in blocks whose slot has come.
    pub(super) fn release_held(&mut self) {
        while let Some(entry) = self.held.first_entry() {
            let early = self.spec.slot_time(*entry.key()).since(self.now.wall);
            if i64::try_from(early).unwrap_or(i64::MAX) > EARLY_MS_MAX {
                return;
            }
            let HeldBlock { block, peer } = entry.remove();
            self.watch_slot(block.verified_header());
            self.link_block(peer, *block);
        }
    }

    fn on_block(&mut self, peer: PeerRef, block: Box<CheckedBlock>) -> Verdict {
        let (hash, slot) = (block.hash(), block.header().slot);
        let since = self.since_slot_ms(slot);
        self.hear(block.verified_header());
        let fresh = slot > self.clock.newest;
        // Old news that waited somewhere while this node was away says nothing about its clock.
        let timely = since < 0 || self.standing.is_current;
        let leader = block.header().leader(self.known_authorities()).copied();
        if let Some(leader) = leader.filter(|leader| Some(*leader) != self.own_key)
            && fresh
            && timely
        {
            self.clock.note(leader, since, self.now.uptime);
        }
        if since < EARLY_MS_MAX.saturating_neg() {
            let near = slot <= self.slot_now().saturating_add(FUTURE_SLOTS_MAX);
            if near && self.held.len() <= usize::try_from(FUTURE_SLOTS_MAX).unwrap_or(usize::MAX) {
                self.held.entry(slot).or_insert(HeldBlock { block, peer });
            }
            return Verdict::Ignore;
        }
        self.watch_slot(block.verified_header());
        if self.is_surplus(slot, &hash) {
            return Verdict::Ignore;
        }
        self.link_block(peer, *block)
    }

    /// Hangs a block on the tree, if its place is there.
    fn link_block(&mut self, peer: PeerRef, block: CheckedBlock) -> Verdict {
        let (hash, height, slot) = (block.hash(), block.header().height, block.header().slot);
        let set = self.known_authorities().named(&block.header().authorities);
        let turn = set.map_or(0, |set| set.turn(slot));
        match self.chain.insert_block(block, Via::Gossip, &self.reader) {
            Ok(Inserted::New) => {
                let seen = self.gossiped.entry(slot).or_default();
                seen.push(hash);
                while self.gossiped.len() > COUNTED_SLOTS {
                    self.gossiped.pop_first();
                }
                if height <= self.chain.head().height {
                    self.pace.forked(slot);
                    self.report(Event::BlockSide { hash, height, slot, turn });
                }
                Verdict::Accept
            }
            Ok(Inserted::Known) => Verdict::Ignore,
            Err(LinkError::UnknownParent) => self.on_unplaced(peer),
            // It comes too late, and nobody is to blame.
            Err(LinkError::OffFinal) => Verdict::Ignore,
            Err(error @ LinkError::InvalidParent) => {
                let reason = error.to_string();
                self.report(Event::BlockRejected { hash: Some(hash), reason, peer: None });
                Verdict::Ignore
            }
            Err(
                error @ (LinkError::Broken { .. }
                | LinkError::Authorities
                | LinkError::Certificate
                | LinkError::Change),
            ) => {
                let reason = error.to_string();
                self.report(Event::BlockRejected {
                    hash: Some(hash),
                    reason: reason.clone(),
                    peer: Some(peer),
                });
                self.charge(peer, Offence::BrokenLink, reason);
                Verdict::Reject
            }
        }
    }

    /// A block of authorities that were not known when it was checked. Those after a known block
    /// are, unless what led to them came meanwhile.
    fn on_block_of_unknown(
        &mut self,
        peer: PeerRef,
        previous: &BlockHash,
        authorities: &AuthoritiesHash,
    ) -> Verdict {
        let came_since = self.known_authorities().named(authorities).is_some();
        if came_since || !self.chain.knows(previous, &self.reader) {
            return self.on_unplaced(peer);
        }
        let finalized = self.chain.finalized().hash;
        if !self.chain.descends(previous, &finalized, &self.reader) {
            return Verdict::Ignore;
        }
        self.charge(peer, Offence::BrokenLink, LinkError::Authorities);
        Verdict::Reject
    }

    /// A block of which what is below is missing: its sender may be ahead of this node, so let it
    /// say where it stands, and fetch from there.
    fn on_unplaced(&mut self, peer: PeerRef) -> Verdict {
        if let Some(known) = self.peers.get_mut(peer) {
            known.next_status = known.next_status.min(self.now.uptime);
        }
        Verdict::Ignore
    }

    /// Checks whether enough other blocks of this slot came by gossip (SPEC C-2).
    fn is_surplus(&self, slot: Slot, hash: &BlockHash) -> bool {
        let oldest = self.gossiped.first_key_value().map(|(oldest, _)| *oldest).unwrap_or_default();
        if self.gossiped.len() >= COUNTED_SLOTS && slot < oldest {
            // It could not be counted, and so there could be any number of them.
            return true;
        }
        let seen = self.gossiped.get(&slot);
        seen.is_some_and(|seen| seen.len() >= GOSSIP_BLOCKS_PER_SLOT && !seen.contains(hash))
    }

    /// Checks whether this node is the leader of a slot.
    pub(super) fn is_own(&self, slot: Slot) -> bool {
        self.own_key.is_some_and(|key| key == *self.authorities().leader(slot))
    }
}
