//! Findings about authorities that let their turns pass.
//!
//! Whose turn a slot is follows from its number, so the chain's last blocks tell who wrote none. A
//! clock that is ahead by a little more than a slot shows in nothing else: the node signs, and the
//! others never take what it signs.

use coinage_model::status::{AuthorityJson, SyncStateJson};
use serde_json::json;

use super::clock;
use super::facts::Facts;
use super::finding::{AUTHORITY_SILENT, Finding, TURNS_MISSED};
use super::turns::{TURNS_MIN, turns};

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
