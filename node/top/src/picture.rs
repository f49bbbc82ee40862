//! The picture of this moment.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use coinage_model::time;

use super::facts::Facts;
use super::gather::{PATIENCE, POLL, Sights};
use super::source::Sources;

impl Sights {
    /// Returns the picture that follows from what is known now.
    pub(super) fn facts(&self) -> Facts {
        Facts::of(&self.lock(), time::millis(SystemTime::now()))
    }
}

/// Returns one picture, once every node has answered or had its time.
pub fn once(sources: &Sources) -> Facts {
    let sights = Sights::watch(sources, Duration::from_secs(3600));
    // A node is asked four questions at most.
    let deadline = Instant::now() + PATIENCE * 4;
    while !sights.all_answered() && Instant::now() < deadline {
        thread::sleep(POLL);
    }
    sights.facts()
}
