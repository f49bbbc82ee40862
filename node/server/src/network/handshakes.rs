//! Handshakes of those who dial this node, from the moment their socket is accepted: each can be
//! given up, as long as it lasts, in favour of another.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use coinage_keys::NetworkKey;
use futures::FutureExt as _;
use futures::future::{AbortHandle, Abortable, BoxFuture};
use libp2p::core::Transport;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, DialOpts, ListenerId, TransportError, TransportEvent};
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};

use super::transport::transport;

/// The handshake that has begun last, for whoever decides on it next.
#[derive(Clone, Debug, Default)]
pub(super) struct Begun(Arc<Mutex<Option<AbortHandle>>>);

impl Begun {
    /// Takes the means to give the handshake up.
    pub(super) fn take(&self) -> Option<AbortHandle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn put(&self, handle: AbortHandle) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    }
}

type Connection = (PeerId, StreamMuxerBox);

/// The transport, whose handshakes can be given up.
pub(super) struct Handshakes {
    inner: Boxed<Connection>,
    begun: Begun,
}

impl Handshakes {
    pub(super) fn new(
        keypair: &Keypair,
        key: Option<&NetworkKey>,
        begun: Begun,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self { inner: transport(keypair, key)?, begun })
    }
}

impl Transport for Handshakes {
    type Output = Connection;
    type Error = io::Error;
    type ListenerUpgrade = BoxFuture<'static, io::Result<Connection>>;
    type Dial = BoxFuture<'static, io::Result<Connection>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        options: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        self.inner.dial(address, options).map(|dial| dial.boxed())
    }

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        let event = Pin::new(&mut self.inner).poll(context);
        event.map(|event| {
            event.map_upgrade(|upgrade| {
                let (handle, registration) = AbortHandle::new_pair();
                // The swarm asks who may connect before it lets the next one begin.
                self.begun.put(handle);
                let given_up = |_| Err(io::Error::other("made room for another"));
                Abortable::new(upgrade, registration)
                    .map(move |ended| ended.unwrap_or_else(given_up))
                    .boxed()
            })
        })
    }
}
