//! The program `coinage`: its command line. What it stands on are packages that can be used alone
//! (`node/*`); the rules of the network are in `coinage-protocol`.
//!
//! To read all of it, follow one payment through these files; the rest hangs on them.
//! `ARCHITECTURE.md` names the functions, too.
//!
//! 1. `cli/send.rs`, then `cli/delivery.rs`: from words to a signed transaction that is submitted.
//! 2. `server/src/api/submit.rs`, then `handle.rs`: how a request reaches the running node.
//! 3. `server/src/run/mod.rs`: what a node is made of, in which order it starts and stops.
//! 4. `server/src/driver/mod.rs`, then `perform.rs`: the loop around the engine, and what it does.
//! 5. `protocol/src/engine/mod.rs`, with `input.rs` and `effect.rs`: every decision of a node.
//! 6. `protocol/src/ledger/apply/mod.rs`: what the payment changes.
//! 7. `server/src/network/mod.rs`, then `task/mod.rs`: how it reaches the other nodes.
//! 8. `server/src/storage/mod.rs`: how it is still there after a crash.

pub mod cli;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz_targets;

/// The allocator that every program with a node in it is to use: it gives memory back (0018).
#[cfg(feature = "jemalloc")]
pub use tikv_jemallocator::Jemalloc as Allocator;

/// The allocator of the system, where the other one was left out.
#[cfg(not(feature = "jemalloc"))]
pub use std::alloc::System as Allocator;
