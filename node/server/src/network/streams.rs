//! Bounds on what a connection may make a node hold before anybody has taken its streams.
//!
//! yamux keeps what came for a stream until somebody reads it: up to 256 KiB for each, in pieces as
//! they came, and some 64 bytes more for each piece. It lets nobody choose less, and counts no
//! frames. So here frames that carry little are let through at a pace, below yamux; and above it
//! few streams wait for somebody to take them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::future::{Ready, ready as at_once};
use futures::io::{AsyncRead, AsyncWrite, IoSlice};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};
use libp2p::yamux;
use tokio::time::{Instant, Sleep, sleep_until};

use super::waiting::Waiting;

/// Bytes of a frame's header (yamux, section 2).
const HEADER_BYTES: usize = 12;
/// Bytes that make a frame worth its place.
const WORTHY_BYTES: u32 = 256;
/// Little frames at once at most: all that eight requests and the gossip of some seconds need.
const LITTLE_MAX: u32 = 4_096;
/// Little frames each second at most.
const LITTLE_PER_SECOND: u32 = 1_000;
/// Number of little frames that a frame which opens a stream counts as: the node does much for it.
const OPENING: u32 = 4;
/// Streams of a connection at a time at most: gossip, requests of all kinds, probes.
const STREAMS_MAX: usize = 64;
/// yamux, with bounds on what it holds.
#[derive(Clone)]
pub(super) struct Streams(yamux::Config);

impl Default for Streams {
    fn default() -> Self {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(STREAMS_MAX);
        Self(config)
    }
}

impl UpgradeInfo for Streams {
    type Info = <yamux::Config as UpgradeInfo>::Info;
    type InfoIter = <yamux::Config as UpgradeInfo>::InfoIter;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.protocol_info()
    }
}

type Upgraded<C> = Ready<io::Result<Waiting<yamux::Muxer<Paced<C>>>>>;

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for Streams {
    type Output = Waiting<yamux::Muxer<Paced<C>>>;
    type Error = io::Error;
    type Future = Upgraded<C>;

    fn upgrade_inbound(self, socket: C, info: Self::Info) -> Self::Future {
        let muxer = self.0.upgrade_inbound(Paced::new(socket), info);
        at_once(muxer.into_inner().map(Waiting::new))
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for Streams {
    type Output = Waiting<yamux::Muxer<Paced<C>>>;
    type Error = io::Error;
    type Future = Upgraded<C>;

    fn upgrade_outbound(self, socket: C, info: Self::Info) -> Self::Future {
        let muxer = self.0.upgrade_outbound(Paced::new(socket), info);
        at_once(muxer.into_inner().map(Waiting::new))
    }
}

/// A connection of which little frames are read at a pace.
pub(super) struct Paced<C> {
    socket: C,
    frames: Frames,
    /// Timer for when the next frames may come.
    rest: Option<Pin<Box<Sleep>>>,
}

impl<C> Paced<C> {
    fn new(socket: C) -> Self {
        Self { socket, frames: Frames::new(Instant::now()), rest: None }
    }
}

impl<C: AsyncRead + Unpin> AsyncRead for Paced<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(rest) = &mut self.rest {
            ready!(rest.as_mut().poll(context));
            self.rest = None;
        }
        let read = ready!(Pin::new(&mut self.socket).poll_read(context, buffer))?;
        let now = Instant::now();
        self.frames.read(buffer.get(..read).unwrap_or_default());
        self.rest = self.frames.rest(now).map(|until| Box::pin(sleep_until(until)));
        Poll::Ready(Ok(read))
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Paced<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, buffers)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(context)
    }
}

/// Position of a reader of yamux's frames, and the little ones it has met.
struct Frames {
    header: [u8; HEADER_BYTES],
    /// Bytes of the header that are read.
    have: usize,
    /// Bytes of the body that are still to come.
    body: u32,
    /// Little frames that no time has made good yet.
    debt: u32,
    since: Instant,
}

impl Frames {
    fn new(now: Instant) -> Self {
        Self { header: [0; HEADER_BYTES], have: 0, body: 0, debt: 0, since: now }
    }

