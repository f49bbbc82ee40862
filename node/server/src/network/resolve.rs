//! Host names, resolved by the operating system.
//!
//! Names that others told are looked up before anything is dialled: a name of the wide world can
//! lead to the node's own machine, whatever it looks like.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use libp2p::Multiaddr;
use libp2p::core::Transport;
use libp2p::core::transport::{DialOpts, ListenerId, TransportError, TransportEvent};
use libp2p::multiaddr::Protocol;

use super::address_scope::{AddressScope, scope_of};

/// Time that a name may take to be looked up.
const PATIENCE: Duration = Duration::from_secs(3);
/// Addresses of one name that are dialled at most.
const ADDRESSES_MAX: usize = 4;

/// Looks up the host of an address that somebody told: its addresses that are at least so far away.
pub(super) async fn look_up(address: &Multiaddr, at_least: AddressScope) -> Vec<Multiaddr> {
    let found = resolve(address).await.unwrap_or_default();
    let fits = |address: &Multiaddr| scope_of(address).is_some_and(|reach| reach >= at_least);
    found.into_iter().filter(fits).take(ADDRESSES_MAX).collect()
}

/// Resolves the host name of an address by the operating system, whose own list of hosts counts.
async fn resolve(address: &Multiaddr) -> io::Result<Vec<Multiaddr>> {
    let no_name = || io::Error::from(io::ErrorKind::InvalidInput);
    let mut parts = address.iter();
    let (Some(host), Some(Protocol::Tcp(port))) = (parts.next(), parts.next()) else {
        return Err(no_name());
    };
    let (name, fits): (_, fn(&SocketAddr) -> bool) = match &host {
        Protocol::Dns(name) => (name, |_| true),
        Protocol::Dns4(name) => (name, SocketAddr::is_ipv4),
        Protocol::Dns6(name) => (name, SocketAddr::is_ipv6),
        _ => return Err(no_name()),
    };
    let unknown = |why: &dyn Display| {
        io::Error::other(format!("the host name {name} cannot be resolved: {why}"))
    };
    let found = tokio::net::lookup_host((name.as_ref(), port));
    let found = tokio::time::timeout(PATIENCE, found).await.map_err(|late| unknown(&late))?;
    let found = found.map_err(|error| unknown(&error))?.filter(fits);
    let address = |at: SocketAddr| Multiaddr::from(at.ip()).with(Protocol::Tcp(port));
    let found: Vec<_> = found.map(address).collect();
    if found.is_empty() { Err(unknown(&"it has no address of this kind")) } else { Ok(found) }
}

/// A transport that also dials host names.
#[derive(Debug)]
pub(super) struct Names<T>(Arc<Mutex<T>>);

impl<T> Names<T> {
    /// Wraps a transport that dials addresses of numbers.
    pub(super) fn new(numbers: T) -> Self {
        Self(Arc::new(Mutex::new(numbers)))
    }

    // Nothing panics while it holds the lock, so a poisoned one still guards sound data.
    fn inner(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Transport for Names<T>
where
    T: Transport<Error = io::Error> + Send + Unpin + 'static,
    T::Dial: Send,
{
    type Output = T::Output;
    type Error = io::Error;
    type ListenerUpgrade = T::ListenerUpgrade;
    type Dial = BoxFuture<'static, io::Result<T::Output>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner().listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner().remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        options: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        let host = address.iter().next();
        if !matches!(host, Some(Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_))) {
            return self.inner().dial(address, options).map(FutureExt::boxed);
        }
        let names = Self(Arc::clone(&self.0));
        let dialling = async move {
            let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
            for number in resolve(&address).await?.into_iter().take(ADDRESSES_MAX) {
                let dial = names.inner().dial(number, options);
                match dial.map_err(io::Error::other)?.await {
                    Ok(connected) => return Ok(connected),
                    Err(error) => failed = error,
                }
            }
            Err(failed)
        };
        Ok(dialling.boxed())
    }

    fn poll(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<TransportEvent<T::ListenerUpgrade, io::Error>> {
        Pin::new(&mut *self.inner()).poll(context)
    }
}

#[cfg(test)]
mod tests {
    use libp2p::core::Endpoint;
    use libp2p::core::transport::PortUse;
    use libp2p::tcp;

    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_nearer_than_it_should_leads_nowhere() {
        let address: Multiaddr = "/dns/127.1/tcp/80".parse().expect("an address");
        assert_eq!(scope_of(&address), Some(AddressScope::World), "it looks like any other");
        assert!(look_up(&address, AddressScope::World).await.is_empty());
        assert!(look_up(&address, AddressScope::Site).await.is_empty());
        let here: Multiaddr = "/ip4/127.0.0.1/tcp/80".parse().expect("an address");
        assert_eq!(look_up(&address, AddressScope::Machine).await, [here]);
    }

    #[tokio::test]
    async fn a_name_is_dialled_by_its_address_and_what_has_none_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let mut names = Names::new(tcp::tokio::Transport::default());
        let mut dial = |address: String| {
            let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
            names.dial(address.parse().expect("an address"), options).expect("it can be dialled")
        };
        dial(format!("/dns4/127.0.0.1/tcp/{port}")).await.expect("somebody listens");
        dial(format!("/ip4/127.0.0.1/tcp/{port}")).await.expect("numbers are no names");
        let refused = dial(format!("/dns6/127.0.0.1/tcp/{port}")).await.expect_err("no IPv6");
        let said = refused.to_string();
        assert!(said.contains("127.0.0.1 cannot be resolved: it has no address"), "{said}");
    }
}
