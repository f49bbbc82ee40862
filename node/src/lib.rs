//! A Coinage node and the program around it: everything that blocks, fails or differs between
//! machines. The rules of the network are in `coinage-protocol`.

mod clock;
pub mod config;
mod driver;
mod files;
pub mod handle;
pub mod live;
mod network;
mod report;
pub mod run;
pub mod storage;
pub mod telemetry;
mod workers;
