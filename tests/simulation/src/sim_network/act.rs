//! Effects of nodes, done: their shell, simulated.

use std::rc::Rc;

use coinage_protocol::engine::{
    BatchNumber, Effect, Event, Gauge, GossipToken, Input, MempoolBounds, PeerRef, Publication,
    Question, RequestId, SubmitOutcome, Via,
};
use coinage_protocol::{DropReason, Offence, Refusal, ReorgOutcome, TransactionId, Verdict};

use super::message::{Message, Wire, reason};
use super::{Family, Happening, NODES_MAX, QUESTION_MS, World, short};
use crate::audit::name_of;

/// Time until two nodes are connected again, in milliseconds.
const RENEWAL_MS: u64 = 100;
/// Bytes that a payment takes, about.
const PAYMENT_BYTES: usize = 2_400;

impl World {
    pub(super) fn perform(&mut self, node: usize, effect: Effect) {
        self.watch_deed(node, &effect);
        let Some(effect) = self.twist(node, effect) else { return };
        match effect {
            Effect::Persist { number, batch } => {
                self.nodes[node].persist(number, *batch);
                let delay = self.chance(self.nodes[node].disk_ms_max) + 1;
                self.schedule(delay, node, Happening::Persisted { number });
            }
            Effect::Remember { slot } => {
                let noted = self.nodes[node].remember(slot);
                self.demand(node, noted.map_err(|error| ("I5", error)));
            }
            Effect::RememberVoting(memory) => {
                let noted = self.nodes[node].remember_voting(memory);
                self.demand(node, noted.map_err(|error| ("I5", error)));
            }
            Effect::StopSigning(stop) => {
                if self.nodes[node].villain.is_none() {
                    self.nodes[node].stop_signing(stop);
                }
            }
            Effect::Publish(publication) => self.publish(node, publication),
            Effect::Judge { token, verdict } => self.judge(node, token, verdict),
            Effect::Ask { peer, request, question } => {
                let to = index(peer);
                self.nodes[node].open.insert(request);
                let unanswered = Happening::Answered { from: to, request, reply: None };
                self.schedule(QUESTION_MS, node, unanswered);
                self.question(node, to, request, question);
            }
            Effect::Answer { asked, reply } => {
                let Some((to, request, _)) = self.nodes[node].answered(asked) else { return };
                self.reply(node, to, request, Wire::new(reply));
            }
            Effect::Charge { peer, offence } => self.on_charge(node, index(peer), offence),
            Effect::Ban { peer, .. } => {
                self.nodes[node].banned.insert(index(peer));
                self.tally.count(Family::Rejection, "ban");
                self.disconnect(node, index(peer));
            }
            Effect::Refuse { peer, .. } => {
                if self.nodes[index(peer)].villain.is_none() {
                    self.violation("I6", || {
                        format!("node {} refuses node {}", node + 1, index(peer) + 1)
                    });
                }
                self.disconnect(node, index(peer));
            }
            Effect::Renew { peer } => {
                self.tally.count(Family::Chain, "streams made anew");
                self.disconnect(node, index(peer));
                self.schedule(RENEWAL_MS, node, Happening::Reconnect { peer: index(peer) });
            }
            Effect::Submitted { id, outcome, .. } => {
                if let SubmitOutcome::Refused(refusal) = &outcome {
                    self.count_refusal(node, refusal);
                    if *refusal == Refusal::PoolFull {
                        self.excuse(node, id);
                    }
                }
                self.outcomes.push((id, outcome));
            }
            Effect::ChangeSubmitted { outcome, .. } => match outcome {
                Ok(()) => self.tally.count(Family::Chain, "change taken"),
                Err(_) => self.tally.count(Family::Rejection, "change refused"),
            },
            Effect::Report(event) => self.on_event(node, event),
        }
    }

    /// Asks a peer something that its engine does not know of.
    pub(crate) fn question(
        &mut self,
        node: usize,
        to: usize,
        request: RequestId,
        question: Question,
    ) {
        self.travel(node, to, |_| Happening::Asked {
            from: node,
            request,
            question: question.clone(),
        });
    }

    pub(crate) fn reply(&mut self, node: usize, to: usize, request: RequestId, reply: Wire) {
        self.travel(node, to, |_| Happening::Answered {
            from: node,
            request,
            reply: Some(reply.clone()),
        });
    }

