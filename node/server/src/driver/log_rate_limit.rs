//! Limit on the log lines that peers may cause.

use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// Lines at once at most: many honest peers may come and go together.
const LINES_MAX: NonZeroU32 = NonZeroU32::new(400).expect("some");
/// Lines a second at most, in the long run.
const LINES_PER_SECOND: NonZeroU32 = NonZeroU32::new(10).expect("some");

/// Limit on log lines: whoever connects again and again under new names must not fill the disk with
/// what is said of it.
#[derive(Debug)]
pub(super) struct LogRateLimit<C: Clock = DefaultClock> {
    limiter: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
    left_out: u64,
}

impl<C: Clock> LogRateLimit<C> {
    pub(super) fn new(clock: C) -> Self {
        let quota = Quota::per_second(LINES_PER_SECOND).allow_burst(LINES_MAX);
        Self { limiter: RateLimiter::direct_with_clock(quota, clock), left_out: 0 }
    }

    /// Checks whether a line may be written now. The first after a silence says how many are
    /// missing.
    pub(super) fn allows(&mut self) -> bool {
        if self.limiter.check().is_err() {
            self.left_out += 1;
            return false;
        }
        let count = std::mem::take(&mut self.left_out);
        if count > 0 {
            let hint = "many peers come and go, or one does under many names";
            tracing::warn!(count, hint, "peer.lines_left_out");
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn a_flood_of_lines_becomes_a_few_a_second() {
        let clock = FakeRelativeClock::default();
        let mut limit = LogRateLimit::new(clock.clone());
        let burst = (0..10_000).filter(|_| limit.allows()).count();
        assert_eq!(burst, 400);
        let mut wait = |ms| {
            clock.advance(Duration::from_millis(ms));
            limit.allows()
        };
        let later = (0..10_000).filter(|_| wait(1)).count();
        assert_eq!(later, 100, "in ten seconds");
        assert!(wait(60_000), "it recovers");
    }
}
