//! Whole networks' lives in one process: real engines, simulated clock, links and disks.
//!
//! Knows the protocol and nothing else: no sockets, no files, no real time.

mod audit;
pub mod catalogue;
pub mod command;
pub mod forge;
pub mod life;
pub mod memory;
pub mod model;
pub mod money;
mod people;
mod report;
pub mod scenario;
pub mod target;
pub mod villain;
pub mod world;
