//! Randomness of the system.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Returns a generator whose numbers nobody else can predict.
///
/// # Panics
///
/// If the system has no source of randomness, which every supported one has.
pub fn generator() -> ChaCha20Rng {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("every supported system has a source of randomness");
    ChaCha20Rng::from_seed(seed)
}
