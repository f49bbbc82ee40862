//! Blocks, branches and reorgs.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::{Path, Query, State};
use coinage_model::account::Page;
use coinage_model::chain::{
    BlockJson, BlockSummary, IdentifiedTransaction, KnownTipJson, ReorgJson,
};
use coinage_model::code::Code;
use coinage_model::text;
use coinage_protocol::engine::TipKind;
use coinage_protocol::{BlockHash, Height, Tip, encoded_len};

use super::accounts::block_at;
use super::anchor::Anchor;
use super::failure::Failure;
use super::page::{Entry, ListQuery, page};
use super::refusals::{Descending, Listing, LiveListing, OfBlock};
use super::{Answer, App};
use crate::storage::Snapshot;

/// Blocks of the chain, newest first.
#[utoipa::path(get, path = "/v1/blocks", tag = "chain", operation_id = "blocks",
    params(ListQuery),
    responses(
        (status = 200, description = "A part of the chain.", body = Page<BlockSummary>),
        Descending))]
pub(super) async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Answer<Page<BlockSummary>> {
    let limit = query.limit()?;
    let after = query.after("blocks", Anchor::read)?;
    app.answer(move |app, snapshot| {
        if let Some(anchor) = &after {
            anchor.check(snapshot)?;
        }
        let above_head = snapshot.head()?.height.saturating_add(1);
        let top = after.map_or(above_head, |anchor| anchor.height);
        let entries = (0..top.get()).rev().map(|height| {
            let (hash, block) = block_at(snapshot, Height::new(height))?;
            let transactions = u32::try_from(block.transactions.len()).unwrap_or(u32::MAX);
            let header = app.header(&block.header);
            let item = BlockSummary { header, transactions };
            let place = Anchor { height: Height::new(height), hash }.write();
            Ok(Entry { item, place, bytes: encoded_len(&block) })
        });
        page("blocks", limit, entries)
    })
    .await
}

/// A block, on the chain or not.
#[utoipa::path(get, path = "/v1/blocks/{reference}", tag = "chain", operation_id = "block",
    params(("reference" = String, Path,
        description = "Its height, its hash, `head`, `genesis` or `final`.",
        example = "head", pattern = "^([0-9]{1,20}|[0-9a-f]{64}|head|genesis|final)$")),
    responses((status = 200, description = "The block.", body = BlockJson), OfBlock))]
pub(super) async fn show(
    State(app): State<App>,
    Path(reference): Path<String>,
) -> Answer<BlockJson> {
    let reference = Reference::read(&reference)?;
    app.answer(move |app, snapshot| {
        let unknown = || {
            let detail = "this node has no such block";
            Failure::new(Code::UnknownBlock, detail)
        };
        let hash = reference.resolve(app, snapshot)?.ok_or_else(unknown)?;
        let block = snapshot.block(&hash)?.ok_or_else(unknown)?;
        let spec = app.spec();
        let height = block.header.header.height;
        let on_chain = snapshot.canonical(height)? == Some(hash);
        let transactions = block.transactions.iter();
        let transactions = transactions.map(|one| IdentifiedTransaction::new(one, spec));
        Ok(BlockJson {
            header: app.header(&block.header),
            on_chain,
            is_final: on_chain && height <= app.finalized(snapshot)?.height,
            transactions: transactions.collect(),
        })
    })
    .await
}

/// Ends of all known branches: the head, then the others, the highest first.
#[utoipa::path(get, path = "/v1/chain/tips", tag = "chain", operation_id = "tips",
    params(ListQuery),
    responses(
        (status = 200, description = "A part of the tips.", body = Page<KnownTipJson>),
        LiveListing))]
