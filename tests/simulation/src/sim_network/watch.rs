//! The auditor at work: what every honest node decides, says and sends, looked at as it happens.

use coinage_protocol::engine::{Effect, Event, Publication};
use coinage_protocol::{CheckedBlock, DropReason, Slot, TransactionId};

use super::{Family, World};
use crate::audit::{Broken, Looked, served};

impl World {
    /// Looks at what a node's engine has decided on, before anything of it is done.
    pub(super) fn watch(&mut self, node: usize, actions: &[Effect]) {
        actions.iter().for_each(|action| self.note_blocks(action));
        if self.nodes[node].villain.is_some() {
            return;
        }
        for action in actions {
            if let Effect::Remember { slot } = action {
                self.watch_leader(node, *slot, actions);
            }
            // It may be in a certificate on disk before it leaves.
            if let Effect::Publish(Publication::Ballot(ballot)) = action {
                self.finality.cast(ballot);
            }
            let shadow = self.nodes[node].shadow.as_mut().expect("it runs");
            let told = shadow.note(action);
            self.demand(node, told);
            self.nodes[node].promises.made(action);
        }
    }

    /// Looks at an action that a node's shell performs.
    pub(super) fn watch_deed(&mut self, node: usize, action: &Effect) {
        if self.nodes[node].villain.is_some() {
            return;
        }
        if let Err(error) = self.nodes[node].promises.kept(action) {
            self.violation("I8", || format!("node {}: {error}", node + 1));
        }
        let looked: Looked = match action {
            Effect::Publish(publication) => served::publication(publication),
            Effect::Ask { question, .. } => served::question(question).map(|()| None),
            Effect::Answer { asked, reply } => match self.nodes[node].question(*asked) {
                Some(question) => served::answer(self.spec.chain(), question, reply),
                None => Ok(None),
            },
            _ => Ok(None),
        };
        let remarkable = looked.as_ref().ok().copied().flatten();
        self.demand(node, looked.map(|_| ()));
        if let Some(one) = remarkable {
            self.tally.count(Family::Chain, one.name());
        }
    }

    /// Checks that everything that waits for a disk is done once it may be.
    pub(super) fn watch_gate(&self, node: usize) {
        if self.nodes[node].villain.is_none() && self.nodes[node].promises.is_late() {
            self.violation("I8", || format!("node {} holds back what is on disk", node + 1));
        }
    }

    /// A pool holds what its events told of.
    pub(crate) fn watch_pool(&self, node: usize) {
        let one = &self.nodes[node];
        let shadow = one.shadow.as_ref().expect("it runs");
        self.demand(node, shadow.is_told(one.engine().waiting()));
    }

    /// A leader takes what it should, and its own block is good enough for itself.
    fn watch_leader(&mut self, node: usize, slot: Slot, actions: &[Effect]) {
        let refused = actions.iter().find_map(|action| match action {
            Effect::Report(Event::BlockRejected { reason, peer: None, .. }) => Some(reason),
            _ => None,
        });
        if let Some(why) = refused {
            self.violation("B-7", || format!("node {} refuses its own block: {why}", node + 1));
        }
        let Some(block) = actions.iter().find_map(|action| own_block(action, slot)) else { return };
        let mut shadow = self.nodes[node].shadow.take().expect("it runs");
        let gone: Vec<TransactionId> = actions.iter().filter_map(dropped).collect();
        let chosen = match self.auditor.model(&shadow.head()) {
            Some(model) if block.header().previous == shadow.head() => {
                let (genesis, model) = (self.spec.genesis(), model.clone());
                shadow.check_choice(genesis, model, block, |id| gone.contains(id))
            }
            // What it builds on is not on disk yet.
            _ => {
                shadow.forget_order();
                Ok(())
            }
        };
        self.nodes[node].shadow = Some(shadow);
        self.demand(node, chosen);
    }

    pub(super) fn demand(&self, node: usize, looked: Result<(), Broken>) {
        if let Err((invariant, error)) = looked {
            self.violation(invariant, || format!("node {}: {error}", node + 1));
        }
    }
}

/// The block that a leader has just made part of its chain.
fn own_block(action: &Effect, slot: Slot) -> Option<&CheckedBlock> {
    let Effect::Persist { batch, .. } = action else { return None };
    let last = batch.applied.last()?;
    (last.block.header().slot == slot).then_some(&*last.block)
}

/// The transaction that a pool loses for another reason than time.
fn dropped(action: &Effect) -> Option<TransactionId> {
    match action {
        Effect::Report(Event::TransactionDropped { id, reason }) => {
            (*reason != DropReason::Expired).then_some(*id)
        }
        _ => None,
    }
}
