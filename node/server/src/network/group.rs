//! Groups of addresses that one party is likely to have all of: to have many of a group is cheap,
//! to have some of many groups is not.

use std::net::IpAddr;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use serde::{Deserialize, Serialize};

/// Group of addresses: an IPv4 /24, an IPv6 /64, or all host names together.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Group {
    /// The first three bytes of an IPv4 address.
    V4([u8; 3]),
    /// The first eight bytes of an IPv6 address.
    V6([u8; 8]),
    /// Hosts whose address is not known yet.
    Named,
}

impl Group {
    /// Returns the group of an address.
    pub(super) fn of(address: &Multiaddr) -> Self {
        match address.iter().next() {
            Some(Protocol::Ip4(ip)) => Self::of_ip(ip.into()),
            Some(Protocol::Ip6(ip)) => Self::of_ip(ip.into()),
            _ => Self::Named,
        }
    }

    fn of_ip(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, e, f, g, h, ..] = ip.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(text: &str) -> Group {
        Group::of(&text.parse().expect("an address"))
    }

    #[test]
    fn neighbours_are_one_group_however_their_address_is_written() {
        let one = group("/ip4/203.0.113.5/tcp/1");
        assert_eq!(one, group("/ip4/203.0.113.250/tcp/9"));
        assert_eq!(one, group("/ip6/::ffff:203.0.113.7/tcp/1"));
        assert_ne!(one, group("/ip4/203.0.114.5/tcp/1"));
        assert_eq!(group("/ip6/2001:db8:1:2::1/tcp/1"), group("/ip6/2001:db8:1:2:f::9/tcp/1"));
        assert_ne!(group("/ip6/2001:db8:1:2::1/tcp/1"), group("/ip6/2001:db8:1:3::1/tcp/1"));
        assert_eq!(group("/dns4/one.example/tcp/1"), Group::Named);
    }
}
