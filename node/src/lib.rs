//! A Coinage node and the program around it: everything that blocks, fails or differs between
//! machines. The rules of the network are in `coinage-protocol`.
//!
//! To read it, follow one payment through these files; the rest hangs on them:
//!
//! 1. `cli/send.rs`, then `cli/delivery.rs`: from words to a signed transaction that is submitted.
//! 2. `api/submit.rs`, then `handle.rs`: how a request reaches the running node.
//! 3. `run/mod.rs`: what a node is made of, and in which order it starts and stops.
//! 4. `driver/mod.rs`, then `driver/perform.rs`: the loop around the engine, and what it does.
//! 5. `protocol/src/engine/mod.rs`, with `input.rs` and `action.rs`: every decision of a node.
//! 6. `protocol/src/ledger/apply.rs`: what the payment changes.
//! 7. `network/mod.rs`, then `network/task.rs`: how it reaches the other nodes.
//! 8. `storage/mod.rs`: how it is still there after a crash.

pub mod cli;
#[cfg(any(test, feature = "fuzzing"))]
pub mod outside;

/// The allocator that every program with a node in it is to use: it gives memory back (0018).
#[cfg(feature = "jemalloc")]
pub use tikv_jemallocator::Jemalloc as Allocator;

/// The allocator of the system, where the other one was left out.
#[cfg(not(feature = "jemalloc"))]
pub use std::alloc::System as Allocator;
