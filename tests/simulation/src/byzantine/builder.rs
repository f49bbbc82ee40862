//! Authorities that write more, or worse, than they may.

use coinage_protocol::engine::{Batch, Effect, Publication};
use coinage_protocol::{Block, Slot, State, Tip, Topic, encode};

use super::Villainy;
use super::mutate::{Workshop, mutant};
use crate::block_builder::Forge;
use crate::sim_network::message::Message;
use crate::sim_network::{Family, World};

impl World {
    /// Keeps what it takes to write another block in the place of the last one.
    pub(super) fn remember_before(&mut self, node: usize, batch: &Batch) {
        let Some(last) = batch.applied.last() else { return };
        let state: State = self.nodes[node].engine().state().with(&last.changes.inverted());
        self.villain(node).before = Some(state);
    }

    /// Writes a second block for the slot and shows each to every other peer.
    pub(super) fn equivocate(&mut self, node: usize, block: Block) -> Option<Effect> {
        let Some(forge) = self.beside(node, &block) else {
            return Some(Effect::Publish(Publication::Block(Box::new(block))));
        };
        let payment = self.villains_payment(1);
        let (header, _) = forge.header(block.header.header.slot, std::slice::from_ref(&payment));
        let key = self.nodes[node].key()?;
        let twin = crate::block_builder::seal(self.spec(), header, &key, vec![payment]);
        let kind = self.villain(node).kind;
        self.tally.count(Family::Villain, kind.name());
        let mut both = [block, twin];
        let chain = *self.spec().chain();
        both.sort_by_key(|one| one.header.header.hash(&chain));
        for one in &both {
            let header = &one.header.header;
            self.villain(node).ears.block(header.hash(&chain), header);
        }
        let messages = both.each_ref().map(|one| Message::new(Topic::Blocks, encode(one)));
        for to in self.peers_of(node) {
            let which = match kind {
                // The block that it votes for where that peer hears it.
                Villainy::DoubleVoter => to % 2,
                _ => usize::try_from(self.chance(2)).unwrap_or(0),
            };
            self.gossip(node, to, &messages[which]);
        }
        if kind == Villainy::DoubleVoter {
            self.tell_accomplices(node, both[0].header.header.slot);
        }
        None
    }

    /// Writes a block that breaks a rule, before or instead of a proper one, and claims it.
    pub(super) fn build_invalid(&mut self, node: usize, block: Block) -> Option<Effect> {
        let proper = Some(Effect::Publish(Publication::Block(Box::new(block.clone()))));
        let (Some(forge), Some(key)) = (self.beside(node, &block), self.nodes[node].key()) else {
            return proper;
        };
        let choice = self.chance(u64::MAX);
        let ids = self.ids_on_disk(node);
        let old = self.old_transaction(node, &ids);
        let named = &block.header.header.authorities;
        let set = self.nodes[node].engine().known_authorities().named(named);
        let turns = set.map_or(1, |set| set.len() as u64);
        let (spec, entropy) = (self.spec().clone(), self.chance(u64::MAX));
        let workshop = Workshop { spec, turns, forge, key, old, entropy };
        let Some(mutant) = mutant(&workshop, &block, choice) else { return proper };
        self.tally.count(Family::Villain, Villainy::InvalidBuilder.name());
        self.tally.count(Family::Villain, mutant.name);
        let message = Message::new(Topic::Blocks, mutant.bytes);
        if mutant.is_forbidden {
            self.forbidden.insert(message.digest, mutant.name);
        }
        let note = || format!("writes a bad block: {}", mutant.name);
        self.trace.note(self.time(), node, &[&message.digest], note);
        self.spread(node, node, &message);
        self.villain(node).branch = mutant.block.into_iter().collect();
        if self.chance(2) == 0 { proper } else { None }
    }

    /// A forge that stands where a block of this node's was written.
    fn beside(&mut self, node: usize, block: &Block) -> Option<Forge> {
        let state = self.villain(node).before.clone()?;
        let header = &block.header.header;
        let parent = Tip {
            height: header.height.checked_sub(1)?,
            slot: Slot::new(0),
            hash: header.previous,
        };
        Some(Forge::on(self.spec(), parent, state))
    }

    /// A transaction that the node's chain holds.
    fn old_transaction(
        &mut self,
        node: usize,
        ids: &std::collections::BTreeSet<coinage_protocol::TransactionId>,
    ) -> Option<coinage_protocol::Transaction> {
        use coinage_protocol::engine::ChainReader;
        let id = ids.first()?;
        let disk = &self.nodes[node].disk;
        let block = disk.block(&disk.canonical(disk.included(id)?)?)?;
        let chain = self.spec().chain();
        block.transactions.iter().find(|one| one.body.id(chain) == *id).cloned()
    }
}
