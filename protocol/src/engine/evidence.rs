//! Evidence that this node has: found by itself, or shown by a peer (SPEC F-11).
//!
//! It is kept, told and passed on, and changes nothing else: no fork choice, no count of votes.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Engine;
use super::effect::Effect;
use super::event::Event;
use super::exchange::{PeerRef, Question};
use super::peers::Asked;
use crate::bounded::Bounded;
use crate::chain::{Batch, ChainReader};
use crate::evidence::{CheckedEvidence, Evidence, EvidenceKind};
use crate::hash::ChainId;
use crate::keys::PublicKey;
use crate::limits::{EVIDENCE_ANSWER_MAX, EVIDENCE_KEPT_MAX};
use crate::wire::{Answer, Request};

/// The store of evidence: one piece of each kind against each authority.
#[derive(Debug)]
pub(super) struct EvidenceStore {
    kept: BTreeMap<(PublicKey, EvidenceKind), CheckedEvidence>,
    /// Signers and kinds of the pieces that are still to be written and told.
    unwritten: Vec<(PublicKey, EvidenceKind)>,
}

impl EvidenceStore {
    /// The evidence that was stored.
    pub(super) fn new(stored: Vec<Evidence>, chain: &ChainId) -> Self {
        let kept = stored.into_iter().take(EVIDENCE_KEPT_MAX).map(|evidence| {
            let name = (*evidence.signer(), evidence.kind());
            (name, CheckedEvidence::trusted(evidence, chain))
        });
        Self { kept: kept.collect(), unwritten: Vec::new() }
    }

    /// Number of pieces of evidence.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Checks whether there is a piece of this kind against an authority.
    pub(super) fn has(&self, signer: &PublicKey, kind: EvidenceKind) -> bool {
        self.kept.contains_key(&(*signer, kind))
    }

    fn add(&mut self, evidence: CheckedEvidence) {
        let (signer, kind) = (*evidence.evidence().signer(), evidence.evidence().kind());
        if self.kept.len() < EVIDENCE_KEPT_MAX && !self.has(&signer, kind) {
            self.kept.insert((signer, kind), evidence);
            self.unwritten.push((signer, kind));
        }
    }
}

impl<R: ChainReader> Engine<R> {
    /// Keeps evidence whose two parts came and were verified.
    pub(super) fn note_evidence(&mut self, evidence: Evidence) {
        self.take_evidence(CheckedEvidence::trusted(evidence, self.spec.chain()));
    }

    /// Keeps evidence, if it is the first of its kind against an authority.
    pub(super) fn take_evidence(&mut self, evidence: CheckedEvidence) {
        if self.is_or_was_authority(evidence.evidence().signer()) {
            self.evidence.add(evidence);
        }
    }

    /// Checks whether a key is an authority's on some branch, as far as is known here. Strangers
    /// may sign what they want.
    fn is_or_was_authority(&self, key: &PublicKey) -> bool {
        self.known_authorities().contains(key)
    }

    /// Writes and tells evidence that is new.
    pub(super) fn write_evidence(&mut self) {
        if self.evidence.unwritten.is_empty() || !self.chain.may_persist() {
            return;
        }
        let names = core::mem::take(&mut self.evidence.unwritten);
        let found = names.iter().filter_map(|name| self.evidence.kept.get(name).cloned());
        let evidence: Vec<_> = found.collect();
        let head = self.chain.head();
        let number = self.chain.number_batch(head);
        let batch = Box::new(Batch { evidence: evidence.clone(), ..Batch::at(head) });
        self.out.push(Effect::Persist { number, batch });
        for one in evidence {
            self.report(Event::EvidenceFound(Box::new(one)));
        }
    }

    /// Asks a peer for the evidence that this node lacks.
    pub(super) fn ask_for_evidence(&mut self, peer: PeerRef) {
        if !self.peers.is_asking(peer, |asked| matches!(asked, Asked::Evidence)) {
            let names = self.evidence.kept.keys();
            let known = Bounded::first_of(names.map(|(key, kind)| (*key.as_bytes(), *kind)));
            self.ask(peer, Question::Request(Request::Evidence { known }), Asked::Evidence);
        }
    }

    /// The evidence that an asker lacks.
    pub(super) fn evidence_besides(&self, known: &[([u8; 32], EvidenceKind)]) -> Answer {
        let lacks = |(key, kind): &(PublicKey, EvidenceKind)| {
            !known.iter().any(|(theirs, of)| theirs == key.as_bytes() && of == kind)
        };
        let kept = self.evidence.kept.iter().filter(|(name, _)| lacks(name));
        let shown = kept.map(|(_, one)| one.evidence().clone()).take(EVIDENCE_ANSWER_MAX);
        Answer::Evidence(Bounded::first_of(shown))
    }
}
