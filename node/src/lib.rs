//! A Coinage node and the program around it: everything that blocks, fails or differs between
//! machines. The rules of the network are in `coinage-protocol`.

pub mod api;
pub mod cli;
pub mod client;
mod clock;
pub mod config;
pub mod devnet;
mod driver;
pub mod events;
pub mod handle;
pub mod invite;
pub mod keys;
pub mod live;
pub mod metrics;
pub mod model;
mod network;
#[cfg(any(test, feature = "fuzzing"))]
pub mod outside;
pub mod proof;
mod report;
pub mod run;
pub mod storage;
pub mod telemetry;
mod top;
pub mod trouble;
pub mod verify;
pub mod wallet;
mod workers;
