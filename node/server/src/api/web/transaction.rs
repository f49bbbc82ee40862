//! The page of a transaction.

use axum::Extension;
use axum::extract::{Path, State};
use coinage_web::{Site, transaction};

use super::super::block_ref::parameter;
use super::super::{App, transactions};
use super::{Html, Page, decimals};

/// The page of a transaction: what became of it.
pub(super) async fn show(
    State(app): State<App>,
    Extension(site): Extension<Site>,
    Path(id): Path<String>,
) -> Page {
    let status = transactions::look(&app, parameter(&id)?, false).await?;
    app.read(move |_, snapshot| {
        let body = status.transaction.as_ref().map(|transaction| &transaction.body);
        let decimals = decimals(snapshot, body, [])?;
        Ok(Html(transaction::page(&site, &status, &decimals)))
    })
    .await
}
