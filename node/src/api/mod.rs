//! The HTTP API: what a node tells and takes, as JSON under `/v1`.
//!
//! Reads come from one snapshot of the disk and from what the node publishes in memory; they never
//! wait for the engine. Disk reads block, and a page of history decodes many blocks, so they run on
//! the blocking threads: a slow disk must not stop the node's own loop.

#![allow(unused_qualifications, reason = "what utoipa's macros write is qualified")]

mod accounts;
mod blocks;
mod events;
mod failure;
mod guard;
mod metrics;
mod network;
mod page;
mod server;
mod submit;
mod transactions;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use axum::{Json, Router};
use coinage_protocol::{Network, Tip};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::limit::RequestBodyLimitLayer;

use self::failure::Failure;
use crate::handle::Handle;
use crate::model::chain::TipJson;
use crate::storage::Snapshot;

/// Bytes of a request's body: a thousand transactions of ordinary size.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Serves the API until `shutdown`, then ends within about a second.
///
/// Only requests are answered that name as their host the address they came to, `localhost`,
/// `127.0.0.1` or `[::1]`: otherwise any web site could reach a node on its reader's machine by a
/// name of its own (DNS rebinding).
///
/// # Errors
///
/// Never for what clients do; only if the listener's address cannot be told.
pub async fn serve(
    listener: TcpListener,
    handle: Handle,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_hosts(listener, handle, Vec::new(), shutdown).await
}

/// Like [`serve`], also for requests that name one of these hosts (without port).
///
/// # Errors
///
/// As [`serve`].
pub async fn serve_hosts(
    listener: TcpListener,
    handle: Handle,
    hosts: Vec<String>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let app = App { handle, hosts: hosts.into(), stopping };
    let metrics = Arc::clone(&app.handle.metrics);
    server::run(listener, router(app), metrics, stop, shutdown).await
}

/// What every route can use.
#[derive(Clone, Debug)]
struct App {
    handle: Handle,
    hosts: Arc<[String]>,
    stopping: watch::Receiver<bool>,
}

type Answer<T> = Result<Json<T>, Failure>;

impl App {
    fn network(&self) -> &Network {
        &self.handle.identity.network
    }

    fn tip(&self, tip: &Tip) -> TipJson {
        TipJson::new(tip, self.network())
    }

    /// Waits until the node stops.
    async fn stopped(&mut self) {
        let _ = self.stopping.wait_for(|stopping| *stopping).await;
    }

    /// Answers from one snapshot, on a thread that may block.
    async fn read<T: Send + 'static>(
        self,
        answer: impl FnOnce(&Self, &Snapshot) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let reading = tokio::task::spawn_blocking(move || {
            let snapshot = self.handle.storage.snapshot();
            answer(&self, &snapshot)
        });
        reading.await.map_err(Failure::internal)?
    }

    async fn answer<T: Serialize + Send + 'static>(
        self,
        answer: impl FnOnce(&Self, &Snapshot) -> Result<T, Failure> + Send + 'static,
    ) -> Answer<T> {
        self.read(answer).await.map(Json)
    }
}

fn router(app: App) -> Router {
    let quick = Router::new()
        .route("/health/live", get(network::live))
        .route("/health/ready", get(network::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/v1/status", get(network::status))
        .route("/v1/peers", get(network::peers))
        .route("/v1/mempool", get(network::mempool))
        .route("/v1/chain/tips", get(blocks::tips))
        .route("/v1/chain/reorgs", get(blocks::reorgs))
        .route("/v1/blocks", get(blocks::list))
        .route("/v1/blocks/{reference}", get(blocks::show))
        .route("/v1/transactions", axum::routing::post(submit::submit))
        .route("/v1/transactions/{id}", get(transactions::show))
        .route("/v1/accounts/{address}", get(accounts::show))
        .route("/v1/accounts/{address}/transactions", get(accounts::history))
        .route("/v1/tokens", get(accounts::tokens))
        .route("/v1/tokens/{symbol}", get(accounts::token))
        .route_layer(from_fn(guard::within_request_time));
    Router::new()
        .route("/v1/transactions/{id}/wait", get(transactions::wait))
        .route("/v1/events", get(events::events))
        .merge(quick)
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(from_fn_with_state(app.clone(), guard::host))
        .layer(from_fn(guard::problems))
        .layer(from_fn_with_state(app.clone(), metrics::measured))
        .with_state(app)
}

#[cfg(test)]
mod tests;
