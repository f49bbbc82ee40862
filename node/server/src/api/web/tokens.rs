//! Pages of all tokens and of one.

use axum::Extension;
use axum::extract::{Path, Query, State};
use coinage_model::code::Code;
use coinage_web::Site;
use coinage_web::tokens::{self, Token};
use serde::Deserialize;

use super::super::page::ListQuery;
use super::super::{App, accounts, charters};
use super::{Html, Page};

/// Holders on the page of a token.
const HOLDERS_SHOWN: usize = 10;

/// Query for the page of all tokens.
#[derive(Debug, Deserialize)]
pub(super) struct TokensQuery {
    /// Cursor at which the further tokens begin.
    cursor: Option<String>,
}

/// All tokens, by symbol.
pub(super) async fn list(
    State(app): State<App>,
    Extension(site): Extension<Site>,
    Query(query): Query<TokensQuery>,
) -> Page {
    let query = ListQuery::new(None, query.cursor);
    let tokens = accounts::tokens(State(app), Query(query)).await?.0;
    Ok(Html(tokens::list(&site, &tokens)))
}

/// A token, with its rules and who holds most of it.
pub(super) async fn show(
    State(app): State<App>,
    Extension(site): Extension<Site>,
    Path(symbol): Path<String>,
) -> Page {
    let token = accounts::token(State(app.clone()), Path(symbol.clone())).await?.0;
    let most = ListQuery::new(Some(HOLDERS_SHOWN), None);
    let holders = accounts::holders(State(app.clone()), Path(symbol.clone()), Query(most)).await?.0;
    let charter = match charters::show(State(app), Path(symbol)).await {
        Ok(charter) => Some(charter.0),
        Err(failure) if failure.is_about(Code::NoCharter) => None,
        Err(failure) => return Err(failure),
    };
    Ok(Html(tokens::page(&site, &Token { token, holders, charter })))
}
