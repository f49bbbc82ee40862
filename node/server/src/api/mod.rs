//! HTTP API of a node: what it tells and takes, as JSON under `/v1`.
//!
//! Reads come from one snapshot of the disk and from what the node publishes in memory; they never
//! wait for the engine. Disk reads block, and a page of history decodes many blocks, so they run on
//! the blocking threads: a slow disk must not stop the node's own loop.

#![allow(unused_qualifications, reason = "what utoipa's macros write is qualified")]

mod accounts;
mod activity;
mod allowed;
mod anchor;
mod authorities;
mod behind;
mod block_ref;
mod blocks;
mod charters;
mod diagnostics;
mod document;
mod events;
mod evidence;
mod failure;
mod guard;
mod memory;
mod metrics;
mod network;
pub mod page;
mod pages;
mod parts;
mod proofs;
mod rate;
mod receipts;
mod refusals;
mod server;
pub mod submit;
mod transactions;
mod tree;
mod web;

use std::future::Future;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Json, Router};
use coinage_model::chain::{HeaderJson, TipJson};
use coinage_protocol::{ChainSpec, Height, SignedHeader, Slot, Tip};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::util::option_layer;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::allowed::{Host, NotAllowed, Origin};
use self::behind::HandingOver;
use self::failure::Failure;
use self::memory::{Making, Memory};
use self::rate::Rates;
use self::server::ConnectionPool;
use crate::handle::Handle;
use crate::storage::Snapshot;

/// Bytes of a request's body at most: a thousand transactions of ordinary size.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Options of the API: for whom it is there.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names (without port) that requests may have for this node, besides those of [`serve`].
    pub hosts: Vec<Host>,
    /// Web sites whose pages may use the API.
    pub origins: Vec<Origin>,
    /// Requests that one address may send in a second; those for its health do not count.
    pub requests_per_second: NonZeroU32,
    /// Time that a client may take to take an answer.
    pub answer_time_max: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            origins: Vec::new(),
            requests_per_second: REQUESTS_PER_SECOND,
            answer_time_max: ANSWER_TIME_MAX,
        }
    }
}

/// Requests a second that one address may send by default: far more than what the programs of one
/// honest user ask.
const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(5000).expect("not zero");

/// Time that a client may take to take an answer by default: for the largest page over a slow line.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// Serves the API until `shutdown`, then ends within about a second.
///
/// Only requests are answered that name as their host the address they came to, `localhost`,
/// `127.0.0.1`, `[::1]` or a host of the options: otherwise any web site could reach a node on its
/// reader's machine by a name of its own (DNS rebinding).
///
/// # Errors
///
/// Never for what clients do; only if a listener's address cannot be told.
pub async fn serve(
    listeners: Vec<TcpListener>,
    handle: Handle,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let rates = Rates::new(options.requests_per_second);
    let hosts = options.hosts.into();
    let metrics = Arc::clone(&handle.metrics);
    let handing_over = HandingOver::new();
    let (document, lately) = (Bytes::new(), Arc::default());
    let app = App { handle, hosts, rates, handing_over, stopping, document, lately };
    let house = ConnectionPool::new(options.answer_time_max, metrics, Memory::new());
    let router = router(app, &options.origins);
    server::run(listeners, router, house, stop, shutdown).await
}

/// State that every route can use.
#[derive(Clone, Debug)]
struct App {
    handle: Handle,
    hosts: Arc<[Host]>,
    rates: Rates,
    handing_over: HandingOver,
    stopping: watch::Receiver<bool>,
    document: Bytes,
    lately: Arc<web::Lately>,
}

type Answer<T> = Result<Json<T>, Failure>;

impl App {
    fn spec(&self) -> &ChainSpec {
        &self.handle.identity.spec
    }

    fn header(&self, signed: &SignedHeader) -> HeaderJson {
        HeaderJson::new(signed, self.spec(), &self.handle.live.view().known)
    }

    fn tip(&self, tip: &Tip) -> TipJson {
        TipJson::new(tip, self.spec())
    }

