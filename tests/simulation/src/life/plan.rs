//! Plans: what a seed makes of a network's life, written down before it is lived.

use std::collections::BTreeSet;

use coinage_protocol::engine::MempoolBounds;
use coinage_protocol::{Bounded, ChainSpec, Fee, Genesis, Growth, Slot};

use super::draw::Draw;
use super::fault::Fault;
use super::richer::Richer;
use super::users::Use;
use super::{changes, chartered, clocks, disk_faults, quiet};
use crate::accounts::{WILD, simulated_genesis};
use crate::byzantine::{Villain, Villainy};
use crate::fixtures::{account, address, coin, units};
use crate::memory::Flip;
use crate::sim_network::Links;

/// Slots that a life has if nobody says otherwise.
pub(super) const SLOTS: u64 = 200;

/// A network and everything that is to happen to it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Seed that the plan was drawn from.
    pub seed: u64,
    pub(crate) roles: Vec<Role>,
    pub(crate) genesis: Genesis,
    pub(crate) links: Links,
    /// Bounds of an honest node's pool.
    pub(crate) pool: MempoolBounds,
    /// Heartbeat of the nodes, in milliseconds.
    pub(crate) heartbeat_ms: u64,
    /// Misfortunes that are in the plan.
    pub faults: BTreeSet<Fault>,
    /// Number of slots until peace is made.
    pub slots: u64,
    /// Deeds, by slot.
    pub(crate) deeds: Vec<(u64, Deed)>,
}

/// The role of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role {
    pub(crate) authority: Option<u8>,
    pub(crate) villainy: Option<Villainy>,
    pub(crate) clock_ahead_ms: i64,
    pub(crate) is_late: bool,
}

/// A deed that is done to the network.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Nodes whose bit is set lose those whose bit is not.
    Part(u64, Fault),
    /// Nodes whose bit is set are no longer heard by those whose bit is not.
    Silence(u64),
    Mend,
    /// A crash; so many writes under way become durable before it.
    Kill(usize, usize),
    Wipe(usize),
    Start(usize),
    Pause(usize, u64),
    Jump(usize, i64),
    SlowDisk(usize, u64),
    /// A crash of the first from this one on that is writing leaves a part of that; somebody looks
    /// after it so many slots later.
    Tear {
        node: usize,
        at: u64,
        checksums: bool,
        slots: u64,
    },
    /// A record is altered; if a number is given, the node is killed first, and looked after so
    /// many slots later.
    Flip {
        node: usize,
        flip: Flip,
        killed: Option<u64>,
        fault: Fault,
    },
    Use(usize, Use),
    /// Several parties agree to something that a number names.
    Together(usize, u64),
    /// Actions by a charter that a number names.
    ByCharter(usize, u64),
    /// A crowd of so many payments at once.
    Crowd(usize, u64),
    /// A bulk of so many transactions at once with as many actions as there may be.
    Bulk(usize, u64),
    /// Owners agree on a change of authorities that a number names, and hand it to a node.
    Change(u64, u64),
}

/// The limits of a plan: what is left of it when a failure is made smaller, or a run narrower.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Limits {
    /// Number of nodes that there are at most.
    pub nodes: Option<usize>,
    /// Number of slots that there are at most.
    pub slots: Option<u64>,
    /// Misfortunes that are left out.
    pub without: BTreeSet<Fault>,
    /// True to have no villains.
    pub no_villains: bool,
    /// True to have a third of the authorities' keys, or more, in the hands of villains who vote
    /// for everything: what is final is not safe from those.
    pub traitors_too_many: bool,
    /// True to have nothing but transactions of one action and one signer, a few in each of 200
    /// slots.
    pub plain: bool,
    /// Number of authorities that there are.
    pub authorities: Option<u64>,
    /// Number of authorities whose keys villains have, in every life.
    pub traitors: Option<u64>,
    /// True to have changes of authorities in every life, not only in one of four.
    pub changes: bool,
    /// Events to keep, by their numbers.
    pub events: Option<BTreeSet<usize>>,
}