    pub(super) fn on_persisted(&mut self, node: usize, number: BatchNumber) {
        for batch in self.nodes[node].durable(number) {
            self.write(node, &batch);
        }
        self.trace.note(self.time, node, &[b"durable"], || "has written to disk".into());
        self.nodes[node].promises.written(number);
        for effect in self.nodes[node].gate.durable(number) {
            self.perform(node, effect);
        }
        self.watch_gate(node);
        self.input(node, Input::Persisted { number });
    }

    fn publish(&mut self, node: usize, publication: Publication) {
        if let Publication::Block(block) = &publication {
            let slot = block.header.header.slot;
            if !self.nodes[node].remembers(slot) {
                self.violation("I5", || format!("slot {slot} is signed but not remembered"));
            }
            let honest = self.nodes[node].villain.is_none();
            if let Some(key) = self.nodes[node].key().filter(|_| honest) {
                if let Err(error) = self.auditor.published(block, key.public()) {
                    self.violation("I5", || error);
                }
                let heartbeat = self.heartbeat_slots(node, &block.header.header.previous);
                let reason = self.finality.has_reason(&block.header.header, heartbeat);
                self.demand(node, reason);
            }
        }
        if let Publication::Ballot(ballot) = &publication {
            self.watch_ballot(node, ballot);
        }
        let (topic, bytes) = publication.to_message();
        let message = Message::new(topic, bytes);
        self.nodes[node].see(message.digest);
        self.trace
            .note(self.time, node, &[&message.digest], || format!("publishes {}", message.name()));
        self.spread(node, node, &message);
    }

    fn judge(&mut self, node: usize, token: GossipToken, verdict: Verdict) {
        let Some((message, from)) = self.nodes[node].judged(token) else {
            return self.violation("X-3", || "a message gets two verdicts".into());
        };
        let name = match verdict {
            Verdict::Accept => "verdict accept",
            Verdict::Ignore => "verdict ignore",
            Verdict::Reject => "verdict reject",
        };
        self.tally.count(Family::Rejection, name);
        if verdict == Verdict::Accept {
            if let Some(what) = self.forbidden.get(&message.digest) {
                let honest = self.nodes[node].villain.is_none();
                if honest {
                    self.violation("X-3", || format!("node {} accepts {what}", node + 1));
                }
            }
            self.spread(node, from, &message);
        }
    }

    /// Sends a message to everybody but one.
    pub(crate) fn spread(&mut self, node: usize, but: usize, message: &Rc<Message>) {
        for to in self.peers_of(node) {
            if to != but {
                self.gossip(node, to, message);
            }
        }
    }

    /// Sends a message to a peer.
    pub(crate) fn gossip(&mut self, node: usize, to: usize, message: &Rc<Message>) {
        self.travel(node, to, |_| Happening::Gossip { from: node, message: Rc::clone(message) });
    }

    /// Has a villain send a message to a peer so many milliseconds from now.
    pub(crate) fn send_later(&mut self, node: usize, ms: u64, to: usize, message: &Rc<Message>) {
        self.schedule(ms, node, Happening::Errand { to, message: Rc::clone(message) });
    }

    /// Sends something on its way, as the link between the two lets it.
    pub(super) fn travel(&mut self, from: usize, to: usize, what: impl Fn(u8) -> Happening) {
        let Some(connection) = self.connection(from, to) else { return };
        if self.links.is_mute(from, to) {
            return self.tally.count(Family::Fault, "one-way");
        }
        if self.chance(1000) < self.links.loss_per_mille {
            return self.tally.count(Family::Fault, "loss");
        }
        let twice = self.chance(1000) < self.links.duplicates_per_mille;
        for copy in 0..=u8::from(twice) {
            let delay = self.chance(self.links.latency_ms_max) + 1;
            let last = self.arrivals.insert((from, to), self.time + delay).unwrap_or(0);
            if last > self.time + delay {
                self.tally.count(Family::Fault, "reordering");
            }
            let what = Box::new(what(copy));
            self.schedule(delay, to, Happening::Arrival { from, connection, what });
        }
        if twice {
            self.tally.count(Family::Fault, "duplicates");
        }
    }

    fn on_charge(&mut self, node: usize, peer: usize, offence: Offence) {
        self.tally.count(Family::Rejection, reason(offence));
        let note = || format!("charges node {} for {}", peer + 1, reason(offence));
        self.trace.note(self.time, node, &[reason(offence).as_bytes()], note);
        let honest = |node: usize| self.nodes[node].villain.is_none();
        self.charges.push((node, peer, offence));
        if honest(node) && honest(peer) {
            self.violation("I6", || {
                format!("node {} charges node {} for {offence:?}", node + 1, peer + 1)
            });
        }
    }

