//! The page of the chain's blocks.

use axum::Extension;
use axum::extract::{Query, State};
use coinage_model::chain::BlockSummary;
use coinage_protocol::Height;
use coinage_web::Site;
use coinage_web::blocks::{Blocks, page};
use serde::Deserialize;

use super::super::App;
use super::super::block_ref::parameter;
use super::super::failure::Failure;
use super::{Html, Page};
use crate::storage::Snapshot;

/// Blocks on a page.
const BLOCKS_SHOWN: usize = 50;

/// Query for the page of blocks.
#[derive(Debug, Deserialize)]
pub(super) struct BlocksQuery {
    /// Height below which the blocks begin; the head if nothing is said.
    below: Option<String>,
}

/// The chain's blocks, newest first.
pub(super) async fn show(
    State(app): State<App>,
    Extension(site): Extension<Site>,
    Query(query): Query<BlocksQuery>,
) -> Page {
    let below = query.below.as_deref().map(parameter::<u64>).transpose()?.map(Height::new);
    app.read(move |app, snapshot| {
        let above_head = snapshot.head()?.height.saturating_add(1);
        let below = below.filter(|below| *below < above_head);
        let blocks = latest(app, snapshot, below.unwrap_or(above_head), BLOCKS_SHOWN)?;
        let lowest = blocks.last().map_or(0, |one| one.header.tip.height);
        let older = (lowest > 0).then_some(lowest);
        let final_height = app.finalized(snapshot)?.height.get();
        let shown = Blocks { blocks, final_height, older, is_newest: below.is_none() };
        Ok(Html(page(&site, &shown)))
    })
    .await
}

/// So many blocks of the chain below a height, newest first.
pub(super) fn latest(
    app: &App,
    snapshot: &Snapshot,
    below: Height,
    many: usize,
) -> Result<Vec<BlockSummary>, Failure> {
    let heights = (0..below.get()).rev().take(many);
    let summary = |height| {
        let missing = || Failure::internal(format!("block {height} of the chain is missing"));
        let hash = snapshot.canonical(Height::new(height))?.ok_or_else(missing)?;
        let signed = snapshot.header(&hash)?.ok_or_else(missing)?;
        let transactions = snapshot.transactions_in(&hash)?.ok_or_else(missing)?;
        Ok(BlockSummary { header: app.header(&signed), transactions })
    };
    heights.map(summary).collect()
}
