//! Questions and answers between peers, in both directions.

use std::time::{Duration, Instant};

use coinage_protocol::engine::PeerRef;
use coinage_protocol::engine::{AskedId, Input, Outcome, Question, Reply, RequestId};
use coinage_protocol::limits::{REQUEST_BYTES_MAX, STATUS_BYTES_MAX};
use coinage_protocol::{
    Answer, Bounded, Request, Status, Text, Topic, decode, encode, is_truncated,
};
use libp2p::PeerId;
use libp2p::request_response::{
    Event, InboundFailure, InboundRequestId, Message, OutboundFailure, OutboundRequestId,
    ResponseChannel,
};

use super::{Protocol, Task};
use crate::network::Notice;
use crate::network::sending::Room;
use crate::network::verify_pool::{answered, undecodable};

/// Questions of peers that wait for an answer at most.
const ASKED_MAX: usize = 512;

/// Reason to close a connection whose peer does not take what it asked for.
const NOT_TAKEN: &str = "takes no answers";

/// Accusation of a peer that never stops to join and leave topics, to offer and to wish.
const FLOOD: &str = "more words about topics and messages than there can be";

/// Time that a peer that sent what is no question is kept away (SPEC X-4): it would do so again at
/// once.
pub(crate) const GARBLED_TIME: Duration = Duration::from_secs(30);

impl Task {
    pub(super) fn ask(&mut self, peer: PeerRef, request: RequestId, question: &Question) {
        let Some(id) = self.peers.id(peer) else { return self.unanswered(request) };
        let sent = match question {
            Question::Status(status) => {
                let status = self.introducing(peer, status);
                let behaviour = self.swarm.behaviour_mut();
                (Protocol::Status, behaviour.status.send_request(&id, encode(&status)))
            }
            Question::Request(request) => {
                let behaviour = self.swarm.behaviour_mut();
                (Protocol::Sync, behaviour.sync.send_request(&id, encode(request)))
            }
        };
        self.asks.insert(sent, (request, about(question)));
    }

    pub(super) fn answer(&mut self, asked: AskedId, reply: &Reply) {
        let Some((peer, number, channel)) = self.asked.remove(&asked) else { return };
        match reply {
            Reply::Answer(answer) => self.give(peer, number, channel, encode(answer)),
            Reply::Status(status) => {
                let status = self.introducing(peer, status);
                let behaviour = self.swarm.behaviour_mut();
                // If the peer has given up or gone, nobody misses the answer.
                let _ = behaviour.status.send_response(channel, encode(&status));
            }
        }
    }

    /// Sends an answer if what was sent before has been taken.
    fn give(
        &mut self,
        peer: PeerRef,
        number: InboundRequestId,
        channel: ResponseChannel<Vec<u8>>,
        answer: Vec<u8>,
    ) {
        let Some(id) = self.peers.id(peer) else { return };
        let room = self.sending.begin(number, id, answer.len(), Instant::now());
        if let Room::Crowded(Some(slowest)) = room {
            self.close(&slowest, NOT_TAKEN);
        }
        let answer = if room == Room::Enough { answer } else { encode(&Answer::Busy) };
        if self.swarm.behaviour_mut().sync.send_response(channel, answer).is_err() {
            self.sending.end(number);
        }
    }

    pub(super) fn on_request(&mut self, protocol: Protocol, event: Event<Vec<u8>, Vec<u8>>) {
        match event {
            Event::Message {
                peer,
                message: Message::Request { request_id, request, channel },
                ..
            } => self.on_asked(protocol, peer, &request, (request_id, channel)),
            Event::Message {
                peer, message: Message::Response { request_id, response }, ..
            } => {
                self.peers.spoke(&peer, true);
                self.on_response(protocol, request_id, response);
            }
            Event::OutboundFailure { peer, request_id, error, .. } => {
                self.on_silence(protocol, &peer, &error);
                if let Some((request, _)) = self.asks.remove(&(protocol, request_id)) {
                    self.unanswered(request);
                }
            }
            Event::ResponseSent { peer, request_id, .. } => {
                self.on_sent(protocol, &peer, request_id, true);
            }
            Event::InboundFailure { peer, request_id, error, .. } => {
                let late = matches!(error, InboundFailure::Timeout);
                self.on_sent(protocol, &peer, request_id, !late);
            }
        }
    }

    /// Takes in that an answer is sent, or never will be.
    fn on_sent(&mut self, of: Protocol, peer: &PeerId, number: InboundRequestId, taken: bool) {
        let counted = of == Protocol::Sync && self.sending.end(number);
        if counted && self.peers.took(peer, taken) {
            self.close(peer, NOT_TAKEN);
        }
    }

    /// Closes the connection to a peer that does not even say where it stands (SPEC N-11): it takes
    /// the place of another.
    fn on_silence(&mut self, protocol: Protocol, id: &PeerId, error: &OutboundFailure) {
        let silent =
            matches!(error, OutboundFailure::Timeout | OutboundFailure::UnsupportedProtocols);
        if protocol == Protocol::Status && silent && self.peers.spoke(id, false) {
            self.close(id, "unresponsive");
        }
    }

