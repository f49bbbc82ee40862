//! Checks of what must hold in every slot.

use std::cmp::Reverse;

use coinage_protocol::engine::{Gauge, KnownTip, Stop, StopCause, TipKind, View};
use coinage_protocol::{Slot, Tip};

use super::Life;
use crate::sim_network::World;

/// Waiting transactions from which on they are looked at one by one only now and then.
const MANY: usize = 200;

impl Life<'_> {
    /// Looks at every honest node that runs.
    pub(super) fn check_slot(&mut self) {
        let running: Vec<_> = self.world.honest().filter(|node| self.world.runs(*node)).collect();
        for node in running {
            if !self.world.is_paused(node) {
                self.world.check_node(node);
            }
        }
        self.users.hear(&mut self.world);
        self.world.outcomes.clear();
    }
}

impl World {
    /// Checks an honest node's memory against what is known from outside.
    fn check_node(&self, node: usize) {
        let engine = self.nodes[node].engine();
        for gauge in engine.gauges() {
            if gauge.value > gauge.limit {
                self.violation("I7", || format!("node {}: {gauge:?}", node + 1));
            }
        }
        let view = engine.view();
        let is_twin = |stop: &Stop| stop.cause == StopCause::Twin;
        if let Some(stop) = view.stop.filter(is_twin) {
            self.violation("C-5", || format!("node {} stops for {stop:?}", node + 1));
        }
        self.check_final(node, &view);
        let head = engine.head();
        self.check_head(node, &head);
        let Some(model) = self.auditor.model(&head.hash) else {
            // The head is not durable yet; it is looked at when it is.
            return;
        };
        let ahead = self.nodes[node].clock_ahead_ms.min(self.nodes[node].seen_ahead_ms);
        let now = self.spec().slot_time(Slot::new(0)).saturating_add(self.time());
        let earlier = now.saturating_add_signed(ahead).saturating_sub(2 * self.slot_ms());
        let most = self.nodes[node].clock_ahead_ms.max(self.nodes[node].seen_ahead_ms).max(0);
        let later = now.saturating_add_signed(most).saturating_add(2 * self.slot_ms());
        let times = [self.spec().slot_time(head.slot + 1), later];
        let is_timely = view.clock_doubt.is_none() && !self.nodes[node].has_far_clock();
        let (mut bytes, mut parked) = (0, 0);
        let looks_closely = engine.waiting().count() < MANY || self.slot().get().is_multiple_of(16);
        for (transaction, is_ready) in engine.waiting() {
            bytes += transaction.size();
            parked += if is_ready { 0 } else { transaction.size() };
            let (id, body) = (transaction.id(), &transaction.transaction().body);
            if self.auditor.includes(&head.hash, &id) {
                self.violation("I9", || format!("node {} holds {id}, which is included", node + 1));
            }
            if body.expires_at < earlier && view.clock_doubt.is_none() {
                self.violation("I9", || format!("node {} holds {id}, which is expired", node + 1));
            }
            if !looks_closely {
                continue;
            }
            let applies = model.admits(self.spec().rules(), times[0], body);
            // When it was looked at, and by which clock, nobody tells.
            let sure = !model.asks_a_charter(body)
                || is_timely && applies == model.admits(self.spec().rules(), times[1], body);
            if sure && applies != is_ready {
                self.violation("I9", || {
                    format!(
                        "node {} has {id} as ready: {is_ready}, in truth: {applies}, after \
                         {head:?} at {times:?}: {body:?}",
                        node + 1
                    )
                });
            }
        }
        self.watch_pool(node);
        let pool = self.nodes[node].pool;
        if bytes > pool.bytes || parked > pool.parked {
            self.violation("I7", || {
                format!("node {}: {bytes} bytes wait, {parked} of them parked: {pool:?}", node + 1)
            });
        }
    }

    /// Checks whether a node leads the slot that its clock shows.
    fn leads(&self, node: usize, view: &View) -> bool {
        let time = self.time().saturating_add_signed(self.nodes[node].seen_ahead_ms);
        let leader = view.authorities.leader(Slot::new(time / self.slot_ms()));
        self.nodes[node].key().is_some_and(|key| key.public() == *leader)
    }

    /// A node that has nothing to do has no better branch than the one it follows (SPEC C-1).
    fn check_head(&self, node: usize, head: &Tip) {
        let engine = self.nodes[node].engine();
        let busy = engine.next_deadline() <= self.time();
        let full = |gauge: Gauge| gauge.name == "unwritten batches" && gauge.value == gauge.limit;
        if busy || engine.gauges().any(full) {
            return;
        }
        let rank = |one: &KnownTip| {
            let Tip { height, slot, hash } = one.tip;
            (Reverse(one.justified), Reverse(height), slot, hash)
        };
        let view = engine.view();
        let certified = view.finality.certified;
        // The leader of a slot may leave its head to build on a certified block (SPEC F-9).
        let builds = self.leads(node, &view)
            && self.finality.descends(&head.hash, (certified.slot, certified.hash));
        let tips = view.tips;
        let own = tips.iter().find(|known| known.tip == *head).map(rank);
        for known in &tips {
            let is_detour = builds && certified.slot > known.justified;
            if known.kind == TipKind::Side && !is_detour && own.is_some_and(|own| rank(known) < own)
            {
                self.violation("C-1", || {
                    format!("node {} follows {head:?} and knows {:?}", node + 1, known.tip)
                });
            }
        }
    }
}
