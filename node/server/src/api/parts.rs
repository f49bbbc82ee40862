//! Answers in parts, each of which is freed as soon as the kernel has it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// Bytes of a part.
pub(super) const PART_BYTES: usize = 64 * 1024;

/// A part of an answer, freed when it is sent.
struct Part<H> {
    bytes: Box<[u8]>,
    _held: H,
}

impl<H> AsRef<[u8]> for Part<H> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// An answer in parts.
#[derive(Debug)]
pub(super) struct Parts(VecDeque<Bytes>);

impl Parts {
    /// Parts of an answer, each with what holds its bytes in the account of memory.
    pub(super) fn new<H: Send + Sync + 'static>(
        whole: &[u8],
        mut hold: impl FnMut(usize) -> H,
    ) -> Self {
        let part = |bytes: &[u8]| {
            Bytes::from_owner(Part { bytes: bytes.into(), _held: hold(bytes.len()) })
        };
        Self(whole.chunks(PART_BYTES).map(part).collect())
    }
}

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes: usize = self.0.iter().map(Bytes::len).sum();
        SizeHint::with_exact(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}
