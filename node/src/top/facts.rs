//! One picture of all nodes.

use serde::Serialize;

use super::branches::{Branch, branches, rank};
use super::gather::{Seen, Sight};
use super::rates::{Curves, Rates};
use crate::model::chain::{ReorgJson, RuleJson, TipJson};
use crate::model::status::{MempoolStatus, Role, SyncStateJson};
use crate::model::{text, time};

/// Characters of a text of a node that are kept.
const TEXT_LEN_MAX: usize = 400;

/// One picture of all nodes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Facts {
    /// When, in milliseconds since 1970.
    #[serde(with = "time")]
    pub(crate) taken: u64,
    /// What people call the network.
    pub(crate) network: Option<String>,
    /// The best head that any node has.
    pub(crate) best: Option<TipJson>,
    /// The nodes, in the order in which they were named.
    pub(crate) nodes: Vec<NodeFacts>,
    /// The branches, the best one first.
    pub(crate) branches: Vec<Branch>,
    /// How fast the best chain grows.
    pub(crate) rates: Option<Rates>,
    #[serde(skip)]
    pub(super) curves: Curves,
}

/// How a node stands.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NodeFacts {
    /// What to call it.
    pub(crate) name: String,
    /// Where it was asked.
    pub(crate) url: Option<String>,
    /// What it said; `null` if it does not answer.
    pub(crate) answer: Option<AnswerFacts>,
    /// Why it does not answer; `null` if it does, or has not been asked yet.
    pub(crate) error: Option<String>,
}

/// What a node said of itself.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AnswerFacts {
    /// What it does.
    pub(crate) role: Role,
    /// Whether it has what the network has.
    pub(crate) state: SyncStateJson,
    /// Whether it has the same first block as most of the nodes here.
    pub(crate) same_network: bool,
    /// Its head.
    pub(crate) head: TipJson,
    /// By how many blocks its head is lower than the best; `null` on another network.
    #[serde(with = "text::option")]
    pub(crate) lag: Option<u64>,
    /// How many peers are connected.
    pub(crate) peers: u32,
    /// What waits.
    pub(crate) mempool: MempoolStatus,
    /// How many milliseconds ago its head's slot began.
    pub(crate) block_age_ms: u64,
    /// How fast its chain grows.
    pub(crate) rates: Option<Rates>,
    /// Its last changes of branches, newest first.
    pub(crate) reorgs: Vec<ReorgFacts>,
    /// What somebody should look after.
    pub(crate) warnings: Vec<String>,
}

/// One change of branches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ReorgFacts {
    /// Its running number on that node.
    #[serde(with = "text")]
    pub(crate) number: u64,
    /// When, in milliseconds since 1970.
    #[serde(with = "time")]
    pub(crate) time: u64,
    /// How many blocks were abandoned.
    #[serde(with = "text")]
    pub(crate) depth: u64,
    /// The head before.
    pub(crate) old_head: TipJson,
    /// The head after.
    pub(crate) new_head: TipJson,
    /// Which part of the rule decided.
    pub(crate) rule: RuleJson,
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
            peers: status.peers,
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
    /// How it stands, in a word or two.
    pub(crate) fn state(&self) -> &'static str {
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
pub(crate) fn harmless(text: &str) -> String {
    let invisible = |c: char| {
        matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let one = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() || invisible(c) => '\u{fffd}',
        c => c,
    };
    text.chars().take(TEXT_LEN_MAX).map(one).collect()
}

/// The beginning of a hash, enough to tell two apart by eye.
pub(crate) fn short(tip: &TipJson) -> String {
    tip.hash.to_string().chars().take(8).collect()
}

fn said(sight: &Sight) -> Option<&Seen> {
    sight.said.as_ref()?.as_ref().ok().map(|seen| &**seen)
}
