//! `coinage chain`, `coinage node status`, `coinage peers` and `coinage mempool`.

use clap::Subcommand;
use coinage_model::account::Page;
use coinage_model::chain::{
    CountsJson, KnownTipJson, ReorgJson, ReorgOutcomeJson, RuleJson, TipKindJson,
};
use coinage_model::status::{AuthorityJson, PeerJson, Role, RoomJson, StatusJson, SyncStateJson};
use coinage_model::submission::MempoolEntry;
use coinage_model::time;
use coinage_protocol::Body;

use super::context::Context;
use super::describe::Words;
use super::evidence;
use super::failure::Failure;
use super::finality;
use super::listing::{self, Listing};
use super::printer::{Output, facts, table};

/// Transactions of one reorg in its table at most.
const REVERTED_SHOWN_MAX: usize = 20;

/// What to see of the chain.
#[derive(Debug, Subcommand)]
pub(crate) enum ChainCommand {
    /// Show the network and where its chain stands
    #[command(after_help = "Example:\n  coinage chain info")]
    Info,
    /// List the ends of all branches that the node knows
    #[command(after_help = "Example:\n  coinage chain tips")]
    Tips(Listing),
    /// List the changes of branches, newest first
    #[command(after_help = "Example:\n  coinage chain reorgs")]
    Reorgs(Listing),
    /// Show what authorities signed that no honest one signs, and what to do
    #[command(after_help = "Example:\n  coinage chain evidence")]
    Evidence,
}

pub(crate) fn run(command: ChainCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        ChainCommand::Info => info(context),
        ChainCommand::Tips(listing) => tips(&listing, context),
        ChainCommand::Reorgs(listing) => reorgs(&listing, context),
        ChainCommand::Evidence => evidence::list(context),
    }
}

/// Shows how the node stands.
pub(crate) fn status(context: &Context) -> Result<Output, Failure> {
    let status = context.status()?;
    let mut text = facts([
        ("node", format!("{} ({})", status.node, status.version)),
        ("role", role(status).to_owned()),
        ("network", format!("{} ({})", status.network, status.chain_id)),
        ("head", head(status)),
        ("final", finality::of_node(status)),
        ("sync", sync(status)),
        ("peers", status.peers.to_string()),
        ("heard of", heard(status)),
        ("mempool", mempool_in_short(status)),
    ]);
    text.push_str(&warnings(status));
    Ok(Output::new(status, text))
}

fn info(context: &Context) -> Result<Output, Failure> {
    let status = context.status()?;
    let authorities: Vec<_> =
        status.authorities.iter().map(|authority| authority.key.to_string()).collect();
    let mut text = facts([
        ("network", status.network.clone()),
        ("chain id", status.chain_id.to_string()),
        ("genesis", status.genesis_hash.to_string()),
        ("head", head(status)),
        ("final", finality::of_node(status)),
        ("sync", sync(status)),
        ("heard of", heard(status)),
        ("slot", format!("{} ms", status.slot_ms)),
        ("room", room(status)),
        ("authorities", authorities.join("\n             ")),
    ]);
    text.push_str(&warnings(status));
    Ok(Output::new(status, text))
}

/// Describes how many places of the state are taken, and what a new one takes.
fn room(status: &StatusJson) -> String {
    let Some(room) = &status.room else { return "unknown".into() };
    let RoomJson { balances, balances_max, tokens, tokens_max, balance_deposit, .. } = room;
    let used = format!("{balances} of {balances_max} balances, {tokens} of {tokens_max} tokens");
    match room.deposit {
        Some(token) => {
            format!("{used}; a new balance takes a deposit of {balance_deposit} units of {token}")
        }
        None => used,
    }
}

fn tips(listing: &Listing, context: &Context) -> Result<Output, Failure> {
    let page: Page<KnownTipJson> = listing.get(context, "/v1/chain/tips")?;
    let rows = page.items.iter().map(|known| {
        let kind = match known.kind {
            TipKindJson::Head => "head",
            TipKindJson::Side => "side branch",
            TipKindJson::HeadersOnly => "headers only",
            TipKindJson::Invalid => "invalid",
        };
        let (height, hash) = (known.tip.height.to_string(), known.tip.hash.to_string());
        [height, hash, kind.to_owned(), known.branch_len.to_string()]
    });
    let table = table(["HEIGHT", "HASH", "KIND", "BRANCH"], rows);
    Ok(listing::page(&page, table, "no tips"))
}

