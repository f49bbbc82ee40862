//! Two blocks of one slot, and who signed them (SPEC C-5).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use super::Engine;
use super::action::Action;
use super::event::Event;
use super::reader::ChainReader;
use super::settings::{Authority, Twin};
use crate::block::{CheckedHeader, SignedHeader};
use crate::hash::BlockHash;
use crate::signed_slots::SignedSlots;

/// Slots of which a header is remembered, to be compared with another one of the same slot.
const WATCHED_MAX: usize = 1024;

/// The newest slots, and what was signed for them.
#[derive(Debug)]
pub(super) struct SlotWatch {
    /// The first header that was seen of a slot; once there was another one, `None`.
    seen: BTreeMap<u64, Option<(BlockHash, Box<SignedHeader>)>>,
    /// The blocks that this process signed.
    own: BTreeMap<u64, BlockHash>,
    /// What the key signed for before this process began.
    before: SignedSlots,
}

impl SlotWatch {
    pub(super) fn new(authority: Option<&Authority>) -> Self {
        let before = authority.map(|one| one.signed.clone()).unwrap_or_default();
        Self { seen: BTreeMap::new(), own: BTreeMap::new(), before }
    }

    /// This node signs a block.
    pub(super) fn signed(&mut self, header: &CheckedHeader) {
        let slot = header.header().slot;
        self.own.insert(slot, header.hash());
        if self.own.len() > WATCHED_MAX {
            self.own.pop_first();
        }
        self.note(header);
    }

    /// Notes a header; gives back the first of its slot if that is another one, once.
    fn note(&mut self, header: &CheckedHeader) -> Option<Box<SignedHeader>> {
        let (slot, hash) = (header.header().slot, header.hash());
        let full = self.seen.len() >= WATCHED_MAX;
        if full && self.seen.first_key_value().is_some_and(|(oldest, _)| slot < *oldest) {
            return None;
        }
        let new = || Some((hash, Box::new(header.signed().clone())));
        let known = self.seen.entry(slot).or_insert_with(new);
        let other = known.take_if(|(first, _)| *first != hash);
        if self.seen.len() > WATCHED_MAX {
            self.seen.pop_first();
        }
        other.map(|(_, first)| first)
    }

    /// Whether a block of this node's key cannot be this node's: it was signed since the start.
    fn is_foreign(&self, slot: u64, hash: &BlockHash) -> bool {
        let forgotten = self.own.len() >= WATCHED_MAX
            && self.own.first_key_value().is_some_and(|(oldest, _)| slot < *oldest);
        self.own.get(&slot) != Some(hash) && !forgotten && !self.before.contains(slot)
    }
}

impl<R: ChainReader> Engine<R> {
    /// Notices who signs twice for a slot, and who else signs with this node's key.
    pub(super) fn watch_slot(&mut self, header: &CheckedHeader) {
        let (slot, hash) = (header.header().slot, header.hash());
        if let Some(first) = self.slots.note(header) {
            let leader = *self.network.leader(slot);
            let headers = Box::new([*first, header.signed().clone()]);
            self.report(Event::DoubleSigned { leader, headers });
        }
        let since_start = slot > self.start_slot();
        if !self.is_own(slot) || !since_start || !self.slots.is_foreign(slot, &hash) {
            return;
        }
        let Some(authority) = &mut self.settings.authority else { return };
        if authority.twin.is_none() {
            let twin = Twin { slot, hash };
            authority.twin = Some(twin);
            self.out.push(Action::StopSigning(twin));
            self.report(Event::SigningStopped(twin));
        }
    }

    /// The last slot in which this process signs nothing because it began so lately (SPEC C-5):
    /// a memory that is a copy, or damaged, misses nothing later than the start; and a key that
    /// has signed before listens for a turn, in which another process would show itself.
    pub(super) fn silent_up_to(&self) -> u64 {
        let listens = self.slots.before != SignedSlots::default();
        let turn = if listens { self.round() } else { 0 };
        self.start_slot().saturating_add(turn)
    }

    /// The slot in which this process began.
    pub(super) fn start_slot(&self) -> u64 {
        self.network.slot_at(self.trust.start_time()).unwrap_or(0)
    }
}
