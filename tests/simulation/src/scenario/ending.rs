//! What must be true at the end of every story.

use std::collections::{BTreeMap, BTreeSet};

use super::play::{Found, Play};
use super::stage::ChainBlock;
use super::story::decimal;
use crate::model::Model;

/// How long it may take until all have one chain.
const SLOTS: u64 = 40;

impl Play<'_> {
    /// Looks until all is well, or for so long.
    pub(super) fn end(&mut self) -> Result<(), Found> {
        if let Some(asleep) = self.running().iter().find(|node| !self.awake().contains(node)) {
            return Err(Found::new(format!("n{asleep} still stands still")));
        }
        let deadline = self.stage.patience(SLOTS);
        while let Err(found) = self.all_is_well() {
            if self.stage.time() >= deadline {
                return Err(found);
            }
            self.stage.breathe();
        }
        let complaints = self.stage.end();
        if complaints.is_empty() { Ok(()) } else { Err(Found::new(complaints.join("; "))) }
    }

    fn all_is_well(&self) -> Result<(), Found> {
        let nodes = self.awake();
        let heads: Vec<_> = nodes.iter().map(|node| self.stage.head(*node)).collect();
        if heads.iter().any(|head| head.is_none() || *head != heads[0]) {
            let seen = nodes.iter().map(|node| (*node, self.place(*node))).collect();
            let wrong = format!("all running nodes have one chain, within {SLOTS} slots");
            return Err(Found { wrong: format!("it is not so that {wrong}"), seen });
        }
        let mut chains = nodes.iter().map(|node| (*node, self.stage.chain(*node)));
        let Some((first, chain)) = chains.next() else { return Ok(()) };
        for (node, other) in chains {
            // One may have gone on since.
            if let Some((ours, theirs)) = chain.iter().zip(&other).find(|(one, two)| one != two) {
                let seen = [(first, ours), (node, theirs)]
                    .map(|(node, block)| (node, format!("slot {}, {}", block.slot, block.hash)));
                return Err(Found {
                    wrong: "the chains are not the same".to_owned(),
                    seen: seen.to_vec(),
                });
            }
        }
        let model = self.replay(&chain)?;
        nodes.iter().try_for_each(|node| self.compare(*node, &model))
    }

    /// The balances after a chain, by a ledger that shares nothing with the nodes'.
    fn replay(&self, chain: &[ChainBlock]) -> Result<Model, Found> {
        let network = self.stage.network();
        let mut model = Model::new(network.genesis());
        let mut seen = BTreeSet::new();
        for body in chain.iter().flat_map(|block| &block.transactions) {
            let id = body.id(network.chain());
            if !self.known.contains(&id) {
                return Err(Found::new(format!("nobody sent {id}, and it is on the chain")));
            }
            if !seen.insert(id) {
                return Err(Found::new(format!("{id} is on the chain twice")));
            }
            if !model.apply(network.rules(), body) {
                return Err(Found::new(format!("{id} is on the chain, but cannot be applied")));
            }
        }
        Ok(model)
    }

    fn compare(&self, node: u16, model: &Model) -> Result<(), Found> {
        let differs = |what: String, is: u128, should: u128| Found {
            wrong: format!("an independent ledger has {} of {what}", decimal(should)),
            seen: vec![(node, decimal(is))],
        };
        let mut sums = BTreeMap::new();
        for ((address, token), should) in &model.balances {
            let is = self.stage.balance(node, *address, *token);
            if is != *should {
                return Err(differs(format!("{token} at {address}"), is, *should));
            }
            *sums.entry(*token).or_insert(0) += should;
        }
        for token in model.tokens.keys() {
            let is = self.stage.supply(node, *token).unwrap_or(u128::MAX);
            let should = sums.get(token).copied().unwrap_or(0);
            if is != should {
                return Err(differs(format!("{token} in all"), is, should));
            }
        }
        Ok(())
    }
}
