//! The picture of all nodes at one time.

use coinage_model::chain::{ReorgJson, RuleJson, TipJson};
use coinage_model::status::{MempoolStatus, Role, SyncStateJson};
use coinage_model::{terminal, text, time};
use serde::Serialize;

use super::branches::{Branch, branches, rank};
use super::gather::{Seen, Sight};
use super::rates::{Curves, Rates};

/// Characters of a text of a node that are kept.
const TEXT_LEN_MAX: usize = 400;

/// The picture of all nodes at one time.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// Time of the picture, in milliseconds since 1970.
    #[serde(with = "time")]
    pub taken: u64,
    /// Name of the network, for people.
    pub network: Option<String>,
    /// The best head that any node has.
    pub best: Option<TipJson>,
    /// The nodes, in the order in which they were named.
    pub nodes: Vec<NodeFacts>,
    /// The branches, the best one first.
    pub branches: Vec<Branch>,
    /// Growth of the best chain.
    pub rates: Option<Rates>,
    #[serde(skip)]
    pub(crate) curves: Curves,
}

/// The facts about a node at one time.
#[derive(Clone, Debug, Serialize)]
pub struct NodeFacts {
    /// Name of the node, to be shown.
    pub name: String,
    /// URL at which the node was asked.
    pub url: Option<String>,
    /// Answer of the node; `null` if it does not answer.
    pub answer: Option<AnswerFacts>,
    /// Reason why the node does not answer; `null` if it does, or has not been asked yet.
    pub error: Option<String>,
}

/// The facts that a node told of itself.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerFacts {
    /// Role of the node in the network.
    pub role: Role,
    /// State of the node's synchronization with the network.
    pub state: SyncStateJson,
    /// True if the node has the same first block as most of the nodes here.
    pub same_network: bool,
    /// Head of the node's chain.
    pub head: TipJson,
    /// Number of blocks by which the node's head is lower than the best; `null` on another network.
    #[serde(with = "text::option")]
    pub lag: Option<u64>,
    /// Height of the node's final block; `null` from an older node.
    #[serde(with = "text::option")]
    pub final_height: Option<u64>,
    /// Number of peers that are connected.
    pub peers: u32,
    /// Number of authorities that the node hears of, and of how many: `3/4`.
    pub heard: String,
    /// Status of the node's mempool.
    pub mempool: MempoolStatus,
    /// Milliseconds since the slot of the node's head began.
    pub block_age_ms: u64,
    /// Growth of the node's chain.
    pub rates: Option<Rates>,
    /// Changes of branches that the node had last, newest first.
    pub reorgs: Vec<ReorgFacts>,
    /// Warnings of what somebody should look after.
    pub warnings: Vec<String>,
}

/// A change of branches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReorgFacts {
    /// Running number of the reorg on that node.
    #[serde(with = "text")]
    pub number: u64,
    /// Time of the reorg, in milliseconds since 1970.
    #[serde(with = "time")]
    pub time: u64,
    /// Number of blocks that were abandoned.
    #[serde(with = "text")]
    pub depth: u64,
    /// Head before the reorg.
    pub old_head: TipJson,
    /// Head after the reorg.
    pub new_head: TipJson,
    /// Part of the fork choice that decided.
    pub rule: RuleJson,
}

impl Facts {
    /// The picture that follows from what the nodes said.
    pub(super) fn of(sights: &[Sight], now: u64) -> Self {
        let answers = || sights.iter().filter_map(|sight| Some((sight, said(sight)?)));
        let genesis = |seen: &Seen| seen.status.genesis_hash;
        let alike = |hash| answers().filter(|(_, seen)| genesis(seen) == hash).count();
        // The first of the most common.
        let common = answers().map(|(_, seen)| genesis(seen)).rev().max_by_key(|hash| alike(*hash));
        let ours: Vec<(&str, &Seen)> = answers()
            .filter(|(_, seen)| Some(genesis(seen)) == common)
            .map(|(sight, seen)| (sight.name.as_str(), seen))
            .collect();
        // Of equals the first.
        let seen = ours.iter().rev().map(|(_, seen)| *seen);
        let best = seen.max_by_key(|seen| rank(&seen.status.head));
        let head = best.map(|seen| seen.status.head);
        let node = |sight: &Sight| {
            let seen = said(sight);
            let same = seen.is_some_and(|seen| Some(genesis(seen)) == common);
            let error = sight.said.as_ref().and_then(|said| said.as_ref().err());
            NodeFacts {
                name: harmless(&sight.name),
                url: sight.url.as_deref().map(harmless),
                answer: seen.map(|seen| AnswerFacts::of(seen, head.filter(|_| same), now)),
                error: error.map(|error| harmless(error)),
            }
        };
        Self {
            taken: now,
            network: best.map(|seen| harmless(&seen.status.network)),
            best: head,
            nodes: sights.iter().map(node).collect(),
            branches: branches(&ours),
            rates: best.and_then(|seen| Rates::of(&seen.blocks, now)),
            curves: best.map(|seen| Curves::of(&seen.blocks, now)).unwrap_or_default(),
        }
    }
}

impl AnswerFacts {
    fn of(seen: &Seen, best: Option<TipJson>, now: u64) -> Self {
        let status = &seen.status;
        Self {
            role: status.role,
            state: status.sync.state,
            same_network: best.is_some(),
            head: status.head,
            lag: best.map(|best| best.height.saturating_sub(status.head.height)),
            final_height: status.final_block.map(|finalized| finalized.tip.height),
            peers: status.peers,
            heard: status.heard(),
            mempool: status.mempool,
            block_age_ms: now.saturating_sub(status.head.time),
            rates: Rates::of(&seen.blocks, now),
            reorgs: seen.reorgs.iter().map(ReorgFacts::of).collect(),
            warnings: status.warnings.iter().map(|warning| harmless(warning)).collect(),
        }
    }
}

impl ReorgFacts {
    fn of(reorg: &ReorgJson) -> Self {
        let ReorgJson { number, time, depth, old_head, new_head, rule, .. } = *reorg;
        Self { number, time, depth, old_head, new_head, rule }
    }
}

impl NodeFacts {
    /// Returns how the node stands, in a word or two.
    pub fn state(&self) -> &'static str {
        match &self.answer {
            None if self.error.is_some() => "unreachable",
            None => "asking",
            Some(answer) if !answer.same_network => "other network",
            Some(answer) => match answer.state {
                SyncStateJson::Searching => "searching",
                SyncStateJson::Syncing => "syncing",
                SyncStateJson::Synced => "synced",
                SyncStateJson::Alone => "alone",
                SyncStateJson::Stalled => "stalled",
            },
        }
    }
}

/// A text from outside without what a terminal would obey or be confused by, and not too long.
pub(super) fn harmless(text: &str) -> String {
    let short: String = text.chars().take(TEXT_LEN_MAX).collect();
    terminal::masked(&short)
}

/// The beginning of a hash, enough to tell two apart by eye.
pub fn short(tip: &TipJson) -> String {
    tip.hash.to_string().chars().take(8).collect()
}

fn said(sight: &Sight) -> Option<&Seen> {
    sight.said.as_ref()?.as_ref().ok().map(|seen| &**seen)
}
