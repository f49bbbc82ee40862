//! Whole networks' lives in one process: real engines, simulated clock, links and disks.
//!
//! Knows the protocol and nothing else: no sockets, no files, no real time.

mod accounts;
mod audit;
pub mod block_builder;
pub mod byzantine;
pub mod charters;
pub mod command;
pub mod conformance;
pub mod fixtures;
pub mod life;
pub mod memory;
pub mod model;
mod report;
pub mod scenario;
pub mod sim_network;
pub mod target;
