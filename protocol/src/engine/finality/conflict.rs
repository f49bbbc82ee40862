//! Two quorums that contradict each other: a third of the authorities, or more, are traitors (SPEC
//! F-12). The node says so, signs nothing any more, and goes on serving what it has.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::Engine;
use super::super::effect::Effect;
use super::super::event::Event;
use super::super::settings::{Stop, StopCause};
use super::Unexecutable;
use crate::block::VerifiedHeader;
use crate::chain::{Batch, ChainReader, Tip};
use crate::evidence::Evidence;
use crate::finality::{Ballot, Certificate, Conflict, NamedCertificate, Phase};
use crate::hash::{AuthoritiesHash, BlockHash};
use crate::limits::EVIDENCE_HEADERS_MAX;
use crate::units::Height;

impl<R: ChainReader> Engine<R> {
    /// A quorum committed a block that cannot be on one chain with the final one.
    pub(super) fn on_conflict(&mut self, shown: NamedCertificate) {
        let NamedCertificate { authorities, certificate: theirs } = shown;
        let Some(ours) = self.finality.commits.clone() else { return };
        if self.finality.conflict.is_some() {
            return;
        }
        let (slot, hash) = (theirs.slot, theirs.block);
        let their_set = self.known_authorities().named(&authorities);
        let sets = [self.chain.set_of(&ours.block, &self.reader), their_set];
        let [Some(our_set), Some(their_set)] = sets else { return };
        let [our_commits, their_commits]: [Vec<_>; 2] =
            [ours.ballots(our_set).collect(), theirs.ballots(their_set).collect()];
        let mut evidence = of_one_slot(&our_commits, &their_commits);
        evidence.extend(self.who_left(&their_commits, &ours));
        let conflict = Conflict::new((ours, our_set), (theirs, their_set));
        evidence.into_iter().for_each(|one| self.note_evidence(one));
        (self.finality.conflict, self.finality.unsettled) = (Some(conflict), true);
        if let Some(authority) = &mut self.settings.authority {
            // Another process with the key may be mended, and this may not be forgotten with it.
            authority.stop = Some(Stop { cause: StopCause::Conflict, slot, hash });
        }
    }

    /// Evidence against those who committed a block off this node's chain, and then voted for the
    /// first block of that which a quorum certified all the same (decision 0027): by the votes
    /// behind this node's own commits, up to that of the final block.
    fn who_left(&self, commits: &[Ballot], ours: &Certificate) -> Vec<Evidence> {
        let Some(commit) = commits.first() else { return Vec::new() };
        let from = self
            .chain
            .last_up_to(commit.slot, &self.reader)
            .map_or(u64::MAX, |tip| tip.height.get());
        let blocks =
            (from..).map_while(|height| self.chain.tip_at(Height::new(height), &self.reader));
        let blocks = blocks.take_while(|tip| tip.slot <= ours.slot).take(EVIDENCE_HEADERS_MAX);
        let convicts = |tip: Tip| {
            let votes = self.reader.votes(tip.slot).filter(|votes| votes.block == tip.hash)?;
            let set = self.chain.set_of(&tip.hash, &self.reader)?;
            let votes: Vec<_> = votes.ballots(set).collect();
            let pairs = by_one_signer(commits, &votes);
            let found = pairs.filter_map(|(commit, vote)| self.broken(*commit, *vote));
            let found: Vec<_> = found.collect();
            (!found.is_empty()).then_some(found)
        };
        blocks.filter(|tip| tip.slot >= commit.slot).find_map(convicts).unwrap_or_default()
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
        let held = self.finality.held.get(&Phase::Commit);
        let held = held.filter(|held| named_of(&held.certificate, headers).as_ref() == Some(held));
        let held = held.filter(|held| self.has_say(&held.authorities, &held.certificate));
        let found = held.cloned().or_else(|| self.commits_among(headers));
        found.into_iter().for_each(|theirs| self.on_conflict(theirs));
    }

    /// Commits that headers show of a block among them, by its authorities, if these have a say.
    fn commits_among(&self, headers: &[VerifiedHeader]) -> Option<NamedCertificate> {
        headers.iter().find_map(|header| {
            let shown = named_of(header.header().certificate.as_ref()?, headers)?;
            let set = self.known_authorities().named(&shown.authorities)?;
            let is_theirs = self.has_say(&shown.authorities, &shown.certificate)
                && header.is_certified_by(set, self.spec.chain());
            is_theirs.then_some(shown)
        })
    }

    /// Checks whether these authorities may speak for the block of a certificate: they are its
    /// own, or it is not known, they are in force, and it is newer than the newest change of them.
    ///
    /// Keys of a quorum that was in force once may have leaked. And a quorum of few authorities may
    /// have signed honestly, when they were a few of many, what was left for another branch.
    pub(super) fn has_say(
        &self,
        authorities: &AuthoritiesHash,
        Certificate { slot, block, .. }: &Certificate,
    ) -> bool {
        if let Some(set) = self.chain.set_of(block, &self.reader) {
            return set.hash() == *authorities;
        }
        let in_force = self.in_force();
        let changed = self.chain.place_of(&in_force.changed(), &self.reader);
        changed.is_some_and(|changed| *slot > changed.slot)
            && in_force.sets().any(|set| set.hash() == *authorities)
    }
}

/// Commits with the authorities of their block, if it is among these headers.
fn named_of(commits: &Certificate, headers: &[VerifiedHeader]) -> Option<NamedCertificate> {
    let is_named = |header: &&VerifiedHeader| {
        (header.header().slot, header.hash()) == (commits.slot, commits.block)
    };
    let header = headers.iter().find(is_named).filter(|_| commits.phase == Phase::Commit)?;
    let authorities = header.header().authorities;
    Some(NamedCertificate { authorities, certificate: commits.clone() })
}

/// Evidence against those who committed both blocks, if these are of one slot.
fn of_one_slot(ours: &[Ballot], theirs: &[Ballot]) -> Vec<Evidence> {
    let twice = |(one, other): &(&Ballot, &Ballot)| one.slot == other.slot;
    let pairs = by_one_signer(ours, theirs).filter(twice);
    pairs.map(|(one, other)| Evidence::of_ballots([*one, *other])).collect()
}

/// The ballots of those who signed both, in pairs.
fn by_one_signer<'a>(
    ours: &'a [Ballot],
    theirs: &'a [Ballot],
) -> impl Iterator<Item = (&'a Ballot, &'a Ballot)> {
    ours.iter()
        .filter_map(|one| Some((one, theirs.iter().find(|other| other.signer == one.signer)?)))
}
