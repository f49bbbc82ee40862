//! Scopes of addresses: from how far each can be dialled, so that a stranger cannot make a node
//! knock at doors that only the node can see.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use serde::{Deserialize, Serialize};

/// Scope of an address: from where it can be dialled.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AddressScope {
    /// An address that only the same machine can dial.
    Machine,
    /// An address that only the same private network can dial.
    Site,
    /// An address that everybody can dial.
    World,
}

/// Returns the reach of an address that begins with a host and a TCP port; `None` if it does not,
/// or leads to no one host.
pub(super) fn scope_of(address: &Multiaddr) -> Option<AddressScope> {
    let mut parts = address.iter();
    let reach = match parts.next()? {
        Protocol::Ip4(ip) => of_ip(ip.into()),
        Protocol::Ip6(ip) => of_ip(ip.into()),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => of_name(&name),
        _ => None,
    }?;
    matches!(parts.next()?, Protocol::Tcp(port) if port != 0).then_some(reach)
}

/// Returns the reach of an address that a peer told: a host, a TCP port and a peer id, and nothing
/// else.
pub(super) fn told(address: &Multiaddr) -> Option<AddressScope> {
    let mut rest = address.iter().skip(2);
    let complete = matches!((rest.next(), rest.next()), (Some(Protocol::P2p(_)), None));
    scope_of(address).filter(|_| complete)
}

/// True if the host of an address is known by a name only.
pub(super) fn is_name(address: &Multiaddr) -> bool {
    let host = address.iter().next();
    matches!(host, Some(Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_)))
}

/// True if an address leads to one peer and to nobody else: host, port and peer id.
pub fn is_dialable(address: &Multiaddr) -> bool {
    told(address).is_some()
}

/// True if an address that this node listens on can lead to it from another machine.
pub(super) fn leads_here(address: &Multiaddr) -> bool {
    let bound_to_a_link = match address.iter().next() {
        Some(Protocol::Ip6(ip)) => ip.is_unicast_link_local(),
        Some(Protocol::Ip4(ip)) => ip.is_link_local(),
        _ => false,
    };
    scope_of(address).is_some_and(|reach| reach > AddressScope::Machine) && !bound_to_a_link
}

fn of_ip(ip: IpAddr) -> Option<AddressScope> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => of_ip4(ip),
        IpAddr::V6(ip) => of_ip6(ip),
    }
}

fn of_ip4(ip: Ipv4Addr) -> Option<AddressScope> {
    let [first, second, ..] = ip.octets();
    // 100.64.0.0/10 is shared between the customers of a provider.
    let shared = first == 100 && (64..128).contains(&second);
    match ip {
        ip if ip.is_loopback() => Some(AddressScope::Machine),
        ip if ip.is_private() || ip.is_link_local() || shared => Some(AddressScope::Site),
        _ if first == 0 || first >= 224 => None,
        _ => Some(AddressScope::World),
    }
}

fn of_ip6(ip: Ipv6Addr) -> Option<AddressScope> {
    match ip {
        ip if ip.is_loopback() => Some(AddressScope::Machine),
        ip if ip.is_unspecified() || ip.is_multicast() => None,
        ip if ip.is_unique_local() || ip.is_unicast_link_local() => Some(AddressScope::Site),
        _ => Some(AddressScope::World),
    }
}

/// Returns the reach of a host name: one without a dot means something on one private network only.
fn of_name(name: &str) -> Option<AddressScope> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    match &*name {
        "" => None,
        "localhost" => Some(AddressScope::Machine),
        name if name.ends_with(".localhost") => Some(AddressScope::Machine),
        name if name.contains('.') => Some(AddressScope::World),
        _ => Some(AddressScope::Site),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach_of(text: &str) -> Option<AddressScope> {
        scope_of(&text.parse().expect("an address"))
    }

    #[test]
    fn an_address_reaches_as_far_as_its_host_is_known() {
        for (text, expected) in [
            ("/ip4/127.9.9.9/tcp/1", Some(AddressScope::Machine)),
            ("/ip6/::1/tcp/1", Some(AddressScope::Machine)),
            ("/ip6/::ffff:127.0.0.1/tcp/1", Some(AddressScope::Machine)),
            ("/dns4/LocalHost/tcp/1", Some(AddressScope::Machine)),
            ("/ip4/192.168.1.1/tcp/1", Some(AddressScope::Site)),
            ("/ip4/169.254.169.254/tcp/80", Some(AddressScope::Site)),
            ("/ip4/100.100.0.1/tcp/1", Some(AddressScope::Site)),
            ("/ip6/fd00::1/tcp/1", Some(AddressScope::Site)),
            ("/ip6/fe80::1/tcp/1", Some(AddressScope::Site)),
            ("/dns/n1/tcp/1", Some(AddressScope::Site)),
            ("/ip4/8.8.8.8/tcp/1", Some(AddressScope::World)),
            ("/ip6/2a00::1/tcp/1", Some(AddressScope::World)),
            ("/dns/node.example/tcp/1", Some(AddressScope::World)),
            ("/ip4/0.0.0.0/tcp/1", None),
            ("/ip4/255.255.255.255/tcp/1", None),
            ("/ip4/239.1.1.1/tcp/1", None),
            ("/ip6/::/tcp/1", None),
            ("/ip6/ff02::1/tcp/1", None),
            ("/ip4/8.8.8.8/tcp/0", None),
            ("/ip4/8.8.8.8/udp/1", None),
            ("/tcp/1", None),
        ] {
            assert_eq!(reach_of(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_told_names_a_peer_and_no_way_around() {
        let peer = "/p2p/12D3KooWSaRDHSZtSKcQMEXi92FsFX62DX2qr3TU9nZNEmrgcopx";
        let host = "/ip4/8.8.8.8/tcp/1";
        let told = |text: &str| told(&text.parse().expect("an address"));
        assert_eq!(told(&format!("{host}{peer}")), Some(AddressScope::World));
        for text in [host, &format!("{host}/ws{peer}"), &format!("{host}{peer}/p2p-circuit{peer}")]
        {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
