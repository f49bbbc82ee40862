//! Deeds: what a plan says, done to a world.

use coinage_protocol::limits::ACTIONS_MAX;

use super::Life;
use super::fault::Fault;
use super::plan::Deed;
use crate::sim_network::Family;

impl Life<'_> {
    /// Counts the misfortunes that are there from the beginning.
    pub(super) fn count_standing_faults(&mut self) {
        for role in &self.plan.roles {
            if role.clock_ahead_ms != 0 && role.villainy.is_none() {
                self.count(Fault::ClockOffset);
            }
        }
        if self.plan.faults.contains(&Fault::SmallPool) {
            self.count(Fault::SmallPool);
        }
    }

    pub(super) fn perform(&mut self, deed: &Deed) {
        match deed {
            Deed::Part(sides, fault) => {
                let (one, other) = self.sides(*sides);
                if !one.is_empty() && !other.is_empty() {
                    self.world.partition(&[&one, &other]);
                    self.count(*fault);
                }
            }
            Deed::Silence(sides) => {
                let (one, other) = self.sides(*sides);
                let pairs = one.iter().flat_map(|from| other.iter().map(move |to| (*from, *to)));
                pairs.for_each(|(from, to)| self.world.links.silence(from, to));
            }
            Deed::Mend => self.world.heal(),
            Deed::Kill(node, written) if self.world.runs(*node) => {
                self.world.crash(*node, *written);
                self.count(Fault::Crash);
            }
            Deed::Wipe(node) if !self.world.runs(*node) && !self.world.is_only_copy(*node) => {
                self.world.wipe(*node);
                self.count(Fault::Wipe);
            }
            Deed::Start(node) if !self.world.runs(*node) => {
                if self.world.nodes[*node].life == 0 {
                    self.count(Fault::LateJoiner);
                }
                self.world.start(*node);
            }
            Deed::Pause(node, slots) if self.world.runs(*node) => {
                self.world.pause(*node, *slots);
                self.count(Fault::Pause);
            }
            Deed::Jump(node, ms) if self.world.nodes[*node].villain.is_none() => {
                self.world.set_clock(*node, *ms);
                let is_far = self.world.nodes[*node].has_far_clock();
                self.count(if is_far { Fault::FarClock } else { Fault::ClockJump });
            }
            Deed::SlowDisk(node, ms) => {
                self.world.nodes[*node].disk_ms_max = *ms;
                self.count(Fault::SlowDisk);
            }
            Deed::Tear { node, at, checksums, slots } => {
                self.tear(*node, *at, *checksums, *slots);
            }
            Deed::Flip { node, flip, killed, fault } if self.world.runs(*node) => {
                if let Some(slots) = killed {
                    self.world.kill(*node);
                    self.visit(*node, *slots);
                }
                if self.world.nodes[*node].disk.flip(*flip) {
                    self.count(*fault);
                }
            }
            Deed::Use(node, _)
            | Deed::Together(node, _)
            | Deed::ByCharter(node, _)
            | Deed::Crowd(node, _)
            | Deed::Bulk(node, _)
                if self.world.is_usable(*node) =>
            {
                self.use_node(deed);
            }
            Deed::Change(node, number) => self.change_somewhere(*node, *number),
            // The node is not in the state for it.
            _ => {}
        }
    }

    /// Does what people do through a node that takes it.
    fn use_node(&mut self, deed: &Deed) {
        let (users, world) = (&mut self.users, &mut self.world);
        match deed {
            Deed::Use(node, what) => users.act(world, *node, *what),
            Deed::Together(node, number) => users.act_together(world, *node, *number),
            Deed::ByCharter(node, number) => users.act_by_charter(world, *node, *number),
            Deed::Crowd(node, count) => users.rush(world, *node, *count, 1),
            Deed::Bulk(node, count) => users.rush(world, *node, *count, ACTIONS_MAX),
            _ => {}
        }
    }

    /// The first node from this one on that is writing is killed over that.
    fn tear(&mut self, node: usize, at: u64, checksums: bool, slots: u64) {
        let count = self.world.nodes.len();
        let mut all = (0..count).map(|next| (node + next) % count);
        if let Some(node) = all.find(|node| self.world.nodes[*node].is_writing()) {
            self.world.tear(node, at, checksums);
            self.visit(node, slots);
            self.count(Fault::TornWrite);
        }
    }

    fn sides(&self, bits: u64) -> (Vec<usize>, Vec<usize>) {
        (0..self.world.nodes.len()).partition(|node| (bits >> node) & 1 == 1)
    }

    fn count(&mut self, fault: Fault) {
        self.world.tally.count(Family::Fault, fault.name());
    }
}
