//! Paces: how often an act may be done, for each of many keys.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Keys that are kept apart at a time at most; while so many are at work, nobody else may begin.
const KEYS_MAX: usize = 1024;

/// Pace for each key: so many at once, and then one each so often.
#[derive(Debug)]
pub(super) struct Pace<K> {
    every: Duration,
    burst: u32,
    /// Time when each key will have earned all of its burst again.
    full: HashMap<K, Instant>,
}

impl<K: Eq + Hash> Pace<K> {
    pub(super) fn new(burst: u32, every: Duration) -> Self {
        Self { every, burst, full: HashMap::new() }
    }

    /// Checks whether the act may be done now for a key; does not count it.
    pub(super) fn has_room(&self, key: &K, now: Instant) -> bool {
        let known = self.full.get(key).copied();
        let full = known.unwrap_or(now).max(now);
        let room = known.is_some() || self.full.len() < KEYS_MAX;
        room && full.duration_since(now) <= self.every.saturating_mul(self.burst.saturating_sub(1))
    }

    /// Counts the act for a key, if it may be done now; tells if so.
    pub(super) fn takes(&mut self, key: K, now: Instant) -> bool {
        if self.full.len() >= KEYS_MAX {
            self.full.retain(|_, full| *full > now);
        }
        let allowed = self.has_room(&key, now);
        if allowed {
            let full = self.full.entry(key).or_insert(now);
            *full = (*full).max(now) + self.every;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_one_is_earned_each_time() {
        let (start, every) = (Instant::now(), Duration::from_secs(1));
        let mut pace = Pace::new(3, every);
        assert_eq!((0..10).filter(|_| pace.takes("one", start)).count(), 3);
        assert!(pace.takes("other", start));
        assert!(!pace.takes("one", start + every / 2));
        assert_eq!((0..10).filter(|_| pace.takes("one", start + 2 * every)).count(), 2);
        assert_eq!((0..10).filter(|_| pace.takes("one", start + 60 * every)).count(), 3);
    }

    #[test]
    fn nobody_fills_it_for_good() {
        let (start, every) = (Instant::now(), Duration::from_secs(1));
        let mut pace = Pace::new(3, every);
        let allowed = (0..10 * KEYS_MAX).filter(|key| pace.takes(*key, start)).count();
        assert_eq!(allowed, KEYS_MAX);
        assert!(pace.takes(10 * KEYS_MAX, start + every));
    }
}
