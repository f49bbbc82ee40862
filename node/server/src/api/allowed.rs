//! Names of this node and web sites that its operator allows.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, header};
use serde::{Deserialize, Deserializer};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Time for which a browser need not ask again what it may do.
const PREFLIGHT_TIME: Duration = Duration::from_secs(600);

/// A name by which the API may be asked for, in lower case and without a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host(String);

/// An origin of web pages: scheme, host and port if it is not the usual one, as browsers write it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin(String);

/// The reason why a text is no such name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAllowed {
    /// The text is not a host's name alone.
    #[error("not a host's name: give it without http:// and port, such as node.example")]
    Host,
    /// The text is not an exact origin.
    #[error("not an origin: give scheme, host and perhaps port, such as https://wallet.example")]
    Origin,
}

impl Host {
    /// True if a request that names this host means the node.
    pub(super) fn is(&self, host: &str) -> bool {
        self.0.eq_ignore_ascii_case(host)
    }
}

impl Origin {
    /// True if a browser names this origin so.
    pub(super) fn is(&self, origin: &str) -> bool {
        self.0 == origin
    }
}

impl FromStr for Host {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, NotAllowed> {
        // An IPv6 address may be given as it is written elsewhere, or as a URL has it.
        let bare = text.parse::<std::net::Ipv6Addr>().map(|address| format!("[{address}]"));
        let text = bare.unwrap_or_else(|_| text.to_ascii_lowercase());
        let authority: Authority = text.parse().map_err(|_| NotAllowed::Host)?;
        let named = authority.host() == text && !text.contains('*');
        if named { Ok(Self(text)) } else { Err(NotAllowed::Host) }
    }
}

impl FromStr for Origin {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, NotAllowed> {
        let text = text.to_ascii_lowercase();
        let (scheme, rest) = text.split_once("://").ok_or(NotAllowed::Origin)?;
        let usual = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => return Err(NotAllowed::Origin),
        };
        let authority: Authority = rest.parse().map_err(|_| NotAllowed::Origin)?;
        let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let exact = format!("{}{port}", authority.host()) == rest && !rest.contains('*');
        if !exact {
            return Err(NotAllowed::Origin);
        }
        // As browsers leave it away.
        let rest = rest.strip_suffix(usual).unwrap_or(rest);
        Ok(Self(format!("{scheme}://{rest}")))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Host {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Layer that tells browsers that pages of these sites may use the API; none without any site.
pub(super) fn cross_origin(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = origins.iter().filter_map(|Origin(text)| HeaderValue::from_str(text).ok());
    let sent = [header::CONTENT_TYPE, HeaderName::from_static("last-event-id")];
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(allowed))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(sent)
        .expose_headers([header::RETRY_AFTER])
        .max_age(PREFLIGHT_TIME);
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_alone() {
        for (typed, meant) in [
            ("Node.Example", "node.example"),
            ("192.0.2.7", "192.0.2.7"),
            ("2001:DB8::1", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("coinage-0", "coinage-0"),
        ] {
            assert_eq!(typed.parse(), Ok(Host(meant.into())), "{typed}");
        }
        for wrong in ["", "*", "*.example", "node.example:80", "http://node.example", "a/b", "a@b"]
        {
            assert_eq!(wrong.parse::<Host>(), Err(NotAllowed::Host), "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_exact_and_as_browsers_write_it() {
        for (typed, meant) in [
            ("https://Wallet.Example", "https://wallet.example"),
            ("https://wallet.example:443", "https://wallet.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(typed.parse(), Ok(Origin(meant.into())), "{typed}");
        }
        for wrong in [
            "*",
            "null",
            "wallet.example",
            "https://",
            "https://*.example",
            "https://wallet.example/",
            "https://wallet.example/page",
            "https://me@wallet.example",
            "file:///page",
        ] {
            assert_eq!(wrong.parse::<Origin>(), Err(NotAllowed::Origin), "{wrong}");
        }
    }
}
