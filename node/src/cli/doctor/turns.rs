//! The turns of an authority, and what it made of them.

use coinage_model::certificate::{BallotsJson, CertificateJson};
use coinage_model::chain::BlockSummary;
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

/// Counts the last turns of an authority in which a block was due, and those in which the chain has
/// its block. In the others it was right to be silent (SPEC F-10).
pub(super) fn turns(authority: &AuthorityJson, facts: &Facts) -> (u64, u64) {
    let count = u64::try_from(facts.status.authorities.len()).unwrap_or(u64::MAX);
    let head = facts.status.head.slot;
    let first = head.saturating_sub(count.saturating_mul(TURNS)).saturating_add(1);
    let own = |slot: &u64| slot.checked_rem(count) == Some(u64::from(authority.index));
    let gaps = gaps(&facts.blocks);
    let heartbeat = heartbeat(&gaps).unwrap_or(u64::MAX);
    let (mut turns, mut taken) = (0_u64, 0_u64);
    for Gap { after, next, is_open, .. } in gaps {
        let due_from = after.saturating_add(if is_open { 1 } else { heartbeat });
        let missed = (due_from.max(first)..next).filter(own).count();
        let took = u64::from(next >= first && own(&next));
        taken = taken.saturating_add(took);
        let missed = u64::try_from(missed).unwrap_or(u64::MAX);
        turns = turns.saturating_add(took).saturating_add(missed);
    }
    (turns, taken)
}

/// The slots from a block to the next one.
#[derive(Clone, Copy)]
struct Gap {
    after: u64,
    next: u64,
    /// True if something up to the block was not final by what the chain says, so that each leader
    /// had to write.
    is_open: bool,
    /// True if the next block holds nothing.
    is_empty: bool,
}

/// The gaps between blocks, which come the newest first; the first of them are the oldest.
fn gaps(blocks: &[BlockSummary]) -> Vec<Gap> {
    let (mut filled, mut finalized) = (0, 0);
    let pairs = blocks.iter().rev().zip(blocks.iter().rev().skip(1));
    let gap = |(block, next): (&BlockSummary, &BlockSummary)| {
        if block.transactions > 0 {
            filled = block.header.tip.slot;
        }
        let commits = |one: &&CertificateJson| one.phase == BallotsJson::Commits;
        let named = block.header.certificate.as_ref().filter(commits);
        finalized = named.map_or(finalized, |one| one.slot.max(finalized));
        let (after, next_slot) = (block.header.tip.slot, next.header.tip.slot);
        let (is_open, is_empty) = (filled > finalized, next.transactions == 0);
        Gap { after, next: next_slot, is_open, is_empty }
    };
    pairs.map(gap).collect()
}

/// The slots after which a block comes though there is nothing to write, as most leaders have it.
fn heartbeat(gaps: &[Gap]) -> Option<u64> {
    let quiet = gaps.iter().filter(|gap| !gap.is_open && gap.is_empty);
    let mut slots: Vec<_> = quiet.map(|gap| gap.next.saturating_sub(gap.after)).collect();
    slots.sort_unstable();
    slots.get(slots.len() / 2).copied()
}
