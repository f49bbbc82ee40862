//! Happenings: what comes to nodes, and when it does.

use std::rc::Rc;

use coinage_protocol::engine::{BatchNumber, Input, PeerRef, Question, RequestId, SubmissionId};
use coinage_protocol::{AuthorityChange, CheckedTransaction};

use super::message::{Message, Wire, asks_for, question_facts};
use super::{Family, World};

/// Number of every submission: its outcome names what was submitted.
const NUMBER: SubmissionId = SubmissionId(0);

/// A happening to come to a node.
#[derive(Debug)]
pub(super) enum Happening {
    Tick,
    Gossip {
        from: usize,
        message: Rc<Message>,
    },
    /// A message arrives, if the connection on which it was sent is still up.
    Arrival {
        from: usize,
        connection: u64,
        what: Box<Self>,
    },
    Asked {
        from: usize,
        request: RequestId,
        question: Question,
    },
    Answered {
        from: usize,
        request: RequestId,
        reply: Option<Wire>,
    },
    Persisted {
        number: BatchNumber,
    },
    Connected {
        peer: PeerRef,
    },
    Disconnected {
        peer: PeerRef,
    },
    Reconnect {
        peer: usize,
    },
    Submitted {
        transaction: Box<CheckedTransaction>,
        park: bool,
    },
    /// A change of authorities that was approved is handed in.
    Change {
        change: Box<AuthorityChange>,
    },
    /// A frozen process goes on.
    Thaw,
    /// A villain's turn comes once in each slot.
    Mischief,
    /// A villain sends what it has kept back.
    Errand {
        to: usize,
        message: Rc<Message>,
    },
}

impl World {
    pub(super) fn happen(&mut self, node: usize, happening: Happening) {
        if matches!(happening, Happening::Thaw) {
            return self.resume(node);
        }
        if let Some(waiting) = self.frozen.get_mut(&node) {
            return waiting.push(happening);
        }
        let input = match happening {
            Happening::Thaw => return,
            Happening::Arrival { from, connection, what } => {
                if self.connection(node, from) == Some(connection) {
                    self.happen(node, *what);
                }
                return;
            }
            Happening::Mischief => return self.mischief(node),
            Happening::Errand { to, message } => return self.gossip(node, to, &message),
            Happening::Reconnect { peer } => return self.connect(node, peer),
            Happening::Connected { peer } => Input::Connected { peer },
            Happening::Disconnected { peer } => Input::Disconnected { peer },
            Happening::Submitted { transaction, park } => {
                Input::Submit { submission: NUMBER, transaction, park }
            }
            Happening::Change { change } => Input::SubmitChange { submission: NUMBER, change },
            Happening::Tick => {
                self.nodes[node].ticked();
                Input::Tick
            }
            Happening::Persisted { number } => return self.on_persisted(node, number),
            Happening::Gossip { from, message } => {
                let Some(peer) = self.nodes[node].peers.get(&from).copied() else { return };
                if !self.nodes[node].see(message.digest) {
                    return;
                }
                self.tally.count(Family::Message, message.name());
                self.trace.note(self.time, node, &[&message.digest], || {
                    format!("hears from node {}: {}", from + 1, message.name())
                });
                self.overhear(node, &message);
                let checked = self.intake.gossip(&message, self.nodes[node].context(&self.spec));
                self.note_gossip(&checked);
                if self.eavesdrop(node, &checked) {
                    return;
                }
                let token = self.nodes[node].token(message, from);
                Input::Gossip { peer, token, message: checked }
            }
            Happening::Asked { from, request, question } => {
                let Some(peer) = self.nodes[node].peers.get(&from).copied() else { return };
                self.tally.count(Family::Message, asks_for(&question));
                self.trace.note(self.time, node, &[&question_facts(&question)], || {
                    format!("is asked by node {} for {}", from + 1, asks_for(&question))
                });
                let asked = self.nodes[node].asked(from, request, &question);
                Input::Asked { peer, asked, question }
            }
            Happening::Answered { from, request, reply } => {
                if !self.nodes[node].open.remove(&request) {
                    return;
                }
                let facts = reply.as_ref().map(Wire::facts).unwrap_or_default();
                let text = if reply.is_some() { "gets an answer from" } else { "no answer from" };
                let note = || format!("{text} node {}", from + 1);
                self.trace.note(self.time, node, &[&facts], note);
                let outcome = self.intake.answer(reply, self.nodes[node].context(&self.spec));
                self.note_answer(&outcome);
                Input::Answered { request, outcome }
            }
        };
        self.input(node, input);
    }
}
