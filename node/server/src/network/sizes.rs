//! Bounds on the bytes of a message on each layer, from the payload outwards.
//!
//! | layer | what it holds | bound |
//! |-------|---------------|-------|
//! | payload | a block, a batch of transactions, a ballot, an answer | `protocol::limits` |
//! | gossip message | payload, topic, lengths | [`BLOCK_FRAME`] and its like |
//! | gossip stream | one frame, and what was read behind it | [`GOSSIP_BUFFER`] |
//! | request or answer | the payload alone: the end of its stream ends it | `protocol::limits` |
//!
//! Whatever is read with a message has room beside it: a stream is closed for good if its buffer
//! holds more than its bound, even if each message in it is within its own.

use coinage_protocol::limits::{BALLOT_BYTES, GOSSIP_BATCH_BYTES, MESSAGE_BYTES_MAX};

/// Bytes of a gossip message besides its payload: its topic, which names the chain, tags, lengths.
const GOSSIP_ENVELOPE: usize = 1024;
/// Bytes that the decoder of a gossip stream reads at once (asynchronous-codec 0.7). The last of
/// such reads brings what stands behind a frame, which is held against the same bound (gossipsub
/// 0.50, `validate_rpc_limits`).
const READ_AT_ONCE: usize = 8 * 1024;
/// Bytes of the length before a frame at most.
const PREFIX: usize = 10;

/// Bytes of a gossip message with a block at most.
pub(super) const BLOCK_FRAME: usize = MESSAGE_BYTES_MAX + GOSSIP_ENVELOPE;
/// Bytes of a gossip message with transactions at most. The decoder of the payload refuses what is
/// too long, and charges for it.
pub(super) const BATCH_FRAME: usize = GOSSIP_BATCH_BYTES + GOSSIP_ENVELOPE;
/// Bytes of a gossip message with a vote or commit at most, as for transactions.
pub(super) const BALLOT_FRAME: usize = BALLOT_BYTES + GOSSIP_ENVELOPE;
/// Bytes that the buffer of a gossip stream may hold.
pub(super) const GOSSIP_BUFFER: usize = PREFIX + BLOCK_FRAME + READ_AT_ONCE;

const _: () =
    assert!(BATCH_FRAME <= BLOCK_FRAME && BALLOT_FRAME <= BLOCK_FRAME, "one buffer for all");
