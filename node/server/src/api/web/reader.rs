//! Readers of pages: in which language, and by which name they reach the node.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use coinage_keys::{TEST_ACCOUNTS, published_address};
use coinage_protocol::{Address, ChainSpec};
use coinage_web::{Language, Names, Site};

use super::super::App;

/// Name of the cookie that keeps the language, and of the parameter that chooses it.
const LANGUAGE: &str = "lang";

/// Seconds for which a browser keeps the language: a year.
const LANGUAGE_SECONDS: u32 = 365 * 24 * 3600;

static TEST_ADDRESSES: LazyLock<[(Address, &str); 3]> =
    LazyLock::new(|| TEST_ACCOUNTS.map(|name| (published_address(name), name)));

/// A reader of a page.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) site: Site,
    /// The language that the address names, which is to be kept.
    chosen: Option<Language>,
}

impl Reader {
    pub(super) fn of(app: &App, request: &Request) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let parts = || query.split('&').filter(|part| !part.is_empty());
        let is_choice = |part: &&str| part.split('=').next() == Some(LANGUAGE);
        let named = |part: &str| language(part.split_once('=')?.1);
        let chosen = parts().filter(is_choice).find_map(named);
        let rest: Vec<_> = parts().filter(|part| !is_choice(part)).collect();
        // Two of them at the beginning would name another host in a link.
        let path = request.uri().path().trim_start_matches(['/', '\\']);
        let mut here = format!("/{path}");
        if !rest.is_empty() {
            here = format!("{here}?{}", rest.join("&"));
        }
        let identity = &app.handle.identity;
        let site = Site {
            language: chosen
                .or_else(|| kept(request.headers()))
                .unwrap_or_else(|| preferred(request.headers())),
            network: identity.spec.genesis().name.as_str().to_owned(),
            node: identity.name.clone().unwrap_or_else(|| identity.peer_id.clone()),
            version: env!("CARGO_PKG_VERSION"),
            names: names(&identity.spec),
            here,
        };
        Self { site, chosen }
    }

    /// The cookie that keeps the language; it says nothing else about the reader.
    pub(super) fn cookie(&self) -> Option<HeaderValue> {
        let code = self.chosen?.code();
        let written =
            format!("{LANGUAGE}={code}; Path=/; Max-Age={LANGUAGE_SECONDS}; SameSite=Strict");
        HeaderValue::try_from(written).ok()
    }
}

/// The test accounts that a network's genesis funds.
fn names(spec: &ChainSpec) -> Names {
    let funded = |address: &Address| {
        spec.genesis().balances.iter().any(|balance| balance.address == *address)
    };
    let known = TEST_ADDRESSES.iter().filter(|(address, _)| funded(address));
    known.map(|(address, name)| (*address, (*name).to_owned())).collect()
}

fn language(code: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|one| one.code() == code)
}

/// The language that a cookie keeps.
fn kept(headers: &HeaderMap) -> Option<Language> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let named = pairs.filter(|(name, _)| name.trim() == LANGUAGE);
    named.filter_map(|(_, code)| language(code.trim())).next()
}

/// The first language of the browser that there are pages in.
fn preferred(headers: &HeaderMap) -> Language {
    let line = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok());
    let wishes = line.unwrap_or_default().split(',');
    let primary = |wish: &str| {
        let code = wish.split(['-', ';']).next()?.trim().to_ascii_lowercase();
        language(&code)
    };
    wishes.filter_map(primary).next().unwrap_or_default()
}

/// The way to the same page under `localhost`, if it was asked for by a loopback address.
pub(super) fn to_localhost(request: &Request) -> Option<Response> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let host: Authority = host.parse().ok()?;
    if !matches!(host.host(), "127.0.0.1" | "[::1]") {
        return None;
    }
    let port = host.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let there = HeaderValue::try_from(format!("http://localhost{port}{path}")).ok()?;
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    response.headers_mut().insert(header::LOCATION, there);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_first_language_that_there_are_pages_in_is_taken() {
        for (wish, taken) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", Language::Korean),
            ("de, KO;q=0.5", Language::Korean),
            ("fr;q=1, en-GB", Language::English),
            ("kok, *", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(preferred(&headers(header::ACCEPT_LANGUAGE, wish)), taken, "{wish}");
        }
        assert_eq!(kept(&headers(header::COOKIE, "a=b; lang=ko")), Some(Language::Korean));
        assert_eq!(kept(&headers(header::COOKIE, "slang=ko; lang=xx")), None);
    }

    #[test]
    fn a_page_of_a_loopback_address_moves_to_localhost_with_its_port_path_and_query() {
        let moved = |host: &str| {
            let request = Request::builder().uri("/tx/1?lang=ko").header(header::HOST, host);
            let request = request.body(axum::body::Body::empty()).expect("a request");
            let response = to_localhost(&request)?;
            Some(response.headers()[header::LOCATION].to_str().expect("text").to_owned())
        };
        for host in ["127.0.0.1", "[::1]"] {
            let with_port = moved(&format!("{host}:8600")).expect("it moves");
            assert_eq!(with_port, "http://localhost:8600/tx/1?lang=ko");
            assert_eq!(moved(host).expect("it moves"), "http://localhost/tx/1?lang=ko");
        }
        assert_eq!((moved("localhost:8600"), moved("192.0.2.7")), (None, None));
    }
}
