//! Two blocks of one slot, and who signed them (SPEC C-5).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use super::Engine;
use super::effect::Effect;
use super::event::Event;
use super::settings::{Authority, Stop, StopCause};
use crate::block::{SignedHeader, VerifiedHeader};
use crate::chain::ChainReader;
use crate::evidence::Evidence;
use crate::hash::BlockHash;
use crate::keys::PublicKey;
use crate::signed_slots::SignedSlots;
use crate::units::{Slot, UnixMillis};

/// Slots of a leader of which a header is remembered, to be compared with another one of those.
const WATCHED_MAX: usize = 1024;

/// The first blocks of a process, which it signs somewhat later than it could.
const SCATTERED_MAX: u64 = 8;
/// Divisor of a slot for the longest delay of those.
const SCATTER_PART: u64 = 4;

/// The newest slots, and what was signed for them.
#[derive(Debug)]
pub(super) struct SlotWatch {
    /// The first header of each slot and leader; another branch may have another leader.
    seen: BTreeMap<(Slot, PublicKey), First>,
    /// The blocks that this process signed.
    own: BTreeMap<Slot, BlockHash>,
    /// Slots that the key signed for before this process began.
    before: SignedSlots,
}

/// The first header of a leader for a slot; once there was another one, `None`.
#[derive(Debug)]
struct First(Option<(BlockHash, Box<SignedHeader>)>);

impl SlotWatch {
    pub(super) fn new(authority: Option<&Authority>) -> Self {
        let before = authority.map(|one| one.signed.clone()).unwrap_or_default();
        Self { seen: BTreeMap::new(), own: BTreeMap::new(), before }
    }

    /// Notes that this node signs a block.
    pub(super) fn signed(&mut self, key: PublicKey, header: &VerifiedHeader) {
        let slot = header.header().slot;
        self.own.insert(slot, header.hash());
        if self.own.len() > WATCHED_MAX {
            self.own.pop_first();
        }
        self.note(key, header);
    }

    /// Notes a header; gives back the first that its leader signed for the slot if that is another
    /// one, once.
    fn note(&mut self, leader: PublicKey, header: &VerifiedHeader) -> Option<Box<SignedHeader>> {
        let (slot, hash) = (header.header().slot, header.hash());
        let full = self.seen.len() >= WATCHED_MAX;
        if full && self.seen.first_key_value().is_some_and(|((oldest, _), _)| slot < *oldest) {
            return None;
        }
        let new = || First(Some((hash, Box::new(header.signed().clone()))));
        let known = self.seen.entry((slot, leader)).or_insert_with(new);
        let other = known.0.take_if(|(first, _)| *first != hash);
        if self.seen.len() > WATCHED_MAX {
            self.seen.pop_first();
        }
        other.map(|(_, first)| first)
    }

    /// Checks whether the key counts as having signed for a slot before this process began.
    pub(super) fn was_signed_before(&self, slot: Slot) -> bool {
        self.before.contains(slot)
    }

    /// Checks whether a block of this node's key cannot be this node's: it was signed since the
    /// start.
    fn is_foreign(&self, slot: Slot, hash: &BlockHash) -> bool {
        let forgotten = self.own.len() >= WATCHED_MAX
            && self.own.first_key_value().is_some_and(|(oldest, _)| slot < *oldest);
        self.own.get(&slot) != Some(hash) && !forgotten && !self.before.contains(slot)
    }
}

/// A number that two processes have in common only by chance: splitmix64 (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014).
fn scattered(start: UnixMillis, block: u64) -> u64 {
    let mixed = start.get().wrapping_add(block.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl<R: ChainReader> Engine<R> {
    /// Notices who signs twice for a slot, and who else signs with this node's key.
    pub(super) fn watch_slot(&mut self, header: &VerifiedHeader) {
        let (slot, hash) = (header.header().slot, header.hash());
        let leader = header.header().leader(self.known_authorities()).copied();
        let Some(leader) = leader else { return };
        if let Some(first) = self.slots.note(leader, header) {
            let headers = [*first, header.signed().clone()];
            self.report(Event::DoubleSigned { leader, headers: Box::new(headers.clone()) });
            self.note_evidence(Evidence::of_headers(leader, headers, self.spec.chain()));
        }
        let since_start = slot > self.start_slot();
        let is_own = Some(leader) == self.own_key;
        if !is_own || !since_start || !self.slots.is_foreign(slot, &hash) {
            return;
        }
        self.stop_for_twin(slot, hash);
    }

    /// Stops the signer: another process has its key, as this block or a ballot for it shows.
    pub(super) fn stop_for_twin(&mut self, slot: Slot, hash: BlockHash) {
        let Some(authority) = &mut self.settings.authority else { return };
        if authority.stop.is_none() {
            let stop = Stop { cause: StopCause::Twin, slot, hash };
            authority.stop = Some(stop);
            self.out.push(Effect::StopSigning(stop));
            self.report(Event::SigningStopped(stop));
        }
    }

    /// Time of day from which this process may sign for a slot, if it may (SPEC C-5).
    ///
    /// A memory that is a copy, or damaged, misses nothing later than the start; a key that has
    /// signed before listens for a turn, in which another process would show itself if there is
    /// anything to write; and of the first blocks that two processes sign for the same slots each
    /// leaves at an instant of its own.
    pub(super) fn signs_from(&self, slot: Slot) -> Option<UnixMillis> {
        let listens = u64::from(self.slots.before != SignedSlots::default());
        let since = slot.checked_since(self.start_slot()).filter(|since| *since > 0)?;
        since.saturating_sub(1).checked_div(self.round())?.checked_sub(listens)?;
        let block = u64::try_from(self.slots.own.len()).unwrap_or(u64::MAX);
        let scatter = self.slots_ms(1).checked_div(SCATTER_PART).filter(|_| block < SCATTERED_MAX);
        let by =
            scatter.and_then(|most| scattered(self.trust.start_time(), block).checked_rem(most));
        Some(self.spec.slot_time(slot).saturating_add(by.unwrap_or(0)))
    }

    /// Checks whether this process has heard enough since it began to sign votes and commits
    /// (SPEC F-7).
    pub(super) fn has_listened(&self) -> bool {
        let listens = u64::from(self.slots.before != SignedSlots::default());
        let silent = listens.saturating_mul(self.round());
        self.slot_now().since(self.start_slot()) > silent
    }

    /// The slot in which this process began.
    pub(super) fn start_slot(&self) -> Slot {
        self.spec.slot_at(self.trust.start_time()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_processes_that_begin_together_one_is_heard_first() {
        // SPEC C-5. Slots of 500 ms; 40 ms are enough for a block of another machine to arrive.
        let wait = |start, block| scattered(start, block) % (500 / SCATTER_PART);
        let apart = |start: UnixMillis, other| {
            (0..SCATTERED_MAX).any(|block| wait(start, block).abs_diff(wait(other, block)) > 40)
        };
        let began = 1_800_000_000_000;
        let close = (began..began + 1_000)
            .filter(|start| !apart(UnixMillis::new(*start), UnixMillis::new(start + 1)))
            .count();
        assert!(close < 20, "{close} of 1,000 pairs are never apart");
    }
}