impl Role {
    /// An honest node without a key.
    pub(super) const OBSERVER: Self =
        Self { authority: None, villainy: None, clock_ahead_ms: 0, is_late: false };

    pub(crate) fn villain(&self) -> Option<Villain> {
        self.villainy.map(Villain::new)
    }
}

impl Plan {
    /// The plan of a seed, within limits.
    pub fn draw(seed: u64, limits: &Limits) -> Self {
        let mut draw = Draw::new(seed);
        let richer = if limits.plain { Richer::default() } else { Richer::draw(seed) };
        let slots = limits.slots.unwrap_or_else(|| richer.slots());
        let common = Fault::common().iter().filter(|_| draw.one_in(2)).copied();
        let mut faults: BTreeSet<_> = common.collect();
        let mut apart = Draw::new(seed ^ 0xD15C);
        faults.extend(Fault::apart().iter().filter(|_| apart.one_in(4)));
        let mut clocks = Draw::new(seed ^ 0xC10C);
        faults.extend([Fault::FarClock].iter().filter(|_| clocks.one_in(4)));
        let faults: BTreeSet<_> = faults.difference(&limits.without).copied().collect();
        let drawn = authorities(&mut draw, seed);
        let authorities = limits.authorities.unwrap_or(drawn);
        let mut roles = roles(&mut draw, (authorities, voter(seed)), &faults, limits);
        if let Some(nodes) = limits.nodes {
            roles.truncate(nodes.max(1));
        }
        let authorities = roles.iter().filter_map(|role| role.authority).max().unwrap_or(0) + 1;
        let (newcomers, changes) = changes::draw(seed, limits, authorities);
        roles.extend(newcomers);
        let mut genesis = genesis(&mut draw, authorities);
        let links = links(&mut draw, &faults);
        let mut draw = Draw::new(seed ^ 0x5EED);
        let mut all = deeds(&mut draw, &faults, roles.len());
        all.extend(disk_faults::deeds(&mut apart, &faults, roles.len()));
        let pool = disk_faults::pool(&mut apart, &faults);
        all.extend(richer.deeds(roles.len(), &mut genesis));
        all.extend(clocks::deeds(&mut clocks, &faults, &roles));
        if !limits.plain {
            all.extend(chartered::deeds(seed, roles.len(), &mut genesis));
        }
        all.extend(changes);
        let heartbeat_ms = quiet::heartbeat(seed);
        let kept = |number: &usize| limits.events.as_ref().is_none_or(|kept| kept.contains(number));
        let deeds = all.into_iter().enumerate().filter(|(number, _)| kept(number));
        let within = |one: &(u64, Deed)| one.0 < slots && !quiet::is_silenced(heartbeat_ms, one);
        let mut deeds: Vec<_> = deeds.map(|(_, deed)| deed).filter(within).collect();
        deeds.sort_by_key(|(slot, _)| *slot);
        Self { seed, roles, genesis, links, pool, heartbeat_ms, faults, slots, deeds }
    }

    /// The network that it is about.
    pub(crate) fn spec(&self) -> ChainSpec {
        ChainSpec::new(self.genesis.clone()).expect("a drawn genesis is in order")
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.roles.len()
    }

    /// Number of events.
    pub fn events(&self) -> usize {
        self.deeds.len()
    }

    /// Lists the villains, by what they do.
    pub fn villains(&self) -> Vec<Villainy> {
        self.roles.iter().filter_map(|role| role.villainy).collect()
    }

    /// Number of turns in a round at most: one for each key.
    pub(crate) fn turns(&self) -> u64 {
        let keys: BTreeSet<_> = self.roles.iter().filter_map(|role| role.authority).collect();
        keys.len() as u64
    }

    /// Checks whether the authorities change.
    pub(super) fn has_changes(&self) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Change(..)))
    }
}

