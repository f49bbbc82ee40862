//! Turns on a connection: whether the node waits for its client, or the client for the node.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Duration, Instant};

/// The party whose turn it is on a connection, and since when.
#[derive(Clone, Debug)]
pub(super) struct Activity(Arc<Mutex<(Turn, Instant)>>);

/// The party whose turn it is on a connection.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Turn {
    /// The client's turn: it has a request to send, or an answer to take.
    Client,
    /// The node's turn: it has a whole request and is working on it, or waits for news to send.
    Node,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new((Turn::Client, Instant::now()))))
    }

    /// Makes it this party's turn from now on, if it was not already.
    pub(super) fn turn(&self, turn: Turn) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.0 != turn {
            *now = (turn, Instant::now());
        }
    }

    /// Returns the party whose turn it is, and since when.
    pub(super) fn now(&self) -> (Turn, Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it has been the client's turn for so long.
    pub(super) async fn client_slower_than(&self, time_max: Duration) {
        loop {
            let (turn, since) = self.now();
            let ends = match turn {
                Turn::Client => since + time_max,
                Turn::Node => Instant::now() + time_max,
            };
            if ends <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(ends).await;
        }
    }
}

/// The body of a request: until its end it is the client's turn, however it trickles.
#[derive(Debug)]
pub(super) struct Asked<B>(pub(super) B, pub(super) Activity);

/// The body of an answer: while it has nothing to send it is the node's turn.
#[derive(Debug)]
pub(super) struct Answered<B>(pub(super) B, pub(super) Activity);

macro_rules! told {
    ($name:ident, $polled:ident => $turn:expr) => {
        impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for $name<B> {
            type Data = Bytes;
            type Error = B::Error;

            fn poll_frame(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
                let $polled = Pin::new(&mut self.0).poll_frame(context);
                if let Some(turn) = $turn {
                    self.1.turn(turn);
                }
                $polled
            }

            fn is_end_stream(&self) -> bool {
                self.0.is_end_stream()
            }

            fn size_hint(&self) -> SizeHint {
                self.0.size_hint()
            }
        }
    };
}

told!(Asked, polled => match &polled {
    Poll::Pending => Some(Turn::Client),
    Poll::Ready(Some(Ok(_))) => None,
    Poll::Ready(_) => Some(Turn::Node),
});

told!(Answered, polled => match &polled {
    Poll::Pending => Some(Turn::Node),
    Poll::Ready(_) => Some(Turn::Client),
});
