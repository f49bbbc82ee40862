//! Where peers can connect; what is wrong with it is told at the start.

use std::net::{IpAddr, SocketAddr};

use futures::StreamExt;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm};

use super::NetworkError;
use super::behaviour::Behaviour;

/// Listens on all these addresses. Gives those that came of it, with the peer id.
pub(super) async fn listen(
    swarm: &mut Swarm<Behaviour>,
    addresses: Vec<Multiaddr>,
) -> Result<Vec<Multiaddr>, NetworkError> {
    let own = *swarm.local_peer_id();
    let mut bound = Vec::new();
    for address in addresses {
        let failed = |error: &dyn std::error::Error| NetworkError::Listen {
            address: address.clone(),
            reason: root_cause(error),
        };
        // libp2p would share the port with another process, and each would get some of the peers.
        if let Some(socket) = socket(&address) {
            drop(std::net::TcpListener::bind(socket).map_err(|error| failed(&error))?);
        }
        let listener = swarm.listen_on(address.clone()).map_err(|error| failed(&error))?;
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::NewListenAddr { listener_id, address } if listener_id == listener => {
                    bound.push(address.with(Protocol::P2p(own)));
                    break;
                }
                SwarmEvent::NewListenAddr { address, .. } => {
                    bound.push(address.with(Protocol::P2p(own)));
                }
                SwarmEvent::ListenerClosed { listener_id, reason: Err(error), .. }
                    if listener_id == listener =>
                {
                    return Err(failed(&error));
                }
                _ => {}
            }
        }
    }
    Ok(bound)
}

fn socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip: IpAddr = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some((ip, port).into()),
        _ => None,
    }
}

fn root_cause(mut error: &dyn std::error::Error) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
