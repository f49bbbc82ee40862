//! Identities that two nodes have: each pushes the other off, for ever.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use libp2p::PeerId;

/// Identities that are watched at a time.
const WATCHED_MAX: usize = 64;
/// Number of times within [`WITHIN`] that an identity comes again while it is here and answers,
/// until it is certain that two have it. A node that starts again does so once.
const TIMES: u32 = 3;
const WITHIN: Duration = Duration::from_secs(60);

/// Identities that came again while they were here.
#[derive(Debug, Default)]
pub(super) struct Doubles {
    seen: HashMap<PeerId, (Instant, u32)>,
}

impl Doubles {
    /// True if two nodes had this identity lately.
    pub(super) fn is_one(&self, peer: &PeerId) -> bool {
        self.seen.get(peer).is_some_and(|(_, count)| *count >= TIMES)
    }

    /// Counts that a peer came again while its older connection answered; tells if two nodes must
    /// have its identity.
    pub(super) fn came_again(&mut self, peer: PeerId, now: Instant) -> bool {
        self.seen.retain(|_, (since, _)| now.duration_since(*since) < WITHIN);
        if !self.seen.contains_key(&peer) && self.seen.len() >= WATCHED_MAX {
            return false;
        }
        let (since, count) = self.seen.entry(peer).or_insert((now, 0));
        *count += 1;
        let certain = *count >= TIMES;
        if certain {
            *since = now;
        }
        certain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_starts_again_now_and_then_is_one_and_what_comes_again_and_again_is_two() {
        let (start, peer) = (Instant::now(), PeerId::random());
        let mut doubles = Doubles::default();
        for minute in 0..10 {
            assert!(!doubles.came_again(peer, start + minute * WITHIN));
        }
        let now = start + 20 * WITHIN;
        let told: Vec<_> = (0..5)
            .map(|second| doubles.came_again(peer, now + Duration::from_secs(10 * second)))
            .collect();
        assert_eq!(told, [false, false, true, true, true]);
        assert!(doubles.is_one(&peer));
        for _ in 0..10 * WATCHED_MAX {
            assert!(!doubles.came_again(PeerId::random(), now));
        }
        assert!(doubles.seen.len() <= WATCHED_MAX);
    }
}
