//! Checks that every request passes: its host, its time, and the form of refusals.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use coinage_model::code::Code;

use super::failure::{Failure, MEDIA_TYPE};
use super::{App, Host};

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
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
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