/// Number of authorities: in every other life enough that one or two may be traitors.
fn authorities(draw: &mut Draw, seed: u64) -> u64 {
    let (any, mut apart) = (1 + draw.below(6), Draw::new(seed ^ 0xF1A1));
    if apart.one_in(2) { 4 + apart.below(4) } else { any }
}

/// A villain who abuses its vote, in every third life that can bear one.
fn voter(seed: u64) -> Option<Villainy> {
    let mut apart = Draw::new(seed ^ 0xF1A2);
    let kind = Villainy::VOTERS[apart.index(Villainy::VOTERS.len())];
    apart.one_in(3).then_some(kind)
}

fn roles(
    draw: &mut Draw,
    (authorities, voter): (u64, Option<Villainy>),
    faults: &BTreeSet<Fault>,
    limits: &Limits,
) -> Vec<Role> {
    let observers = draw.below(3);
    let honest = Role::OBSERVER;
    let key = |number: u64| u8::try_from(number).ok();
    let mut roles: Vec<_> =
        (0..authorities).map(|number| Role { authority: key(number), ..honest }).collect();
    roles.extend((0..observers).map(|_| honest));
    for role in &mut roles {
        let (ahead, late) = (draw.either_way(2_000), draw.one_in(4));
        if faults.contains(&Fault::ClockOffset) {
            role.clock_ahead_ms = ahead;
        }
        role.is_late = late && faults.contains(&Fault::LateJoiner);
    }
    let mut villains = draw.below(4);
    // Finality is safe as long as fewer than a third of the keys are in such hands.
    let mut keys_left = authorities.saturating_sub(1) / 3;
    if limits.traitors_too_many {
        // A third at least, and one honest node at least.
        keys_left = (keys_left + 1 + draw.below(2)).min(authorities - 1);
        villains = keys_left;
    }
    let traitors = limits.traitors.unwrap_or(0).min(authorities - 1);
    if limits.traitors.is_some() {
        (keys_left, villains) = (traitors, villains.max(traitors));
    }
    let voter = voter.filter(|_| keys_left > 0);
    for number in 0..villains.max(u64::from(voter.is_some())) {
        // The first are traitors if so many are asked for.
        let may_be = |kind: &Villainy| number >= traitors || kind.needs_key();
        let kinds: Vec<_> = Villainy::ALL.into_iter().filter(may_be).collect();
        let drawn = kinds[draw.index(kinds.len())];
        let drawn = voter.filter(|_| number == 0).unwrap_or(drawn);
        let villainy = if limits.traitors_too_many { Villainy::DoubleVoter } else { drawn };
        let (with_key, ahead) = (draw.one_in(2), draw.either_way(8 * 3_600_000));
        if limits.no_villains || (villainy.needs_key() && keys_left == 0) {
            continue;
        }
        let bad = Role { villainy: Some(villainy), ..honest };
        if villainy.needs_key() || (with_key && keys_left > 0) {
            keys_left -= 1;
            let number = usize::try_from(authorities - 1 - keys_left).unwrap_or(0);
            let number = roles.len().min(number.max(1)) - 1;
            let Some(role) = roles.get_mut(number).filter(|role| role.villainy.is_none()) else {
                continue;
            };
            role.villainy = Some(villainy);
            if villainy == Villainy::TimeTraveller {
                role.clock_ahead_ms = ahead;
            }
            let twin = *role;
            if villainy == Villainy::Twin {
                roles.push(twin);
            }
        } else {
            roles.push(bad);
        }
    }
    roles
}

