//! Two quorums that contradict each other: a third of the authorities, or more, are traitors (SPEC
//! F-11). The node says so, signs nothing any more, and goes on serving what it has.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::Engine;
use super::super::effect::Effect;
use super::super::event::Event;
use super::super::settings::{Stop, StopCause};
use super::Unexecutable;
use crate::block::VerifiedHeader;
use crate::chain::{Batch, ChainReader};
use crate::evidence::Evidence;
use crate::finality::{Ballot, Certificate, Conflict, Phase};
use crate::hash::BlockHash;

impl<R: ChainReader> Engine<R> {
    /// A quorum committed a block that cannot be on one chain with the final one.
    pub(super) fn on_conflict(&mut self, theirs: Certificate) {
        let Some(ours) = self.finality.commits.clone() else { return };
        if self.finality.conflict.is_some() {
            return;
        }
        let (slot, hash) = (theirs.slot, theirs.block);
        let set = self.authorities().clone();
        let conflict = Conflict::new((ours, &set), (theirs, &set));
        for evidence in of_one_slot(&conflict, &set) {
            self.note_evidence(evidence);
        }
        (self.finality.conflict, self.finality.unsettled) = (Some(conflict), true);
        if let Some(authority) = &mut self.settings.authority {
            authority.stop.get_or_insert(Stop { cause: StopCause::Conflict, slot, hash });
        }
    }

    /// A block broke a rule when it was executed, or a quorum has made one final that did. If the
    /// final block stands on it, either a quorum or this node is wrong: there is no way on.
    pub(in super::super) fn judge_final(&mut self, hash: BlockHash, reason: &str) {
        let finalized = self.chain.finalized().hash;
        let is_below = self.chain.descends(&finalized, &hash, &self.reader);
        if is_below && self.finality.invalid.is_none() {
            let invalid = Unexecutable { hash, reason: reason.into() };
            self.finality.invalid = Some(invalid.clone());
            self.report(Event::FinalInvalid(invalid));
        }
    }

    /// Writes and tells a conflict that is new. First the signer stops for good: a conflict that is
    /// known stops nobody again, once the operator has acted.
    pub(in super::super) fn settle_conflict(&mut self) {
        if !self.finality.unsettled || !self.chain.is_written() {
            return;
        }
        let Some(conflict) = self.finality.conflict.clone() else { return };
        self.finality.unsettled = false;
        let stop = self.settings.authority.as_ref().and_then(|authority| authority.stop);
        if let Some(stop) = stop.filter(|stop| stop.cause == StopCause::Conflict) {
            self.out.push(Effect::StopSigning(stop));
            self.report(Event::SigningStopped(stop));
        }
        let head = self.chain.head();
        let number = self.chain.number_batch(head);
        let batch = Batch { conflict: Some(conflict.clone()), ..Batch::at(head) };
        self.out.push(Effect::Persist { number, batch: Box::new(batch) });
        self.report(Event::FinalityConflict(Box::new(conflict)));
    }

    /// Headers came that do not stand on the final block, linked one to the other: commits of a
    /// block among them contradict those of the final one.
    pub(in super::super) fn on_branch_off_final(&mut self, headers: &[VerifiedHeader]) {
        let Some(first) = headers.first() else { return };
        if !self.chain.leaves_below_final(first, &self.reader) {
            return;
        }
        let is_on_it = |one: &Certificate| {
            let is_named = |header: &VerifiedHeader| {
                (header.header().slot, header.hash()) == (one.slot, one.block)
            };
            one.phase == Phase::Commit && headers.iter().any(is_named)
        };
        let shown = headers.iter().filter_map(|header| header.header().certificate.as_ref());
        let held = self.finality.held.get(&Phase::Commit);
        let found = held.into_iter().chain(shown).find(|one| is_on_it(one)).cloned();
        found.into_iter().for_each(|theirs| self.on_conflict(theirs));
    }
}

/// Evidence against those who committed both blocks, if these are of one slot.
fn of_one_slot(conflict: &Conflict, set: &crate::authority::AuthoritySet) -> Vec<Evidence> {
    let Conflict { ours, theirs, both } = conflict;
    if ours.slot != theirs.slot {
        return Vec::new();
    }
    let ballot = |certificate: &Certificate, signer| {
        let turn = set.keys().iter().position(|key| *key == signer)?;
        let is_of = |(place, _): &&(u8, _)| usize::from(*place) == turn;
        let (_, signature) = *certificate.signatures.iter().find(is_of)?;
        let Certificate { phase, slot, block, .. } = *certificate;
        Some(Ballot { phase, slot, block, signer, signature })
    };
    let pair = |key| Some(Evidence::of_ballots([ballot(ours, key)?, ballot(theirs, key)?]));
    both.iter().filter_map(|key| pair(*key)).collect()
}
