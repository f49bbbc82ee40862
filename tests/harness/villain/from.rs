//! TCP from an address of the test's choice: libp2p lets the machine choose.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::{BoxFuture, Pending};
use libp2p::Multiaddr;
use libp2p::core::Transport;
use libp2p::core::transport::{DialOpts, ListenerId, TransportError, TransportEvent};
use libp2p::multiaddr::Protocol;
use libp2p::tcp::tokio::TcpStream;
use tokio::net::TcpSocket;

/// Dials from here, and does not listen.
#[derive(Debug)]
pub(super) struct From(pub(super) Ipv4Addr);

impl Transport for From {
    type Output = TcpStream;
    type Error = io::Error;
    type ListenerUpgrade = Pending<io::Result<TcpStream>>;
    type Dial = BoxFuture<'static, io::Result<TcpStream>>;

    fn listen_on(
        &mut self,
        _: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        let Some(there) = socket(&address) else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        let here = self.0;
        Ok(connect(here, there).map(|stream| stream.map(TcpStream)).boxed())
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Poll::Pending
    }
}

/// A connection from this address of the machine.
pub(crate) async fn connect(
    here: Ipv4Addr,
    there: SocketAddr,
) -> io::Result<tokio::net::TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((here, 0).into())?;
    socket.connect(there).await
}

/// The host and port of an address.
pub(crate) fn socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    match (parts.next()?, parts.next()?) {
        (Protocol::Ip4(ip), Protocol::Tcp(port)) => Some((ip, port).into()),
        _ => None,
    }
}
