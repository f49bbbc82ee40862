//! Findings about whether the node has what the network has.

use coinage_model::status::SyncStateJson;
use coinage_model::time;
use serde_json::json;

use super::facts::Facts;
use super::finding::{Finding, SYNC_ALONE, SYNC_BEHIND, SYNC_SEARCHING, SYNC_STALLED};

pub(super) fn examine(facts: &Facts) -> Option<Finding> {
    match facts.status.sync.state {
        SyncStateJson::Synced => None,
        SyncStateJson::Syncing => Some(behind(facts)),
        SyncStateJson::Alone => Some(alone(facts)),
        SyncStateJson::Stalled => Some(stalled(facts)),
        SyncStateJson::Searching => Some(Finding::new(
            SYNC_SEARCHING,
            "no peer has shown yet where the network stands",
            "wait a moment if the node has just started; otherwise it has no peer of this network: \
             `coinage peers`",
        )),
    }
}

fn behind(facts: &Facts) -> Finding {
    let height = facts.status.head.height;
    let target = facts.status.sync.target.unwrap_or(height);
    let ahead =
        facts.peers.iter().filter(|peer| peer.head.is_some_and(|head| head.height > height));
    let ahead: Vec<_> = ahead.collect();
    let names: Vec<_> =
        ahead.iter().map(|peer| format!("{} at {}", peer.peer_id, peer.address)).collect();
    let source = if names.is_empty() {
        "nobody who is connected has them now".to_owned()
    } else {
        format!("fetching from {}", names.join(", "))
    };
    let by = target.saturating_sub(height);
    let what =
        format!("the node is at least {by} blocks behind, at {height} of {target}; {source}");
    let mend = if names.is_empty() {
        "connect it to a node that has them: `coinage node run --peer MULTIADDR`"
    } else {
        "wait; `coinage node status` shows how far it is"
    };
    let peers: Vec<_> = ahead.iter().map(|peer| peer.peer_id.clone()).collect();
    Finding::new(SYNC_BEHIND, what, mend).seen(json!({
        "height": height.to_string(), "target": target.to_string(), "behind": by.to_string(),
        "from": peers,
    }))
}

fn alone(facts: &Facts) -> Finding {
    let count = facts.status.authorities.len();
    let slots = facts.blocks.iter().take(2 * count).map(|block| block.header.tip.slot);
    let slots: Vec<_> = slots.collect();
    let heard = facts.status.sync.heard;
    let number = heard.map_or_else(|| "fewer than a majority".to_owned(), |some| some.to_string());
    let missing = facts.status.missing.iter().map(|one| one.index.to_string());
    let missing = missing.collect::<Vec<_>>().join(", ");
    let missing =
        if missing.is_empty() { missing } else { format!(" (none of authority {missing})") };
    let what = format!(
        "blocks or votes of {number} of {count} authorities have come lately{missing}, which is \
         no majority: what this node shows may be undone, and others may follow another \
         chain"
    );
    let mend = "rely on no payment yet; the authorities' nodes must run and reach each other, and \
                this node must reach them: `coinage peers`, `coinage doctor --node URL` at each";
    Finding::new(SYNC_ALONE, what, mend).seen(json!({ "slots": slots, "heard": heard }))
}

fn stalled(facts: &Facts) -> Finding {
    let head = facts.status.head;
    let since = time::format(head.time);
    let what = format!("no block has come since block {} of {since}", head.height);
    let mend = "the authorities' nodes must run and reach each other: `coinage doctor --node URL` \
                at each";
    let seen = json!({ "height": head.height.to_string(), "since": since });
    Finding::new(SYNC_STALLED, what, mend).seen(seen)
}
