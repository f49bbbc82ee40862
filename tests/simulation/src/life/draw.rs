//! Chance, drawn from a seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Chance, one draw after the other.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Draws any number.
    pub(super) fn any(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(super) fn below(&mut self, max: u64) -> u64 {
        self.0.next_u64() % max.max(1)
    }

    pub(super) fn one_in(&mut self, max: u64) -> bool {
        self.below(max) == 0
    }

    pub(super) fn index(&mut self, max: usize) -> usize {
        usize::try_from(self.below(max as u64)).unwrap_or(0)
    }

    /// A number of milliseconds, ahead or behind.
    pub(super) fn either_way(&mut self, most: u64) -> i64 {
        i64::try_from(self.below(2 * most)).unwrap_or(0) - i64::try_from(most).unwrap_or(0)
    }
}
