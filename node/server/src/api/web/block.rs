//! The page of a block.

use axum::Extension;
use axum::extract::{Path, State};
use coinage_protocol::Height;
use coinage_web::Site;
use coinage_web::block::{Block, page};

use super::super::{App, blocks};
use super::{Html, Page, decimals};

/// A block, on the chain or not.
pub(super) async fn show(
    State(app): State<App>,
    Extension(site): Extension<Site>,
    Path(reference): Path<String>,
) -> Page {
    let block = blocks::show(State(app.clone()), Path(reference)).await?.0;
    let view = app.handle.live.view();
    app.read(move |_, snapshot| {
        let mut keys = (0..).zip(view.authorities.keys());
        let author = keys.find(|(_, key)| Some(**key) == block.header.leader);
        let next = Height::new(block.header.tip.height).saturating_add(1);
        let has_next = block.on_chain && snapshot.canonical(next)?.is_some();
        let bodies = block.transactions.iter().map(|one| &one.transaction.body);
        let decimals = decimals(snapshot, bodies, [])?;
        let author = author.map(|(index, _)| index);
        Ok(Html(page(&site, &Block { block, author, has_next, decimals })))
    })
    .await
}
