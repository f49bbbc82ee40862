//! Streams of arbitrary bytes, and gossip frames made by hand.

use std::io;
use std::time::Duration;

use futures::channel::mpsc::UnboundedReceiver;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;

/// The bytes that are written on a stream.
#[derive(Debug)]
pub enum Raw {
    /// Bytes to write, and then the end of the stream.
    Bytes(Vec<u8>),
    /// Bytes to write, one after each pause.
    Slow(Vec<u8>, Duration),
    /// Bytes to write as they come.
    Feed(UnboundedReceiver<Vec<u8>>),
}

/// Writes what it is given; reads whatever comes, to its end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawCodec {
    /// True if what comes in is of no interest.
    pub(super) deaf: bool,
}

impl Codec for RawCodec {
    type Protocol = StreamProtocol;
    type Request = Raw;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Raw>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut bytes = Vec::new();
        if self.deaf {
            futures::io::copy(io, &mut futures::io::sink()).await?;
        } else {
            io.read_to_end(&mut bytes).await?;
        }
        Ok(Raw::Bytes(bytes))
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut bytes = Vec::new();
        io.read_to_end(&mut bytes).await?;
        Ok(bytes)
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, raw: Raw) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        match raw {
            Raw::Bytes(bytes) => io.write_all(&bytes).await,
            Raw::Slow(bytes, pause) => {
                for byte in bytes {
                    io.write_all(&[byte]).await?;
                    io.flush().await?;
                    tokio::time::sleep(pause).await;
                }
                Ok(())
            }
            Raw::Feed(mut feed) => {
                while let Some(bytes) = feed.next().await {
                    io.write_all(&bytes).await?;
                    io.flush().await?;
                }
                Ok(())
            }
        }
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

/// A gossipsub frame with one anonymous message: its length, then in protobuf `publish`, and in it
/// `data` and `topic`.
pub fn frame(topic: &str, data: &[u8]) -> Vec<u8> {
    let message = [field(2, data), field(4, topic.as_bytes())].concat();
    let rpc = field(2, &message);
    [varint(rpc.len()), rpc].concat()
}

/// A gossipsub frame with one message that names its author, as other networks have them: `from`,
/// `data`, `seqno`, `topic`, `signature` and `key`, but only those with a number in `fields`.
pub fn signed_frame(topic: &str, data: &[u8], fields: &[u8]) -> Vec<u8> {
    let all = [
        field(1, &[0, 36, 8, 1, 18, 32]),
        field(2, data),
        field(3, &[0; 8]),
        field(4, topic.as_bytes()),
        field(5, &[7; 64]),
    ];
    let told =
        (1..).zip(all).filter(|(number, _)| [2, 4].contains(number) || fields.contains(number));
    let rpc = field(2, &told.flat_map(|(_, field)| field).collect::<Vec<_>>());
    [varint(rpc.len()), rpc].concat()
}

/// A gossipsub frame that joins and leaves a topic's mesh so many times and says nothing else.
pub fn words(topic: &str, count: usize) -> Vec<u8> {
    let named = field(1, topic.as_bytes());
    // In `control`: `graft` and `prune`.
    let control = [field(3, &named), field(4, &named)].concat().repeat(count);
    let rpc = field(3, &control);
    [varint(rpc.len()), rpc].concat()
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2], &*varint(content.len()), content].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
