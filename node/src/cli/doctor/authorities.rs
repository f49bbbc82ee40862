//! Findings about authorities that let their turns pass.
//!
//! Whose turn a slot is follows from its number, and whether a block was due in it from the blocks
//! before it, so the chain's last blocks tell who wrote none. A
//! clock that is ahead by a little more than a slot shows in nothing else: the node signs, and the
//! others never take what it signs.

use coinage_model::evidence::EvidenceJson;
use coinage_model::status::{AuthorityJson, SyncStateJson};
use serde_json::json;

use super::clock;
use super::facts::Facts;
use super::finding::{
    AUTHORITY_NO_VOTES, AUTHORITY_SILENT, EVIDENCE, FINALITY_CONFLICT, FINALITY_HELD_UP, Finding,
    TURNS_MISSED,
};
use super::turns::{TURNS_MIN, turns};
use crate::cli::{evidence, finality};

/// The finding that two quorums contradict each other.
pub(super) fn conflict(facts: &Facts) -> Option<Finding> {
    let conflict = facts.status.conflict.as_ref()?;
    let what = format!("{}: a third of the authorities or more cheat", conflict.sentence());
    let mend = "hand out nothing on the word of this chain. The node has stopped signing and keeps \
                everything. Its people agree which chain goes on and who is removed: on the other \
                chain a node begins with an empty --data DIR and peers of that chain only; an \
                authority of the one that goes on signs again after `coinage node \
                reset-signing-memory KEYFILE --genesis FILE --release-lock`, or the network begins \
                anew with other authorities";
    let seen = serde_json::to_value(conflict).unwrap_or_default();
    Some(Finding::new(FINALITY_CONFLICT, what, mend).seen(seen))
}

/// Findings about authorities that signed what no honest one signs.
pub(super) fn convicted(facts: &Facts) -> impl Iterator<Item = Finding> {
    facts.evidence.iter().map(|one| {
        let EvidenceJson { authority, slot, .. } = one;
        let (did, meaning) = (one.deed(), evidence::MEANING);
        let own = facts.status.authorities.iter().any(|it| it.is_self && it.key == *authority);
        let whose = if own { "this node's own authority key" } else { "authority" };
        let what = format!("{whose} {authority} {did}: {meaning}");
        Finding::new(EVIDENCE, what, format!("{}; `coinage chain evidence`", evidence::MEND))
            .seen(json!({ "key": authority.to_string(), "slot": slot.to_string() }))
    })
}

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    // While the node lacks blocks, or nobody writes any, missing ones prove nothing.
    match facts.status.sync.state {
        SyncStateJson::Synced => {}
        SyncStateJson::Alone | SyncStateJson::Stalled => return votes(facts),
        SyncStateJson::Searching | SyncStateJson::Syncing => return Vec::new(),
    }
    let found = facts.status.authorities.iter().filter_map(|authority| {
        let is_missing = |gone: &AuthorityJson| gone.key == authority.key;
        if !authority.is_self && facts.status.missing.iter().any(is_missing) {
            return Some(missing(authority));
        }
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
    found.chain(votes(facts)).collect()
}

/// Findings about authorities whose blocks come, but not their votes, and about finality that waits
/// for votes.
fn votes(facts: &Facts) -> Vec<Finding> {
    let status = &facts.status;
    let lag = status.final_block.map_or(0, |finalized| finalized.lag);
    let rounds = u64::try_from(status.authorities.len()).unwrap_or(u64::MAX).saturating_mul(2);
    // A node that has just started has not heard them yet.
    if status.is_finality_held_up() && lag <= rounds {
        return Vec::new();
    }
    let is_missing = |one: &AuthorityJson| status.missing.iter().any(|gone| gone.key == one.key);
    let voteless = status.silent.iter().filter(|one| !is_missing(one)).map(no_votes);
    let held_up = status.is_finality_held_up().then(|| {
        let turns: Vec<_> = status.silent.iter().map(|one| one.index.to_string()).collect();
        let what = format!(
            "the last {lag} blocks are not final: {}; silent: {}",
            finality::voting(status),
            turns.join(", ")
        );
        let mend = "start the nodes of these authorities, or connect them; blocks go on meanwhile";
        Finding::new(FINALITY_HELD_UP, what, mend).seen(json!({ "lag": lag.to_string() }))
    });
    voteless.chain(held_up).collect()
}

fn no_votes(authority: &AuthorityJson) -> Finding {
    let AuthorityJson { index, key, .. } = authority;
    let what = format!("authority {index} ({key}) writes blocks, but its votes do not come");
    let mend = "`coinage doctor` on its machine says why: a signing memory that was reset or is \
                damaged votes again once the others have certified a newer block";
    Finding::new(AUTHORITY_NO_VOTES, what, mend)
        .seen(json!({ "index": index, "key": key.to_string() }))
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

fn missing(authority: &AuthorityJson) -> Finding {
    let AuthorityJson { index, key, .. } = authority;
    let what = format!(
        "of authority {index} ({key}) neither a block nor a vote has come lately: its node does \
         not run, or is cut off"
    );
    let mend = "start that node, or `coinage doctor` on its machine says what is wrong with it";
    Finding::new(AUTHORITY_SILENT, what, mend)
        .seen(json!({ "index": index, "key": key.to_string() }))
}

fn silent(authority: &AuthorityJson, turns: u64) -> Finding {
    let AuthorityJson { index, key, .. } = authority;
    let what = format!(
        "authority {index} ({key}) has written none of its last {turns} turns in which a block was \
         due: its node does not run, is cut off, or has a wrong clock"
    );
    let mend = "start that node, or `coinage doctor` on its machine says what is wrong with it";
    Finding::new(AUTHORITY_SILENT, what, mend)
        .seen(json!({ "index": index, "key": key.to_string(), "turns": turns.to_string() }))
}
