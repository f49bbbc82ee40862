//! Real processes: the real binary, real libp2p over TCP, real disks.

mod agreements;
mod catalogue;
mod clock;
mod commands;
mod crash;
mod devnet;
mod events;
mod flood;
mod hostile;
mod join;
mod partition;
mod refusals;
mod scenario;
mod slow;
mod surroundings;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_coinage-under-test");
