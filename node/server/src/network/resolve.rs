//! Host names that others told, looked up before anything is dialled: a name of the wide world can
//! lead to the node's own machine, whatever it looks like.

use std::net::SocketAddr;
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;

use super::reach::{Reach, reach};

/// Time that a look-up may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Addresses of one name that are dialled at most.
const ADDRESSES_MAX: usize = 4;

/// Looks up the addresses of the host, those that are at least so far away.
pub(super) async fn look_up(address: &Multiaddr, at_least: Reach) -> Vec<Multiaddr> {
    let mut parts = address.iter();
    let (Some(host), Some(Protocol::Tcp(port))) = (parts.next(), parts.next()) else {
        return Vec::new();
    };
    let (name, fits): (_, fn(&SocketAddr) -> bool) = match &host {
        Protocol::Dns(name) => (name, |_| true),
        Protocol::Dns4(name) => (name, SocketAddr::is_ipv4),
        Protocol::Dns6(name) => (name, SocketAddr::is_ipv6),
        _ => return Vec::new(),
    };
    let found = tokio::net::lookup_host((name.as_ref(), port));
    let Ok(Ok(found)) = tokio::time::timeout(PATIENCE, found).await else { return Vec::new() };
    found
        .filter(fits)
        .map(|socket| Multiaddr::from(socket.ip()).with(Protocol::Tcp(port)))
        .filter(|address| reach(address).is_some_and(|reach| reach >= at_least))
        .take(ADDRESSES_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_nearer_than_it_should_leads_nowhere() {
        let address: Multiaddr = "/dns/127.1/tcp/80".parse().expect("an address");
        assert_eq!(reach(&address), Some(Reach::World), "it looks like any other");
        assert!(look_up(&address, Reach::World).await.is_empty());
        assert!(look_up(&address, Reach::Site).await.is_empty());
        let here: Multiaddr = "/ip4/127.0.0.1/tcp/80".parse().expect("an address");
        assert_eq!(look_up(&address, Reach::Machine).await, [here]);
    }
}
