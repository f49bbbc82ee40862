//! Listeners of the API: at the address that is asked for, and at both loopback addresses if it is
//! one of them.
//!
//! A browser that is asked for `localhost` takes either. Were only one of them the node's, another
//! program could answer at the other.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::{Config, RunError, network, network_refused};

/// Number of times that the system is asked for a port that is free at both addresses.
const ATTEMPTS: u32 = 20;

/// Listens for the API, and sees to it that peers will be able to come.
pub(super) async fn listen(config: &Config) -> Result<Vec<TcpListener>, RunError> {
    let listeners = listen_at(config.api).await?;
    network::check_free(&config.listen).map_err(network_refused)?;
    Ok(listeners)
}

/// Listens at an address, which is that of the first listener.
async fn listen_at(address: SocketAddr) -> Result<Vec<TcpListener>, RunError> {
    let mut attempts = ATTEMPTS;
    loop {
        let failed = |error| RunError::Api { address, error };
        let first = TcpListener::bind(address).await.map_err(failed)?;
        let port = first.local_addr().map_err(failed)?.port();
        let Some(twin) = twin(address.ip()).map(|ip| SocketAddr::new(ip, port)) else {
            return Ok(vec![first]);
        };
        match TcpListener::bind(twin).await {
            Ok(second) => return Ok(vec![first, second]),
            Err(error) if is_missing(&error) => return Ok(vec![first]),
            // The system has chosen a port that another program has there.
            Err(_) if address.port() == 0 && attempts > 0 => attempts -= 1,
            Err(error) => return Err(RunError::Api { address: twin, error }),
        }
    }
}

/// The other loopback address.
fn twin(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Some(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Some(Ipv4Addr::LOCALHOST.into()),
        _ => None,
    }
}

/// True if the machine has no such address at all.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_loopback_addresses_are_the_nodes_or_it_does_not_start() {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = listen_at(any).await.expect("a port that is free at both");
        let ports: Vec<_> = listeners.iter().map(|one| one.local_addr().expect("bound")).collect();
        let Some(second) = ports.get(1) else { return };
        assert_eq!((ports[0].port(), second.ip()), (second.port(), Ipv6Addr::LOCALHOST.into()));
        drop(listeners);

        let stranger = TcpListener::bind(second).await.expect("it is free again");
        let refused = listen_at(ports[0]).await.expect_err("a stranger answers there");
        assert!(matches!(refused, RunError::Api { address, .. } if address == *second));
        drop(stranger);
        let elsewhere = listen_at(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).await;
        assert_eq!(elsewhere.expect("a port").len(), 1);
    }
}
