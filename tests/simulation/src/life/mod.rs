//! The life of a whole network, drawn from a seed: first everything that can go wrong, then peace,
//! in which all must be well again within a bounded time.

mod changes;
mod chartered;
mod check;
mod clocks;
mod disk_faults;
mod draw;
mod fault;
mod operator;
mod ops;
mod plan;
mod quiet;
mod recovery;
mod richer;
mod shrink;
mod together;
mod users;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use self::fault::Fault;
pub use self::plan::{Limits, Plan};
pub use self::shrink::shrink;
use self::users::Users;
use crate::report::said;
use crate::sim_network::{Node, Tally, World};

/// The mode in which to live a life.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Keep a readable trace.
    pub text: bool,
    /// Check every arrival of a message anew instead of every distinct message once: slower, and
    /// must give the same history.
    pub anew: bool,
    /// Check the invariants.
    pub checks: bool,
}

impl Default for Mode {
    fn default() -> Self {
        Self { text: false, anew: false, checks: true }
    }
}

/// The outcome of a life.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Names the whole history.
    pub digest: String,
    /// Counts of what happened.
    pub tally: Tally,
    /// The invariant that was broken and how, if one was.
    pub failure: Option<String>,
    /// Slots after the peace until a block made since was final everywhere, if that came.
    pub healed: Option<u64>,
    /// The readable trace, if one was asked for.
    pub text: Vec<String>,
}

impl Outcome {
    /// The invariant that was broken, by its number.
    pub fn invariant(&self) -> Option<&str> {
        let failure = self.failure.as_deref()?;
        Some(failure.split(':').next().unwrap_or(failure))
    }
}

/// A network on its way through a plan.
struct Life<'a> {
    plan: &'a Plan,
    world: World,
    users: Users,
    /// Nodes that are looked after, and in which slot.
    visits: BTreeMap<usize, u64>,
    /// Slots after the peace until a block made since was final everywhere.
    healed: Option<u64>,
}

/// Lives through a plan.
pub fn live(plan: &Plan, mode: Mode) -> Outcome {
    let mut life = Life::new(plan);
    life.world.checks = mode.checks;
    life.world.keep_events = false;
    if mode.text {
        life.world.trace.keep_text();
    }
    if mode.anew {
        life.world.check_everything_anew();
    }
    let ended = catch_unwind(AssertUnwindSafe(|| life.run()));
    Outcome {
        digest: life.world.trace.digest(),
        tally: life.world.tally.clone(),
        failure: ended.err().map(|panic| said(&*panic)),
        healed: life.healed,
        text: life.world.trace.lines().to_vec(),
    }
}

impl<'a> Life<'a> {
    fn new(plan: &'a Plan) -> Self {
        let spec = plan.spec();
        let nodes = plan.roles.iter().map(|role| {
            let mut node = Node::new(&spec, role.authority);
            node.villain = role.villain();
            node.clock_ahead_ms = role.clock_ahead_ms;
            node.heartbeat_ms = plan.heartbeat_ms;
            if role.villainy.is_none() {
                node.pool = plan.pool;
            }
            node
        });
        let mut world = World::of(spec.clone(), nodes.collect(), plan.seed);
        world.links = plan.links.clone();
        Self { plan, world, users: Users::default(), visits: BTreeMap::new(), healed: None }
    }

    fn run(&mut self) {
        for (node, role) in self.plan.roles.iter().enumerate() {
            if !role.is_late {
                self.world.start(node);
            }
        }
        self.count_standing_faults();
        let mut deeds = self.plan.deeds.iter().peekable();
        for slot in 0..self.plan.slots {
            while let Some((_, deed)) = deeds.next_if(|(at, _)| *at <= slot) {
                self.perform(deed);
            }
            self.tend();
            self.world.run_slots(1);
            self.check_slot();
            if self.world.conflict.is_some() {
                break;
            }
        }
        self.make_peace();
        self.check_recovery();
        self.check_conflict();
    }

    /// Heals everything but the villains, and repeats what may have been lost with a process.
    fn make_peace(&mut self) {
        self.world.links.loss_per_mille = 0;
        self.world.links.duplicates_per_mille = 0;
        self.world.links.latency_ms_max = 40;
        for node in 0..self.world.nodes.len() {
            let one = &mut self.world.nodes[node];
            if one.villain.is_none() {
                (one.clock_ahead_ms, one.disk_ms_max) = (one.clock_ahead_ms.clamp(-100, 100), 20);
            }
            self.repair(node);
        }
        self.world.heal();
        while (0..self.world.nodes.len()).any(|node| self.world.is_paused(node)) {
            self.world.run_slots(1);
        }
        self.world.run_slots(1);
        (0..self.world.nodes.len()).for_each(|node| self.vouch_for(node));
        // Whoever was vouched for leaves what lies beyond its clock.
        self.world.run_slots(1);
        self.users.repeat_what_may_be_lost(&mut self.world);
    }
}
