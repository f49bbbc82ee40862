//! Nodes that do what no honest node does. Each runs the real engine, to know what goes on, and
//! twists what that engine sends.

mod builder;
mod certificate_forger;
mod double_voter;
mod ears;
mod equivocator;
mod flooder;
mod hoarder;
mod impersonator;
mod kinds;
mod lacking;
mod late_leader;
mod mutate;
mod scripted;
mod vote_withholder;

use std::collections::BTreeSet;
use std::rc::Rc;

use coinage_protocol::engine::{Effect, Publication, Reply};
use coinage_protocol::{Answer, Block, BlockHash, Bounded, State, Verdict, encode};

pub(crate) use self::certificate_forger::FORGERIES;
use self::ears::Ears;
use self::hoarder::Hoarded;
pub use self::kinds::Villainy;
pub(crate) use self::lacking::WAYS as WAYS_TO_LACK;
pub(crate) use self::mutate::AGAINST_A_CHARTER;
pub use self::mutate::WAYS;
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};

/// A villain and what it has up its sleeve.
#[derive(Debug)]
pub(crate) struct Villain {
    pub(crate) kind: Villainy,
    /// Blocks that it keeps to itself, and the slots in which it lets them out.
    vault: Vec<(u64, Rc<Message>)>,
    secret: BTreeSet<BlockHash>,
    /// A forged chain that it claims as its own, the lowest block first.
    branch: Vec<Block>,
    /// The state before the last block of its engine.
    before: Option<State>,
    /// Message that the villain heard last, to make something worse of.
    heard: Option<Rc<Message>>,
    ears: Ears,
    /// A branch that nobody is to know, the lowest block first.
    hoard: Vec<Hoarded>,
}

impl Villain {
    pub(crate) fn new(kind: Villainy) -> Self {
        let (vault, branch) = (Vec::new(), Vec::new());
        Self {
            kind,
            vault,
            secret: BTreeSet::new(),
            branch,
            before: None,
            heard: None,
            ears: Ears::default(),
            hoard: Vec::new(),
        }
    }
}

impl World {
    /// Twists an action of a node's engine: honest nodes do what it says.
    pub(crate) fn twist(&mut self, node: usize, action: Effect) -> Option<Effect> {
        let Some(kind) = self.nodes[node].villain.as_ref().map(|villain| villain.kind) else {
            return Some(action);
        };
        match (kind, action) {
            (
                Villainy::Equivocator | Villainy::InvalidBuilder | Villainy::DoubleVoter,
                Effect::Persist { number, batch },
            ) => {
                self.remember_before(node, &batch);
                Some(Effect::Persist { number, batch })
            }
            (Villainy::Equivocator, Effect::Publish(Publication::Block(block))) => {
                self.equivocate(node, *block)
            }
            (Villainy::InvalidBuilder, Effect::Publish(Publication::Block(block))) => {
                self.build_invalid(node, *block)
            }
            (Villainy::Withholder, Effect::Publish(Publication::Block(block))) => {
                self.withhold(node, &block);
                None
            }
            (Villainy::Withholder, Effect::Answer { asked, reply }) => {
                Some(Effect::Answer { asked, reply: self.without_secrets(node, reply) })
            }
            (Villainy::DoubleVoter, Effect::Publish(Publication::Block(block))) => {
                self.equivocate(node, *block)
            }
            (Villainy::VoteWithholder, Effect::Publish(Publication::Ballot(ballot))) => {
                self.withhold_ballot(node, &ballot);
                None
            }
            (Villainy::Hoarder, action) => self.hide(node, action),
            (Villainy::CertificateForger, Effect::Publish(Publication::Block(block))) => {
                self.forge_header(node, *block)
            }
            (Villainy::CertificateForger, action) => self.forge_answer(node, action),
            (Villainy::LateLeader, Effect::Publish(Publication::Block(block))) => {
                self.come_late(node, &block);
                None
            }
            (Villainy::NonForwarder, action) => self.keep_to_oneself(node, action),
            (Villainy::Liar, action) => self.lie(node, action),
            (
                Villainy::LongChain | Villainy::TimeTraveller | Villainy::InvalidBuilder,
                action @ (Effect::Answer { .. } | Effect::Ask { .. }),
            ) => self.pretend(node, action),
            (_, action) => Some(action),
        }
    }

