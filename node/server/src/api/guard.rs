//! Checks that every request passes: its host, its time, and the form of refusals.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use coinage_model::code::Code;

use super::failure::{Failure, MEDIA_TYPE};
use super::{App, Host, Origin, web};

/// Time that any request but a wait may take at most, its body included.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);

/// Bytes that are kept of a refusal by the libraries below at most.
const REFUSAL_BYTES_MAX: usize = 4096;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// Address of this machine that the connection came to.
    pub(super) here: IpAddr,
    /// Address that the connection came from.
    pub(super) there: IpAddr,
}

/// Refuses requests for hosts that are not this node.
pub(super) async fn host(State(app): State<App>, request: Request, next: Next) -> Response {
    let local = request.extensions().get::<Ends>().map(|ends| ends.here);
    match named_host(&request) {
        Some(host) if is_ours(&host, local, &app.hosts) => next.run(request).await,
        named => {
            let named = named.unwrap_or_default();
            let detail = format!("this node does not answer for the host {named:?}");
            Failure::new(Code::Host, detail).into_response()
        }
    }
}

/// Refuses what pages of other sites ask a browser to fetch from here, unless the operator allows
/// them.
///
/// A page on another port of `localhost` is of the same site and no friend: its cookies come here,
/// too. Following a link to a page of this node is allowed; that shows it to nobody else.
pub(super) async fn site(
    State(origins): State<Vec<Origin>>,
    request: Request,
    next: Next,
) -> Response {
    if is_from_here(request.method(), request.headers(), &origins) {
        return next.run(request).await;
    }
    let detail = "a page of another site asks for this, and the operator does not allow that site";
    Failure::new(Code::Site, detail).into_response()
}

fn is_from_here(method: &Method, headers: &HeaderMap, origins: &[Origin]) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (origin, host) = (text("origin"), text("host").unwrap_or_default());
    let is_allowed = origin.is_some_and(|origin| origins.iter().any(|one| one.is(origin)));
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let is_foreign = match text("sec-fetch-site") {
        Some("cross-site" | "same-site") => {
            let follows = text("sec-fetch-mode") == Some("navigate")
                && text("sec-fetch-dest") == Some("document");
            !(reads && follows)
        }
        // Not from a browser, or from one that does not say: then what changes something must come
        // from here, or from no page at all.
        None if !reads && *method != Method::OPTIONS => origin.is_some_and(|origin| {
            let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            own.is_none_or(|own| !own.eq_ignore_ascii_case(host))
        }),
        _ => false,
    };
    !is_foreign || is_allowed
}

/// Ends a request that takes too long.
pub(super) async fn within_request_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        let detail = format!("no answer within {} seconds", REQUEST_TIME_MAX.as_secs());
        Failure::new(Code::Timeout, detail).into_response()
    })
}

/// Gives every refusal the form of a problem, also those of the libraries below.
pub(super) async fn problems(request: Request, next: Next) -> Response {
    let posts = request.method() == Method::POST;
    let is_page = web::is_page(request.uri().path());
    let mut response = next.run(request).await;
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == MEDIA_TYPE.as_bytes());
    if (status.is_client_error() || status.is_server_error()) && !is_problem {
        let allow = response.headers_mut().remove(header::ALLOW);
        let text = to_bytes(response.into_body(), REFUSAL_BYTES_MAX).await.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let reason = status.canonical_reason().unwrap_or_default();
        let detail = if text.is_empty() { reason } else { &text };
        response = Failure::new(code_of(status, posts), detail).into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let headers = response.headers_mut();
    let fresh = HeaderValue::from_static("no-store");
    // A file beside the pages is kept as long as it says itself.
    if is_page {
        headers.entry(header::CACHE_CONTROL).or_insert(fresh);
    } else {
        headers.insert(header::CACHE_CONTROL, fresh);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn code_of(status: StatusCode, posts: bool) -> Code {
    match status {
        StatusCode::NOT_FOUND => Code::NoRoute,
        StatusCode::METHOD_NOT_ALLOWED => Code::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Code::Body,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::MediaType,
        status if status.is_client_error() && posts => Code::BadJson,
        status if status.is_client_error() => Code::BadParameter,
        _ => Code::Internal,
    }
}

/// Returns the one host that a request names, in lower case.
fn named_host(request: &Request) -> Option<String> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else { return None };
    let authority: Authority = host.to_str().ok()?.parse().ok()?;
    let agrees = |other: &Authority| other.host().eq_ignore_ascii_case(authority.host());
    let agreed = request.uri().authority().is_none_or(agrees);
    let plain = !authority.as_str().contains('@');
    (agreed && plain).then(|| authority.host().to_ascii_lowercase())
}

fn is_ours(host: &str, local: Option<IpAddr>, configured: &[Host]) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let address = bare.parse::<IpAddr>().ok();
    host == "localhost"
        || matches!(bare, "127.0.0.1" | "::1")
        || (address.is_some() && address == local)
        || configured.iter().any(|known| known.is(host))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn named(host: &str) -> Option<String> {
        let request = Request::builder().uri("/").header("host", host).body(Body::empty());
        named_host(&request.expect("a request"))
    }

    #[test]
    fn a_host_is_ours_by_address_or_name_with_any_port() {
        let local = "192.0.2.7".parse().ok();
        for ours in ["localhost", "LOCALHOST:1", "127.0.0.1:8600", "[::1]:8600", "192.0.2.7:80"] {
            let host = named(ours).expect(ours);
            assert!(is_ours(&host, local, &[]), "{ours}");
        }
        let node = ["node.example".parse().expect("a name")];
        assert!(is_ours(&named("Node.Example:8600").expect("a host"), local, &node));
    }

    #[test]
    fn every_other_host_is_foreign() {
        let local = "192.0.2.7".parse().ok();
        for foreign in ["evil.example", "127.0.0.1.evil.example", "192.0.2.8", "localhost.", "::1"]
        {
            let ours = named(foreign).is_some_and(|host| is_ours(&host, local, &[]));
            assert!(!ours, "{foreign}");
        }
        assert_eq!(named("evil.example@localhost"), None);
        assert_eq!(named(""), None);
    }
}