    /// The final block: block 0 before there is another.
    fn finalized(&self, snapshot: &Snapshot) -> Result<Tip, Failure> {
        let genesis = || Tip {
            height: Height::default(),
            slot: Slot::default(),
            hash: self.spec().genesis_hash(),
        };
        Ok(snapshot.finalized()?.map_or_else(genesis, |one| one.tip))
    }

    /// Waits until the node stops.
    async fn stopped(&mut self) {
        let _ = self.stopping.wait_for(|stopping| *stopping).await;
    }

    /// Reads a little from one snapshot, on a thread that may block: it waits for no large answer.
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

    /// Reads, with the leave to do so: a thread goes on when the client has gone.
    async fn make<T: Send + 'static>(
        self,
        answer: impl FnOnce(&Self, &Snapshot) -> Result<T, Failure> + Send + 'static,
    ) -> Result<(T, Option<Making>), Failure> {
        let making = memory::making().await;
        self.read(move |app, snapshot| answer(app, snapshot).map(|made| (made, making))).await
    }

    async fn answer<T: Serialize + Send + 'static>(
        self,
        answer: impl FnOnce(&Self, &Snapshot) -> Result<T, Failure> + Send + 'static,
    ) -> Answer<T> {
        let (made, making) = self.make(answer).await?;
        memory::keep(making);
        Ok(Json(made))
    }
}

/// Returns the routes, each with its description.
fn routes() -> OpenApiRouter<App> {
    let mut quick = OpenApiRouter::with_openapi(document::blank())
        .routes(routes!(network::live))
        .routes(routes!(network::ready))
        .routes(routes!(metrics::metrics))
        .routes(routes!(network::status))
        .routes(routes!(authorities::list))
        .routes(routes!(authorities::change))
        .routes(routes!(network::peers))
        .routes(routes!(network::troubles))
        .routes(routes!(network::mempool))
        .routes(routes!(blocks::tips))
        .routes(routes!(blocks::reorgs))
        .routes(routes!(tree::show))
        .routes(routes!(evidence::list))
        .routes(routes!(blocks::list))
        .routes(routes!(blocks::show))
        .routes(routes!(submit::submit))
        .routes(routes!(transactions::show))
        .routes(routes!(accounts::show))
        .routes(routes!(accounts::history))
        .routes(routes!(accounts::tokens))
        .routes(routes!(accounts::token))
        .routes(routes!(accounts::holders))
        .routes(routes!(charters::show))
        .routes(routes!(charters::standings))
        .routes(routes!(charters::standing))
        .routes(routes!(proofs::transaction))
        .routes(routes!(receipts::show))
        .routes(routes!(proofs::balance))
        .routes(routes!(proofs::token))
        .routes(routes!(proofs::charter))
        .routes(routes!(proofs::usage))
        .routes(routes!(proofs::amendment))
        .routes(routes!(proofs::standing))
        .routes(routes!(document::openapi))
        .route_layer(from_fn(guard::within_request_time));
    document::describe_refusals::<refusals::InTime>(quick.get_openapi_mut());
    quick.routes(routes!(transactions::wait)).routes(routes!(events::events))
}

fn router(mut app: App, origins: &[Origin]) -> Router {
    let (routes, document) = routes().split_for_parts();
    app.document = document::written(document);
    let page = document::page(&app.document);
    routes
        .merge(page)
        .merge(web::routes())
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(from_fn(memory::counted))
        .layer(from_fn_with_state(app.clone(), guard::host))
        .layer(from_fn_with_state(app.clone(), rate::limit))
        .layer(from_fn_with_state(origins.to_vec(), guard::site))
        .layer(from_fn(guard::problems))
        .layer(from_fn_with_state(app.clone(), web::dress))
        // Around the refusals: a page that may use the API may read them, too.
        .layer(option_layer(allowed::cross_origin(origins)))
        .layer(from_fn_with_state(app.clone(), metrics::measured))
        .with_state(app)
}

#[cfg(test)]
mod tests;