fn reorgs(listing: &Listing, context: &Context) -> Result<Output, Failure> {
    let page: Page<ReorgJson> = listing.get(context, "/v1/chain/reorgs")?;
    let rows = page.items.iter().map(|reorg| {
        let rule = match reorg.rule {
            RuleJson::Longer => "longer",
            RuleJson::EarlierSlot => "earlier slot",
            RuleJson::LowerHash => "lower hash",
            RuleJson::BeyondClock => "beyond the clock",
            RuleJson::Certified => "newer certificate",
            RuleJson::Final => "final block",
            RuleJson::Detour => "detour to certify",
        };
        [
            reorg.number.to_string(),
            time::format(reorg.time),
            reorg.depth.to_string(),
            reorg.common_ancestor.height.to_string(),
            format!("{} -> {}", reorg.old_head.height, reorg.new_head.height),
            rule.to_owned(),
            outcomes(&reorg.counts),
        ]
    });
    let header = ["NUMBER", "TIME", "DEPTH", "FORK AT", "HEADS", "RULE", "TRANSACTIONS"];
    let mut text = table(header, rows);
    let reverted: Vec<_> = page.items.iter().flat_map(reverted).collect();
    if !reverted.is_empty() {
        text.push('\n');
        text.push_str(&table(["REORG", "TRANSACTION", "WHAT BECAME OF IT"], reverted));
    }
    Ok(listing::page(&page, text, "no reorgs so far at this node; --node URL asks another one"))
}

/// Rows for the first transactions of the abandoned branch, and one for how many more there are.
fn reverted(reorg: &ReorgJson) -> Vec<[String; 3]> {
    let row = |id: String, became: &str| [reorg.number.to_string(), id, became.to_owned()];
    let shown = reorg.transactions.iter().take(REVERTED_SHOWN_MAX);
    let mut rows: Vec<_> = shown.map(|one| row(one.id.to_string(), outcome(one.outcome))).collect();
    let counted = all(&reorg.counts).iter().map(|(count, _)| count).sum::<u64>();
    let further = counted.saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    if further > 0 {
        rows.push(row(format!("{further} more"), "--json lists up to 1,000 of a reorg"));
    }
    rows
}

fn outcome(outcome: ReorgOutcomeJson) -> &'static str {
    match outcome {
        ReorgOutcomeJson::Reincluded => "included again",
        ReorgOutcomeJson::BackInPool => "waits again",
        ReorgOutcomeJson::Conflicting => "conflicts with the chain",
        ReorgOutcomeJson::Expired => "expired",
        ReorgOutcomeJson::Dropped => "dropped: the mempool was full",
    }
}

