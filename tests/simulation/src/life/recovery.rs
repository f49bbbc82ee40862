//! Recovery: what must hold once peace was made, and within how many slots.

use std::collections::BTreeSet;

use coinage_protocol::engine::ChangeView;

use super::Life;
use super::changes::count;
use crate::sim_network::World;

/// Turns of all authorities in which everything must be well again after the last misfortune.
const HEALING_ROUNDS: u64 = 16;
/// Slots that are granted besides.
const HEALING_SLOTS: u64 = 80;
/// Milliseconds that a node that nobody confirms the time to waits after a step of its clock.
const SETTLING_MS: u64 = 60_000;
/// Slots by which a final block may lie ahead at the peace, as the clocks are somewhat apart.
const AHEAD_SLOTS: u64 = 8;
/// Turns in which a block made after the peace must be final everywhere.
const FINAL_ROUNDS: u64 = 16;
/// Slots that are granted besides.
const FINAL_SLOTS: u64 = 80;
/// Slots in which evidence comes to every honest node: peers are asked every four.
const EVIDENCE_SLOTS: u64 = 24;
/// Slots in which every honest node notices that two final blocks contradict each other.
const CONFLICT_SLOTS: u64 = 60;
/// Turns in which a chain must say itself that what it holds is final, once users have gone.
const SETTLED_ROUNDS: u64 = 4;
/// Slots that are granted besides.
const SETTLED_SLOTS: u64 = 40;

