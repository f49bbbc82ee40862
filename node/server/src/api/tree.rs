//! The tree of blocks: the chain, the branches that it left, and those that compete with it.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use coinage_model::code::Code;
use coinage_model::tree::{TreeBlockJson, TreeBranchJson, TreeJson};
use coinage_protocol::engine::KnownTip;
use coinage_protocol::{BlockHash, Height};
use serde::Deserialize;
use utoipa::IntoParams;

use super::failure::Failure;
use super::refusals::Tree;
use super::{Answer, App};
use crate::storage::Snapshot;

/// Blocks in an answer at most, and unless asked otherwise.
const BLOCKS_MAX: usize = 200;

/// Changes of branches that are looked at.
const REORGS_MAX: usize = 50;

/// Query for how much of the tree to show.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TreeQuery {
    /// Number of blocks at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 200)]
    limit: Option<usize>,
}

/// The upper end of the tree of blocks, as this node has seen it fork and heal.
#[utoipa::path(get, path = "/v1/chain/tree", tag = "chain", operation_id = "tree",
    params(TreeQuery),
    responses((status = 200, description = "The highest blocks.", body = TreeJson), Tree))]
pub(super) async fn show(
    State(app): State<App>,
    Query(query): Query<TreeQuery>,
) -> Answer<TreeJson> {
    let limit = query.limit.unwrap_or(BLOCKS_MAX);
    if !(1..=BLOCKS_MAX).contains(&limit) {
        let detail = format!("limit is {limit}, 1 to {BLOCKS_MAX} are allowed");
        return Err(Failure::new(Code::BadLimit, detail));
    }
    let tips = app.handle.live.view().tips;
    app.answer(move |app, snapshot| {
        let mut tree = Part::of_chain(app, snapshot, limit)?;
        for (_, record) in snapshot.reorgs(None, REORGS_MAX)? {
            tree.add_left(record.old_head.hash)?;
        }
        tips.iter().for_each(|known| tree.add_end(known));
        let final_height = app.finalized(snapshot)?.height.get();
        Ok(TreeJson { final_height, blocks: tree.highest(limit) })
    })
    .await
}

/// A part of the tree, down to a height.
struct Part<'a> {
    app: &'a App,
    snapshot: &'a Snapshot,
    lowest: u64,
    blocks: BTreeMap<BlockHash, TreeBlockJson>,
}

impl<'a> Part<'a> {
    fn of_chain(app: &'a App, snapshot: &'a Snapshot, limit: usize) -> Result<Self, Failure> {
        let head = snapshot.head()?.height.get();
        let lowest = head.saturating_sub(u64::try_from(limit).unwrap_or(u64::MAX));
        let mut tree = Self { app, snapshot, lowest, blocks: BTreeMap::new() };
        for height in lowest..=head {
            let hash = snapshot.canonical(Height::new(height))?;
            let missing = || Failure::internal(format!("no block at height {height}"));
            tree.add(hash.ok_or_else(missing)?, TreeBranchJson::Chain)?;
        }
        Ok(tree)
    }

    /// Adds a block; returns the one before it, if the block is new and high enough.
    fn add(
        &mut self,
        hash: BlockHash,
        branch: TreeBranchJson,
    ) -> Result<Option<BlockHash>, Failure> {
        let Some(signed) = self.snapshot.header(&hash)? else { return Ok(None) };
        let header = self.app.header(&signed);
        if header.tip.height < self.lowest || self.blocks.contains_key(&hash) {
            return Ok(None);
        }
        let (tip, previous, leader) = (header.tip, Some(header.previous), header.leader);
        self.blocks.insert(hash, TreeBlockJson { tip, previous, leader, branch });
        Ok(previous)
    }

    /// Adds a branch that was the chain, down to where it left it.
    fn add_left(&mut self, end: BlockHash) -> Result<(), Failure> {
        let mut next = Some(end);
        while let Some(hash) = next {
            next = self.add(hash, TreeBranchJson::Left)?;
        }
        Ok(())
    }

    /// Adds the end of a branch that is only in memory.
    fn add_end(&mut self, known: &KnownTip) {
        let end = TreeBlockJson::end(&known.tip, known.kind, self.app.spec());
        if let Some(end) = end.filter(|end| end.tip.height >= self.lowest) {
            self.blocks.entry(known.tip.hash).or_insert(end);
        }
    }

    /// The highest blocks, those of the chain first.
    fn highest(self, limit: usize) -> Vec<TreeBlockJson> {
        let mut blocks: Vec<_> = self.blocks.into_values().collect();
        blocks.sort_by_key(|one| (std::cmp::Reverse(one.tip.height), one.branch, one.tip.hash));
        blocks.truncate(limit);
        blocks
    }
}
