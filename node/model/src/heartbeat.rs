//! Heartbeats: how long a leader lets a quiet network be silent.

use core::fmt;
use core::str::FromStr;
use std::time::Duration;

use coinage_protocol::limits::{HEARTBEAT_MS, HEARTBEAT_MS_MAX};
use serde::{Deserialize, Deserializer};

/// The longest time from one block to the next on a quiet network, as a leader keeps it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Heartbeat(u64);

/// The answer to a text that names no heartbeat.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("write it like 500ms or 10s; it is at most {} seconds", HEARTBEAT_MS_MAX / 1000)]
pub struct NoHeartbeat;

impl Heartbeat {
    /// Length of the heartbeat in milliseconds.
    pub fn ms(self) -> u64 {
        self.0
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self(HEARTBEAT_MS)
    }
}

impl FromStr for Heartbeat {
    type Err = NoHeartbeat;

    fn from_str(text: &str) -> Result<Self, NoHeartbeat> {
        let time = humantime::parse_duration(text).map_err(|_| NoHeartbeat)?;
        let ms = u64::try_from(time.as_millis()).ok();
        ms.filter(|ms| *ms <= HEARTBEAT_MS_MAX).map(Self).ok_or(NoHeartbeat)
    }
}

impl fmt::Display for Heartbeat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(Duration::from_millis(self.0)).fmt(formatter)
    }
}

impl<'de> Deserialize<'de> for Heartbeat {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_a_time_of_a_minute_at_most() {
        // SPEC F-10
        let heartbeat = |text: &str| text.parse::<Heartbeat>();
        assert_eq!(heartbeat("10s"), Ok(Heartbeat::default()));
        assert_eq!(heartbeat("1m").map(Heartbeat::ms), Ok(60_000));
        assert_eq!(heartbeat("0s").map(Heartbeat::ms), Ok(0), "a block in each slot");
        assert_eq!(heartbeat("1500ms").map(|one| one.to_string()), Ok("1s 500ms".into()));
        for bad in ["61s", "10", "", "soon", "-1s"] {
            assert_eq!(heartbeat(bad), Err(NoHeartbeat), "{bad}");
        }
    }
}
