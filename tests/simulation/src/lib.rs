//! Whole networks' lives in one process: real engines, simulated clock, links and disks.
//!
//! Knows the protocol and nothing else: no sockets, no files, no real time.

pub mod catalogue;
pub mod forge;
mod looks;
pub mod memory;
pub mod model;
pub mod money;
mod node;
pub mod world;
