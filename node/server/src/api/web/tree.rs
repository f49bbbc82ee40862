//! The page of the tree of blocks.

use axum::Extension;
use axum::extract::{Query, State};
use coinage_web::Site;
use coinage_web::tree::page;

use super::super::page::ListQuery;
use super::super::{App, blocks, tree};
use super::{Html, Page};

/// Changes of branches on the page.
const REORGS_SHOWN: usize = 20;

/// The tree of blocks, and the changes of branches that this node made.
pub(super) async fn show(State(app): State<App>, Extension(site): Extension<Site>) -> Page {
    let seen = tree::show(State(app.clone()), Query(tree::TreeQuery::default())).await?.0;
    let latest = ListQuery::new(Some(REORGS_SHOWN), None);
    let reorgs = blocks::reorgs(State(app), Query(latest)).await?.0.items;
    Ok(Html(page(&site, &seen, &reorgs)))
}
