//! Nodes that do what no honest node does. Each runs the real engine, to know what goes on, and
//! twists what that engine sends.

mod builder;
mod equivocator;
mod flooder;
mod impersonator;
mod lacking;
mod mutate;
mod scripted;

use std::collections::BTreeSet;
use std::rc::Rc;

use coinage_protocol::engine::{Effect, Publication, Reply};
use coinage_protocol::{Answer, Block, BlockHash, Bounded, State, Verdict, encode};

pub(crate) use self::lacking::WAYS as WAYS_TO_LACK;
pub(crate) use self::mutate::AGAINST_A_CHARTER;
pub use self::mutate::WAYS;
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};

/// The villainy that a villain is known for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Villainy {
    /// Two nodes with one authority's key.
    Twin,
    /// Writes two blocks for one slot and shows each half of the network another.
    Equivocator,
    /// Keeps its blocks to itself for a while, and shows only their headers.
    Withholder,
    /// Writes blocks that break a rule, each time another.
    InvalidBuilder,
    /// Claims and serves long chains that are forged, or lead nowhere.
    LongChain,
    /// Sends garbage, floods of questions, stolen and worthless transactions.
    Spammer,
    /// Takes everything and passes nothing on.
    NonForwarder,
    /// Says that it stands where it does not, and answers what was not asked.
    Liar,
    /// Has a clock that is hours off, and writes blocks for slots that have not come.
    TimeTraveller,
}

impl Villainy {
    /// All kinds of villainy.
    pub const ALL: [Self; 9] = [
        Self::Twin,
        Self::Equivocator,
        Self::Withholder,
        Self::InvalidBuilder,
        Self::LongChain,
        Self::Spammer,
        Self::NonForwarder,
        Self::Liar,
        Self::TimeTraveller,
    ];

    /// The name of the villainy, as it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Twin => "twins",
            Self::Equivocator => "equivocator",
            Self::Withholder => "withholder",
            Self::InvalidBuilder => "invalid-block builder",
            Self::LongChain => "long-chain server",
            Self::Spammer => "spammer",
            Self::NonForwarder => "non-forwarder",
            Self::Liar => "liar in status",
            Self::TimeTraveller => "time traveller",
        }
    }

    /// Checks whether a villain needs an authority's key for its deeds.
    pub fn needs_key(self) -> bool {
        matches!(
            self,
            Self::Twin
                | Self::Equivocator
                | Self::Withholder
                | Self::InvalidBuilder
                | Self::TimeTraveller
        )
    }
}

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
}

impl Villain {
    pub(crate) fn new(kind: Villainy) -> Self {
        let (vault, branch) = (Vec::new(), Vec::new());
        Self { kind, vault, secret: BTreeSet::new(), branch, before: None, heard: None }
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
                Villainy::Equivocator | Villainy::InvalidBuilder,
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
        if self.nodes[node].engine.as_ref().is_some_and(|engine| engine.view().twin.is_some()) {
            // It goes on as if nobody had told it to stop.
            self.kill(node);
            return self.start(node);
        }
        if self.chance(20) == 0 {
            self.come_back(node);
        }
        match kind {
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
        let slot = self.slot();
        let (out, kept) = core::mem::take(&mut self.villain(node).vault)
            .into_iter()
            .partition::<Vec<_>, _>(|(until, _)| *until <= slot.get());
        let villain = self.villain(node);
        villain.vault = kept;
        if villain.vault.is_empty() {
            villain.secret.clear();
        }
        for (_, message) in out {
            self.spread(node, node, &message);
        }
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
