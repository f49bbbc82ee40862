//! The only reader of the machine's clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use coinage_protocol::engine::Now;

/// Reads the time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    /// For experiments only: how far ahead the wall clock pretends to be, in milliseconds.
    offset_ms: i64,
}

impl Clock {
    /// A clock whose uptime begins now. An offset makes the node believe in another time of day,
    /// so that people can watch what a wrong clock does; a real node has none.
    pub(crate) fn start(offset_ms: i64) -> Self {
        Self { started: Instant::now(), offset_ms }
    }

    /// The time.
    pub(crate) fn now(&self) -> Now {
        Now {
            wall: millis(self.wall().duration_since(UNIX_EPOCH).unwrap_or_default()),
            uptime: millis(self.started.elapsed()),
        }
    }

    /// The time of day.
    pub(crate) fn wall(&self) -> SystemTime {
        let offset = Duration::from_millis(self.offset_ms.unsigned_abs());
        let now = SystemTime::now();
        let shifted =
            if self.offset_ms < 0 { now.checked_sub(offset) } else { now.checked_add(offset) };
        shifted.unwrap_or(now)
    }

    /// When it will be so many milliseconds of uptime.
    pub(crate) fn instant(&self, uptime: u64) -> Instant {
        let far = Duration::from_secs(3600);
        self.started + Duration::from_millis(uptime).min(self.started.elapsed() + far)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
