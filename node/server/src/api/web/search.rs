//! Search: what a height, hash, id, address, symbol or test name leads to.

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use coinage_model::code::Code;
use coinage_model::text;
use coinage_protocol::{Address, BlockHash, Symbol, TransactionId};
use coinage_web::{Site, failure};
use serde::Deserialize;

use super::super::failure::Failure;
use super::super::{App, transactions};
use crate::storage::Snapshot;

/// Characters of a search at most: longer is nothing that there is, and may be a secret.
const SEARCH_CHARACTERS_MAX: usize = 80;

/// Query of a search.
#[derive(Debug, Deserialize)]
pub(super) struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// Leads to what was searched for.
pub(super) async fn search(
    State(app): State<App>,
    Extension(site): Extension<Site>,
    Query(query): Query<SearchQuery>,
) -> Result<Response, Failure> {
    let wanted = query.q.trim();
    if wanted.chars().count() > SEARCH_CHARACTERS_MAX || wanted.contains(char::is_whitespace) {
        return Err(Failure::new(Code::BadParameter, failure::too_long(&site)));
    }
    if wanted.is_empty() {
        return Ok(Redirect::to("/").into_response());
    }
    let found = place(&app, &site, wanted).await?;
    let nothing = || Failure::new(Code::NoRoute, failure::nothing_found(&site));
    found.map(|path| Redirect::to(&path).into_response()).ok_or_else(nothing)
}

async fn place(app: &App, site: &Site, wanted: &str) -> Result<Option<String>, Failure> {
    if let Some(address) = site.names.address(&wanted.to_lowercase()) {
        return Ok(Some(format!("/account/{address}")));
    }
    if let Ok(address) = text::parse::<Address>(wanted) {
        return Ok(Some(format!("/account/{address}")));
    }
    if text::parse::<u64>(wanted).is_ok() || matches!(wanted, "head" | "final" | "genesis") {
        return Ok(Some(format!("/block/{wanted}")));
    }
    if let Ok(hash) = text::parse::<BlockHash>(wanted) {
        let known = move |_: &App, snapshot: &Snapshot| Ok(snapshot.block(&hash)?.is_some());
        if app.clone().read(known).await? {
            return Ok(Some(format!("/block/{hash}")));
        }
    }
    let symbol = wanted.to_uppercase().parse::<Symbol>();
    if let Ok(symbol) = symbol {
        let known = move |_: &App, snapshot: &Snapshot| Ok(snapshot.token(symbol)?.is_some());
        if app.clone().read(known).await? {
            return Ok(Some(format!("/token/{symbol}")));
        }
    }
    let Ok(id) = text::parse::<TransactionId>(wanted) else { return Ok(None) };
    match transactions::look(app, id, false).await {
        Ok(_) => Ok(Some(format!("/tx/{id}"))),
        Err(failure) if failure.is_about(Code::UnknownTransaction) => Ok(None),
        Err(failure) => Err(failure),
    }
}