impl Life<'_> {
    /// Demands one head and every payment, and finality that goes on, each within a bounded time.
    pub(super) fn check_recovery(&mut self) {
        let is_alone = self.world.honest().nth(1).is_none();
        let settling = if is_alone { SETTLING_MS / self.world.slot_ms() } else { 0 };
        let slots = HEALING_ROUNDS * self.plan.turns() + HEALING_SLOTS + settling;
        let final_slots = FINAL_ROUNDS * self.plan.turns() + FINAL_SLOTS + settling;
        let peace = self.world.slot();
        let astray = self.world.astray();
        let waits = self.world.finality.is_ahead_of(peace.saturating_add(AHEAD_SLOTS), &astray);
        let lost = self.world.has_lost_for_good || waits;
        let needed = self.world.is_honest_quorum() && !lost;
        let mut well = false;
        self.pay_on_quiet();
        for passed in 1..=slots.max(final_slots) {
            if self.world.conflict.is_some() {
                return;
            }
            self.world.run_slots(1);
            self.check_slot();
            well = well || self.is_well();
            if self.healed.is_none() && self.world.is_final_everywhere(peace) {
                self.healed = Some(passed);
            }
            // Who knows of a final block that nobody has any more waits for it.
            if !well && !lost && passed >= slots {
                self.not_well(slots);
            }
            if well && (self.healed.is_some() || !needed) {
                break;
            }
        }
        self.check_evidence_travels();
        if needed {
            self.check_finality_goes_on(final_slots);
            self.check_changes_go_on();
            self.check_it_settles();
        }
    }

    /// Demands, where two final blocks contradict each other, that every honest node has noticed
    /// that and says so.
    pub(super) fn check_conflict(&mut self) {
        if self.world.conflict.is_none() {
            return;
        }
        self.world.run_slots(CONFLICT_SLOTS);
        let world = &self.world;
        for node in world.honest() {
            if world.view(node).finality.conflict.is_none() {
                let standing = self.standing();
                world.violation("F-12", || {
                    format!("node {} has noticed no conflict: {standing:?}", node + 1)
                });
            }
        }
        let convicted: BTreeSet<_> =
            world.honest().flat_map(|node| world.evidence_of(node)).collect();
        let convicted: BTreeSet<_> = convicted.into_iter().map(|(key, _)| key).collect();
        let (convicted, all) = (convicted.len(), world.spec().genesis_authorities().len());
        let enough = if 3 * convicted >= all { "a third" } else { "too few" };
        let conflict = self.world.conflict.take().unwrap_or_default();
        self.world.violation("I1", || {
            format!("{conflict}; all honest nodes say so, {enough} convicted: {convicted} of {all}")
        });
    }

    /// Demands that the evidence that any honest node has comes to all of them, those that were
    /// away when it was found, too.
    fn check_evidence_travels(&mut self) {
        let world = &self.world;
        let found: BTreeSet<_> = world.honest().flat_map(|node| world.evidence_of(node)).collect();
        let is_everywhere = |world: &World| {
            let mut all = world.honest();
            all.all(|node| world.evidence_of(node).is_superset(&found))
        };
        for _ in 0..EVIDENCE_SLOTS {
            if is_everywhere(&self.world) || self.world.conflict.is_some() {
                return;
            }
            self.world.run_slots(1);
            self.check_slot();
        }
        self.world.violation("F-11", || format!("{found:?} is not on every honest node"));
    }

    /// Demands that what is made from now on becomes final, too.
    fn check_finality_goes_on(&mut self, slots: u64) {
        let since = self.world.slot();
        self.pay_on_quiet();
        for _ in 0..slots {
            if self.healed.is_none() || self.world.is_final_everywhere(since) {
                break;
            }
            self.world.run_slots(1);
            self.check_slot();
        }
        let world = &self.world;
        let goes_on = world.is_final_everywhere(since);
        if self.healed.is_none() || !goes_on {
            let (healed, standing) = (self.healed, self.standing());
            world.violation("F-9", || {
                format!("final {healed:?} slots after peace, not again since {since}: {standing:?}")
            });
        }
    }

    /// Demands that leaders do not rest before their chain says that all it holds is final.
    fn check_it_settles(&mut self) {
        let slots = SETTLED_ROUNDS * self.plan.turns() + SETTLED_SLOTS;
        for _ in 0..slots {
            if self.world.is_settled() {
                return;
            }
            self.world.run_slots(1);
            self.check_slot();
        }
        let standing = self.standing();
        self.world.violation("F-10", || format!("not settled in {slots} slots: {standing:?}"));
    }

    /// Describes where every honest node stands.
    fn standing(&self) -> Vec<String> {
        self.world.honest().map(|node| self.world.final_standing(node)).collect()
    }

    fn not_well(&self, slots: u64) {
        let world = &self.world;
        let heads: Vec<_> = world.honest().map(|node| (node + 1, world.head(node))).collect();
        let missing: Vec<_> = heads
            .iter()
            .flat_map(|(node, head)| {
                let lacks = |id: &&_| !world.auditor.includes(&head.hash, id);
                self.users.sure.keys().filter(lacks).take(3).map(move |id| (*node, *id))
            })
            .collect();
        let standing = self.standing();
        world.violation("I11", || {
            format!("not well {slots} slots after peace: missing {missing:?}, {standing:?}")
        });
    }

    fn is_well(&self) -> bool {
        let world = &self.world;
        let heads: BTreeSet<_> = world.honest().map(|node| world.head(node).hash).collect();
        let all = |head| self.users.sure.keys().all(|id| world.auditor.includes(head, id));
        heads.len() == 1 && heads.first().is_some_and(all)
    }
}

impl World {
    /// Checks whether the authorities that run honestly are a quorum. One that voted for a slot to
    /// come, because its clock and whoever confirmed it were far ahead together, votes for nothing
    /// until then.
    fn is_honest_quorum(&self) -> bool {
        let now = self.slot();
        let votes = |node: &usize| self.nodes[*node].last_vote() <= now + 1;
        let voters = self.honest().filter(votes).filter_map(|node| self.nodes[node].key());
        let voters: BTreeSet<_> = voters.map(|key| key.public()).collect();
        let views = self.honest().map(|node| self.view(node));
        let sets = views.flat_map(|view| {
            let next = match view.change {
                Some(ChangeView::Pending { set, .. }) => Some(set),
                Some(ChangeView::Waiting { .. }) | None => None,
            };
            next.into_iter().chain([view.authorities])
        });
        let mut sets = sets.collect::<Vec<_>>().into_iter();
        sets.all(|set| 3 * count(&set, &voters) > 2 * set.len())
    }

    /// Checks whether every honest node has told a block of this slot or a later one to be final.
    fn is_final_everywhere(&self, slot: coinage_protocol::Slot) -> bool {
        self.honest().all(|node| self.final_slot(node) >= slot)
    }
}