    /// Takes a node's word for it that it has no room, if there is little: in a pool of many
    /// megabytes nothing that happens here is an excuse. Or that time is up, by a clock far off.
    fn excuse(&mut self, node: usize, id: TransactionId) {
        if self.nodes[node].pool != MempoolBounds::default() || self.nodes[node].has_far_clock() {
            self.without_room.push((node, id));
        }
    }

    fn count_refusal(&mut self, node: usize, refusal: &Refusal) {
        let name = match refusal {
            Refusal::PoolFull => self.lack_of_room(node),
            _ => name_of(refusal),
        };
        self.tally.count(Family::Rejection, name);
    }

    /// Names the bound that a node's pool has reached, as far as a payment is concerned.
    fn lack_of_room(&self, node: usize) -> &'static str {
        let gauges = self.nodes[node].engine().gauges();
        let full = |gauge: &Gauge| gauge.value + PAYMENT_BYTES > gauge.limit;
        let full: Vec<_> = gauges.filter(full).map(|gauge| gauge.name).collect();
        if full.contains(&"pool bytes") {
            "pool full"
        } else if full.contains(&"parked bytes") {
            "parked full"
        } else {
            "share full"
        }
    }

    fn on_event(&mut self, node: usize, event: Event) {
        match &event {
            Event::BlockImported { block, via, .. } => {
                let known = self.nodes[node].disk.holds(&block.hash());
                if !known {
                    self.violation("I8", || {
                        format!("node {} announces a block that it has not stored", node + 1)
                    });
                }
                if *via == Via::Own && self.nodes[node].villain.is_none() {
                    self.intake.keep(block);
                }
                self.tally.count(Family::Chain, "block imported");
                let header = block.header();
                self.trace.note(self.time, node, &[block.hash().as_bytes()], || {
                    let (name, count) = (short(&block.hash()), block.transactions().len());
                    let (height, slot) = (header.height, header.slot);
                    format!("imports {name} at height {height}, slot {slot}, {count} transactions")
                });
            }
            Event::Reorg(record) => {
                self.tally.count(Family::Chain, "reorg");
                for (id, outcome) in &record.transactions {
                    if *outcome == ReorgOutcome::Dropped {
                        self.tally.count(Family::Rejection, "no room after a reorg");
                        self.excuse(node, *id);
                    }
                }
                self.trace.note(self.time, node, &[b"reorg"], || {
                    format!(
                        "leaves {} for {}: {:?}, {} blocks deep",
                        short(&record.old_head.hash),
                        short(&record.new_head.hash),
                        record.rule,
                        record.depth()
                    )
                });
            }
            Event::BlockRejected { reason, .. } => {
                self.tally.count(Family::Rejection, "block rejected");
                self.trace.note(self.time, node, &[], || format!("refuses a block: {reason}"));
            }
            Event::TransactionRejected { reason, .. } => {
                self.count_refusal(node, reason);
            }
            Event::BlockFinal { tip, .. } => self.on_final(node, tip),
            Event::VotedTwice { .. } => self.tally.count(Family::Chain, "double vote seen"),
            Event::FinalityConflict(conflict) => self.on_conflict(node, conflict),
            Event::EvidenceFound(one) => self.on_evidence(node, one.evidence()),
            Event::BlockSide { .. } => self.tally.count(Family::Chain, "fork seen"),
            Event::ClockSkewed { .. } => self.tally.count(Family::Chain, "wrong clock noticed"),
            Event::SyncStarted { .. } => self.tally.count(Family::Chain, "sync"),
            Event::Authorities { set, next, .. } => self.on_authorities(node, set, next.as_ref()),
            Event::TransactionDropped { id, reason } => {
                self.tally.count(Family::Chain, "transaction dropped");
                if *reason == DropReason::Evicted {
                    self.tally.count(Family::Rejection, "evicted");
                    self.excuse(node, *id);
                }
                self.on_drop(node, *id, reason);
            }
            Event::TransactionLost { transaction, reason } => {
                self.on_drop(node, transaction.id(), reason);
            }
            _ => {}
        }
        if self.keep_events {
            self.events.push((node, event));
        }
    }

    fn on_drop(&mut self, node: usize, id: TransactionId, reason: &DropReason) {
        self.trace.note(self.time, node, &[], || format!("drops {}: {reason}", short(&id)));
        if *reason == DropReason::Expired && self.nodes[node].has_far_clock() {
            self.excuse(node, id);
        }
    }
}

pub(super) fn index(peer: PeerRef) -> usize {
    usize::try_from(peer.0 % NODES_MAX).unwrap_or(0)
}
