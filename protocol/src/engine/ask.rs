//! Questions: those of peers, and what became of this node's own.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Engine;
use super::effect::Effect;
use super::event::Event;
use super::exchange::{AskedId, PeerRef, Question, Reply, RequestId};
use super::input::Outcome;
use super::peers::{Asked, Budget};
use crate::blame::Offence;
use crate::bounded::Bounded;
use crate::chain::ChainReader;
use crate::codec::encoded_len;
use crate::limits::{BLOCK_BYTES_MAX, WIRE_VERSION};
use crate::validate::CheckedAnswer;
use crate::wire::{Answer, Request, Status};

/// Points that a status takes from its sender's budget (SPEC N-6).
const STATUS_PRICE: i64 = 1;
/// Time for which a busy peer is left alone, in milliseconds.
const BUSY_MS: u64 = 1_000;

/// Blocks by which a peer's head may be ahead for its block to be news here.
const NEAR_BLOCKS: u64 = 32;
/// Interval between exchanges of statuses with a peer, in slots (SPEC N-3).
const STATUS_SLOTS: u64 = 4;

impl<R: ChainReader> Engine<R> {
    pub(super) fn on_asked(&mut self, peer: PeerRef, asked: AskedId, question: Question) {
        let reply = match question {
            Question::Status(theirs) => {
                self.out.push(Effect::Answer { asked, reply: Reply::Status(self.status()) });
                if self.affords(peer, STATUS_PRICE) {
                    self.on_status(peer, theirs);
                }
                return;
            }
            Question::Request(request)
                if self.affords(peer, price(&request))
                    && self.peers.may_take(peer, self.now.uptime) =>
            {
                let answer = self.answer(&request);
                self.peers.took(peer, encoded_len(&answer));
                answer
            }
            Question::Request(_) => Answer::Busy,
        };
        self.out.push(Effect::Answer { asked, reply: Reply::Answer(reply) });
    }

    fn affords(&mut self, peer: PeerRef, price: i64) -> bool {
        let budget = self.peers.afford(peer, price, self.now.uptime);
        if budget == Budget::Flood {
            self.charge(peer, Offence::Flood, "goes on asking although it was told to wait");
        }
        budget == Budget::Enough
    }

    pub(super) fn on_answered(&mut self, request: RequestId, outcome: Outcome) {
        let Some((peer, asked)) = self.peers.close(request) else { return };
        match (asked, outcome) {
            (Asked::Status { at }, Outcome::Status(status)) => {
                let time = status.time;
                if self.on_status(peer, status) {
                    self.trust.compare(peer, at, time, self.now);
                }
            }
            (
                Asked::Headers { claim, locator },
                Outcome::Answer(CheckedAnswer::Headers(headers)),
            ) => self.on_headers(peer, claim, &locator, headers),
            (Asked::Blocks(asked), Outcome::Answer(CheckedAnswer::Blocks(blocks))) => {
                self.on_blocks(peer, &asked, blocks);
            }
            (Asked::Waiting(after), Outcome::Answer(CheckedAnswer::Waiting(ids))) => {
                self.on_waiting(peer, after, &ids);
            }
            (
                Asked::Transactions(asked),
                Outcome::Answer(CheckedAnswer::Transactions(transactions)),
            ) => self.on_transactions(peer, &asked, transactions),
            (
                Asked::Certificates,
                Outcome::Answer(CheckedAnswer::Certificates { certificates, of_unknown, change }),
            ) => {
                self.on_certificates(peer, certificates);
                of_unknown.into_iter().for_each(|slot| self.on_certificate_of_unknown(peer, slot));
                // What cannot be made any more, who shows it need not know.
                change.map(|change| self.take_change(*change));
            }
            (Asked::Evidence, Outcome::Answer(CheckedAnswer::Evidence(shown))) => {
                shown.into_iter().for_each(|evidence| self.take_evidence(evidence));
            }
            (Asked::Ballots, Outcome::Answer(CheckedAnswer::Ballots(shown))) => {
                self.on_own_ballots(peer, &shown);
            }
            (asked, Outcome::None) => self.on_no_answer(peer, &asked),
            (_, Outcome::Answer(CheckedAnswer::Busy)) => self.on_busy(peer),
            (asked, Outcome::Rejected(rejection)) => {
                self.on_no_answer(peer, &asked);
                self.charge_for(peer, rejection);
            }
            (asked, Outcome::Status(_) | Outcome::Answer(_)) => {
                self.on_no_answer(peer, &asked);
                self.charge(peer, Offence::WrongAnswer, "an answer to another question");
            }
        }
    }

    /// Asks every peer whatever is due.
    pub(super) fn ask_around(&mut self) {
        self.ask_statuses();
        self.fetch_headers();
        self.fetch_blocks();
        self.ask_for_waiting();
    }

    pub(super) fn ask(&mut self, peer: PeerRef, question: Question, asked: Asked) -> RequestId {
        let request = self.peers.open(peer, asked);
        self.out.push(Effect::Ask { peer, request, question });
        request
    }

