//! Changes of authorities: owners who agree on one, and hand it to a node (SPEC B-11).

use std::collections::BTreeSet;

use coinage_protocol::engine::View;
use coinage_protocol::{AuthorityChange, AuthoritySet, AuthorityStep, PublicKey, quorum};

use super::Life;
use super::draw::Draw;
use super::plan::{Deed, Limits, Role, SLOTS};
use crate::fixtures::authority;
use crate::sim_network::World;

/// Most nodes with keys that are not the genesis'.
const NEWCOMERS_MAX: u64 = 3;
/// Turns of all authorities in which a change that is approved after the peace is in force
/// everywhere.
const IN_FORCE_ROUNDS: u64 = 6;
/// Slots that are granted besides.
const IN_FORCE_SLOTS: u64 = 60;

/// Draws whether the authorities change in a life, and how: the nodes that have keys of their own
/// besides the genesis', and when their owners agree. Drawn apart from everything else.
pub(super) fn draw(seed: u64, limits: &Limits, authorities: u8) -> (Vec<Role>, Vec<(u64, Deed)>) {
    let mut draw = Draw::new(seed ^ 0xB011);
    let happens = draw.one_in(4) || limits.changes;
    // Whether a third is convicted, two sets of authorities do not tell (SPEC F-12).
    if !happens || limits.plain || limits.traitors_too_many {
        return Default::default();
    }
    let count = u8::try_from(1 + draw.below(NEWCOMERS_MAX)).unwrap_or(1);
    let honest = |number| Role { authority: Some(number), ..Role::OBSERVER };
    let newcomers = (authorities..authorities.saturating_add(count)).map(honest).collect();
    let (every, mut deeds) = (3 + draw.below(24), Vec::new());
    for slot in 1..SLOTS {
        let (node, number) = (draw.any(), draw.any());
        if draw.one_in(every) {
            deeds.push((slot, Deed::Change(node, number)));
        }
    }
    (newcomers, deeds)
}

impl Life<'_> {
    /// Owners agree on a change, and hand it to one of the nodes that take it.
    pub(super) fn change_somewhere(&mut self, node: u64, number: u64) {
        let all = self.world.honest().filter(|node| self.world.is_usable(*node));
        let all: Vec<_> = all.collect();
        let at = node.checked_rem(all.len() as u64).and_then(|at| usize::try_from(at).ok());
        if let Some(node) = at.and_then(|at| all.get(at)) {
            self.change_authorities(*node, number);
        }
    }

    /// The owners of the authorities that a node sees agree on a change, and hand it to that node.
    fn change_authorities(&mut self, node: usize, number: u64) {
        let Some(change) = self.agreed(&self.world.view(node), number) else { return };
        self.world.submit_change(node, change);
    }

    /// A change on which a quorum agrees: whoever is a traitor, fewer than a third are.
    fn agreed(&self, view: &View, number: u64) -> Option<AuthorityChange> {
        let (set, traitors) = (&view.authorities, self.world.traitors());
        let is_safe = |step: &AuthorityStep| {
            let after = set.after(step).ok();
            after.is_some_and(|after| 3 * count(&after, &traitors) < after.len())
        };
        let steps = self.world.keys().into_iter().map(|key| match set.contains(&key) {
            true => AuthorityStep::Remove { key },
            false => AuthorityStep::Add { key },
        });
        let steps: Vec<_> = steps.filter(is_safe).collect();
        let mut draw = Draw::new(number);
        let step = *steps.get(draw.index(steps.len()))?;
        let mut change = AuthorityChange::proposed(set, view.changed, step);
        let first = draw.index(set.len());
        let signers = (0..quorum(set.len())).map(|next| set.keys()[(first + next) % set.len()]);
        for key in signers {
            let chain = self.world.spec().chain();
            let secret = (0..u8::MAX).map(authority).find(|secret| secret.public() == key)?;
            change = change.approved_by(set, chain, &secret)?;
        }
        Some(change)
    }

    /// Demands, where authorities change, that one more change comes into force everywhere.
    pub(super) fn check_changes_go_on(&mut self) {
        if !self.plan.has_changes() {
            return;
        }
        let newest = |world: &World| -> BTreeSet<_> {
            let views = world.honest().map(|node| world.view(node));
            views.map(|view| (view.authorities.hash(), view.changed)).collect()
        };
        let before = newest(&self.world);
        let slots = IN_FORCE_ROUNDS * self.plan.turns() + IN_FORCE_SLOTS;
        let node = self.world.honest().find(|node| self.world.is_usable(*node));
        for passed in 0..slots {
            let now = newest(&self.world);
            if now.len() == 1 && now.is_disjoint(&before) {
                return;
            }
            // One that waits already may be the one.
            if passed % 8 == 0
                && let Some(node) = node
            {
                self.change_authorities(node, self.plan.seed + passed);
            }
            self.world.run_slots(1);
            self.check_slot();
        }
        let now = newest(&self.world);
        self.world.violation("B-11", || {
            format!("no change in force everywhere in {slots} slots: {before:?}, now {now:?}")
        });
    }
}

impl World {
    /// Keys that nodes have, each once.
    fn keys(&self) -> BTreeSet<PublicKey> {
        self.nodes.iter().filter_map(|node| node.key()).map(|key| key.public()).collect()
    }
}

/// Number of authorities that are among these.
pub(super) fn count(set: &AuthoritySet, among: &BTreeSet<PublicKey>) -> usize {
    set.keys().iter().filter(|key| among.contains(key)).count()
}
