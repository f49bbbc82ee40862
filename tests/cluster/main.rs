//! Real processes: the real binary, real libp2p over TCP, real disks.

mod agreements;
mod authorities;
mod beginnings;
mod bench;
mod catalogue;
mod charters;
mod clock;
mod commands;
mod completions;
mod cosigning;
mod crash;
mod crowd;
mod debts;
mod demo;
mod deposits;
mod devnet;
mod doctor;
mod endings;
mod events;
mod examples;
mod finality;
mod flood;
mod hoarders;
mod hostile;
mod invite;
mod join;
mod misleading;
mod obeyed;
mod outlets;
mod partition;
mod policies;
mod prompts;
mod quiet;
mod readme;
mod receipts;
mod refusals;
mod results;
mod scenario;
mod slips;
mod slow;
mod statements;
mod strangers;
mod supervisor;
mod surroundings;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_coinage-under-test");
