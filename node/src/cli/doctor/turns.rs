//! The turns of an authority, and what it made of them.

use std::collections::BTreeSet;

use coinage_model::status::{AuthorityJson, SyncStateJson};

use super::facts::{Facts, TURNS};

/// Turns below which nothing is said: the chain is too young.
pub(super) const TURNS_MIN: u64 = 3;

/// True if the node is an authority that writes most of its blocks in time.
pub(super) fn takes_its_turns(facts: &Facts) -> bool {
    let own = facts.status.authorities.iter().find(|authority| authority.is_self);
    let synced = facts.status.sync.state == SyncStateJson::Synced;
    own.filter(|_| synced).is_some_and(|own| {
        let (turns, taken) = turns(own, facts);
        turns >= TURNS_MIN && taken.saturating_mul(2) > turns
    })
}

/// Counts the last turns of an authority that are over, and those in which the chain has its block.
pub(super) fn turns(authority: &AuthorityJson, facts: &Facts) -> (u64, u64) {
    let count = u64::try_from(facts.status.authorities.len()).unwrap_or(u64::MAX);
    let written: BTreeSet<_> = facts.blocks.iter().map(|block| block.tip.slot).collect();
    let head = facts.status.head.slot.max(written.last().copied().unwrap_or(0));
    let first = head.saturating_sub(count.saturating_mul(TURNS)).saturating_add(1);
    let own = |slot: &u64| slot.checked_rem(count) == Some(u64::from(authority.index));
    let slots: Vec<_> = (first.max(1)..=head).filter(own).collect();
    let taken = slots.iter().filter(|slot| written.contains(slot)).count();
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    (number(slots.len()), number(taken))
}
