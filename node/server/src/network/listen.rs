//! Listening for peers; what is wrong with an address is told at the start.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::StreamExt;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm};

use super::NetworkError;
use super::behaviour::{Behaviour, BehaviourEvent};

/// Silence that ends the wait for addresses: who listens on all interfaces hears of one after the
/// other, and of the last of them when there was silence for so long.
const SILENCE: Duration = Duration::from_millis(200);
/// Events of other kinds after which nobody waits any longer for that silence.
const EARLY_MAX: usize = 64;

/// Events that the swarm told while it began to listen and that are still to be dealt with.
pub(super) type Early = Vec<SwarmEvent<BehaviourEvent>>;

/// Fails if another process has one of these addresses: libp2p would share its port, and each would
/// get some of the peers.
pub(crate) fn check_free(addresses: &[Multiaddr]) -> Result<(), NetworkError> {
    for address in addresses {
        if let Some(socket) = socket(address) {
            drop(std::net::TcpListener::bind(socket).map_err(|error| failed(address, &error))?);
        }
    }
    Ok(())
}

/// Listens on all these addresses. Gives those that came of it, with the peer id.
pub(super) async fn listen(
    swarm: &mut Swarm<Behaviour>,
    addresses: Vec<Multiaddr>,
) -> Result<(Vec<Multiaddr>, Early), NetworkError> {
    let own = *swarm.local_peer_id();
    let (mut bound, mut early) = (Vec::new(), Vec::new());
    let mut everywhere = false;
    for address in addresses {
        check_free(std::slice::from_ref(&address))?;
        everywhere |= socket(&address).is_some_and(|socket| socket.ip().is_unspecified());
        let listened = swarm.listen_on(address.clone());
        let listener = listened.map_err(|error| failed(&address, &error))?;
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
                    return Err(failed(&address, &error));
                }
                event => early.push(event),
            }
        }
    }
    while everywhere && early.len() < EARLY_MAX {
        let next = tokio::time::timeout(SILENCE, swarm.select_next_some()).await;
        match next {
            Ok(SwarmEvent::NewListenAddr { address, .. }) => {
                bound.push(address.with(Protocol::P2p(own)));
            }
            Ok(event) => early.push(event),
            Err(_) => break,
        }
    }
    Ok((bound, early))
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

fn failed(address: &Multiaddr, error: &dyn std::error::Error) -> NetworkError {
    NetworkError::Listen { address: address.clone(), reason: root_cause(error) }
}

fn root_cause(mut error: &dyn std::error::Error) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
