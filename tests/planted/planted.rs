//! The switch of all planted faults.
//!
//! `scripts/planted` lays this file beside the rules in a copy of the workspace, where each patch
//! asks it. It is in no program that anybody uses.

use core::sync::atomic::{AtomicU64, Ordering};

/// The number of the fault that is in force; 0 if there is none.
static PLANTED: AtomicU64 = AtomicU64::new(0);

/// Checks whether the fault of this name is in force.
pub(crate) fn planted(name: &str) -> bool {
    PLANTED.load(Ordering::Relaxed) == number(name)
}

/// Puts one fault in force, everywhere, or none.
pub fn plant(name: Option<&str>) {
    PLANTED.store(name.map_or(0, number), Ordering::Relaxed);
}

/// FNV-1a: the compiler knows the number of a name that it knows.
const fn number(name: &str) -> u64 {
    let (mut number, mut rest) = (0xcbf2_9ce4_8422_2325, name.as_bytes());
    while let [byte, others @ ..] = rest {
        number = (number ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = others;
    }
    number
}
