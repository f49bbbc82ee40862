//! Charters in lives: networks of genesis version 3, and people who act by charters, often wrongly.
//!
//! Drawn apart, so that a life without them is what it would be if there never were any.

use coinage_protocol::{Action, Bounded, Genesis, Growth, PolicyBounds};

use super::draw::Draw;
use super::plan::{Deed, SLOTS};
use super::users::Users;
use crate::accounts::{CHARTERED, WILD, chartered_scene};
use crate::audit::who_agrees;
use crate::charters::{Chance, action, charter};
use crate::fixtures::{GENESIS_TIME, account, address, transaction};
use crate::sim_network::{Family, World};

/// Lives of which one has charters.
const RARE: u64 = 3;
/// Slots of which one has an action by a charter.
const SLOTS_BETWEEN: u64 = 2;

/// Makes a network of version 3 of some, and draws what people do there by charters.
pub(super) fn deeds(seed: u64, nodes: usize, genesis: &mut Genesis) -> Vec<(u64, Deed)> {
    let mut draw = Draw::new(seed ^ 0xC4A7);
    if !draw.one_in(RARE) {
        return Vec::new();
    }
    let bounds = PolicyBounds { charters_max: 1 + draw.below(3), standings_max: 1 + draw.below(8) };
    genesis.version = 3;
    genesis.rules.growth.get_or_insert(Growth { block_max: 1_000, deposit: None });
    let mut chance = Chance::of(draw.any());
    let scene = chartered_scene(Vec::new());
    let minute = u32::try_from(GENESIS_TIME / 60_000).expect("minutes of our days");
    let count = 1 + draw.below(bounds.charters_max.min(2));
    let charters =
        ["ALPHA", "BETA"].iter().take(usize::try_from(count).unwrap_or(1)).map(|token| {
            let minute = minute + u32::try_from(draw.below(3) / 2).unwrap_or(0);
            charter(&mut chance, &scene, token.parse().expect("a symbol"), minute)
        });
    genesis.charters = Bounded::first_of(charters);
    let created = genesis.charters.iter().flat_map(|charter| charter.creations());
    genesis.rules.balances_max += created.count() as u64;
    genesis.rules.tokens_max += genesis.charters.len() as u64;
    genesis.rules.policies = Some(bounds);
    let mut deeds = Vec::new();
    for slot in 1..SLOTS {
        let (acts, node, number) = (draw.one_in(SLOTS_BETWEEN), draw.index(nodes), draw.any());
        if acts {
            deeds.push((slot, Deed::ByCharter(node, number)));
        }
    }
    deeds
}

impl Users {
    /// Sends some actions by charters that all who must have signed.
    pub(super) fn act_by_charter(&mut self, world: &mut World, node: usize, number: u64) {
        let mut chance = Chance::of(number);
        let scene = chartered_scene(world.spec().genesis().charters.to_vec());
        let count = 1 + chance.below(3) * chance.below(2);
        let now = world.expiry(0);
        let mut actions: Vec<_> = (0..count).map(|_| action(&mut chance, &scene, now)).collect();
        if chance.one_in(16) {
            let last = scene.charters.last().expect("a charter that is to be created");
            actions = vec![Action::CreateWithCharter(Box::new(last.clone()))];
        }
        let sender = chance.one_of(&WILD);
        let agree: Vec<_> = actions.iter().flat_map(who_agrees).collect();
        let others = CHARTERED.iter().filter(|one| **one != sender);
        let must = others.filter(|one| agree.contains(&address(&account(**one))));
        let keys: Vec<_> = [sender].iter().chain(must).map(|one| account(*one)).collect();
        let (salt, expiry) = (self.next_salt(), world.expiry(10 + chance.below(200)));
        let keys: Vec<_> = keys.iter().collect();
        let signed = transaction(world.spec().chain(), &keys, salt, expiry, actions);
        world.tally.count(Family::Use, "act by charter");
        self.hand_in(world, node, signed, chance.one_in(2));
    }
}
