//! What the tests stand on: keys and transactions, a chain in memory, simulated networks.

pub mod cluster;
pub mod forge;
mod http;
pub mod ledger;
pub mod lone;
mod looks;
pub mod memory;
pub mod money;
mod node;
pub mod program;
pub mod solo;
pub mod submit;
mod turns;
pub mod villain;
pub mod world;
