//! Requests and responses as byte strings of bounded length, each ended by the end of its stream
//! (SPEC N-9).

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;

/// Codec that reads so many bytes, and of what is longer one more.
#[derive(Clone, Copy, Debug)]
pub(super) struct BoundedCodec {
    pub(super) request_bytes_max: usize,
    pub(super) response_bytes_max: usize,
}

impl Codec for BoundedCodec {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_bounded(io, self.request_bytes_max).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_bounded(io, self.response_bytes_max).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }
}

/// Reads up to one byte more than allowed: by that byte the decoder sees, and says, that the
/// message is too long. (An error here would only reach the log of libp2p.)
async fn read_bounded(io: &mut (impl AsyncRead + Unpin), max: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    io.take(limit).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_is_read_than_it_takes_to_refuse() {
        for (sent, read) in [(16, 16), (17, 17), (18, 17), (1_000_000, 17)] {
            let bytes = read_bounded(&mut vec![7_u8; sent].as_slice(), 16).await;
            assert_eq!(bytes.expect("memory does not fail").len(), read);
        }
    }
}
