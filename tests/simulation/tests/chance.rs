//! Goal: no order of faults costs agreement, money or an honest node's name.
//! Method: a seed draws the network and its misfortunes; then all is healed and counted.

use std::collections::BTreeSet;

use coinage_protocol::{CheckedTransaction, Tip};
use coinage_simulation::money::{account, address, network, transfer};
use coinage_simulation::world::World;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const SEEDS: u64 = 120;
const ROUNDS: u64 = 12;
/// Rounds of all authorities in which everything must be well again.
const HEALING_ROUNDS: u64 = 12;

struct Life {
    world: World,
    nodes: usize,
    random: ChaCha8Rng,
    paid: Vec<CheckedTransaction>,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut below = |max: u64| random.next_u64() % max;
        let authorities = 1 + below(5);
        let nodes = usize::try_from(authorities + below(3)).expect("few");
        let network = network(u8::try_from(authorities).expect("few"), 500);
        let mut world = World::new(network, nodes, seed);
        world.links.latency_ms_max = 10 + below(200);
        world.links.loss_per_mille = below(300);
        for node in 0..nodes {
            let ahead = i64::try_from(below(300)).expect("small") - 150;
            world.set_clock(node, ahead);
        }
        Self { world, nodes, random, paid: Vec::new() }
    }

    fn below(&mut self, max: usize) -> usize {
        usize::try_from(self.random.next_u64()).expect("64 bits") % max
    }

    fn suffer(&mut self) {
        let node = self.below(self.nodes);
        match self.below(8) {
            0 | 1 => {
                let sides = self.random.next_u64();
                let side =
                    |bit| (0..self.nodes).filter(|node| (sides >> node) & 1 == bit).collect();
                let (one, two): (Vec<_>, Vec<_>) = (side(0), side(1));
                self.world.partition(&[&one, &two]);
            }
            2 => self.world.heal(),
            3 if self.world.runs(node) => {
                self.world.kill(node);
                if self.below(4) == 0 {
                    self.world.wipe(node);
                }
            }
            3 | 4 if !self.world.runs(node) => self.world.start(node),
            _ if self.world.runs(node) => self.pay(node),
            _ => {}
        }
        let slots = 1 + self.random.next_u64() % 8;
        self.world.run_slots(slots);
    }

    fn pay(&mut self, node: usize) {
        let payer = account(1 + u8::try_from(self.below(9)).expect("small"));
        let to = address(&account(50 + u8::try_from(self.below(9)).expect("small")));
        let salt = u64::try_from(self.paid.len()).expect("few");
        let expiry = self.world.expiry(2_000);
        let payment = transfer(self.world.network(), &payer, to, 3, salt, expiry);
        self.world.submit(node, payment.clone(), false);
        self.paid.push(payment);
    }

    fn heal(&mut self) {
        (self.world.links.loss_per_mille, self.world.links.latency_ms_max) = (0, 40);
        self.world.heal();
        for node in 0..self.nodes {
            self.world.set_clock(node, 0);
            if !self.world.runs(node) {
                self.world.start(node);
            }
        }
        // Whoever was killed may have had the only copy: sending the same bytes again is safe.
        self.world.run_slots(1);
        for payment in self.paid.clone() {
            self.world.submit(0, payment, false);
        }
    }

    fn check(&mut self, seed: u64) -> Vec<Tip> {
        let paid: BTreeSet<_> = self.paid.iter().map(CheckedTransaction::id).collect();
        let what = format!("seed {seed}: one head and every payment once");
        let authorities = self.world.network().genesis().authorities.len();
        let slots = HEALING_ROUNDS * u64::try_from(authorities).expect("few") + 20;
        self.world.run_until(slots, &what, |world| {
            let ids = world.disk(0).transactions();
            world.agree()
                && ids.len() == paid.len()
                && ids.into_iter().collect::<BTreeSet<_>>() == paid
        });
        for node in 0..self.nodes {
            assert_eq!(self.world.disk(node).entries(), self.world.disk(0).entries(), "{seed}");
            assert!(self.world.state(node).check_supply().is_ok(), "seed {seed}");
        }
        assert!(self.world.charges.is_empty(), "seed {seed}: {:?}", self.world.charges);
        (0..self.nodes).map(|node| self.world.head(node)).collect()
    }
}

fn live(seed: u64) -> Vec<Tip> {
    let mut life = Life::new(seed);
    for _ in 0..ROUNDS {
        life.suffer();
    }
    life.heal();
    life.check(seed)
}

#[test]
fn whatever_befalls_honest_nodes_they_end_with_one_chain_and_every_payment_once() {
    // SPEC C-1, C-4, L-9, P-4, T-8, X-1
    for seed in 0..SEEDS {
        live(seed);
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for seed in 0..5 {
        assert_eq!(live(seed), live(seed));
    }
}
