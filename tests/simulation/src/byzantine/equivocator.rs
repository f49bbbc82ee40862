//! A peer that says what is not so.

use std::rc::Rc;

use coinage_protocol::engine::{Effect, Question, Reply};
use coinage_protocol::{
    Answer, Ballot, BlockHash, Bounded, Evidence, Height, Phase, Signature, Slot, Status, Tip,
    TransactionId, UnixMillis, encode,
};

use super::Villainy;
use crate::sim_network::message::Wire;
use crate::sim_network::{Family, World};

impl World {
    pub(super) fn lie(&mut self, node: usize, action: Effect) -> Option<Effect> {
        match action {
            Effect::Ask { peer, request, question: Question::Status(mut status) } => {
                self.falsify(&mut status);
                Some(Effect::Ask { peer, request, question: Question::Status(status) })
            }
            Effect::Answer { asked, reply: Reply::Status(mut status) } => {
                self.falsify(&mut status);
                Some(Effect::Answer { asked, reply: Reply::Status(status) })
            }
            Effect::Answer { asked, reply: Reply::Answer(answer) } if self.lies_about(&answer) => {
                let (to, request, _) = self.nodes[node].answered(asked)?;
                let wrong = self.wrong_answer(answer);
                self.reply(node, to, request, wrong);
                None
            }
            other => Some(other),
        }
    }

    /// Decides whether to lie in an answer: seldom about what peers are asked with each status, or
    /// it is banned for that before it is asked anything else.
    fn lies_about(&mut self, answer: &Answer) -> bool {
        let is_common = matches!(
            answer,
            Answer::Certificates { .. } | Answer::Evidence(_) | Answer::Ballots { .. }
        );
        self.chance(if is_common { 48 } else { 3 }) == 0
    }

    fn falsify(&mut self, status: &mut Status) {
        self.tally.count(Family::Villain, Villainy::Liar.name());
        let hash = BlockHash::new([u8::try_from(self.chance(200)).unwrap_or(0); 32]);
        let (head, far) = (status.head, self.chance(1_000));
        status.head = match self.chance(4) {
            0 => Tip { height: head.height + 1 + far, slot: self.slot(), hash },
            1 => Tip { hash, ..head },
            2 => {
                Tip { height: Height::new(0), slot: Slot::new(0), hash: self.spec().genesis_hash() }
            }
            _ => Tip { height: Height::MAX, slot: Slot::MAX, hash },
        };
        if self.chance(4) == 0 {
            status.time = UnixMillis::new(far);
        }
    }

    /// Evidence against an honest authority, which has signed one of the two, as it seems.
    fn slander(&self) -> Evidence {
        let ballot = |block| Ballot {
            phase: Phase::Vote,
            slot: Slot::new(1),
            block: BlockHash::new([block; 32]),
            signer: *self.spec().genesis_authorities().leader(Slot::new(1)),
            signature: Signature::new([0; 64]),
        };
        Evidence::Ballots(Box::new([1, 2].map(ballot)))
    }

    fn wrong_answer(&mut self, honest: Answer) -> Wire {
        self.tally.count(Family::Villain, "wrong answer");
        let id = TransactionId::new([7; 32]);
        let wrong = match (self.chance(4), honest) {
            (0, _) => {
                let garbage = (0..self.chance(100)).map(|_| 0xff).collect();
                return Wire::Answer(Rc::new(garbage));
            }
            (1, honest) => {
                let mut bytes = encode(&honest);
                bytes.push(0);
                return Wire::Answer(Rc::new(bytes));
            }
            (_, Answer::Headers(headers)) => {
                let mut headers = headers.into_vec();
                headers.reverse();
                Answer::Headers(Bounded::first_of(headers))
            }
            (2, Answer::Blocks(blocks)) => {
                let mut blocks = blocks.into_vec();
                blocks.reverse();
                Answer::Blocks(Bounded::first_of(blocks))
            }
            // The right header with no body.
            (_, Answer::Blocks(blocks)) => {
                let mut blocks = blocks.into_vec();
                blocks.iter_mut().for_each(|block| block.transactions = Bounded::default());
                Answer::Blocks(Bounded::first_of(blocks))
            }
            (_, Answer::Waiting(_)) => Answer::Waiting(Bounded::first_of([id, id])),
            (_, Answer::Transactions(_)) => Answer::Waiting(Bounded::first_of([id])),
            (_, Answer::Certificates { votes, commits, change }) => {
                Answer::Certificates { votes: commits, commits: votes, change }
            }
            (_, Answer::Evidence(_)) => Answer::Evidence(Bounded::first_of([self.slander()])),
            (_, Answer::Ballots { vote, commit }) => Answer::Ballots { vote: commit, commit: vote },
            (_, Answer::Busy) => Answer::Busy,
        };
        Wire::Answer(Rc::new(encode(&wrong)))
    }
}
