//! Broken commits: votes that no honest authority casts after them, or before (SPEC F-11).

use alloc::vec::Vec;

use super::super::Engine;
use crate::block::Header;
use crate::bounded::Bounded;
use crate::chain::ChainReader;
use crate::evidence::{Evidence, EvidenceKind};
use crate::finality::{Ballot, Phase};
use crate::hash::BlockHash;
use crate::limits::EVIDENCE_HEADERS_MAX;
use crate::units::Slot;

impl<R: ChainReader> Engine<R> {
    /// Looks whether a ballot and one of the other phase that is kept convict their signer.
    pub(super) fn look_for_broken_commit(&mut self, ballot: &Ballot) {
        if self.evidence.has(&ballot.signer, EvidenceKind::CommitAndVote) {
            return;
        }
        let tally = &self.finality.tally;
        let found = match ballot.phase {
            Phase::Commit => {
                let votes = tally.of_signer(Phase::Vote, &ballot.signer, ballot.slot..=Slot::MAX);
                votes.into_iter().find_map(|vote| self.broken(*ballot, vote))
            }
            // What the block's own header shows lets go of all that was committed before.
            Phase::Vote => self.chain.header_of(&ballot.block, &self.reader).and_then(|header| {
                let shown = header.certificate.map(|shown| shown.slot).unwrap_or_default();
                let slots = shown.saturating_add(1)..=ballot.slot;
                let commits = tally.of_signer(Phase::Commit, &ballot.signer, slots);
                commits.into_iter().rev().find_map(|commit| self.broken(commit, *ballot))
            }),
        };
        found.into_iter().for_each(|evidence| self.note_evidence(evidence));
    }

    /// Looks at the votes for a block that came after them.
    pub(super) fn look_at_votes_for(&mut self, (slot, block): (Slot, BlockHash)) {
        for vote in self.finality.tally.for_block(Phase::Vote, (slot, block)) {
            self.look_for_broken_commit(&vote);
        }
    }

    /// The evidence that a commit and a vote of one signer are, if the vote breaks the commit.
    pub(super) fn broken(&self, commit: Ballot, vote: Ballot) -> Option<Evidence> {
        // Mostly it stands on it, and that is found without a walk where both are known.
        let stands = || self.chain.descends(&vote.block, &commit.block, &self.reader);
        if vote.slot < commit.slot || stands() {
            return None;
        }
        let (mut headers, mut at) = (Vec::new(), vote.block);
        loop {
            let header = self.chain.header_of(&at, &self.reader)?;
            let is_below = header.slot <= commit.slot;
            if at == commit.block || (!is_below && allows(&header, commit.slot)) {
                return None;
            }
            at = header.previous;
            headers.push(header);
            if is_below {
                break;
            }
            if headers.len() >= EVIDENCE_HEADERS_MAX {
                return None;
            }
        }
        if headers.first()?.slot != vote.slot {
            return None;
        }
        Evidence::of_commit_and_vote([commit, vote], Bounded::first_of(headers))
    }
}

/// Checks whether a header shows a certificate that lets go of a commit of this slot.
fn allows(header: &Header, slot: Slot) -> bool {
    header.certificate.as_ref().is_some_and(|shown| shown.slot >= slot)
}
