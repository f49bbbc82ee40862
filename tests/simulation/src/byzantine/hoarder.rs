//! An authority that builds a branch in secret and shows just so much of it, just in time, that the
//! newest block of somebody else loses its place.

use coinage_protocol::engine::{ChainReader as _, Effect, Publication, Question, Reply};
use coinage_protocol::{
    Answer, Ballot, Block, BlockHash, Bounded, Height, Phase, SignedHeader, Slot, Tip, Topic,
    encode,
};

use super::Villainy;
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};

/// Slots for which a block is hoarded at most.
const HOARDED_SLOTS: u64 = 60;

/// A block of the secret branch.
#[derive(Debug)]
pub(super) struct Hoarded {
    height: Height,
    slot: Slot,
    hash: BlockHash,
    message: std::rc::Rc<Message>,
}

impl World {
    /// Hides the secret branch in whatever leaves.
    pub(super) fn hide(&mut self, node: usize, action: Effect) -> Option<Effect> {
        match action {
            Effect::Publish(Publication::Block(block)) if self.chance(4) != 0 => {
                self.hoard(node, &block);
                None
            }
            Effect::Publish(Publication::Ballot(Ballot { block, .. }))
                if self.villain(node).secret.contains(&block) =>
            {
                None
            }
            Effect::Ask { peer, request, question: Question::Status(mut status) } => {
                status.head = self.shown_head(node, status.head);
                Some(Effect::Ask { peer, request, question: Question::Status(status) })
            }
            Effect::Answer { asked, reply: Reply::Status(mut status) } => {
                status.head = self.shown_head(node, status.head);
                Some(Effect::Answer { asked, reply: Reply::Status(status) })
            }
            Effect::Answer { asked, reply: Reply::Answer(Answer::Headers(headers)) } => {
                let chain = *self.spec().chain();
                let secret = &self.villain(node).secret;
                let is_shown = |one: &SignedHeader| !secret.contains(&one.header.hash(&chain));
                let shown = Bounded::first_of(headers.into_vec().into_iter().take_while(is_shown));
                Some(Effect::Answer { asked, reply: Reply::Answer(Answer::Headers(shown)) })
            }
            Effect::Answer { asked, reply } => {
                Some(Effect::Answer { asked, reply: self.without_secrets(node, reply) })
            }
            other => Some(other),
        }
    }

    fn hoard(&mut self, node: usize, block: &Block) {
        self.tally.count(Family::Villain, Villainy::Hoarder.name());
        let header = &block.header.header;
        let hash = header.hash(self.spec().chain());
        let message = Message::new(Topic::Blocks, encode(block));
        let (height, slot) = (header.height, header.slot);
        let villain = self.villain(node);
        villain.secret.insert(hash);
        villain.hoard.push(Hoarded { height, slot, hash, message });
    }

    /// The highest block below a head that is no secret.
    fn shown_head(&self, node: usize, head: Tip) -> Tip {
        let one = &self.nodes[node];
        let secret = one.villain.as_ref().map(|villain| &villain.secret);
        let mut tip = head;
        while secret.is_some_and(|secret| secret.contains(&tip.hash)) {
            let Some(signed) = one.disk.header(&tip.hash) else { break };
            let hash = signed.header.previous;
            let slot = one.disk.header(&hash).map(|below| below.header.slot).unwrap_or_default();
            tip = Tip { height: signed.header.height.saturating_sub(1), slot, hash };
        }
        tip
    }

    /// Shows as much of the secret branch as beats a block of this height.
    pub(super) fn displace(&mut self, node: usize, height: Height) {
        if self.villain(node).hoard.iter().any(|one| one.height == height) {
            self.tally.count(Family::Villain, "block displaced");
            self.show(node, |one| one.height <= height);
        }
    }

    /// Shows what has become old, or worthless.
    pub(super) fn show_the_old(&mut self, node: usize) {
        let before = self.slot().saturating_sub(HOARDED_SLOTS);
        self.show(node, |one| one.slot < before);
    }

    fn show(&mut self, node: usize, is_shown: impl Fn(&Hoarded) -> bool) {
        let villain = self.villain(node);
        let hoard = core::mem::take(&mut villain.hoard);
        let (shown, kept) = hoard.into_iter().partition::<Vec<_>, _>(is_shown);
        villain.hoard = kept;
        let few = self.chance(3) == 0;
        for Hoarded { slot, hash, message, .. } in shown {
            self.villain(node).secret.remove(&hash);
            if few {
                self.send_to_few(node, &message);
            } else {
                self.spread(node, node, &message);
            }
            for phase in Phase::ALL {
                let ballot = self.signed_ballot(node, phase, (slot, hash));
                ballot.into_iter().for_each(|ballot| self.spread(node, node, &ballot));
            }
        }
    }
}