/// Describes what became of the transactions of the abandoned branch.
fn outcomes(counts: &CountsJson) -> String {
    let outcomes = all(counts);
    let some: Vec<_> = outcomes.iter().filter(|(count, _)| *count > 0).collect();
    if some.is_empty() {
        return "none".to_owned();
    }
    some.iter().map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn all(counts: &CountsJson) -> [(u64, &'static str); 5] {
    [
        (counts.reincluded, "included again"),
        (counts.back_in_pool, "wait again"),
        (counts.conflicting, "conflict"),
        (counts.expired, "expired"),
        (counts.dropped, "dropped"),
    ]
}

/// Lists the peers that are connected to the node.
pub(crate) fn peers(listing: &Listing, context: &Context) -> Result<Output, Failure> {
    let page: Page<PeerJson> = listing.get(context, "/v1/peers")?;
    let rows = page.items.iter().map(|peer| {
        [
            peer.peer_id.clone(),
            peer.address.clone(),
            if peer.inbound { "in" } else { "out" }.to_owned(),
            peer.head.map_or_else(|| "?".to_owned(), |head| head.height.to_string()),
            time::format(peer.since),
        ]
    });
    let table = table(["PEER", "ADDRESS", "WAY", "HEAD", "SINCE"], rows);
    let mut output = listing::page(&page, table, "no peers\n");
    // A peer counts until its silence is noticed: only blocks show who is there.
    let status = context.status()?;
    output.text.push_str(&format!("heard of: {}\n{}", heard(status), warnings(status)));
    Ok(output)
}

/// Lists the transactions that wait.
pub(crate) fn mempool(listing: &Listing, context: &Context) -> Result<Output, Failure> {
    let page: Page<MempoolEntry> = listing.get(context, "/v1/mempool")?;
    let words = Words::brief(context);
    let rows = page.items.iter().map(|entry| {
        let body: Body = entry.transaction.body.clone().into();
        let (what, memo) = (words.body(&body).join("; "), body.memo.to_string());
        let waits = entry.waits_for.as_ref().map_or(String::new(), |reason| reason.detail.clone());
        [entry.id.to_string(), time::format(entry.since), what, memo, waits]
    });
    let table = table(["TRANSACTION", "SINCE", "WHAT", "MEMO", "WAITS FOR"], rows);
    Ok(listing::page(&page, table, "nothing waits"))
}

fn head(status: &StatusJson) -> String {
    let head = status.head;
    format!("{} ({}) of {}", head.height, head.hash, time::format(head.time))
}

fn role(status: &StatusJson) -> &'static str {
    match status.role {
        Role::Authority => "authority",
        Role::Observer => "observer",
    }
}

fn sync(status: &StatusJson) -> String {
    match status.sync.state {
        SyncStateJson::Searching => "searching".to_owned(),
        SyncStateJson::Syncing => {
            status.sync.target.map_or_else(|| "syncing".to_owned(), |to| format!("syncing to {to}"))
        }
        SyncStateJson::Synced => "synced".to_owned(),
        SyncStateJson::Alone => "alone: rely on nothing that this node shows".to_owned(),
        SyncStateJson::Stalled => "stalled: no block has come for many slots".to_owned(),
    }
}

/// Describes how many authorities are there, as far as the node can know.
fn heard(status: &StatusJson) -> String {
    let all = status.authorities.len();
    let named = |one: &AuthorityJson| format!("\n          none of {} ({})", one.index, one.key);
    let missing: String = status.missing.iter().map(named).collect();
    match status.sync.heard {
        Some(heard) => {
            format!("blocks or votes of {heard} of {all} authorities came lately{missing}")
        }
        None => format!("unknown; there are {all} authorities"),
    }
}

/// Says what it means that a node is alone.
pub(crate) fn alone(status: &StatusJson) -> String {
    let heard =
        status.sync.heard.map_or_else(|| "no majority".to_owned(), |heard| heard.to_string());
    let all = status.authorities.len();
    format!(
        "this node is alone, it hears of {heard} of {all} authorities: rely on nothing that it \
         shows (`coinage doctor`)"
    )
}

fn warnings(status: &StatusJson) -> String {
    status.warnings.iter().map(|warning| format!("warning: {warning}\n")).collect()
}

fn mempool_in_short(status: &StatusJson) -> String {
    let mempool = status.mempool;
    format!(
        "{} transactions ({} parked), {} bytes",
        mempool.transactions, mempool.parked, mempool.bytes
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reorg_names_its_transactions_and_counts_those_that_it_does_not_name() {
        let tip = json!({
            "height": "7", "hash": "00".repeat(32), "slot": "7", "time": "2026-12-31T12:00:00Z",
        });
        let one = json!({ "id": "ab".repeat(32), "fate": "conflicting" });
        let reorg = |count: usize| {
            let counts = json!({
                "reincluded": "0", "back_in_pool": "0", "conflicting": count.to_string(),
                "expired": "0", "dropped": "0",
            });
            let reorg = json!({
                "number": "3", "time": "2026-12-31T12:00:00Z", "depth": "1", "rule": "longer",
                "common_ancestor": tip, "old_head": tip, "new_head": tip, "counts": counts,
                "transactions": vec![one.clone(); count.min(1000)],
            });
            serde_json::from_value::<ReorgJson>(reorg).expect("a reorg")
        };
        let conflict = ["3".to_owned(), "ab".repeat(32), "conflicts with the chain".to_owned()];
        assert!(reverted(&reorg(0)).is_empty());
        assert_eq!(reverted(&reorg(1)), [conflict]);
        let many = reverted(&reorg(1500));
        assert_eq!(many.len(), REVERTED_SHOWN_MAX + 1);
        assert_eq!(many.last().map(|row| row[1].as_str()), Some("1480 more"));
    }
}
