//! Pages of the node for browsers, made from what the API itself answers.
//!
//! `/v1`, `/health`, `/metrics` and `/docs` are the API's; every other path is a page. What is not
//! shown is a page, too: refusals of the layers below become one here.

mod account;
mod block;
mod blocks;
mod network;
mod now;
mod play;
mod reader;
mod search;
mod tokens;
mod transaction;
mod tree;

use std::collections::BTreeSet;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use coinage_model::code::Code;
use coinage_model::problem::Problem;
use coinage_model::transaction::BodyJson;
use coinage_protocol::{Action, Symbol};
use coinage_web::{Decimals, Markup, assets, failure};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

pub(super) use self::now::Lately;
use self::reader::Reader;
use super::failure::{Failure, MEDIA_TYPE};
use super::{App, guard};
use crate::storage::Snapshot;

/// Policy of the pages: nothing from elsewhere, no script but the node's own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
    base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Bytes of a page at most, to name it by its hash.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of a refusal at most, to tell it as a page.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// Paths, and what is below them, that are no pages.
const NO_PAGES: [&str; 4] = ["/v1", "/health", "/metrics", "/docs"];

/// Peers on a page.
const PEERS_SHOWN: usize = 100;

/// Characters of a text that becomes a QR code at most.
const QR_CHARACTERS_MAX: usize = 300;

/// Returns the routes to the pages.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(now::show))
        .route("/tx/{id}", get(transaction::show))
        .route("/account/{address}", get(account::show))
        .route("/block/{reference}", get(block::show))
        .route("/blocks", get(blocks::show))
        .route("/tokens", get(tokens::list))
        .route("/token/{symbol}", get(tokens::show))
        .route("/network", get(network::show))
        .route("/tree", get(tree::show))
        .route("/search", get(search::search))
        .route("/play/pay", post(play::pay))
        .route("/qr.svg", get(qr))
        .route("/assets/{hash}/{name}", get(asset))
        .route_layer(from_fn(guard::within_request_time))
}

/// A page, written.
#[derive(Debug)]
struct Html(Markup);

type Page = Result<Html, Failure>;

impl IntoResponse for Html {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        (kind, self.0.into_string()).into_response()
    }
}

/// Gives every answer the headers that browsers need, and every page its reader's language.
///
/// Pages that are asked for by a loopback address move to `localhost`: there keys and settings of a
/// browser stay in one place.
pub(super) async fn dress(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let is_page = is_page(request.uri().path());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if is_page {
        if let Some(moved) = reads.then(|| reader::to_localhost(&request)).flatten() {
            return moved;
        }
        let reader = Reader::of(&app, &request);
        let known = request.headers().get(header::IF_NONE_MATCH).cloned();
        request.extensions_mut().insert(reader.site.clone());
        let answer = next.run(request).await;
        tagged(told(answer, &reader).await, known, &reader).await
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let mut set = |name, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    if is_page {
        set(header::CONTENT_SECURITY_POLICY, POLICY);
        set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    }
    set(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(header::REFERRER_POLICY, "no-referrer");
    response
}

/// Checks whether a path is that of a page, and not the API's.
pub(super) fn is_page(path: &str) -> bool {
    let below = |top: &str| {
        path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !NO_PAGES.into_iter().any(below)
}

/// Tells a refusal as a page.
async fn told(response: Response, reader: &Reader) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != MEDIA_TYPE.as_bytes()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, REFUSAL_BYTES_MAX).await.unwrap_or_default();
    let detail = serde_json::from_slice::<Problem>(&body).map(|problem| problem.detail);
    let page = failure::page(&reader.site, parts.status.as_u16(), &detail.unwrap_or_default());
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, Body::from(page.into_string()))
}

/// Names a page by the hash of what it says, so that whoever has the same already is not sent it
/// again; and keeps the language that its reader chose.
async fn tagged(response: Response, known: Option<HeaderValue>, reader: &Reader) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let html = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !html || response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, PAGE_BYTES_MAX).await else {
        return Failure::internal("a page of many megabytes").into_response();
    };
    let hash = hex::encode(Sha256::digest(&body));
    let tag = HeaderValue::try_from(format!("\"{}\"", hash.get(..32).unwrap_or(&hash)));
    let headers = &mut parts.headers;
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    if let Some(cookie) = reader.cookie() {
        headers.insert(header::SET_COOKIE, cookie);
    }
    if let Ok(tag) = tag {
        let same = known.is_some_and(|known| known == tag);
        headers.insert(header::ETAG, tag);
        if same {
            headers.remove(header::CONTENT_LENGTH);
            parts.status = StatusCode::NOT_MODIFIED;
            return Response::from_parts(parts, Body::empty());
        }
    }
    Response::from_parts(parts, Body::from(body))
}

/// Decimals of the tokens that transactions name.
fn decimals<'a>(
    snapshot: &Snapshot,
    bodies: impl IntoIterator<Item = &'a BodyJson>,
    held: impl IntoIterator<Item = (Symbol, u8)>,
) -> Result<Decimals, Failure> {
    let mut known: Decimals = held.into_iter().collect();
    let actions = bodies.into_iter().flat_map(|body| body.actions.iter());
    let tokens: BTreeSet<_> = actions.map(|one| Action::from(one.clone()).token()).collect();
    for token in tokens {
        if let (false, Some(record)) = (known.contains_key(&token), snapshot.token(token)?) {
            known.insert(token, record.decimals);
        }
    }
    Ok(known)
}

/// A file beside the pages; it never changes under its path.
async fn asset(Path((hash, name)): Path<(String, String)>) -> Result<Response, Failure> {
    let found = assets::find(&hash, &name);
    let found = found.ok_or_else(|| Failure::new(Code::NoRoute, "no such file"))?;
    let headers = [
        (header::CONTENT_TYPE, found.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, found.content).into_response())
}

/// Query for a QR code.
#[derive(Debug, Deserialize)]
struct QrQuery {
    text: String,
}

/// A text as a QR code.
async fn qr(Query(query): Query<QrQuery>) -> Result<Response, Failure> {
    let drawn = if query.text.chars().count() <= QR_CHARACTERS_MAX {
        coinage_web::account::qr(&query.text)
    } else {
        None
    };
    let too_long = || Failure::new(Code::BadParameter, "that is too long for a QR code");
    let headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
    ]);
    Ok((headers, drawn.ok_or_else(too_long)?).into_response())
}
