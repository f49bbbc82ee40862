//! Answers that peers have not taken yet: how many bytes one of them, and all, may have waiting.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use coinage_protocol::limits::MESSAGE_BYTES_MAX;
use libp2p::PeerId;
use libp2p::request_response::InboundRequestId;

/// Bytes for one peer at most: as many answers as one of this program asks for at a time.
const PEER_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;
/// Bytes for all peers at most: 16 of them may be as slow as they like.
const BYTES_MAX: usize = 16 * PEER_BYTES_MAX;
/// Time that a peer may take for an answer while others find no room.
const GRACE: Duration = Duration::from_secs(2);

/// The answers under way.
#[derive(Debug)]
pub(super) struct Sending<N = InboundRequestId> {
    answers: HashMap<N, Answer>,
    bytes: usize,
}

#[derive(Debug)]
struct Answer {
    to: PeerId,
    bytes: usize,
    since: Instant,
}

/// Room for an answer: whether it may be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Room {
    /// The answer may be sent, and counts now.
    Enough,
    /// The peer has not taken what it was given.
    Untaken,
    /// The other peers have not taken theirs, this one the longest of them; nobody if none is slow.
    Crowded(Option<PeerId>),
}

impl<N: Eq + Hash> Sending<N> {
    pub(super) fn new() -> Self {
        Self { answers: HashMap::new(), bytes: 0 }
    }

    /// Counts an answer to a peer, if there is room for it.
    pub(super) fn begin(&mut self, number: N, to: PeerId, bytes: usize, now: Instant) -> Room {
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

    /// Takes in that an answer is sent, or never will be; tells if it was one of these.
    pub(super) fn end(&mut self, number: N) -> bool {
        let ended = self.answers.remove(&number);
        self.bytes -= ended.as_ref().map_or(0, |answer| answer.bytes);
        ended.is_some()
    }

    fn to(&self, peer: &PeerId) -> impl Iterator<Item = &Answer> {
        self.answers.values().filter(move |answer| answer.to == *peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_gets_no_more_before_it_has_taken_what_it_was_given() {
        let (mut sending, peer, now) = (Sending::new(), PeerId::random(), Instant::now());
        for number in 0..2 {
            assert_eq!(sending.begin(number, peer, MESSAGE_BYTES_MAX, now), Room::Enough);
        }
        assert_eq!(sending.begin(2, peer, 1, now), Room::Untaken);
        assert_eq!(sending.begin(3, PeerId::random(), 1, now), Room::Enough);
        assert!(sending.end(1) && !sending.end(1) && !sending.end(2));
        assert_eq!(sending.begin(4, peer, MESSAGE_BYTES_MAX, now), Room::Enough);
    }

    #[test]
    fn many_who_take_nothing_hold_a_bounded_part_and_the_slowest_makes_room() {
        let (mut sending, start) = (Sending::new(), Instant::now());
        let deaf: Vec<_> = (0..16).map(|_| PeerId::random()).collect();
        let mut number = 0;
        for (peer, since) in deaf.iter().zip(0..) {
            for _ in 0..2 {
                number += 1;
                let at = start + Duration::from_millis(since);
                assert_eq!(sending.begin(number, *peer, MESSAGE_BYTES_MAX, at), Room::Enough);
            }
        }
        assert_eq!(sending.bytes, BYTES_MAX);
        let honest = PeerId::random();
        let soon = start + GRACE;
        assert_eq!(sending.begin(0, honest, 1, soon), Room::Crowded(None));
        let later = soon + Duration::from_millis(1);
        assert_eq!(sending.begin(0, honest, 1, later), Room::Crowded(Some(deaf[0])));
        assert!(sending.end(1) && sending.end(2));
        assert_eq!(sending.begin(0, honest, 1, later), Room::Enough);
    }
}
