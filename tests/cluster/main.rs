//! Real processes: the real binary, real libp2p over TCP, real disks.

mod clock;
mod crash;
mod join;
mod partition;
mod token;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_coinage-under-test");
