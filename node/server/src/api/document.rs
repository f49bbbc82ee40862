//! The API's description of itself (OpenAPI 3.1), and pages to read it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use coinage_model::event::EventJson;
use coinage_model::problem::Problem;
use coinage_model::schema;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa::{IntoResponses, OpenApi as _};

use super::refusals::{Always, Crowded, TooOften};
use super::{App, pages};

/// Path where the description is served.
const PATH: &str = "/v1/openapi.json";

/// Policy of the page: it loads nothing, runs no script, and cannot be shown inside another page.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

const ABOUT: &str = "What a node of a coinage network tells and takes.\n\n\
    Amounts, heights, slots and all other integers of 64 bits and more are strings; times are \
    RFC 3339 in UTC, hashes and keys hexadecimal, addresses bech32m. A refusal is a problem \
    (RFC 9457) with a stable `code`.\n\n\
    A request names as its host the address it goes to, `localhost`, or a name that the operator \
    allows (`--api-host`); pages of other web sites may use the API if the operator allows their \
    origin (`--api-cors`).";

/// Returns the beginning of the description: its title, version and shared schemas.
pub(super) fn blank() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    // Whatever only a parameter names is not found by itself.
    #[openapi(components(schemas(Problem, EventJson, schema::Cursor)))]
    struct Shared;

    let license = LicenseBuilder::new()
        .name(env!("CARGO_PKG_LICENSE"))
        .identifier(Some(env!("CARGO_PKG_LICENSE")));
    let info = InfoBuilder::new()
        .title("Coinage node")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license.build()));
    OpenApiBuilder::new().info(info).components(Shared::openapi().components).build()
}

/// Adds to every operation the refusals of these that it does not describe itself.
pub(super) fn describe_refusals<R: IntoResponses>(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post];
        for operation in operations.into_iter().flatten() {
            for (status, response) in R::responses() {
                operation.responses.responses.entry(status).or_insert(response);
            }
        }
    }
}

/// Writes the description as it is served.
pub(super) fn written(mut document: OpenApi) -> Bytes {
    describe_refusals::<Always>(&mut document);
    describe_refusals::<TooOften>(&mut document);
    describe_refusals::<Crowded>(&mut document);
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            // The lines of the code are not those of a page.
            operation.summary = operation.summary.take().map(|text| text.replace('\n', " "));
        }
    }
    document.to_json().expect("it has no map with other keys than strings").into()
}

/// Description of the API, as an OpenAPI document.
#[utoipa::path(get, path = PATH, tag = "node", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub(super) async fn openapi(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.document).into_response()
}

/// Serves the page to read the description on, made once.
pub(super) fn page<S: Clone + Send + Sync + 'static>(document: &Bytes) -> Router<S> {
    let described = serde_json::from_slice(document).unwrap_or_default();
    let page = Bytes::from(pages::page(&described));
    let policy = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Router::new().route("/docs", get(move || async move { (policy, page) }))
}
