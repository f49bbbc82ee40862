//! Clocks of the machine: the only reader of them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use coinage_protocol::UnixMillis;
use coinage_protocol::engine::Now;

/// Reader of the time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    /// Milliseconds by which the wall clock pretends to be ahead; for experiments only.
    offset_ms: i64,
}

impl Clock {
    /// Starts a clock whose uptime begins now. An offset makes the node believe in another time of
    /// day, so that people can watch what a wrong clock does; a real node has none.
    pub(crate) fn start(offset_ms: i64) -> Self {
        Self { started: Instant::now(), offset_ms }
    }

    /// Returns the time.
    pub(crate) fn now(&self) -> Now {
        Now {
            wall: UnixMillis::new(millis(
                self.wall().duration_since(UNIX_EPOCH).unwrap_or_default(),
            )),
            uptime: millis(self.started.elapsed()),
        }
    }

    /// Returns the time of day.
    pub(crate) fn wall(&self) -> SystemTime {
        let offset = Duration::from_millis(self.offset_ms.unsigned_abs());
        let now = SystemTime::now();
        let shifted =
            if self.offset_ms < 0 { now.checked_sub(offset) } else { now.checked_add(offset) };
        shifted.unwrap_or(now)
    }

    /// Returns the instant when it will be so many milliseconds of uptime.
    pub(crate) fn instant(&self, uptime: u64) -> Instant {
        let far = Duration::from_secs(3600);
        self.started + Duration::from_millis(uptime).min(self.started.elapsed() + far)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
