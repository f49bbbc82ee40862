//! The route `/metrics`, and the measurement of requests.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::failure::Failure;
use super::refusals::Reading;
use crate::metrics::{self, Present};

/// Metrics of the node, as OpenMetrics text.
#[utoipa::path(get, path = "/metrics", tag = "node", operation_id = "metrics",
    responses(
        (status = 200, description = "Everything, libp2p's own metrics included.",
            body = String,
            content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        Reading))]
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Failure> {
    let handle = app.handle;
    let text = tokio::task::spawn_blocking(move || {
        let event_streams = handle.events.readers();
        let storage_bytes = handle.storage.bytes_on_disk()?;
        let present = Present { event_streams, storage_bytes };
        handle.metrics.text(&handle.live, present).map_err(Failure::internal)
    });
    let text = text.await.map_err(Failure::internal)??;
    Ok(([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response())
}

/// Measures a request, by the route that it matches.
pub(super) async fn measured(State(app): State<App>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str).to_owned();
    let method = method(request.method());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    app.handle.metrics.answered(metrics::Request { route, method, status }, begun.elapsed());
    response
}

fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
