//! A TCP relay between two nodes, whose link can be cut and healed without either of them knowing.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};

/// Connections that one relay carries at once: two nodes need one.
const CONNECTIONS_MAX: usize = 64;
/// Bytes that a relay holds for each direction of a connection.
const BUFFER_BYTES: usize = 32 * 1024;
/// Time within which the target must accept; it is on this machine.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// A relay: whoever connects to [`Relay::address`] talks to the target.
///
/// Dropping it closes everything.
#[derive(Debug)]
pub(super) struct Relay {
    address: SocketAddr,
    target: watch::Sender<Option<SocketAddr>>,
    open: watch::Sender<bool>,
    accepting: AbortHandle,
}

impl Relay {
    /// Listens on a port of 127.0.0.1 that the system chooses; needs a tokio runtime.
    pub(super) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let target = watch::Sender::new(None);
        let open = watch::Sender::new(true);
        let serving = accept(listener, target.subscribe(), Gate(open.subscribe()));
        let accepting = tokio::spawn(serving).abort_handle();
        Ok(Self { address, target, open, accepting })
    }

    /// Returns the address at which the relay listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Forwards new connections to `target` from now on; before the first call it closes them.
    pub(super) fn set_target(&self, target: SocketAddr) {
        self.target.send_replace(Some(target));
    }

    /// Stops the bytes of the link, or lets them pass again. When a cut returns, no byte passes any
    /// more; none is lost.
    pub(super) fn set_open(&self, open: bool) {
        self.open.send_replace(open);
    }

    /// True if bytes pass.
    pub(super) fn is_open(&self) -> bool {
        *self.open.borrow()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Lets bytes pass, or not.
#[derive(Clone)]
struct Gate(watch::Receiver<bool>);

impl Gate {
    /// Waits until bytes may pass; an error if the relay is gone.
    async fn opened(&mut self) -> io::Result<()> {
        self.0
            .wait_for(|open| *open)
            .await
            .map(drop)
            .map_err(|_| io::ErrorKind::NotConnected.into())
    }

    /// Takes a step that does not block while the gate is held open; `WouldBlock` if it is shut.
    fn pass<T>(&self, step: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let open = self.0.borrow();
        if *open { step() } else { Err(io::ErrorKind::WouldBlock.into()) }
    }
}

/// Accepts connections and forwards them; dropping this future drops its connections as well.
async fn accept(
    listener: TcpListener,
    target: watch::Receiver<Option<SocketAddr>>,
    mut gate: Gate,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        if gate.opened().await.is_err() {
            return;
        }
        let Ok((client, _)) = listener.accept().await else {
            // Out of file descriptors: the next attempt at once would fail likewise.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (target, gate) = (*target.borrow(), gate.clone());
        connections.spawn(async move {
            // Whatever ends a connection, both sides see it closed and dial again if they want.
            let _ended = serve(client, target, gate).await;
            drop(permit);
        });
    }
}

async fn serve(client: TcpStream, target: Option<SocketAddr>, mut gate: Gate) -> io::Result<()> {
    let target = target.ok_or(io::ErrorKind::ConnectionRefused)?;
    // The link may have been cut between accepting and here.
    gate.opened().await?;
    let server = tokio::time::timeout(CONNECT_PATIENCE, TcpStream::connect(target)).await??;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    let there = pump(client_read, server_write, gate.clone());
    let back = pump(server_read, client_write, gate);
    tokio::try_join!(there, back).map(drop)
}

/// Carries bytes one way until the end of the stream; dropping `to` then passes the end on.
async fn pump(from: OwnedReadHalf, to: OwnedWriteHalf, mut gate: Gate) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        gate.opened().await?;
        from.readable().await?;
        let got = match gate.pass(|| from.try_read(&mut buffer)) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        let mut rest = buffer.get(..got).unwrap_or_default();
        while !rest.is_empty() {
            gate.opened().await?;
            to.writable().await?;
            match gate.pass(|| to.try_write(rest)) {
                Ok(put) => rest = rest.get(put..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
    gate.opened().await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);
    /// Time long enough for bytes on loopback to arrive, were they let through.
    const QUIET: Duration = Duration::from_millis(100);

    async fn relay_to(target: &TcpListener) -> Relay {
        let relay = Relay::bind().await.expect("a free port");
        relay.set_target(target.local_addr().expect("bound"));
        relay
    }

    async fn listener() -> TcpListener {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port")
    }

    async fn pair(relay: &Relay, target: &TcpListener) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(relay.address()).await.expect("the relay listens");
        let (server, _) = timeout(SOON, target.accept()).await.expect("forwarded").expect("accept");
        (client, server)
    }

    #[tokio::test]
    async fn a_cut_stops_bytes_both_ways_and_healing_loses_none_and_keeps_their_order() {
        let target = listener().await;
        let relay = relay_to(&target).await;
        let (mut client, mut server) = pair(&relay, &target).await;
        client.write_all(b"before").await.expect("write");
        let mut six = [0; 6];
        timeout(SOON, server.read_exact(&mut six)).await.expect("in time").expect("read");
        relay.set_open(false);
        let sent: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let expected = sent.clone();
        let writing = tokio::spawn(async move {
            client.write_all(&sent).await.expect("write");
            client
        });
        server.write_all(b"back").await.expect("write");
        let mut byte = [0; 1];
        assert!(timeout(QUIET, server.read(&mut byte)).await.is_err(), "a byte passed the cut");
        assert!(!writing.is_finished(), "four megabytes fit into a cut link");
        relay.set_open(true);
        let mut got = vec![0; expected.len()];
        timeout(SOON, server.read_exact(&mut got)).await.expect("in time").expect("read");
        assert!(got == expected, "bytes were lost or changed places");
        let mut client = writing.await.expect("written");
        let mut four = [0; 4];
        timeout(SOON, client.read_exact(&mut four)).await.expect("in time").expect("read");
        assert_eq!(&four, b"back");
    }

    #[tokio::test]
    async fn a_connection_made_during_a_cut_is_served_after_healing() {
        let target = listener().await;
        let relay = relay_to(&target).await;
        relay.set_open(false);
        // The accept loop may hold one connection that it asked for before the cut.
        let mut clients = Vec::new();
        for number in 0..2_u8 {
            let mut client = TcpStream::connect(relay.address()).await.expect("the kernel accepts");
            client.write_all(&[number]).await.expect("write");
            clients.push(client);
        }
        assert!(timeout(QUIET, target.accept()).await.is_err(), "served through a cut link");
        relay.set_open(true);
        for _ in 0..2 {
            let (mut server, _) =
                timeout(SOON, target.accept()).await.expect("in time").expect("accept");
            let mut byte = [0; 1];
            timeout(SOON, server.read_exact(&mut byte)).await.expect("in time").expect("read");
        }
    }

    #[tokio::test]
    async fn a_relay_survives_the_restart_of_its_target_at_another_port() {
        let target = listener().await;
        let relay = relay_to(&target).await;
        let (mut client, server) = pair(&relay, &target).await;
        drop(server);
        drop(target);
        let mut rest = Vec::new();
        timeout(SOON, client.read_to_end(&mut rest)).await.expect("closed").expect("read");
        let mut refused = TcpStream::connect(relay.address()).await.expect("the relay listens");
        let end = timeout(SOON, refused.read_to_end(&mut rest)).await.expect("closed");
        assert!(end.is_err() || rest.is_empty());
        let target = listener().await;
        relay.set_target(target.local_addr().expect("bound"));
        let (mut client, mut server) = pair(&relay, &target).await;
        server.write_all(b"again").await.expect("write");
        let mut five = [0; 5];
        timeout(SOON, client.read_exact(&mut five)).await.expect("in time").expect("read");
    }
}