    /// A villain's turn, once in each slot.
    pub(crate) fn mischief(&mut self, node: usize) {
        let Some(kind) = self.nodes[node].villain.as_ref().map(|villain| villain.kind) else {
            return;
        };
        if self.nodes[node].engine.as_ref().is_some_and(|engine| engine.view().stop.is_some()) {
            // It goes on as if nobody had told it to stop.
            self.kill(node);
            return self.start(node);
        }
        if self.chance(20) == 0 {
            self.come_back(node);
        }
        self.forget_heard(node);
        match kind {
            Villainy::VoteWithholder => self.let_ballots_out(node),
            Villainy::Hoarder => self.show_the_old(node),
            Villainy::Withholder => self.let_out(node),
            Villainy::Spammer => self.spam(node),
            Villainy::LongChain => self.forge_long_chain(node),
            Villainy::TimeTraveller => self.write_the_future(node),
            Villainy::Twin if self.nodes[node].authority.is_some() => {
                self.tally.count(Family::Villain, kind.name());
            }
            _ => {}
        }
        self.mischief_again(node);
    }

    pub(crate) fn villain(&mut self, node: usize) -> &mut Villain {
        self.nodes[node].villain.as_mut().expect("only villains get here")
    }

    /// Under a new name nobody knows what it did.
    fn come_back(&mut self, node: usize) {
        for other in 0..self.nodes.len() {
            self.nodes[other].banned.remove(&node);
            self.connect(node, other);
        }
    }

    fn withhold(&mut self, node: usize, block: &Block) {
        self.tally.count(Family::Villain, Villainy::Withholder.name());
        let until = self.slot() + 1 + self.chance(30);
        let hash = block.header.header.hash(self.spec().chain());
        let message = Message::new(coinage_protocol::Topic::Blocks, encode(block));
        let villain = self.villain(node);
        villain.secret.insert(hash);
        villain.vault.push((until.get(), message));
    }

    fn let_out(&mut self, node: usize) {
        let out = self.due(node);
        let villain = self.villain(node);
        if villain.vault.is_empty() {
            villain.secret.clear();
        }
        for message in out {
            self.spread(node, node, &message);
        }
    }

    /// Takes out of the vault what has been there long enough.
    fn due(&mut self, node: usize) -> Vec<Rc<Message>> {
        let slot = self.slot().get();
        let vault = &mut self.villain(node).vault;
        vault.extract_if(.., |(until, _)| *until <= slot).map(|(_, message)| message).collect()
    }

    fn without_secrets(&mut self, node: usize, reply: Reply) -> Reply {
        let chain = *self.spec().chain();
        let secret = &self.villain(node).secret;
        match reply {
            Reply::Answer(Answer::Blocks(blocks)) => {
                let shown = blocks
                    .into_vec()
                    .into_iter()
                    .take_while(|block| !secret.contains(&block.header.header.hash(&chain)));
                Reply::Answer(Answer::Blocks(Bounded::first_of(shown)))
            }
            other => other,
        }
    }

    fn keep_to_oneself(&mut self, node: usize, action: Effect) -> Option<Effect> {
        let name = Villainy::NonForwarder.name();
        match action {
            Effect::Judge { token, verdict: Verdict::Accept } => {
                self.tally.count(Family::Villain, name);
                Some(Effect::Judge { token, verdict: Verdict::Ignore })
            }
            Effect::Publish(Publication::Transactions(_)) => None,
            Effect::Answer { asked, reply: Reply::Answer(_) } => {
                self.tally.count(Family::Villain, name);
                self.nodes[node].answered(asked);
                None
            }
            other => Some(other),
        }
    }
}
