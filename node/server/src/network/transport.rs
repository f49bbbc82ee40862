//! Transport of bytes to a peer: TCP, the key of a private network, encryption, streams.
//!
//! Whoever has another network key than the other side, or none, gets random bytes to read: what
//! fails then is the handshake, which is told apart from a connection that never came about.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use coinage_keys::NetworkKey;
use futures::future::Either;
use futures::io::{AsyncRead, AsyncWrite};
use libp2p::core::Transport;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::transport::timeout::TransportTimeout;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::pnet::{PnetConfig, PnetError};
use libp2p::{PeerId, noise, tcp};

use super::resolve::Names;
use super::streams::Streams;

/// Time that a connection that this node makes may take until it speaks a common language.
const OUTBOUND_TIMEOUT: Duration = Duration::from_secs(5);
/// Time that a stranger may take to say who it is. That takes five round trips.
const INBOUND_TIMEOUT: Duration = Duration::from_secs(3);
/// Time that a TCP connection may take, so that silence is told from a handshake that fails.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// Reason why there is no connection.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum LinkError {
    /// The address does not answer.
    #[error("{0}")]
    NotConnected(String),
    /// The other side answers, but no common language is found.
    #[error("the handshake fails ({0})")]
    NoHandshake(String),
}

/// A link's error inside one of the operating system's: the one kind of error that all the layers
/// above pass on unchanged.
#[derive(Debug, thiserror::Error)]
#[error("no connection")]
pub(super) struct Outermost(#[source] io::Error);

/// Returns connections over TCP, which nobody without `key` can make or take if there is one.
pub(super) fn transport(
    keypair: &Keypair,
    key: Option<&NetworkKey>,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, Box<dyn Error + Send + Sync>> {
    let tcp = Names::new(tcp::tokio::Transport::new(tcp::Config::new().nodelay(true)));
    let tcp = TransportTimeout::with_outgoing_timeout(tcp, CONNECT_TIMEOUT)
        .map_err(|error| Outermost::from(LinkError::NotConnected(innermost(&error))));
    let key = key.map(|key| PnetConfig::new(key.pre_shared()));
    let closed = tcp.and_then(move |socket, _| async move {
        Ok::<_, PnetError>(match key {
            Some(key) => Either::Left(key.handshake(socket).await?),
            None => Either::Right(Answering { socket, has_spoken: false }),
        })
    });
    let secured = closed
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(keypair)?)
        .multiplex(Streams::default())
        .inbound_timeout(INBOUND_TIMEOUT)
        .outbound_timeout(OUTBOUND_TIMEOUT)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let told = secured.map_err(|error| {
        let failed = || LinkError::NoHandshake(innermost(&error));
        Outermost::from(link_error(&error).cloned().unwrap_or_else(failed))
    });
    Ok(told.boxed())
}

/// A connection whose other side is somebody only once it has said something.
///
/// A relay, a container's port or a firewall takes connections for a node that does not run, and
/// closes them. So does a node without a key for one that has one: with a key, the two cannot be
/// told apart.
struct Answering<S> {
    socket: S,
    has_spoken: bool,
}

impl<S> Answering<S> {
    /// Judges the outcome of reading or writing; before the other side has spoken a failure means
    /// that nobody is there.
    fn judge<T>(&self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.map_err(|error| if self.has_spoken { error } else { nobody() })
    }
}

fn nobody() -> io::Error {
    let closed = "the connection is closed before a word is said".to_owned();
    io::Error::other(LinkError::NotConnected(closed))
}

impl<S: AsyncRead + Unpin> AsyncRead for Answering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = ready!(Pin::new(&mut self.socket).poll_read(context, buffer));
        if matches!(read, Ok(0)) && !self.has_spoken && !buffer.is_empty() {
            return Poll::Ready(Err(nobody()));
        }
        self.has_spoken |= matches!(read, Ok(bytes) if bytes > 0);
        Poll::Ready(self.judge(read))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Answering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write(context, buffer));
        Poll::Ready(self.judge(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write_vectored(context, buffers));
        Poll::Ready(self.judge(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.socket).poll_flush(context));
        Poll::Ready(self.judge(flushed))
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(context)
    }
}

impl From<LinkError> for Outermost {
    fn from(error: LinkError) -> Self {
        Self(io::Error::other(error))
    }
}

/// Finds the link's own error behind one of a layer above.
pub(super) fn link_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e LinkError> {
    chain(error).find_map(<dyn Error>::downcast_ref)
}

/// Returns the last error behind one, which says what happened.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Returns an error and those behind it.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| {
        let error = *error;
        // An error of the system inside another says nothing as its source, and noise's is it.
        let of_noise = match error.downcast_ref() {
            Some(noise::Error::Io(error)) => Some(error),
            _ => None,
        };
        let of_system = error.downcast_ref::<io::Error>().or(of_noise);
        let inner = of_system.and_then(|error| error.get_ref());
        inner.map(|inner| -> &(dyn Error + 'static) { inner }).or_else(|| error.source())
    })
}
