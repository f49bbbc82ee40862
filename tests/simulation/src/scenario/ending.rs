//! Endings: what must be true at the end of every story.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{Address, ChainSpec, Symbol, TransactionId};

use super::play::{Found, Play};
use super::stage::ChainBlock;
use super::story::decimal;
use crate::model::Model;

/// Slots that it may take until all have one chain.
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
        let heads = self.stage.heads(&nodes);
        if heads.iter().any(|head| head.is_none() || *head != heads[0]) {
            let seen = nodes.iter().map(|node| (*node, self.place(*node))).collect();
            let wrong = format!("all running nodes have one chain, within {SLOTS} slots");
            return Err(Found { wrong: format!("it is not so that {wrong}"), seen });
        }
        let chains: Vec<_> = nodes.iter().map(|node| (*node, self.stage.chain(*node))).collect();
        let Some(chain) = one_chain(&chains)? else { return Ok(()) };
        let model = replay(self.stage.spec(), &self.known, chain)?;
        nodes.iter().try_for_each(|node| {
            let balance = |address, token| self.stage.balance(*node, address, token);
            let supply = |token| self.stage.supply(*node, token).unwrap_or(0);
            compare(*node, &model, balance, supply)
        })
    }
}

/// The first of some chains, all of which are the same as far as they reach: one may have gone on
/// since it was seen that their heads are equal.
fn one_chain(chains: &[(u16, Vec<ChainBlock>)]) -> Result<Option<&[ChainBlock]>, Found> {
    let Some(((first, chain), others)) = chains.split_first() else { return Ok(None) };
    for (node, other) in others {
        if let Some((ours, theirs)) = chain.iter().zip(other).find(|(one, two)| one != two) {
            let seen = [(*first, ours), (*node, theirs)]
                .map(|(node, block)| (node, format!("slot {}, {}", block.slot, block.hash)));
            let wrong = "the chains are not the same".to_owned();
            return Err(Found { wrong, seen: seen.to_vec() });
        }
    }
    Ok(Some(chain))
}

/// The balances after a chain, by a ledger that shares nothing with the nodes'.
fn replay(
    spec: &ChainSpec,
    known: &BTreeSet<TransactionId>,
    chain: &[ChainBlock],
) -> Result<Model, Found> {
    let mut model = Model::new(spec.genesis());
    let mut seen = BTreeSet::new();
    let bodies = chain.iter().flat_map(|block| {
        let time = spec.slot_time(block.slot);
        block.transactions.iter().enumerate().map(move |(position, body)| (position, time, body))
    });
    for (position, time, body) in bodies {
        if position == 0 {
            model.begin_block();
        }
        let id = body.id(spec.chain());
        if !known.contains(&id) {
            return Err(Found::new(format!("nobody sent {id}, and it is on the chain")));
        }
        if !seen.insert(id) {
            return Err(Found::new(format!("{id} is on the chain twice")));
        }
        if model.apply(spec.rules(), time, body).is_err() {
            return Err(Found::new(format!("{id} is on the chain, but cannot be applied")));
        }
    }
    Ok(model)
}

/// Checks whether a node has what the ledger has, and in all the sum of that.
fn compare(
    node: u16,
    model: &Model,
    balance: impl Fn(Address, Symbol) -> u128,
    supply: impl Fn(Symbol) -> u128,
) -> Result<(), Found> {
    let check = |what: String, is: u128, should: u128| {
        let wrong = format!("an independent ledger has {} of {what}", decimal(should));
        let seen = vec![(node, decimal(is))];
        if is == should { Ok(()) } else { Err(Found { wrong, seen }) }
    };
    let mut sums = BTreeMap::new();
    for ((address, token), should) in &model.balances {
        check(format!("{token} at {address}"), balance(*address, *token), *should)?;
        *sums.entry(*token).or_insert(0) += should;
    }
    for token in model.tokens.keys() {
        let should = sums.get(token).copied().unwrap_or(0);
        check(format!("{token} in all"), supply(*token), should)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use coinage_protocol::{Body, Slot};

    use super::*;
    use crate::fixtures::{account, address, chain_spec, coin, transfer};

    fn block(slot: Slot, transactions: Vec<Body>) -> ChainBlock {
        ChainBlock { slot, hash: format!("hash {slot}"), transactions }
    }

    fn pay(spec: &ChainSpec, from: u8, salt: u64) -> Body {
        let to = address(&account(50));
        let expiry = spec.slot_time(Slot::new(1_000));
        transfer(spec, &account(from), to, 5, salt, expiry).transaction().body.clone()
    }

    #[test]
    fn two_chains_are_one_only_if_they_agree_as_far_as_both_reach() {
        let chain = |last| vec![block(Slot::new(1), Vec::new()), block(last, Vec::new())];
        let shorter = vec![block(Slot::new(1), Vec::new())];
        let one = [(1, chain(Slot::new(2))), (2, shorter), (3, chain(Slot::new(2)))];
        assert_eq!(one_chain(&one).expect("one chain"), Some(&*chain(Slot::new(2))));
        let found = one_chain(&[(1, chain(Slot::new(2))), (4, chain(Slot::new(3)))])
            .expect_err("two chains");
        assert_eq!(found.seen, [(1, "slot 2, hash 2".into()), (4, "slot 3, hash 3".into())]);
    }

    #[test]
    fn what_is_twice_on_a_chain_or_was_never_sent_or_cannot_be_is_found() {
        let spec = chain_spec(1, 500);
        let (paid, poor) = (pay(&spec, 1, 1), pay(&spec, 60, 1));
        let known = [&paid, &poor].map(|body| body.id(spec.chain())).into();
        let wrong = |transactions: Vec<Body>| {
            let found = replay(
                &spec,
                &known,
                &[block(Slot::new(1), Vec::new()), block(Slot::new(2), transactions)],
            );
            found.err().map(|found| found.wrong.split_once(' ').expect("words").1.to_owned())
        };
        assert_eq!(wrong(vec![paid.clone()]), None);
        let twice = wrong(vec![paid.clone(), paid]).expect("it is twice there");
        assert_eq!(twice, "is on the chain twice");
        let poor = wrong(vec![poor]).expect("he has nothing");
        assert_eq!(poor, "is on the chain, but cannot be applied");
        let strange = wrong(vec![pay(&spec, 2, 1)]).expect("nobody sent it");
        assert!(strange.starts_with("sent "), "{strange}");
    }

    #[test]
    fn one_unit_too_many_is_found() {
        let spec = chain_spec(1, 500);
        let model = replay(&spec, &BTreeSet::new(), &[]).expect("an empty chain");
        let balance = |owner, token| model.balances.get(&(owner, token)).copied().unwrap_or(0);
        let all = |_| 9_000_000;
        assert!(compare(1, &model, balance, all).is_ok());
        let rich = address(&account(3));
        let more = |owner, token| balance(owner, token) + u128::from(owner == rich);
        let found = compare(2, &model, more, all).expect_err("one has more");
        assert!(found.wrong.contains(&format!("{} at {rich}", coin())), "{}", found.wrong);
        assert_eq!(found.seen, [(2, "10000.01".to_owned())]);
        let found = compare(2, &model, balance, |_| 9_000_001).expect_err("there is more");
        assert_eq!(found.wrong, "an independent ledger has 90000.00 of COIN in all");
    }
}