    fn on_asked(
        &mut self,
        protocol: Protocol,
        id: PeerId,
        bytes: &[u8],
        (number, channel): (InboundRequestId, ResponseChannel<Vec<u8>>),
    ) {
        let Some(peer) = self.peers.number(&id) else { return };
        match question(protocol, bytes) {
            Ok(question) if self.asked.len() < ASKED_MAX => {
                self.asked_last += 1;
                let asked = AskedId(self.asked_last);
                self.asked.insert(asked, (peer, number, channel));
                self.outbox.push_back(Notice::Input(Input::Asked { peer, asked, question }));
            }
            Ok(_) => {}
            // Given up by who asked, or cut off when a connection or a process ended.
            Err(_) if is_question_cut_short(protocol, bytes) => {
                tracing::debug!(peer = %id, bytes = bytes.len(), "question.cut_short");
            }
            Err(detail) => self.garbled(&id, detail),
        }
    }

    fn on_response(&mut self, protocol: Protocol, id: OutboundRequestId, bytes: Vec<u8>) {
        let Some((request, topic)) = self.asks.remove(&(protocol, id)) else { return };
        match protocol {
            Protocol::Status if is_truncated::<Status>(&bytes, STATUS_BYTES_MAX) => {
                self.unanswered(request)
            }
            Protocol::Status => {
                let outcome = decode(&bytes, STATUS_BYTES_MAX)
                    .map_err(|error| error.explained::<Status>(&bytes))
                    .map_or_else(undecodable, |status| Outcome::Status(Box::new(status)));
                self.outbox.push_back(answered(request, outcome));
            }
            Protocol::Sync if self.checks.answer(request, topic, bytes) => {}
            Protocol::Sync => self.unanswered(request),
        }
    }

    /// Accuses whoever said more about topics and messages than an honest peer can.
    pub(super) fn look_for_floods(&mut self) {
        for id in self.swarm.behaviour_mut().gossip.flooding() {
            let peer = self.peers.number(&id);
            self.outbox.extend(peer.map(|peer| Notice::Flooded { peer, detail: FLOOD }));
        }
    }

    /// Returns a status that also says where other peers can be dialled, if there is room
    /// (SPEC N-3): who joined by one node of a network shall not depend on that one. One of two
    /// nodes with the same identity hears of the other.
    fn introducing(&mut self, to: PeerRef, status: &Status) -> Status {
        let mut status = status.clone();
        let Some((listener, source)) = self.peers.source(to) else { return status };
        let Self { dialer, peers, doubles, .. } = self;
        let twice = doubles.is_one(&listener);
        let named = |id: &PeerId| peers.number(id).is_some() && (twice || *id != listener);
        let known = dialer.introductions(source.reach, named);
        let known =
            known.iter().filter_map(|known| Text::try_from(known.to_string().as_str()).ok());
        let own = std::mem::take(&mut status.addresses);
        status.addresses = Bounded::first_of(own.into_vec().into_iter().chain(known));
        status
    }

    /// Closes the connection to a peer that sent what is no question (SPEC X-4).
    pub(super) fn garbled(&mut self, id: &PeerId, detail: String) {
        if let Some(peer) = self.peers.number(id) {
            self.outbox.push_back(Notice::Garbled { peer, detail });
        }
        self.lock_out(*id, GARBLED_TIME);
        self.close(id, "undecodable");
    }
}

/// Topic of the answer to a question: one with transactions waits behind blocks, as their gossip
/// does.
fn about(question: &Question) -> Topic {
    match question {
        Question::Request(Request::Transactions { .. }) => Topic::Transactions,
        Question::Request(
            Request::Headers { .. }
            | Request::Blocks { .. }
            | Request::Waiting { .. }
            | Request::Certificates
            | Request::Evidence { .. }
            | Request::Ballots { .. },
        )
        | Question::Status(_) => Topic::Blocks,
    }
}

fn is_question_cut_short(protocol: Protocol, bytes: &[u8]) -> bool {
    match protocol {
        Protocol::Status => is_truncated::<Status>(bytes, STATUS_BYTES_MAX),
        Protocol::Sync => is_truncated::<Request>(bytes, REQUEST_BYTES_MAX),
    }
}

/// Returns the question that the bytes are, or what is wrong with them.
fn question(protocol: Protocol, bytes: &[u8]) -> Result<Question, String> {
    match protocol {
        Protocol::Status => decode(bytes, STATUS_BYTES_MAX)
            .map(|status| Question::Status(Box::new(status)))
            .map_err(|error| error.explained::<Status>(bytes)),
        Protocol::Sync => decode(bytes, REQUEST_BYTES_MAX)
            .map(Question::Request)
            .map_err(|error| error.explained::<Request>(bytes)),
    }
}
