//! Learning: from ballots to certificates, and from those to the final block (SPEC F-3, F-8).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::Engine;
use super::super::effect::Effect;
use super::super::event::Event;
use crate::authority::{AuthoritySet, quorum};
use crate::chain::{Batch, ChainReader, Finalized, News, Tip};
use crate::finality::{Ballot, Certificate, NamedCertificate, Phase};
use crate::hash::BlockHash;
use crate::keys::PublicKey;
use crate::units::Slot;

impl<R: ChainReader> Engine<R> {
    /// Looks at the blocks that came, and at the certificates in their headers.
    pub(super) fn take_news(&mut self) {
        let News { arrived, certificates } = self.chain.take_news();
        let slot = self.slot_now();
        let noted = self.finality.noted.get(&slot).copied();
        for ranked in arrived {
            let is_candidate = ranked.tip.slot == slot && noted.is_some_and(|head| ranked > head);
            if is_candidate && self.finality.arrived.len() < super::sign::CANDIDATES_MAX {
                self.finality.arrived.push(ranked.tip);
            }
            self.look_at_votes_for((ranked.tip.slot, ranked.tip.hash));
        }
        for certificate in certificates {
            let set = self.chain.set_of(&certificate.block, &self.reader).cloned();
            set.iter().for_each(|set| self.hear_signers(&certificate, set));
            self.take_certificate(certificate);
        }
        let held: Vec<_> = self.finality.held.values().cloned().collect();
        for shown in held {
            let Certificate { slot, block, .. } = &shown.certificate;
            let is_passed = *slot <= self.chain.finalized().slot;
            if is_passed || self.chain.place_of(block, &self.reader).is_some() {
                self.finality.held.remove(&shown.certificate.phase);
                self.learn(shown);
            }
        }
    }

    /// Notes the head a quarter of a slot before the next one begins (SPEC F-5).
    pub(super) fn note_head(&mut self) {
        let (now, next) = (self.slot_now(), self.slot_now().saturating_add(1));
        // After a step of the clock it may be one far ahead.
        self.finality.noted.retain(|slot, _| *slot == now || *slot == next);
        if self.finality.arrived.first().is_some_and(|first| first.slot != now) {
            self.finality.arrived.clear();
        }
        if self.now.wall >= self.notes_at() {
            self.finality.noted.entry(next).or_insert_with(|| self.chain.ranked_head());
        }
    }

    /// Forgets certificates of slots before this one, but for the newest: without it whoever is
    /// locked there waits for ever (SPEC F-9).
    pub(super) fn forget_certified(&mut self, oldest: Slot) {
        let newest = self.finality.certified.keys().next_back().copied();
        self.finality.certified.retain(|place, _| place.0 >= oldest || Some(*place) == newest);
    }

    /// Finds the blocks that a quorum has voted for or committed since.
    pub(super) fn certify(&mut self) {
        // While authorities change, blocks above the final one are of sets that differ by one.
        let at_least = quorum(self.authorities().len().saturating_sub(1));
        let finalized = self.chain.finalized().slot;
        for phase in Phase::ALL {
            let counted = self.finality.tally.with_ballots(phase, finalized, at_least);
            let counted: Vec<_> = counted.collect();
            for place in counted {
                let is_new =
                    phase == Phase::Commit || !self.finality.certified.contains_key(&place);
                let set = self.chain.set_of(&place.1, &self.reader).filter(|_| is_new);
                let found = set.and_then(|set| self.finality.tally.certificate(phase, place, set));
                found.into_iter().for_each(|certificate| self.take_certificate(certificate));
            }
        }
    }

    /// Takes a certificate in whose signatures were verified. One of an unknown block is held.
    pub(super) fn learn(&mut self, shown: NamedCertificate) {
        let NamedCertificate { authorities, certificate } = &shown;
        if let Some(set) = self.known_authorities().named(authorities).cloned() {
            self.hear_signers(certificate, &set);
        }
        let (slot, block) = (certificate.slot, &certificate.block);
        if certificate.phase == Phase::Commit
            && self.has_say(authorities, certificate)
            && self.chain.excludes(slot, block, &self.reader)
        {
            return self.on_conflict(shown);
        }
        if slot <= self.chain.finalized().slot {
            return;
        }
        match self.chain.set_of(&certificate.block, &self.reader) {
            Some(set) if set.hash() == *authorities => self.take_certificate(shown.certificate),
            // A quorum of others has no say there.
            Some(_) => {}
            // Keys of a quorum that was in force once may have leaked.
            None if !self.in_force().sets().any(|set| set.hash() == *authorities) => {}
            None => {
                let held = self.finality.held.entry(certificate.phase);
                let held = held.or_insert_with(|| shown.clone());
                if shown.certificate.slot > held.certificate.slot {
                    *held = shown;
                }
            }
        }
    }