    /// Notes bytes as they came.
    fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.body > 0 {
                let some = bytes.len().min(usize::try_from(self.body).unwrap_or(usize::MAX));
                self.body -= u32::try_from(some).unwrap_or(self.body);
                bytes = bytes.get(some..).unwrap_or_default();
                continue;
            }
            let some = bytes.len().min(HEADER_BYTES - self.have);
            let (now, rest) = bytes.split_at(some);
            self.header[self.have..self.have + some].copy_from_slice(now);
            self.have += some;
            bytes = rest;
            if self.have == HEADER_BYTES {
                self.have = 0;
                self.on_header();
            }
        }
    }

    /// Takes in a header: version, type, flags (two bytes), stream and length (four each).
    fn on_header(&mut self) {
        let [_, kind, _, flags, _, _, _, _, length @ ..] = self.header;
        let length = u32::from_be_bytes(length);
        let (is_data, opens) = (kind == 0, flags & 1 != 0);
        self.body = if is_data { length } else { 0 };
        if opens {
            self.debt = self.debt.saturating_add(OPENING);
        } else if self.body < WORTHY_BYTES {
            self.debt = self.debt.saturating_add(1);
        }
    }

    /// Returns the time until which nothing more is read, if too many little frames came.
    fn rest(&mut self, now: Instant) -> Option<Instant> {
        let millis = now.saturating_duration_since(self.since).as_millis();
        let made_good = u32::try_from(millis * u128::from(LITTLE_PER_SECOND) / 1_000);
        let made_good = made_good.unwrap_or(u32::MAX);
        if made_good > 0 {
            self.debt = self.debt.saturating_sub(made_good);
            self.since = now;
        }
        let over = self.debt.checked_sub(LITTLE_MAX).filter(|over| *over > 0)?;
        let millis = u64::from(over) * 1_000 / u64::from(LITTLE_PER_SECOND);
        Some(now + Duration::from_millis(millis.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use futures::{AsyncReadExt as _, FutureExt as _};

    use super::*;

    fn frame(kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).expect("short").to_be_bytes();
        [&[0, kind, 0, flags, 0, 0, 0, 7], &length[..], body].concat()
    }

    fn after(read: &[u8], pieces: usize) -> (u32, Option<Duration>) {
        let now = Instant::now();
        let mut frames = Frames::new(now);
        read.chunks(pieces).for_each(|piece| frames.read(piece));
        let rest = frames.rest(now);
        (frames.debt, rest.map(|until| until - now))
    }

    #[test]
    fn little_frames_are_counted_however_they_are_cut() {
        let little = frame(0, 0, &[1]);
        let large = frame(0, 0, &[2; 300]);
        let (update, ping) = (frame(1, 0, &[]), frame(2, 1, &[]));
        let all = [&little[..], &large, &update, &little, &ping, &large].concat();
        for pieces in [1, 5, 12, 13, 1_000] {
            assert_eq!(after(&all, pieces), (3 + OPENING, None), "{pieces}");
        }
    }

    /// Returns how many of these bytes are read at once.
    fn read_now(bytes: &[u8]) -> usize {
        let mut paced = Paced::new(futures::io::Cursor::new(bytes));
        let (mut buffer, mut total) = ([0; 1_300], 0);
        while let Some(read) = paced.read(&mut buffer).now_or_never() {
            match read.expect("memory does not fail") {
                0 => break,
                read => total += read,
            }
        }
        total
    }

    #[tokio::test]
    async fn a_connection_is_not_read_on_while_too_many_little_frames_are_owed() {
        let enough = usize::try_from(LITTLE_MAX).expect("few");
        let little = frame(0, 0, &[1]);
        let read = read_now(&little.repeat(4 * enough)) / little.len();
        // Time goes on meanwhile, and what is read together is counted together.
        assert!((enough..3 * enough).contains(&read), "{read}");
        let large = frame(0, 0, &[1; 300]).repeat(4 * enough);
        assert_eq!(read_now(&large), large.len());
    }

    #[test]
    fn what_stands_in_a_body_is_no_frame() {
        let inside = frame(0, 0, &frame(0, 1, &[1; 4]).repeat(100));
        assert_eq!(after(&inside, 7), (0, None));
    }

    #[test]
    fn many_little_frames_are_made_to_wait_and_large_ones_are_not() {
        let bytes = frame(0, 0, &[1]).repeat(usize::try_from(LITTLE_MAX).expect("few"));
        assert_eq!(after(&bytes, 4_096), (LITTLE_MAX, None));
        let more = [&bytes[..], &frame(0, 0, &[1]).repeat(1_000)].concat();
        let (_, rest) = after(&more, 4_096);
        assert_eq!(rest, Some(Duration::from_secs(1)));
        assert_eq!(after(&frame(0, 0, &[1; 256]).repeat(50_000), 4_096), (0, None));
    }
}
