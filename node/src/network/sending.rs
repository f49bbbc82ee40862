//! Answers that peers have not taken yet: how many bytes one of them, and all, may have waiting.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use coinage_protocol::limits::MESSAGE_BYTES_MAX;
use libp2p::PeerId;
use libp2p::request_response::InboundRequestId;

/// Bytes for one peer: as many answers as one of this program asks for at a time.
const PEER_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;
/// Bytes for all peers: 16 of them may be as slow as they like.
const BYTES_MAX: usize = 16 * PEER_BYTES_MAX;
/// How long a peer may take for an answer while others find no room.
const GRACE: Duration = Duration::from_secs(2);

/// The answers under way.
#[derive(Debug, Default)]
pub(super) struct Sending {
    answers: HashMap<InboundRequestId, Answer>,
    bytes: usize,
}

#[derive(Debug)]
struct Answer {
    to: PeerId,
    bytes: usize,
    since: Instant,
}

/// Whether an answer may be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Room {
    /// It may, and counts now.
    Enough,
    /// The peer has not taken what it was given.
    Untaken,
    /// Others have not, this one the longest of them; nobody if none is slow.
    Crowded(Option<PeerId>),
}

impl Sending {
    /// Counts an answer to a peer, if there is room for it.
    pub(super) fn begin(
        &mut self,
        number: InboundRequestId,
        to: PeerId,
        bytes: usize,
        now: Instant,
    ) -> Room {
        let own: usize = self.to(&to).map(|answer| answer.bytes).sum();
        if own + bytes > PEER_BYTES_MAX {
            return Room::Untaken;
        }
        if self.bytes + bytes > BYTES_MAX {
            let slow = self.answers.values().filter(|one| now.duration_since(one.since) > GRACE);
            return Room::Crowded(slow.min_by_key(|one| one.since).map(|one| one.to));
        }
        self.bytes += bytes;
        self.answers.insert(number, Answer { to, bytes, since: now });
        Room::Enough
    }

    /// An answer is sent, or never will be; tells if it was one of these.
    pub(super) fn end(&mut self, number: InboundRequestId) -> bool {
        let ended = self.answers.remove(&number);
        self.bytes -= ended.as_ref().map_or(0, |answer| answer.bytes);
        ended.is_some()
    }

    fn to(&self, peer: &PeerId) -> impl Iterator<Item = &Answer> {
        self.answers.values().filter(move |answer| answer.to == *peer)
    }
}