    /// Takes in a certificate of a known block by its own authorities.
    pub(super) fn take_certificate(&mut self, certificate: Certificate) {
        let finalized = self.chain.finalized();
        let place = self.chain.place_of(&certificate.block, &self.reader);
        let Some(tip) = place.filter(|tip| tip.slot > finalized.slot) else { return };
        if tip.slot != certificate.slot
            || !self.chain.descends(&tip.hash, &finalized.hash, &self.reader)
        {
            return;
        }
        match certificate.phase {
            Phase::Vote => {
                self.finality.certified.insert((tip.slot, tip.hash), certificate);
            }
            Phase::Commit => self.finalize(tip, certificate),
        }
    }

    /// Notes whose ballot came.
    pub(super) fn hear_ballot(&mut self, ballot: &Ballot) {
        self.hear_keys((ballot.slot, ballot.block), [ballot.signer]);
    }

    /// Notes whose ballots a certificate by these authorities has.
    pub(super) fn hear_signers(&mut self, certificate: &Certificate, set: &AuthoritySet) {
        let mut keys = Vec::with_capacity(certificate.signatures.len());
        for ballot in certificate.ballots(set) {
            if self.in_force().hears(&ballot.signer) {
                self.finality.tally.note_newest(ballot);
                self.look_for_broken_commit(&ballot);
                keys.push(ballot.signer);
            }
        }
        self.hear_keys((certificate.slot, certificate.block), keys);
    }

    /// Forgets those whose ballots are of no use any more.
    pub(in super::super) fn forget_retired(&mut self) {
        let in_force = self.in_force().clone();
        let stays = |key: &PublicKey| in_force.hears(key);
        self.finality.heard.retain(|key, _| stays(key));
        self.finality.tally.keep_newest_of(stays);
        self.standing.keep_leaders(stays);
    }

    fn hear_keys(
        &mut self,
        (slot, block): (Slot, BlockHash),
        keys: impl IntoIterator<Item = PublicKey>,
    ) {
        let place = self.chain.place_of(&block, &self.reader).filter(|tip| tip.slot == slot);
        // A clock that is ahead is heard of for no longer than one that is right.
        let newest = slot.min(self.slot_now().saturating_add(1));
        for key in keys {
            let heard = self.finality.heard.entry(key).or_default();
            heard.newest = newest.max(heard.newest);
            if let Some(tip) = place {
                heard.placed = (slot, tip.height).max(heard.placed);
            }
        }
    }

    /// Makes a block final here; it is told once it is executed.
    fn finalize(&mut self, tip: Tip, certificate: Certificate) {
        self.chain.finalize(tip, &self.reader);
        if self.chain.is_invalid(&tip.hash) {
            self.judge_final(tip.hash, "it, or a block below it, was refused before");
        }
        self.finality.commits = Some(certificate);
        let above = (tip.slot.saturating_add(1), BlockHash::default());
        self.finality.certified = self.finality.certified.split_off(&above);
    }

    /// Tells of the final block, once the head stands on it: first to the disk.
    pub(super) fn tell_final(&mut self) {
        let tip = self.chain.finalized();
        let Some(certificate) = &self.finality.commits else { return };
        if self.finality.told == tip || self.chain.is_off_final() || !self.chain.may_persist() {
            return;
        }
        let finalized = Some(Finalized { tip, certificate: certificate.clone() });
        let before = core::mem::replace(&mut self.finality.told, tip);
        let head = self.chain.head();
        let number = self.chain.number_batch(head);
        let batch = Box::new(Batch { finalized, ..Batch::at(head) });
        self.out.push(Effect::Persist { number, batch });
        let delay_ms = self.since_slot_ms(tip.slot);
        self.report(Event::BlockFinal { tip, before, delay_ms });
    }
}
