//! Chance: numbers of a generator, or of bytes that a fuzzer makes up.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A source of numbers.
#[derive(Debug)]
pub enum Chance<'a> {
    /// A generator.
    Generator(Box<ChaCha8Rng>),
    /// Bytes, and zeros after them.
    Bytes(&'a [u8]),
}

impl Chance<'_> {
    /// The numbers of a seed.
    pub fn of(seed: u64) -> Self {
        Self::Generator(Box::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// A number below this one.
    pub fn below(&mut self, max: u64) -> u64 {
        let number = match self {
            Self::Generator(generator) => generator.next_u64(),
            Self::Bytes(bytes) => {
                let size = if max <= 256 { 1 } else { 8 };
                let (head, rest) = bytes.split_at(bytes.len().min(size));
                *bytes = rest;
                head.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
            }
        };
        number % max.max(1)
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) + 1 == times
    }

    /// A random one of these.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        let at = usize::try_from(self.below(all.len() as u64)).unwrap_or(0);
        all[at].clone()
    }
}
