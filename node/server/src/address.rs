//! Addresses of nodes as people type them.

use std::net::{IpAddr, SocketAddr};

use libp2p::Multiaddr;

/// Port for other nodes, where none is named.
const PORT: u16 = 9600;
const FORMS: &str = "write 192.0.2.1:9600, node.example:9600, [2001:db8::1]:9600, or a multiaddr \
                     such as /ip4/192.0.2.1/tcp/9600";

/// Reads an address for or of other nodes: an IP address or the name of a host, with a port unless
/// it is 9600, or a multiaddr.
///
/// # Errors
///
/// A sentence with the forms that there are.
pub fn parse(text: &str) -> Result<Multiaddr, String> {
    if text.starts_with('/') {
        return text.parse().map_err(|error| format!("{error}: {FORMS}"));
    }
    let of_ip = |ip: IpAddr, port: u16| match ip {
        IpAddr::V4(ip) => format!("/ip4/{ip}/tcp/{port}"),
        IpAddr::V6(ip) => format!("/ip6/{ip}/tcp/{port}"),
    };
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let written = match (bare.parse::<IpAddr>(), text.parse::<SocketAddr>()) {
        (Ok(ip), _) => of_ip(ip, PORT),
        (_, Ok(socket)) => of_ip(socket.ip(), socket.port()),
        _ => {
            let (host, port) = match text.rsplit_once(':') {
                Some((host, port)) => (host, port.parse().map_err(|_| FORMS.to_owned())?),
                None => (text, PORT),
            };
            if !is_name(host) {
                return Err(FORMS.to_owned());
            }
            format!("/dns/{host}/tcp/{port}")
        }
    };
    written.parse().map_err(|_| FORMS.to_owned())
}

/// True for the name of a host; what ends in a number is a mistyped IP address.
fn is_name(host: &str) -> bool {
    let letters = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.split('.').all(|label| !label.is_empty() && letters(label))
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_people_write_it() {
        for (typed, meant) in [
            ("203.0.113.5", "/ip4/203.0.113.5/tcp/9600"),
            ("203.0.113.5:9700", "/ip4/203.0.113.5/tcp/9700"),
            ("2001:db8::1", "/ip6/2001:db8::1/tcp/9600"),
            ("[2001:db8::1]", "/ip6/2001:db8::1/tcp/9600"),
            ("[2001:db8::1]:9700", "/ip6/2001:db8::1/tcp/9700"),
            ("node.example", "/dns/node.example/tcp/9600"),
            ("node-1.example:443", "/dns/node-1.example/tcp/443"),
            ("localhost", "/dns/localhost/tcp/9600"),
            ("/ip4/203.0.113.5/tcp/1", "/ip4/203.0.113.5/tcp/1"),
        ] {
            assert_eq!(parse(typed).map(|address| address.to_string()), Ok(meant.to_owned()));
        }
        for bad in [
            "",
            ":9600",
            "203.0.113",
            "203.0.113.256",
            "203.0.113.5:99999",
            "node.example:",
            "http://node.example",
            "a b",
            "node..example",
            "/ip4/203.0.113",
            "a/tcp/1",
        ] {
            let error = parse(bad).expect_err(bad);
            assert!(error.contains("192.0.2.1:9600"), "{bad}: {error}");
        }
    }
}
