//! The simulated network as a stage.

use coinage_protocol::engine::{ChainReader as _, Event, SubmitOutcome, SyncState};
use coinage_protocol::{
    Address, Bounded, ChainSpec, CheckedTransaction, DropReason, GenesisBalance, Growth, Height,
    LedgerError, PolicyBounds, ReorgOutcome, Symbol, Transaction, TransactionId,
};

use super::code;
use super::stage::{Answer, ChainBlock, Head, Reverted, Stage, Standing, Status};
use super::story::Scenario;
use crate::fixtures::{address, coin, developer, genesis, random, units};
use crate::sim_network::World;

/// Base units that the development accounts begin with: as in every devnet.
const BEGAN_WITH: u128 = 100_000_000;
/// Number of slots that an answer to a submission may take: it may have to wait for a disk.
const ANSWER_SLOTS: u64 = 4;

/// The simulated network of a story.
#[derive(Debug)]
pub struct Simulated {
    world: World,
    /// Number of events that there were when each node started last.
    since: Vec<usize>,
}

impl Simulated {
    /// The network of a story, in its first slots; chance follows from the seed.
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let nodes = usize::from(scenario.nodes);
        let mut world = World::new(devnet(scenario), nodes, seed);
        // Ready, as a devnet is: all agree on a block.
        world.run_until(40, "the nodes agree", |world| {
            world.agree() && world.head(0).height > Height::new(0)
        });
        Self { world, since: vec![0; nodes] }
    }
}

/// The network that `coinage devnet` would make, but for its time and the authorities' keys.
fn devnet(scenario: &Scenario) -> ChainSpec {
    let authorities = u8::try_from(scenario.nodes).expect("a story has few nodes");
    let mut genesis = genesis(authorities, scenario.slot_ms);
    let mut balances = ["alice", "bob", "carol"].map(|name| GenesisBalance {
        address: address(&developer(name)),
        token: coin(),
        amount: units(BEGAN_WITH),
    });
    balances.sort_by_key(|balance| balance.address);
    genesis.balances = Bounded::new(balances.to_vec()).expect("few");
    let tokens = genesis.tokens.iter().cloned().map(|mut token| {
        token.issuer = None;
        token
    });
    genesis.tokens = Bounded::first_of(tokens);
    // As a devnet has them.
    genesis.version = 3;
    genesis.rules.balances_max = 100_000;
    genesis.rules.tokens_max = 10_000;
    genesis.rules.growth = Some(Growth { block_max: 3_000, deposit: Some(coin()) });
    genesis.rules.policies = Some(PolicyBounds { charters_max: 1_000, standings_max: 100_000 });
    ChainSpec::new(genesis).expect("a valid genesis")
}

impl Stage for Simulated {
    fn spec(&self) -> &ChainSpec {
        self.world.spec()
    }

    fn time(&self) -> u64 {
        self.world.spec().slot_time(self.world.slot()).get()
    }

    fn patience(&self, slots: u64) -> u64 {
        self.world.expiry(slots).get()
    }

    fn breathe(&mut self) {
        self.world.run_slots(1);
    }

    fn wait(&mut self, slots: u64) {
        self.world.run_slots(slots);
    }

    fn partition(&mut self, groups: &[Vec<u16>]) {
        // Links that an earlier partition cut are whole again.
        self.world.heal();
        let groups: Vec<Vec<usize>> =
            groups.iter().map(|group| group.iter().map(|node| index(*node)).collect()).collect();
        let groups: Vec<&[usize]> = groups.iter().map(Vec::as_slice).collect();
        self.world.partition(&groups);
    }

    fn heal(&mut self) {
        self.world.heal();
    }

    fn kill(&mut self, node: u16) {
        self.world.kill(index(node));
    }

    fn start(&mut self, node: u16) {
        self.since[index(node)] = self.world.events.len();
        self.world.start(index(node));
    }

    fn wipe(&mut self, node: u16) {
        self.world.wipe(index(node));
    }

    fn pause(&mut self, node: u16) {
        self.world.freeze(index(node));
    }

    fn resume(&mut self, node: u16) {
        self.world.resume(index(node));
    }

    fn set_clock(&mut self, node: u16, ahead_ms: i64) {
        self.world.set_clock(index(node), ahead_ms);
    }

    fn submit(&mut self, node: u16, transaction: &Transaction, park: bool) -> Answer {
        if !self.world.runs(index(node)) {
            return Answer::Silence;
        }
        let chain = *self.world.spec().chain();
        let checked = match CheckedTransaction::new(transaction.clone(), &chain, random()) {
            Ok(checked) => checked,
            Err(error) => return Answer::Refused(code::fault(&error).to_owned()),
        };
        let (id, before) = (checked.id(), self.world.outcomes.len());
        self.world.submit(index(node), checked, park);
        for _ in 0..ANSWER_SLOTS {
            let mut new = self.world.outcomes[before..].iter();
            match new.find(|(one, _)| *one == id).map(|(_, outcome)| outcome) {
                Some(SubmitOutcome::Refused(refusal)) => {
                    return Answer::Refused(code::refusal(refusal));
                }
                Some(_) => return Answer::Taken,
                None => self.world.run_slots(1),
            }
        }
        Answer::Silence
    }

    fn head(&self, node: u16) -> Option<Head> {
        let tip = self.world.head(index(node));
        Some(Head { height: tip.height, hash: tip.hash.to_string() })
    }

