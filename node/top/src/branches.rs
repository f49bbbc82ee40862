//! Branches of the chain, and the nodes that are on each.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use coinage_model::chain::{TipJson, TipKindJson};
use coinage_model::text;
use coinage_protocol::{BlockHash, Height, Slot, Tip};
use serde::Serialize;

use super::gather::Seen;

/// Branches that are told of.
const BRANCHES_MAX: usize = 16;

/// A branch of the chain: the best one first, then those of other nodes' heads, then the rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Branch {
    /// Block at which the branch ends.
    pub tip: TipJson,
    /// The height of the last block that the branch shares with the best one; `null` for that one.
    #[serde(with = "text::option")]
    pub fork_height: Option<u64>,
    /// Opinion of the nodes that know the branch.
    pub kind: TipKindJson,
    /// The nodes whose head is on the branch, and by how many blocks they are behind its end.
    pub nodes: Vec<Follower>,
    /// The nodes that know the branch, but have their heads elsewhere.
    pub known_to: Vec<String>,
    /// Hashes of the branch's last blocks and the numbers of their transactions, by height.
    #[serde(skip)]
    pub blocks: BTreeMap<u64, (BlockHash, u32)>,
}

/// A node on a branch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Follower {
    /// Name of the node.
    pub name: String,
    /// Number of blocks by which the node is behind the branch's end.
    #[serde(with = "text")]
    pub behind: u64,
}

impl Branch {
    fn holds(&self, tip: &TipJson) -> bool {
        let known = self.blocks.get(&tip.height).map(|(hash, _)| *hash);
        known == Some(tip.hash) || tip.hash == self.tip.hash
    }
}

/// A head in the order of the fork choice: the greater wins (SPEC C-1).
pub(super) fn rank(tip: &TipJson) -> Tip {
    Tip { height: Height::new(tip.height), slot: Slot::new(tip.slot), hash: tip.hash }
}

/// Returns all branches that these nodes know.
pub(super) fn branches(nodes: &[(&str, &Seen)]) -> Vec<Branch> {
    let mut nodes = nodes.to_vec();
    nodes.sort_by_key(|(_, seen)| Reverse(rank(&seen.status.head)));
    let mut found: Vec<Branch> = Vec::new();
    for (name, seen) in &nodes {
        let head = seen.status.head;
        let on = found.iter().position(|branch| branch.holds(&head));
        // Far behind: below everything that is known of the best branch, so it is taken for that.
        let lowest = |branch: &Branch| branch.blocks.keys().next().copied();
        let far = found.first().and_then(lowest).is_some_and(|lowest| head.height < lowest);
        match on.or_else(|| far.then_some(0)).and_then(|at| found.get_mut(at)) {
            Some(branch) => {
                let behind = branch.tip.height.saturating_sub(head.height);
                branch.nodes.push(Follower { name: (*name).to_owned(), behind });
            }
            None => {
                let branch = of_head(name, seen, found.first());
                found.push(branch);
            }
        }
    }
    for (name, seen) in &nodes {
        side_tips(name, seen, &mut found);
    }
    found.truncate(BRANCHES_MAX);
    found
}

fn of_head(name: &str, seen: &Seen, best: Option<&Branch>) -> Branch {
    let blocks: BTreeMap<_, _> = seen
        .blocks
        .iter()
        .map(|block| (block.header.tip.height, (block.header.tip.hash, block.transactions)))
        .collect();
    let fork_height = best.map(|best| {
        let shared = blocks.iter().rev().find(|(height, (hash, _))| {
            best.blocks.get(height).is_some_and(|(other, _)| other == hash)
        });
        let below_all = blocks.keys().next().map_or(0, |lowest| lowest.saturating_sub(1));
        shared.map_or(below_all, |(height, _)| *height)
    });
    let nodes = vec![Follower { name: name.to_owned(), behind: 0 }];
    let (tip, kind) = (seen.status.head, TipKindJson::Head);
    Branch { tip, fork_height, kind, nodes, known_to: Vec::new(), blocks }
}

/// Adds the ends of branches that nobody has as head.
fn side_tips(name: &str, seen: &Seen, found: &mut Vec<Branch>) {
    for known in seen.tips.iter().filter(|known| known.kind != TipKindJson::Head) {
        let tip = known.tip;
        let room = found.len() < BRANCHES_MAX;
        match found.iter_mut().find(|branch| branch.holds(&tip)) {
            Some(branch) if branch.kind != TipKindJson::Head => {
                branch.known_to.push(name.to_owned());
            }
            Some(_) => {}
            None if !room => {}
            None => found.push(Branch {
                tip,
                fork_height: Some(tip.height.saturating_sub(known.branch_len)),
                kind: known.kind,
                nodes: Vec::new(),
                known_to: vec![name.to_owned()],
                blocks: BTreeMap::new(),
            }),
        }
    }
}
