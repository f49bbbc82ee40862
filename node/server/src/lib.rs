//! Node of a Coinage network: what blocks, fails or differs between machines. The rules of the
//! network are in `coinage-protocol`.
//!
//! To read it: `run/mod.rs` says what a node is made of and in which order it starts and stops,
//! `driver/mod.rs` is the loop around the engine, `driver/perform.rs` does what the engine decided.

pub mod address;
pub mod api;
mod authority_log;
mod clock;
pub mod config;
mod driver;
mod event_log;
pub mod events;
#[cfg(any(test, feature = "testing"))]
pub mod fuzz_targets;
pub mod handle;
pub mod invite;
pub mod metrics;
pub mod network;
pub mod node_state;
pub mod peer_diagnostics;
pub mod run;
pub mod storage;
pub mod telemetry;
pub mod verify;
mod workers;