pub(super) async fn tips(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Answer<Page<KnownTipJson>> {
    let limit = query.limit()?;
    let shown = query.after("tips", Shown::read)?;
    let mut tips = app.handle.live.view().tips;
    tips.sort_by_key(|one| (shown.is_some() || one.kind != TipKind::Head, descending(&one.tip)));
    if let Some(shown) = &shown {
        tips.retain(|one| shown.leaves(&one.tip));
    }
    let head = shown.map(|shown| shown.head).or_else(|| tips.first().map(|first| first.tip.hash));
    let entries = tips.iter().map(|one| {
        let place = Shown::up_to(head.unwrap_or(one.tip.hash), &one.tip).write();
        Ok(Entry { item: KnownTipJson::new(one, app.spec()), place, bytes: 0 })
    });
    page("tips", limit, entries).map(Json)
}

/// Changes of branches that this node made, newest first.
#[utoipa::path(get, path = "/v1/chain/reorgs", tag = "chain", operation_id = "reorgs",
    params(ListQuery),
    responses((status = 200, description = "A part of them.", body = Page<ReorgJson>), Listing))]
pub(super) async fn reorgs(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Answer<Page<ReorgJson>> {
    let limit = query.limit()?;
    let before = query.after("reorgs", |text| text::parse::<u64>(text).ok())?;
    app.answer(move |app, snapshot| {
        let records = snapshot.reorgs(before, limit.saturating_add(1))?;
        let entries = records.iter().map(|(number, record)| {
            let item = ReorgJson::new(*number, record, app.spec());
            Ok(Entry { item, place: number.to_string(), bytes: encoded_len(record) })
        });
        page("reorgs", limit, entries)
    })
    .await
}

/// Tips that the pages before have shown: the one that was the head then and, of all the others,
/// those down to a place in an order that never changes. So none comes twice and none is left out
/// that is there all the time, also if another becomes the head.
#[derive(Clone, Copy, Debug)]
struct Shown {
    head: BlockHash,
    last: Option<Anchor>,
}

impl Shown {
    fn up_to(head: BlockHash, tip: &Tip) -> Self {
        let Tip { height, hash, .. } = *tip;
        Self { head, last: (hash != head).then_some(Anchor { height, hash }) }
    }

    /// True if a tip is still to be shown.
    fn leaves(&self, tip: &Tip) -> bool {
        let place = |anchor: &Anchor| (Reverse(anchor.height), anchor.hash);
        tip.hash != self.head && self.last.is_none_or(|last| descending(tip) > place(&last))
    }

    fn write(&self) -> String {
        let last = self.last.map_or_else(String::new, |last| last.write());
        format!("{}/{last}", self.head)
    }

    fn read(written: &str) -> Option<Self> {
        let (head, last) = written.split_once('/')?;
        let last = if last.is_empty() { None } else { Some(Anchor::read(last)?) };
        Some(Self { head: text::parse(head).ok()?, last })
    }
}

fn descending(tip: &Tip) -> (Reverse<Height>, BlockHash) {
    (Reverse(tip.height), tip.hash)
}

/// Reference by which a route names a block.
#[derive(Clone, Copy, Debug)]
enum Reference {
    Head,
    Final,
    Genesis,
    Height(u64),
    Hash(BlockHash),
}

impl Reference {
    fn read(written: &str) -> Result<Self, Failure> {
        match written {
            "head" => Ok(Self::Head),
            "genesis" => Ok(Self::Genesis),
            "final" => Ok(Self::Final),
            _ => {
                let height = text::parse(written).map(Self::Height);
                height.or_else(|_| text::parse(written).map(Self::Hash)).map_err(|_| {
                    let detail = "a block is named by height, hash, head, final or genesis";
                    Failure::new(Code::BadParameter, detail)
                })
            }
        }
    }

    fn resolve(self, app: &App, snapshot: &Snapshot) -> Result<Option<BlockHash>, Failure> {
        Ok(match self {
            Self::Head => Some(snapshot.head()?.hash),
            Self::Final => Some(app.finalized(snapshot)?.hash),
            Self::Genesis => Some(app.spec().genesis_hash()),
            Self::Height(height) => snapshot.canonical(Height::new(height))?,
            Self::Hash(hash) => Some(hash),
        })
    }
}
