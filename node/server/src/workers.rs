//! Threads for work that is too long for an async task: decoding and verifying signatures.

use std::sync::{Arc, Mutex, PoisonError};

use coinage_keys::random::generator;
use coinage_protocol::{Claim, KnownAuthorities, Verified, VerifiedTable};
use rand_chacha::ChaCha20Rng;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Sets of authorities that the checks know: the engine's, as it last said.
#[derive(Clone, Debug)]
pub(crate) struct Sets(Arc<Mutex<KnownAuthorities>>);

impl Sets {
    pub(crate) fn new(known: KnownAuthorities) -> Self {
        Self(Arc::new(Mutex::new(known)))
    }

    pub(crate) fn get(&self) -> KnownAuthorities {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes what the engine knows; cheap where nothing is new.
    pub(crate) fn set(&self, known: &KnownAuthorities) {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !sets.is_same(known) {
            *sets = known.clone();
        }
    }
}

/// Lane: a bounded queue of checks. Lanes do not wait for each other, so a flood of one kind of
/// message does not delay another kind.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    /// Permits, one for each KiB that waits or is being checked.
    room: Arc<Semaphore>,
    /// Permits, one for each check that may run at the same time.
    slots: Arc<Semaphore>,
}

/// Place that a message has in a lane.
#[derive(Debug)]
pub(crate) struct Room {
    _permit: OwnedSemaphorePermit,
}

impl Queue {
    /// Makes a lane for blocks that holds at most `room_kib` KiB and may use every core.
    pub(crate) fn urgent(room_kib: usize) -> Self {
        Self::new(room_kib, cores())
    }

    /// Makes a lane for what may wait: it leaves half of the cores to blocks.
    pub(crate) fn patient(room_kib: usize) -> Self {
        Self::new(room_kib, (cores() / 2).max(1))
    }

    fn new(room_kib: usize, slots: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(room_kib)), slots: Arc::new(Semaphore::new(slots)) }
    }

    /// Takes a place for a message of so many bytes, if there is one.
    pub(crate) fn room(&self, bytes: usize) -> Option<Room> {
        let kib = u32::try_from(bytes / 1024 + 1).ok()?;
        let permit = Arc::clone(&self.room).try_acquire_many_owned(kib).ok()?;
        Some(Room { _permit: permit })
    }

    /// Runs a check of a message of so many bytes, with an unpredictable generator.
    ///
    /// `None` if the lane is full; the future yields `None` if the check panicked, and the room
    /// that the message takes up until that is dropped.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        check: impl FnOnce(ChaCha20Rng) -> T + Send + 'static,
    ) -> Option<impl Future<Output = (Option<T>, Room)> + Send + 'static> {
        let room = self.room(bytes)?;
        let slots = Arc::clone(&self.slots);
        Some(async move {
            let slot = slots.acquire_owned().await;
            let done = tokio::task::spawn_blocking(move || check(generator())).await.ok();
            drop(slot);
            (done, room)
        })
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The signatures that any worker of this node verified; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Arc<Mutex<VerifiedTable>>);

impl Verified for Known {
    fn knows(&self, claim: &Claim) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).knows(claim)
    }

    fn note(&self, claims: &[Claim]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).note(claims);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_lane_refuses_until_a_checked_message_has_moved_on() {
        let lane = Queue::patient(2);
        let first = lane.run(1500, |_| 1).expect("an empty lane has room");
        assert!(lane.run(0, |_| 2).is_none());
        let (checked, room) = first.await;
        assert_eq!(checked, Some(1));
        assert!(lane.run(0, |_| 2).is_none());
        drop(room);
        assert_eq!(lane.run(0, |_| 3).expect("there is room again").await.0, Some(3));
    }
}