    fn ask_statuses(&mut self) {
        let uptime = self.now.uptime;
        let due: Vec<_> = self
            .peers
            .iter()
            .filter(|(_, known)| known.next_status <= uptime)
            .map(|(peer, _)| peer)
            .filter(|peer| {
                !self.peers.is_asking(*peer, |asked| matches!(asked, Asked::Status { .. }))
            })
            .collect();
        for peer in due {
            let question = Question::Status(self.status());
            self.ask(peer, question, Asked::Status { at: uptime });
            self.status_exchanged(peer);
        }
    }

    fn status_exchanged(&mut self, peer: PeerRef) {
        let next = self.now.uptime.saturating_add(self.slots_ms(STATUS_SLOTS));
        if let Some(known) = self.peers.get_mut(peer) {
            known.next_status = next;
        }
    }

    /// A peer said where it stands (SPEC N-3); whether it is of this network (SPEC N-11).
    fn on_status(&mut self, peer: PeerRef, status: Box<Status>) -> bool {
        let fits = status.version == WIRE_VERSION
            && status.chain == *self.spec.chain()
            && status.genesis == self.spec.genesis_hash();
        if !fits {
            let ours = self.status();
            self.out.push(Effect::Refuse { peer, theirs: status, ours });
            self.peers.disconnect(peer);
            return false;
        }
        let unknown = !self.chain.knows(&status.head.hash, &self.reader);
        let head = self.chain.head();
        // What ends at or below the final block is no better whatever its place.
        let above = status.head.height > self.chain.finalized().height;
        let better = above && status.head.is_better_than(&head);
        let off_head = self.certified_off_head().is_some();
        self.status_exchanged(peer);
        let Some(known) = self.peers.get_mut(peer) else { return false };
        // Of who is far behind, gossip says nothing: news has no place on its chain.
        let near = status.head.height <= head.height.saturating_add(NEAR_BLOCKS);
        if known.is_unheard(status.head, unknown && better && near) {
            self.report(Event::GossipSilent { peer });
            self.out.push(Effect::Renew { peer });
            self.peers.disconnect(peer);
            return false;
        }
        known.claim = (unknown && better).then_some(status.head);
        known.has_certified |= unknown && off_head;
        known.status = Some(status.clone());
        self.report(Event::PeerStatus { peer, status });
        self.ask_for_certificates(peer);
        self.ask_for_evidence(peer);
        self.ask_for_own_ballots(peer);
        true
    }

    /// Answers what can be answered now; there may be nothing (SPEC N-12).
    fn answer(&self, request: &Request) -> Answer {
        match request {
            Request::Headers { locator } => {
                Answer::Headers(self.chain.headers_after(locator, &self.reader))
            }
            Request::Certificates => self.certificates(),
            Request::Evidence { known } => self.evidence_besides(known),
            Request::Ballots { signer } => self.newest_ballots(signer),
            Request::Blocks { hashes } => Answer::Blocks(self.chain.blocks(hashes, &self.reader)),
            Request::Waiting { after } => {
                Answer::Waiting(Bounded::first_of(self.pool.ids_after(*after)))
            }
            Request::Transactions { ids } => {
                let mut room = BLOCK_BYTES_MAX;
                let found = ids.iter().filter_map(|id| self.pool.get(id));
                let fits = found.take_while(|found| {
                    let left = room.checked_sub(found.size());
                    room = left.unwrap_or(0);
                    left.is_some()
                });
                let transactions = fits.map(|found| found.transaction().clone());
                Answer::Transactions(Bounded::first_of(transactions))
            }
        }
    }

    fn on_no_answer(&mut self, peer: PeerRef, asked: &Asked) {
        let (uptime, rest) = (self.now.uptime, self.slots_ms(STATUS_SLOTS));
        let Some(known) = self.peers.get_mut(peer) else { return };
        match asked {
            // What it does not show, it does not have.
            Asked::Headers { .. } | Asked::Blocks(_) => known.was_silent(uptime, rest),
            Asked::Status { .. }
            | Asked::Waiting(_)
            | Asked::Certificates
            | Asked::Evidence
            | Asked::Ballots
            | Asked::Transactions(_) => {}
        }
    }

    fn on_busy(&mut self, peer: PeerRef) {
        let until = self.now.uptime.saturating_add(BUSY_MS);
        if let Some(known) = self.peers.get_mut(peer) {
            (known.rests_until, known.silent_until) = (until, until);
        }
    }
}

/// Points that a request takes from its sender's budget (SPEC N-6).
fn price(request: &Request) -> i64 {
    match request {
        Request::Headers { .. } | Request::Transactions { .. } => 4,
        Request::Blocks { .. } => 8,
        Request::Waiting { .. } | Request::Evidence { .. } => 2,
        Request::Certificates | Request::Ballots { .. } => 1,
    }
}