fn genesis(draw: &mut Draw, authorities: u8) -> Genesis {
    let mut genesis = simulated_genesis(authorities, 500);
    if draw.one_in(3) {
        genesis.rules.fee = Some(Fee { token: coin(), amount: units(1) });
    }
    if draw.one_in(3) {
        genesis.rules.balances_max = genesis.balances.len() as u64 + draw.below(4);
    }
    if draw.one_in(3) {
        genesis.rules.tokens_max = genesis.tokens.len() as u64 + draw.below(3);
    }
    if draw.one_in(3) {
        let mut creators = vec![address(&account(WILD[0])), address(&account(WILD[1]))];
        creators.sort_unstable();
        genesis.rules.creators = Some(Bounded::first_of(creators));
    }
    // Few places and few for a block, so that both rules are met in every life that has them.
    let (block_max, places) = (1 + draw.below(6), draw.below(12));
    let deposit = draw.one_in(2).then(coin);
    if draw.one_in(2) {
        genesis.version = 2;
        genesis.rules.growth = Some(Growth { block_max, deposit });
        if deposit.is_some() {
            genesis.rules.balances_max = genesis.balances.len() as u64 + places;
        }
    }
    genesis
}

fn links(draw: &mut Draw, faults: &BTreeSet<Fault>) -> Links {
    let (slow, quick) = (100 + draw.below(400), 5 + draw.below(40));
    let (loss, duplicates) = (1 + draw.below(300), 1 + draw.below(200));
    let given = |fault, number| if faults.contains(&fault) { number } else { 0 };
    let latency = if faults.contains(&Fault::Reordering) { slow } else { quick };
    Links::new(latency, given(Fault::Loss, loss), given(Fault::Duplicates, duplicates))
}

/// Draws what happens, slot by slot. Every draw is made whether it is used or not, so that a
/// narrower plan is a part of the wider one.
fn deeds(draw: &mut Draw, faults: &BTreeSet<Fault>, nodes: usize) -> Vec<(u64, Deed)> {
    let mut deeds = Vec::new();
    for slot in 1..SLOTS {
        let (struck, class) = (draw.one_in(5), Fault::common()[draw.index(Fault::common().len())]);
        let (node, sides) = (draw.index(nodes), draw.any());
        let (long, short) = (1 + draw.below(40), 1 + draw.below(4));
        let (jump, written) = (draw.either_way(2_000), draw.index(3));
        if struck && faults.contains(&class) {
            strike(
                &mut deeds,
                Slot::new(slot),
                class,
                FaultShape { node, sides, long, short, jump, written },
            );
        }
        for _ in 0..draw.below(3) {
            let node = draw.index(nodes);
            let what = Use::ALL[draw.index(Use::ALL.len())];
            let used = what.with([draw.below(1 << 20), draw.below(1 << 20), draw.below(1 << 20)]);
            deeds.push((slot, Deed::Use(node, used)));
        }
    }
    deeds.sort_by_key(|(slot, _)| *slot);
    deeds
}

/// The numbers of a misfortune.
struct FaultShape {
    node: usize,
    sides: u64,
    long: u64,
    short: u64,
    jump: i64,
    written: usize,
}

fn strike(deeds: &mut Vec<(u64, Deed)>, slot: Slot, class: Fault, blow: FaultShape) {
    let FaultShape { node, sides, long, short, jump, written } = blow;
    let mut at = |later: u64, deed| deeds.push(((slot + later).get(), deed));
    match class {
        Fault::Partition => {
            at(0, Deed::Part(sides, class));
            at(long, Deed::Mend);
        }
        Fault::OneWay => {
            at(0, Deed::Silence(sides));
            at(long, Deed::Mend);
        }
        Fault::Flapping => {
            for time in 0..5 {
                at(2 * time * short, Deed::Part(sides, class));
                at((2 * time + 1) * short, Deed::Mend);
            }
        }
        Fault::Crash => {
            at(0, Deed::Kill(node, written));
            at(long, Deed::Start(node));
        }
        Fault::Wipe => {
            at(0, Deed::Kill(node, written));
            at(0, Deed::Wipe(node));
            at(long, Deed::Start(node));
        }
        Fault::Pause => at(0, Deed::Pause(node, long)),
        Fault::ClockJump => at(0, Deed::Jump(node, jump)),
        Fault::SlowDisk => at(0, Deed::SlowDisk(node, 20 + 100 * long)),
        Fault::LateJoiner => at(0, Deed::Start(node)),
        _ => {}
    }
}
