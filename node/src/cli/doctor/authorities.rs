//! Findings about authorities that let their turns pass.
//!
//! Whose turn a slot is follows from its number, so the chain's last blocks tell who wrote none. A
//! clock that is ahead by a little more than a slot shows in nothing else: the node signs, and the
//! others never take what it signs.

use std::collections::BTreeSet;

use coinage_model::status::{AuthorityJson, SyncStateJson};
use serde_json::json;

use super::clock;
use super::facts::{Facts, TURNS};
use super::finding::{AUTHORITY_SILENT, Finding, TURNS_MISSED};

/// Turns below which nothing is said: the chain is too young.
const TURNS_MIN: u64 = 3;

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    // While the node lacks blocks, or nobody writes any, missing ones prove nothing.
    if facts.status.sync.state != SyncStateJson::Synced {
        return Vec::new();
    }
    let found = facts.status.authorities.iter().filter_map(|authority| {
        let (turns, taken) = turns(authority, facts);
        if turns < TURNS_MIN {
            return None;
        }
        let missed = turns.saturating_sub(taken);
        match authority.is_self {
            true if missed.saturating_mul(2) >= turns => Some(own(turns, missed, facts)),
            false if taken == 0 => Some(silent(authority, turns)),
            _ => None,
        }
    });
    found.collect()
}

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
fn turns(authority: &AuthorityJson, facts: &Facts) -> (u64, u64) {
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

fn own(turns: u64, missed: u64, facts: &Facts) -> Finding {
    let ahead = facts.status.clock.ahead_ms.or_else(|| clock::own_ahead_ms(facts));
    let slot = i64::from(facts.status.slot_ms);
    let (why, mend) = match ahead {
        Some(by) if by >= slot => (
            format!(
                "its clock is {by} ms ahead of the others', who hold its blocks until their slots \
                 begin and have gone on by then"
            ),
            "`timedatectl set-ntp true` on the node's machine",
        ),
        Some(by) if by <= slot.saturating_neg() => (
            format!("its clock is {} ms behind: its blocks come too late", by.unsigned_abs()),
            "`timedatectl set-ntp true` on the node's machine",
        ),
        _ => (
            "its clock agrees with the others', so it was away, or its blocks come too late"
                .to_owned(),
            "if it has just started, wait; otherwise its log says what became of each block \
             (block.produced, chain.reorg)",
        ),
    };
    let what = format!(
        "{missed} of the last {turns} turns of this authority passed without its block: {why}"
    );
    Finding::new(TURNS_MISSED, what, mend)
        .seen(json!({ "turns": turns.to_string(), "missed": missed.to_string() }))
}

fn silent(authority: &AuthorityJson, turns: u64) -> Finding {
    let AuthorityJson { index, key, .. } = authority;
    let what = format!(
        "authority {index} ({key}) has written none of its last {turns} turns: its node does not \
         run, is cut off, or has a wrong clock"
    );
    let mend = "start that node, or `coinage doctor` on its machine says what is wrong with it";
    Finding::new(AUTHORITY_SILENT, what, mend)
        .seen(json!({ "index": index, "key": key.to_string(), "turns": turns.to_string() }))
}
