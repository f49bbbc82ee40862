//! Findings about clocks that are wrong.

use coinage_model::status::{PeerJson, Role};
use serde_json::json;

use super::facts::Facts;
use super::finding::{CLOCK_ABSURD, CLOCK_OWN, CLOCK_PEER, Finding, HEAD_AHEAD};
use super::turns;

/// A difference below this is no matter, however short the slots are: a busy machine answers late.
const SKEW_MS_MIN: i64 = 1_000;

const TRUST: &str = "`--trust-clock`";

const SET: &str = "`timedatectl set-ntp true` sets a clock by the network's time";

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let limit = i64::from(facts.status.slot_ms).max(SKEW_MS_MIN);
    let heard: Vec<_> = facts.peers.iter().filter(|peer| peer.head.is_some()).collect();
    let common = own_ahead_ms(facts);
    let off = || common.filter(|by| by.abs() >= limit);
    if facts.status.clock.absurd {
        let observes = facts.status.role == Role::Observer;
        findings.push(absurd(facts.status.clock.ahead_ms.unwrap_or(0), observes));
    } else if let Some(ahead_ms) = facts.status.clock.ahead_ms.or_else(off) {
        findings.push(own(ahead_ms, facts));
    }
    if let Some(by) = facts.status.clock.head_ahead_ms {
        findings.push(head_ahead(by, facts));
    }
    let base = common.unwrap_or(0);
    for peer in heard {
        let ahead_ms = peer.clock_ahead_ms.saturating_add(base);
        if ahead_ms.abs() >= limit {
            findings.push(of_peer(peer, ahead_ms, facts.peers.len() == 1));
        }
    }
    findings
}

/// Returns by how much the node's clock is ahead of the median of its peers', if there are two or
/// more, or the newest block confirms the one: one alone proves nothing. An authority whose blocks
/// are on the chain in its turns has a right clock, however many say otherwise: everybody may call,
/// and claim what he likes.
pub(super) fn own_ahead_ms(facts: &Facts) -> Option<i64> {
    if turns::takes_its_turns(facts) {
        return None;
    }
    let heard = facts.peers.iter().filter(|peer| peer.head.is_some());
    let (inbound, dialled): (Vec<_>, Vec<_>) = heard.partition(|peer| peer.inbound);
    // Whom the node has dialled itself, it has from somebody who was here before the callers.
    let asked = if dialled.len() < 2 { [dialled, inbound].concat() } else { dialled };
    let mut ahead: Vec<_> = asked.iter().map(|peer| peer.clock_ahead_ms.saturating_neg()).collect();
    // A block that seems to be of the future agrees with a peer that does.
    let agree = facts.status.clock.head_ahead_ms.is_some();
    if ahead.len() < 2 {
        return ahead.first().copied().filter(|by| agree && *by < 0);
    }
    ahead.sort_unstable();
    // Of an even number the one nearer to zero.
    let middle = ahead.len() / 2;
    let upper = ahead.get(middle).copied()?;
    let lower = ahead.get(middle.saturating_sub(1)).copied()?;
    let odd = ahead.len() % 2 == 1;
    Some(if odd || upper.abs() < lower.abs() { upper } else { lower })
}

/// True if these findings say that the node's own clock is wrong: then it cannot judge others.
pub(super) fn is_own_wrong(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| [CLOCK_OWN.code, CLOCK_ABSURD.code].contains(&finding.code))
}

fn own(ahead_ms: i64, facts: &Facts) -> Finding {
    let observes = facts.status.role == Role::Observer;
    let consequence = match (observes, facts.status.clock.skewed) {
        (true, _) if ahead_ms < 0 => "so it holds back new blocks until their time has come there",
        (true, _) => "so it takes what is in time for late; it signs nothing anyway",
        (false, true) => "so the node signs nothing",
        (false, false) => "so its blocks come in the turns of others, and are lost",
    };
    let what = format!("the node's clock is {}, {consequence}", side(ahead_ms, "the others'"));
    let seen = json!({ "ahead_ms": ahead_ms.to_string(), "signs": !facts.status.clock.skewed });
    Finding::new(CLOCK_OWN, what, format!("on the node's machine: {SET}")).seen(seen)
}

fn absurd(ahead_ms: i64, observes: bool) -> Finding {
    let by = side(ahead_ms, "the last block and the last signature");
    let (what, mend) = if observes {
        (format!("the node's clock is {by}, and nobody confirms it"), SET.to_owned())
    } else {
        (
            format!("the node's clock is {by}, nobody confirms it, and the node signs nothing"),
            format!("{SET}; if it is right, stop the node and start it once with {TRUST}"),
        )
    };
    Finding::new(CLOCK_ABSURD, what, mend).seen(json!({ "ahead_ms": ahead_ms.to_string() }))
}

fn head_ahead(by: u64, facts: &Facts) -> Finding {
    let what = format!(
        "the newest block is {by} ms ahead of the node's clock: the clock is behind, or the block \
         was signed by one that was ahead"
    );
    let now = facts.status.head.time.saturating_sub(by);
    let last = facts.status.final_block.as_ref();
    let mend = if last.is_some_and(|last| last.tip.time > now) {
        format!(
            "{SET}. If it is right, blocks ahead are final: they stay, and the chain goes on when \
             their time has come"
        )
    } else {
        format!(
            "{SET}. If it is right, blocks of the time between replace those ahead, and what was \
             signed ahead forbids no other slot; a node without peers needs its operator's word: \
             stop it and start it once with {TRUST}"
        )
    };
    Finding::new(HEAD_AHEAD, what, mend).seen(json!({ "ahead_ms": by.to_string() }))
}

fn of_peer(peer: &PeerJson, ahead_ms: i64, alone: bool) -> Finding {
    let (name, address) = (&peer.peer_id, &peer.address);
    let doubt =
        if alone { ", or the node's own is wrong: one peer alone proves nothing" } else { "" };
    let by = side(ahead_ms, "the node's");
    let what = format!("the clock of {name} at {address} is {by}{doubt}");
    let seen = json!({
        "peer_id": name, "address": address, "ahead_ms": ahead_ms.to_string(),
    });
    Finding::new(CLOCK_PEER, what, format!("on that machine: {SET}")).seen(seen)
}

fn side(ahead_ms: i64, whose: &str) -> String {
    let by = ahead_ms.unsigned_abs();
    if ahead_ms < 0 {
        format!("{by} ms behind {whose}")
    } else {
        format!("{by} ms ahead of {whose}")
    }
}
