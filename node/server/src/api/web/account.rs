//! The page of an account.

use axum::Extension;
use axum::extract::{Path, Query, State};
use coinage_web::Site;
use coinage_web::account::{Account, page};
use serde::Deserialize;

use super::super::App;
use super::super::accounts::{self, BalancesQuery, HistoryQuery};
use super::{Html, Page, decimals};

/// Balances on the page.
const BALANCES_SHOWN: usize = 100;

/// Query for the page of an account.
#[derive(Debug, Deserialize)]
pub(super) struct AccountQuery {
    /// Cursor at which the older transactions begin.
    cursor: Option<String>,
}

/// The page of an account, with what it has and what touched it.
pub(super) async fn show(
    State(app): State<App>,
    Extension(site): Extension<Site>,
    Path(address): Path<String>,
    Query(query): Query<AccountQuery>,
) -> Page {
    let is_older = query.cursor.is_some();
    let first = BalancesQuery::first(BALANCES_SHOWN);
    let account = accounts::show(State(app.clone()), Path(address.clone()), Query(first)).await?.0;
    let part = HistoryQuery::newest(query.cursor);
    let history = accounts::history(State(app.clone()), Path(address), Query(part)).await?.0;
    app.read(move |app, snapshot| {
        let final_height = app.finalized(snapshot)?.height.get();
        let held = account.balances.items.iter().map(|one| (one.token, one.decimals));
        let bodies = history.items.iter().map(|item| &item.transaction.transaction.body);
        let decimals = decimals(snapshot, bodies, held)?;
        Ok(Html(page(&site, &Account { account, history, final_height, decimals, is_older })))
    })
    .await
}