    fn heads(&self, nodes: &[u16]) -> Vec<Option<Head>> {
        nodes.iter().map(|node| self.head(*node)).collect()
    }

    fn standing(&self, node: u16) -> Option<Standing> {
        let view = self.world.view(index(node));
        Some(Standing {
            synced: view.sync == SyncState::Synced,
            wrong_clock: view.clock_ahead_ms.is_some(),
        })
    }

    fn status(&self, node: u16, id: &TransactionId) -> Status {
        let node = index(node);
        if self.world.disk(node).included(id).is_some() {
            return Status::Included;
        }
        let events = self.world.events.get(self.since[node]..).unwrap_or_default();
        let own = events.iter().rev().filter(|(one, _)| *one == node);
        let mut statuses = own.filter_map(|(_, event)| status_in(event, id));
        statuses.next().unwrap_or(Status::Unknown)
    }

    fn balance(&self, node: u16, address: Address, token: Symbol) -> u128 {
        self.world.state(index(node)).balance(address, token).units()
    }

    fn supply(&self, node: u16, token: Symbol) -> Option<u128> {
        self.world.state(index(node)).token(token).map(|token| token.supply.units())
    }

    fn chain(&self, node: u16) -> Vec<ChainBlock> {
        let disk = self.world.disk(index(node));
        let heights = 1..=disk.head().height.get();
        let blocks = heights.filter_map(|height| {
            let hash = disk.canonical(Height::new(height))?;
            let block = disk.block(&hash)?;
            Some(ChainBlock {
                slot: block.header.header.slot,
                hash: hash.to_string(),
                transactions: block.transactions.iter().map(|one| one.body.clone()).collect(),
            })
        });
        blocks.collect()
    }

    fn reorgs(&self, node: u16) -> Vec<Reverted> {
        let own = self.world.events.iter().filter(|(one, _)| *one == index(node));
        let records = own.filter_map(|(_, event)| match event {
            Event::Reorg(record) => Some(record),
            _ => None,
        });
        let reverted =
            |(id, outcome): &(TransactionId, ReorgOutcome)| (*id, word(*outcome).to_owned());
        records.map(|record| record.transactions.iter().map(reverted).collect()).collect()
    }

    fn end(&mut self) -> Vec<String> {
        // Everything else that honest nodes must not do ends the world at once.
        let rejected = self.world.events.iter().filter_map(|(node, event)| match event {
            Event::BlockRejected { reason, .. } => {
                Some(format!("n{} rejected a block: {reason}", node + 1))
            }
            _ => None,
        });
        rejected.collect()
    }
}

fn index(node: u16) -> usize {
    usize::from(node).saturating_sub(1)
}

/// Reads what an event says became of a transaction, if it speaks of it.
fn status_in(event: &Event, id: &TransactionId) -> Option<Status> {
    let waits = |waits_for: &Option<_>| match waits_for {
        None => Status::Waiting,
        Some(error) => Status::Parked(code::refusal(&LedgerError::clone(error).into())),
    };
    match event {
        Event::TransactionAccepted { transaction, waits_for, .. } if transaction.id() == *id => {
            Some(waits(waits_for))
        }
        Event::TransactionRechecked { id: one, waits_for } if one == id => Some(waits(waits_for)),
        Event::TransactionDropped { id: one, reason } if one == id => {
            let code = match reason {
                DropReason::Expired => "expired".to_owned(),
                DropReason::Evicted => "pool_evicted".to_owned(),
                DropReason::Impossible(refusal) => code::refusal(refusal),
            };
            Some(Status::Dropped(code))
        }
        _ => None,
    }
}

fn word(outcome: ReorgOutcome) -> &'static str {
    match outcome {
        ReorgOutcome::Reincluded => "reincluded",
        ReorgOutcome::BackInPool => "back_in_pool",
        ReorgOutcome::Conflicting => "conflicting",
        ReorgOutcome::Expired => "expired",
        ReorgOutcome::Dropped => "dropped",
    }
}

#[cfg(test)]
mod tests {
    use super::super::play;
    use super::*;

    #[test]
    fn an_honest_node_that_rejects_a_block_of_another_is_found_at_the_end() {
        let scenario = Scenario::parse("tale", "nodes 2").expect("a story");
        let mut stage = Simulated::new(&scenario, 1);
        assert!(stage.end().is_empty());
        let event = Event::BlockRejected { hash: None, reason: "a whim".to_owned(), peer: None };
        stage.world.events.push((1, event));
        assert_eq!(stage.end(), ["n2 rejected a block: a whim"]);
    }

    #[test]
    fn what_must_never_be_is_found_in_the_line_in_which_it_happens() {
        let scenario = Scenario::parse("tale", "nodes 2\nkill n2\n\nstart n2").expect("a story");
        let mut stage = Simulated::new(&scenario, 1);
        // The second node comes back with a chain that it never had.
        stage.world.partition(&[&[0], &[1]]);
        stage.world.run_slots(4);
        stage.world.nodes[1].disk = stage.world.nodes[0].disk.clone();
        let failure = play(&scenario, &mut stage, &mut |_, _| ()).expect_err("it is forbidden");
        let said = failure.to_string();
        assert!(said.starts_with("tale:4: start n2\n  I12: node 2 starts with "), "{said}");
    }
}
