//! Bound on the streams of a connection that wait for somebody to take them.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use libp2p::core::StreamMuxer;
use libp2p::core::muxing::StreamMuxerEvent;

/// Streams at most that wait for somebody to take them. Who opens more at a time has no reason to.
const WAITING_MAX: usize = 4;

/// A muxer of whose new streams few wait to be taken.
pub(super) struct Waiting<M: StreamMuxer> {
    muxer: M,
    streams: VecDeque<M::Substream>,
    /// True if a stream of this side was opened since the last look for new ones.
    opened: bool,
}

impl<M: StreamMuxer> Waiting<M> {
    pub(super) fn new(muxer: M) -> Self {
        Self { muxer, streams: VecDeque::new(), opened: false }
    }
}

impl<M> StreamMuxer for Waiting<M>
where
    M: StreamMuxer<Error: Into<io::Error>> + Unpin,
    M::Substream: Unpin,
{
    type Substream = M::Substream;
    type Error = io::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<M::Substream>> {
        if let Some(stream) = self.streams.pop_front() {
            return Poll::Ready(Ok(stream));
        }
        Pin::new(&mut self.muxer).poll_inbound(context).map_err(Into::into)
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<M::Substream>> {
        let opened = Pin::new(&mut self.muxer).poll_outbound(context);
        self.opened |= opened.is_ready();
        opened.map_err(Into::into)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.muxer).poll_close(context).map_err(Into::into)
    }

    /// Goes on with the connection; new streams that it brings wait here, not in the muxer, which
    /// would let 256 of them wait.
    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<StreamMuxerEvent>> {
        if std::mem::take(&mut self.opened) && !self.streams.is_empty() {
            // The connection opened a stream and began anew, before it could take one.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let stream = ready!(Pin::new(&mut self.muxer).poll_inbound(context)).map_err(Into::into)?;
        if self.streams.len() >= WAITING_MAX {
            return Poll::Ready(Err(io::Error::other("it opens too many streams at once")));
        }
        self.streams.push_back(stream);
        // One at a time: before the next the connection takes it, unless it negotiates too many.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A muxer to which the other side has opened so many streams, and which opens any number.
    struct Opened(usize);

    impl StreamMuxer for Opened {
        type Substream = futures::io::Cursor<Vec<u8>>;
        type Error = io::Error;

        fn poll_inbound(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<io::Result<Self::Substream>> {
            let Some(left) = self.0.checked_sub(1) else { return Poll::Pending };
            self.0 = left;
            Poll::Ready(Ok(Self::Substream::default()))
        }

        fn poll_outbound(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<io::Result<Self::Substream>> {
            Poll::Ready(Ok(Self::Substream::default()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
            Poll::Pending
        }
    }

    /// Returns how many streams a connection takes which looks for them as that of libp2p-swarm
    /// does: it goes on, opens a stream and begins anew, or takes one and begins anew.
    fn taken(mut opens: usize, comes: usize, takes_at_most: usize) -> io::Result<usize> {
        let mut muxer = Waiting::new(Opened(comes));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut taken = 0;
        for _ in 0..100 {
            if let Poll::Ready(Err(error)) = Pin::new(&mut muxer).poll(&mut context) {
                return Err(error);
            }
            if let Some(left) = opens.checked_sub(1) {
                assert!(Pin::new(&mut muxer).poll_outbound(&mut context).is_ready());
                opens = left;
            } else if taken < takes_at_most
                && Pin::new(&mut muxer).poll_inbound(&mut context).is_ready()
            {
                taken += 1;
            }
        }
        Ok(taken)
    }

    #[test]
    fn both_sides_may_open_their_streams_at_the_same_time() {
        // SPEC N-8
        for opens in [0, 1, 4, 20] {
            assert_eq!(taken(opens, 12, 12).expect("nobody opens too many"), 12, "{opens}");
            assert_eq!(taken(opens, 12, 8).expect("four wait"), 8, "{opens}");
            let refused = taken(opens, 13, 8).expect_err("five wait");
            assert_eq!(refused.to_string(), "it opens too many streams at once", "{opens}");
        }
    }
}
