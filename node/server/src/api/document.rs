//! The API's description of itself (OpenAPI 3.1), and pages to read it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use coinage_model::event::EventJson;
use coinage_model::problem::Problem;
use coinage_model::schema;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa::{IntoResponses, OpenApi as _};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::App;
use super::refusals::{Always, Crowded, TooOften};

/// Path where the description is served.
const PATH: &str = "/v1/openapi.json";

/// Content security policy: the pages load nothing from elsewhere, run no script that is written
/// into them, and cannot be shown inside another site's page.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ABOUT: &str = "What a node of a coinage network tells and takes.\n\n\
    Amounts, heights, slots and all other integers of 64 bits and more are strings; times are \
    RFC 3339 in UTC, hashes and keys hexadecimal, addresses bech32m. A refusal is a problem \
    (RFC 9457) with a stable `code`.";

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

/// Pages to read the description with, all of them out of the program itself.
pub(super) fn pages<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let config = Config::new([PATH]).validator_url("none").try_it_out_enabled(true);
    let pages: Router<S> = SwaggerUi::new("/docs").config(config).into();
    pages.layer(map_response(|mut page: Response| async {
        let headers = page.headers_mut();
        let policy: [(HeaderName, &'static str); 2] = [
            (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        headers.extend(policy.map(|(name, value)| (name, HeaderValue::from_static(value))));
        page
    }))
}
