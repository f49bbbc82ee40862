//! Real processes: the real binary, real libp2p over TCP, real disks.

mod hostile;
mod slow;
mod token;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_coinage-under-test");
