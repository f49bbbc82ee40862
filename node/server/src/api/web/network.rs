//! The page of the network.

use axum::Extension;
use axum::extract::{Query, State};
use coinage_web::Site;
use coinage_web::network::page;

use super::super::page::ListQuery;
use super::super::{App, network};
use super::{Html, PEERS_SHOWN, Page};

/// The network: who signs, who is connected, what is wrong.
pub(super) async fn show(State(app): State<App>, Extension(site): Extension<Site>) -> Page {
    let status = network::status(State(app.clone())).await?.0;
    let peers = ListQuery::new(Some(PEERS_SHOWN), None);
    let peers = network::peers(State(app), Query(peers)).await?.0.items;
    Ok(Html(page(&site, &status, &peers)))
}
