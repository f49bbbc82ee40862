//! Ballots and certificates of others (SPEC F-4, N-2).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::Engine;
use super::super::event::Event;
use super::super::exchange::{PeerRef, Question};
use super::super::peers::Asked;
use crate::blame::Verdict;
use crate::chain::ChainReader;
use crate::evidence::Evidence;
use crate::finality::{Certificate, CheckedBallot, Counted, NamedCertificate, Phase, window};
use crate::limits::FUTURE_SLOTS_MAX;
use crate::units::Slot;
use crate::wire::{Answer, Request};

impl<R: ChainReader> Engine<R> {
    /// A ballot came by gossip.
    pub(in super::super) fn on_ballot(&mut self, checked: &CheckedBallot) -> Verdict {
        let ballot = *checked.ballot();
        let now = self.slot_now();
        let oldest = now.saturating_sub(window(self.authorities().len()));
        // Of a clock that is ahead, as its blocks: those are held until their slots come (B-9).
        let in_time = (oldest..=now.saturating_add(FUTURE_SLOTS_MAX)).contains(&ballot.slot);
        if !in_time || !self.in_force().hears(&ballot.signer) {
            return Verdict::Ignore;
        }
        if self.own_key == Some(ballot.signer) {
            self.on_own_ballot(ballot.phase, (ballot.slot, ballot.block));
        }
        match self.finality.tally.add(checked) {
            Counted::New => {
                self.hear_ballot(&ballot);
                self.look_for_broken_commit(&ballot);
                Verdict::Accept
            }
            Counted::Known => Verdict::Ignore,
            Counted::Twice(first) => {
                self.report(Event::VotedTwice { ballots: Box::new([first, ballot]) });
                self.note_evidence(Evidence::of_ballots([first, ballot]));
                Verdict::Accept
            }
            Counted::Again => Verdict::Ignore,
        }
    }

    /// Asks a peer for its certificates: votes and commits that were lost are not sent again.
    pub(in super::super) fn ask_for_certificates(&mut self, peer: PeerRef) {
        if !self.peers.is_asking(peer, |asked| matches!(asked, Asked::Certificates)) {
            self.ask(peer, Question::Request(Request::Certificates), Asked::Certificates);
        }
    }

    /// The newest certificates that this node has.
    pub(in super::super) fn certificates(&self) -> Answer {
        let named = |certificate: &Certificate| {
            let set = self.chain.set_of(&certificate.block, &self.reader)?;
            let (authorities, certificate) = (set.hash(), certificate.clone());
            Some(Box::new(NamedCertificate { authorities, certificate }))
        };
        Answer::Certificates {
            votes: self.finality.certified.values().next_back().and_then(named),
            commits: self.finality.commits.as_ref().and_then(named),
            change: self.change.clone().map(Box::new),
        }
    }

    /// A peer shows a certificate by authorities that are not known here: its headers say how they
    /// came into force (SPEC B-11), although its chain may be the shorter one.
    pub(in super::super) fn on_certificate_of_unknown(&mut self, peer: PeerRef, slot: Slot) {
        let is_news = slot > self.chain.finalized().slot;
        if let Some(known) = self.peers.get_mut(peer) {
            known.has_certified |= is_news;
        }
    }

    /// A peer's newest certificates; what it can prove and this node does not know, it shows.
    pub(in super::super) fn on_certificates(
        &mut self,
        peer: PeerRef,
        shown: Vec<NamedCertificate>,
    ) {
        for shown in shown {
            self.find_own_ballot(&shown);
            let certificate = &shown.certificate;
            let is_news = certificate.slot > self.chain.finalized().slot;
            let head = self.chain.head();
            // Its branch may be the better one because of a header that did not come.
            let leads_elsewhere =
                !self.chain.descends(&head.hash, &certificate.block, &self.reader)
                    && certificate.slot > self.chain.marks_of(&head).justified;
            // Two final blocks, unless it stands on the one of this node: its headers say which.
            let is_commit = certificate.phase == Phase::Commit;
            let is_unknown = self.chain.place_of(&certificate.block, &self.reader).is_none();
            if let Some(known) = self.peers.get_mut(peer)
                && is_news
                && (leads_elsewhere || (is_commit && is_unknown))
            {
                known.has_certified = true;
            }
            self.learn(shown);
        }
    }
}
