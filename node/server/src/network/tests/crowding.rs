//! Tests with a stranger who opens streams and says nothing in them.

use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use futures::future::poll_fn;
use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::core::muxing::{StreamMuxer as _, StreamMuxerBox};
use libp2p::core::transport::{DialOpts, PortUse};
use libp2p::core::{Endpoint, Transport as _};
use libp2p::identity::Keypair;
use tokio::time::timeout;

use super::support::{Node, PATIENCE, chain_spec};
use crate::network::transport::transport;

/// The first word of a stream, and what a node answers it with.
const GREETING: &[u8] = b"\x13/multistream/1.0.0\n";

/// Awaits a deed that needs a connection, which goes on meanwhile; returns the outcome.
async fn while_open<T>(
    muxer: &mut StreamMuxerBox,
    deed: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let mut deed = pin!(deed);
    let ended = poll_fn(|context| match deed.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(outcome),
        Poll::Pending => loop {
            // What the node opens is taken, and let go.
            match Pin::new(&mut *muxer).poll_inbound(context) {
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => return Poll::Pending,
            }
        },
    });
    timeout(PATIENCE, ended).await.expect("it is answered or closed")
}

/// Opens so many streams and says nothing in them; tells whether one more is answered then.
async fn is_answered_beside(node: &Node, silent: usize) -> io::Result<()> {
    let mut dialler = transport(&Keypair::generate_ed25519(), None).expect("a transport");
    let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
    let (_, mut muxer) = dialler.dial(node.address(), options).expect("an address").await?;
    let mut open = Vec::new();
    for _ in 0..=silent {
        open.push(poll_fn(|context| Pin::new(&mut muxer).poll_outbound(context)).await?);
    }
    let mut last = open.pop().expect("at least one");
    for stream in &mut open {
        // The beginning of a word tells the node that there is a stream.
        while_open(&mut muxer, async {
            stream.write_all(&GREETING[..1]).await?;
            stream.flush().await
        })
        .await?;
    }
    let mut answer = [0; GREETING.len()];
    while_open(&mut muxer, async {
        last.write_all(GREETING).await?;
        last.flush().await?;
        last.read_exact(&mut answer).await
    })
    .await?;
    assert_eq!(answer, GREETING);
    Ok(())
}

#[tokio::test]
async fn who_opens_more_streams_at_once_than_anybody_needs_is_disconnected() {
    let node = Node::start(&chain_spec("one"), &[]).await;
    is_answered_beside(&node, 7).await.expect("an honest peer may ask as much at once");
    is_answered_beside(&node, 40).await.expect_err("each of them may hold 256 KiB");
}
